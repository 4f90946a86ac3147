"""The folders that the stories of the stick are about."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tools.long_log import write_weeks


def empty(folder: Path) -> Path:
    """Make a folder: a stick, a new card."""
    folder.mkdir()
    return folder


def device(folder: Path, weeks: int, hurt_in: int | None = None) -> Path:
    """Make the data folder of a device that has been trained with for some weeks."""
    write_weeks(empty(folder) / "journal.db", weeks, hurt_in)
    return folder


def damage_clock_spans(journal: Path) -> None:
    """Damage the page of a journal in which its clock spans begin."""
    with closing(sqlite3.connect(journal)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        page = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'clock_spans'"
        ).fetchone()[0]
    with journal.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
