"""What a sync tells the running device: one line each through a named pipe in its run folder.

The device makes the pipe and listens; whoever serves a stick is another process, with other
rights, and only writes. No socket listens, and a device that is off or busy delays nobody.
"""

from __future__ import annotations

import contextlib
import enum
import errno
import json
import math
import os
import stat
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

PIPE = "stick"

_LONGEST = 500
"""Characters of a detail; a whole line stays below what a pipe takes in one piece (4096 bytes)."""


class Word(enum.StrEnum):
    """What happened to a stick."""

    WORKING = "working"
    SYNCED = "synced"
    FAILED = "failed"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class StickNews:
    """A stick is being served, is done, or failed (`detail` says why and ends in a cure).

    `TIME`: a file on it names the minute `wall`, seconds since 1970 in UTC.
    """

    word: Word
    detail: str = ""
    wall: float = 0.0


def tell(folder: Path, news: StickNews) -> bool:
    """Tell the device whose run folder is `folder`; False if nobody listens. Never waits."""
    line = json.dumps({**asdict(news), "detail": news.detail[:_LONGEST]}) + "\n"
    try:
        pipe = os.open(folder / PIPE, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        if not stat.S_ISFIFO(os.fstat(pipe).st_mode):
            return False
        os.write(pipe, line.encode("ascii"))
    except OSError:
        return False
    finally:
        os.close(pipe)
    return True


def parse(line: str) -> StickNews | None:
    """Return what a line tells, or None if it tells nothing that we know."""
    try:
        told = json.loads(line)
        # Half a character, as a damaged name on a stick has it, is none that can be kept.
        said = str(told["detail"]).encode(errors="replace").decode()
        detail = " ".join(said.split())
        news = StickNews(Word(told["word"]), detail[:_LONGEST], float(told["wall"]))
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None
    return news if math.isfinite(news.wall) else None


class Listener:
    """Makes the pipe in `folder` and hands on what comes through it, from a thread of its own.

    Raises OSError if there can be no pipe.
    """

    def __init__(self, folder: Path, hand_on: Callable[[StickNews], None]) -> None:
        path = folder / PIPE
        with contextlib.suppress(FileExistsError):
            os.mkfifo(path, 0o600)
        # Open for both, so that it has no end when a writer leaves.
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        if not stat.S_ISFIFO(os.fstat(handle).st_mode):
            os.close(handle)
            raise OSError(errno.EEXIST, "something else is in the way", str(path))
        self._hand_on = hand_on
        self._lines = os.fdopen(handle, "r", encoding="ascii", errors="replace")
        threading.Thread(target=self._listen, name="stick", daemon=True).start()

    def _listen(self) -> None:
        while line := self._lines.readline(4096):
            news = parse(line)
            if news is not None:
                self._hand_on(news)
