"""A button's contact, looked at again and again: what it says once it has come to rest."""

from __future__ import annotations

import threading
from collections.abc import Callable

LOOKS = 2
"""Into how many looks the time is divided for which a contact may bounce."""


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

    `read` says where the contact is now, `bounce_s` how long it may take to come to rest.
    """

    def __init__(
        self, read: Callable[[], bool], moved: Callable[[bool], None], bounce_s: float
    ) -> None:
        self._read, self._moved = read, moved
        self._every_s = bounce_s / LOOKS
        self._debounce = Debounce(read())
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="contact", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Look no more; may be called from `moved`."""
        self._over.set()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(self._every_s):
            if self._debounce.moved(self._read()):
                self._moved(self._debounce.level)
