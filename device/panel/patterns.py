"""Every cue's light and sound, as data; nothing is computed but counts.

The sounds say by rhythm, and help by pitch: rising is «go», falling is «let go». All are short and
soft, none repeats, and none is a row of equal tones, which is how alarms sound (IEC 60601-1-8).
What happens in a session is in `session_patterns.py`; here is the rest, and what counts.

How a session looks and sounds: one entry a cue, all data.

How to read an entry is in `pattern.py`. The lights say by place: the bar is the lift and how far
it is held, green is «go», amber is «ease off».
"""

from __future__ import annotations

import functools

from device.coach import cues, events
from device.panel.pattern import BAR, Pattern, Stay, fade, hold, melody, run

OUTSIDE = {
    cues.CueKind.READY: Pattern(
        "ready",
        Stay.STATE,
        (fade(1.0, "..... g."), hold(119.0, "..... g."), fade(4.0, "..... ..")),
        melody("C5s , E5s , G5l"),
        means="LiftLight is ready; press to begin.",
        looks="green comes up, and fades out after two minutes",
        sounds="short, short, long, rising",
    ),
    cues.CueKind.INTERRUPTED: Pattern(
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
    cues.CueKind.WORKING: Pattern(
        "working",
        Stay.STATE,
        run(0.8, "#.#.# ..", ".#.#. .."),
        melody("C5s ;; E5l"),
        means="Busy; leave the stick in.",
        looks="odd and even lights of the bar take turns",
        sounds="short … … long",
        repeats=True,
    ),
    cues.CueKind.SYNCED: Pattern(
        "synced",
        Stay.ENDING,
        (hold(3.0, "#.#.# g."), fade(1.0, "..... ..")),
        melody("C5s , G5s ; C6l"),
        means="All is on the stick; you may take it.",
        looks="every other light of the bar, steady, beside green",
        sounds="short, short … long, rising",
    ),
    cues.CueKind.SYNC_FAILED: Pattern(
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


FAULTS: dict[events.FaultKind, tuple[int, str]] = {
    events.FaultKind.UNKNOWN: (0, "Something is wrong."),
    events.FaultKind.CAMERA: (1, "The camera gives no picture."),
    events.FaultKind.DISK: (2, "Nothing can be kept: the disk is full, missing or damaged."),
    events.FaultKind.CLOCK: (3, "The clock jumped or lost its time; rest is counted without it."),
    events.FaultKind.MODEL: (4, "A file that LiftLight needs to see with is damaged."),
    events.FaultKind.PANEL: (5, "A light, the buzzer or the button cannot be used."),
    events.FaultKind.POWER: (6, "The power supply is too weak."),
    events.FaultKind.HEAT: (7, "It is too hot."),
    events.FaultKind.SETTINGS: (8, "The file with the settings cannot be used."),
}
"""What each fault counts to, and means; `liftlight doctor` names its cure."""

_PASSING = {
    events.FaultKind.CLOCK,
    events.FaultKind.POWER,
    events.FaultKind.HEAT,
    events.FaultKind.UNKNOWN,
}
"""With these life goes on, so they are shown for a while and not until they are mended."""


def pattern_of(cue: cues.Cue) -> Pattern:
    """Return how `cue` looks and sounds; `count` is cut off at ten."""
    count = max(0, min(cue.count, COUNT_TO))
    return _pattern(cue.kind, cue.aim or cues.Aim.SEARCHING, count, cue.stay_on, cue.fault)


@functools.cache
def _pattern(
    kind: cues.CueKind, aim: cues.Aim, count: int, stay_on: bool, broken: events.FaultKind | None
) -> Pattern:
    match kind:
        case cues.CueKind.FIND_FACE:
            return AIMS[aim]
        case cues.CueKind.REP:
            return rep(count)
        case cues.CueKind.REST_DAY:
            return rest_day(count, stay_on)
        case cues.CueKind.FAULT:
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


def fault(kind: events.FaultKind | None) -> Pattern:
    """Something is broken; which thing it is, is counted out by lights and by notes."""
    kind = kind if kind in FAULTS else events.FaultKind.UNKNOWN
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
    for kind in cues.CueKind:
        match kind:
            case cues.CueKind.FIND_FACE:
                every += AIMS.values()
            case cues.CueKind.REP:
                every += (rep(number) for number in range(1, COUNT_TO + 1))
            case cues.CueKind.REST_DAY:
                days = range(COUNT_TO + 1)
                every += (rest_day(left, stay_on) for stay_on in (False, True) for left in days)
            case cues.CueKind.FAULT:
                every += (fault(broken) for broken in FAULTS)
            case _:
                every.append((SESSION | OUTSIDE)[kind])
    return {pattern.name: pattern for pattern in (*every, QUIET, HEARD)}


SESSION = {
    cues.CueKind.TOO_DARK: Pattern(
        "too_dark",
        Stay.STATE,
        (hold(1.0, "##### .."), hold(2.0, "..... ..")),
        melody("E5s , C5l , E5s"),
        means="It is too dark to see your face; give it some light.",
        looks="the whole bar for a second, every three seconds",
        sounds="short, long, short",
        repeats=True,
    ),
    cues.CueKind.REST: Pattern(
        "rest",
        Stay.STATE,
        (fade(2.0, "..... .a"), fade(2.0, "..... ..")),
        melody("G5l , C5l"),
        means="Relax your face.",
        looks="amber breathes",
        sounds="long, long, falling",
        repeats=True,
    ),
    cues.CueKind.PRACTISE: Pattern(
        "practise",
        Stay.STATE,
        run(0.5, ".###. g.", "..#.. g."),
        melody("C5l , G5s"),
        means="Make one comfortable lift and hold it: it sets your own measure.",
        looks="green and the middle of the bar",
        sounds="long, short, rising",
    ),
    cues.CueKind.LIFT: Pattern(
        "lift",
        Stay.STATE,
        (
            *run(0.15, "#.... g.", "##... g.", "###.. g.", "####. g."),
            hold(0.4, "##### g."),
            hold(0.2, "..... g."),
        ),
        melody("C5s G5s C6s"),
        means="Lift when you like, up and out, and hold.",
        looks="the bar fills once, quickly; green stays",
        sounds="one quick slide up",
    ),
    cues.CueKind.HOLD_REACHED: Pattern(
        "hold_reached",
        Stay.MOMENT,
        (hold(1.0, "##### ga"),),
        melody("E6s"),
        means="Held long enough.",
        looks="the whole bar, green and amber at once",
        sounds="one short high note",
        urgent=True,
    ),
    cues.CueKind.LET_GO: Pattern(
        "let_go",
        Stay.MOMENT,
        (
            *run(0.2, "####. .a", "###.. .a", "##... .a", "#.... .a"),
            hold(0.2, "..... .a"),
        ),
        melody("C6m G5m C5m"),
        means="Let go, slowly.",
        looks="the bar empties beside amber",
        sounds="one slow slide down",
        urgent=True,
    ),
    cues.CueKind.SOFTER: Pattern(
        "softer",
        Stay.MOMENT,
        (fade(0.6, "##... .a"), hold(0.8, "##... .a"), fade(0.6, "..... .a")),
        melody("A5l ; E5s"),
        means="Less effort; a small lift is enough.",
        looks="two lights of the bar swell and fade beside amber",
        sounds="long … short, falling",
    ),
    cues.CueKind.SLOWER: Pattern(
        "slower",
        Stay.MOMENT,
        run(0.5, "#.... .a", ".#... .a", "..#.. .a", "...#. .a", "....# .a"),
        melody("A5s ; E5l"),
        means="Slower; lift and let go without a jerk.",
        looks="one light strolls up the bar beside amber",
        sounds="short … long, falling",
    ),
    cues.CueKind.CLOSE_MOUTH: Pattern(
        "close_mouth",
        Stay.MOMENT,
        (hold(0.5, "#...# .a"), hold(0.5, ".#.#. .a"), hold(0.8, "..#.. .a")),
        melody("A5l , E5s , D5s"),
        means="Close your mouth; lift with the cheeks.",
        looks="two lights close in on the middle beside amber",
        sounds="long, short, short, falling",
    ),
    cues.CueKind.PAUSED: Pattern(
        "paused",
        Stay.STATE,
        (fade(2.0, "..... ga"), fade(2.0, "..... ..")),
        melody("G5l , E5l , C5s"),
        means="Paused; press to go on.",
        looks="green and amber breathe together",
        sounds="long, long, short, falling",
        repeats=True,
        urgent=True,
    ),
    cues.CueKind.DONE: Pattern(
        "done",
        Stay.ENDING,
        (
            fade(0.8, "##### ga"),
            hold(1.0, "##### ga"),
            hold(0.5, ".###. ga"),
            hold(0.5, "..#.. ga"),
            fade(1.2, "..... .."),
        ),
        melody("C5s , E5s , G5l , C6l"),
        means="Done for today. Well held.",
        looks="everything lights up, then closes to the middle and fades",
        sounds="short, short, long, long, rising",
    ),
    cues.CueKind.STOPPED: Pattern(
        "stopped",
        Stay.ENDING,
        (hold(0.6, "##.## .."), hold(0.6, "#...# .."), hold(0.3, "..... ..")),
        melody("C6l , G5l , E5s , C5s"),
        means="Stopped, and saved.",
        looks="the bar goes dark from the middle outward",
        sounds="long, long, short, short, falling",
        urgent=True,
    ),
    cues.CueKind.MASSAGE: Pattern(
        "massage",
        Stay.STATE,
        run(1.0, "#.... g.", ".#... g.", "..#.. g.", "...#. g.", "....# g."),
        melody("C5s , E5l , G5l"),
        means="The massage timer runs: two minutes.",
        looks="one light goes round the bar, a second each, beside green",
        sounds="short, long, long, rising",
        repeats=True,
    ),
    cues.CueKind.MASSAGE_TURN: Pattern(
        "massage_turn",
        Stay.MOMENT,
        run(0.4, "....# g.", "...#. g.", "..#.. g.", ".#... g.", "#.... g."),
        melody("G5l , E5s , G5l"),
        means="Half of the massage is over.",
        looks="one light runs back down the bar beside green",
        sounds="long, short, long",
    ),
}
"""The cues that come while somebody is using the device."""

AIMS = {
    cues.Aim.SEARCHING: Pattern(
        "find_face searching",
        Stay.STATE,
        run(
            0.4,
            "#.... ..",
            ".#... ..",
            "..#.. ..",
            "...#. ..",
            "....# ..",
            "...#. ..",
            "..#.. ..",
            ".#... ..",
        ),
        melody("G5s ;; G5s"),
        means="Looking for your face.",
        looks="one light wanders up and down the bar",
        sounds="short … … short",
        repeats=True,
    ),
    cues.Aim.TOO_NEAR: Pattern(
        "find_face too_near",
        Stay.STATE,
        run(0.8, "##### ..", ".###. ..", "..#.. ..", "..... .."),
        melody("G5s , E5s ; C5s"),
        means="Too near; move back.",
        looks="the bar shrinks to its middle, again and again",
        sounds="short, short … short, falling",
        repeats=True,
    ),
    cues.Aim.TOO_FAR: Pattern(
        "find_face too_far",
        Stay.STATE,
        run(0.8, "..#.. ..", ".###. ..", "##### ..", "..... .."),
        melody("C5s ; G5s"),
        means="Too far; come nearer.",
        looks="the bar grows from its middle, again and again",
        sounds="short … short, rising",
        repeats=True,
    ),
    cues.Aim.OFF_CENTRE: Pattern(
        "find_face off_centre",
        Stay.STATE,
        run(0.8, "##... ..", "...## .."),
        melody("E5s ; G5s , E5s"),
        means="Off to one side; point the camera at your face.",
        looks="the two ends of the bar take turns",
        sounds="short … short, short",
        repeats=True,
    ),
    cues.Aim.FOUND: Pattern(
        "find_face found",
        Stay.ENDING,
        (hold(0.3, "..#.. g."), hold(0.3, ".###. g."), hold(0.9, "##### g.")),
        melody("G5s , C6s"),
        means="There you are; stay like this.",
        looks="the bar opens from its middle beside green",
        sounds="short, short, rising",
    ),
}
"""What `find_face` says about the aim, without a screen."""
