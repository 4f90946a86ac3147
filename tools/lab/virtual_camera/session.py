"""Run inside the camera's root: a whole session through the real picamera2 and libcamera.

    python3 -m tools.lab.virtual_camera.session DATA

All but the panel's pins is the device's own: its camera, its models, its coach, its journal.
"""

from __future__ import annotations

import sys
from pathlib import Path

from device.inbox import LiveInbox
from device.journal import JOURNAL_NAME, Journal
from device.loop import Loop
from device.run import open_coach, open_source
from device.settings import Settings
from device.status import status
from tools.lab.night import Bedside, TrustedClock
from tools.lab.virtual_camera import shim  # noqa: F401  (it makes picamera2 run here)


def session(data: Path) -> int:
    """Do a session into `data`, say what the journal holds, return the exit code."""
    clock = TrustedClock()
    inbox = LiveInbox(open_source("picamera2", clock), clock)
    with Journal(data / JOURNAL_NAME, clock) as journal, Bedside(inbox, clock) as bedside:
        Loop(inbox, open_coach(journal, Settings()), bedside, journal, clock).run()
    return status(data)


if __name__ == "__main__":
    sys.exit(session(Path(sys.argv[1])))
