"""The battery-backed real-time clock, as the kernel shows it under /sys/class/rtc."""

from __future__ import annotations

import array
import enum
import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

# linux/rtc.h: _IOR('p', 0x13, unsigned int), the same on every architecture we run on.
_RTC_VL_READ = 0x80047013

# No LiftLight is older than this (2026-01-01 UTC), so a clock that says so has lost its time.
# It is how a DS3231 is caught: its driver clears the oscillator-stopped flag when it loads, and
# the chip starts again at 2000-01-01. A Pi 5 without its battery starts again at 1970-01-01.
EARLIEST = 1_767_225_600.0

# Nor will one be believed that says it is 2100-01-01 UTC or later. A DS3231 with its century bit
# or a digit of its year upset reads 2066 to 2165, and the kernel's own clock can be anything.
LATEST = 4_102_444_800.0


def is_plausible(wall: float) -> bool:
    """Whether a LiftLight may live at `wall`, seconds since 1970 in UTC; no infinity or NaN is."""
    return EARLIEST <= wall < LATEST


# No chip has digits for the year 2286; what says so has not been read right.
_NO_CHIP_COUNTS = 1e10

# Two clocks that were set right part by ten minutes a year at most (20 ppm). Further apart, one of
# them is wrong, and nobody can say which.
_AGREE_S = 900.0

# Below this a Pi 5's own clock has no battery; a good one reads about 3 V.
_FLAT_MICROVOLTS = 1_500_000


class Battery(enum.Enum):
    """What the clock says about its battery (RTC_VL_READ of linux/rtc.h)."""

    NOT_TOLD = "not told"
    """The driver cannot tell (DS3231, Pi 5), or the device file may not be opened."""
    GOOD = "good"
    LOW = "low"
    """The time is still right; the battery wants changing."""
    FAILED = "failed"
    """The time is not to be believed: the voltage-low flag is up, or the battery is missing."""


# Bits of RTC_VL_READ: data invalid 1, backup low 2, backup empty 4, accuracy low 8.
_INVALID = 0b0101
_LOW = 0b1010


@dataclass(frozen=True, slots=True)
class Rtc:
    """One real-time clock: its folder under /sys/class/rtc and its device file."""

    folder: Path
    device: Path

    @property
    def name(self) -> str:
        """The chip and its bus address, such as `rtc-ds1307 1-0068`; empty if it has none."""
        return _text(self.folder / "name") or ""

    @property
    def sets_system_clock(self) -> bool:
        """Whether the kernel took the time from this one when it booted."""
        return _text(self.folder / "hctosys") == "1"

    def seconds(self) -> float | None:
        """Whole seconds since 1970 UTC as the chip counts them; None if it cannot be read."""
        text = _text(self.folder / "since_epoch")
        try:
            seconds = int(text or -1)
        except ValueError:
            return None
        return float(seconds) if 0 <= seconds < _NO_CHIP_COUNTS else None

    @property
    def is_flat(self) -> bool:
        """Whether it measures its battery's voltage and finds none: a power cut loses the time."""
        text = _text(self.folder / "battery_voltage")
        try:
            return int(text or _FLAT_MICROVOLTS) < _FLAT_MICROVOLTS
        except ValueError:
            return False

    def battery(self) -> Battery:
        """What the voltage-low flag says."""
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


def find_rtcs(root: Path = Path("/")) -> list[Rtc]:
    """The real-time clocks of this machine that answer, the one most worth believing first.

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
    """The real-time clock of this machine most worth believing; None if none answers."""
    return next(iter(find_rtcs(root)), None)


def kept_time(clock: Rtc) -> bool:
    """Whether a clock reads a plausible time and does not say itself that it lost it."""
    seconds = clock.seconds()
    return seconds is not None and is_plausible(seconds) and clock.battery() is not Battery.FAILED


def contradict(clocks: list[Rtc]) -> bool:
    """Whether those of the clocks that kept their time tell different times."""
    kept = [clock.seconds() or 0.0 for clock in clocks if kept_time(clock)]
    return bool(kept) and max(kept) - min(kept) > _AGREE_S


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return None
