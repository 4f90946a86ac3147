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
from device.language import Told
from device.sync.errors import DamagedExportError, SyncError
from device.sync.report import HEALTH, REPORT
from device.sync.tables import MASSAGES_CSV, REPS_CSV, SESSIONS_CSV

PREFIX = "liftlight-"
GENERATIONS = ("export-1", "export-2")
MANIFEST = "manifest.json"
FILES = (JOURNAL_NAME, SESSIONS_CSV, REPS_CSV, MASSAGES_CSV, REPORT)
"""The files of every export, besides its manifest."""
OPEN_ME = "open-me.html"
READ_ME = "read-me.txt"
BESIDE = (OPEN_ME, HEALTH, READ_ME)
"""The files for the person, which lie beside the exports, at the top of the device's folder."""
_LATER_FILES = {MASSAGES_CSV}
"""Files that older exports do not have, and are whole without."""

_FORMAT = 1
_LARGEST_MANIFEST_BYTES = 64 * 1024
_LARGEST_FILE_BYTES = 1 << 30
"""A manifest with a larger file is damaged: the log of a million reps takes 200 MB."""
_SEQUENCES = 1 << 30
"""The sequence of exports begins again at 0 after this many."""
_CHUNK = 1 << 16
_HASH_DIGITS = 64
_TRACE_NAME = re.compile(r"[0-9][0-9A-Za-z-]{0,60}\.csv", re.ASCII)
# SQLite would take files with these names, left beside a database, for parts of it.
_DATABASE_PARTS = tuple(f"{JOURNAL_NAME}-{part}" for part in ("journal", "wal", "shm"))


@dataclass(frozen=True, slots=True)
class Content:
    """What a file must hold: its hash, as hexadecimal digits, and its size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an export consists of.

    `sequence` counts a device's exports on one stick, and begins again at 0 after the largest
    number: so a forged number never keeps the next export from being written. `follows` tells the
    newer one of two.

    `settings` is the SHA-256 of settings.toml as the device left it beside the exports; `traces`
    is what the device left in the folder of traces there, and `beside` the files of `BESIDE` that
    it left. A person may change all of these, so an export is whole without them.
    """

    device: str
    sequence: int
    settings: str
    files: dict[str, Content]
    traces: dict[str, Content] = field(default_factory=dict)
    beside: dict[str, Content] = field(default_factory=dict)

    @property
    def next_sequence(self) -> int:
        """The sequence of the export that will be written after this one."""
        return (self.sequence + 1) % _SEQUENCES

    def follows(self, other: Manifest) -> bool:
        """Whether this export was written after `other`."""
        return 0 < (self.sequence - other.sequence) % _SEQUENCES < _SEQUENCES // 2

    def to_text(self) -> str:
        """Return the content of the manifest's file."""

        def listed(files: dict[str, Content]) -> dict[str, dict[str, Any]]:
            return {name: {"sha256": c.sha256, "bytes": c.size} for name, c in files.items()}

        whole = {
            "format": _FORMAT,
            "device": self.device,
            "sequence": self.sequence,
            "settings_sha256": self.settings,
            "files": listed(self.files),
            "traces": listed(self.traces),
            "beside": listed(self.beside),
        }
        return json.dumps(whole, indent=1) + "\n"


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of an export; raises DamagedExportError, or OSError if the stick fails."""
    path = folder / MANIFEST
    try:
        with plain_file(path) as file:
            text = file.read(_LARGEST_MANIFEST_BYTES + 1)
    except FileNotFoundError:
        raise DamagedExportError(
            f"{folder} has no {MANIFEST}, so its export was never finished: use another one."
        ) from None
    try:
        if len(text) > _LARGEST_MANIFEST_BYTES:
            raise ValueError
        return _parse(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise DamagedExportError(f"{path} is damaged: use another export.") from None


def verify(folder: Path) -> Manifest:
    """Read an export back and compare each hash; raises DamagedExportError, or OSError."""
    manifest = read_manifest(folder)
    for name, content in manifest.files.items():
        for _ in checked(folder / name, content):
            pass
    return manifest


def content_of(path: Path) -> Content:
    """Return the hash and the size of a file as it is now."""
    digest, size = hashlib.sha256(), 0
    with plain_file(path) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return Content(digest.hexdigest(), size)


def checked(path: Path, content: Content) -> Iterator[bytes]:
    """Yield the bytes of a file; raises DamagedExportError at the end unless they are `content`.

    No more is read than `content` promises, so a file that has no end is no trouble.
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
    """Whether the device may have given this name to a trace."""
    return _TRACE_NAME.fullmatch(name) is not None


@contextlib.contextmanager
def plain_file(path: Path) -> Iterator[BinaryIO]:
    """Open a plain file; raises DamagedExportError for a link, a folder, a pipe or a device.

    Raises FileNotFoundError if there is none, and OSError if the stick fails.
    """
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
    """Return the name of the folder on a stick for the device with this journal.

    The name is made from the journal's first boot. A device that is restored from its own export
    has that boot in its journal again, and so keeps its name.
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
    """Remove an export's own files, the manifest first; raises SyncError or OSError."""
    for name in (MANIFEST, *FILES, *_DATABASE_PARTS):
        _remove(folder / name)
        if name == MANIFEST:
            flush(folder)


def write_plain(path: Path, content: bytes) -> None:
    """Write a new file in place of what has its name, and flush it; raises SyncError or OSError."""
    _remove(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o644), "wb") as file:
        file.write(content)
    flush(path)


def flush(path: Path) -> None:
    """Write a file or folder through to the medium, and drop it from the cache."""
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
    return SyncError(Told("{file} is in the way: rename or remove it on a computer.", file=path))


def _parse(whole: dict[str, Any]) -> Manifest:
    if whole["format"] != _FORMAT or set(whole["files"]) | _LATER_FILES != set(FILES):
        raise ValueError
    traces = whole.get("traces", {})
    beside = whole.get("beside", {})
    if not all(is_trace(name) for name in traces) or not set(beside) <= set(BESIDE):
        raise ValueError
    device, settings = whole["device"], _hash(whole["settings_sha256"])
    if not isinstance(device, str) or len(device) > _HASH_DIGITS or not device.isprintable():
        raise ValueError
    sequence = _count(whole["sequence"], _SEQUENCES)
    files = _listed(whole["files"])
    return Manifest(device, sequence, settings, files, _listed(traces), _listed(beside))


def _listed(files: dict[str, Any]) -> dict[str, Content]:
    return {
        name: Content(_hash(one["sha256"]), _count(one["bytes"], _LARGEST_FILE_BYTES))
        for name, one in files.items()
    }


def _hash(value: object) -> str:
    if not isinstance(value, str) or len(value) != _HASH_DIGITS or not value.isascii():
        raise ValueError
    return value


def _count(value: object, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < most:
        raise ValueError
    return value
