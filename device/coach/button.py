"""The one button: edges in, gestures out.

Theory of operation: a gesture is judged once, as soon as no other is possible, and it carries
the context (the state) in which its first press began. Held for `hold`, a press is judged while
it is still down, and its release means nothing. Where only single presses mean something, a
release is judged at once; where double and triple presses do, the judgement waits `AGAIN_S`
after each release, except after the third. Edges are debounced already; an edge that repeats the
one before it is ignored, as a bouncing or stuck contact must never stop the device.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Generic, TypeVar

from device.coach.agenda import Agenda

Context = TypeVar("Context")

AGAIN_S = 0.4
"""A press that begins this soon after a release belongs to the same gesture."""


class Gesture(enum.StrEnum):
    """What a person can say with one button."""

    PRESS = "press"
    DOUBLE = "double"
    TRIPLE = "triple"
    HOLD = "hold"


_BY_COUNT = (Gesture.PRESS, Gesture.DOUBLE, Gesture.TRIPLE)


@dataclass(frozen=True, slots=True)
class Grammar:
    """What a state understands: whether presses add up, and how many seconds make a hold."""

    adds_up: bool
    hold: float


@dataclass(frozen=True, slots=True)
class Judged(Generic[Context]):
    """A gesture, the context in which its first press began and when, and when it was judged."""

    gesture: Gesture
    context: Context
    began: float
    time: float


class _Due(enum.Enum):
    HELD = enum.auto()
    SETTLED = enum.auto()


@dataclass(slots=True)
class _InProgress(Generic[Context]):
    context: Context
    grammar: Grammar
    began: float
    presses: int = 0


class Button(Generic[Context]):
    """Judges the gestures of one button.

    `down`, `up` and `tick` return what became certain, in order. Before `down` is given a new
    context, ask `tick` up to the same time: what it returns may change the context.
    """

    def __init__(self) -> None:
        self._agenda: Agenda[_Due] = Agenda()
        self._gesture: _InProgress[Context] | None = None
        self._down = False

    def down(self, time: float, context: Context, grammar: Grammar) -> list[Judged[Context]]:
        """The button went down at `time` seconds, in `context`, where `grammar` holds."""
        judged = self.tick(time)
        if not self._down:
            self._down = True
            if self._gesture is None:
                self._gesture = _InProgress(context, grammar, time)
            self._gesture.presses += 1
            self._agenda.cancel(_Due.SETTLED)
            self._agenda.set(_Due.HELD, time + self._gesture.grammar.hold)
        return judged

    def up(self, time: float) -> list[Judged[Context]]:
        """The button came up at `time` seconds."""
        judged = self.tick(time)
        if not self._down:
            return judged
        self._down = False
        self._agenda.cancel(_Due.HELD)
        if self._gesture is not None:
            if self._gesture.grammar.adds_up and self._gesture.presses < len(_BY_COUNT):
                self._agenda.set(_Due.SETTLED, time + AGAIN_S)
            else:
                judged += self._judge(_Due.SETTLED, time)
        return judged

    def tick(self, time: float) -> list[Judged[Context]]:
        """It is `time`, in seconds."""
        judged: list[Judged[Context]] = []
        for due, at in self._agenda.take_due(time):
            judged += self._judge(due, at)
        return judged

    def next_deadline(self) -> float | None:
        """When `tick` is wanted next, seconds."""
        return self._agenda.next()

    @property
    def begun_in(self) -> Context | None:
        """Where the gesture in progress began; None if there is none."""
        return None if self._gesture is None else self._gesture.context

    def _judge(self, due: _Due, time: float) -> list[Judged[Context]]:
        ended, self._gesture = self._gesture, None
        if ended is None:
            return []
        gesture = Gesture.HOLD if due is _Due.HELD else _BY_COUNT[ended.presses - 1]
        return [Judged(gesture, ended.context, ended.began, time)]
