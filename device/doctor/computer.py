"""Checks of the computer and of the libraries on it."""

from __future__ import annotations

import platform
import signal
import struct
import sys

from device.doctor.machine import Finding, Machine, fine, not_here, note, problem
from device.errors import LiftLightError
from device.language import N_, Told
from device.system import HOT_C, Board

OLDEST, NEWEST = (3, 11), (3, 13)

NEEDED_BYTES = 150 * 2**20
"""LiftLight takes up to 120 MB; the system needs the rest."""
SPARE_BYTES = 30 * 2**20
"""How much should be left while LiftLight runs."""

WARM_C = 70.0

REFUSED = 3
"""The exit code of `try_models` after a `LiftLightError`, whose text is on stderr."""

_SYSTEM_PACKAGES = "/usr/lib/python3"

_NOW_LOW, _WAS_LOW = 1 << 0, 1 << 16
_WAS_SLOWED = 1 << 18


def system(machine: Machine, python: tuple[int, int] = sys.version_info[:2]) -> Finding:
    """Check that the system is a 64-bit one, with a Python that the libraries are built for."""
    version = f"Python {python[0]}.{python[1]}"
    if struct.calcsize("P") * 8 != 64:
        return problem(N_("this system is a 32-bit one"), N_("install Raspberry Pi OS (64-bit)"))
    if not OLDEST <= python <= NEWEST:
        cure = N_("use Raspberry Pi OS Bookworm or Trixie, or another Python")
        return problem(Told("{version}, but 3.11 to 3.13 is needed", version=version), cure)
    board = machine.text("proc/device-tree/model") or platform.machine()
    return fine(Told("{board}, {version}, 64-bit", board=board, version=version))


def memory(machine: Machine) -> Finding:
    """Check that there is enough free memory for the models and a few frames."""
    free = machine.memory("MemAvailable")
    if free is None:
        return not_here(N_("the system does not tell"))
    free_mb = free // 2**20
    if free < (SPARE_BYTES if machine.is_running else NEEDED_BYTES):
        cure = N_("close other programs, or use a board with more memory")
        return problem(Told("only {free} MB free", free=free_mb), cure)
    return fine(Told("{free} MB free", free=free_mb))


def heat(machine: Machine) -> Finding:
    """Check that the processor is not too hot to keep up with the camera."""
    celsius = Board(machine.root).celsius()
    if celsius is None:
        return not_here(N_("no thermometer"))
    degrees = round(celsius)
    cure = N_("give the case more air, or fit a heat sink")
    if celsius >= HOT_C:
        return problem(Told("{degrees} °C: the processor slows itself down", degrees=degrees), cure)
    if celsius >= WARM_C:
        return note(Told("{degrees} °C: warm", degrees=degrees), cure)
    return fine(Told("{degrees} °C", degrees=degrees))


def power(machine: Machine) -> Finding:
    """Check that the supply holds its voltage, now and since the machine was switched on."""
    low = Board(machine.root).voltage_is_low()
    flags = _throttled(machine)
    if low is None and flags is None:
        return not_here(N_("no voltage alarm on this board"))
    flags = flags or 0
    cure = N_("use the official supply and a short, thick cable; no hub in between")
    if low or flags & _NOW_LOW:
        return problem(N_("the supply voltage is too low right now"), cure)
    if flags & _WAS_LOW:
        return note(N_("the voltage was too low since the start"), cure)
    if flags & _WAS_SLOWED:
        return note(N_("the processor was slowed down since the start"), cure)
    return fine(N_("the voltage holds"))


def watchdog(machine: Machine) -> Finding:
    """Check that the hardware that restarts a machine whose kernel hangs is there and armed."""
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


def numpy(machine: Machine) -> Finding:
    """Check that numpy works, and that the libraries on it were built for this numpy.

    A numpy from pip that hides the system's own breaks what apt built for the older one
    ("numpy.dtype size changed"), most often the simplejpeg of picamera2.
    """
    try:
        found = machine.load("numpy")
    except ImportError as error:
        return problem(f"cannot be imported ({error})", _reinstall(machine))
    users = ("cv2", "simplejpeg") if machine.is_pi else ("cv2",)
    for user in users:
        try:
            machine.load(user)
        except ImportError as error:
            return problem(f"{user} cannot be imported ({error})", _reinstall(machine))
        except ValueError as error:
            says = f"{user} was built against another numpy than {found.__version__} ({error})"
            cure = "remove numpy from LiftLight's environment, so that the system's own is used"
            return problem(says, cure)
    where = str(found.__file__)
    if machine.is_pi and not where.startswith(_SYSTEM_PACKAGES):
        says = f"numpy {found.__version__} from {where} hides the system's own"
        cure = "remove it from LiftLight's environment: picamera2 needs the system's"
        return note(says, cure)
    return fine(f"{found.__version__}; built for it: {', '.join(users)}")


def try_models() -> int:
    """Run both models once, on nothing, and return an exit code.

    A runtime that was built for another processor ends its process (SIGILL), so doctor calls this
    in another one. Raises what a broken library raises.
    """
    try:
        import numpy as np  # noqa: PLC0415  (it may be what is broken)

        from device.vision import DETECTOR, LANDMARKS, Model  # noqa: PLC0415

        for name in (DETECTOR, LANDMARKS):
            model = Model(name)
            model.run(np.zeros(model.input_shape, np.float32))
    except LiftLightError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    return 0


def models(machine: Machine) -> Finding:
    """Check, in a process of its own, that both models are whole and that they run."""
    tried = machine.elsewhere(__name__, try_models.__name__)
    if tried.code == 0:
        return fine("both whole, and they run")
    if tried.code == REFUSED:
        says, _, cure = tried.said.rpartition(": ")
        return problem(says, cure)
    if tried.code is None:
        return problem("they come to no end", f"see memory and heat; {_reinstall(machine)}")
    if tried.code < 0:
        name = signal.Signals(-tried.code).name
        says = f"the runtime for them ends at once ({name})"
        if tried.code == -signal.SIGILL:
            says += ": it was built for another processor"
        cure = f"{_reinstall(machine)}; if it stays, use Raspberry Pi OS Bookworm: another runtime"
        return problem(says, cure)
    return problem(f"cannot be run ({tried.said})", _reinstall(machine))


def _is_armed(machine: Machine) -> bool:
    """Whether the watchdog is fed: some kernels tell, otherwise systemd tells whether it would."""
    state = machine.text("sys/class/watchdog/watchdog0/state")
    if state is not None:
        return state == "active"
    return machine.manager().get("RuntimeWatchdogUSec", "0") not in ("0", "infinity")


def _throttled(machine: Machine) -> int | None:
    """Return the firmware's flags: bit 0 voltage low now, 16 since the start, 18 slowed down."""
    text = machine.command(("vcgencmd", "get_throttled"))
    try:
        return None if text is None else int(text.strip().partition("=")[2], 16)
    except ValueError:
        return None


def _reinstall(machine: Machine) -> str:
    return "run the installer again" if machine.is_pi else "run `make run` again"
