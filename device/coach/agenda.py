"""An agenda: what is due when, so that cues come by the clock and not by the frame.

State machines as literal tables: an input that a state does not know is a named error.
"""

from __future__ import annotations

import enum
from collections.abc import Hashable, Iterator, Mapping
from typing import Generic, TypeVar

from device.errors import LiftLightError

State = TypeVar("State", bound=enum.Enum)
Trigger = TypeVar("Trigger", bound=enum.Enum)

Table = Mapping[State, Mapping[Trigger, State]]


class IllegalInput(LiftLightError):  # noqa: N818  (the name says that the input is at fault)
    """The coach was told something that cannot be true now; its state is as it was."""


def follow(table: Table[State, Trigger], state: State, trigger: Trigger) -> State:
    """Return where `trigger` leads from `state`; raises IllegalInput if nowhere."""
    try:
        return table[state][trigger]
    except KeyError:
        raise IllegalInput(f"coach: {trigger.value} means nothing while {state.value}") from None


Item = TypeVar("Item", bound=Hashable)


def earliest(*dues: float | None) -> float | None:
    """Return the first of some times of which each may be never, None."""
    return min((due for due in dues if due is not None), default=None)


class Agenda(Generic[Item]):
    """At most one appointment for each item; times in seconds."""

    def __init__(self) -> None:
        self._due: dict[Item, float] = {}

    def set(self, item: Item, at: float) -> None:
        """Make `item` due at `at`, and no longer at any other time."""
        self._due[item] = at

    def cancel(self, *items: Item) -> None:
        """Forget `items`, if they are due at all."""
        for item in items:
            self._due.pop(item, None)

    def clear(self) -> None:
        """Forget everything."""
        self._due.clear()

    def __contains__(self, item: Item) -> bool:
        return item in self._due

    def next(self) -> float | None:
        """Return when the next item is due."""
        return min(self._due.values(), default=None)

    def take_due(self, until: float) -> Iterator[tuple[Item, float]]:
        """Yield the items due by `until` with their times, earliest first, each taken off.

        What is done about one may set or cancel others.
        """
        while self._due:
            item, at = min(self._due.items(), key=lambda entry: entry[1])
            if at > until:
                return
            del self._due[item]
            yield item, at
