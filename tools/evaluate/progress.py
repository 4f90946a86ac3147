"""How far an evaluation is, on stderr: a bar for a person, a line a clip for a log."""

from __future__ import annotations

import sys
import time
from typing import Self, TextIO

BAR = 30


class Progress:
    """Counts clips; `begin` says how many there are and how many need no work."""

    def __init__(self, screen: TextIO | None = None) -> None:
        self._screen = sys.stderr if screen is None else screen
        self._live = self._screen.isatty()
        self._all = self._done = self._kept = 0
        self._began = time.monotonic()

    def begin(self, clips: int, done: int) -> None:
        """There are so many clips, and so many are known from before."""
        self._all, self._done, self._kept = clips, done, done
        self._began = time.monotonic()
        if done:
            self._line(f"{done} of {clips} clips were replayed before")
        self._draw("")

    def one_more(self, name: str) -> None:
        """A clip is done."""
        self._done += 1
        if not self._live:
            self._line(f"{self._done}/{self._all} {name}")
        self._draw(name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._live:
            self._screen.write("\r\x1b[K")
            self._screen.flush()

    def _line(self, text: str) -> None:
        self._screen.write(f"\r\x1b[K{text}\n" if self._live else f"{text}\n")
        self._screen.flush()

    def _draw(self, name: str) -> None:
        if not self._live:
            return
        filled = BAR * self._done // max(1, self._all)
        bar = "#" * filled + "." * (BAR - filled)
        self._screen.write(f"\r\x1b[K[{bar}] {self._done}/{self._all} {self._left()} {name[:30]}")
        self._screen.flush()

    def _left(self) -> str:
        done_now = self._done - self._kept
        if not done_now:
            return ""
        left = (time.monotonic() - self._began) / done_now * (self._all - self._done)
        return f"{left / 60:.0f} min left" if left > 90 else f"{left:.0f} s left"
