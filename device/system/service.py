"""What the service manager gives LiftLight: a folder that lasts as long as the boot, for notes.

At a desk, where nobody starts the program anew, there is no such folder, and no note is kept.
"""

from __future__ import annotations

import enum
import os
from contextlib import suppress
from pathlib import Path

RUN_FOLDER = "RUNTIME_DIRECTORY"
"""systemd names the service's run folder in this variable."""

_UNDER_WAY = "under-way"


class Stage(enum.StrEnum):
    """How far a start has come."""

    STARTING = "starting"
    RUNNING = "running"


def run_folder() -> Path | None:
    """Return the service's run folder, None without one."""
    folder = os.environ.get(RUN_FOLDER)
    return Path(folder) if folder else None


def ask_for_power_off() -> None:
    """Leave a note for the unit that may switch the machine off; without one, just end."""
    folder = run_folder()
    if folder is not None:
        (folder / "power-off").touch()


def note_start() -> Stage | None:
    """Note that a start begins; return how far the one before it came, if it ended without a word.

    A processor that does not know an instruction ends a process on the spot, as the watchdog does,
    so nobody is left to tell of it but the next one.
    """
    folder, last = run_folder(), None
    if folder is not None:
        with suppress(OSError, ValueError):
            last = Stage((folder / _UNDER_WAY).read_text(encoding="utf-8"))
    _note(Stage.STARTING)
    return last


def note_running() -> None:
    """Note that LiftLight runs."""
    _note(Stage.RUNNING)


def note_end() -> None:
    """Note that it ended in good order, or that what ended it is told."""
    folder = run_folder()
    if folder is not None:
        with suppress(OSError):
            (folder / _UNDER_WAY).unlink(missing_ok=True)


def _note(stage: Stage) -> None:
    folder = run_folder()
    if folder is not None:
        with suppress(OSError):  # Without a note this start is like the first.
            (folder / _UNDER_WAY).write_text(stage, encoding="utf-8")
