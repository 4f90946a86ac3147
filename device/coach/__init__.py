"""The pure core: samples, presses and clock readings go in; cues and events come out.

Nothing in here does I/O, sleeps, or knows the time unless it is told.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from device.coach.agenda import IllegalInput
from device.coach.exercises import CHEEK_LIFTER
from device.coach.history import History
from device.coach.rest import RestVerdict, decide

if TYPE_CHECKING:
    from device.coach.coach import Coach, Output

__all__ = [
    "CHEEK_LIFTER",
    "Coach",
    "History",
    "IllegalInput",
    "Output",
    "RestVerdict",
    "agenda",
    "aiming",
    "button",
    "counting",
    "cues",
    "decide",
    "device_states",
    "events",
    "exercises",
    "history",
    "rest",
    "session",
]

_LOADED_WHEN_NEEDED = {"Coach": "coach", "Output": "coach"}


def __getattr__(name: str) -> Any:
    """Load what needs a large library only for who asks for it (PEP 562)."""
    if name not in _LOADED_WHEN_NEEDED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LOADED_WHEN_NEEDED[name]}"), name)
