"""Single keys from a terminal, on a thread of their own, and the terminal restored afterwards."""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import termios
import threading
import tty
from collections.abc import Callable
from typing import Self, TextIO

CLOSE_WITHIN_S = 1.0
"""How long, in seconds, what a key does is waited for at the end: it is over at once."""


class Keyboard:
    """Calls `when_key` with each key pressed on `terminal`, until closed.

    Keys come one by one and are not echoed; Ctrl-C still interrupts. The terminal is put back as
    it was when this is closed, at the latest when the program exits.
    """

    def __init__(self, terminal: TextIO, when_key: Callable[[str], None]) -> None:
        self._closing = threading.Event()
        self._terminal = terminal.fileno()
        self._when_key = when_key
        self._before = termios.tcgetattr(self._terminal)
        self._woken, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._listen, name="keys", daemon=True)
        atexit.register(self.close)
        tty.setcbreak(self._terminal)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening and restore the terminal; may be called twice, from any thread.

        Takes `CLOSE_WITHIN_S` at most, whatever a key is still doing.
        """
        if self._closing.is_set():
            return
        self._closing.set()
        atexit.unregister(self.close)
        os.write(self._wake, b".")
        ours = threading.current_thread() is self._thread
        if not ours:
            self._thread.join(CLOSE_WITHIN_S)
        if ours or not self._thread.is_alive():
            # Else it still looks at one of them, and its number must not become another file's.
            os.close(self._woken)
            os.close(self._wake)
        with contextlib.suppress(termios.error):  # the terminal may be gone
            termios.tcsetattr(self._terminal, termios.TCSADRAIN, self._before)

    def _listen(self) -> None:
        while not self._closing.is_set():
            ready, _, _ = select.select([self._terminal, self._woken], [], [])
            if self._terminal not in ready:
                continue
            try:
                typed = os.read(self._terminal, 64)
            except OSError:
                typed = b""
            if not typed:
                # The terminal is gone; nobody will ever press a key again.
                return
            for key in typed.decode("ascii", "ignore"):
                self._when_key(key)
