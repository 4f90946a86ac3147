"""`python -m tools.guide`: the guide for the person in bed, device/panel/guide.html.

It is one page to print. What each light and sound means is taken from the patterns that the panel
plays: the words, the lamps that light up, and the rhythm as it sounds.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from device.coach import cues, device_states, exercises, rest
from device.panel import pattern, patterns
from tools.documents import html_page
from tools.environment import ROOT, argument_parser
from tools.stand import PLACES, small_picture

OUT = ROOT / "device" / "panel" / "guide.html"
TEMPLATE = Path(__file__).with_name("guide.html")

_MASSAGE = (cues.CueKind.MASSAGE, cues.CueKind.MASSAGE_TURN)
_RHYTHM_WIDTH, _RHYTHM_HEIGHT = 92.0, 16.0
_LONGEST_S = 2.6
"""The longest rhythm that is drawn to the common scale, seconds."""
_LOW_HZ, _HIGH_HZ = 250.0, 1000.0


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

    pattern: pattern.Pattern
    bar: tuple[float, ...]
    ready: float
    rest: float
    rhythm: tuple[Sound, ...]


def cue_rows() -> dict[str, list[Row]]:
    """Return every cue a person may meet, by when they meet it."""
    session = [
        *(patterns.AIMS[aim] for aim in cues.Aim),
        *(
            patterns.rep(3) if kind is cues.CueKind.REP else patterns.SESSION[kind]
            for kind in cues.CueKind
            if (kind in patterns.SESSION or kind is cues.CueKind.REP) and kind not in _MASSAGE
        ),
    ]
    outside = [
        patterns.rest_day(1) if kind is cues.CueKind.REST_DAY else patterns.OUTSIDE[kind]
        for kind in cues.CueKind
        if (kind in patterns.OUTSIDE or kind is cues.CueKind.REST_DAY) and kind not in _MASSAGE
    ]
    massage = [(patterns.SESSION | patterns.OUTSIDE)[kind] for kind in _MASSAGE]
    others = [
        patterns.rest_day(1, stay_on=True),
        *massage,
        patterns.QUIET_ON,
        patterns.QUIET_OFF,
        patterns.fault(None),
    ]
    return {
        "In a session": [_row(pattern) for pattern in session],
        "Before and after": [_row(pattern) for pattern in (*outside, *others)],
    }


def _row(shape: pattern.Pattern) -> Row:
    brightest = [max(step.levels[lamp] for step in shape.lights) for lamp in pattern.Lamp]
    return Row(
        shape,
        tuple(brightest[: pattern.Lamp.READY]),
        brightest[pattern.Lamp.READY],
        brightest[pattern.Lamp.REST],
        _rhythm(shape),
    )


def _rhythm(shape: pattern.Pattern) -> tuple[Sound, ...]:
    scale = _RHYTHM_WIDTH / max(_LONGEST_S, shape.sound_seconds)
    now, sounds = 0.0, []
    for burst in pattern.bursts(shape.melody):
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
    dose = exercises.CHEEK_LIFTER.dose
    return html_page(
        TEMPLATE,
        places={one.short: Markup(small_picture(one)) for one in PLACES},
        sounds=patterns.SOUNDS,
        rule=patterns.RULE,
        groups=cue_rows(),
        reps=dose.reps,
        lifts=dose.lifts,
        minutes=round(dose.length / 60),
        hurts_after=round(
            device_states.GRAMMARS[device_states.DeviceState.SESSION].hold
            + device_states.HURTS_HELD_S
        ),
        sessions_a_week=rest.WEEK_SESSIONS,
        width=_RHYTHM_WIDTH,
        height=_RHYTHM_HEIGHT,
    )


def main() -> int:
    """Write the guide; return the exit code."""
    argument_parser("tools.guide", __doc__).parse_args()
    OUT.write_text(page(), encoding="utf-8")
    print(f"{OUT} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
