"""Record a session: the pictures of it, or `session.csv`, the trace that is seen instead.

    python -m tests.lab.record_session

A synthetic person does a whole session in virtual time, seen by the real models, which have no
place in an emulated machine. The trace is needed anew only if its format or the exercise changes.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from pathlib import Path

import cv2

from device.camera import Frame
from device.camera.subject import CHARACTERS, PEOPLE, Player, Subject, SubjectCamera
from device.coach import Coach, exercises
from device.desk import demo
from device.journal import JOURNAL_NAME, Journal
from device.loop import Loop
from device.panel import TerminalPanel
from device.settings import Settings
from device.trace import SessionTraces
from device.vision import VisionSource, shipped_models
from tests.virtual import VirtualClock, VirtualInbox

SESSION = Path(__file__).parent / "session.csv"
FPS = 15.0
AT_MOST_S = 200.0


class _Filmed(SubjectCamera):
    """A synthetic person in front of a camera that also keeps each picture in `film`."""

    film: Path | None = None

    def read(self, timeout: float) -> Frame | None:
        frame = super().read(timeout)
        if frame is not None and self.film is not None:
            picture = cv2.cvtColor(frame.pixels, cv2.COLOR_RGB2BGR)
            cv2.imwrite(str(self.film / f"{frame.number:05}.jpg"), picture)
        return frame


def record(folder: Path, film: Path | None = None, seconds: float = AT_MOST_S) -> Path:
    """Let a person train in `folder` for so long, or to the end; return the trace of it.

    Pictures go into `film`, if given.
    """
    clock = VirtualClock()
    character = CHARACTERS["steady"]
    subject = Subject(PEOPLE[character.person], 320, 240)
    camera = _Filmed(Player(character), clock.monotonic, FPS, subject=subject, sleep=lambda _: None)
    camera.film = film
    source = VisionSource(camera, *shipped_models())
    inbox = VirtualInbox(clock, source, until=seconds)
    with (
        Journal(folder / JOURNAL_NAME, clock) as journal,
        TerminalPanel(Settings().pins, clock, screen=io.StringIO()) as panel,
        SessionTraces(folder, clock) as traces,
    ):
        coach = Coach(journal.history(), journal.unfinished_session(), exercises.CHEEK_LIFTER)
        bedside = demo.Bedside(panel, camera, inbox, clock)
        Loop(inbox, coach, bedside, journal, clock, traces).run()
    return next(folder.glob("000001-*.csv"))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copyfile(record(Path(scratch)), SESSION)
