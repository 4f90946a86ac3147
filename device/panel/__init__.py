"""The panel: cues become light and sound, and the button's contact becomes presses.

Everything but `Pins` needs gpiozero, which is loaded when it is asked for. So what only reads the
settings starts without it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from device.panel.pins import PinError, Pins

if TYPE_CHECKING:
    from device.panel.chip import NoHeaderError, open_header
    from device.panel.errors import GPIO_ERRORS, ButtonHeldError, PanelError
    from device.panel.gpio import open_gpio_panel, panel_off
    from device.panel.panel import Panel
    from device.panel.terminal import TerminalPanel
    from device.panel.tone import find_channel

__all__ = [
    "GPIO_ERRORS",
    "ButtonHeldError",
    "NoHeaderError",
    "Panel",
    "PanelError",
    "PinError",
    "Pins",
    "TerminalPanel",
    "find_channel",
    "open_gpio_panel",
    "open_header",
    "panel_off",
    "pattern",
    "patterns",
    "pins",
    "scheduler",
    "self_test",
]

_LOADED_WHEN_NEEDED = {
    "NoHeaderError": "chip",
    "open_header": "chip",
    "ButtonHeldError": "errors",
    "GPIO_ERRORS": "errors",
    "PanelError": "errors",
    "open_gpio_panel": "gpio",
    "panel_off": "gpio",
    "Panel": "panel",
    "TerminalPanel": "terminal",
    "find_channel": "tone",
}


def __getattr__(name: str) -> Any:
    """Import the module that has `name` when `name` is asked for (PEP 562)."""
    if name not in _LOADED_WHEN_NEEDED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LOADED_WHEN_NEEDED[name]}"), name)
