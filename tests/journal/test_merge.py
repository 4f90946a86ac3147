"""What a merge takes from an export, and in which order."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from device.coach import events
from device.journal import Journal, MergeError, connect, merge_export
from device.journal.merge import one_order
from tests.journal_kit import HandClock


@pytest.mark.parametrize(
    ("mine", "others", "order"),
    [
        ("ab", "", "ab"),
        ("", "ab", "ab"),
        ("ab", "ab", "ab"),
        ("ac", "ab", "abc"),
        ("abc", "c", "abc"),
        ("bc", "abd", "abdc"),
        ("adf", "bdef", "badef"),
    ],
)
def test_no_boot_is_left_out_and_each_keeps_its_place(mine: str, others: str, order: str) -> None:
    assert "".join(one_order(mine, others)) == order


@pytest.mark.parametrize(("mine", "others"), [("ab", "ba"), ("abc", "cxa")])
def test_boots_in_a_contradicting_order_are_refused(mine: str, others: str) -> None:
    with pytest.raises(MergeError, match="another order"):
        one_order(mine, others)


def test_of_the_journals_own_later_boots_an_export_is_not_believed_either(tmp_path: Path) -> None:
    path, export, clock = tmp_path / "journal.db", tmp_path / "export.db", HandClock()
    clock.now = replace(clock.now, monotonic=5000.0)
    Journal(path, clock).close()
    clock.reboot(60)
    with Journal(path, clock) as journal:
        clock.wait(300)
        journal.write(events.Fault(1.0, events.FaultKind.CAMERA, "no camera: plug it in"))
    shutil.copy(path, export)
    changed = sqlite3.connect(export)
    # Earlier in its boot than the journal's first moment was in the first one.
    changed.execute("UPDATE faults SET detail = 'made up', monotonic_s = monotonic_s - 100")
    changed.commit()
    changed.close()

    connection = connect(path)
    try:
        assert merge_export(connection, export, clock.reading(), "from a stick") == (0, 0)
    finally:
        connection.close()


def test_a_stick_whose_name_is_no_text_is_restored_too(tmp_path: Path) -> None:
    path, export, clock = tmp_path / "journal.db", tmp_path / "export.db", HandClock()
    with Journal(export, clock) as journal:
        journal.write(events.Fault(1.0, events.FaultKind.CAMERA, "no camera: plug it in"))
    clock.reboot(60)
    Journal(path, clock).close()
    connection = connect(path)
    try:
        _, added = merge_export(connection, export, clock.reading(), "from /media/\udcff")
        (detail,) = connection.execute("SELECT detail FROM setbacks").fetchone()
    finally:
        connection.close()
    assert (added > 0, detail) == (True, r"from /media/\udcff")


def test_an_export_that_has_the_journals_own_boots_in_another_order_is_refused(
    tmp_path: Path,
) -> None:
    path, export, clock = tmp_path / "journal.db", tmp_path / "export.db", HandClock()
    for _ in range(2):
        Journal(path, clock).close()
        clock.reboot(60)
    shutil.copy(path, export)
    changed = sqlite3.connect(export)
    changed.execute("UPDATE clock_spans SET id = 100 - id")
    changed.commit()
    changed.close()
    connection = connect(path)
    try:
        with pytest.raises(MergeError, match="another order"):
            merge_export(connection, export, clock.reading(), "from a stick")
    finally:
        connection.close()
