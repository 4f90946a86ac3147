"""What is wrong with this machine, and the cure: `liftlight doctor`, also `--panel` and `--aim`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from device.doctor.checkup import doctor
from device.doctor.panel_tour import tour

if TYPE_CHECKING:
    from device.doctor.camera_aim import aim

__all__ = ["aim", "doctor", "tour"]


def __getattr__(name: str) -> Any:
    """Load camera and vision only for `aim` (PEP 562): the checkup must tell if they are broken."""
    if name == "aim":
        return import_module("device.doctor.camera_aim").aim
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
