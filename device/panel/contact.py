"""The button's contact, polled and debounced: when it has moved, and come to rest again."""

from __future__ import annotations

import threading
from collections.abc import Callable

from device.panel.errors import GPIO_ERRORS

POLL_S = 0.01
"""How often a contact is polled, seconds: twice in the longest time for which it bounces."""

UNREADABLE_S = 1.0
"""How long every poll must fail, in seconds, before the contact is reported as unreadable. A
shorter failure costs one press at most, and a person whose press is not answered presses again."""

CLOSE_WITHIN_S = 1.0
"""How long closing waits, in seconds, for a poll or callback that is under way. Both take far less
unless the hardware hangs."""


class Debounce:
    """Decides when a contact that is polled `polls` times in a bounce has moved.

    `level` is the level at which the contact last came to rest.
    """

    def __init__(self, level: bool, polls: int) -> None:
        self.level = level
        self._polls = polls
        self._differing = 0

    def moved(self, polled: bool) -> bool:
        """Take the level that was polled; return whether the contact has come to rest at it.

        It has when this poll and the `polls` before it all differ from `level`.
        """
        self._differing = self._differing + 1 if polled != self.level else 0
        if self._differing <= self._polls:
            return False
        self.level, self._differing = polled, 0
        return True


class Contact:
    """Polls a contact on a thread of its own, and calls `moved` with each new level.

    `read` returns the level of the contact now. `bounce_s` is the longest time, in seconds, for
    which the contact may bounce or a hand tremble. A poll that fails is skipped. `failed` is called
    with the error once every poll has failed for `UNREADABLE_S`, and again only after a poll has
    succeeded.
    """

    def __init__(
        self,
        read: Callable[[], bool],
        moved: Callable[[bool], None],
        bounce_s: float,
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        self._read, self._moved, self._failed = read, moved, failed
        self._debounce = Debounce(read(), round(bounce_s / POLL_S))
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="contact", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop polling, within `CLOSE_WITHIN_S`; `moved` and `failed` may call this too."""
        self._closing.set()
        if threading.current_thread() is not self._thread:
            self._thread.join(CLOSE_WITHIN_S)

    def _poll(self) -> None:
        failures = 0
        while not self._closing.wait(POLL_S):
            try:
                polled = self._read()
            except GPIO_ERRORS as error:
                failures += 1
                if failures == round(UNREADABLE_S / POLL_S) and self._failed is not None:
                    self._failed(error)
                continue
            failures = 0
            if self._debounce.moved(polled):
                self._moved(self._debounce.level)
