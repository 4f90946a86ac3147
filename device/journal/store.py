"""The database file: who may write it, and what happens to one that is damaged.

A file that cannot be reached, read or written is a `DiskError`, and no new one is begun: an empty
journal would know of no rest days. A file that can be read and is damaged is renamed and kept, and
a new journal takes its place, which begins with a setback that costs rest.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import sqlite3
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from device.clock import ClockReading
from device.coach import history
from device.errors import LiftLightError
from device.files import give_to_owner
from device.journal import rows, schema
from device.journal.errors import (
    DiskError,
    JournalBusyError,
    NewerJournalError,
    disk_error,
    is_damage,
)

JOURNAL_NAME = "journal.db"

_BUSY_S = 0.5
"""How long a connection waits for another one's lock, in seconds."""

_PROBE_S = 0.1
"""How long `is_being_written` may hold the lock of the journal, in seconds."""

_HEADER_BYTES = 100
"""The length of the header of an SQLite file."""


@dataclass(frozen=True, slots=True)
class Store:
    """A journal file that is open for writing.

    `lock` is the descriptor of the locked file; `set_aside` is where a damaged journal was put when
    this one was opened, None if it was whole.
    """

    path: Path
    connection: sqlite3.Connection
    lock: int
    set_aside: Path | None

    def close(self) -> None:
        """Close the database, then let go of the lock."""
        self.connection.close()
        os.close(self.lock)


def open_store(path: Path, now: ClockReading) -> Store:
    """Open the journal at `path` for writing; make one if the folder never had any.

    Raises DiskError, JournalBusyError or NewerJournalError; each says what to do.
    """
    try:
        there = path.parent.is_dir()
    except OSError as error:
        raise disk_error(path, error) from error
    if not there:
        raise DiskError(
            f"there is no data folder {path.parent}: mount the data partition "
            "(labelled LIFTLIGHT), or name another folder with --data."
        )
    lock = _lock(path)
    try:
        set_aside = _make_sure_it_is_whole(path, lock, now)
        connection = connect(path)
    except BaseException:
        os.close(lock)
        raise
    return Store(path, connection, lock, set_aside)


def connect(path: Path) -> sqlite3.Connection:
    """Open a whole journal for writing, and bring it to the latest schema.

    Raises DiskError if it cannot be, NewerJournalError if this program is too old for it.
    """
    try:
        connection = _connect(path, "rw")
    except sqlite3.Error as error:
        raise disk_error(path, error) from error
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        # Of the modes WAL and rollback, each with FULL and NORMAL, only WAL with FULL lost no
        # acknowledged row when the power was cut at random writes.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        _refuse_newer(path, connection)
        schema.migrate(connection)
    except sqlite3.Error as error:
        connection.close()
        raise disk_error(path, error) from error
    except LiftLightError:
        connection.close()
        raise
    return connection


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Open a journal for reading only, beside whoever writes it.

    Raises DiskError if there is none or it cannot be read, NewerJournalError if this program is
    too old for it.
    """
    try:
        there = path.is_file()
    except PermissionError as error:
        raise DiskError(f"{path} may not be read by this user: ask again with sudo.") from error
    except OSError as error:
        raise disk_error(path, error) from error
    if not there:
        raise DiskError(
            f"there is no journal {path}: start the device with this data folder once, "
            "or name another folder with --data."
        )
    try:
        connection = _connect_to_read(path)
        try:
            _refuse_newer(path, connection)
        except BaseException:
            connection.close()
            raise
    except (OSError, sqlite3.Error) as error:
        raise disk_error(path, error) from error
    return connection


def problem_with(path: Path) -> str | None:
    """Return what is damaged about the journal at `path`, or None if it is whole.

    Raises DiskError if the disk does not let it be read.
    """
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except OSError as error:
        raise disk_error(path, error) from error
    if not header:
        return "it is empty"
    application = int.from_bytes(header[68:72], "big")
    if header[:16] != b"SQLite format 3\0" or not {header[18], header[19]} <= {1, 2}:
        return "it is not a database"
    if application != schema.APPLICATION_ID:
        return "it is not a LiftLight journal"
    try:
        # Read-only, so that closing it does not write to what may be damaged.
        connection = _connect_to_read(path)
        try:
            found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
        finally:
            connection.close()
    except (OSError, sqlite3.Error) as error:
        if isinstance(error, sqlite3.Error) and is_damage(error):
            return str(error)
        raise disk_error(path, error) from error
    return None if found == "ok" else " ".join(found.split())


def _make_sure_it_is_whole(path: Path, lock: int, now: ClockReading) -> Path | None:
    """Leave a whole journal at `path`; return where a damaged one was put, None if none was."""
    aside = None
    # The lock file is never removed; it is empty if this folder never had a journal.
    had_one = os.fstat(lock).st_size > 0
    try:
        give_to_owner(_lock_file(path))
        if path.exists():
            path.chmod(0o600)
            give_to_owner(path)
            problem = problem_with(path)
        else:
            # SQLite would take what another journal left for a part of the new one.
            problem = "it is missing" if had_one or _wal(path).exists() else None
        if problem is not None:
            aside = _set_aside(path)
            problem += f"; what was there is kept as {aside.name}" if aside else ""
        if not path.exists():
            _begin(path, now, problem)
        if not had_one:
            os.write(lock, b"A journal was begun here. If it is gone, the next one rests first.\n")
            os.fsync(lock)
    except (OSError, sqlite3.Error) as error:
        raise disk_error(path, error) from error
    return aside


def _begin(path: Path, now: ClockReading, damaged: str | None) -> None:
    """Make a new journal beside `path`, with a setback if one was damaged, and rename it."""
    new = path.with_name(path.name + ".new")
    for leftover in (new, _wal(new), _shm(new)):
        leftover.unlink(missing_ok=True)
    os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    give_to_owner(new)  # before SQLite makes its other files, which get the same owner
    connection = _connect(new, "rw")
    try:
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        schema.migrate(connection)
        if damaged is not None:
            _, begin = rows.checkpoint(now)
            for sql, values in (begin, rows.of_setback(history.SetbackKind.DAMAGED, damaged, now)):
                connection.execute(sql, values)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
    _flush(new)
    new.replace(path)
    _flush(path.parent)


def _set_aside(path: Path) -> Path | None:
    """Rename what is there of a journal; return its new name, None if nothing was there."""
    number = 1
    while True:
        aside = path.with_name(f"{path.stem}-damaged-{number}{path.suffix}")
        if not aside.exists() and not _wal(aside).exists():
            break
        number += 1
    moves = [(path, aside), (_wal(path), _wal(aside))]
    moves = [(part, kept) for part, kept in moves if part.exists()]
    for part, kept in moves:
        part.replace(kept)
    _shm(path).unlink(missing_ok=True)
    _flush(path.parent)
    return aside if moves else None


def is_being_written(path: Path) -> bool:
    """Return whether a running LiftLight has the journal at `path` open for writing."""
    try:
        lock = os.open(_lock_file(path), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(lock)
    return False


def _lock(path: Path) -> int:
    """Lock the journal for writing and return the lock, which the kernel lifts with this process.

    Raises JournalBusyError if another process holds it.
    """
    try:
        lock = os.open(_lock_file(path), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise disk_error(path, error) from error
    try:
        _take(lock)
    except OSError as error:
        os.close(lock)
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise disk_error(path, error) from error
        raise JournalBusyError(
            f"another LiftLight already writes {path}: stop it, or name another folder with --data."
        ) from error
    return lock


def _take(lock: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        # It may be `is_being_written` that holds the lock, which lets go at once.
        time.sleep(_PROBE_S)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def uri_of(path: Path) -> str:
    """Return the URI of a database file: SQLite takes no path that is not Unicode."""
    return path.absolute().as_uri()


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    # The writer's connection is opened by one thread and used by another, never by two at once.
    return sqlite3.connect(
        f"{uri_of(path)}?mode={mode}",
        uri=True,
        timeout=_BUSY_S,
        isolation_level=None,
        check_same_thread=False,
    )


def _connect_to_read(path: Path) -> sqlite3.Connection:
    connection = _connect(path, "ro")
    try:
        connection.execute("PRAGMA schema_version")
    except sqlite3.Error:
        connection.close()
        # A card that dies is often read-only from then on. SQLite reads a journal in WAL mode only
        # where it may make a file beside it, so a copy is read.
        if not os.statvfs(path).f_flag & os.ST_RDONLY:
            raise
        return _in_memory(path)
    return connection


def _in_memory(path: Path) -> sqlite3.Connection:
    """Return a copy of a journal in memory, with what was not yet moved into its file."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        shutil.copyfile(path, copy)
        if _wal(path).exists():
            shutil.copyfile(_wal(path), _wal(copy))
        with closing(_connect(copy, "rw")) as source:
            source.execute("PRAGMA journal_mode = DELETE")
            connection = sqlite3.connect("file::memory:", uri=True, isolation_level=None)
            try:
                source.backup(connection)
            except BaseException:
                connection.close()
                raise
    return connection


def _refuse_newer(path: Path, connection: sqlite3.Connection) -> None:
    found, known = schema.version(connection), len(schema.MIGRATIONS)
    if found > known:
        raise NewerJournalError(
            f"{path} was written by a newer LiftLight (schema {found}, this one knows {known}): "
            "install that version again."
        )


def _flush(path: Path) -> None:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _lock_file(path: Path) -> Path:
    return path.with_name(path.name + ".lock")


def _wal(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _shm(path: Path) -> Path:
    return path.with_name(path.name + "-shm")
