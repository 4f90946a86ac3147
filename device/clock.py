"""Time: a monotonic clock that is always right, and a wall clock that may not be."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Protocol


class ClockSource(enum.Enum):
    """Where a wall-clock reading came from, and so how far it may be trusted."""

    UNTRUSTED = "untrusted"
    """The system clock with nothing behind it: it may stand still while the power is off."""
    RTC = "rtc"
    """A real-time clock whose battery never failed (no voltage-low flag)."""
    PERSON = "person"
    """A time that a person set, carried on by this boot's monotonic clock."""

    @property
    def trusted(self) -> bool:
        """Whether time that passed between two readings of this source really passed."""
        return self is not ClockSource.UNTRUSTED


@dataclass(frozen=True, slots=True)
class ClockReading:
    """All that is known about the time at one moment.

    `boot` names this run of the machine, `monotonic` is seconds since it began, `wall` is
    seconds since 1970 in UTC as `source` tells it (with LiftLight's own offset applied), and
    `utc_offset` is what local time adds, in seconds.
    """

    boot: str
    monotonic: float
    wall: float
    utc_offset: int
    source: ClockSource


class Clock(Protocol):
    """What every part that needs the time is given; tests give one that they turn by hand."""

    def monotonic(self) -> float:
        """Seconds on a clock that never steps."""
        ...

    def reading(self) -> ClockReading:
        """Everything known about the time right now."""
        ...
