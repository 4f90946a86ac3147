"""What the service manager gives LiftLight: a folder that lasts as long as the boot, for notes.

At a desk, where nobody starts the program anew, there is no such folder, and no note is kept.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

RUN_FOLDER = "RUNTIME_DIRECTORY"
"""systemd names the service's run folder in this variable."""

_STARTING = "starting"


def run_folder() -> Path | None:
    """Return the service's run folder, None without one."""
    folder = os.environ.get(RUN_FOLDER)
    return Path(folder) if folder else None


def ask_for_power_off() -> None:
    """Leave a note for the unit that may switch the machine off; without one, just end."""
    folder = run_folder()
    if folder is not None:
        (folder / "power-off").touch()


def note_start() -> bool:
    """Note that a start begins; return whether the one before it ended without a word.

    A processor that does not know an instruction ends a process on the spot, so nobody is left to
    tell of it but the next one.
    """
    folder = run_folder()
    try:
        if folder is not None:
            (folder / _STARTING).touch(exist_ok=False)
    except FileExistsError:
        return True
    except OSError:
        pass  # Without a note this start is like the first.
    return False


def note_start_over() -> None:
    """Note that the start came to its end: LiftLight runs, or what keeps it from that is told."""
    folder = run_folder()
    if folder is not None:
        with suppress(OSError):
            (folder / _STARTING).unlink(missing_ok=True)
