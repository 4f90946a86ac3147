"""Whole sessions: rendered frames, the real models, coach, panel and journal, in virtual time."""

from __future__ import annotations

import io
from pathlib import Path

from device.camera.subject import CHARACTERS, PEOPLE, Player, Subject, SubjectCamera
from device.coach.appliance import State
from device.coach.coach import Coach
from device.coach.cues import CueKind
from device.coach.exercises import CHEEK_LIFTER
from device.demo import Bedside
from device.inbox import ButtonDown, ButtonUp, Stimulus
from device.journal.history import SessionSummary, last_session
from device.journal.writer import Journal
from device.loop import Loop
from device.panel.terminal import TerminalPanel
from device.settings import Settings
from device.vision.runtime import DETECTOR, LANDMARKS, Model
from device.vision.watcher import Watcher
from tests.virtual import VirtualClock, VirtualInbox

SMALL = (320, 240)
FPS = 15.0
PATIENCE_S = 200.0


class Evening:
    """One evening with one device and one synthetic person, faster than life."""

    def __init__(self, data: Path, presses: tuple[tuple[float, Stimulus], ...] = ()) -> None:
        self.clock = VirtualClock()
        character = CHARACTERS["steady"]
        subject = Subject(PEOPLE[character.person], *SMALL)
        self.camera = SubjectCamera(
            Player(character),
            self.clock.monotonic,
            FPS,
            subject=subject,
            sleep=lambda _: None,
        )
        self.screen = io.StringIO()
        source = Watcher(self.camera, Model(DETECTOR), Model(LANDMARKS))
        shifted = [(self.clock.now + at, press) for at, press in presses]
        self.inbox = VirtualInbox(self.clock, source, shifted, PATIENCE_S)
        with (
            Journal(data / "journal.db", self.clock) as journal,
            TerminalPanel(Settings().pins, self.clock, screen=self.screen) as panel,
        ):
            self.coach = Coach(journal.history(), journal.unfinished_session(), CHEEK_LIFTER)
            bedside = Bedside(panel, self.camera, self.inbox, self.clock)
            Loop(self.inbox, self.coach, bedside, journal, self.clock).run()
            self.camera_light = panel.lit("camera")
            with journal.reading() as rows:
                session = last_session(rows)
        assert session is not None
        self.session: SessionSummary = session

    @property
    def cues(self) -> list[str]:
        """What the panel said, in order, a line each without its time."""
        return [
            line.split(" s  ", 1)[1].split("  ")[0] for line in self.screen.getvalue().splitlines()
        ]


def press(at: float, seconds: float = 0.1) -> tuple[tuple[float, Stimulus], ...]:
    return ((at, ButtonDown(100.0 + at)), (at + seconds, ButtonUp(100.0 + at + seconds)))


def test_a_steady_person_does_ten_lifts_and_the_device_rests(tmp_path: Path) -> None:
    evening = Evening(tmp_path)

    assert evening.session.reps == 10
    assert evening.session.ending == "done"
    assert all(1.8 <= hold <= 3.5 for hold in evening.session.holds)
    assert evening.cues[-1] == CueKind.DONE
    assert [cue for cue in evening.cues if cue.startswith("rep ")] == [
        f"rep {number}" for number in range(1, 11)
    ]
    assert evening.coach.state is State.LOCKED
    assert evening.camera_light == 0
    assert not evening.inbox.watching


def test_holding_the_button_stops_the_session_and_keeps_what_was_counted(tmp_path: Path) -> None:
    evening = Evening(tmp_path, press(17.0, seconds=2.5))

    assert evening.session.ending == "stopped"
    assert 1 <= evening.session.reps < 10
    assert evening.cues[-1] == CueKind.STOPPED
    assert evening.camera_light == 0
