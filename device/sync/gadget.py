"""The log as a small read-only drive, which a computer sees at the other end of a USB cable.

Two commands, one after the other:

`python -m device.sync.gadget make FOLDER --data DIR` writes a new image, FOLDER/drive-new.img: a
FAT file system with the files that a stick gets, but for the traces. It needs no rights, because
mtools (Debian's package `mtools`) fills the image without mounting it. Nothing is done while a
session runs, or if the last image is still up to date.

`python -m device.sync.gadget show FOLDER` runs as root. It puts the new image, if there is one, in
the place of the old one and shows it. The content never changes under a computer that sees the
drive: the drive is taken away, exchanged and given back, as if the cable had been pulled for a
moment. A computer that ejects the drive takes the image out of it; the image is put back once that
computer is gone. A board without a device-side USB port (no entry in /sys/class/udc) is left alone.

Linux's documentation: Documentation/usb/gadget_configfs.rst, Documentation/usb/mass-storage.rst.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

from device.clock import ClockReading, SystemClock
from device.doctor import FULL_BYTES
from device.errors import LiftLightError
from device.journal import (
    JOURNAL_NAME,
    connect_to_read,
    disk_error,
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
"""Says what the journal held when the last image was made, or could not be made."""
_FAILED = "failed: "
"""What the journal held comes after this if the image could not be made."""
_WORK = ".making"
"""The folder in which an image is made. What a power cut leaves in it, the next one removes."""

LABEL = "LIFTLIGHT"
MAKER = "LiftLight"
VENDOR = MAKER[:8]
"""The maker as a disk names it; by it 99-liftlight-stick.rules tells this drive from a stick."""

_SECTOR = 512
_PARTITIONS = 446
"""Where a disk's first sector has its table of partitions."""
_SPARE_BYTES = 2 << 20
"""Room for the file tables and for what each file leaves empty of its last cluster."""
_TOOL_WITHIN_S = 600.0
"""A tool of mtools that takes longer is given up."""

_SETTLE_S = 1.0
"""How long the drive stays away: a computer may not notice a shorter gap."""
_LANGUAGE = "0x409"
"""The language of the gadget's names: English (United States)."""
_LUN = "functions/mass_storage.0/lun.0"


def make(folder: Path, data: Path, now: ClockReading) -> bool:
    """Make a new image in `folder` if there is anything new; return whether there is one now.

    While a session runs nothing is done: there will be more to show after it. An image that failed
    is not tried again before there is something new, or another day, which spares the card. Raises
    LiftLightError if the journal cannot be read, there is no room, or the image cannot be written.
    """
    state, done_with = _state(data, now), _text(folder / UP_TO_DATE_WITH)
    # If root cannot show the new image, it stays where it is, and is as good tomorrow.
    up_to_date = done_with == state and any((folder / it).exists() for it in (IMAGE, NEW_IMAGE))
    if state is None or up_to_date or done_with == _FAILED + state:
        return (folder / NEW_IMAGE).exists()
    _check_for_tools()
    try:
        shutil.rmtree(folder / _WORK, ignore_errors=True)
        _check_for_room(data)
        folder.mkdir(mode=0o700, exist_ok=True)
        try:
            _make(folder, data, now)
        except (OSError, LiftLightError):
            (folder / UP_TO_DATE_WITH).write_text(_FAILED + state, encoding="utf-8")
            raise
        (folder / UP_TO_DATE_WITH).write_text(state, encoding="utf-8")
    except OSError as error:
        raise SyncError(
            f"the drive's image in {folder} could not be written ({error.strerror}): "
            "free some space, or use a larger card."
        ) from error
    return True


def _check_for_tools() -> None:
    for tool in ("mformat", "mcopy"):
        if shutil.which(tool) is None:
            raise SyncError("a drive cannot be made without mtools: apt-get install mtools.")


def _check_for_room(data: Path) -> None:
    """Raise SyncError unless an image leaves the device the room that it needs for itself.

    An export is at most twice the journal and a report, and its files and its image are there at
    once.
    """
    journal = sum(path.stat().st_size for path in data.glob(f"{JOURNAL_NAME}*"))
    needed = 2 * (2 * journal + _SPARE_BYTES) + FULL_BYTES
    disk = os.statvfs(data)
    free = disk.f_bavail * disk.f_frsize
    if free < needed:
        raise SyncError(
            f"a drive for the cable needs {needed // 2**20} MB of room, and {data} has "
            f"{free // 2**20}: free some space, or use a larger card."
        )


def _make(folder: Path, data: Path, now: ClockReading) -> None:
    """Write NEW_IMAGE in `folder`, whole or not at all."""
    work = folder / _WORK
    content = work / "stick"
    content.mkdir(parents=True)
    try:
        # The traces of a year would fill the card, in two copies and in two images.
        write_export(data, content, now, with_traces=False)
        _fill(work / NEW_IMAGE, content)
        (work / NEW_IMAGE).replace(folder / NEW_IMAGE)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def show(folder: Path, root: Path = Path("/")) -> bool:
    """Show the newest image in `folder` to a computer; return whether there is anything to show.

    `root` is the root folder of the machine. Raises OSError if the kernel refuses.
    """
    ports = sorted(path.name for path in (root / "sys/class/udc").glob("*"))
    gadget = root / "sys/kernel/config/usb_gadget/liftlight"
    if not ports:
        return False
    new = folder / NEW_IMAGE
    if new.exists() or not _is_bound(gadget):
        _describe(gadget)
        _unbind(gadget)
        if new.exists():
            new.replace(folder / IMAGE)
        if not (folder / IMAGE).exists():
            return False
        _insert(gadget / _LUN / "file", folder / IMAGE)
        _write(gadget / "UDC", ports[0])
    elif not _text(gadget / _LUN / "file") and _is_alone(root / "sys/class/udc" / ports[0]):
        # A computer ejected the drive, and so took the image out. Put it back for the next one.
        _insert(gadget / _LUN / "file", folder / IMAGE)
    return True


def _fill(image: Path, content: Path) -> None:
    """Make a FAT image of everything in `content`."""
    files = sum(path.stat().st_size + _SECTOR * 64 for path in content.rglob("*"))
    sectors = (files + files // 50 + _SPARE_BYTES) // _SECTOR
    _mtools("mformat", "-i", image, "-C", "-T", str(sectors), "-h", "64", "-s", "32",
            "-v", LABEL, "::")  # fmt: skip
    _mtools("mcopy", "-i", image, "-s", "-Q", *sorted(content.iterdir()), "::/")
    with image.open("r+b") as file:
        # mformat writes an entry for a partition, larger than the image, where there is none.
        file.seek(_PARTITIONS)
        file.write(bytes(_SECTOR - 2 - _PARTITIONS))
        os.fsync(file.fileno())


def _mtools(*command: str | Path) -> None:
    environment = {**os.environ, "MTOOLS_SKIP_CHECK": "1", "MTOOLSRC": os.devnull}
    try:
        done = run(command, _TOOL_WITHIN_S, environment)
    except subprocess.TimeoutExpired as error:
        raise SyncError(
            f"the drive's image could not be made ({command[0]} does not end): take another card."
        ) from error
    if done.returncode != 0:
        said = " ".join(done.stderr.split())
        raise SyncError(f"the drive's image could not be made ({said}): free some space.")


def _state(data: Path, now: ClockReading) -> str | None:
    """Return a text that changes with what the image would hold; None while a session runs."""
    journal = data / JOURNAL_NAME
    try:
        with closing(connect_to_read(journal)) as connection:
            if unfinished_session(connection) is not None and is_being_written(journal):
                return None
            counts = [
                connection.execute(f"SELECT count(*), max(id) FROM {table}").fetchone()
                for table in ("sessions", "lifts", "moments", "massages", "faults", "time_sets")
            ]
    except sqlite3.Error as error:
        raise disk_error(journal, error) from error
    # The report's calendar ends today.
    today = date.fromtimestamp(now.wall) if now.source.trusted else None
    return f"{today} {counts}"


def _describe(gadget: Path) -> None:
    """Tell the kernel what the gadget is: one read-only, removable drive."""
    for path in (f"strings/{_LANGUAGE}", f"configs/c.1/strings/{_LANGUAGE}", _LUN):
        (gadget / path).mkdir(parents=True, exist_ok=True)
    if _is_bound(gadget):
        return
    values = {
        "idVendor": "0x1d6b",  # the Linux Foundation's, for gadgets
        "idProduct": "0x0104",
        f"strings/{_LANGUAGE}/manufacturer": MAKER,
        f"strings/{_LANGUAGE}/product": "LiftLight log",
        f"strings/{_LANGUAGE}/serialnumber": "1",
        f"configs/c.1/strings/{_LANGUAGE}/configuration": "log",
        f"{_LUN}/ro": "1",
        f"{_LUN}/removable": "1",
        f"{_LUN}/inquiry_string": f"{VENDOR}{'log':<16}",
    }
    for path, value in values.items():
        _write(gadget / path, value)
    function = gadget / "configs/c.1/mass_storage.0"
    if not function.is_symlink():
        function.symlink_to(gadget / "functions/mass_storage.0")


def _is_bound(gadget: Path) -> bool:
    return bool(_text(gadget / "UDC"))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _is_alone(port: Path) -> bool:
    """Whether no computer talks on the cable: it is pulled, or the computer is off or asleep.

    A Pi's port does not notice that the cable is pulled: it stays "configured", but is suspended.
    A port that reports no state counts as one without a computer.
    """
    suspended = any(_text(path) == "1" for path in port.glob("device/gadget*/suspended"))
    return suspended or _text(port / "state") in ("", "not attached", "suspended")


def _unbind(gadget: Path) -> None:
    if _is_bound(gadget):
        _write(gadget / "UDC", "")
        time.sleep(_SETTLE_S)
        _write(gadget / _LUN / "file", "")


def _insert(lun: Path, image: Path) -> None:
    """Give the kernel the image; raises OSError if it is a link or anything but a plain file."""
    handle = os.open(image, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(f"{image} is no plain file")
        _write(lun, f"/proc/self/fd/{handle}")
    finally:
        os.close(handle)


def _write(path: Path, value: str) -> None:
    with path.open("w", encoding="ascii") as file:
        file.write(f"{value}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Make or show the drive; return the exit code."""
    parser = argparse.ArgumentParser(prog="device.sync.gadget")
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("make", help="make a new image if there is anything new")
    making.add_argument("folder", type=Path)
    making.add_argument("--data", type=Path, required=True)
    showing = commands.add_parser("show", help="show the newest image to a computer")
    showing.add_argument("folder", type=Path)
    options = parser.parse_args(arguments)
    try:
        if options.command == "make":
            now = SystemClock(last_time_set(options.data / JOURNAL_NAME)).reading()
            make(options.folder, options.data, now)
        else:
            _show_or_say_why(options.folder)
    except LiftLightError as error:
        sys.stderr.write(" ".join(str(error).split()) + "\n")
        return error.exit_code
    return 0


def _show_or_say_why(folder: Path) -> None:
    try:
        show(folder)
    except OSError as error:
        raise SyncError(
            f"the drive cannot be shown ({error}): pull the cable and plug it in."
        ) from error


if __name__ == "__main__":
    sys.exit(main())
