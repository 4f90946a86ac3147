"""People who answer: characters as data, and the player who acts one.

A player perceives cues and reacts to them with a person's delays. Cues are plain strings, as
`device.coach.cues.Cue.words` gives them; this room does not depend on the coach.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from device.camera.subject import motion
from device.camera.subject.motion import Layer, Random, minimum_jerk
from device.camera.subject.scenario import IN_BED
from device.camera.subject.state import Phase, State

AT_EASE = frozenset({"rest", "ready", "paused"})
"""Cues at which the face is let down."""
OVER = frozenset({"done", "stopped", "interrupted", "rest_day", "fault"})
"""Cues that end the session."""

LINGER_S = 3.0
"""How long after the session the subject is still seen, seconds."""
PATIENCE_S = 4.5
"""How long a lift is held if no cue says to let it go, seconds."""
COMING_S = 1.4
"""How long the face takes from where it is to where the camera sees it, seconds."""
ASIDE_AFTER_S = 0.5
"""From the end of a lift to an aside, seconds."""
BREATH_S = 0.7
"""From the end of an aside to the next lift, seconds: nobody lifts at the end of a yawn."""
AWAY_S = 15.0
"""How long the subject looks away if no cue asks for its face, seconds."""
TIRED_FROM = 4
"""The number of the last lift that tiredness does not weaken."""
LEAST_EFFORT = 0.6
"""Tiredness never makes a lift smaller than this share of the person's full lift."""


class Aside(enum.Enum):
    """What somebody may do between two lifts."""

    TALK = "talk"
    YAWN = "yawn"
    CHEW = "chew"
    LOOK_AWAY = "look away"
    """Turns the face out of the camera's sight, until asked for it."""


@dataclass(frozen=True, slots=True)
class Character:
    """How somebody does a session, and what goes wrong.

    Efforts are shares of the person's full lift, times are seconds. Lifts are numbered from 0,
    the practised one.
    """

    about: str
    person: str = "ada"
    base: State = field(default_factory=lambda: State(fingers=True))
    start: tuple[tuple[str, float], ...] = ()
    """How far from its place the face begins, by channel; it comes at the cue to find it."""
    comes_when: str = ""
    """The aim that brings it, as in "turned_away"; any does if this is empty."""
    reaction: float = 0.35
    """From a cue to the movement; varied by a third each time."""
    rise: float = 0.8
    fall: float = 0.7
    rest: float = 2.5
    """From one lift to the next when no cue asks for it."""
    right: float = 1.0
    """The right side's share once the practised lift is over."""
    tremor: float = 0.015
    """How unsteadily a lift is held: a standard deviation, as a share of the lift."""
    lets_go_after: float | None = None
    """Lets go this long after the lift has arrived, without waiting for the cue, until two lifts
    in a row did not count; None waits for the cue."""
    overdoes: tuple[int, float] | None = None
    """From which lift on it makes which effort, until a cue asks it to be softer."""
    tires_by: float = 0.0
    """By how much each lift after the fourth is smaller than the one before, down to 0.6."""
    slips: tuple[int, ...] = ()
    """The numbers of the lifts that the left side does alone."""
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
        tremor=0.12,
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
    "sideways": Character(
        "lies on its back beside the camera, and turns its head when asked to",
        person="henk",
        # Upwards in this picture is where the face would look without the turn: at the ceiling.
        base=State(roll=90.0, yaw=-40.0, fingers=True),
        start=(("yaw", -28.0), ("hands_away", 1.0)),
        comes_when="turned_away",
        rest=3.0,
    ),
}
"""Everyone who can play a session, by name."""


class Actor(Protocol):
    """A performance that depends on what the subject perceives."""

    duration: float
    """When the performance is over, seconds in the time of its frames; infinite until known."""

    def at(self, t: float) -> State:
        """Return the state at time `t`, seconds; the times asked for never go back."""
        ...

    def hear(self, cue: str, t: float) -> None:
        """Perceive a cue, in its words, at time `t`, seconds."""
        ...


class _Travel:
    """A share between 0 and 1 that travels smoothly to where it is told to go."""

    def __init__(self, share: float = 0.0) -> None:
        self._from = self._to = share
        self._at, self._takes = -math.inf, 1.0

    def go(self, to: float, at: float, takes: float) -> None:
        self._from = self.share(at)
        self._to, self._at, self._takes = to, at, takes

    def share(self, t: float) -> float:
        gone = minimum_jerk((t - self._at) / self._takes)
        return self._from + (self._to - self._from) * gone

    def moving(self, t: float) -> bool:
        return t < self._at + self._takes

    @property
    def goal(self) -> float:
        return self._to


class Player:
    """Plays a character: finds its place, rests, lifts at a cue and lets go at a cue.

    It lifts again without a cue after the character's `rest`, and lets go without one after
    `PATIENCE_S`. It remembers whether its last lift was counted::

        player = Player(CHARACTERS["hasty"])
        player.hear("practise", t=2.0)
        state = player.at(2.5)  # the lift has begun
    """

    def __init__(self, character: Character, seed: int = 0) -> None:
        self.character = character
        self.duration = math.inf
        self._rng = np.random.default_rng([seed, *character.about.encode()])
        self._layers: list[Layer] = [
            motion.sway(self._rng),
            motion.blinks(self._rng, duration=600),
            motion.drifting(self._rng, 0.08, tremor=character.tremor),
        ]
        self._lift = _Travel()
        self._astray = _Travel(1.0)
        self._away = _Travel()
        self._plan: tuple[float, Callable[[float], None]] | None = None
        self._number = -1
        self._asked = False
        self._counted = True
        self._misses = 0
        self._patient = False
        self._softened = False
        self._slowness = 1.0
        self._busy_until = -math.inf
        self._talk_ends = -math.inf

    def hear(self, cue: str, t: float) -> None:
        """Perceive a cue at time `t`, seconds, and react to it after a moment."""
        if cue == "not_counted":
            return  # It asks for nothing: the face is down already.
        due = t + self._delay()
        cue, _, aim = cue.partition(" ")
        if cue in OVER:
            self.duration = min(self.duration, t + LINGER_S)
        if cue in OVER or cue in AT_EASE:
            self._plan = (due, self._relax)
        elif cue == "find_face":
            if self.character.comes_when in {"", aim}:
                self._come(due)
        elif cue in {"practise", "lift"}:
            self._asked = True
            if not self._up:
                self._plan = (max(due, self._busy_until + BREATH_S), self._begin_lift)
        elif cue == "let_go" and self._up:
            self._plan = (due, self._let_go)
        else:
            self._learn(cue, due)

    def at(self, t: float) -> State:
        """Return the state at time `t`, seconds."""
        while self._plan is not None and self._plan[0] <= t:
            due, act = self._plan
            self._plan = None
            act(due)
        channels = motion.total(self._layers, t)
        lift = self._lift.share(t) * (1 + channels.pop("tremor"))
        left, right = self._sides()
        channels["lift_left"], channels["lift_right"] = lift * left, lift * right
        for name, by in self.character.start:
            channels[name] = channels.get(name, 0.0) + by * self._astray.share(t)
        channels["yaw"] += 75 * self._away.share(t)
        return replace(self.character.base, time=t, phase=self._phase(t)).plus(channels)

    @property
    def _up(self) -> bool:
        return self._lift.goal > 0

    def _sides(self) -> tuple[float, float]:
        if self._number == 0:
            return 1.0, 1.0
        if self._number in self.character.slips:
            return 1.3, -0.1
        return 1.0, self.character.right

    def _phase(self, t: float) -> Phase:
        if self._up:
            return Phase.RISE if self._lift.moving(t) else Phase.HOLD
        return Phase.FALL if self._lift.moving(t) else Phase.REST

    def _delay(self) -> float:
        return float(self.character.reaction * (1 + self._rng.uniform(-1, 1) / 3))

    def _learn(self, cue: str, due: float) -> None:
        """Take praise or advice to heart."""
        if cue == "rep":
            self._counted = True
        elif cue == "softer":
            self._softened = True
        elif cue == "slower":
            self._slowness *= 2.0
        elif cue == "close_mouth":
            self._talk_ends = min(self._talk_ends, due)

    def _come(self, due: float) -> None:
        """Come to where the camera sees the face."""
        if self._astray.goal:
            self._astray.go(0.0, due, COMING_S)
        if self._away.goal:
            self._away.go(0.0, due, COMING_S)
            self._busy_until = due + COMING_S

    def _effort(self) -> float:
        character = self.character
        effort = float(1 + self._rng.uniform(-0.06, 0.06))
        overdoes = character.overdoes
        if overdoes and self._number >= overdoes[0] and not self._softened:
            return effort * overdoes[1]
        tired = character.tires_by * max(0, self._number - TIRED_FROM)
        return effort * max(LEAST_EFFORT, 1 - tired)

    def _begin_lift(self, t: float) -> None:
        self._misses = 0 if self._counted else self._misses + 1
        self._patient = self._patient or self._misses >= 2
        self._counted = False
        self._number += 1
        takes = self.character.rise * self._slowness
        self._lift.go(self._effort(), t, takes)
        holds = self.character.lets_go_after
        if holds is None or self._patient:
            holds = PATIENCE_S
        self._plan = (t + takes + holds, self._let_go)

    def _let_go(self, t: float) -> None:
        takes = self.character.fall * self._slowness
        self._lift.go(0.0, t, takes)
        for after, aside in self.character.asides:
            if after == self._number:
                self._do(aside, t + takes + ASIDE_AFTER_S)
        if self._asked:
            due = max(t + takes + self.character.rest, self._busy_until + BREATH_S)
            self._plan = (due, self._begin_lift)

    def _relax(self, t: float) -> None:
        if self._up:
            self._lift.go(0.0, t, self.character.fall)

    def _do(self, aside: Aside, start: float) -> None:
        match aside:
            case Aside.TALK:
                self._busy_until = self._talk_ends = start + 3.0
                self._layers.append(_until(lambda: self._talk_ends, start, self._rng))
            case Aside.YAWN:
                self._busy_until = start + 4.5
                self._layers.append(motion.yawning(start))
            case Aside.CHEW:
                self._busy_until = start + 4.0
                self._layers.append(motion.chewing(start, start + 4.0))
            case Aside.LOOK_AWAY:
                self._busy_until = start + AWAY_S
                self._away.go(1.0, start, COMING_S)


def _until(end: Callable[[], float], start: float, rng: Random) -> Layer:
    """Return talking from `start` until `end()`, a moment that may still change."""
    speech = motion.talking(rng, start)

    def at(t: float) -> Mapping[str, float]:
        return speech(t) if t < end() else {}

    return at
