"""Record `session.csv`: the trace that the lab's machines see instead of a face.

    python -m tests.lab.record_session

A synthetic person does a whole session in virtual time, seen by the real models, which have no
place in an emulated machine. Needed anew only if the trace's format or the exercise changes.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from pathlib import Path

from device.camera.subject import CHARACTERS, PEOPLE, Player, Subject, SubjectCamera
from device.coach.coach import Coach
from device.coach.exercises import CHEEK_LIFTER
from device.demo import Bedside
from device.journal import JOURNAL_NAME, Journal
from device.loop import Loop
from device.panel.terminal import TerminalPanel
from device.settings import Settings
from device.traces import SessionTraces
from device.vision.runtime import DETECTOR, LANDMARKS, Model
from device.vision.watcher import Watcher
from tests.virtual import VirtualClock, VirtualInbox

SESSION = Path(__file__).parent / "session.csv"
FPS = 15.0
AT_MOST_S = 200.0


def record(folder: Path) -> Path:
    """Let a person train in `folder`; return the trace of it."""
    clock = VirtualClock()
    character = CHARACTERS["steady"]
    subject = Subject(PEOPLE[character.person], 320, 240)
    camera = SubjectCamera(
        Player(character), clock.monotonic, FPS, subject=subject, sleep=lambda _: None
    )
    source = Watcher(camera, Model(DETECTOR), Model(LANDMARKS))
    inbox = VirtualInbox(clock, source, until=AT_MOST_S)
    with (
        Journal(folder / JOURNAL_NAME, clock) as journal,
        TerminalPanel(Settings().pins, clock, screen=io.StringIO()) as panel,
    ):
        coach = Coach(journal.history(), journal.unfinished_session(), CHEEK_LIFTER)
        bedside = Bedside(panel, camera, inbox, clock)
        Loop(inbox, coach, bedside, journal, clock, SessionTraces(folder, clock)).run()
    return next(folder.glob("000001-*.csv"))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copyfile(record(Path(scratch)), SESSION)
