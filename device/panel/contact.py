"""A button's contact, looked at again and again: what it says once it has come to rest.

gpiozero's pins on lgpio, but for how their chip and an edge are found.

lgpio has a thread for edges that wakes two thousand times a second for as long as one is waited
for. A button is looked at a hundred times a second, and rests between (`contact.py`). And it goes
by a chip's number, which a kernel may change (`chip.py`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import lgpio
from gpiozero.pins.lgpio import LGPIOFactory, LGPIOPin

from device.panel.chip import open_header
from device.panel.errors import GPIO_ERRORS

LOOKS = 2
"""Into how many looks the time is divided for which a contact may bounce."""

BLIND_S = 1.0
"""For how long no look may succeed, seconds, before it is a fault: what is shorter costs a press at
the most, and whoever pressed presses again."""

CLOSE_WITHIN_S = 1.0
"""How long, in seconds, a look or a move that is being told is waited for at the end: both take far
less."""


class Debounce:
    """Follows a contact that is looked at `LOOKS` times in the longest bounce."""

    def __init__(self, level: bool) -> None:
        self.level = level
        self._looks = 0

    def moved(self, seen: bool) -> bool:
        """Take one more look; return whether with it the contact has come to rest elsewhere."""
        self._looks = self._looks + 1 if seen != self.level else 0
        if self._looks <= LOOKS:
            return False
        self.level, self._looks = seen, 0
        return True


class Contact:
    """Tells `moved` of every move of a contact that lasts, from a thread of its own.

    `read` says where the contact is now, `bounce_s` how long it may take to come to rest, seconds.
    A look that fails is none, and the next one is taken all the same. `failed` is told of it, once,
    when none has succeeded for `BLIND_S`.
    """

    def __init__(
        self,
        read: Callable[[], bool],
        moved: Callable[[bool], None],
        bounce_s: float,
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        self._read, self._moved, self._failed = read, moved, failed
        self._every_s = bounce_s / LOOKS
        self._debounce = Debounce(read())
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="contact", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Look no more; may be called from `moved`. Takes `CLOSE_WITHIN_S` at most."""
        self._over.set()
        if threading.current_thread() is not self._thread:
            self._thread.join(CLOSE_WITHIN_S)

    def _watch(self) -> None:
        missed = 0
        while not self._over.wait(self._every_s):
            try:
                seen = self._read()
            except GPIO_ERRORS as error:
                missed += 1
                if missed == round(BLIND_S / self._every_s) and self._failed is not None:
                    self._failed(error)
                continue
            missed = 0
            if self._debounce.moved(seen):
                self._moved(self._debounce.level)


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
