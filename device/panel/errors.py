"""Errors of the panel and of the GPIO libraries below it."""

from __future__ import annotations

from gpiozero.exc import GPIOZeroError

from device.errors import LiftLightError

try:
    from lgpio import error as _LgpioError  # noqa: N812  (lgpio calls it just `error`)
except ImportError:  # Only a Raspberry Pi has lgpio; elsewhere nothing can raise its error.

    class _LgpioError(Exception):  # type: ignore[no-redef]
        pass


GPIO_ERRORS = (GPIOZeroError, _LgpioError, OSError)
"""All that gpiozero and lgpio raise when a pin cannot be taken, read or driven."""


class PanelError(LiftLightError):
    """The panel cannot be driven: no GPIO here, or another program holds one of the pins."""


class ButtonHeldError(PanelError):
    """The button reads as pressed though nobody presses it."""

    def __init__(self) -> None:
        super().__init__(
            "the button reads as pressed all the time ([pins] button): it is jammed, or its two "
            "wires touch. Free it, or check its wiring, and start LiftLight anew."
        )
