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
            return float(int(text)) if text else None
        except ValueError:
            return None

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


def find_rtc(root: Path = Path("/")) -> Rtc | None:
    """The real-time clock of this machine: the one the kernel itself used, else the first."""
    folders = sorted((root / "sys/class/rtc").glob("rtc*"), key=lambda path: path.name)
    clocks = [Rtc(folder, root / "dev" / folder.name) for folder in folders]
    readable = [clock for clock in clocks if clock.seconds() is not None]
    return min(readable, key=lambda clock: not clock.sets_system_clock, default=None)


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return None
