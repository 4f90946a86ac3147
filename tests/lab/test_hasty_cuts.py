"""The plug is pulled while a session's rows are written as fast as the disk takes them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from device.coach import events
from device.journal import JOURNAL_NAME, Journal, store
from tests.journal_kit import calibrated, ended, rep, started
from tools.lab.logged_disk import LoggedDisk, logged_disk
from tools.lab.power_cuts import Notary, TrustedClock, cuts

REPS = 10


def test_a_journal_that_does_not_flush_would_be_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "connect", _careless(store.connect))
    with logged_disk(tmp_path) as disk:
        _train_at_once(disk)
    assert any("missing" in case.wrong for case in cuts(disk, tmp_path, 40))


def test_the_same_haste_with_flushes_loses_nothing(tmp_path: Path) -> None:
    with logged_disk(tmp_path) as disk:
        _train_at_once(disk)
    assert [case for case in cuts(disk, tmp_path, 40) if case.wrong] == []


def _careless(connect: Callable[[Path], sqlite3.Connection]) -> Callable[[Path], object]:
    def without_flushes(path: Path) -> sqlite3.Connection:
        connection = connect(path)
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    return without_flushes


def _train_at_once(disk: LoggedDisk) -> None:
    """Write a session's rows as fast as the disk takes them."""
    folder = disk.folder / "liftlight"
    folder.mkdir()
    clock = TrustedClock()
    with Journal(folder / JOURNAL_NAME, clock) as journal:
        notary = Notary(journal, disk.device, clock)
        reps = [rep(number) for number in range(1, REPS + 1)]
        happened: list[events.Event] = [
            started(),
            calibrated(),
            *reps,
            ended(REPS, REPS + 1, REPS + 1),
        ]
        for event in happened:
            notary.write(event).result(10)
        notary.close()
