"""liftlight-time.txt: a file on a stick that names a minute soon to come, to set the clock by.

When that minute comes, a person presses the button, and the device takes it for the time. The file
lies at the top of the stick, so that it works on a stick that is new to the device. It is removed
once it has been read, because the next time the stick is plugged in its minute has passed.
"""

from __future__ import annotations

import contextlib
import os
import re
from datetime import datetime
from pathlib import Path

from device.errors import CallerError
from device.language import ENGLISH, N_, Told, say, translations
from device.settings import text_of
from device.sync.errors import DamagedExportError, SyncError
from device.sync.export import is_folder, plain_file, write_plain
from device.system import is_plausible

TIME_FILE = "liftlight-time.txt"
DOUBLED = f"{TIME_FILE}.txt"
"""The name that Windows gives the file where it hides the endings of names."""
PROBLEM = "liftlight-time-problem.txt"
_MEANT = Path(TIME_FILE).stem
"""What a file is called that is meant for one: TextEdit makes liftlight-time.rtf of it."""

_LARGEST_BYTES = 1024
"""A longer file is more than one line with a time, and is refused."""
_CURE = N_("Write one line such as 2027-01-15 21:05 into it.")

# A date and an hour, followed by a minute; month, day and hour may have one digit only.
_DATE_AND_HOUR = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:T| +)(\d{1,2})(?=:\d\d)", re.ASCII)


class TimeFileError(CallerError):
    """The file names no minute; the message says what is wrong with it."""


def take_time(stick: Path, language: str = ENGLISH) -> float | None:
    """Return the time that a file on the stick names, in seconds since 1970 UTC, and remove it.

    Return None if there is no such file. A file that names no minute stays, with a note beside it,
    and so do two files, because nobody knows which one is meant, and one whose name has another
    ending. `language` is that of the note, a code of LANGUAGES. A time without a zone is local
    time. Raises OSError if the stick fails.
    """
    found = [path for path in (stick / TIME_FILE, stick / DOUBLED) if os.path.lexists(path)]
    note = stick / PROBLEM
    wall, problem = None, None
    try:
        if not found:
            found = sorted(path for path in stick.iterdir() if _is_meant(path.name))
            if found:
                raise TimeFileError(
                    Told("It must be plain text, and its name {file}.", file=TIME_FILE)
                )
        if len(found) > 1:
            raise TimeFileError(Told("There is {file} as well. Remove one of them.", file=DOUBLED))
        for path in found:
            with plain_file(path) as file:
                wall = named(file.read(_LARGEST_BYTES + 1))
            path.unlink()
    except DamagedExportError:
        problem = TimeFileError(Told("It is not a plain file. {cure}", cure=_CURE))
    except TimeFileError as error:
        problem = error
    if problem is not None:
        with contextlib.suppress(SyncError):
            _ = translations(language).gettext
            said = _("{file} was not used. {why}").format(
                file=found[0].name, why=say(problem.args[0], _)
            )
            write_plain(note, f"{said}\r\n".encode("utf-8-sig", "replace"))
    elif not is_folder(note):
        note.unlink(missing_ok=True)
    return wall


def _is_meant(name: str) -> bool:
    name = name.lower()
    return name.startswith(_MEANT) and name != PROBLEM


def named(content: bytes) -> float:
    """Return the time that the text of a file names; raises TimeFileError if it names none."""
    if len(content) > _LARGEST_BYTES:
        raise TimeFileError(Told("It is longer than one line. {cure}", cure=_CURE))
    try:
        text = _DATE_AND_HOUR.sub(_two_digits, text_of(content).strip(), count=1)
        wall = datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        text, wall = "", 0.0
    if ":" not in text:
        raise TimeFileError(Told("It names no date and minute. {cure}", cure=_CURE))
    if not is_plausible(wall):
        raise TimeFileError(
            Told("It names a year in which there is no LiftLight. {cure}", cure=_CURE)
        )
    return wall


def _two_digits(moment: re.Match[str]) -> str:
    year, month, day, hour = map(int, moment.groups())
    return f"{year:04}-{month:02}-{day:02}T{hour:02}"
