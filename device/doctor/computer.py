"""Checks of the computer itself: system, memory, heat, power, watchdog."""

from __future__ import annotations

import platform
import struct
import sys

from device.doctor.machine import Finding, Machine, fine, not_here, note, problem
from device.system import HOT_C, Board

OLDEST, NEWEST = (3, 11), (3, 13)

NEEDED_BYTES = 150 * 2**20
"""The device process takes up to 120 MB; the rest is for the system to breathe."""
SPARE_BYTES = 30 * 2**20
"""What should be left while LiftLight runs."""

WARM_C = 70.0

_NOW_LOW, _WAS_LOW = 1 << 0, 1 << 16
_WAS_SLOWED = 1 << 18


def system(machine: Machine, python: tuple[int, int] = sys.version_info[:2]) -> Finding:
    """A 64-bit system and a Python that the libraries are built for."""
    version = f"Python {python[0]}.{python[1]}"
    if struct.calcsize("P") * 8 != 64:
        return problem("this system is a 32-bit one", "install Raspberry Pi OS (64-bit)")
    if not OLDEST <= python <= NEWEST:
        cure = "use Raspberry Pi OS Bookworm or Trixie, or another Python"
        return problem(f"{version}, but 3.11 to 3.13 is needed", cure)
    board = machine.text("proc/device-tree/model") or platform.machine()
    return fine(f"{board}, {version}, 64-bit")


def memory(machine: Machine) -> Finding:
    """Enough free memory for the models and a few frames."""
    free = machine.memory("MemAvailable")
    if free is None:
        return not_here("the system does not tell")
    says = f"{free // 2**20} MB free"
    if free < (SPARE_BYTES if machine.is_running else NEEDED_BYTES):
        cure = "close other programs, or use a board with more memory"
        return problem(f"only {says}", cure)
    return fine(says)


def heat(machine: Machine) -> Finding:
    """A processor that is not too hot to keep up with the camera."""
    celsius = Board(machine.root).celsius()
    if celsius is None:
        return not_here("no thermometer")
    says = f"{celsius:.0f} °C"
    cure = "give the case more air, or fit a heat sink"
    if celsius >= HOT_C:
        return problem(f"{says}: the processor slows itself down", cure)
    if celsius >= WARM_C:
        return note(f"{says}: warm", cure)
    return fine(says)


def power(machine: Machine) -> Finding:
    """A supply that holds its voltage, now and since the machine was switched on."""
    low = Board(machine.root).voltage_is_low()
    flags = _throttled(machine)
    if low is None and flags is None:
        return not_here("no voltage alarm on this board")
    flags = flags or 0
    cure = "use the official supply and a short, thick cable; no hub in between"
    if low or flags & _NOW_LOW:
        return problem("the supply voltage is too low right now", cure)
    if flags & _WAS_LOW:
        return note("the voltage was too low since the start", cure)
    if flags & _WAS_SLOWED:
        return note("the processor was slowed down since the start", cure)
    return fine("the voltage holds")


def watchdog(machine: Machine) -> Finding:
    """The hardware that restarts a machine whose kernel hangs: there, and armed."""
    needed = machine.is_pi or machine.is_installed
    there = (machine.root / "dev/watchdog").exists()
    if not needed:
        return fine("there is one") if there else not_here("none, and none is needed at a desk")
    if machine.awaits_restart and not (there and _is_armed(machine)):
        return fine("armed from the next start on")
    says = "a kernel that hangs will not restart itself"
    if not there:
        return note(says, "add dtparam=watchdog=on to config.txt, and restart")
    if _is_armed(machine):
        return fine("armed")
    cure = "set RuntimeWatchdogSec=15 in /etc/systemd/system.conf"
    if machine.is_installed:
        cure = "run the installer again in a maintenance boot, then restart"
    return note(f"nobody armed it: {says}", cure)


def _is_armed(machine: Machine) -> bool:
    """Whether somebody feeds it: a kernel built to says so; else systemd says what it would do."""
    state = machine.text("sys/class/watchdog/watchdog0/state")
    if state is not None:
        return state == "active"
    return machine.manager().get("RuntimeWatchdogUSec", "0") not in ("0", "infinity")


def _throttled(machine: Machine) -> int | None:
    """The firmware's own flags: bit 0 voltage low now, 16 since the start, 18 slowed down."""
    text = machine.command(("vcgencmd", "get_throttled"))
    try:
        return None if text is None else int(text.strip().partition("=")[2], 16)
    except ValueError:
        return None
