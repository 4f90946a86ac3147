"""A device with a virtual clock: power, clocks and a journal that loses what was not written."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum, auto

from device.clock import ClockReading, ClockSource, TimeSetting
from device.coach import History, RestVerdict, decide, history
from device.system import is_plausible

YEAR_2000 = 946_684_800.0


class Chip(Enum):
    """What keeps the time while the power is off."""

    NONE = auto()
    GOOD = auto()
    LOSES_TIME = auto()
    """Its battery is flat: it starts again at the year 2000 with each power-on."""


class VirtualDevice:
    """One device, from outside: its true time moves only when told."""

    def __init__(self, start: float, chip: Chip, drift: float, zone: int) -> None:
        self.true = start
        self.zone = zone
        self.chip = chip
        self.chip_error = 0.0
        """What the chip shows, less the true time."""
        self.drift = drift
        self.system_error = 0.0
        self.offset: float | None = None
        self._counted = 0.0
        self._chip_lost = False
        self._person_error: float | None = None
        self._boots = 0
        self._on_since: float | None = None
        self._checkpoint: ClockReading | None = None
        self.history = History()

    @property
    def on(self) -> bool:
        """Whether the power is on."""
        return self._on_since is not None

    @property
    def boot(self) -> str:
        """The name of this boot."""
        return f"boot {self._boots}"

    @property
    def boots(self) -> int:
        """How often the power came on."""
        return self._boots

    def wait(self, seconds: float) -> None:
        """Let true time pass; checkpoints are written meanwhile."""
        self.true += seconds
        if self.chip is Chip.GOOD:
            self.chip_error += seconds * self.drift
        if self.on:
            self._write_checkpoint()

    def switch_on(self) -> None:
        """The power comes on; the journal writes its first reading."""
        self._boots += 1
        self._on_since = self.true
        self._person_error = None
        if self.chip is Chip.LOSES_TIME:
            self.chip_error = YEAR_2000 - self.true
        self.true += 20.0
        self._checkpoint = self.reading()
        self._keep(self._checkpoint)

    def cut_power(self) -> None:
        """The power goes: what was not yet written is gone."""
        self._on_since = None

    def lose_chip_time(self) -> None:
        """The chip starts again at the year 2000, and counts on from there.

        With the power on, it is seen to go back; the clock must not believe it again because it
        counts. Else it is only known to have counted less than it had.
        """
        self.chip_error = YEAR_2000 - self.true
        self._chip_lost = self._chip_lost or (self.on and self.offset is not None)

    def reading(self) -> ClockReading:
        """Return what the device knows about the time now."""
        assert self._on_since is not None
        error, source = self._shown()
        monotonic = self.true - self._on_since
        return ClockReading(self.boot, monotonic, self.true + error, self.zone, source)

    def trusted_error(self) -> float | None:
        """How wrong the clock is that the device believes; None if it believes none."""
        error, source = self._shown()
        return error if source.trusted else None

    def when(self, reading: ClockReading) -> float:
        """Return the true time of a reading of this boot."""
        assert self._on_since is not None
        return self._on_since + reading.monotonic

    def verdict(self) -> RestVerdict:
        """Return what the device would answer to a press now."""
        return decide(self.history, self.reading())

    def set_time(self, error: float) -> None:
        """A person sets the time, wrong by `error`."""
        before = self.reading()
        self._person_error = error
        self._chip_lost = False
        if self.chip is not Chip.NONE:
            self.offset = error - self.chip_error
            self._counted = self.true + self.chip_error
        self._checkpoint = self.reading()
        setting = TimeSetting(before, self._checkpoint)
        self.history = replace(self.history, time_sets=(*self.history.time_sets, setting))
        self._keep(self._checkpoint)

    def end_session(self, dose: int) -> None:
        """A session ends by itself or by a stop."""
        self._end(history.PastSession(self.reading(), dose))

    def find_interrupted(self, dose: int, last: ClockReading) -> None:
        """The journal finds a session that the power cut short."""
        unfinished = history.UnfinishedSession(last, 0, dose, dose)
        self._end(history.PastSession(history.interrupted_end(unfinished.last), unfinished.dose))

    @property
    def last_checkpoint(self) -> ClockReading:
        """The latest reading that is safe on the disk."""
        assert self._checkpoint is not None
        return self._checkpoint

    def hurt(self) -> None:
        """A press says that something hurts."""
        self.history = replace(self.history, hurts=(*self.history.hurts, self.reading()))

    def damage(self) -> None:
        """The journal cannot be read and is set aside."""
        self.history = History(
            setbacks=(history.Setback(self.reading(), history.SetbackKind.DAMAGED),)
        )
        self._keep(self.reading())

    def restore(self, export: History) -> None:
        """The journal is replaced by an export of this very device."""
        back = history.Setback(self.reading(), history.SetbackKind.RESTORED)
        self.history = replace(export, setbacks=(*export.setbacks, back))
        self._keep(self.reading())

    def _shown(self) -> tuple[float, ClockSource]:
        counted = self.true + self.chip_error
        self._chip_lost = self._chip_lost or counted < self._counted - 2
        if self.chip is not Chip.NONE and not self._chip_lost:
            offset = self.offset if self.offset is not None else 0.0
            if is_plausible(counted + offset):
                return self.chip_error + offset, ClockSource.RTC
        if self._person_error is not None and is_plausible(self.true + self._person_error):
            return self._person_error, ClockSource.PERSON
        return self.system_error, ClockSource.UNTRUSTED

    def _end(self, session: history.PastSession) -> None:
        self.history = replace(self.history, sessions=(*self.history.sessions, session))

    def _write_checkpoint(self) -> None:
        """Write the last full minute since the last checkpoint."""
        now = self.reading()
        assert self._checkpoint is not None
        minutes = (now.monotonic - self._checkpoint.monotonic) // history.CHECKPOINT_S
        back = now.monotonic - (self._checkpoint.monotonic + minutes * history.CHECKPOINT_S)
        if minutes:
            self._checkpoint = replace(now, monotonic=now.monotonic - back, wall=now.wall - back)
            self._keep(self._checkpoint)

    def _keep(self, reading: ClockReading) -> None:
        self.history = self.history.at(reading)
        if self.offset is not None and reading.source is ClockSource.RTC:
            self._counted = max(self._counted, reading.wall - self.offset)
