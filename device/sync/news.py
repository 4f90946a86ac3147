"""What the running device, and `liftlight status`, get to know of a sync.

The device is told one line at a time through a named pipe in its run folder. It makes the pipe and
listens; the process that serves a stick has other rights, and only writes. No socket listens, and
a device that is off or busy delays nobody.

A copy that somebody makes with `liftlight sync` is noted in a file beside the journal, because the
device alone may write into the journal.
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
from datetime import datetime, timedelta, timezone
from pathlib import Path

from device.clock import ClockReading, ClockSource
from device.errors import LiftLightError
from device.files import whole_file

PIPE = "stick"

_LONGEST = 330
"""Characters of a detail, each up to 12 bytes of JSON; a whole line stays below what a pipe takes
in one piece (4096 bytes)."""

_LAST_COPY = "last-copy.json"
"""In the data folder: when somebody copied its log with `liftlight sync` last."""


class NewsKind(enum.StrEnum):
    """What happened to a stick."""

    WORKING = "working"
    SYNCED = "synced"
    FAILED = "failed"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class StickNews:
    """What happened to a stick.

    With `FAILED`, `detail` says why and ends in a cure. With `TIME`, `wall` is the minute that a
    file on the stick names, seconds since 1970 in UTC.
    """

    kind: NewsKind
    detail: str = ""
    wall: float = 0.0


def tell(folder: Path, news: StickNews) -> bool:
    """Tell the device whose run folder is `folder`; return whether it listens. Never waits."""
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
    """Return the news in a line from the pipe; None if the line holds no news."""
    try:
        told = json.loads(line)
        # A damaged name on a stick may hold a lone surrogate, which the journal cannot keep.
        said = str(told["detail"]).encode(errors="replace").decode()
        detail = " ".join(said.split())
        news = StickNews(NewsKind(told["kind"]), detail[:_LONGEST], float(told["wall"]))
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None
    return news if math.isfinite(news.wall) else None


class Listener:
    """Makes the pipe in `folder` and hands on what comes through it, on a thread of its own.

        heard = queue.Queue()
        Listener(Path("/run/liftlight"), heard.put)
        print(heard.get().kind)

    Raises OSError if the pipe cannot be made.
    """

    def __init__(self, folder: Path, hand_on: Callable[[StickNews], None]) -> None:
        path = folder / PIPE
        with contextlib.suppress(FileExistsError):
            os.mkfifo(path, 0o600)
        # Opened for writing too, so that the pipe does not end when a writer closes it.
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


def noted_copy(data: Path) -> ClockReading | None:
    """Return when the log in the folder `data` was last copied by hand; None if it never was."""
    try:
        boot, *clocks, source = json.loads((data / _LAST_COPY).read_text(encoding="utf-8"))
        monotonic, wall, utc_offset = map(float, clocks)
        datetime.fromtimestamp(
            wall, timezone(timedelta(seconds=utc_offset))
        )  # raises if it has no date
        return ClockReading(str(boot), monotonic, wall, int(utc_offset), ClockSource(source))
    except (OSError, ValueError, TypeError, OverflowError, RecursionError):
        return None


def note_copy(data: Path, now: ClockReading) -> None:
    """Note that the log in the folder `data` was copied by hand at `now`."""
    told = [now.boot, now.monotonic, now.wall, now.utc_offset, now.source.value]
    # The copy is made, even if the folder takes no note of it.
    with contextlib.suppress(OSError, LiftLightError), whole_file(data / _LAST_COPY) as partial:
        partial.write_text(json.dumps(told), encoding="utf-8")
