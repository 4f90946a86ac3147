"""Subjects that answer: they perceive cues and react to them, with a person's delays.

Cue names are plain strings, those of DESIGN; this room knows nothing of the coach.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from device.camera.subject import motion
from device.camera.subject.motion import Layer, minimum_jerk
from device.camera.subject.state import Phase, State

AT_EASE = frozenset({"rest", "ready", "find_face", "paused"})
OVER = frozenset({"done", "stopped", "interrupted", "rest_day", "fault"})


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


@dataclass(frozen=True, slots=True)
class Character:
    """How somebody does a session. Efforts are in full lifts, times in seconds."""

    about: str
    person: str = "ada"
    reaction: float = 0.35
    """Between cue and movement, varied by a third each time."""
    rise: float = 0.8
    fall: float = 0.7
    rest: float = 1.8
    """Before the next lift when nobody asks for it."""
    left: float = 1.0
    right: float = 1.0
    patience: float = 4.5
    """How long a lift is held if no cue ever lets it go."""
    base: State = field(default_factory=lambda: State(fingers=True))


CHARACTERS: dict[str, Character] = {
    "steady": Character("does as it is asked"),
}
"""Everyone who can play a session, by name."""


class Player:
    """Plays a character: finds its place, rests, lifts when asked and lets go when told."""

    def __init__(self, character: Character, seed: int = 0) -> None:
        self.character = character
        self.duration = math.inf
        self._rng = np.random.default_rng([seed, *character.about.encode()])
        self._layers: list[Layer] = [
            motion.sway(self._rng),
            motion.blinks(self._rng, duration=600),
            motion.drifting(self._rng, 0.08, tremor=0.015),
        ]
        self._effort = 1.0
        self._practised = False
        self._from = self._to = 0.0
        self._moved_at, self._takes = -math.inf, 1.0
        self._plans: list[tuple[float, Callable[[float], None]]] = []

    def hear(self, cue: str, t: float) -> None:
        """React to a cue, after a moment."""
        if cue in OVER:
            self._plan_only(t + self._delay(), self._relax)
            self.duration = min(self.duration, t + 3.0)
        elif cue in AT_EASE:
            self._plan_only(t + self._delay(), self._relax)
        elif cue in {"practise", "lift"}:
            self._practised = True
            if not self._up:
                self._plan_only(t + self._delay(), self._lift)
        elif cue == "let_go" and self._up:
            self._plan_only(t + self._delay(), self._release)
        elif cue == "softer":
            self._effort *= 0.8

    def at(self, t: float) -> State:
        """The state at this time."""
        while self._plans and self._plans[0][0] <= t:
            due, act = self._plans.pop(0)
            act(due)
        channels = motion.total(self._layers, t)
        lift = self._lifted(t) * (1 + channels.pop("tremor"))
        channels["lift_left"] = lift * self.character.left
        channels["lift_right"] = lift * self.character.right
        return replace(self.character.base, time=t, phase=self._phase(t)).plus(channels)

    @property
    def _up(self) -> bool:
        return self._to > 0

    def _lifted(self, t: float) -> float:
        return self._from + (self._to - self._from) * minimum_jerk(
            (t - self._moved_at) / self._takes
        )

    def _phase(self, t: float) -> Phase:
        moving = t < self._moved_at + self._takes
        if self._up:
            return Phase.RISE if moving else Phase.HOLD
        return Phase.FALL if moving else Phase.REST

    def _delay(self) -> float:
        return float(self.character.reaction * (1 + self._rng.uniform(-1, 1) / 3))

    def _plan_only(self, due: float, act: Callable[[float], None]) -> None:
        self._plans = [(due, act)]

    def _move(self, t: float, to: float, takes: float) -> None:
        self._from, self._to = self._lifted(t), to
        self._moved_at, self._takes = t, takes

    def _lift(self, t: float) -> None:
        self._move(t, self._effort * float(1 + self._rng.uniform(-0.06, 0.06)), self.character.rise)
        self._plan_only(t + self.character.rise + self.character.patience, self._release)

    def _release(self, t: float) -> None:
        self._move(t, 0.0, self.character.fall)
        if self._practised:
            self._plan_only(t + self.character.fall + self.character.rest, self._lift)

    def _relax(self, t: float) -> None:
        if self._up:
            self._move(t, 0.0, self.character.fall)
