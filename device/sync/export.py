"""One device's exports on a stick: its folder there, two generations, and the manifest of each.

FAT cannot replace a folder in one step. So an export is written beside the last one that is whole,
its manifest last; only when it has been read back from the medium the older one goes. Once there
was a whole export, at least one of the two is whole at every moment.

Nothing on a stick is trusted: names come from a fixed list, links are not followed, no more is
read than the manifest promised, and an export is whole only if every hash in it agrees.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from device.journal import JOURNAL_NAME
from device.sync.errors import DamagedExportError, SyncError
from device.sync.report import REPORT
from device.sync.tables import REPS_CSV, SESSIONS_CSV

PREFIX = "liftlight-"
GENERATIONS = ("export-1", "export-2")
MANIFEST = "manifest.json"
FILES = (JOURNAL_NAME, SESSIONS_CSV, REPS_CSV, REPORT)
"""What every export consists of, beside its manifest."""

_FORMAT = 1
_LARGEST_BYTES = 64 * 1024
_MOST = 1 << 30
"""No file of ours is larger than 1 GB: a million reps are 200 MB."""
_SEQUENCES = 1 << 30
_CHUNK = 1 << 16
_HEX = 64
_TRACE = re.compile(r"[0-9][0-9A-Za-z-]{0,60}\.csv", re.ASCII)
# SQLite would take these, left beside a database, for parts of it.
_BESIDE = tuple(f"{JOURNAL_NAME}-{part}" for part in ("journal", "wal", "shm"))


@dataclass(frozen=True, slots=True)
class Content:
    """One file as it should be."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an export consists of; of two of one device `follows` tells the newer.

    `sequence` counts a device's exports on one stick, and begins again after the largest: a number
    that somebody forged so never keeps the next export from being written.

    `settings` is the SHA-256 of settings.toml as the device left it beside the exports, `traces`
    what it left in the folder of traces there. A person may change both, so an export is whole
    without them.
    """

    device: str
    sequence: int
    settings: str
    files: dict[str, Content]
    traces: dict[str, Content] = field(default_factory=dict)

    @property
    def next_sequence(self) -> int:
        """The sequence of the export that will be written after this one."""
        return (self.sequence + 1) % _SEQUENCES

    def follows(self, other: Manifest) -> bool:
        """Whether this is the newer of two."""
        return 0 < (self.sequence - other.sequence) % _SEQUENCES < _SEQUENCES // 2

    def to_text(self) -> str:
        """Return it as it stands in the file."""

        def listed(files: dict[str, Content]) -> dict[str, dict[str, Any]]:
            return {name: {"sha256": c.sha256, "bytes": c.size} for name, c in files.items()}

        whole = {
            "format": _FORMAT,
            "device": self.device,
            "sequence": self.sequence,
            "settings_sha256": self.settings,
            "files": listed(self.files),
            "traces": listed(self.traces),
        }
        return json.dumps(whole, indent=1) + "\n"


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of an export; raises DamagedExportError, or OSError from the medium."""
    path = folder / MANIFEST
    try:
        with plain_file(path) as file:
            text = file.read(_LARGEST_BYTES + 1)
    except FileNotFoundError:
        raise DamagedExportError(
            f"{folder} has no {MANIFEST}, so its export was never finished: use another one."
        ) from None
    try:
        if len(text) > _LARGEST_BYTES:
            raise ValueError
        return _parse(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise DamagedExportError(f"{path} is damaged: use another export.") from None


def verify(folder: Path) -> Manifest:
    """Read a whole export back and compare; raises DamagedExportError, or OSError."""
    manifest = read_manifest(folder)
    for name, content in manifest.files.items():
        for _ in checked(folder / name, content):
            pass
    return manifest


def content_of(path: Path) -> Content:
    """Return what a file is now."""
    digest, size = hashlib.sha256(), 0
    with plain_file(path) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return Content(digest.hexdigest(), size)


def checked(path: Path, content: Content) -> Iterator[bytes]:
    """Yield the bytes of a file; raises DamagedExportError if in the end they are not `content`.

    Never reads more than was promised, so a file without an end ends all the same.
    """
    digest, left = hashlib.sha256(), content.size
    try:
        with plain_file(path) as file:
            while left >= 0 and (chunk := file.read(min(_CHUNK, left + 1))):
                left -= len(chunk)
                digest.update(chunk)
                yield chunk
    except FileNotFoundError:
        raise DamagedExportError(f"{path} is missing: use another export.") from None
    if left or digest.hexdigest() != content.sha256:
        raise DamagedExportError(f"{path} is not what was written: use another export.")


def is_trace(name: str) -> bool:
    """Whether a trace of ours may have this name."""
    return _TRACE.fullmatch(name) is not None


@contextlib.contextmanager
def plain_file(path: Path) -> Iterator[BinaryIO]:
    """Open a plain file; raises DamagedExportError for a link, a folder, a pipe or a device."""
    try:
        found = path.lstat().st_mode
        if not stat.S_ISREG(found):
            raise DamagedExportError(f"{path} is not a plain file: use another export.")
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except NotADirectoryError:
        raise FileNotFoundError(path) from None
    with os.fdopen(handle, "rb") as file:
        yield file


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


def _parse(whole: dict[str, Any]) -> Manifest:
    if whole["format"] != _FORMAT or set(whole["files"]) != set(FILES):
        raise ValueError
    traces = whole.get("traces", {})
    if not all(is_trace(name) for name in traces):
        raise ValueError
    device, settings = whole["device"], _hash(whole["settings_sha256"])
    if not isinstance(device, str) or len(device) > _HEX or not device.isprintable():
        raise ValueError
    sequence = _count(whole["sequence"], _SEQUENCES)
    return Manifest(device, sequence, settings, _listed(whole["files"]), _listed(traces))


def _listed(files: dict[str, Any]) -> dict[str, Content]:
    return {
        name: Content(_hash(one["sha256"]), _count(one["bytes"], _MOST))
        for name, one in files.items()
    }


def _hash(value: object) -> str:
    if not isinstance(value, str) or len(value) != _HEX or not value.isascii():
        raise ValueError
    return value


def _count(value: object, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < most:
        raise ValueError
    return value
