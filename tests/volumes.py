"""Sticks for stories: images of FAT32 and exFAT mounted by FUSE, one of them with a lying chip."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from device.sync import NewsKind, StickNews, SyncError, plug, restore, steps
from tests.processes import running
from tools.environment import ROOT
from tools.long_log import reading

NEEDED = {
    "fat": ("fusefat", "mkfs.vfat", "fsck.vfat"),
    "exfat": ("mount.exfat-fuse", "mkfs.exfat", "fsck.exfat", "losetup"),
}
INSTALL = "apt-get install fusefat dosfstools exfat-fuse exfatprogs"
LIAR_NEEDS = ("nbdkit", "qemu-storage-daemon")
LIAR_INSTALL = "apt-get install nbdkit-plugin-python qemu-utils"
SIZE = {"fat": 40 << 20, "exfat": 8 << 20}
LATER = reading(400 * 86400.0)
ENDS_WITHIN_S = 60.0
LONGEST_S = 120.0
"""fusefat is ended after so long: it follows a table that bites its own tail for ever, and whoever
waits for it cannot be interrupted."""
CANNOT_MOUNT = "the stick cannot be mounted: repair it on a computer."


def run(*command: object) -> str:
    """Run a command that must not fail; return what it printed."""
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


def can_mount(kind: str) -> None:
    """Skip, and say what to install, where no stick of this kind can be mounted."""
    missing = [name for name in NEEDED[kind] if shutil.which(name) is None]
    if missing or not os.access("/dev/fuse", os.W_OK) or os.geteuid() != 0:
        pytest.skip(f"mounting a stick needs root, /dev/fuse and: {INSTALL}")


class Volume:
    """A stick: a file system in the file or disk `image`, and the operations that serve it."""

    def __init__(self, kind: str, folder: Path, data: Path, image: Path | None = None) -> None:
        self.kind, self.data, self.place = kind, data, folder / "mnt"
        self.place.mkdir()
        if image is None:
            image = folder / "stick.img"
            image.touch()
            os.truncate(image, SIZE[kind])
        self.image = image
        run("mkfs.vfat", "-F", "32", image) if kind == "fat" else run("mkfs.exfat", image)
        self.told: list[StickNews] = []
        self.locked = False

    def is_stick(self) -> bool:
        """It is one, however spoilt."""
        return True

    @contextlib.contextmanager
    def mounted(self, *, read_only: bool) -> Iterator[None]:
        mode = "ro" if read_only or self.locked else "rw"
        with self._fat(mode) if self.kind == "fat" else self._exfat(mode):
            yield

    @contextlib.contextmanager
    def _exfat(self, mode: str) -> Iterator[None]:
        device = run("losetup", "--find", "--show", self.image)
        try:
            mount = ["mount.exfat-fuse", device, str(self.place), "-o", mode]
            if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
                raise SyncError(CANNOT_MOUNT)
            try:
                yield
            finally:
                run("umount", self.place)
        finally:
            run("losetup", "--detach", device)

    @contextlib.contextmanager
    def _fat(self, mode: str) -> Iterator[None]:
        # In the foreground: it goes on writing after umount has come back.
        command = ["fusefat", "-f", "-o", "rw+" if mode == "rw" else "ro", self.image, self.place]
        with running(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as fs:
            for _ in range(6000):
                if os.path.ismount(self.place) or fs.poll() is not None:
                    break
                time.sleep(0.01)
            if fs.poll() is not None:
                raise SyncError(CANNOT_MOUNT)
            lost = threading.Timer(LONGEST_S, fs.kill)
            lost.start()
            try:
                yield
            finally:
                lost.cancel()
                run("umount", self.place)
                fs.wait(ENDS_WITHIN_S)

    def step(self, name: str, export: str | None = None) -> dict[str, Any]:
        return dict(
            steps.STEPS[name](self.place, self.data, None if export is None else Path(export))
        )

    def tell(self, news: StickNews) -> None:
        self.told.append(news)

    def outcome(self) -> NewsKind:
        """Serve the stick as if it had been plugged in; return the last kind of news told."""
        plug.serve(self)
        return self.told[-1].kind

    def data_begins(self) -> int:
        """The byte at which the tables end and files begin, by the boot sector."""
        with self.image.open("rb") as file:
            boot = file.read(512)
        if self.kind == "exfat":
            return int.from_bytes(boot[88:92], "little") * 512
        return _reserved(boot) + boot[16] * int.from_bytes(boot[36:40], "little") * 512

    def crowd(self, files: int) -> None:
        """Put empty files of somebody else's at its top. It must be a new one."""
        if self.kind == "exfat":
            with self.mounted(read_only=False):
                for number in range(files):
                    (self.place / f"Ürlaub {number} 休日 & 'café'.jpg").touch()
            return
        # Through mtools or FUSE each would look at all the names before its own.
        with self.image.open("r+b") as file:
            boot = file.read(512)
            cluster, tables, root = boot[13] * 512, boot[16], boot[44]
            names = b"".join(b"%08dJPG\x20" % number + bytes(20) for number in range(files))
            more = range(root + 1, root + 1 + len(names) // cluster)
            chain = b"".join(number.to_bytes(4, "little") for number in (*more, 0x0FFFFFFF))
            for table in range(tables):
                size = (self.data_begins() - _reserved(boot)) // tables
                file.seek(_reserved(boot) + table * size + 4 * root)
                file.write(chain)
            file.seek(self.data_begins())
            file.write(names)

    def spoil(self, chance: random.Random) -> None:
        """Write noise over some of its tables and files."""
        with self.image.open("r+b") as file:
            for _ in range(20):
                file.seek(chance.randrange(2 * self.data_begins()))
                file.write(chance.randbytes(chance.choice((1, 16, 512))))

    def check(self) -> None:
        """The file system itself is whole."""
        run("fsck.vfat" if self.kind == "fat" else "fsck.exfat", "-n", self.image)

    def restored(self, card: Path) -> int:
        """How many sessions a new card gets back from it."""
        card.mkdir()
        with self.mounted(read_only=True):
            sessions, _ = restore.restore(card, self.place, LATER)
        return sessions


def _reserved(boot: bytes) -> int:
    """The bytes before a FAT volume's tables."""
    return int.from_bytes(boot[14:16], "little") * 512


def fill(path: Path, most: int) -> None:
    """Write until nothing more fits."""
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        while file.tell() < most:
            file.write(bytes(50_000))


@contextlib.contextmanager
def lying_chip(folder: Path, shown: int, true: int, way: str) -> Iterator[Path]:
    """Show a disk of `shown` bytes that only keeps `true` of them; see `lying_chip.py`."""
    if any(shutil.which(name) is None for name in LIAR_NEEDS):
        pytest.skip(f"a stick that lies needs: {LIAR_INSTALL}")
    chip, front, socket = (folder / name for name in ("chip.img", "front.img", "chip.sock"))
    for file in (chip, front):
        file.touch()
    os.truncate(chip, true)
    script = ROOT / "tests/lying_chip.py"
    server = ["nbdkit", "--foreground", "--unix", str(socket), "python", str(script)]
    said = [f"chip={chip}", f"true={true}", f"shown={shown}", f"way={way}"]
    shower = [
        "qemu-storage-daemon",
        *("--blockdev", f"nbd,node-name=chip,server.type=unix,server.path={socket}"),
        *("--export", f"fuse,id=front,node-name=chip,mountpoint={front},writable=on"),
    ]
    with (
        _running([*server, *said], socket.exists),
        _running(shower, lambda: front.stat().st_size == shown),
    ):
        yield front


@contextlib.contextmanager
def _running(command: list[str], ready: Callable[[], bool]) -> Iterator[None]:
    with running(command) as process:
        try:
            for _ in range(3000):
                if ready():
                    break
                assert process.poll() is None, command
                time.sleep(0.01)
            yield
        finally:
            process.terminate()
            process.wait(ENDS_WITHIN_S)
