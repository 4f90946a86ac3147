"""Errors of the journal, and what a failed call of SQLite or of the system means for it."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

from device.errors import LiftLightError


class DiskError(LiftLightError):
    """The journal cannot be read or written. The device locks, and no new journal is begun."""


class JournalBusyError(LiftLightError):
    """Another process writes this journal."""


class NewerJournalError(LiftLightError):
    """The journal was written by a newer LiftLight than this one."""


REFUSALS = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    AttributeError,
    OverflowError,
    TypeError,
    ValueError,
)
"""What making or running a statement raises because of its values, on any disk and every time.

A value is missing, a text is too long or not Unicode, a type is none of SQLite's, or a number is
too large. Trouble with the disk is an OperationalError instead, damage a plain DatabaseError.
"""


class RowRefusedError(LiftLightError):
    """The database refused one row for its values; the row is kept as text among the faults."""


def disk_error(path: Path, error: OSError | sqlite3.Error) -> DiskError:
    """Return the DiskError that says what a failed call means for the journal and what to do."""
    if isinstance(error, sqlite3.Error):
        extended = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        # SQLite reports a full disk as an I/O error if there is no room for its shared memory.
        code = sqlite3.SQLITE_FULL if extended == sqlite3.SQLITE_IOERR_SHMSIZE else extended & 0xFF
        if is_damage(error):
            return DiskError(
                f"{path} is damaged ({error}): start LiftLight again; it sets the journal aside, "
                "keeps it, and rests two days."
            )
        number = {sqlite3.SQLITE_FULL: errno.ENOSPC, sqlite3.SQLITE_READONLY: errno.EROFS}.get(code)
    else:
        number = error.errno
    if number in (errno.ENOSPC, errno.EDQUOT):
        return DiskError(f"the disk of {path} is full: free some space, or use a larger card.")
    if number in (errno.EROFS, errno.EACCES, errno.EPERM):
        return DiskError(
            f"{path} may not be written: check that the data partition is mounted read-write "
            "and belongs to the user that runs LiftLight."
        )
    return DiskError(
        f"{path} could not be read or written ({error}): switch off and on; "
        "if it stays, copy the data folder and replace the card."
    )


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether SQLite says that the file itself is damaged, and not the disk below it."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
