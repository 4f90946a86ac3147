"""An evening with one device: rendered frames, the real models, coach, panel and journal."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

from device.camera.subject import CHARACTERS, PEOPLE, Player, SubjectCamera
from device.coach import Coach
from device.desk import demo
from device.inbox import Stimulus
from device.journal import Journal, SessionSummary, last_session
from device.loop import Loop
from device.panel import TerminalPanel
from device.settings import Settings
from device.trace import TRACES, SessionTraces
from device.vision import VisionSource, shipped_models
from tests.subjects import small
from tests.virtual import VirtualClock, VirtualInbox

FPS = 12.0
PATIENCE_S = 200.0


class Evening:
    """One evening with one device and one synthetic person, faster than life.

    The person answers the cues; `presses` are of the button, in seconds since the evening began.
    The device keeps a trace, `trace`.
    """

    def __init__(
        self, data: Path, name: str = "steady", presses: Iterable[tuple[float, Stimulus]] = ()
    ) -> None:
        clock = VirtualClock()
        character = CHARACTERS[name]
        camera = SubjectCamera(
            Player(character),
            clock.monotonic,
            FPS,
            subject=small(PEOPLE[character.person]),
            sleep=lambda _: None,
        )
        self.screen = io.StringIO()
        source = VisionSource(camera, *shipped_models())
        shifted = [(clock.now + at, press) for at, press in presses]
        self.inbox = VirtualInbox(clock, source, shifted, PATIENCE_S)
        with (
            Journal(data / "journal.db", clock) as journal,
            TerminalPanel(Settings().pins, clock, screen=self.screen) as panel,
            SessionTraces(data / TRACES, clock) as kept,
        ):
            self.coach = Coach(journal.history(), journal.unfinished_session())
            bedside = demo.Bedside(panel, camera, self.inbox, clock)
            Loop(self.inbox, self.coach, bedside, journal, clock, kept).run()
            self.camera_light = panel.lit("camera")
            with journal.reading() as rows:
                session = last_session(rows)
        assert session is not None
        self.session: SessionSummary = session
        (trace,) = (data / TRACES).iterdir()
        self.trace = trace.read_bytes()

    @property
    def cues(self) -> list[str]:
        """What the panel said, in order, a line each without its time."""
        lines = self.screen.getvalue().splitlines()  # A long one goes on below, without a time.
        return [line.split(" s  ", 1)[1].split("  ")[0] for line in lines if " s  " in line]

    def heard(self, cue: str) -> int:
        """How often the panel said this."""
        return self.cues.count(cue)
