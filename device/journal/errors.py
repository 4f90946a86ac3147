"""What can go wrong with the journal, each with its cure."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

from device.errors import LiftLightError


class DiskError(LiftLightError):
    """The journal cannot be read or written: locked, nothing begun anew."""


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
"""What making or running a statement raises because of its values: any disk refuses them, always.

A value missing, a text too long or no Unicode (a ValueError), a kind SQLite has not, a number too
large. What the disk does is an OperationalError, damage a plain DatabaseError.
"""


class RowRefusedError(LiftLightError):
    """The database refused one row for what is in it; the row was kept as text among the faults."""


def disk_error(path: Path, error: OSError | sqlite3.Error) -> DiskError:
    """Say what a failed call means for the journal, and what to do about it."""
    if isinstance(error, sqlite3.Error):
        extended = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        # No room for the file that readers share is called an I/O error.
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
    """Whether SQLite says that the file itself is spoilt, and not the disk under it."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
