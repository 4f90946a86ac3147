"""Write the guide for the person in bed: one page to print, device/panel/guide.html.

`python -m tools.guide`. What each light and sound means is taken from the patterns that the panel
plays: the words, the lamps that light up, and the rhythm as it sounds.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from device.coach.cues import Aim, CueKind
from device.coach.exercises import CHEEK_LIFTER
from device.coach.rest import WEEK_SESSIONS
from device.panel.pattern import Lamp, Pattern, bursts
from device.panel.patterns import HEARD, OUTSIDE, QUIET, fault, rep, rest_day
from device.panel.session_patterns import AIMS, SESSION
from tools.page import rendered

OUT = Path(__file__).resolve().parent.parent / "device" / "panel" / "guide.html"
TEMPLATE = Path(__file__).with_name("guide.html")

_MASSAGE = (CueKind.MASSAGE, CueKind.MASSAGE_TURN)
_RHYTHM_WIDTH, _RHYTHM_HEIGHT = 92.0, 16.0
_LONGEST_S = 2.6
"""What fits into the picture of a rhythm, seconds."""
_LOW_HZ, _HIGH_HZ = 250.0, 1400.0


@dataclass(frozen=True, slots=True)
class Sound:
    """One unbroken sound in the picture of a rhythm: from one height to another."""

    x: float
    width: float
    begins: float
    ends: float


@dataclass(frozen=True, slots=True)
class Row:
    """One cue: what it means, the lamps it uses (how bright at most), and its rhythm."""

    pattern: Pattern
    bar: tuple[float, ...]
    ready: float
    rest: float
    rhythm: tuple[Sound, ...]


def cues() -> dict[str, list[Row]]:
    """Return every cue a person may meet, by when they meet it."""
    session = [
        *(AIMS[aim] for aim in Aim),
        *(
            rep(3) if kind is CueKind.REP else SESSION[kind]
            for kind in CueKind
            if (kind in SESSION or kind is CueKind.REP) and kind not in _MASSAGE
        ),
    ]
    outside = [
        rest_day(1) if kind is CueKind.REST_DAY else OUTSIDE[kind]
        for kind in CueKind
        if (kind in OUTSIDE or kind is CueKind.REST_DAY) and kind not in _MASSAGE
    ]
    massage = [(SESSION | OUTSIDE)[kind] for kind in _MASSAGE]
    others = [rest_day(1, stay_on=True), *massage, QUIET, HEARD, fault(None)]
    return {
        "In a session": [_row(pattern) for pattern in session],
        "Before and after": [_row(pattern) for pattern in (*outside, *others)],
    }


def _row(pattern: Pattern) -> Row:
    brightest = [max(step.levels[lamp] for step in pattern.steps) for lamp in Lamp]
    return Row(
        pattern,
        tuple(brightest[: Lamp.READY]),
        brightest[Lamp.READY],
        brightest[Lamp.REST],
        _rhythm(pattern),
    )


def _rhythm(pattern: Pattern) -> tuple[Sound, ...]:
    scale = _RHYTHM_WIDTH / max(_LONGEST_S, pattern.sound_seconds)
    now, sounds = 0.0, []
    for burst in bursts(pattern.melody):
        now += burst.silence_before
        begins, ends = _height(burst.frequencies[0]), _height(burst.frequencies[-1])
        sounds.append(Sound(now * scale, burst.seconds * scale, begins, ends))
        now += burst.seconds
    return tuple(sounds)


def _height(frequency: float) -> float:
    share = (frequency - _LOW_HZ) / (_HIGH_HZ - _LOW_HZ)
    return _RHYTHM_HEIGHT * (1 - min(max(share, 0.05), 0.95))


def page() -> str:
    """Return the guide."""
    dose = CHEEK_LIFTER.dose
    return rendered(
        TEMPLATE,
        groups=cues(),
        reps=dose.reps,
        lifts=dose.lifts,
        minutes=round(dose.length / 60),
        sessions_a_week=WEEK_SESSIONS,
        width=_RHYTHM_WIDTH,
        height=_RHYTHM_HEIGHT,
    )


def main() -> int:
    """Write the guide; return the exit code."""
    OUT.write_text(page(), encoding="utf-8")
    print(f"{OUT} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
