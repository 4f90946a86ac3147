"""What the coach's state machines are made of: literal transition tables, and an agenda.

A table says where each trigger leads from each state; `follow` looks it up, and a trigger that a
state does not know is a named error. An `Agenda` says what is due when, so that cues come by the
clock and not by the arrival of frames.
"""

from __future__ import annotations

import enum
from collections.abc import Hashable, Iterator, Mapping
from typing import Generic, TypeVar

from device.errors import LiftLightError

State = TypeVar("State", bound=enum.Enum)
Trigger = TypeVar("Trigger", bound=enum.Enum)

Table = Mapping[State, Mapping[Trigger, State]]
"""For each state, the triggers it knows and the state that each leads to."""


class IllegalInput(LiftLightError):  # noqa: N818  (the name says that the input is at fault)
    """The coach was told something that cannot be true now; its state is as it was."""


def follow(table: Table[State, Trigger], state: State, trigger: Trigger) -> State:
    """Return where `trigger` leads from `state`; raises IllegalInput if nowhere."""
    try:
        return table[state][trigger]
    except KeyError:
        raise IllegalInput(f"coach: {trigger.value} means nothing while {state.value}") from None


Item = TypeVar("Item", bound=Hashable)


class Agenda(Generic[Item]):
    """Items that become due, each at one time at most; times are monotonic seconds.

    agenda.set("nudge", at=130.0)
    agenda.next()  # 130.0: when to call take_due
    for item, at in agenda.take_due(until=now):
        ...
    """

    def __init__(self) -> None:
        self._due: dict[Item, float] = {}

    def set(self, item: Item, at: float) -> None:
        """Make `item` due at `at`, and no longer at any other time."""
        self._due[item] = at

    def cancel(self, *items: Item) -> None:
        """Take `items` off; one that is not on the agenda is ignored."""
        for item in items:
            self._due.pop(item, None)

    def __contains__(self, item: Item) -> bool:
        """Whether `item` is due at some time."""
        return item in self._due

    def clear(self) -> None:
        """Take everything off."""
        self._due.clear()

    def next(self) -> float | None:
        """Return when the next item is due; None if the agenda is empty."""
        return min(self._due.values(), default=None)

    def take_due(self, until: float) -> Iterator[tuple[Item, float]]:
        """Yield the items due by `until` with their times, the earliest first.

        Each is taken off before it is yielded, so the caller may set and cancel items, that one
        too, while it iterates.
        """
        while self._due:
            item, at = min(self._due.items(), key=lambda entry: entry[1])
            if at > until:
                return
            del self._due[item]
            yield item, at
