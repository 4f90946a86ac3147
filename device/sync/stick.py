"""`liftlight sync DIR`: write a new export to a mounted stick, check it, and retire the older one.

There are three steps: `write_export`, `check_export` and `retire_older`. If the check fails,
`discard_export` takes the place of the third. Between two steps a stick can be unmounted and
mounted again, so that the check reads from the medium itself (`plug.py`).
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from device.clock import ClockReading, SystemClock
from device.doctor import glance
from device.errors import CallerError, LiftLightError
from device.journal import (
    JOURNAL_NAME,
    DiskError,
    connect_to_read,
    disk_error,
    is_damage,
    last_time_set,
    problem_with,
    uri_of,
)
from device.settings import SETTINGS, language_in
from device.sync import settings_file
from device.sync.errors import DamagedExportError, SyncError, stick_error
from device.sync.export import (
    FILES,
    GENERATIONS,
    MANIFEST,
    OPEN_ME,
    READ_ME,
    Content,
    Generation,
    Manifest,
    checked,
    clear,
    content_of,
    device_name,
    flush,
    is_folder,
    is_trace,
    make_folder,
    plain_file,
    verify,
    whole_generations,
    write_plain,
)
from device.sync.news import note_copy
from device.sync.report import HEALTH, REPORT, health_of, report_of, words
from device.sync.tables import write_tables
from device.trace import TRACES


@dataclass(frozen=True, slots=True)
class Synced:
    """What came of a sync.

    `folder` is the new export. `new_settings` says whether settings that a person edited on the
    stick were taken over, and `problem` why they were refused.
    """

    folder: Path
    new_settings: bool
    problem: LiftLightError | None


def sync_command(data: Path, stick: Path) -> int:
    """Export to the folder `stick`, say where the export is, and return the exit code."""
    now = SystemClock(last_time_set(data / JOURNAL_NAME)).reading()
    done = sync(data, stick, now)
    note_copy(data, now)
    sys.stdout.write(f"{done.folder}\n")
    if done.new_settings:
        sys.stdout.write("The settings on the stick hold from the next start on.\n")
    if done.problem is not None:
        sys.stdout.write(f"The settings on the stick changed nothing: {done.problem}\n")
    return 0


def sync(
    data: Path, stick: Path, now: ClockReading, settle: Callable[[], None] = os.sync
) -> Synced:
    """Write a new export of the journal in `data` to `stick`, check it, and retire the older one.

    `settle` is called between writing and reading back. Settings that a person edited on the stick
    become the device's. Raises CallerError if `stick` is no folder or belongs to an export,
    DiskError if the journal cannot be read, SyncError if the stick fails. Exports that were whole
    before are then still whole.
    """
    done = write_export(data, stick, now)
    try:
        with _failures_of(stick):
            settle()
        check_export(done.folder)
    except LiftLightError:
        discard_export(done.folder)
        raise
    retire_older(done.folder)
    return done


def write_export(data: Path, stick: Path, now: ClockReading, *, with_traces: bool = True) -> Synced:
    """Write a new export beside the newest whole one; raises what `sync` does."""
    with _failures_of(stick):
        if not stick.is_dir():
            raise CallerError(
                f"there is no folder {stick}: name the folder where the stick is mounted."
            )
        inside = _export_around(stick)
    if inside is not None:
        raise CallerError(f"{stick} belongs to the export {inside}: name {inside.parent}.")
    journal = data / JOURNAL_NAME
    with closing(connect_to_read(journal)) as connection, _failures_of(stick):
        try:
            name = device_name(connection)
        except sqlite3.Error as error:
            raise disk_error(journal, error) from error
        home = stick / name
        make_folder(home)
        older = whole_generations(home)
        kept = older[0] if older else None
        left = kept.manifest.settings if kept is not None else None
        changed, problem = settings_file.exchange(data / SETTINGS, home, left)
        target = _target(home, kept)
        make_folder(target)
        clear(target)
        try:
            for_person = _write(connection, data, target, now, stick)
            traces = _copy_traces(data / TRACES, home / TRACES) if with_traces else {}
            beside = _put_beside(home, for_person)
            settings = settings_file.hash_on(home)
            sequence = kept.manifest.next_sequence if kept is not None else 1
            _finish(target, Manifest(name, sequence, settings, {}, traces, beside))
        except (OSError, LiftLightError):
            discard_export(target)
            raise
    return Synced(target, changed, problem)


def _export_around(folder: Path) -> Path | None:
    """Return the folder of a device on a stick that `folder` is, or is inside; else None."""
    here = folder.resolve()
    for home in (here, *here.parents):
        if any((home / name / MANIFEST).is_file() for name in GENERATIONS):
            return home
    return None


def check_export(folder: Path) -> None:
    """Read back an export and what lies beside it; raises SyncError unless it is as written."""
    home = folder.parent
    with _failures_of(home.parent):
        try:
            manifest = verify(folder)
            for name, content in manifest.traces.items():
                _read_through(home / TRACES / name, content)
            for name, content in manifest.beside.items():
                _read_through(home / name, content)
            if settings_file.hash_on(home) != manifest.settings:
                raise DamagedExportError(f"{home / SETTINGS} is not what was written")
        except DamagedExportError as error:
            raise SyncError(
                f"{home.parent} does not give back what was written to it: take another stick."
            ) from error


def discard_export(folder: Path) -> None:
    """Remove an export that failed its check, as far as the stick allows."""
    with contextlib.suppress(OSError, LiftLightError):
        clear(folder)


def retire_older(folder: Path) -> None:
    """Remove the export beside `folder`, once `folder` has been checked.

    An older export that cannot be removed, or that holds a file of somebody else's, stays. Raises
    SyncError if the stick fails.
    """
    home = folder.parent
    with _failures_of(home.parent):
        for name in GENERATIONS:
            older = home / name
            if name != folder.name and is_folder(older):
                with contextlib.suppress(OSError, SyncError):
                    clear(older)
                    older.rmdir()
        flush(home)


@contextlib.contextmanager
def _failures_of(stick: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise stick_error(stick, error) from error


def _target(home: Path, kept: Generation | None) -> Path:
    """Return the folder to write into: not the one with the newest whole export."""
    return next(home / name for name in GENERATIONS if kept is None or kept.folder.name != name)


def _write(
    connection: sqlite3.Connection, data: Path, target: Path, now: ClockReading, stick: Path
) -> dict[str, bytes]:
    """Write everything but the manifest, from a single copy of the journal, so that it agrees.

    Returns the files for the person, which go beside the exports.
    """
    journal = data / JOURNAL_NAME
    copy = target / JOURNAL_NAME
    try:
        connection.execute("VACUUM INTO ?", (uri_of(copy),))
        problem = problem_with(copy)
        if problem is not None:
            raise DiskError(f"{journal} could not be copied ({problem}): start LiftLight again.")
        copied = connect_to_read(copy)
        try:
            write_tables(copied, target)
        finally:
            copied.close()
    except sqlite3.Error as error:
        raise _whose_fault(error, journal, stick) from error
    findings = glance(data)
    language = language_in(data)
    report = report_of(copy, now, data / TRACES, findings, language).encode("utf-8", "replace")
    write_plain(target / REPORT, report)
    # Plain text is opened by old programs on Windows too: these need the byte order mark, and
    # both characters of a newline.
    read_me = words.Words(language).say(words.READ_ME)
    texts = {HEALTH: health_of(copy, now, findings, language), READ_ME: f"{read_me}\n"}
    return {OPEN_ME: report} | {
        name: text.replace("\n", "\r\n").encode("utf-8-sig", "replace")
        for name, text in texts.items()
    }


def _put_beside(home: Path, files: Mapping[str, bytes]) -> dict[str, Content]:
    """Put the files for the person into `home`; return those that are there now.

    One for which there is no room, or in whose place something else is, is left out: the export is
    worth more than these.
    """
    put = {}
    for name, content in files.items():
        try:
            write_plain(home / name, content)
        except (OSError, SyncError):
            with contextlib.suppress(OSError):
                (home / name).unlink()  # Half a file would tell half a truth.
        else:
            put[name] = Content(hashlib.sha256(content).hexdigest(), len(content))
    return put


def _whose_fault(error: sqlite3.Error, journal: Path, stick: Path) -> LiftLightError:
    """Return the error that says whether the journal is damaged or the stick fails."""
    if is_damage(error):
        return disk_error(journal, error)
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    number = {sqlite3.SQLITE_FULL: errno.ENOSPC, sqlite3.SQLITE_READONLY: errno.EROFS}.get(code)
    return stick_error(stick, OSError(number or errno.EIO, str(error)))


def _finish(target: Path, manifest: Manifest) -> None:
    """Flush all files, then write the manifest, which makes them an export."""
    for name in FILES:
        manifest.files[name] = content_of(target / name)
        flush(target / name)
    flush(target)
    write_plain(target / MANIFEST, manifest.to_text().encode("ascii"))
    flush(target)


def _copy_traces(source: Path, target: Path) -> dict[str, Content]:
    """Copy the traces that are not on the stick yet, and return what must be there afterwards."""
    found = (path.name for path in source.iterdir()) if source.is_dir() else ()
    names = sorted(filter(is_trace, found))
    if names:
        make_folder(target)
    copied = {}
    for name in names:
        try:
            with plain_file(source / name) as file:
                trace = file.read()
        except (OSError, DamagedExportError):
            continue  # A session that began meanwhile deleted the oldest; or it cannot be read.
        copied[name] = Content(hashlib.sha256(trace).hexdigest(), len(trace))
        try:
            _read_through(target / name, copied[name])
        except DamagedExportError:
            write_plain(target / name, trace)
    return copied


def _read_through(path: Path, content: Content) -> None:
    """Read a file to its end; raises DamagedExportError unless it is `content`, or OSError."""
    for _ in checked(path, content):
        pass
