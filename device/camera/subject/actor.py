"""Subjects that answer: they perceive cues and react to them, with a person's delays.

Cue names are plain strings, those of DESIGN; this room knows nothing of the coach.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

import numpy as np

from device.camera.subject import motion
from device.camera.subject.character import Aside, Character
from device.camera.subject.motion import Layer, Random, minimum_jerk
from device.camera.subject.state import Phase, State

AT_EASE = frozenset({"rest", "ready", "paused"})
OVER = frozenset({"done", "stopped", "interrupted", "rest_day", "fault"})

LINGER_S = 3.0
"""How long after the end the subject is still there to be seen."""
PATIENCE_S = 4.5
"""How long a lift is held if no cue ever lets it go."""
COMING_S = 1.4
"""From where it began to where it should be."""
ASIDE_AFTER_S = 0.5
BREATH_S = 0.7
"""Between the end of an aside and the next lift: nobody lifts with the last of a yawn."""
AWAY_S = 15.0
"""How long it looks away if nobody asks for it."""
TIRED_FROM = 4
LEAST_EFFORT = 0.6


class Actor(Protocol):
    """A performance that depends on what the subject perceives."""

    duration: float
    """When it is over, seconds in the time of its frames; infinite while nobody can know."""

    def at(self, t: float) -> State:
        """The state at this time; asked in order of time."""
        ...

    def hear(self, cue: str, t: float) -> None:
        """Perceive a cue at this time, by light or sound."""
        ...


class _Travel:
    """A share that goes from 0 to 1 and back, when told to."""

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
    """Plays a character: finds its place, rests, lifts when asked and lets go when told.

    Between lifts it waits to be asked, but not for ever. It remembers whether its last lift was
    counted, as a person does who heard nothing.
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
        """React to a cue, after a moment."""
        due = t + self._delay()
        if cue in OVER:
            self.duration = min(self.duration, t + LINGER_S)
        if cue in OVER or cue in AT_EASE:
            self._plan = (due, self._relax)
        elif cue == "find_face":
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
        """The state at this time."""
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
        """Take a word of advice, or of praise."""
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
    """Talking from `start` until a moment that may yet change."""
    speech = motion.talking(rng, start)

    def at(t: float) -> Mapping[str, float]:
        return speech(t) if t < end() else {}

    return at
