"""gpiozero's pins of a Raspberry Pi, with inputs that are polled; the only module that needs lgpio.

gpiozero's own lgpio pins wait for edges in a thread of lgpio's that wakes two thousand times a
second for as long as anybody waits. The pins here poll an input a hundred times a second instead
(`contact.py`). They also find their chip by its label (`chip.py`); gpiozero goes by its number.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import lgpio
from gpiozero.pins.lgpio import LGPIOFactory, LGPIOPin

from device.panel.chip import open_header
from device.panel.contact import Contact


class PolledFactory(LGPIOFactory):  # type: ignore[misc]
    """The gpiozero pins of this Raspberry Pi's header.

    `when_failed` is called, on the thread that polls a pin, with the error that keeps the pin from
    being read. Raises NoHeaderError if there is no header here.
    """

    def __init__(self) -> None:
        self.when_failed: Callable[[Exception], None] | None = None
        # LGPIOFactory's own constructor is passed over: it opens a chip by its number, and in
        # gpiozero 2.0.1, Bookworm's, it cannot be told which.
        super(LGPIOFactory, self).__init__()
        chip, self._handle = open_header(lgpio)
        self._chip = int(chip.removeprefix("gpiochip"))
        self.pin_class = PolledPin


class PolledPin(LGPIOPin):  # type: ignore[misc]
    """A gpiozero pin that is polled while somebody waits for its edges; needs `bounce` set."""

    _contact: Contact | None = None

    def close(self) -> None:
        """Stop polling and let go of the pin; waits a second at most for a callback."""
        self.when_changed = None
        super().close()

    def _enable_event_detect(self) -> None:
        self._contact = Contact(self._get_state, self._report, self.bounce, self._report_failure)

    def _disable_event_detect(self) -> None:
        if self._contact is not None:
            self._contact.close()
            self._contact = None

    def _report(self, level: bool) -> None:
        self._call_when_changed(None, None, int(level), time.monotonic_ns())

    def _report_failure(self, error: Exception) -> None:
        if self.factory.when_failed is not None:
            self.factory.when_failed(error)
