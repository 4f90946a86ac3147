"""`liftlight doctor --panel` and `--aim`: what needs the panel, or the camera, to itself."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from device.doctor.live.panel_tour import tour

if TYPE_CHECKING:
    from device.doctor.live.camera_aim import aim

__all__ = ["aim", "tour"]


def __getattr__(name: str) -> Any:
    """Load camera and vision only for `aim` (PEP 562): the tour must go on if they are broken."""
    if name == "aim":
        return import_module("device.doctor.live.camera_aim").aim
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
