"""The drive that a computer sees over a cable: a read-only picture of a stick, as one FAT image.

`python -m device.sync.image FOLDER --data DIR` writes FOLDER/drive.img anew, unless it is up to
date or a session runs: nothing is mounted and no rights are needed, because mtools (Debian's
package `mtools`) writes into the image itself. It never touches an image that is in use: the new
one is made beside it, and `gadget.py` puts it in place while no computer sees the drive.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

from device.clock import ClockReading, SystemClock
from device.errors import LiftLightError
from device.journal import (
    JOURNAL_NAME,
    connect_to_read,
    is_being_written,
    last_time_set,
    unfinished_session,
)
from device.processes import run
from device.sync.errors import SyncError
from device.sync.stick import write_export

NEW_IMAGE = "drive-new.img"
IMAGE = "drive.img"
UP_TO_DATE_WITH = "drive.txt"

LABEL = "LIFTLIGHT"
_SECTOR = 512
_PARTITIONS = 446
"""Where a disk's first sector has its table of partitions."""
_SPARE_BYTES = 2 << 20
"""Room for the file tables and for what each file leaves empty of its last cluster."""
_WITHIN_S = 600.0


def prepare(folder: Path, data: Path, now: ClockReading) -> bool:
    """Make a new image in `folder` if there is anything new; return whether there is one now.

    While a session runs nothing is done: there will be more to show after it. Raises
    LiftLightError if the journal cannot be read or the image not be written.
    """
    state = _state(data, now)
    if state is None or (_text(folder / UP_TO_DATE_WITH) == state and (folder / IMAGE).exists()):
        return (folder / NEW_IMAGE).exists()
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".drive-") as work:
            content = Path(work) / "stick"
            content.mkdir()
            write_export(data, content, now)
            image = Path(work) / NEW_IMAGE
            _fill(image, content)
            image.replace(folder / NEW_IMAGE)
        (folder / UP_TO_DATE_WITH).write_text(state, encoding="utf-8")
    except OSError as error:
        raise SyncError(
            f"the drive's image in {folder} could not be written ({error.strerror}): "
            "free some space, or use a larger card."
        ) from error
    return True


def _fill(image: Path, content: Path) -> None:
    """Make a FAT image of everything in `content`."""
    files = sum(path.stat().st_size + _SECTOR * 64 for path in content.rglob("*"))
    sectors = (files + files // 50 + _SPARE_BYTES) // _SECTOR
    _mtools("mformat", "-i", image, "-C", "-T", str(sectors), "-h", "64", "-s", "32",
            "-v", LABEL, "::")  # fmt: skip
    _mtools("mcopy", "-i", image, "-s", "-Q", *sorted(content.iterdir()), "::/")
    with image.open("r+b") as file:
        # mformat leaves a partition's entry there, larger than the image. There is none.
        file.seek(_PARTITIONS)
        file.write(bytes(_SECTOR - 2 - _PARTITIONS))
        os.fsync(file.fileno())


def _mtools(*command: str | Path) -> None:
    if shutil.which(str(command[0])) is None:
        raise SyncError("a drive cannot be made without mtools: apt-get install mtools.")
    environment = {**os.environ, "MTOOLS_SKIP_CHECK": "1", "MTOOLSRC": os.devnull}
    try:
        done = run(command, _WITHIN_S, environment)
    except subprocess.TimeoutExpired as error:
        raise SyncError(
            f"the drive's image could not be made ({command[0]} does not end): take another card."
        ) from error
    if done.returncode != 0:
        said = " ".join(done.stderr.split())
        raise SyncError(f"the drive's image could not be made ({said}): free some space.")


def _state(data: Path, now: ClockReading) -> str | None:
    """Return what tells one content from another; None while a session runs."""
    journal = data / JOURNAL_NAME
    with closing(connect_to_read(journal)) as connection:
        if unfinished_session(connection) is not None and is_being_written(journal):
            return None
        counts = [
            connection.execute(f"SELECT count(*), max(id) FROM {table}").fetchone()
            for table in ("sessions", "lifts", "moments", "massages", "faults", "time_sets")
        ]
    # The report's calendar ends today.
    today = date.fromtimestamp(now.wall) if now.source.trusted else None
    return f"{today} {counts}\n"


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return None


def main(arguments: Sequence[str] | None = None) -> int:
    """Prepare the image; return the exit code."""
    parser = argparse.ArgumentParser(prog="device.sync.image")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args(arguments)
    try:
        now = SystemClock(last_time_set(options.data / JOURNAL_NAME)).reading()
        prepare(options.folder, options.data, now)
    except LiftLightError as error:
        sys.stderr.write(" ".join(str(error).split()) + "\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
