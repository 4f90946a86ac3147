"""liftlight-time.txt: a person names a minute soon to come; the press at that minute sets it.

The file lies at the top of the stick, where somebody with a new stick can put it. It is taken
away once it was read: the next time the stick is plugged in, its minute is long gone.
"""

from __future__ import annotations

import codecs
import contextlib
from datetime import datetime
from pathlib import Path

from device.errors import CallerError
from device.rtc import is_plausible
from device.sync.errors import DamagedExportError, SyncError
from device.sync.generations import is_folder, write_plain
from device.sync.manifest import plain_file

TIME_FILE = "liftlight-time.txt"
PROBLEM = "liftlight-time-problem.txt"

_LARGEST_BYTES = 1024
_CURE = "Write one line such as 2027-01-15 21:05 into it."

# Windows' own editor begins a text file with one of these.
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"))


class TimeFileError(CallerError):
    """The file names no minute; the message says what is wrong with it."""


def take_time(stick: Path) -> float | None:
    """Return the time that a file on the stick names, in seconds since 1970 UTC, and remove it.

    None if there is no such file, or none that names a minute: then it stays, with a note beside
    it. A time without a zone is local time. Raises OSError if the stick fails.
    """
    path, note = stick / TIME_FILE, stick / PROBLEM
    problem = None
    try:
        with plain_file(path) as file:
            wall = named(file.read(_LARGEST_BYTES + 1))
        path.unlink()
    except FileNotFoundError:
        wall = None
    except DamagedExportError:
        wall, problem = None, TimeFileError(f"It is not a plain file. {_CURE}")
    except TimeFileError as error:
        wall, problem = None, error
    if problem is not None:
        with contextlib.suppress(SyncError):
            write_plain(note, f"{TIME_FILE} was not used. {problem}\r\n".encode())
    elif not is_folder(note):
        note.unlink(missing_ok=True)
    return wall


def named(content: bytes) -> float:
    """Return the time that the text of a file names; raises TimeFileError if it names none."""
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8")
    if len(content) > _LARGEST_BYTES:
        raise TimeFileError(f"It is longer than one line. {_CURE}")
    try:
        text = content.decode(encoding).strip()
        wall = datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        text, wall = "", 0.0
    if ":" not in text:
        raise TimeFileError(f"It names no date and minute. {_CURE}")
    if not is_plausible(wall):
        raise TimeFileError(f"It names a year in which there is no LiftLight. {_CURE}")
    return wall
