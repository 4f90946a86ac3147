"""The device around its sessions: the button, rest days, massage, faults, restarts, the time."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from device.clock import ClockReading, ClockSource, TimeSetting
from device.coach import rest
from device.coach.agenda import IllegalInput
from device.coach.coach import Coach
from device.coach.cues import Cue, CueKind, Request, SetTime
from device.coach.device_states import DeviceState
from device.coach.events import (
    Calibrated,
    Ending,
    Fault,
    FaultKind,
    Hurt,
    Massage,
    Rep,
    SessionEnded,
    SessionStarted,
)
from device.coach.history import History, UnfinishedSession
from device.coach.rest import RestVerdict
from tests.bedroom import DAY, MONDAY_NOON, Bedroom, Person

HOUR = 3600.0


def room_on_a_rest_day() -> Bedroom:
    room = Bedroom()
    train(room)
    room.wait(30.0)
    assert room.state() is DeviceState.LOCKED
    return room


def train(room: Bedroom) -> None:
    room.begin_session()
    room.until(lambda: not room.camera_on)


def stop_after(room: Bedroom, reps: int) -> None:
    room.begin_session()
    room.until(lambda: len(room.events(Rep)) == reps)
    room.press(2.5)
    assert not room.camera_on


def last_cue(room: Bedroom) -> Cue:
    return room.cues()[-1]


class TestIdle:
    def test_it_says_that_it_is_ready(self) -> None:
        assert [cue.kind for cue in Bedroom().cues()] == [CueKind.READY]

    def test_three_presses_toggle_quiet_and_begin_nothing(self) -> None:
        room = Bedroom()
        room.presses(3)
        assert room.outputs[1:] == [Request.TOGGLE_QUIET]

    def test_five_seconds_switch_it_off_for_good(self) -> None:
        room = Bedroom()
        room.press(5.5)
        assert room.outputs[1:] == [Request.POWER_OFF]
        room.press()
        room.wait(10.0)
        assert room.outputs[1:] == [Request.POWER_OFF]
        assert room.coach.next_deadline() is None

    def test_nothing_is_wanted_while_nothing_happens(self) -> None:
        assert Bedroom().coach.next_deadline() is None


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


class TestMassage:
    def test_two_presses_time_two_minutes_with_one_cue_midway(self) -> None:
        room = Bedroom()
        room.presses(2)
        began = last_cue(room)
        assert began.kind is CueKind.MASSAGE
        turn = room.until_cue(CueKind.MASSAGE_TURN)
        done = room.until_cue(CueKind.DONE)
        assert turn.at - began.at == pytest.approx(60.0)
        assert done.at - began.at == pytest.approx(120.0)
        assert room.events(Massage) == [Massage(done.at, began.at)]
        assert not room.events(SessionStarted)

    @pytest.mark.parametrize("source", list(ClockSource))
    def test_it_is_there_on_any_day_with_any_clock_and_unlocks_nothing(
        self, source: ClockSource
    ) -> None:
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
        assert room.state() is DeviceState.LOCKED

    def test_a_press_ends_it_early(self) -> None:
        room = Bedroom()
        room.presses(2)
        room.wait(30.0)
        room.press()
        (massage,) = room.events(Massage)
        assert 29.0 < massage.time - massage.start < 32.0
        assert room.state() is DeviceState.READY


class TestRestDays:
    def test_a_press_shows_how_many_days_are_left(self) -> None:
        room = room_on_a_rest_day()
        room.press()
        room.wait(0.5)
        assert (last_cue(room).kind, last_cue(room).count) == (CueKind.REST_DAY, 2)
        assert not room.camera_on

    @pytest.mark.parametrize("source", list(ClockSource))
    def test_without_a_clock_that_runs_on_it_says_leave_me_plugged_in(
        self, source: ClockSource
    ) -> None:
        room = Bedroom(source=source)
        train(room)
        room.press()
        room.wait(0.5)
        assert last_cue(room).kind is CueKind.REST_DAY
        assert last_cue(room).stay_on is (source is not ClockSource.RTC)

    def test_it_opens_by_itself_on_the_second_day_without_a_sound(self) -> None:
        room = room_on_a_rest_day()
        said = len(room.cues())
        room.sleep(36 * HOUR)
        assert room.state() is DeviceState.READY
        assert len(room.cues()) == said
        room.begin_session()

    def test_it_opens_at_its_time_whether_or_not_a_clock_is_read_then(self) -> None:
        room = room_on_a_rest_day()
        room.wait(3 * DAY)
        assert room.state() is DeviceState.READY
        assert room.coach.next_deadline() is None

    def test_a_press_that_begins_on_the_rest_day_and_ends_after_it_begins_a_session(self) -> None:
        room = room_on_a_rest_day()
        due = room.coach.next_deadline()
        assert due is not None
        room.wait(due - room.now - 0.1)
        room.press(0.3)
        room.wait(0.5)
        assert room.camera_on

    def test_less_left_than_the_clock_can_resolve_is_asked_about_once_a_second(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """At a monotonic time of months, adding so little gives the same time again."""
        room = room_on_a_rest_day()
        asked: list[float] = []

        def decide(history: History, now: ClockReading) -> RestVerdict:
            asked.append(now.monotonic)
            assert len(asked) < 100
            return replace(locked, seconds_left=1e-12)

        locked = rest.decide(room.coach.history, room.reading())
        monkeypatch.setattr(rest, "decide", decide)
        room.told(room.coach.clock(room.reading()))
        room.wait(10.5)
        assert len(asked) == 11

    def test_a_voyage_to_where_it_is_yesterday_locks_it_again(self) -> None:
        room = room_on_a_rest_day()
        room.sleep(36.2 * HOUR)
        assert room.state() is DeviceState.READY
        room.told(room.coach.clock(replace(room.reading(), utc_offset=-6 * 3600)))
        assert room.state() is DeviceState.LOCKED

    def test_the_practised_lift_and_one_rep_leave_it_open(self) -> None:
        room = Bedroom()
        stop_after(room, 1)
        assert room.events(SessionEnded)[0].dose == 2
        room.wait(11.0)
        assert room.state() is DeviceState.READY

    def test_a_device_that_starts_on_a_rest_day_says_so(self) -> None:
        history = room_on_a_rest_day().coach.history
        room = Bedroom(history=history, boot="boot", wall=MONDAY_NOON + HOUR)
        assert [(cue.kind, cue.count) for cue in room.cues()] == [(CueKind.REST_DAY, 2)]


class TestTheDose:
    def test_two_reps_and_a_stop_on_another_day_do_not_add_up(self) -> None:
        room = Bedroom()
        for _ in range(3):
            stop_after(room, len(room.events(Rep)) + 1)
            room.wait(11.0)
            assert room.state() is DeviceState.READY
            room.sleep(DAY)

    def test_three_short_sessions_of_one_day_do(self) -> None:
        room = Bedroom()
        for _ in range(3):
            assert room.state() is DeviceState.READY
            room.begin_session()
            room.until_cue(CueKind.PRACTISE)
            room.until_cue(CueKind.LET_GO)
            room.person.obeys = False
            room.until_cue(CueKind.LIFT)
            room.press(2.5)
            room.wait(11.0)
            room.person.obeys = True
        assert room.state() is DeviceState.LOCKED
        assert len(room.events(Calibrated)) == 3


class TestSomethingHurts:
    def test_a_press_within_ten_seconds_of_a_stop_locks_a_day_longer(self) -> None:
        room = Bedroom()
        stop_after(room, 1)
        room.wait(3.0)
        room.press()
        assert len(room.events(Hurt)) == 1
        assert room.state() is DeviceState.LOCKED
        assert (last_cue(room).kind, last_cue(room).count) == (CueKind.REST_DAY, 3)

    def test_the_ten_seconds_begin_when_the_stop_is_perceived(self) -> None:
        """The cue waits for the disk, and nobody answers what was not heard yet."""
        room = Bedroom()
        stop_after(room, 0)
        room.wait(6.0)
        room.told(room.coach.shown(CueKind.STOPPED, room.now))
        room.wait(8.0)
        room.press()
        assert len(room.events(Hurt)) == 1

    def test_a_hand_that_never_lets_go_of_the_button_says_it_in_one_gesture(self) -> None:
        room = Bedroom()
        room.begin_session()
        room.until(lambda: len(room.events(Rep)) == 1)
        room.press(4.9)
        assert [end.ending for end in room.events(SessionEnded)] == [Ending.STOPPED]
        assert not room.events(Hurt), "who lets go once the stop was heard says nothing"
        room = Bedroom()
        room.begin_session()
        room.until(lambda: len(room.events(Rep)) == 1)
        room.press(5.1)
        assert [end.ending for end in room.events(SessionEnded)] == [Ending.STOPPED]
        assert len(room.events(Hurt)) == 1
        assert room.state() is DeviceState.LOCKED
        assert (last_cue(room).kind, last_cue(room).count) == (CueKind.REST_DAY, 3)

    def test_holding_on_for_ever_after_that_does_nothing_more(self) -> None:
        room = Bedroom()
        room.begin_session()
        room.until(lambda: len(room.events(Rep)) == 1)
        room.press(60.0)
        assert len(room.events(Hurt)) == 1
        assert room.state() is DeviceState.LOCKED

    def test_a_longer_press_says_it_too(self) -> None:
        room = Bedroom()
        stop_after(room, 1)
        room.wait(1.0)
        room.press(2.5)
        assert len(room.events(Hurt)) == 1
        assert room.state() is DeviceState.LOCKED

    def test_it_is_said_once_and_the_next_press_asks_for_the_days(self) -> None:
        room = Bedroom()
        stop_after(room, 1)
        room.wait(1.0)
        room.press()
        room.wait(1.0)
        room.press()
        room.wait(1.0)
        assert len(room.events(Hurt)) == 1
        assert [cue.kind for cue in room.cues()[-2:]] == [CueKind.REST_DAY] * 2

    def test_a_press_begun_in_time_and_released_later_says_it_too(self) -> None:
        room = Bedroom()
        stop_after(room, 1)
        room.wait(9.0)
        room.press(1.9)
        assert len(room.events(Hurt)) == 1

    def test_eleven_seconds_after_a_stop_it_is_a_press_like_any_other(self) -> None:
        room = Bedroom()
        stop_after(room, 1)
        room.wait(11.0)
        room.press()
        room.wait(0.5)
        assert not room.events(Hurt)
        assert room.camera_on

    def test_after_a_session_that_ended_by_itself_a_press_asks_for_the_rest_days(self) -> None:
        room = Bedroom()
        train(room)
        room.wait(2.0)
        room.press()
        room.wait(0.5)
        assert not room.events(Hurt)
        assert last_cue(room).kind is CueKind.REST_DAY

    @pytest.mark.parametrize("kind", [FaultKind.DISK, FaultKind.CAMERA, FaultKind.CLOCK])
    def test_what_breaks_after_the_stop_does_not_take_the_word_away(self, kind: FaultKind) -> None:
        """A disk that fails over the stop itself says so just when a press would say it hurts."""
        room = Bedroom()
        stop_after(room, 0)
        room.wait(1.5)
        room.told(room.coach.fault(Fault(room.now, kind, "broken: mend it")))
        assert last_cue(room).kind is CueKind.FAULT
        room.wait(2.0)
        room.press()
        assert len(room.events(Hurt)) == 1
        assert (last_cue(room).kind, last_cue(room).count) == (CueKind.REST_DAY, 3)
        assert not room.camera_on
        room.told(room.coach.fault_cleared(room.now, kind))
        assert room.state() is DeviceState.LOCKED

    def test_what_broke_after_the_stop_locks_once_nobody_said_that_it_hurts(self) -> None:
        room = Bedroom()
        stop_after(room, 0)
        room.told(room.coach.fault(Fault(room.now, FaultKind.DISK, "broken: mend it")))
        room.wait(11.0)
        assert room.state() is DeviceState.FAULT
        room.told(room.coach.fault_cleared(room.now, FaultKind.DISK))
        assert room.state() is DeviceState.READY

    def test_a_second_time_within_two_weeks_locks_for_seven_days(self) -> None:
        room = Bedroom()
        stop_after(room, 1)
        room.press()
        room.sleep(4 * DAY)
        stop_after(room, 2)
        room.press()
        assert last_cue(room).count == 7
        room.sleep(6.9 * DAY)
        assert room.state() is DeviceState.LOCKED
        room.sleep(0.2 * DAY)
        assert room.state() is DeviceState.READY


class TestFaults:
    camera = Fault(200.0, FaultKind.CAMERA, "no picture: press the ribbon cable home")

    def test_in_a_session_it_ends_it_and_keeps_it(self) -> None:
        room = Bedroom()
        room.begin_session()
        room.until(lambda: len(room.events(Rep)) == 2)
        room.told(room.coach.fault(replace(self.camera, time=room.now)))
        (end,) = room.events(SessionEnded)
        assert (end.ending, end.reps) == (Ending.FAULT, 2)
        assert not room.camera_on
        assert last_cue(room).kind is CueKind.FAULT
        assert last_cue(room).durable, "it comes after the cue that ends the session"
        assert room.state() is DeviceState.FAULT

    def test_a_press_tries_the_camera_again(self) -> None:
        room = Bedroom()
        room.told(room.coach.fault(self.camera))
        room.begin_session()

    @pytest.mark.parametrize("kind", [FaultKind.CAMERA, FaultKind.DISK])
    def test_two_presses_start_the_massage_and_the_fault_is_shown_again_after_it(
        self, kind: FaultKind
    ) -> None:
        """A massage needs neither the camera nor the disk, and is good on any day."""
        room = Bedroom()
        room.told(room.coach.fault(Fault(room.now, kind, "broken: mend it")))
        room.presses(2)
        room.wait(1.0)
        assert room.state() is DeviceState.MASSAGE
        assert last_cue(room).kind is CueKind.MASSAGE
        room.wait(121.0)
        assert len(room.events(Massage)) == 1
        assert (room.state(), last_cue(room).kind) == (DeviceState.FAULT, CueKind.DONE)
        room.wait(5.0)
        assert (last_cue(room).kind, last_cue(room).fault) == (CueKind.FAULT, kind)

    def test_what_is_mended_during_the_massage_is_not_shown_again(self) -> None:
        room = Bedroom()
        room.told(room.coach.fault(Fault(room.now, FaultKind.DISK, "full: run doctor")))
        room.presses(2)
        room.wait(30.0)
        room.told(room.coach.fault_cleared(room.now, FaultKind.DISK))
        room.wait(120.0)
        assert room.state() is DeviceState.READY
        assert len(room.cues(CueKind.FAULT)) == 1

    def test_another_fault_in_that_massage_is_shown_once(self) -> None:
        room = Bedroom()
        room.told(room.coach.fault(Fault(room.now, FaultKind.DISK, "full: run doctor")))
        room.presses(2)
        room.wait(30.0)
        room.told(room.coach.fault(replace(self.camera, time=room.now)))
        room.wait(30.0)
        assert [cue.fault for cue in room.cues(CueKind.FAULT)] == [FaultKind.DISK, FaultKind.CAMERA]

    def test_a_disk_that_does_not_answer_locks_until_it_does(self) -> None:
        room = Bedroom()
        room.told(room.coach.fault(Fault(room.now, FaultKind.DISK, "full: run doctor")))
        assert not last_cue(room).durable, "it waits for nothing that the disk may never say"
        room.press()
        room.wait(0.5)
        assert last_cue(room).kind is CueKind.FAULT
        assert not room.camera_on
        room.told(room.coach.fault_cleared(room.now, FaultKind.DISK))
        assert last_cue(room).kind is CueKind.READY
        room.begin_session()

    def test_mended_on_a_rest_day_it_is_still_a_rest_day(self) -> None:
        room = room_on_a_rest_day()
        room.told(room.coach.fault(replace(self.camera, time=room.now)))
        room.press()
        room.wait(0.5)
        assert last_cue(room).kind is CueKind.REST_DAY

    def test_a_clock_that_stepped_is_shown_and_life_goes_on(self) -> None:
        room = Bedroom()
        room.told(room.coach.fault(Fault(room.now, FaultKind.CLOCK, "stepped: new battery")))
        assert [cue.kind for cue in room.cues()] == [CueKind.READY, CueKind.FAULT]
        room.begin_session()

    def test_a_press_in_which_it_comes_asks_for_nothing(self) -> None:
        room = Bedroom()
        room.told(room.coach.button_down(room.now))
        room.told(room.coach.fault(replace(self.camera, time=room.now)))
        said = len(room.outputs)
        room.told(room.coach.button_up(room.now))
        room.wait(1.0)
        assert len(room.outputs) == said

    def test_in_a_session_it_is_shown_once_the_session_is_over(self) -> None:
        room = Bedroom()
        room.begin_session()
        stepped = Fault(room.now, FaultKind.CLOCK, "stepped: new battery")
        assert room.coach.fault(stepped) == [stepped]
        room.until(lambda: not room.camera_on)
        assert not room.cues(CueKind.FAULT)
        for _ in range(2):
            room.told(room.coach.clock(room.reading()))
            assert [cue.fault for cue in room.cues(CueKind.FAULT)] == [FaultKind.CLOCK]

    def test_what_breaks_once_it_is_off_is_nobodys_business(self) -> None:
        room = Bedroom()
        room.press(5.5)
        assert room.coach.fault(replace(self.camera, time=room.now)) == []

    def test_the_same_fault_is_told_once(self) -> None:
        room = Bedroom()
        room.told(room.coach.fault(self.camera))
        room.told(room.coach.fault(self.camera))
        assert len(room.events(Fault)) == 1

    def test_a_fault_before_the_first_reading_locks_from_the_start(self) -> None:
        coach = Coach(History())
        coach.fault(Fault(1.0, FaultKind.DISK, "no data partition: see the guide"))
        with pytest.raises(IllegalInput, match="no clock reading yet"):
            coach.fault_cleared(1.5, FaultKind.DISK)
        coach.clock(ClockReading("boot", 2.0, MONDAY_NOON, 0, ClockSource.RTC))
        assert coach.state is DeviceState.FAULT

    def test_a_press_before_the_first_reading_shows_what_is_broken(self) -> None:
        coach = Coach(History())
        coach.fault(Fault(1.0, FaultKind.CAMERA, "no camera: press the ribbon cable home"))
        coach.button_down(2.0)
        coach.button_up(2.1)
        (shown,) = coach.tick(3.0)
        assert isinstance(shown, Cue)
        assert (shown.kind, shown.fault) == (CueKind.FAULT, FaultKind.CAMERA)
        assert coach.state is DeviceState.FAULT


class TestRestart:
    last = ClockReading("earlier", 500.0, MONDAY_NOON - 600.0, 0, ClockSource.RTC)

    def test_an_interrupted_session_is_kept_and_said(self) -> None:
        unfinished = UnfinishedSession(self.last, reps=4, lifts=6, dose=5)
        history = History().at(replace(self.last, monotonic=20.0)).at(self.last)
        room = Bedroom(history=history, unfinished=unfinished)
        (end,) = room.events(SessionEnded)
        assert (end.ending, end.reps, end.lifts, end.dose) == (Ending.INTERRUPTED, 4, 6, 5)
        assert [cue.kind for cue in room.cues()] == [CueKind.INTERRUPTED]
        assert room.state() is DeviceState.LOCKED
        # The power may have been on for one checkpoint more: rest is counted from there.
        assert room.coach.history.sessions[-1].ended.monotonic == self.last.monotonic + 60.0

    def test_two_lifts_before_the_power_failed_do_not_lock(self) -> None:
        history = History().at(self.last)
        unfinished = UnfinishedSession(self.last, reps=1, lifts=2, dose=2)
        room = Bedroom(history=history, unfinished=unfinished)
        assert room.state() is DeviceState.READY

    def test_the_same_unfinished_session_is_said_once(self) -> None:
        unfinished = UnfinishedSession(self.last, 1, 2, 2)
        room = Bedroom(history=History().at(self.last), unfinished=unfinished)
        room.sleep(DAY)
        assert len(room.cues(CueKind.INTERRUPTED)) == 1
        assert len(room.events(SessionEnded)) == 1


class TestNight:
    @pytest.mark.parametrize(
        ("hour", "source", "silent"),
        [
            (12, ClockSource.RTC, False),
            (21, ClockSource.RTC, False),
            (22, ClockSource.RTC, True),
            (3, ClockSource.PERSON, True),
            (12, ClockSource.UNTRUSTED, True),
        ],
    )
    def test_outside_a_session_nothing_sounds(
        self, hour: int, source: ClockSource, silent: bool
    ) -> None:
        room = Bedroom(wall=MONDAY_NOON + (hour - 12) * HOUR, source=source)
        assert room.cues()[0].light_only is silent

    def test_while_nobody_knows_the_hour_what_was_asked_for_sounds(self) -> None:
        room = Bedroom(source=ClockSource.UNTRUSTED)
        train(room)
        room.wait(1.0)
        room.press()
        room.wait(0.5)
        assert last_cue(room).kind is CueKind.REST_DAY
        assert not last_cue(room).light_only

    def test_a_press_is_hushed_while_nothing_runs(self) -> None:
        room = Bedroom(wall=MONDAY_NOON + 12 * HOUR)
        assert room.coach.hushed(room.now)
        room.begin_session()
        assert not room.coach.hushed(room.now)
        assert not Bedroom().coach.hushed(100.0), "by day"
        assert not Bedroom(source=ClockSource.UNTRUSTED).coach.hushed(100.0), "at an hour unknown"

    def test_a_massage_is_heard_at_any_hour(self) -> None:
        room = Bedroom(wall=MONDAY_NOON + 12 * HOUR)
        room.presses(2)
        room.until_cue(CueKind.DONE)
        assert not any(cue.light_only for cue in room.cues()[1:])


class TestSettingTheTime:
    @staticmethod
    def set_to(room: Bedroom, wall: float) -> None:
        """Do what the loop does on SetTime: set the clock, keep it, tell the coach."""
        before = room.reading()
        after = replace(before, wall=wall, source=ClockSource.PERSON)
        room.told(room.coach.time_set(TimeSetting(before, after)))

    def test_a_press_at_the_named_minute_sets_it(self) -> None:
        room = Bedroom(source=ClockSource.UNTRUSTED)
        named = room.reading().wall + HOUR
        room.told(room.coach.offer_time(room.now, named))
        assert last_cue(room).kind is CueKind.WORKING
        room.wait(90.0)
        pressed = room.now
        room.press()
        assert room.events(SetTime) == [SetTime(pressed, named)]
        self.set_to(room, named)
        assert last_cue(room).kind is CueKind.SYNCED
        assert room.state() is DeviceState.READY
        room.wait(HOUR)
        assert last_cue(room).kind is CueKind.SYNCED

    @pytest.mark.parametrize("days", [13.9, -13.9])
    def test_a_jump_of_less_needs_no_more_than_a_press(self, days: float) -> None:
        room = Bedroom()
        named = room.reading().wall + days * DAY
        room.told(room.coach.offer_time(room.now, named))
        room.press()
        assert [asked.wall for asked in room.events(SetTime)] == [named]

    @pytest.mark.parametrize("days", [14.1, -14.1])
    def test_a_jump_over_two_weeks_asks_for_a_long_press(self, days: float) -> None:
        room = Bedroom()
        named = room.reading().wall + days * DAY
        room.told(room.coach.offer_time(room.now, named))
        room.press()
        assert not room.events(SetTime)
        assert room.state() is DeviceState.SETTING_TIME
        pressed = room.now
        room.press(2.5)
        assert room.events(SetTime) == [SetTime(pressed, named)]

    def test_nobody_pressing_leaves_the_time_as_it_was(self) -> None:
        room = Bedroom()
        room.told(room.coach.offer_time(room.now, room.reading().wall))
        room.until_cue(CueKind.SYNC_FAILED, 1000.0)
        assert not room.events(SetTime)
        assert room.state() is DeviceState.READY

    def test_it_is_no_way_out_of_a_rest_day(self) -> None:
        room = room_on_a_rest_day()
        room.told(room.coach.offer_time(room.now, room.reading().wall + 10 * DAY))
        room.press()
        self.set_to(room, room.reading().wall + 10 * DAY)
        assert room.state() is DeviceState.LOCKED

    def test_it_waits_for_the_end_of_a_session(self) -> None:
        room = Bedroom()
        room.begin_session()
        with pytest.raises(IllegalInput):
            room.coach.offer_time(room.now, MONDAY_NOON)
        assert room.state() is DeviceState.SESSION


class TestWhatCannotBeTrue:
    def test_a_time_that_is_no_number_is_refused_and_changes_nothing(self) -> None:
        room = Bedroom()
        for call in (room.coach.tick, room.coach.button_down, room.coach.button_up):
            with pytest.raises(IllegalInput):
                call(float("nan"))
        assert room.state() is DeviceState.READY

    def test_a_sample_without_a_time_or_outside_a_session_says_nothing(self) -> None:
        room = Bedroom()
        sample = Person().sample(room.now, Random(1))
        assert room.coach.feed(sample) == []
        assert room.coach.feed(replace(sample, time=float("nan"))) == []

    def test_before_the_first_reading_the_button_means_nothing(self) -> None:
        coach = Coach(History())
        assert coach.button_down(1.0) == coach.button_up(1.1) == coach.tick(9.0) == []
        assert coach.state is DeviceState.STARTING
