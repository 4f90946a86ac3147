"""The pure core: samples, presses, clock readings and faults go in; cues and events come out.

    coach = Coach(History())
    outputs = coach.clock(clock.reading())

Nothing in this package does any I/O, sleeps, or knows the time unless it is told.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from device.coach.agenda import IllegalInput
from device.coach.history import History

if TYPE_CHECKING:
    from device.coach.coach import Coach, Output

__all__ = [
    "Coach",
    "History",
    "IllegalInput",
    "Output",
    "aiming",
    "button",
    "cues",
    "device_states",
    "events",
    "exercises",
    "history",
    "rest",
    "session",
]


def __getattr__(name: str) -> Any:
    """Load the coach, and numpy with it, only for who asks for it (PEP 562)."""
    if name in ("Coach", "Output"):
        return getattr(import_module("device.coach.coach"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
