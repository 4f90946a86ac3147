"""Stories of real FAT32 and exFAT sticks: images mounted by FUSE, served in the device's steps.

What the kernel's own drivers, udev and a USB plug add to this is for `make lab`.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from device.journal import connect_to_read, last_session
from device.sync.errors import SyncError
from device.sync.news import NewsKind
from device.sync.plug import serve
from device.sync.stick import sync
from tests.folders import device, empty
from tests.volumes import SIZE, Volume, fill, lying_chip
from tools.long_log import reading


@pytest.fixture
def volume(kind: str, tmp_path: Path) -> Volume:
    return Volume(kind, tmp_path, device(tmp_path / "data", 20))


def test_a_stick_is_written_twice_and_gives_everything_back(volume: Volume, tmp_path: Path) -> None:
    assert volume.outcome() is NewsKind.SYNCED
    assert volume.outcome() is NewsKind.SYNCED
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
    assert volume.outcome() is NewsKind.SYNCED
    then = volume.image.read_bytes()
    monkeypatch.setattr(volume, "mounted", _forgetting(volume, then))
    assert volume.outcome() is NewsKind.FAILED
    monkeypatch.undo()
    assert volume.restored(tmp_path / "card") == 60


def _forgetting(volume: Volume, then: bytes) -> Callable[..., Any]:
    mounted = Volume.mounted

    def mount(*, read_only: bool) -> contextlib.AbstractContextManager[None]:
        if read_only:
            volume.image.write_bytes(then)
        return mounted(volume, read_only=read_only)

    return mount


@pytest.fixture(params=["lost", "wraps"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def liar(kind: str, way: str, tmp_path: Path) -> Iterator[Volume]:
    """A stick with room for one export and a half, sold as a large one."""
    honest = Volume(kind, empty(tmp_path / "honest"), tmp_path)
    data, folder = device(tmp_path / "data", 20), tmp_path / "folder"
    folder.mkdir()
    sync(data, folder, reading(0.0))
    an_export = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    true = honest.data_begins() + an_export * 3 // 2
    with lying_chip(tmp_path, SIZE[kind], true, way) as disk:
        yield Volume(kind, tmp_path, data, disk)


def test_a_stick_that_lies_about_its_size_is_never_called_done(
    liar: Volume, way: str, tmp_path: Path
) -> None:
    assert liar.outcome() is NewsKind.SYNCED, "as far as its chip goes it is a stick like any other"
    liar.told.clear()
    assert liar.outcome() is NewsKind.FAILED
    assert [news.kind for news in liar.told] == [NewsKind.WORKING, NewsKind.FAILED]
    assert "\n" not in liar.told[-1].detail
    if way == "lost":  # one that wraps writes over its own tables
        assert liar.restored(tmp_path / "card") == 60


def test_a_full_stick_keeps_its_older_export(volume: Volume, tmp_path: Path) -> None:
    assert volume.outcome() is NewsKind.SYNCED
    with volume.mounted(read_only=False):
        fill(volume.place / "holiday.jpg", SIZE[volume.kind])
    assert volume.outcome() is NewsKind.FAILED
    if volume.kind == "exfat":  # fusefat has a wrong word for it
        assert volume.told[-1].detail.startswith(f"{volume.place} is full")
    assert volume.restored(tmp_path / "card") == 60


def test_a_locked_stick_is_named(volume: Volume) -> None:
    volume.locked = True
    assert volume.outcome() is NewsKind.FAILED
    assert "slide its lock open" in volume.told[-1].detail
    assert isinstance(serve(volume), SyncError)


def test_ten_thousand_files_of_somebody_elses_are_in_nobodys_way(
    volume: Volume, tmp_path: Path
) -> None:
    volume.crowd(10_000)
    assert volume.outcome() is NewsKind.SYNCED
    assert volume.outcome() is NewsKind.SYNCED
    with volume.mounted(read_only=True):
        names = {path.name for path in volume.place.iterdir()}
    assert len(names) == 10_000 + 1
    assert volume.restored(tmp_path / "card") == 60


@pytest.mark.parametrize("seed", range(6))
def test_a_corrupt_stick_gets_a_whole_export_or_one_line(
    volume: Volume, tmp_path: Path, seed: int
) -> None:
    assert volume.outcome() is NewsKind.SYNCED
    volume.told.clear()
    volume.spoil(random.Random(seed))

    outcome = volume.outcome()

    assert [news.kind for news in volume.told] == [NewsKind.WORKING, outcome]
    assert "\n" not in volume.told[-1].detail
    if outcome is NewsKind.SYNCED:
        assert volume.restored(tmp_path / "card") == 60
