"""State machines as literal tables: an input that a state does not know is a named error."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import TypeVar

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
