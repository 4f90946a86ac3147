"""Who there is to play a session, as data: how each goes about it, and what goes wrong."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from device.camera.subject.scenario import IN_BED
from device.camera.subject.state import State


class Aside(enum.Enum):
    """What somebody may do between two lifts."""

    TALK = "talk"
    YAWN = "yawn"
    CHEW = "chew"
    LOOK_AWAY = "look away"
    """Turns the face out of the camera's sight, until asked for it."""


@dataclass(frozen=True, slots=True)
class Character:
    """How somebody does a session.

    Efforts are shares of the person's full lift, times are seconds. Lifts are numbered from 0,
    the practised one.
    """

    about: str
    person: str = "ada"
    base: State = field(default_factory=lambda: State(fingers=True))
    start: tuple[tuple[str, float], ...] = ()
    """How far from its place it begins, by channel; it comes when it is looked for."""
    reaction: float = 0.35
    """Between a cue and the movement; varied by a third each time."""
    rise: float = 0.8
    fall: float = 0.7
    rest: float = 2.5
    """Before the next lift when nobody asks for it."""
    right: float = 1.0
    """The right side's share once the practised lift is over."""
    tremor: float = 0.015
    """How unsteadily a lift is held, deviation in shares of it."""
    lets_go_after: float | None = None
    """Does not wait for `let_go` but this long, until two lifts in a row did not
    count; then it has learned."""
    overdoes: tuple[int, float] | None = None
    """From this lift on it uses so much effort, until asked to be softer."""
    tires_by: float = 0.0
    """Each lift after the fourth is smaller by so much, down to 0.6."""
    slips: tuple[int, ...] = ()
    """Lifts that the left side does alone."""
    asides: tuple[tuple[int, Aside], ...] = ()
    """After which lift it does what."""


CHARACTERS: dict[str, Character] = {
    "steady": Character(
        "does as it is asked, and talks once",
        start=(("x", 17.0), ("yaw", -15.0)),
        asides=((5, Aside.TALK),),
    ),
    "hasty": Character(
        "snatches at the lift, lets go early, overdoes it, and learns",
        person="henk",
        reaction=0.25,
        rise=0.14,
        fall=0.25,
        rest=2.0,
        lets_go_after=0.9,
        overdoes=(6, 1.45),
    ),
    "tired": Character(
        "lifts less and less, trembles, and yawns",
        person="carl",
        reaction=0.45,
        rise=1.1,
        fall=0.9,
        rest=3.5,
        tremor=0.08,
        tires_by=0.07,
        asides=((4, Aside.YAWN), (8, Aside.YAWN)),
    ),
    "lopsided": Character(
        "lifts less on the right, and twice not at all",
        person="fumi",
        right=0.6,
        slips=(3, 6),
        asides=((4, Aside.CHEW),),
    ),
    "sleepy": Character(
        "lies on its side in the dark, drowsy, and turns away once",
        person="dilek",
        base=State(
            roll=90.0,
            blink=0.35,
            fingers=True,
            gain=IN_BED.gain,
            grain=IN_BED.grain,
            shot=IN_BED.shot,
            blur=IN_BED.blur,
        ),
        reaction=0.5,
        rise=1.2,
        fall=1.0,
        rest=3.5,
        asides=((4, Aside.LOOK_AWAY), (7, Aside.YAWN)),
    ),
}
"""Everyone who can play a session, by name."""
