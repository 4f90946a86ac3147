"""When things sound on the emulated machine, by its kernel's own clock."""

from __future__ import annotations

import pytest

from device.coach.cues import CueKind
from device.panel.patterns import OUTSIDE
from device.panel.pins import Pins
from tools.lab.bedside import BUSY, tones, watch
from tools.lab.machine import Machine

WITHIN_S = 0.02


def test_the_melody_of_ready_keeps_its_rhythm(ready: Machine, lab_report: list[str]) -> None:
    script = f"{BUSY} systemctl restart liftlight; sleep 3; kill $busy"
    heard = tones(watch(ready, script), Pins().buzzer)
    expected: list[tuple[float, float]] = []
    at = 0.0
    for note in OUTSIDE[CueKind.READY].melody:
        if note.frequency:
            expected.append((at, at + note.seconds))
        at += note.seconds
    first = heard[0][0]
    lab_report += ["", "The melody of «ready» on the machine's buzzer, seconds:"]
    lab_report += [
        f"  meant {on:.3f} to {off:.3f}, was {start - first:.3f} to {end - first:.3f}"
        for (on, off), (start, end) in zip(expected, heard, strict=True)
    ]
    for meant, was in zip(expected, heard, strict=True):
        assert [edge - first for edge in was] == pytest.approx(meant, abs=WITHIN_S)
