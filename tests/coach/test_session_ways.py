"""Every way through a session and every way out of it: saved, and said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from device.clock import ClockReading, ClockSource
from device.coach.coach import Coach
from device.coach.cues import Cue, CueKind, Request
from device.coach.device_states import DeviceState
from device.coach.events import (
    Calibrated,
    Ending,
    FaceFound,
    FaceLost,
    Fault,
    FaultKind,
    Hurt,
    Massage,
    Reason,
    Refused,
    Rep,
    SessionEnded,
    SessionStarted,
)
from device.coach.history import History, UnfinishedSession
from device.inbox import ButtonDown, ButtonUp, Stimulus
from device.journal import Journal, last_session, sessions
from device.loop import Loop
from tests.bedroom import DAY, MONDAY_NOON, Bedroom, Person
from tests.device.test_loop import Face, ShownPanel
from tests.virtual import VirtualClock, VirtualInbox


def after(room: Bedroom, reps: int) -> None:
    room.until(lambda: len(room.events(Rep)) == reps)


def stop(room: Bedroom) -> None:
    after(room, 2)
    room.press(2.5)


def time_out(room: Bedroom) -> None:
    after(room, 2)
    room.person.obeys = False


def pause_too_long(room: Bedroom) -> None:
    after(room, 2)
    room.press()


def finish(room: Bedroom) -> None:
    after(room, 10)


def lose_the_camera(room: Bedroom) -> None:
    after(room, 2)
    gone = Fault(room.now, FaultKind.CAMERA, "gone: press the ribbon cable home")
    room.told(room.coach.fault(gone))


def go_away(room: Bedroom) -> None:
    after(room, 2)
    room.person.away = True


WAYS_OUT = [
    (stop, Ending.STOPPED, CueKind.STOPPED),
    (time_out, Ending.TIMED_OUT, CueKind.STOPPED),
    (pause_too_long, Ending.PAUSED_TOO_LONG, CueKind.STOPPED),
    (finish, Ending.DONE, CueKind.DONE),
    (lose_the_camera, Ending.FAULT, CueKind.STOPPED),
    (go_away, Ending.TIMED_OUT, CueKind.STOPPED),
]


@pytest.mark.parametrize(("leave", "ending", "said"), WAYS_OUT)
def test_every_way_out_is_saved_before_it_is_said_and_closes_the_eyes(
    leave: Callable[[Bedroom], None], ending: Ending, said: CueKind
) -> None:
    room = Bedroom()
    room.begin_session()
    leave(room)
    room.until(lambda: not room.camera_on)

    (end,) = room.events(SessionEnded)
    assert end.ending is ending
    place = room.outputs.index(end)
    assert room.outputs[place + 1] == Cue(said, end.time, durable=True)
    assert room.outputs[place + 2] is Request.CAMERA_OFF
    assert [past.dose for past in room.coach.history.sessions] == [end.dose]
    assert end.dose == end.reps + 1


class TestTheButton:
    def test_a_press_begun_in_a_session_that_then_ends_asks_for_nothing(self) -> None:
        room = Bedroom(Person(reaction=25.0))
        room.begin_session()
        started = room.events(SessionStarted)[0].time
        room.until(lambda: room.now >= started + 359.5)
        room.told(room.coach.button_down(room.now))
        room.wait(1.0)
        assert not room.camera_on
        said = len(room.outputs)
        room.told(room.coach.button_up(room.now))
        room.wait(3.0)
        assert len(room.outputs) == said

    def test_on_a_rest_day_it_can_be_silenced_and_switched_off(self) -> None:
        room = Bedroom()
        room.begin_session()
        room.until(lambda: not room.camera_on)
        room.wait(2.0)
        assert room.state() is DeviceState.LOCKED
        said = len(room.outputs)
        room.presses(3)
        room.press(5.5)
        assert room.outputs[said:] == [Request.TOGGLE_QUIET, Request.POWER_OFF]

    def test_a_broken_one_can_be_switched_off(self) -> None:
        room = Bedroom()
        room.told(room.coach.fault(Fault(room.now, FaultKind.DISK, "full: free some space")))
        room.press(5.5)
        assert room.outputs[-1] is Request.POWER_OFF

    def test_two_seconds_in_a_pause_stop_it_too(self) -> None:
        room = Bedroom()
        room.begin_session()
        after(room, 1)
        room.press()
        room.wait(5.0)
        room.press(2.5)
        assert room.events(SessionEnded)[0].ending is Ending.STOPPED


class TestThePace:
    def test_it_is_the_persons_own(self) -> None:
        """Nobody has to wait for the invitation, nor to hurry after it."""
        person = Person()
        room = Bedroom(person)
        room.begin_session()
        room.until_cue(CueKind.LIFT)
        person.obeys = False
        for pause in (1.1, 1.2, 6.0, 25.0):
            done = len(room.events(Rep))
            person._down_at = float("inf")
            person.lift(room.now + pause)
            room.until_cue(CueKind.REP, 40.0)
            assert len(room.events(Rep)) == done + 1
        assert not room.events(Refused)

    def test_the_next_lift_needs_a_real_relaxation_before_it(self) -> None:
        person = Person()
        room = Bedroom(person)
        room.begin_session()
        room.until_cue(CueKind.REP)
        person.obeys = False
        room.wait(5.0)
        for _ in range(2):
            person._down_at = float("inf")
            person.lift(room.now)
            room.until_cue(CueKind.LET_GO)
            room.wait(1.15)  # Down again, and no time to be so.
        room.wait(5.0)
        assert Reason.NO_REST in {refused.reason for refused in room.events(Refused)}

    def test_a_face_that_never_comes_to_rest_is_asked_and_then_let_go(self) -> None:
        room = Bedroom(Person(mouth_open=0.5))
        room.begin_session()
        room.until(lambda: not room.camera_on)
        (end,) = room.events(SessionEnded)
        assert (end.ending, end.dose) == (Ending.TIMED_OUT, 0)
        asked = [cue.at for cue in room.cues(CueKind.REST, CueKind.CLOSE_MOUTH)]
        assert len(asked) >= 4
        assert all(later - before == pytest.approx(10.0) for before, later in pairwise(asked))
        assert room.state() is DeviceState.READY


class TestFaceLostInAHold:
    def test_it_is_refused_for_that_and_counts_towards_the_dose(self) -> None:
        room = Bedroom()
        room.begin_session()
        after(room, 1)
        room.until(lambda: room.gauge() > 0.6)
        room.person.away = True
        room.person._down_at = room.now
        room.until(lambda: len(room.events(Refused)) == 1, 10.0)
        (refused,) = room.events(Refused)
        assert refused.reason is Reason.FACE_LOST
        assert refused.hold > 0.5
        assert room.events(FaceLost)
        room.person.away = False
        room.until(lambda: len(room.events(FaceFound)) > 1, 20.0)
        after(room, 3)
        room.press(2.5)
        assert room.events(SessionEnded)[0].dose == 1 + 3 + 1


class TestSomethingHurts:
    def test_two_seconds_of_pressing_say_it_too(self) -> None:
        room = Bedroom()
        room.begin_session()
        after(room, 1)
        room.press(2.5)
        room.wait(1.0)
        room.press(2.5)
        assert len(room.events(Hurt)) == 1
        assert room.state() is DeviceState.LOCKED

    def test_it_locks_without_a_single_lift(self) -> None:
        room = Bedroom(Person(obeys=False))
        room.begin_session()
        room.wait(5.0)
        room.press(2.5)
        room.wait(1.0)
        room.press()
        assert room.events(SessionEnded)[0].dose == 0
        assert room.state() is DeviceState.LOCKED
        assert room.cues()[-1].count == 3

    def test_it_is_said_once_and_the_next_press_asks_for_the_days(self) -> None:
        room = Bedroom()
        room.begin_session()
        after(room, 1)
        room.press(2.5)
        room.wait(1.0)
        room.press()
        room.wait(1.0)
        room.press()
        room.wait(1.0)
        assert len(room.events(Hurt)) == 1
        assert [cue.kind for cue in room.cues()[-2:]] == [CueKind.REST_DAY] * 2

    def test_fifteen_days_later_it_is_a_first_time_again(self) -> None:
        room = Bedroom()
        for wait in (15 * DAY, 0.0):
            room.begin_session()
            reps = len(room.events(Rep))
            after(room, reps + 1)
            room.press(2.5)
            room.wait(1.0)
            room.press()
            room.sleep(wait)
        assert room.cues()[-1].count == 3


class TestTheDose:
    def test_two_reps_and_a_stop_on_another_day_do_not_add_up(self) -> None:
        room = Bedroom()
        for _ in range(3):
            room.begin_session()
            reps = len(room.events(Rep))
            after(room, reps + 1)
            room.press(2.5)
            room.wait(11.0)
            assert room.state() is DeviceState.READY
            room.sleep(DAY)

    def test_three_short_sessions_of_one_day_do(self) -> None:
        room = Bedroom()
        stopped = 0
        while room.state() is DeviceState.READY:
            room.begin_session()
            room.until_cue(CueKind.PRACTISE)
            room.until_cue(CueKind.LET_GO)
            room.person.obeys = False
            room.until_cue(CueKind.LIFT)
            room.press(2.5)
            room.wait(11.0)
            room.person.obeys = True
            stopped += 1
        assert stopped == 3
        assert len(room.events(Calibrated)) == 3


class TestTheMassage:
    @pytest.mark.parametrize("source", list(ClockSource))
    def test_is_there_on_any_day_with_any_clock(self, source: ClockSource) -> None:
        room = Bedroom(source=source)
        for locked in (False, True):
            assert (room.state() is DeviceState.LOCKED) is locked
            room.presses(2)
            room.until_cue(CueKind.DONE)
            if not locked:
                room.begin_session()
                room.until(lambda: not room.camera_on)
                room.wait(11.0)
        assert len(room.events(Massage)) == 2

    def test_also_after_something_hurt_twice(self) -> None:
        now = ClockReading("boot", 50.0, MONDAY_NOON - 50.0, 0, ClockSource.RTC)
        history = History(hurts=(now, replace(now, monotonic=60.0))).at(now)
        room = Bedroom(history=history)
        assert room.state() is DeviceState.LOCKED
        room.presses(2)
        assert room.state() is DeviceState.MASSAGE


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
        assert panel.kinds()[-2:] == [CueKind.STOPPED, CueKind.REST_DAY]
        assert panel.shown[-1][1].count == 3

    def test_a_device_that_is_stopped_in_mid_session_says_so_when_it_is_back(
        self, tmp_path: Path
    ) -> None:
        journal, panel = self.night(tmp_path, BEGIN, 40.0)
        journal.close()
        counted = sum(kind is CueKind.REP for kind in panel.kinds())
        assert counted >= 2

        journal, panel = self.night(tmp_path, [], 5.0)
        with journal, journal.reading() as connection:
            (session,) = sessions(connection)
            assert (session.ending, session.reps) == ("interrupted", counted)
        assert panel.kinds() == [CueKind.INTERRUPTED]

        journal, panel = self.night(tmp_path, BEGIN, 10.0)
        journal.close()
        assert panel.kinds() == [CueKind.REST_DAY, CueKind.REST_DAY]


def test_the_same_unfinished_session_is_said_once() -> None:
    last = ClockReading("earlier", 500.0, MONDAY_NOON - 600.0, 0, ClockSource.RTC)
    room = Bedroom(history=History().at(last), unfinished=UnfinishedSession(last, 1, 2, 2))
    room.sleep(DAY)
    assert len(room.cues(CueKind.INTERRUPTED)) == 1
    assert len(room.events(SessionEnded)) == 1
