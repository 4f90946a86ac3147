"""The folder of one device on a stick, and its two generations of exports.

FAT cannot replace a folder in one step. So an export is written beside the last one that is
whole, its manifest last; only when it has been read back from the medium the older one goes.
At every moment at least one of the two is whole, once there ever was one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import stat
from dataclasses import dataclass
from pathlib import Path

from device.journal import JOURNAL_NAME
from device.sync.errors import DamagedExportError, SyncError
from device.sync.manifest import FILES, MANIFEST, Manifest, verify

PREFIX = "liftlight-"
GENERATIONS = ("export-1", "export-2")

# SQLite would take these, left beside a database, for parts of it.
_BESIDE = tuple(f"{JOURNAL_NAME}-{part}" for part in ("journal", "wal", "shm"))


@dataclass(frozen=True, slots=True)
class Generation:
    """A whole export on the stick."""

    folder: Path
    manifest: Manifest


def device_name(connection: sqlite3.Connection) -> str:
    """Return the name of the device whose journal this is: it comes from its very first boot.

    A device restored from its own export so gets its old name back.
    """
    first = connection.execute(
        "SELECT boot, first_monotonic_s FROM clock_spans ORDER BY id LIMIT 1"
    ).fetchone()
    return PREFIX + hashlib.sha256(repr(first).encode()).hexdigest()[:8]


def whole_generations(home: Path) -> list[Generation]:
    """Return the whole exports in a device's folder, the newest first; raises OSError."""
    found = []
    for name in GENERATIONS:
        folder = home / name
        if is_folder(folder):
            with contextlib.suppress(DamagedExportError):
                found.append(Generation(folder, verify(folder)))
    if len(found) > 1 and found[1].manifest.follows(found[0].manifest):
        found.reverse()
    return found


def make_folder(path: Path) -> None:
    """Make a folder unless it is there; raises SyncError if something else is, or OSError."""
    if not is_folder(path):
        if os.path.lexists(path):
            raise _in_the_way(path)
        path.mkdir()


def is_folder(path: Path) -> bool:
    """Whether there is a real folder at `path`, and not a link to one."""
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def clear(folder: Path) -> None:
    """Remove an export, its manifest first; what is not ours stays. Raises SyncError, OSError."""
    for name in (MANIFEST, *FILES, *_BESIDE):
        _remove(folder / name)
        if name == MANIFEST:
            flush(folder)


def write_plain(path: Path, content: bytes) -> None:
    """Write a file anew, through no link, and flush it; raises SyncError or OSError."""
    _remove(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o644), "wb") as file:
        file.write(content)
    flush(path)


def flush(path: Path) -> None:
    """Have a file or folder written to the medium, and forget what is cached of it."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        os.fsync(handle)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(handle)


def _remove(path: Path) -> None:
    if is_folder(path):
        raise _in_the_way(path)
    path.unlink(missing_ok=True)


def _in_the_way(path: Path) -> SyncError:
    return SyncError(f"{path} is in the way: rename or remove it on a computer.")
