"""Run inside the camera's root: a whole session through the real picamera2 and libcamera.

    python3 -m tools.lab.virtual_camera.session DATA

All but the panel's pins is the device's own: its camera, its models, its coach, its journal.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from device.inbox import LiveInbox
from device.journal import JOURNAL_NAME, Journal
from device.loop import Loop
from device.run import open_coach, open_source
from device.settings import Settings
from device.status import status
from tools.lab.power_cuts import Bedside, TrustedClock
from tools.lab.virtual_camera.shim import Picamera2  # It makes picamera2 run here.


class Witness(Bedside):
    """Says when the camera's light goes on and off, between what picamera2 is told."""

    def camera_light(self, on: bool) -> None:
        """Switch the light, and say so."""
        super().camera_light(on)
        print("light on" if on else "light off")


def session(data: Path) -> int:
    """Do a session into `data`, say what the journal holds, return the exit code."""
    _let_the_camera_say()
    clock = TrustedClock()
    inbox = LiveInbox(open_source("picamera2", clock), clock)
    with Journal(data / JOURNAL_NAME, clock) as journal, Witness(inbox, clock) as bedside:
        Loop(inbox, open_coach(journal, Settings()), bedside, journal, clock).run()
    return status(data)


def _let_the_camera_say() -> None:
    """Let picamera2 say when it begins to start, and when it has closed."""
    start, close = Picamera2.start, Picamera2.close

    def told_start(camera: Any, *arguments: Any, **options: Any) -> None:
        print("camera start")
        start(camera, *arguments, **options)

    def told_close(camera: Any) -> None:
        was_open = camera.is_open
        close(camera)
        if was_open:
            print("camera close")

    Picamera2.start, Picamera2.close = told_start, told_close


if __name__ == "__main__":
    sys.exit(session(Path(sys.argv[1])))
