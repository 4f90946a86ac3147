"""Checks of what is installed: numpy and what is built on it, the models, the settings."""

from __future__ import annotations

from device.doctor.machine import Finding, Machine, fine, note, problem
from device.errors import LiftLightError
from device.settings import load

_SYSTEM_PACKAGES = "/usr/lib/python3"


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
    """The two networks: whole, and accepted by the runtime."""
    try:
        runtime = machine.load("device.vision.runtime")
        for name in (runtime.DETECTOR, runtime.LANDMARKS):
            runtime.Model(name)
    except LiftLightError as error:
        says, _, cure = str(error).rpartition(": ")
        return problem(says, cure)
    except (ImportError, ValueError) as error:
        return problem(f"cannot be run ({error})", _reinstall(machine))
    return fine("both whole, and they run")


def settings(machine: Machine) -> Finding:
    """The settings file, if there is one."""
    path = machine.data / "settings.toml"
    try:
        load(path)
    except LiftLightError as error:
        return problem(str(error))
    return fine("as in the file" if path.exists() else "all defaults, there is no file")


def _reinstall(machine: Machine) -> str:
    return "run the installer again" if machine.is_pi else "run `make run` again"
