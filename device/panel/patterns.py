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
from device.language import N_, Told
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
    N_("where"),
    melody("G5m ; D5s ; G5m"),
    says=N_("I cannot see your face well."),
    heard=N_("medium, short, medium: down and up again, like a question"),
)
RELAX = Sound(
    N_("relax"),
    melody("G5m D5m , D5m G4m"),
    says=N_("Relax, and be gentle."),
    heard=N_("two sighs, each sliding down"),
)
LIFT = Sound(
    N_("lift"),
    melody("G4s , D5m , G5l"),
    says=N_("Lift when you like, up and out, and hold."),
    heard=N_("short, medium, long, rising"),
)
YES = Sound(
    N_("yes"),
    melody("G5s , G5s"),
    says=N_("That is it."),
    heard=N_("two quick high notes"),
)
LET_GO = Sound(
    N_("let go"),
    melody("G5m E5m B4m G4m"),
    says=N_("Let go, slowly."),
    heard=N_("one slow slide down"),
)


def good(number: int) -> Sound:
    """Return the sound `good` of repetition `number`, 1 to 10: its long note climbs with each."""
    return Sound(
        N_("good"),
        melody(f"F#4s ; {SCALE[max(number, 1) - 1]}l"),
        says=N_("Good: it counts."),
        heard=N_("short, long, rising; the long note higher with each repetition"),
    )


NOT_COUNTED = Sound(
    N_("not counted"),
    melody("F#4m"),
    says=N_("Not counted; go on when you like."),
    heard=N_("one short low note"),
)
OVER = Sound(
    N_("over"),
    melody("D5s , G5s , D5l , G4l"),
    says=N_("I am not watching now."),
    heard=N_("short, short, long, long: up and home again"),
)

SOUNDS = (WHERE, RELAX, LIFT, YES, LET_GO, good(1), NOT_COUNTED, OVER)
"""All the sounds there are to know, in the order in which a session first plays them."""

RULE = N_(
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
        means=N_("It is too dark to see your face; give it some light."),
        looks=N_("the whole bar for a second, every three seconds"),
        repeats=True,
    ),
    cues.CueKind.REST: Pattern(
        "rest",
        Stay.BACKGROUND,
        (fade(2.0, "..... .a"), fade(2.0, "..... ..")),
        Phrase(RELAX),
        means=N_("Relax your face."),
        looks=N_("amber breathes"),
        repeats=True,
    ),
    cues.CueKind.PRACTISE: Pattern(
        "practise",
        Stay.BACKGROUND,
        sequence(0.5, ".###. g.", "..#.. g."),
        Phrase(LIFT),
        means=N_("Make one comfortable lift and hold it: it sets your own measure."),
        looks=N_("green and the middle of the bar"),
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
        means=N_("Lift when you like, up and out, and hold."),
        looks=N_("the bar fills once, quickly; green stays"),
    ),
    cues.CueKind.HOLD_REACHED: Pattern(
        "hold_reached",
        Stay.OVERLAY,
        (steady(1.0, "##### ga"),),
        Phrase(YES),
        means=N_("Held long enough."),
        looks=N_("the whole bar, green and amber at once"),
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
        means=N_("Let go, slowly."),
        looks=N_("the bar empties beside amber"),
        urgent=True,
    ),
    cues.CueKind.NOT_COUNTED: Pattern(
        "not_counted",
        Stay.OVERLAY,
        (fade(0.4, "..... .a"), fade(0.4, "..... ..")),
        Phrase(NOT_COUNTED),
        means=N_("Not counted; relax, and go on when you like."),
        looks=N_("amber swells once and fades"),
    ),
    cues.CueKind.SOFTER: Pattern(
        "softer",
        Stay.OVERLAY,
        (fade(0.6, "##... .a"), steady(0.8, "##... .a"), fade(0.6, "..... .a")),
        Phrase(RELAX, number=1),
        means=N_("Less effort; a small lift is enough."),
        looks=N_("two lights of the bar swell and fade beside amber"),
    ),
    cues.CueKind.SLOWER: Pattern(
        "slower",
        Stay.OVERLAY,
        sequence(0.5, "#.... .a", ".#... .a", "..#.. .a", "...#. .a", "....# .a"),
        Phrase(RELAX, number=1),
        means=N_("Slower; lift and let go without a jerk."),
        looks=N_("one light strolls up the bar beside amber"),
    ),
    cues.CueKind.CLOSE_MOUTH: Pattern(
        "close_mouth",
        Stay.OVERLAY,
        (steady(0.5, "#...# .a"), steady(0.5, ".#.#. .a"), steady(0.8, "..#.. .a")),
        Phrase(RELAX, number=2),
        means=N_("Close your mouth; lift with the cheeks."),
        looks=N_("two lights close in on the middle beside amber"),
    ),
    cues.CueKind.PAUSED: Pattern(
        "paused",
        Stay.BACKGROUND,
        (fade(2.0, "..... ga"), fade(2.0, "..... ..")),
        Phrase(OVER, number=1),
        means=N_("Paused; press to go on."),
        looks=N_("green and amber breathe together"),
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
        means=N_("Done for today. Well held."),
        looks=N_("everything lights up, then closes to the middle and fades"),
    ),
    cues.CueKind.STOPPED: Pattern(
        "stopped",
        Stay.ENDING,
        (steady(0.6, "##.## .."), steady(0.6, "#...# .."), steady(0.3, "..... ..")),
        Phrase(OVER, number=2),
        means=N_("Stopped, and saved."),
        looks=N_("the bar goes dark from the middle outward"),
        urgent=True,
    ),
    cues.CueKind.MASSAGE: Pattern(
        "massage",
        Stay.BACKGROUND,
        sequence(1.0, "#.... g.", ".#... g.", "..#.. g.", "...#. g.", "....# g."),
        Phrase(LET_GO, twice=True),
        means=N_("The massage timer runs: two minutes."),
        looks=N_("one light goes round the bar, a second each, beside green"),
        repeats=True,
    ),
    cues.CueKind.MASSAGE_TURN: Pattern(
        "massage_turn",
        Stay.OVERLAY,
        sequence(0.4, "....# g.", "...#. g.", "..#.. g.", ".#... g.", "#.... g."),
        Phrase(LET_GO, twice=True),
        means=N_("Half of the massage is over."),
        looks=N_("one light runs back down the bar beside green"),
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
        means=N_("Looking for your face."),
        looks=N_("one light wanders up and down the bar"),
        repeats=True,
    ),
    cues.Aim.TOO_NEAR: Pattern(
        "find_face too_near",
        Stay.BACKGROUND,
        sequence(0.8, "##### ..", ".###. ..", "..#.. ..", "..... .."),
        Phrase(WHERE, number=1),
        means=N_("Too near; move back."),
        looks=N_("the bar shrinks to its middle, again and again"),
        repeats=True,
    ),
    cues.Aim.TOO_FAR: Pattern(
        "find_face too_far",
        Stay.BACKGROUND,
        sequence(0.8, "..#.. ..", ".###. ..", "##### ..", "..... .."),
        Phrase(WHERE, number=2),
        means=N_("Too far; come nearer."),
        looks=N_("the bar grows from its middle, again and again"),
        repeats=True,
    ),
    cues.Aim.OFF_CENTRE: Pattern(
        "find_face off_centre",
        Stay.BACKGROUND,
        sequence(0.8, "##... ..", "...## .."),
        Phrase(WHERE),
        means=N_("Off to one side; point the camera at your face."),
        looks=N_("the two ends of the bar take turns"),
        repeats=True,
    ),
    cues.Aim.TURNED_AWAY: Pattern(
        "find_face turned_away",
        Stay.BACKGROUND,
        sequence(0.6, "#.... ..", "##... ..", "###.. ..", "..... .."),
        Phrase(WHERE),
        means=N_("Turned away; turn your face to the camera, or the camera to your face."),
        looks=N_("the bar fills from one end to its middle, again and again"),
        repeats=True,
    ),
    cues.Aim.FOUND: Pattern(
        "find_face found",
        Stay.ENDING,
        (steady(0.3, "..#.. g."), steady(0.3, ".###. g."), steady(0.9, "##### g.")),
        Phrase(YES),
        means=N_("There you are; stay like this."),
        looks=N_("the bar opens from its middle beside green"),
    ),
}
"""The cue `find_face`, by how the camera is aimed."""

OUTSIDE = {
    cues.CueKind.READY: Pattern(
        "ready",
        Stay.BACKGROUND,
        (fade(1.0, "..... g."), steady(119.0, "..... g."), fade(4.0, "..... ..")),
        Phrase(LIFT, twice=True),
        means=N_("LiftLight is ready; press to begin."),
        looks=N_("green comes up, and fades out after two minutes"),
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
        means=N_("The last session was cut off; what you did is kept."),
        looks=N_("a bar with a gap in the middle, twice, beside amber"),
    ),
    cues.CueKind.WORKING: Pattern(
        "working",
        Stay.BACKGROUND,
        sequence(0.8, "#.#.# ..", ".#.#. .."),
        Phrase(WHERE, twice=True),
        means=N_("Busy; leave the stick in."),
        looks=N_("odd and even lights of the bar take turns"),
        repeats=True,
    ),
    cues.CueKind.SYNCED: Pattern(
        "synced",
        Stay.ENDING,
        (steady(3.0, "#.#.# g."), fade(1.0, "..... ..")),
        Phrase(good(5), twice=True),
        means=N_("All is on the stick; you may take it."),
        looks=N_("every other light of the bar, steady, beside green"),
    ),
    cues.CueKind.SYNC_FAILED: Pattern(
        "sync_failed",
        Stay.ENDING,
        sequence(1.0, "#.#.# .a", "..... .a", "#.#.# .a", "..... .a"),
        Phrase(NOT_COUNTED, twice=True),
        means=N_("The stick could not be written; everything is still here."),
        looks=N_("every other light of the bar comes and goes beside amber"),
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
    means=N_("Quiet: light only from now on."),
    looks=N_("the two ends of the bar fade away"),
)
"""What the panel shows when quiet mode is switched on."""

QUIET_OFF = Pattern(
    "heard",
    Stay.OVERLAY,
    (fade(1.5, "##### .."), steady(0.5, "##### ..")),
    Phrase(good(5), twice=True),
    means=N_("Sounds are back."),
    looks=N_("the whole bar comes up slowly"),
)
"""What the panel shows and sounds when quiet mode is switched off."""

COUNT_TO = len(SCALE)
"""How far the bar can count: five lights, and five more beside green."""

FAULTS: dict[events.FaultKind, tuple[int, str]] = {
    events.FaultKind.UNKNOWN: (0, N_("Something is wrong.")),
    events.FaultKind.CAMERA: (1, N_("The camera gives no picture.")),
    events.FaultKind.DISK: (2, N_("Nothing can be kept: the disk is full, missing or damaged.")),
    events.FaultKind.CLOCK: (
        3,
        N_("The clock jumped or lost its time; rest is counted without it."),
    ),
    events.FaultKind.MODEL: (4, N_("A file that LiftLight needs to see with is damaged.")),
    events.FaultKind.PANEL: (5, N_("A light, the buzzer or the button cannot be used.")),
    events.FaultKind.POWER: (6, N_("The power supply is too weak.")),
    events.FaultKind.HEAT: (7, N_("It is too hot.")),
    events.FaultKind.SETTINGS: (8, N_("The file with the settings cannot be used.")),
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
        means=N_("A good repetition, counted and saved."),
        looks=N_("as many lights as there are repetitions; from six on beside green, counted anew"),
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
            means=N_("A rest day. Leave me plugged in: only time with the power on counts."),
            looks=N_(
                "amber, and as many lights as days are left; then the bar's ends, like a plug"
            ),
        )
    return Pattern(
        f"rest_day {days}",
        Stay.ENDING,
        (fade(1.0, f"{counted}a"), steady(5.0, f"{counted}a"), fade(2.0, "..... ..")),
        Phrase(RELAX, twice=True, number=days),
        means=N_("A rest day. Rest is part of it."),
        looks=N_("amber, and as many lights as days are left"),
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
        means=Told("{means} `liftlight doctor` names the cure.", means=means),
        looks=N_(
            "second and fourth light and amber swell and fade, then as many lights as its number"
        ),
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
