"""Every cue's light and sound, as data; nothing is computed but counts.

The sounds say by rhythm, and help by pitch: rising is «go», falling is «let go». All are short and
soft, none repeats, and none is a row of equal tones, which is how alarms sound (IEC 60601-1-8).
What happens in a session is in `session_patterns.py`; here is the rest, and what counts.
"""

from __future__ import annotations

import functools

from device.coach.cues import Aim, Cue, CueKind
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
    CueKind.FAULT: Pattern(
        "fault",
        Stay.STATE,
        (fade(1.0, ".#.#. .a"), fade(1.0, "..... .."), hold(2.0, "..... ..")),
        melody("E5l , C5s ; E5l , C5s"),
        means="Something is wrong; `liftlight doctor` says what.",
        looks="second and fourth light and amber swell and fade, every four seconds",
        sounds="long, short … long, short, falling",
        repeats=True,
        urgent=True,
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


def pattern_of(cue: Cue) -> Pattern:
    """Return how `cue` looks and sounds; `count` is cut off at ten."""
    return _pattern(cue.kind, cue.aim or Aim.SEARCHING, max(0, min(cue.count, COUNT_TO)))


@functools.cache
def _pattern(kind: CueKind, aim: Aim, count: int) -> Pattern:
    match kind:
        case CueKind.FIND_FACE:
            return AIMS[aim]
        case CueKind.REP:
            return rep(count)
        case CueKind.REST_DAY:
            return rest_day(count)
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


def rest_day(days: int) -> Pattern:
    """`days` of rest left, 0 to 10; the days are also heard, each a note lower."""
    counted = _counted(days)
    left = " ".join(f";; {note}s" for note in SCALE[::-1][:days])
    return Pattern(
        f"rest_day {days}",
        Stay.ENDING,
        (fade(1.0, f"{counted}a"), hold(5.0, f"{counted}a"), fade(2.0, "..... ..")),
        melody(f"A5l ; E5l {left}"),
        means="A rest day. Rest is part of it.",
        looks="amber, and as many lights as days are left",
        sounds="long … long, then a short note a day, each lower",
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
                every += (rest_day(days) for days in range(COUNT_TO + 1))
            case _:
                every.append(_pattern(kind, Aim.SEARCHING, 0))
    return {pattern.name: pattern for pattern in (*every, QUIET, HEARD)}
