"""What the coach is told about the past: the journal answers with these, and knows no rules.

Every row carries the reading of all clocks at its moment, whether or not the time was known.
All tuples are in the order in which the rows were written.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import Self

from device.clock import ClockReading, TimeSetting
from device.errors import LiftLightError

CHECKPOINT_S = 60.0
"""How often powered-on time is written down: at most this much rest is lost with the power."""


class HistoryError(LiftLightError):
    """A row belongs to a boot that the journal does not know: it must be treated as damaged."""


@dataclass(frozen=True, slots=True)
class Boot:
    """One run of the machine: its first reading, and its latest that is safe on the disk.

    `last` is the checkpoint, moved forward every `CHECKPOINT_S`; a restart of the program
    within the same boot changes neither the row nor its `first`.
    """

    first: ClockReading
    last: ClockReading


@dataclass(frozen=True, slots=True)
class PastSession:
    """A session that ended, and how many lifts of it were held 0.5 s or longer."""

    ended: ClockReading
    dose: int


class SetbackKind(enum.Enum):
    """What happened to the journal itself that makes rest the careful answer."""

    RESTORED = "restored"
    """It was restored from an export: one day."""
    DAMAGED = "damaged"
    """It could not be read and was set aside: two days."""


@dataclass(frozen=True, slots=True)
class Setback:
    """The journal was restored or set aside at this moment."""

    at: ClockReading
    kind: SetbackKind


@dataclass(frozen=True, slots=True)
class UnfinishedSession:
    """A session that the journal saw begin and not end: the power failed in the middle of it.

    `dose` is 1 for each `Calibrated` (the practised lift), each `Rep`, and each `Refused` with a
    hold of 0.5 s or more; `lifts` counts those and the shorter ones too. `last` is the latest
    reading written in that boot, by the session or by a checkpoint.
    """

    last: ClockReading
    reps: int
    lifts: int
    dose: int


def interrupted_end(last: ClockReading) -> ClockReading:
    """Return the latest moment at which a session whose last written reading is `last` ended.

    The power was on for less than one checkpoint after it. Rest is counted from there, so that
    an unplugged device never starts resting before the person did.
    """
    return replace(last, monotonic=last.monotonic + CHECKPOINT_S, wall=last.wall + CHECKPOINT_S)


@dataclass(frozen=True, slots=True)
class History:
    """All that rest days are decided from.

    `sessions` are those that ended, an interrupted one with `interrupted_end`; `hurts` are the
    moments at which a press said that something hurts. Each row's boot is among `boots`.
    """

    boots: tuple[Boot, ...] = ()
    sessions: tuple[PastSession, ...] = ()
    hurts: tuple[ClockReading, ...] = ()
    time_sets: tuple[TimeSetting, ...] = ()
    setbacks: tuple[Setback, ...] = ()

    def at(self, now: ClockReading) -> Self:
        """Return this history with `now` as the latest reading of its boot."""
        if self.boots and self.boots[-1].first.boot == now.boot:
            current = replace(self.boots[-1], last=now)
            return replace(self, boots=(*self.boots[:-1], current))
        return replace(self, boots=(*self.boots, Boot(now, now)))

    def place(self, reading: ClockReading) -> int:
        """Return the index of the boot that `reading` is of; raises HistoryError."""
        for index in range(len(self.boots) - 1, -1, -1):
            if self.boots[index].first.boot == reading.boot:
                return index
        raise HistoryError(
            f"journal: a row of boot {reading.boot} has no boot; set the journal aside"
        )
