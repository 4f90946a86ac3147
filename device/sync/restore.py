"""`liftlight restore DIR`: a device whose card failed gets its log back from its own export.

The export is copied and hashed, the copy is examined, and its rows are merged into the journal: a
row is added, but never doubled or removed. After that the device rests for at least a day.
"""

from __future__ import annotations

import shutil
import sqlite3
import sys
from contextlib import closing
from itertools import islice
from pathlib import Path

from device.clock import ClockReading, SystemClock
from device.errors import CallerError, LiftLightError
from device.journal import (
    JOURNAL_NAME,
    disk_error,
    last_time_set,
    merge_export,
    open_store,
)
from device.settings import SETTINGS
from device.sync import settings_file
from device.sync.errors import stick_error
from device.sync.export import (
    GENERATIONS,
    MANIFEST,
    PREFIX,
    Generation,
    checked,
    is_folder,
    verify,
    whole_generations,
)

_MOST_DEVICES = 100
"""How many devices' folders on one stick are looked at."""

_WORK = ".restoring"
"""The folder in the data folder with a copy of the export. Whoever holds the journal's lock may use
it, and first removes what a power cut left in it."""


def restore_command(data: Path, folder: Path) -> int:
    """Restore from `folder`, say what came of it, and return the exit code."""
    now = SystemClock(last_time_set(data / JOURNAL_NAME)).reading()
    sessions, added = restore(data, folder, now)
    if added:
        sys.stdout.write(f"Sessions added: {sessions}. The device rests a day first.\n")
    else:
        sys.stdout.write("Nothing to add: the journal has all of it.\n")
    return 0


def restore(data: Path, folder: Path, now: ClockReading) -> tuple[int, int]:
    """Merge an export into the journal in `data`; return how many sessions and rows were added.

    `folder` is a stick, a device's folder on it, or one export. Raises DamagedExportError if there
    is no whole export, CallerError if there are exports of several devices, JournalBusyError while
    the device runs, SyncError if the stick fails, and DiskError if the card does. The journal is
    then as it was; where there was none, or a damaged one, it is an empty one.
    """
    try:
        export = _find(folder)
    except OSError as error:
        raise stick_error(folder, error) from error
    journal = data / JOURNAL_NAME
    work = data / _WORK
    try:
        with closing(open_store(journal, now)) as store:
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir(mode=0o700)
            try:
                _fetch(export, work / JOURNAL_NAME)
                sessions, added = merge_export(
                    store.connection, work / JOURNAL_NAME, now, f"from {export.folder}"
                )
            finally:
                shutil.rmtree(work, ignore_errors=True)
    except (OSError, sqlite3.Error) as error:
        raise disk_error(journal, error) from error
    _restore_settings(data / SETTINGS, export.folder.parent)
    return sessions, added


def _fetch(export: Generation, copy: Path) -> None:
    """Copy the journal from the stick; raises SyncError if the stick fails, OSError if the card."""
    chunks = checked(export.folder / JOURNAL_NAME, export.manifest.files[JOURNAL_NAME])
    with copy.open("wb") as file:
        while True:
            try:
                chunk = next(chunks, None)
            except OSError as error:
                raise stick_error(export.folder, error) from error
            if chunk is None:
                return
            file.write(chunk)


def _find(folder: Path) -> Generation:
    """Return the newest whole export in `folder`; raises CallerError with the reason if none is."""
    if not folder.is_dir():
        raise CallerError(f"there is no folder {folder}: name a stick, or an export on it.")
    if (folder / MANIFEST).exists():
        return Generation(folder.resolve(), verify(folder))  # `.` has no parent folder.
    homes = [folder] if _is_home(folder) else []
    named = (p for p in folder.iterdir() if p.name.startswith(PREFIX) and is_folder(p))
    homes += islice(filter(_is_home, named), _MOST_DEVICES)
    if len(homes) > 1:
        names = ", ".join(sorted(home.name for home in homes))
        raise CallerError(f"{folder} has the exports of several devices: name one of {names}.")
    for home in homes:
        for one in whole_generations(home):
            return one
        for name in GENERATIONS:
            if is_folder(home / name):
                verify(home / name)  # raises the error that says what is wrong with it
    raise CallerError(f"there is no export in {folder}: name a stick, or an export on it.")


def _is_home(path: Path) -> bool:
    """Whether a folder has the folder of an export in it."""
    return any(is_folder(path / name) for name in GENERATIONS)


def _restore_settings(own: Path, home: Path) -> None:
    """Take over the settings too if the device has none; say so on stderr if they are refused."""
    if own.exists():
        return
    try:
        settings_file.take_over(home / SETTINGS, own)
    except (LiftLightError, OSError) as error:
        sys.stderr.write(f"The log was restored, but not the settings beside it. {error}\n")
