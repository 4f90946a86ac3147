"""The folders that the stories of the stick are about."""

from __future__ import annotations

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
