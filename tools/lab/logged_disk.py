"""A small mounted disk, all of whose writes are kept in order."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tools.lab.need import NeedError, need

DISK_BYTES = 40 << 20
SYSTEM_BYTES = 36 << 20
"""The file system ends here; what is behind it is for notes about the moment."""
WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class LoggedDisk:
    """A mounted ext4 file system, and what there is of it outside.

    `base` is the disk as it was before, `log` what was written since (`tools.lab.disklog`), and
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


def run(*command: str | Path) -> str:
    """Run a command, return what it printed; raises CalledProcessError if it fails."""
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout


def _wait_for(file: Path, size: int) -> None:
    end = time.monotonic() + WITHIN_S
    while file.stat().st_size != size:
        if time.monotonic() > end:
            raise TimeoutError(f"qemu-storage-daemon does not show the disk at {file}")
        time.sleep(0.05)
