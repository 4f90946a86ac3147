"""Time: a monotonic clock that is always right, and a wall clock that may not be."""

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


def earliest(*deadlines: float | None) -> float | None:
    """Return the first of some deadlines, each in seconds of one clock, or None for never."""
    return min((at for at in deadlines if at is not None), default=None)


class Clock(Protocol):
    """What every part that needs the time is given; tests give one that they turn by hand."""

    def monotonic(self) -> float:
        """Seconds on a clock that never steps."""
        ...

    def reading(self) -> ClockReading:
        """Everything known about the time right now."""
        ...


class SettableClock(Clock, Protocol):
    """A clock that takes over a time that a person set."""

    def set_time(self, wall: float) -> TimeSetting:
        """Take over `wall`, seconds since 1970 in UTC, as the time it is now."""
        ...


@dataclass(frozen=True, slots=True)
class TimeSetting:
    """A person said what time it is: the readings just before and just after, at one moment.

    `rtc` is what the real-time clock named `rtc_name` itself counted then, in seconds since
    1970, and None without one. It carries what the person said over the next power cut. `counted`
    is how far it is known to have come since, infinite if it failed meanwhile: a chip that counts
    less has started again.
    """

    before: ClockReading
    after: ClockReading
    rtc: float | None = None
    rtc_name: str = ""
    counted: float | None = None


# The chip is read once an hour: a read costs a bus transfer, and in an hour the processor's
# own crystal is off by less than a second.
_RTC_EVERY = 3600.0

# The chip counts whole seconds, so two readings may disagree by this much.
_RTC_SLACK = 2.0

# Between two looks the chip may fall behind the processor by this much, and by this share of the
# time between them; by more it has started again.
_RTC_BEHIND = 30.0
_RTC_SLOW = 1e-3


class SystemClock:
    """The machine's own time.

    `monotonic` is CLOCK_MONOTONIC, as Python's threads, V4L2 and gpiozero have it. LiftLight
    never suspends, so nothing is lost against CLOCK_BOOTTIME; on a laptop that sleeps, the sleep
    is not credited as rest, which errs on the safe side.

    `reading` takes the wall time from the real-time clock itself, never from the system clock,
    which systemd or a network may step. It is believed unless its voltage-low flag is up or it
    reads a date before LiftLight existed or beyond 2100. No reading raises: a time that is no
    time, whoever told it, is untrusted. LiftLight sets neither clock: `setting`, the last time
    a person set, is an offset to the chip if it was running then and has not gone back since.
    A chip that went back, or says itself that its time is lost, is not believed again before the
    next boot or the next time that a person sets: it counts on, from a moment nobody knows.
    Without a chip a time set holds until the power goes.

    Of several chips the one is used that a person set, whatever the others say; if they set none,
    the first that kept its time (`device.system.find_rtcs`). While chips that kept theirs tell
    different times, none is believed until a person sets it: time that passed must not be
    reckoned from one to the other.

    Make it with the journal's last setting (`device.journal.last_time_set`) before the journal
    writes its first row, so that all readings of one boot are of one clock.
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
        self._next_look = 0.0
        self._seen: tuple[float, float] | None = None
        self._lost = False
        self._choose_rtc()

    @property
    def has_chip(self) -> bool:
        """Whether a real-time clock answered when LiftLight started, believed or not."""
        return self._rtc is not None

    @property
    def rtc(self) -> Rtc | None:
        """The real-time clock that is used, believed or not; None if none answers."""
        return self._rtc

    def monotonic(self) -> float:
        """Seconds on a clock that never steps, since some moment at or before this boot."""
        return self._monotonic()

    def reading(self) -> ClockReading:
        """Everything known about the time right now."""
        return self._reading(self._monotonic())

    def set_time(self, wall: float) -> TimeSetting:
        """Take over the time that a person set, in seconds since 1970 in UTC.

        Returns what the journal must keep, for the next start.
        """
        before = self._reading(self._monotonic())
        source = ClockSource.PERSON
        after = ClockReading(before.boot, before.monotonic, wall, _utc_offset(wall), source)
        # The chip is looked at afresh: what it counts from now on is known, whatever it lost.
        self._setting = None
        if before.source is not ClockSource.RTC:
            self._choose_rtc()
        self._seen, self._lost = None, False
        self._next_look = before.monotonic
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
        """Use the chip that a person set, else the first that kept its time; see above."""
        rtcs = find_rtcs(self._root)
        named = self._setting.rtc_name if self._setting else ""
        set_by_person = [rtc for rtc in rtcs if named and rtc.name == named]
        self._rtc = next(iter(set_by_person or rtcs), None)
        self._rtc_name = self._rtc.name if self._rtc else ""
        self._lost = not set_by_person and contradict(rtcs)

    def _counted(self, now: float) -> float | None:
        """What the chip counts, carried on from its last reading; None if it cannot be believed."""
        if self._rtc is not None and now >= self._next_look:
            self._next_look = now + _RTC_EVERY
            seconds = self._rtc.seconds()
            if seconds is not None:
                self._lost = self._lost or self._has_lost_its_time(self._rtc, seconds, now)
                self._seen = (seconds, now)
            self._anchor = None if seconds is None or self._lost else (seconds, now)
        return None if self._anchor is None else self._anchor[0] + now - self._anchor[1]

    def _has_lost_its_time(self, rtc: Rtc, seconds: float, now: float) -> bool:
        """Whether the chip says so, or counts less than it did, at the setting or in this boot."""
        if rtc.battery() is Battery.FAILED:
            return True
        if self._seen is not None:
            counted, then = self._seen
            if seconds < counted + (now - then) * (1.0 - _RTC_SLOW) - _RTC_BEHIND:
                return True
        setting = self._set_on_this_chip()
        if setting is None or setting.rtc is None:
            return False
        known = setting.rtc if setting.counted is None else max(setting.rtc, setting.counted)
        return seconds < known - _RTC_SLACK

    def _offset(self) -> float:
        """What to add to this chip's time: 0 unless a person set it while this chip was running."""
        setting = self._set_on_this_chip()
        return 0.0 if setting is None or setting.rtc is None else setting.after.wall - setting.rtc

    def _set_on_this_chip(self) -> TimeSetting | None:
        known = self._setting is not None and self._setting.rtc_name == self._rtc_name
        return self._setting if known else None


def _utc_offset(wall: float) -> int:
    """What local time adds at that moment, in seconds; 0 at one that no calendar knows."""
    try:
        return time.localtime(wall).tm_gmtoff
    except (OverflowError, ValueError, OSError):
        return 0


def _boot_id(root: Path) -> str:
    """The kernel's name for this boot; where there is none, each process counts as a boot."""
    try:
        return (root / "proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return str(uuid.uuid4())
