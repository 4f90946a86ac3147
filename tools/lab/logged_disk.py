"""A small mounted disk that keeps all its writes, and what is on it if the power goes in between.

QEMU's block driver `blklogwrites` keeps a log in the format of the kernel's dm-log-writes
(Documentation/admin-guide/device-mapper/log-writes.rst): a superblock, then one entry a request,
each a sector with sector number, length, flags and length of inline data, followed by the data.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tools.lab.needs import NeedError, need
from tools.lab.steps import run

SECTOR = 512
MAGIC = 0x6A736677736872
FLUSH, FUA, DISCARD = 1, 2, 4

LOST = 0.5
"""How likely a write that nobody flushed is lost, each by itself."""
TORN = 0.1
"""How likely a lost write got as far as some of its sectors."""

DISK_BYTES = 40 << 20
SYSTEM_BYTES = 36 << 20
"""Where the file system ends, bytes; what lies behind it is for notes about the moment."""
WITHIN_S = 30.0


# The log of a disk


@dataclass(frozen=True, slots=True)
class Request:
    """One request that the disk had answered: bytes at an offset, a flush, or both."""

    offset: int
    data: bytes
    flush: bool
    """All that was written before this request is safe."""
    fua: bool
    """This request itself is safe."""


def read_log(path: Path) -> list[Request]:
    """Return the requests in a log, in order. Raises ValueError if it is no such log."""
    requests = []
    with path.open("rb") as file:
        magic, version, entries, sector = struct.unpack_from("<QQQI", file.read(SECTOR))
        if (magic, version) != (MAGIC, 1):
            raise ValueError(f"{path} is no log of disk writes")
        file.seek(sector)
        for _ in range(entries):
            place, length, flags, _ = struct.unpack_from("<QQQQ", file.read(sector))
            data = b"" if flags & DISCARD else file.read(length * sector)
            requests.append(Request(place * sector, data, bool(flags & FLUSH), bool(flags & FUA)))
    return requests


def cut(base: Path, requests: Sequence[Request], image: Path, random: Random) -> None:
    """Make `image` what `base` is after `requests` if the power goes just then.

    What came before the last flush is there. Of what came after it, each write is there, or
    lost, or torn: a card may write in any order whatever it was not asked to flush.
    """
    flushed = max((n for n, request in enumerate(requests) if request.flush), default=-1)
    shutil.copyfile(base, image)
    with image.open("r+b") as file:
        for number, request in enumerate(requests):
            data = request.data
            if number > flushed and not request.fua and random.random() < LOST:
                sectors = len(data) // SECTOR
                torn = random.random() < TORN and sectors > 1
                data = data[: SECTOR * random.randrange(1, sectors)] if torn else b""
            file.seek(request.offset)
            file.write(data)


# The disk


@dataclass(frozen=True, slots=True)
class LoggedDisk:
    """A mounted ext4 file system, and what there is of it outside.

    `base` is the disk as it was before, `log` what was written since (see `read_log`), and
    `device` the whole disk as a block device.
    """

    folder: Path
    device: Path
    base: Path
    log: Path


@contextmanager
def logged_disk(scratch: Path) -> Iterator[LoggedDisk]:
    """Mount a new file system below `scratch`; at the end its log is whole.

    It is the host's own ext4 on a loop device, whose requests, flushes with them, go through QEMU's
    storage daemon. Raises NeedError without that daemon, or the right to mount.
    """
    need(["qemu-storage-daemon", "mke2fs", "losetup", "mount"], root=True)
    base, disk, log = (scratch / name for name in ("base.img", "disk.img", "disk.log"))
    with base.open("wb") as file:
        file.truncate(DISK_BYTES)
    run("mke2fs", "-q", "-t", "ext4", "-L", "LIFTLIGHT", base, f"{SYSTEM_BYTES >> 10}k")
    run("cp", "--sparse=always", base, disk)
    log.touch()
    front, folder = scratch / "disk", scratch / "data"
    front.touch()
    folder.mkdir()
    daemon = subprocess.Popen(
        [
            "qemu-storage-daemon",
            *("--blockdev", f"file,node-name=disk,filename={disk}"),
            *("--blockdev", f"file,node-name=log,filename={log}"),
            *("--blockdev", "blklogwrites,node-name=logged,file=disk,log=log,log-sector-size=512"),
            *("--export", f"fuse,id=front,node-name=logged,mountpoint={front},writable=on"),
        ]
    )
    try:
        _wait_for(front, DISK_BYTES)
        try:
            device = Path(run("losetup", "--find", "--show", front).strip())
        except subprocess.CalledProcessError as error:
            raise NeedError(
                "root may use no loop device here: try a machine of your own"
            ) from error
        try:
            run("mount", "-o", "noatime,errors=remount-ro", device, folder)
            try:
                yield LoggedDisk(folder, device, base, log)
            finally:
                run("umount", folder)
        finally:
            run("losetup", "--detach", device)
            # Where there is a udev, it may be looking at the disk still.
            if shutil.which("udevadm"):
                with suppress(subprocess.CalledProcessError):
                    run("udevadm", "settle")
    finally:
        daemon.terminate()
        try:
            daemon.wait(WITHIN_S)
        finally:
            daemon.kill()
            daemon.wait(WITHIN_S)


def _wait_for(file: Path, size: int) -> None:
    end = time.monotonic() + WITHIN_S
    while file.stat().st_size != size:
        if time.monotonic() > end:
            raise TimeoutError(f"qemu-storage-daemon does not show the disk at {file}")
        time.sleep(0.05)
