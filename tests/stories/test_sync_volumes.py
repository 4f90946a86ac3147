"""Stories of real FAT32 and exFAT sticks: images mounted by FUSE, served in the device's steps.

What the kernel's own drivers, udev and a USB plug add to this is for `make lab`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from device.journal.history import last_session
from device.journal.store import connect_to_read
from device.sync import steps
from device.sync.errors import SyncError
from device.sync.news import StickNews, Word
from device.sync.plug import serve
from device.sync.restore import restore
from tests.folders import device
from tools.long_log import reading

NEEDED = {
    "fat": ("fusefat", "mkfs.vfat", "fsck.vfat"),
    "exfat": ("mount.exfat-fuse", "mkfs.exfat", "fsck.exfat", "losetup"),
}
INSTALL = "apt-get install fusefat dosfstools exfat-fuse exfatprogs"
SIZE = {"fat": 40 << 20, "exfat": 8 << 20}
LATER = reading(400 * 86400.0)


def run(*command: object) -> str:
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


class Volume:
    """A stick: an image of a file system, and the hands that serve it."""

    def __init__(self, kind: str, folder: Path, data: Path) -> None:
        self.kind, self.data = kind, data
        self.image, self.place = folder / "stick.img", folder / "mnt"
        self.place.mkdir()
        self.image.write_bytes(b"")
        os.truncate(self.image, SIZE[kind])
        run("mkfs.vfat", "-F", "32", self.image) if kind == "fat" else run("mkfs.exfat", self.image)
        self.told: list[StickNews] = []
        self.locked = False
        self.before: dict[str, Callable[[], object]] = {}

    @contextlib.contextmanager
    def mounted(self, *, read_only: bool) -> Iterator[None]:
        mode = "ro" if read_only or self.locked else "rw"
        with self._fat(mode) if self.kind == "fat" else self._exfat(mode):
            yield

    @contextlib.contextmanager
    def _exfat(self, mode: str) -> Iterator[None]:
        device = run("losetup", "--find", "--show", self.image)
        try:
            run("mount.exfat-fuse", device, self.place, "-o", mode)
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
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as fs:
            for _ in range(1000):
                if os.path.ismount(self.place) or fs.poll() is not None:
                    break
                time.sleep(0.01)
            try:
                yield
            finally:
                run("umount", self.place)

    def step(self, name: str, export: str | None = None) -> dict[str, Any]:
        return dict(
            steps.STEPS[name](self.place, self.data, None if export is None else Path(export))
        )

    def tell(self, news: StickNews) -> None:
        self.told.append(news)

    def outcome(self) -> Word:
        serve(self)
        return self.told[-1].word

    def check(self) -> None:
        """The file system itself is whole."""
        run("fsck.vfat" if self.kind == "fat" else "fsck.exfat", "-n", self.image)

    def restored(self, card: Path) -> int:
        """How many sessions a new card gets back from it."""
        card.mkdir()
        with self.mounted(read_only=True):
            sessions, _ = restore(card, self.place, LATER)
        return sessions


@pytest.fixture(params=sorted(NEEDED))
def volume(request: pytest.FixtureRequest, tmp_path: Path) -> Volume:
    kind: str = request.param
    missing = [name for name in NEEDED[kind] if shutil.which(name) is None]
    if missing or not os.access("/dev/fuse", os.W_OK) or os.geteuid() != 0:
        pytest.skip(f"mounting a stick needs root, /dev/fuse and: {INSTALL}")
    return Volume(kind, tmp_path, device(tmp_path / "data", 20))


def test_a_stick_is_written_twice_and_gives_everything_back(volume: Volume, tmp_path: Path) -> None:
    assert volume.outcome() is Word.SYNCED
    assert volume.outcome() is Word.SYNCED
    volume.check()
    with volume.mounted(read_only=True):
        assert [path.name for path in volume.place.glob("liftlight-*/export-*")] == ["export-2"]
    assert volume.restored(tmp_path / "card") == 60
    connection = connect_to_read(tmp_path / "card" / "journal.db")
    last = last_session(connection)
    connection.close()
    assert last is not None
    assert last.reps == 10


def test_a_stick_that_forgets_what_was_written_is_found_out(
    volume: Volume, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert volume.outcome() is Word.SYNCED
    then = volume.image.read_bytes()
    monkeypatch.setattr(volume, "mounted", _forgetting(volume, then))
    assert volume.outcome() is Word.FAILED
    monkeypatch.undo()
    assert volume.restored(tmp_path / "card") == 60


def _forgetting(volume: Volume, then: bytes) -> Callable[..., Any]:
    mounted = Volume.mounted

    def mount(*, read_only: bool) -> contextlib.AbstractContextManager[None]:
        if read_only:
            volume.image.write_bytes(then)
        return mounted(volume, read_only=read_only)

    return mount


def fill(path: Path, most: int) -> None:
    """Write until nothing more fits."""
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        while file.tell() < most:
            file.write(bytes(50_000))


def test_a_full_stick_keeps_its_older_export(volume: Volume, tmp_path: Path) -> None:
    assert volume.outcome() is Word.SYNCED
    with volume.mounted(read_only=False):
        fill(volume.place / "holiday.jpg", SIZE[volume.kind])
    assert volume.outcome() is Word.FAILED
    if volume.kind == "exfat":  # fusefat has a wrong word for it
        assert "is full" in volume.told[-1].detail
    assert volume.restored(tmp_path / "card") == 60


def test_a_locked_stick_is_named(volume: Volume) -> None:
    volume.locked = True
    assert volume.outcome() is Word.FAILED
    assert "slide its lock open" in volume.told[-1].detail
    assert isinstance(serve(volume), SyncError)
