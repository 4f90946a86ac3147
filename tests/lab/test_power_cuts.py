"""The plug is pulled, some hundred times, in the middle of a session and after it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from device.coach.events import Event
from device.journal import JOURNAL_NAME, Journal, store
from tests.journal_kit import calibrated, ended, rep, started
from tests.lab.record_session import SESSION
from tools.lab.cuts import Cut, cuts, table
from tools.lab.disklog import read_log
from tools.lab.logged_disk import LoggedDisk, logged_disk
from tools.lab.night import Notary, TrustedClock, spend_night

pytestmark = pytest.mark.xdist_group("cuts")
"""One session for all of them."""

POINTS = 300
REPS = 10


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, lab_report: list[str]) -> list[Cut]:
    """What was found after each cut of one session's disk."""
    scratch = tmp_path_factory.mktemp("night")
    with logged_disk(scratch) as disk:
        known = spend_night(disk, SESSION)
    assert (known.lifts, known.ended) == (REPS, True)
    cases = list(cuts(disk, scratch, POINTS))
    lab_report.extend(table(cases, len(read_log(disk.log))))
    return cases


def test_no_cut_leaves_a_file_system_or_a_journal_that_is_not_whole(found: list[Cut]) -> None:
    assert [case for case in found if "whole" in case.wrong] == []


def test_no_acknowledged_lift_is_lost(found: list[Cut]) -> None:
    assert [case for case in found if "missing" in case.wrong] == []


def test_no_cut_unlocks_earlier_than_is_due(found: list[Cut]) -> None:
    assert [case for case in found if "early" in case.wrong] == []


def test_the_cuts_fall_all_over_the_session(found: list[Cut]) -> None:
    assert len(found) >= 200
    assert {case.known.lifts for case in found} == set(range(REPS + 1))
    # The journal really was ahead of what it had said, so the cuts did fall between the two.
    assert any(case.lifts > case.known.lifts for case in found)
    assert any(case.replayed for case in found)


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
        events: list[Event] = [started(), calibrated(), *reps, ended(REPS, REPS + 1, REPS + 1)]
        for event in events:
            notary.write(event).result(10)
        notary.close()
