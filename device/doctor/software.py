"""Checks of what is installed: numpy and what is built on it, the models, the settings."""

from __future__ import annotations

import signal
import sys

from device.doctor.machine import Finding, Machine, fine, note, problem
from device.errors import LiftLightError
from device.settings import SETTINGS, load

_SYSTEM_PACKAGES = "/usr/lib/python3"
REFUSED = 3
"""The exit code of `try_models` after a `LiftLightError`, whose text is on stderr."""


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


def numpy(machine: Machine) -> Finding:
    """numpy, and libraries built against the same numpy.

    A numpy from pip over that of the system breaks what apt built against the older one
    ("numpy.dtype size changed"): picamera2's simplejpeg is the usual victim.
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


def models(machine: Machine) -> Finding:
    """The two networks: whole, and run by the runtime, in a process that it may take along."""
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


def settings(machine: Machine) -> Finding:
    """The settings file, if there is one."""
    machine.look_into_data()
    path = machine.data / SETTINGS
    try:
        load(path)
    except LiftLightError as error:
        return problem(str(error))
    return fine("as in the file" if path.exists() else "all defaults, there is no file")


def _reinstall(machine: Machine) -> str:
    return "run the installer again" if machine.is_pi else "run `make run` again"
