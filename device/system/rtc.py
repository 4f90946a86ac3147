"""The battery-backed real-time clock, as the kernel shows it under /sys/class/rtc."""

from __future__ import annotations

import array
import enum
import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from device.language import N_
from device.system.sysfs import number_of, text_of

# linux/rtc.h: _IOR('p', 0x13, unsigned int), the same on every architecture we run on.
_RTC_VL_READ = 0x80047013

# 2026-01-01 UTC. No LiftLight is older, so a clock that shows an earlier time has lost it. That is
# how a DS3231 that stopped is recognised: its driver clears the oscillator-stopped flag when it
# loads, and the chip starts again at 2000-01-01. A Pi 5 without a battery starts at 1970-01-01.
EARLIEST = 1_767_225_600.0

# 2100-01-01 UTC. A clock that shows this or later is not believed either: a DS3231 whose century
# bit or a digit of whose year is wrong reads 2066 to 2165, and the kernel's clock can be anything.
LATEST = 4_102_444_800.0

# Seconds since 1970, in the year 2286, which no chip can show: larger numbers are misread.
_LARGEST_SECONDS = 1e10

# Seconds. Two clocks that were set right drift apart by ten minutes a year at most (20 ppm). If
# they are further apart one of them is wrong, and nobody can say which.
_AGREE_S = 900.0

# Below this voltage a Pi 5's own clock has no battery, or a flat one; a good one gives about 3 V.
_FLAT_MICROVOLTS = 1_500_000


class Battery(enum.Enum):
    """What a clock reports of its battery (RTC_VL_READ of linux/rtc.h)."""

    NOT_TOLD = N_("not told")
    """The driver cannot tell (DS3231, Pi 5), or this user may not open the device file."""
    GOOD = N_("good")
    LOW = N_("low")
    """The time is still right; the battery should be changed."""
    FAILED = N_("failed")
    """The time cannot be relied on: the chip lost its voltage, or the battery is empty."""


# Bits of RTC_VL_READ: data invalid 1, backup low 2, backup empty 4, accuracy low 8.
_INVALID = 0b0101
_LOW = 0b1010


@dataclass(frozen=True, slots=True)
class Rtc:
    """One real-time clock: its folder under /sys/class/rtc and its device file.

    for clock in find_rtcs():
        print(clock.name, clock.seconds(), clock.battery())
    """

    folder: Path
    device: Path

    @property
    def name(self) -> str:
        """The chip and its bus address, such as `rtc-ds1307 1-0068`; empty if it has none."""
        return text_of(self.folder / "name") or ""

    @property
    def sets_system_clock(self) -> bool:
        """Whether the kernel took the time from this one when it booted."""
        return text_of(self.folder / "hctosys") == "1"

    def seconds(self) -> float | None:
        """Return the chip's time in whole seconds since 1970 UTC; None if it cannot be read."""
        seconds = number_of(self.folder / "since_epoch")
        if seconds is None or not 0 <= seconds < _LARGEST_SECONDS:
            return None
        return float(seconds)

    @property
    def is_flat(self) -> bool:
        """Whether it measures no battery, or a flat one: a power cut would lose the time."""
        microvolts = number_of(self.folder / "battery_voltage")
        return microvolts is not None and microvolts < _FLAT_MICROVOLTS

    @property
    def leaves_battery_uncharged(self) -> bool:
        """Whether the clock could charge its battery and is set not to, as a Pi 5's own usually."""
        return text_of(self.folder / "charging_voltage") == "0"

    def battery(self) -> Battery:
        """Return what the chip's voltage flags say of the battery."""
        flags = array.array("I", [0])
        try:
            file = os.open(self.device, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return Battery.NOT_TOLD
        try:
            fcntl.ioctl(file, _RTC_VL_READ, flags)
        except OSError:
            return Battery.NOT_TOLD
        finally:
            os.close(file)
        if flags[0] & _INVALID:
            return Battery.FAILED
        return Battery.LOW if flags[0] & _LOW else Battery.GOOD


def is_plausible(wall: float) -> bool:
    """Whether `wall`, seconds since 1970 UTC, can be the present; infinity and NaN cannot."""
    return EARLIEST <= wall < LATEST


def find_rtcs(root: Path = Path("/")) -> list[Rtc]:
    """Return the real-time clocks of this machine that can be read, the most reliable first.

    Those with a battery come before those without, those that kept a plausible time before those
    that did not, and then the one that the kernel took its time from.
    """
    folders = sorted((root / "sys/class/rtc").glob("rtc*"), key=lambda path: path.name)
    clocks = [Rtc(folder, root / "dev" / folder.name) for folder in folders]
    readable = [clock for clock in clocks if clock.seconds() is not None]
    return sorted(
        readable,
        key=lambda clock: (clock.is_flat, not kept_time(clock), not clock.sets_system_clock),
    )


def find_rtc(root: Path = Path("/")) -> Rtc | None:
    """Return the most reliable real-time clock of this machine; None if none can be read."""
    return next(iter(find_rtcs(root)), None)


def kept_time(clock: Rtc) -> bool:
    """Whether a clock shows a plausible time and does not report that it lost it."""
    seconds = clock.seconds()
    return seconds is not None and is_plausible(seconds) and clock.battery() is not Battery.FAILED


def contradict(clocks: list[Rtc]) -> bool:
    """Whether the clocks that kept their time disagree by more than they can drift."""
    kept = [clock.seconds() or 0.0 for clock in clocks if kept_time(clock)]
    return bool(kept) and max(kept) - min(kept) > _AGREE_S
