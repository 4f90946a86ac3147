"""gpiozero's pins on lgpio, but for how their chip and an edge are found.

lgpio has a thread for edges that wakes two thousand times a second for as long as one is waited
for. A button is looked at a hundred times a second, and rests between (`contact.py`). And it goes
by a chip's number, which a kernel may change (`chip.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable

import lgpio
from gpiozero.pins.lgpio import LGPIOFactory, LGPIOPin

from device.panel.chip import open_header
from device.panel.contact import Contact


class SampledFactory(LGPIOFactory):  # type: ignore[misc]
    """The pins of this Raspberry Pi.

    `when_failed` is called, on a thread of a pin's own, with what keeps one from being looked at.
    Raises NoHeaderError if there are none.
    """

    def __init__(self) -> None:
        self.when_failed: Callable[[Exception], None] | None = None
        # Not LGPIOFactory's own, which opens a chip by its number: gpiozero 2.0.1, the system's on
        # Bookworm, takes no other from us either.
        super(LGPIOFactory, self).__init__()
        chip, self._handle = open_header(lgpio)
        self._chip = int(chip.removeprefix("gpiochip"))
        self.pin_class = SampledPin


class SampledPin(LGPIOPin):  # type: ignore[misc]
    """A pin that is looked at as long as somebody waits for its edges; its `bounce` must be set."""

    _contact: Contact | None = None

    def close(self) -> None:
        """Look no more; a move that is being told is waited for, a second at most."""
        self.when_changed = None
        super().close()

    def _enable_event_detect(self) -> None:
        self._contact = Contact(self._get_state, self._tell, self.bounce, self._tell_of_failure)

    def _disable_event_detect(self) -> None:
        if self._contact is not None:
            self._contact.close()
            self._contact = None

    def _tell(self, level: bool) -> None:
        self._call_when_changed(None, None, int(level), time.monotonic_ns())

    def _tell_of_failure(self, error: Exception) -> None:
        if self.factory.when_failed is not None:
            self.factory.when_failed(error)
