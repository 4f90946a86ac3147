"""gpiozero's pins on lgpio, but for how an edge is found.

lgpio has a thread for edges that wakes two thousand times a second for as long as one is waited
for. A button is looked at a hundred times a second, and rests between (`contact.py`).
"""

from __future__ import annotations

import time

from gpiozero.pins.lgpio import LGPIOFactory, LGPIOPin

from device.panel.contact import Contact


class SampledFactory(LGPIOFactory):  # type: ignore[misc]
    """The pins of this Raspberry Pi."""

    def __init__(self) -> None:
        super().__init__()
        self.pin_class = SampledPin


class SampledPin(LGPIOPin):  # type: ignore[misc]
    """A pin that is looked at as long as somebody waits for its edges; its `bounce` must be set."""

    _contact: Contact | None = None

    def close(self) -> None:
        """Look no more; a move that is being told is waited for."""
        self.when_changed = None
        super().close()

    def _enable_event_detect(self) -> None:
        self._contact = Contact(self._get_state, self._tell, self.bounce)

    def _disable_event_detect(self) -> None:
        if self._contact is not None:
            self._contact.close()
            self._contact = None

    def _tell(self, level: bool) -> None:
        self._call_when_changed(None, None, int(level), time.monotonic_ns())
