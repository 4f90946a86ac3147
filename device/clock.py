"""Time: a monotonic clock that is always right, and a wall clock that may be wrong.

How much rest a person has had depends on both, so every reading says where it comes from.
"""

from __future__ import annotations

import enum
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from device.system import Battery, Rtc, contradict, find_rtcs, is_plausible


class ClockSource(enum.Enum):
    """Where a reading of the wall clock came from, and so how far it may be trusted."""

    UNTRUSTED = "untrusted"
    """The system clock without a real-time clock: it may stand still while the power is off."""
    RTC = "rtc"
    """A real-time clock whose battery never failed (no voltage-low flag)."""
    PERSON = "person"
    """A time that a person set, continued by this boot's monotonic clock."""

    @property
    def trusted(self) -> bool:
        """Whether the time between two readings of this source has really passed."""
        return self is not ClockSource.UNTRUSTED


@dataclass(frozen=True, slots=True)
class ClockReading:
    """All that is known about the time at one moment.

    `boot` names this boot of the machine and `monotonic` is seconds since it began. `wall` is
    seconds since 1970 in UTC, as `source` gives it, corrected by the time that a person set.
    `utc_offset` is what local time adds to it, in seconds.
    """

    boot: str
    monotonic: float
    wall: float
    utc_offset: int
    source: ClockSource


def earliest(*deadlines: float | None) -> float | None:
    """Return the first of some deadlines, each in seconds of one clock, or None for never."""
    return min((at for at in deadlines if at is not None), default=None)


class Clock(Protocol):
    """The clock that every part is given that needs the time; tests give one they move by hand."""

    def monotonic(self) -> float:
        """Return seconds on a clock that never steps."""
        ...

    def reading(self) -> ClockReading:
        """Return everything known about the time right now."""
        ...


class SettableClock(Clock, Protocol):
    """A clock that a person can set."""

    def set_time(self, wall: float) -> TimeSetting:
        """Take `wall`, seconds since 1970 in UTC, as the present time."""
        ...


@dataclass(frozen=True, slots=True)
class TimeSetting:
    """A person set the time: the readings just before and just after, at one moment.

    `rtc` is what the real-time clock named `rtc_name` itself counted at that moment, in seconds
    since 1970; None if there is none. With it the time that was set survives a power cut.
    `counted` is the largest value that the chip is known to have reached since, infinite if it
    failed meanwhile: if it counts less, it has started again.
    """

    before: ClockReading
    after: ClockReading
    rtc: float | None = None
    rtc_name: str = ""
    counted: float | None = None


_RTC_EVERY_S = 3600.0
"""How often the chip is read: a read costs a bus transfer, and in an hour the processor's own
crystal is off by less than a second."""

_RTC_AGAIN_S = 60.0
"""A chip that did not answer is asked again after this: checkpoints read the clock as often."""

_RTC_SILENT_S = 300.0
"""How long a chip may be silent. One that was read is carried on by the processor until then; one
that did not answer at the start, because its driver loads late, is looked for until then."""

_RTC_SLACK_S = 2.0
"""Two readings of the chip may disagree by this much, for it counts whole seconds."""

# Between two readings the chip may fall behind the processor by this many seconds and by this
# share of the time between them. If it falls behind by more, it has started again.
_RTC_BEHIND_S = 30.0
_RTC_SLOW = 1e-3


class SystemClock:
    """The machine's own time::

        clock = SystemClock(last_time_set(data / JOURNAL_NAME))
        clock.monotonic()  # seconds, never stepping
        clock.reading()  # the wall time too, and how far it may be trusted

    Make it with the last time that a person set (`device.journal.last_time_set`), before the
    journal writes its first row, so that all readings of one boot come from one clock.

    `monotonic` is CLOCK_MONOTONIC, the clock of Python's threads, V4L2 and gpiozero. The device
    never suspends, so it equals CLOCK_BOOTTIME. On a laptop that sleeps, the sleep does not count
    as rest, which is the safe error.

    `reading` takes the wall time from the real-time clock chip, never from the system clock, which
    systemd or a network may step. The chip is believed unless its voltage-low flag is set, or it
    gives a date before LiftLight existed or after 2100. No reading raises an exception: a time
    that cannot be is untrusted. LiftLight writes to neither clock: `setting`, the last time that a
    person set, is an offset to the chip, if the chip was running then and has not gone back since.
    A chip that went back, or that says that its time is lost, is not believed again before the
    next boot or the next time that a person sets: it counts from a moment that nobody knows.
    Without a chip, a time that was set holds until the power goes.

    A chip that does not answer is asked again each minute. For five minutes its time is carried on;
    then it is not believed until it answers, and has counted on meanwhile. If none answers at the
    start, one is looked for in the first five minutes, unless a person sets the time before.

    Of several chips, the one is used that a person set, whatever the others say, and none in its
    stead; if a person never set one, the first that kept its time (`device.system.find_rtcs`). If
    chips that kept their time disagree, none is believed until a person sets the time, so that no
    rest is calculated from one chip's time to another's.
    """

    def __init__(
        self,
        setting: TimeSetting | None = None,
        *,
        root: Path = Path("/"),
        monotonic: Callable[[], float] = time.monotonic,
        system: Callable[[], float] = time.time,
    ) -> None:
        self._setting = setting
        self._monotonic = monotonic
        self._system = system
        self._boot = _boot_id(root)
        self._root = root
        self._anchor: tuple[float, float] | None = None
        self._next_read = 0.0
        self._seen: tuple[float, float] | None = None
        self._lost = False
        self._look_until = monotonic() + _RTC_SILENT_S
        self._choose_rtc()

    @property
    def has_chip(self) -> bool:
        """Whether a real-time clock has answered, believed or not."""
        return self._rtc is not None

    @property
    def rtc(self) -> Rtc | None:
        """The real-time clock that is used, believed or not; None if none answers."""
        return self._rtc

    def monotonic(self) -> float:
        """Return seconds on a clock that never steps, since a moment at or before this boot."""
        return self._monotonic()

    def reading(self) -> ClockReading:
        """Return everything known about the time right now."""
        return self._reading(self._monotonic())

    def set_time(self, wall: float) -> TimeSetting:
        """Take `wall`, seconds since 1970 in UTC, as the present time.

        Returns what the journal must keep for the next start.
        """
        before = self._reading(self._monotonic())
        source = ClockSource.PERSON
        after = ClockReading(before.boot, before.monotonic, wall, _utc_offset(wall), source)
        # The chip is read anew: what it counts from now on is known, whatever it lost before.
        self._setting = None
        if before.source is not ClockSource.RTC:
            self._choose_rtc()
        self._seen, self._lost = None, False
        self._next_read = before.monotonic
        rtc = self._counted(before.monotonic)
        self._setting = TimeSetting(before, after, rtc, self._rtc_name)
        return replace(self._setting, after=self._reading(before.monotonic))

    def _reading(self, now: float) -> ClockReading:
        wall, source = self._wall(now)
        return ClockReading(self._boot, now, wall, _utc_offset(wall), source)

    def _wall(self, now: float) -> tuple[float, ClockSource]:
        setting = self._setting
        counted = self._counted(now)
        if counted is not None:
            wall = counted + self._offset()
            if is_plausible(wall):
                return wall, ClockSource.RTC
        if setting is not None and setting.after.boot == self._boot:
            wall = setting.after.wall + now - setting.after.monotonic
            if is_plausible(wall):
                return wall, ClockSource.PERSON
        return self._system(), ClockSource.UNTRUSTED

    def _choose_rtc(self) -> None:
        """Use the chip that a person set; if nobody did, the first that kept its time."""
        rtcs = find_rtcs(self._root)
        named = self._setting.rtc_name if self._setting else ""
        set_by_person = [rtc for rtc in rtcs if named and rtc.name == named]
        self._rtc = next(iter(set_by_person if named else rtcs), None)
        self._rtc_name = self._rtc.name if self._rtc else ""
        self._anchor = None
        self._lost = not set_by_person and contradict(rtcs)

    def _counted(self, now: float) -> float | None:
        """Return what the chip counts, continued from its last reading; None if not believed."""
        if now >= self._next_read:
            set_now = self._setting is not None and self._setting.after.boot == self._boot
            if self._rtc is None and now <= self._look_until and not set_now:
                self._choose_rtc()
            seconds = None if self._rtc is None else self._rtc.seconds()
            if self._rtc is None or seconds is None:
                self._next_read = now + _RTC_AGAIN_S
                if self._anchor and now - self._anchor[1] > _RTC_EVERY_S + _RTC_SILENT_S:
                    self._anchor = None
            else:
                self._next_read = now + _RTC_EVERY_S
                self._lost = self._lost or self._has_lost_its_time(self._rtc, seconds, now)
                self._seen = (seconds, now)
                self._anchor = None if self._lost else self._seen
        return None if self._anchor is None else self._anchor[0] + now - self._anchor[1]

    def _has_lost_its_time(self, rtc: Rtc, seconds: float, now: float) -> bool:
        """Return whether the chip says so, or counts less than when it was set or last read."""
        if rtc.battery() is Battery.FAILED:
            return True
        if self._seen is not None:
            counted, then = self._seen
            if seconds < counted + (now - then) * (1.0 - _RTC_SLOW) - _RTC_BEHIND_S:
                return True
        setting = self._set_on_this_chip()
        if setting is None or setting.rtc is None:
            return False
        known = setting.rtc if setting.counted is None else max(setting.rtc, setting.counted)
        return seconds < known - _RTC_SLACK_S

    def _offset(self) -> float:
        """Return what to add to the chip's time: 0 unless a person set it while it was running."""
        setting = self._set_on_this_chip()
        return 0.0 if setting is None or setting.rtc is None else setting.after.wall - setting.rtc

    def _set_on_this_chip(self) -> TimeSetting | None:
        known = self._setting is not None and self._setting.rtc_name == self._rtc_name
        return self._setting if known else None


def _utc_offset(wall: float) -> int:
    """Return what local time adds to UTC, in seconds; 0 for a time that has no date."""
    try:
        return time.localtime(wall).tm_gmtoff
    except (OverflowError, ValueError, OSError):
        return 0


def _boot_id(root: Path) -> str:
    """Return the kernel's name for this boot; without one, each process counts as a boot."""
    try:
        return (root / "proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return str(uuid.uuid4())
