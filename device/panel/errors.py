"""What can go wrong between LiftLight and its panel."""

from __future__ import annotations

from gpiozero.exc import GPIOZeroError

from device.errors import LiftLightError

try:
    from lgpio import error as _LgpioError  # noqa: N812  (its own name says nothing here)
except ImportError:  # at a desk there is none, and nothing that could raise it

    class _LgpioError(Exception):  # type: ignore[no-redef]
        pass


GPIO_ERRORS = (GPIOZeroError, _LgpioError, OSError)
"""What gpiozero and the library below it raise when a pin cannot be had."""


class PanelError(LiftLightError):
    """The panel cannot be driven: no GPIO here, or another program holds one of the pins."""
