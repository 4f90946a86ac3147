"""Every cue's light and sound, as data; nothing is computed but counts.

The sounds say by rhythm, and help by pitch: rising is «go», falling is «let go». All are short and
soft, none repeats, and none is a row of equal tones, which is how alarms sound (IEC 60601-1-8).
What happens in a session is in `session_patterns.py`; here is the rest, and what counts.
"""

from __future__ import annotations

import functools

from device.coach.cues import Aim, Cue, CueKind
from device.coach.events import FaultKind
from device.panel.pattern import BAR, Pattern, Stay, fade, hold, melody, run
from device.panel.session_patterns import AIMS, SESSION

OUTSIDE = {
    CueKind.READY: Pattern(
        "ready",
        Stay.STATE,
        (fade(1.0, "..... g."), hold(119.0, "..... g."), fade(4.0, "..... ..")),
        melody("C5s , E5s , G5l"),
        means="LiftLight is ready; press to begin.",
        looks="green comes up, and fades out after two minutes",
        sounds="short, short, long, rising",
    ),
    CueKind.INTERRUPTED: Pattern(
        "interrupted",
        Stay.ENDING,
        (
            hold(1.2, "##.## .a"),
            fade(0.6, "..... .."),
            fade(0.6, "##.## .a"),
            hold(1.2, "##.## .a"),
            fade(0.6, "..... .."),
        ),
        melody("C6l ; G5l , E5s"),
        means="The last session was cut off; what you did is kept.",
        looks="a bar with a gap in the middle, twice, beside amber",
        sounds="long … long, short, falling",
    ),
    CueKind.WORKING: Pattern(
        "working",
        Stay.STATE,
        run(0.8, "#.#.# ..", ".#.#. .."),
        melody("C5s ;; E5l"),
        means="Busy; leave the stick in.",
        looks="odd and even lights of the bar take turns",
        sounds="short … … long",
        repeats=True,
    ),
    CueKind.SYNCED: Pattern(
        "synced",
        Stay.ENDING,
        (hold(3.0, "#.#.# g."), fade(1.0, "..... ..")),
        melody("C5s , G5s ; C6l"),
        means="All is on the stick; you may take it.",
        looks="every other light of the bar, steady, beside green",
        sounds="short, short … long, rising",
    ),
    CueKind.SYNC_FAILED: Pattern(
        "sync_failed",
        Stay.ENDING,
        run(1.0, "#.#.# .a", "..... .a", "#.#.# .a", "..... .a"),
        melody("C6l ; G5s , C5s"),
        means="The stick could not be written; everything is still here.",
        looks="every other light of the bar comes and goes beside amber",
        sounds="long … short, short, falling",
    ),
}
"""The cues that come outside a session."""

PRESS_LIGHT_SECONDS = 0.25
PRESS = melody("C6s")[0].frequency, 0.03
"""A press is felt at once: green blinks the other way, and a click of this pitch and length."""

QUIET = Pattern(
    "quiet",
    Stay.MOMENT,
    (hold(0.6, "#...# .."), fade(1.5, "..... ..")),
    (),
    means="Quiet: light only from now on.",
    looks="the two ends of the bar fade away",
    sounds="nothing",
)
HEARD = Pattern(
    "heard",
    Stay.MOMENT,
    (fade(1.5, "##### .."), hold(0.5, "##### ..")),
    melody("C5s , G5l , C5s , G5l"),
    means="Sounds are back.",
    looks="the whole bar comes up slowly",
    sounds="short, long, short, long",
)
"""What the panel itself says when quiet mode changes."""

SCALE = ("C5", "D5", "E5", "G5", "A5", "C6", "D6", "E6", "G6", "A6")
"""The tenth repetition is the highest note."""

COUNT_TO = 10
"""What the bar can count: five, and five more with the green light."""


FAULTS: dict[FaultKind, tuple[int, str]] = {
    FaultKind.UNKNOWN: (0, "Something is wrong."),
    FaultKind.CAMERA: (1, "The camera gives no picture."),
    FaultKind.DISK: (2, "Nothing can be kept: the disk is full, missing or damaged."),
    FaultKind.CLOCK: (3, "The clock jumped or lost its time; rest is counted without it."),
    FaultKind.MODEL: (4, "A file that LiftLight needs to see with is damaged."),
    FaultKind.PANEL: (5, "A light, the buzzer or the button cannot be used."),
    FaultKind.POWER: (6, "The power supply is too weak."),
    FaultKind.HEAT: (7, "It is too hot."),
    FaultKind.SETTINGS: (8, "The file with the settings cannot be used."),
}
"""What each fault counts to, and means; `liftlight doctor` names its cure."""

_PASSING = {FaultKind.CLOCK, FaultKind.POWER, FaultKind.HEAT, FaultKind.UNKNOWN}
"""With these life goes on, so they are shown for a while and not until they are mended."""


def pattern_of(cue: Cue) -> Pattern:
    """Return how `cue` looks and sounds; `count` is cut off at ten."""
    count = max(0, min(cue.count, COUNT_TO))
    return _pattern(cue.kind, cue.aim or Aim.SEARCHING, count, cue.stay_on, cue.fault)


@functools.cache
def _pattern(
    kind: CueKind, aim: Aim, count: int, stay_on: bool, broken: FaultKind | None
) -> Pattern:
    match kind:
        case CueKind.FIND_FACE:
            return AIMS[aim]
        case CueKind.REP:
            return rep(count)
        case CueKind.REST_DAY:
            return rest_day(count, stay_on)
        case CueKind.FAULT:
            return fault(broken)
    return (SESSION | OUTSIDE)[kind]


def rep(number: int) -> Pattern:
    """Repetition `number`, 1 to 10, counted: like one hand, then the other with green."""
    counted = _counted(number)
    return Pattern(
        f"rep {number}",
        Stay.MOMENT,
        (hold(1.2, f"{counted}."), fade(0.3, "..... ..")),
        melody(f"G4s , {SCALE[max(number, 1) - 1]}l"),
        means="A good repetition, counted and saved.",
        looks="as many lights as there are repetitions; from six on beside green, counted anew",
        sounds="short, long, the long note higher with each repetition",
    )


def rest_day(days: int, stay_on: bool = False) -> Pattern:
    """`days` of rest left, 0 to 10; the days are also heard, each a note lower.

    To `stay_on`, the two prongs of a plug follow, and a long sway comes first.
    """
    counted = _counted(days)
    left = " ".join(f";; {note}s" for note in SCALE[::-1][:days])
    if stay_on:
        return Pattern(
            f"rest_day {days} stay_on",
            Stay.ENDING,
            (
                fade(1.0, f"{counted}a"),
                hold(2.5, f"{counted}a"),
                hold(3.5, "#...# .a"),
                fade(2.0, "..... .."),
            ),
            melody(f"A5m E5m A5m ; E5l {left}"),
            means="A rest day. Leave me plugged in: only time with the power on counts.",
            looks="amber, and as many lights as days are left; then the bar's ends, like a plug",
            sounds="a long sway … long, then a short note a day, each lower",
        )
    return Pattern(
        f"rest_day {days}",
        Stay.ENDING,
        (fade(1.0, f"{counted}a"), hold(5.0, f"{counted}a"), fade(2.0, "..... ..")),
        melody(f"A5l ; E5l {left}"),
        means="A rest day. Rest is part of it.",
        looks="amber, and as many lights as days are left",
        sounds="long … long, then a short note a day, each lower",
    )


def fault(kind: FaultKind | None) -> Pattern:
    """Something is broken; which thing it is, is counted out by lights and by notes."""
    kind = kind if kind in FAULTS else FaultKind.UNKNOWN
    number, means = FAULTS[kind]
    passing = kind in _PASSING
    cycle = (
        fade(1.0, ".#.#. .a"),
        fade(1.0, "..... .."),
        hold(2.0, f"{_counted(number)}."),
        hold(1.0, "..... .."),
    )
    notes = " ".join(f";; {note}s" for note in SCALE[::-1][:number])
    return Pattern(
        f"fault {kind}",
        Stay.ENDING if passing else Stay.STATE,
        cycle * 4 if passing else cycle,
        melody(f"E5l , C5s {notes or '; E5l , C5s'}"),
        means=f"{means} `liftlight doctor` names the cure.",
        looks="second and fourth light and amber swell and fade, then as many lights as its number",
        sounds="long, short, falling, then as many short notes as its number, each lower",
        repeats=not passing,
        urgent=True,
    )


def _counted(number: int) -> str:
    lit = (number - 1) % len(BAR) + 1 if number else 0
    return f"{'#' * lit:.<5} {'g' if number > len(BAR) else '.'}"


def all_patterns() -> dict[str, Pattern]:
    """Every pattern there is, by its name, in the order of the cues."""
    every: list[Pattern] = []
    for kind in CueKind:
        match kind:
            case CueKind.FIND_FACE:
                every += AIMS.values()
            case CueKind.REP:
                every += (rep(number) for number in range(1, COUNT_TO + 1))
            case CueKind.REST_DAY:
                days = range(COUNT_TO + 1)
                every += (rest_day(left, stay_on) for stay_on in (False, True) for left in days)
            case CueKind.FAULT:
                every += (fault(broken) for broken in FAULTS)
            case _:
                every.append((SESSION | OUTSIDE)[kind])
    return {pattern.name: pattern for pattern in (*every, QUIET, HEARD)}
