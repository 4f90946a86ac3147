"""What the coach is told about the past. The journal fills these in; the rules are the coach's.

Every row carries the reading of all clocks at its moment, whether or not the time was known then.
All tuples are in the order in which the rows were written.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import Self

from device.clock import ClockReading, TimeSetting
from device.errors import LiftLightError

CHECKPOINT_S = 60.0
"""How often the time with the power on is written down, seconds. At most this much of a rest is
lost when the power goes."""


class HistoryError(LiftLightError):
    """A row belongs to a boot that the journal does not know, so the journal is damaged."""


@dataclass(frozen=True, slots=True)
class Boot:
    """One run of the machine: its first clock reading, and the latest that is on the disk.

    `last` is the checkpoint, which moves forward every `CHECKPOINT_S`. A restart of the program
    within the same boot begins no new row.
    """

    first: ClockReading
    last: ClockReading


@dataclass(frozen=True, slots=True)
class PastSession:
    """A session that ended, and its `dose`: how many lifts were held 0.5 s or longer."""

    ended: ClockReading
    dose: int


class SetbackKind(enum.Enum):
    """What happened to the journal, so that nobody knows for sure when the last session was."""

    RESTORED = "restored"
    """It was restored from an export."""
    DAMAGED = "damaged"
    """It could not be read, and was set aside for a new one."""


@dataclass(frozen=True, slots=True)
class Setback:
    """The moment at which the journal was restored or set aside."""

    at: ClockReading
    kind: SetbackKind


@dataclass(frozen=True, slots=True)
class UnfinishedSession:
    """A session that the journal saw begin and not end: the power failed in the middle of it.

    `dose` counts each `Calibrated` (the practised lift), each `Rep`, and each `Refused` with a hold
    of 0.5 s or more; `lifts` counts the shorter ones too. `last` is the latest reading written in
    that boot, by the session or by a checkpoint.
    """

    last: ClockReading
    reps: int
    lifts: int
    dose: int


def interrupted_end(last: ClockReading) -> ClockReading:
    """Return the latest moment at which a session can have ended that was last heard of at `last`.

    The power was on for at most one checkpoint after that. The rest is counted from there, so that
    it never begins before the session truly ended.
    """
    return replace(last, monotonic=last.monotonic + CHECKPOINT_S, wall=last.wall + CHECKPOINT_S)


@dataclass(frozen=True, slots=True)
class History:
    """All that rest days are decided from.

    `sessions` are those that ended, an interrupted one at its `interrupted_end`. `hurts` are the
    moments at which a press said that something hurts. The boot of every row is among `boots`.
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
