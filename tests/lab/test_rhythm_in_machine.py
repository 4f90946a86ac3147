"""When things sound on the emulated machine, by its kernel's own clock."""

from __future__ import annotations

import pytest

from device.coach import cues
from device.panel import Pins, patterns
from tools.lab.bedside import press, tones, watch
from tools.lab.machine import Machine

WITHIN_S = 0.02


def test_the_melody_of_a_stop_keeps_its_rhythm(ready: Machine, lab_report: list[str]) -> None:
    heard = tones(watch(ready, press() + "sleep 8\n" + press(2.5) + "sleep 3"), Pins().buzzer)
    expected: list[tuple[float, float]] = []
    at = 0.0
    for note in patterns.SESSION[cues.CueKind.STOPPED].melody:
        if note.frequency:
            expected.append((at, at + note.seconds))
        at += note.seconds
    heard = heard[-len(expected) :]
    first = heard[0][0]
    lab_report += ["", "The melody of a stop on the machine's buzzer, seconds:"]
    lab_report += [
        f"  meant {on:.3f} to {off:.3f}, was {start - first:.3f} to {end - first:.3f}"
        for (on, off), (start, end) in zip(expected, heard, strict=True)
    ]
    for meant, was in zip(expected, heard, strict=True):
        assert [edge - first for edge in was] == pytest.approx(meant, abs=WITHIN_S)
