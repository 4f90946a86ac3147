"""The one button: edges in, gestures out.

Theory of operation
-------------------
A gesture is recognized once, as soon as it can be no other, and it carries the context (the
state of the device) in which its first press began. A press that lasts for `hold` seconds is
recognized while the button is still down, and its release means nothing. Where only single
presses have a meaning, each is recognized at its release. Where double and triple presses have
one too, the button waits `again_s` after each release for another press, except after the third.
A hold that goes on after it was recognized is the beginning of another one, if the coach says so
(`go_on`); it has no press, so its release before its time means nothing.

Edges arrive debounced. An edge that repeats the one before it is ignored: a contact that bounces
or sticks must never stop the device.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Generic, TypeVar

from device.coach.agenda import Agenda

Context = TypeVar("Context")

AGAIN_S = 0.4
"""A press that begins this soon after a release belongs to the same gesture, seconds, unless the
settings give slower hands longer."""


class Gesture(enum.StrEnum):
    """What a person can do with one button."""

    PRESS = "press"
    DOUBLE = "double"
    TRIPLE = "triple"
    HOLD = "hold"


_BY_COUNT = (Gesture.PRESS, Gesture.DOUBLE, Gesture.TRIPLE)


@dataclass(frozen=True, slots=True)
class Grammar:
    """What a context understands: whether presses add up, and how many seconds make a hold.

    In a context that `goes_on`, the hold that led there and goes on is the beginning of another.
    """

    adds_up: bool
    hold: float
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Recognized(Generic[Context]):
    """A gesture that is complete.

    `context` is where its first press began, `began` when that was, and `time` when the gesture
    was recognized; both in seconds.
    """

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
    """Recognizes the gestures of one button.

        button = Button()
        button.down(3.0, context, Grammar(adds_up=False, hold=2.0))
        button.up(3.2)  # [Recognized(Gesture.PRESS, context, began=3.0, time=3.2)]

    `down`, `up` and `tick` return what was recognized, in order. Call `tick` before `down` with
    the same time: what it returns may change the context. `again_s` is how soon after a release, in
    seconds, a press belongs to the same gesture.
    """

    def __init__(self, again_s: float = AGAIN_S) -> None:
        self._again_s = again_s
        self._agenda: Agenda[_Due] = Agenda()
        self._gesture: _InProgress[Context] | None = None
        self._down = False

    def down(self, time: float, context: Context, grammar: Grammar) -> list[Recognized[Context]]:
        """Take the edge of a press at `time` seconds, in `context`, where `grammar` holds."""
        recognized = self.tick(time)
        if not self._down:
            self._down = True
            if self._gesture is None:
                self._gesture = _InProgress(context, grammar, time)
            self._gesture.presses += 1
            self._agenda.cancel(_Due.SETTLED)
            self._agenda.set(_Due.HELD, time + self._gesture.grammar.hold)
        return recognized

    def up(self, time: float) -> list[Recognized[Context]]:
        """Take the edge of a release at `time` seconds."""
        recognized = self.tick(time)
        if not self._down:
            return recognized
        self._down = False
        self._agenda.cancel(_Due.HELD)
        if self._gesture is not None:
            if not self._gesture.presses:
                self._gesture = None
            elif self._gesture.grammar.adds_up and self._gesture.presses < len(_BY_COUNT):
                self._agenda.set(_Due.SETTLED, time + self._again_s)
            else:
                recognized += self._end(_Due.SETTLED, time)
        return recognized

    def go_on(self, time: float, context: Context, grammar: Grammar) -> None:
        """Begin another hold at `time` seconds, in `context`, if the last one is still going on."""
        if self._down and self._gesture is None:
            self._gesture = _InProgress(context, grammar, time)
            self._agenda.set(_Due.HELD, time + grammar.hold)

    def tick(self, time: float) -> list[Recognized[Context]]:
        """Recognize what is due by `time`, seconds."""
        recognized: list[Recognized[Context]] = []
        for due, at in self._agenda.take_due(time):
            recognized += self._end(due, at)
        return recognized

    def next_deadline(self) -> float | None:
        """When `tick` is wanted next, seconds."""
        return self._agenda.next()

    @property
    def begun_in(self) -> Context | None:
        """The context of the gesture in progress; None if there is none."""
        return None if self._gesture is None else self._gesture.context

    def _end(self, due: _Due, time: float) -> list[Recognized[Context]]:
        ended, self._gesture = self._gesture, None
        if ended is None:
            return []
        gesture = Gesture.HOLD if due is _Due.HELD else _BY_COUNT[ended.presses - 1]
        return [Recognized(gesture, ended.context, ended.began, time)]
