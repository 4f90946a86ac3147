"""Every cue's light and sound, as data; only what counts is computed.

How to read an entry is explained in `pattern.py`. The lights tell by place: the bar is the lift and
how far it is held, green is «go», amber is «ease off». The sounds are eight (`SOUNDS`), and all
others are made of them by one rule (`RULE`): what asks for the same thing sounds the same, and the
light tells more. All sounds are short and soft, none repeats, and none is a row of equal tones,
which is how alarms sound (IEC 60601-1-8).
"""

from __future__ import annotations

import functools

from device.coach import cues, events
from device.panel.pattern import (
    BAR,
    SCALE,
    Pattern,
    Phrase,
    Sound,
    Stay,
    ToneStep,
    fade,
    melody,
    sequence,
    steady,
)

WHERE = Sound(
    "where",
    melody("G5m ; D5s ; G5m"),
    says="I cannot see your face well.",
    heard="medium, short, medium: down and up again, like a question",
)
RELAX = Sound(
    "relax",
    melody("G5m D5m , D5m G4m"),
    says="Relax, and be gentle.",
    heard="two sighs, each sliding down",
)
LIFT = Sound(
    "lift",
    melody("G4s , D5m , G5l"),
    says="Lift when you like, up and out, and hold.",
    heard="short, medium, long, rising",
)
YES = Sound(
    "yes",
    melody("G5s , G5s"),
    says="That is it.",
    heard="two quick high notes",
)
LET_GO = Sound(
    "let go",
    melody("G5m E5m B4m G4m"),
    says="Let go, slowly.",
    heard="one slow slide down",
)


def good(number: int) -> Sound:
    """Return the sound `good` of repetition `number`, 1 to 10: its long note climbs with each."""
    return Sound(
        "good",
        melody(f"F#4s ; {SCALE[max(number, 1) - 1]}l"),
        says="Good: it counts.",
        heard="short, long, rising; the long note higher with each repetition",
    )


NOT_COUNTED = Sound(
    "not counted",
    melody("F#4m"),
    says="Not counted; go on when you like.",
    heard="one short low note",
)
OVER = Sound(
    "over",
    melody("D5s , G5s , D5l , G4l"),
    says="I am not watching now.",
    heard="short, short, long, long: up and home again",
)

SOUNDS = (WHERE, RELAX, LIFT, YES, LET_GO, good(1), NOT_COUNTED, OVER)
"""All the sounds there are to know, in the order in which a session first plays them."""

RULE = (
    "A sound that comes twice is about the device and not about your face; short notes after a "
    "sound are a number."
)
"""How every other sound is made of the few, in the words of the guide."""

SESSION = {
    cues.CueKind.TOO_DARK: Pattern(
        "too_dark",
        Stay.BACKGROUND,
        (steady(1.0, "##### .."), steady(2.0, "..... ..")),
        Phrase(WHERE, number=3),
        means="It is too dark to see your face; give it some light.",
        looks="the whole bar for a second, every three seconds",
        repeats=True,
    ),
    cues.CueKind.REST: Pattern(
        "rest",
        Stay.BACKGROUND,
        (fade(2.0, "..... .a"), fade(2.0, "..... ..")),
        Phrase(RELAX),
        means="Relax your face.",
        looks="amber breathes",
        repeats=True,
    ),
    cues.CueKind.PRACTISE: Pattern(
        "practise",
        Stay.BACKGROUND,
        sequence(0.5, ".###. g.", "..#.. g."),
        Phrase(LIFT),
        means="Make one comfortable lift and hold it: it sets your own measure.",
        looks="green and the middle of the bar",
    ),
    cues.CueKind.LIFT: Pattern(
        "lift",
        Stay.BACKGROUND,
        (
            *sequence(0.15, "#.... g.", "##... g.", "###.. g.", "####. g."),
            steady(0.4, "##### g."),
            steady(0.2, "..... g."),
        ),
        Phrase(LIFT),
        means="Lift when you like, up and out, and hold.",
        looks="the bar fills once, quickly; green stays",
    ),
    cues.CueKind.HOLD_REACHED: Pattern(
        "hold_reached",
        Stay.OVERLAY,
        (steady(1.0, "##### ga"),),
        Phrase(YES),
        means="Held long enough.",
        looks="the whole bar, green and amber at once",
        urgent=True,
    ),
    cues.CueKind.LET_GO: Pattern(
        "let_go",
        Stay.OVERLAY,
        (
            *sequence(0.2, "####. .a", "###.. .a", "##... .a", "#.... .a"),
            steady(0.2, "..... .a"),
        ),
        Phrase(LET_GO),
        means="Let go, slowly.",
        looks="the bar empties beside amber",
        urgent=True,
    ),
    cues.CueKind.NOT_COUNTED: Pattern(
        "not_counted",
        Stay.OVERLAY,
        (fade(0.4, "..... .a"), fade(0.4, "..... ..")),
        Phrase(NOT_COUNTED),
        means="Not counted; relax, and go on when you like.",
        looks="amber swells once and fades",
    ),
    cues.CueKind.SOFTER: Pattern(
        "softer",
        Stay.OVERLAY,
        (fade(0.6, "##... .a"), steady(0.8, "##... .a"), fade(0.6, "..... .a")),
        Phrase(RELAX, number=1),
        means="Less effort; a small lift is enough.",
        looks="two lights of the bar swell and fade beside amber",
    ),
    cues.CueKind.SLOWER: Pattern(
        "slower",
        Stay.OVERLAY,
        sequence(0.5, "#.... .a", ".#... .a", "..#.. .a", "...#. .a", "....# .a"),
        Phrase(RELAX, number=1),
        means="Slower; lift and let go without a jerk.",
        looks="one light strolls up the bar beside amber",
    ),
    cues.CueKind.CLOSE_MOUTH: Pattern(
        "close_mouth",
        Stay.OVERLAY,
        (steady(0.5, "#...# .a"), steady(0.5, ".#.#. .a"), steady(0.8, "..#.. .a")),
        Phrase(RELAX, number=2),
        means="Close your mouth; lift with the cheeks.",
        looks="two lights close in on the middle beside amber",
    ),
    cues.CueKind.PAUSED: Pattern(
        "paused",
        Stay.BACKGROUND,
        (fade(2.0, "..... ga"), fade(2.0, "..... ..")),
        Phrase(OVER, number=1),
        means="Paused; press to go on.",
        looks="green and amber breathe together",
        repeats=True,
        urgent=True,
    ),
    cues.CueKind.DONE: Pattern(
        "done",
        Stay.ENDING,
        (
            fade(0.8, "##### ga"),
            steady(1.0, "##### ga"),
            steady(0.5, ".###. ga"),
            steady(0.5, "..#.. ga"),
            fade(1.2, "..... .."),
        ),
        Phrase(OVER),
        means="Done for today. Well held.",
        looks="everything lights up, then closes to the middle and fades",
    ),
    cues.CueKind.STOPPED: Pattern(
        "stopped",
        Stay.ENDING,
        (steady(0.6, "##.## .."), steady(0.6, "#...# .."), steady(0.3, "..... ..")),
        Phrase(OVER, number=2),
        means="Stopped, and saved.",
        looks="the bar goes dark from the middle outward",
        urgent=True,
    ),
    cues.CueKind.MASSAGE: Pattern(
        "massage",
        Stay.BACKGROUND,
        sequence(1.0, "#.... g.", ".#... g.", "..#.. g.", "...#. g.", "....# g."),
        Phrase(LET_GO, twice=True),
        means="The massage timer runs: two minutes.",
        looks="one light goes round the bar, a second each, beside green",
        repeats=True,
    ),
    cues.CueKind.MASSAGE_TURN: Pattern(
        "massage_turn",
        Stay.OVERLAY,
        sequence(0.4, "....# g.", "...#. g.", "..#.. g.", ".#... g.", "#.... g."),
        Phrase(LET_GO, twice=True),
        means="Half of the massage is over.",
        looks="one light runs back down the bar beside green",
    ),
}
"""The cues of a session and of the massage timer."""

AIMS = {
    cues.Aim.SEARCHING: Pattern(
        "find_face searching",
        Stay.BACKGROUND,
        sequence(
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
        Phrase(WHERE),
        means="Looking for your face.",
        looks="one light wanders up and down the bar",
        repeats=True,
    ),
    cues.Aim.TOO_NEAR: Pattern(
        "find_face too_near",
        Stay.BACKGROUND,
        sequence(0.8, "##### ..", ".###. ..", "..#.. ..", "..... .."),
        Phrase(WHERE, number=1),
        means="Too near; move back.",
        looks="the bar shrinks to its middle, again and again",
        repeats=True,
    ),
    cues.Aim.TOO_FAR: Pattern(
        "find_face too_far",
        Stay.BACKGROUND,
        sequence(0.8, "..#.. ..", ".###. ..", "##### ..", "..... .."),
        Phrase(WHERE, number=2),
        means="Too far; come nearer.",
        looks="the bar grows from its middle, again and again",
        repeats=True,
    ),
    cues.Aim.OFF_CENTRE: Pattern(
        "find_face off_centre",
        Stay.BACKGROUND,
        sequence(0.8, "##... ..", "...## .."),
        Phrase(WHERE),
        means="Off to one side; point the camera at your face.",
        looks="the two ends of the bar take turns",
        repeats=True,
    ),
    cues.Aim.TURNED_AWAY: Pattern(
        "find_face turned_away",
        Stay.BACKGROUND,
        sequence(0.6, "#.... ..", "##... ..", "###.. ..", "..... .."),
        Phrase(WHERE),
        means="Turned away; turn your face to the camera, or the camera to your face.",
        looks="the bar fills from one end to its middle, again and again",
        repeats=True,
    ),
    cues.Aim.FOUND: Pattern(
        "find_face found",
        Stay.ENDING,
        (steady(0.3, "..#.. g."), steady(0.3, ".###. g."), steady(0.9, "##### g.")),
        Phrase(YES),
        means="There you are; stay like this.",
        looks="the bar opens from its middle beside green",
    ),
}
"""The cue `find_face`, by how the camera is aimed."""

OUTSIDE = {
    cues.CueKind.READY: Pattern(
        "ready",
        Stay.BACKGROUND,
        (fade(1.0, "..... g."), steady(119.0, "..... g."), fade(4.0, "..... ..")),
        Phrase(LIFT, twice=True),
        means="LiftLight is ready; press to begin.",
        looks="green comes up, and fades out after two minutes",
    ),
    cues.CueKind.INTERRUPTED: Pattern(
        "interrupted",
        Stay.ENDING,
        (
            steady(1.2, "##.## .a"),
            fade(0.6, "..... .."),
            fade(0.6, "##.## .a"),
            steady(1.2, "##.## .a"),
            fade(0.6, "..... .."),
        ),
        Phrase(OVER, number=2),
        means="The last session was cut off; what you did is kept.",
        looks="a bar with a gap in the middle, twice, beside amber",
    ),
    cues.CueKind.WORKING: Pattern(
        "working",
        Stay.BACKGROUND,
        sequence(0.8, "#.#.# ..", ".#.#. .."),
        Phrase(WHERE, twice=True),
        means="Busy; leave the stick in.",
        looks="odd and even lights of the bar take turns",
        repeats=True,
    ),
    cues.CueKind.SYNCED: Pattern(
        "synced",
        Stay.ENDING,
        (steady(3.0, "#.#.# g."), fade(1.0, "..... ..")),
        Phrase(good(5), twice=True),
        means="All is on the stick; you may take it.",
        looks="every other light of the bar, steady, beside green",
    ),
    cues.CueKind.SYNC_FAILED: Pattern(
        "sync_failed",
        Stay.ENDING,
        sequence(1.0, "#.#.# .a", "..... .a", "#.#.# .a", "..... .a"),
        Phrase(NOT_COUNTED, twice=True),
        means="The stick could not be written; everything is still here.",
        looks="every other light of the bar comes and goes beside amber",
    ),
}
"""The cues that come outside a session."""

PRESS_LIGHT_S = 0.25
"""How long green blinks the other way to answer a press, in seconds."""

PRESS_CLICK = ToneStep(melody("B5s")[0].frequency, 0.03)
"""The click that answers a press."""

QUIET_ON = Pattern(
    "quiet",
    Stay.OVERLAY,
    (steady(0.6, "#...# .."), fade(1.5, "..... ..")),
    None,
    means="Quiet: light only from now on.",
    looks="the two ends of the bar fade away",
)
"""What the panel shows when quiet mode is switched on."""

QUIET_OFF = Pattern(
    "heard",
    Stay.OVERLAY,
    (fade(1.5, "##### .."), steady(0.5, "##### ..")),
    Phrase(good(5), twice=True),
    means="Sounds are back.",
    looks="the whole bar comes up slowly",
)
"""What the panel shows and sounds when quiet mode is switched off."""

COUNT_TO = len(SCALE)
"""How far the bar can count: five lights, and five more beside green."""

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
"""The number that each fault counts out on the panel, and what it means."""

_TRANSIENT = {
    events.FaultKind.CLOCK,
    events.FaultKind.POWER,
    events.FaultKind.HEAT,
    events.FaultKind.UNKNOWN,
}
"""Faults that do not stop the device, so they are shown for a while and not until mended."""


def pattern_of(cue: cues.Cue) -> Pattern:
    """Return how `cue` looks and sounds; a `count` above ten is shown as ten."""
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
    """Return the pattern that counts repetition `number`, 1 to 10."""
    counted = _counted(number)
    return Pattern(
        f"rep {number}",
        Stay.OVERLAY,
        (steady(1.2, f"{counted}."), fade(0.3, "..... ..")),
        Phrase(good(number)),
        means="A good repetition, counted and saved.",
        looks="as many lights as there are repetitions; from six on beside green, counted anew",
    )


def rest_day(days: int, stay_on: bool = False) -> Pattern:
    """Return the pattern that says how many `days` of rest are left, 0 to 10.

    With `stay_on` it also asks to leave the device plugged in: it sounds like `working`, which asks
    that too, and the two ends of the bar follow, like the prongs of a plug.
    """
    counted = _counted(days)
    if stay_on:
        return Pattern(
            f"rest_day {days} stay_on",
            Stay.ENDING,
            (
                fade(1.0, f"{counted}a"),
                steady(2.5, f"{counted}a"),
                steady(3.5, "#...# .a"),
                fade(2.0, "..... .."),
            ),
            Phrase(WHERE, twice=True, number=days),
            means="A rest day. Leave me plugged in: only time with the power on counts.",
            looks="amber, and as many lights as days are left; then the bar's ends, like a plug",
        )
    return Pattern(
        f"rest_day {days}",
        Stay.ENDING,
        (fade(1.0, f"{counted}a"), steady(5.0, f"{counted}a"), fade(2.0, "..... ..")),
        Phrase(RELAX, twice=True, number=days),
        means="A rest day. Rest is part of it.",
        looks="amber, and as many lights as days are left",
    )


def fault(kind: events.FaultKind | None) -> Pattern:
    """Return the pattern of a fault, whose number is counted out by lights and by notes.

    A fault without a kind, or one that has no number, is shown as unknown.
    """
    kind = kind if kind in FAULTS else events.FaultKind.UNKNOWN
    number, means = FAULTS[kind]
    transient = kind in _TRANSIENT
    cycle = (
        fade(1.0, ".#.#. .a"),
        fade(1.0, "..... .."),
        steady(2.0, f"{_counted(number)}."),
        steady(1.0, "..... .."),
    )
    return Pattern(
        f"fault {kind}",
        Stay.ENDING if transient else Stay.BACKGROUND,
        cycle * 4 if transient else cycle,
        Phrase(NOT_COUNTED, twice=True, number=number),
        means=f"{means} `liftlight doctor` names the cure.",
        looks="second and fourth light and amber swell and fade, then as many lights as its number",
        repeats=not transient,
        urgent=True,
    )


def _counted(number: int) -> str:
    lit = (number - 1) % len(BAR) + 1 if number else 0
    return f"{'#' * lit:.<5} {'g' if number > len(BAR) else '.'}"


def all_patterns() -> dict[str, Pattern]:
    """Return every pattern there is, by its name, in the order of the cues."""
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
    return {pattern.name: pattern for pattern in (*every, QUIET_ON, QUIET_OFF)}
