"""Every cue's light and sound, as data; only what counts is computed.

How to read an entry is explained in `pattern.py`. The lights tell by place: the bar is the lift and
how far it is held, green is «go», amber is «ease off». The sounds tell by rhythm, and help by
pitch: rising is «go», falling is «let go». All sounds are short and soft, none repeats, and none is
a row of equal tones, which is how alarms sound (IEC 60601-1-8).
"""

from __future__ import annotations

import functools

from device.coach import cues, events
from device.panel.pattern import BAR, Pattern, Stay, ToneStep, fade, melody, sequence, steady

SESSION = {
    cues.CueKind.TOO_DARK: Pattern(
        "too_dark",
        Stay.BACKGROUND,
        (steady(1.0, "##### .."), steady(2.0, "..... ..")),
        melody("E5s , C5l , E5s"),
        means="It is too dark to see your face; give it some light.",
        looks="the whole bar for a second, every three seconds",
        sounds="short, long, short",
        repeats=True,
    ),
    cues.CueKind.REST: Pattern(
        "rest",
        Stay.BACKGROUND,
        (fade(2.0, "..... .a"), fade(2.0, "..... ..")),
        melody("G5l , C5l"),
        means="Relax your face.",
        looks="amber breathes",
        sounds="long, long, falling",
        repeats=True,
    ),
    cues.CueKind.PRACTISE: Pattern(
        "practise",
        Stay.BACKGROUND,
        sequence(0.5, ".###. g.", "..#.. g."),
        melody("C5l , G5s"),
        means="Make one comfortable lift and hold it: it sets your own measure.",
        looks="green and the middle of the bar",
        sounds="long, short, rising",
    ),
    cues.CueKind.LIFT: Pattern(
        "lift",
        Stay.BACKGROUND,
        (
            *sequence(0.15, "#.... g.", "##... g.", "###.. g.", "####. g."),
            steady(0.4, "##### g."),
            steady(0.2, "..... g."),
        ),
        melody("C5s C6s"),
        means="Lift when you like, up and out, and hold.",
        looks="the bar fills once, quickly; green stays",
        sounds="one quick slide up",
    ),
    cues.CueKind.HOLD_REACHED: Pattern(
        "hold_reached",
        Stay.OVERLAY,
        (steady(1.0, "##### ga"),),
        melody("E6s"),
        means="Held long enough.",
        looks="the whole bar, green and amber at once",
        sounds="one short high note",
        urgent=True,
    ),
    cues.CueKind.LET_GO: Pattern(
        "let_go",
        Stay.OVERLAY,
        (
            *sequence(0.2, "####. .a", "###.. .a", "##... .a", "#.... .a"),
            steady(0.2, "..... .a"),
        ),
        melody("C6m G5m C5m"),
        means="Let go, slowly.",
        looks="the bar empties beside amber",
        sounds="one slow slide down",
        urgent=True,
    ),
    cues.CueKind.NOT_COUNTED: Pattern(
        "not_counted",
        Stay.OVERLAY,
        (fade(0.4, "..... .a"), fade(0.4, "..... ..")),
        melody("G4l"),
        means="Not counted; relax, and go on when you like.",
        looks="amber swells once and fades",
        sounds="one low note",
    ),
    cues.CueKind.SOFTER: Pattern(
        "softer",
        Stay.OVERLAY,
        (fade(0.6, "##... .a"), steady(0.8, "##... .a"), fade(0.6, "..... .a")),
        melody("A5l ; E5s"),
        means="Less effort; a small lift is enough.",
        looks="two lights of the bar swell and fade beside amber",
        sounds="long … short, falling",
    ),
    cues.CueKind.SLOWER: Pattern(
        "slower",
        Stay.OVERLAY,
        sequence(0.5, "#.... .a", ".#... .a", "..#.. .a", "...#. .a", "....# .a"),
        melody("A5s ; E5l"),
        means="Slower; lift and let go without a jerk.",
        looks="one light strolls up the bar beside amber",
        sounds="short … long, falling",
    ),
    cues.CueKind.CLOSE_MOUTH: Pattern(
        "close_mouth",
        Stay.OVERLAY,
        (steady(0.5, "#...# .a"), steady(0.5, ".#.#. .a"), steady(0.8, "..#.. .a")),
        melody("A5l , E5s , D5s"),
        means="Close your mouth; lift with the cheeks.",
        looks="two lights close in on the middle beside amber",
        sounds="long, short, short, falling",
    ),
    cues.CueKind.PAUSED: Pattern(
        "paused",
        Stay.BACKGROUND,
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
            steady(1.0, "##### ga"),
            steady(0.5, ".###. ga"),
            steady(0.5, "..#.. ga"),
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
        (steady(0.6, "##.## .."), steady(0.6, "#...# .."), steady(0.3, "..... ..")),
        melody("C6l , G5l , E5s , C5s"),
        means="Stopped, and saved.",
        looks="the bar goes dark from the middle outward",
        sounds="long, long, short, short, falling",
        urgent=True,
    ),
    cues.CueKind.MASSAGE: Pattern(
        "massage",
        Stay.BACKGROUND,
        sequence(1.0, "#.... g.", ".#... g.", "..#.. g.", "...#. g.", "....# g."),
        melody("C5s , E5l , G5l"),
        means="The massage timer runs: two minutes.",
        looks="one light goes round the bar, a second each, beside green",
        sounds="short, long, long, rising",
        repeats=True,
    ),
    cues.CueKind.MASSAGE_TURN: Pattern(
        "massage_turn",
        Stay.OVERLAY,
        sequence(0.4, "....# g.", "...#. g.", "..#.. g.", ".#... g.", "#.... g."),
        melody("G5l , E5s , G5l"),
        means="Half of the massage is over.",
        looks="one light runs back down the bar beside green",
        sounds="long, short, long",
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
        melody("G5s ;; G5s"),
        means="Looking for your face.",
        looks="one light wanders up and down the bar",
        sounds="short … … short",
        repeats=True,
    ),
    cues.Aim.TOO_NEAR: Pattern(
        "find_face too_near",
        Stay.BACKGROUND,
        sequence(0.8, "##### ..", ".###. ..", "..#.. ..", "..... .."),
        melody("G5s , E5s ; C5s"),
        means="Too near; move back.",
        looks="the bar shrinks to its middle, again and again",
        sounds="short, short … short, falling",
        repeats=True,
    ),
    cues.Aim.TOO_FAR: Pattern(
        "find_face too_far",
        Stay.BACKGROUND,
        sequence(0.8, "..#.. ..", ".###. ..", "##### ..", "..... .."),
        melody("C5s ; G5s"),
        means="Too far; come nearer.",
        looks="the bar grows from its middle, again and again",
        sounds="short … short, rising",
        repeats=True,
    ),
    cues.Aim.OFF_CENTRE: Pattern(
        "find_face off_centre",
        Stay.BACKGROUND,
        sequence(0.8, "##... ..", "...## .."),
        melody("E5s ; G5s , E5s"),
        means="Off to one side; point the camera at your face.",
        looks="the two ends of the bar take turns",
        sounds="short … short, short",
        repeats=True,
    ),
    cues.Aim.TURNED_AWAY: Pattern(
        "find_face turned_away",
        Stay.BACKGROUND,
        sequence(0.6, "#.... ..", "##... ..", "###.. ..", "..... .."),
        melody("E5l , E5l ; G5s"),
        means="Turned away; turn your face to the camera, or the camera to your face.",
        looks="the bar fills from one end to its middle, again and again",
        sounds="long, long … short, rising",
        repeats=True,
    ),
    cues.Aim.FOUND: Pattern(
        "find_face found",
        Stay.ENDING,
        (steady(0.3, "..#.. g."), steady(0.3, ".###. g."), steady(0.9, "##### g.")),
        melody("G5s , C6s"),
        means="There you are; stay like this.",
        looks="the bar opens from its middle beside green",
        sounds="short, short, rising",
    ),
}
"""The cue `find_face`, by how the camera is aimed."""

OUTSIDE = {
    cues.CueKind.READY: Pattern(
        "ready",
        Stay.BACKGROUND,
        (fade(1.0, "..... g."), steady(119.0, "..... g."), fade(4.0, "..... ..")),
        melody("C5s , E5s , G5l"),
        means="LiftLight is ready; press to begin.",
        looks="green comes up, and fades out after two minutes",
        sounds="short, short, long, rising",
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
        melody("C6l ; G5l , E5s"),
        means="The last session was cut off; what you did is kept.",
        looks="a bar with a gap in the middle, twice, beside amber",
        sounds="long … long, short, falling",
    ),
    cues.CueKind.WORKING: Pattern(
        "working",
        Stay.BACKGROUND,
        sequence(0.8, "#.#.# ..", ".#.#. .."),
        melody("C5s ;; E5l"),
        means="Busy; leave the stick in.",
        looks="odd and even lights of the bar take turns",
        sounds="short … … long",
        repeats=True,
    ),
    cues.CueKind.SYNCED: Pattern(
        "synced",
        Stay.ENDING,
        (steady(3.0, "#.#.# g."), fade(1.0, "..... ..")),
        melody("C5s , G5s ; C6l"),
        means="All is on the stick; you may take it.",
        looks="every other light of the bar, steady, beside green",
        sounds="short, short … long, rising",
    ),
    cues.CueKind.SYNC_FAILED: Pattern(
        "sync_failed",
        Stay.ENDING,
        sequence(1.0, "#.#.# .a", "..... .a", "#.#.# .a", "..... .a"),
        melody("C6l ; G5s , C5s"),
        means="The stick could not be written; everything is still here.",
        looks="every other light of the bar comes and goes beside amber",
        sounds="long … short, short, falling",
    ),
}
"""The cues that come outside a session."""

PRESS_LIGHT_S = 0.25
"""How long green blinks the other way to answer a press, in seconds."""

PRESS_CLICK = ToneStep(melody("C6s")[0].frequency, 0.03)
"""The click that answers a press."""

QUIET_ON = Pattern(
    "quiet",
    Stay.OVERLAY,
    (steady(0.6, "#...# .."), fade(1.5, "..... ..")),
    (),
    means="Quiet: light only from now on.",
    looks="the two ends of the bar fade away",
    sounds="nothing",
)
"""What the panel shows when quiet mode is switched on."""

QUIET_OFF = Pattern(
    "heard",
    Stay.OVERLAY,
    (fade(1.5, "##### .."), steady(0.5, "##### ..")),
    melody("C5s , G5l , C5s , G5l"),
    means="Sounds are back.",
    looks="the whole bar comes up slowly",
    sounds="short, long, short, long",
)
"""What the panel shows and sounds when quiet mode is switched off."""

SCALE = ("C5", "D5", "E5", "G5", "A5", "C6", "D6", "E6", "G6", "A6")
"""The note of each repetition, the first lowest."""

COUNT_TO = 10
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
        melody(f"G4s , {SCALE[max(number, 1) - 1]}l"),
        means="A good repetition, counted and saved.",
        looks="as many lights as there are repetitions; from six on beside green, counted anew",
        sounds="short, long, the long note higher with each repetition",
    )


def rest_day(days: int, stay_on: bool = False) -> Pattern:
    """Return the pattern that says how many `days` of rest are left, 0 to 10.

    With `stay_on` it also asks to leave the device plugged in: a swaying sound comes first, and
    the two ends of the bar follow, like the prongs of a plug.
    """
    counted = _counted(days)
    left = " ".join(f";; {note}s" for note in SCALE[::-1][:days])
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
            melody(f"A5m E5m A5m ; E5l {left}"),
            means="A rest day. Leave me plugged in: only time with the power on counts.",
            looks="amber, and as many lights as days are left; then the bar's ends, like a plug",
            sounds="a long sway … long, then a short note a day, each lower",
        )
    return Pattern(
        f"rest_day {days}",
        Stay.ENDING,
        (fade(1.0, f"{counted}a"), steady(5.0, f"{counted}a"), fade(2.0, "..... ..")),
        melody(f"A5l ; E5l {left}"),
        means="A rest day. Rest is part of it.",
        looks="amber, and as many lights as days are left",
        sounds="long … long, then a short note a day, each lower",
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
    notes = " ".join(f";; {note}s" for note in SCALE[::-1][:number])
    return Pattern(
        f"fault {kind}",
        Stay.ENDING if transient else Stay.BACKGROUND,
        cycle * 4 if transient else cycle,
        melody(f"E5l , C5s {notes or '; E5l , C5s'}"),
        means=f"{means} `liftlight doctor` names the cure.",
        looks="second and fourth light and amber swell and fade, then as many lights as its number",
        sounds="long, short, falling, then as many short notes as its number, each lower",
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
