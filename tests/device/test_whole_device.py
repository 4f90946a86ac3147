"""The loop, the coach and a real journal: what a person would find the next morning."""

from __future__ import annotations

from pathlib import Path

from device.coach import Coach, cues
from device.inbox import ButtonDown, ButtonUp, Stimulus
from device.journal import Journal, last_session, sessions
from device.loop import Loop
from tests.device.test_loop import Face, ShownPanel
from tests.virtual import VirtualClock, VirtualInbox

Edge = ButtonDown | ButtonUp
BEGIN: list[tuple[float, Edge]] = [(1.0, ButtonDown(0.0)), (1.1, ButtonUp(0.0))]


class TestTheWholeDevice:
    """The loop and a real journal: what a person would find the next morning."""

    def night(
        self, tmp_path: Path, presses: list[tuple[float, Edge]], until: float
    ) -> tuple[Journal, ShownPanel]:
        clock = VirtualClock()
        panel = ShownPanel(clock)
        shifted: list[tuple[float, Stimulus]] = [
            (clock.now + at, type(what)(clock.now + at)) for at, what in presses
        ]
        inbox = VirtualInbox(clock, Face(clock), shifted, until)
        journal = Journal(tmp_path / "journal.db", clock)
        coach = Coach(journal.history(), journal.unfinished_session())
        Loop(inbox, coach, panel, journal, clock).run()
        return journal, panel

    def test_a_stop_that_hurt_is_kept_as_that(self, tmp_path: Path) -> None:
        presses = [
            *BEGIN,
            *((40.0, ButtonDown(0.0)), (42.5, ButtonUp(0.0))),
            *((45.0, ButtonDown(0.0)), (45.1, ButtonUp(0.0))),
        ]
        journal, panel = self.night(tmp_path, presses, 60.0)
        journal.close()
        with journal.reading() as connection:
            session = last_session(connection)
            assert session is not None
            assert session.ending == "hurt"
            assert session.reps >= 2
            assert len(journal.history().hurts) == 1
        assert panel.kinds()[-2:] == [cues.CueKind.STOPPED, cues.CueKind.REST_DAY]
        assert panel.shown[-1][1].count == 3

    def test_a_device_that_is_stopped_in_mid_session_says_so_when_it_is_back(
        self, tmp_path: Path
    ) -> None:
        journal, panel = self.night(tmp_path, BEGIN, 40.0)
        journal.close()
        counted = sum(kind is cues.CueKind.REP for kind in panel.kinds())
        assert counted >= 2

        journal, panel = self.night(tmp_path, [], 5.0)
        with journal, journal.reading() as connection:
            (session,) = sessions(connection)
            assert (session.ending, session.reps) == ("interrupted", counted)
        assert panel.kinds() == [cues.CueKind.INTERRUPTED]

        journal, panel = self.night(tmp_path, BEGIN, 10.0)
        journal.close()
        assert panel.kinds() == [cues.CueKind.REST_DAY, cues.CueKind.REST_DAY]
