"""A session from the press to its end, with the real counter and a person on a virtual clock."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest

from device.coach.aiming import Aiming
from device.coach.cues import Aim, Cue, CueKind, Gauge, Request
from device.coach.device_states import DeviceState
from device.coach.events import (
    Calibrated,
    Ending,
    FaceFound,
    FaceLost,
    Fault,
    FaultKind,
    Note,
    Paused,
    Reason,
    Refused,
    Rep,
    Resumed,
    SessionEnded,
    SessionStarted,
)
from device.coach.exercises import CHEEK_LIFTER
from device.coach.holding import Hold
from device.sample import LiftSample
from tests.bedroom import Bedroom, Person


def ended(room: Bedroom) -> SessionEnded:
    (event,) = room.events(SessionEnded)
    assert not room.camera_on
    return event


def run_to_its_end(room: Bedroom) -> SessionEnded:
    room.begin_session()
    room.until(lambda: not room.camera_on)
    return ended(room)


def aims(room: Bedroom) -> list[Aim | None]:
    return [cue.aim for cue in room.cues(CueKind.FIND_FACE)]


class TestAPlainSession:
    def test_ten_reps_and_done(self) -> None:
        room = Bedroom()
        end = run_to_its_end(room)
        assert (end.ending, end.reps, end.lifts, end.dose) == (Ending.DONE, 10, 11, 11)
        assert [cue.count for cue in room.cues(CueKind.REP)] == list(range(1, 11))
        assert [rep.number for rep in room.events(Rep)] == list(range(1, 11))

    def test_its_cues_come_in_their_order(self) -> None:
        room = Bedroom()
        run_to_its_end(room)
        once = (CueKind.FIND_FACE, CueKind.REST, CueKind.PRACTISE)
        lift = (CueKind.HOLD_REACHED, CueKind.LET_GO)
        kinds = [cue.kind for cue in room.cues()]
        assert kinds == [
            CueKind.READY,
            CueKind.FIND_FACE,
            *once,
            *lift,
            *(CueKind.LIFT, *lift, CueKind.REP) * 10,
            CueKind.DONE,
        ]

    def test_it_rests_two_seconds_before_it_asks_for_the_practised_lift(self) -> None:
        room = Bedroom()
        run_to_its_end(room)
        (rest,), (practise,) = room.cues(CueKind.REST), room.cues(CueKind.PRACTISE)
        assert 2.0 <= practise.at - rest.at < 2.5

    def test_the_practised_lift_is_the_persons_own_range(self) -> None:
        room = Bedroom(Person(range=0.11, rest=0.05))
        run_to_its_end(room)
        (calibrated,) = room.events(Calibrated)
        assert calibrated.practised == pytest.approx(0.11, abs=0.01)
        assert calibrated.rest == pytest.approx(0.05, abs=0.01)
        assert all(rep.peak == pytest.approx(1.0, abs=0.05) for rep in room.events(Rep))

    def test_a_rep_is_announced_only_once_it_is_safe(self) -> None:
        room = Bedroom()
        run_to_its_end(room)
        for cue in room.cues(CueKind.REP, CueKind.DONE):
            assert cue.durable
        for before, after in pairwise(room.outputs):
            if isinstance(after, Cue) and after.kind is CueKind.REP:
                assert isinstance(before, Rep)
            if isinstance(after, Cue) and after.kind is CueKind.DONE:
                assert isinstance(before, SessionEnded)

    def test_a_session_makes_sound_even_at_night(self) -> None:
        room = Bedroom(wall=1_767_614_400.0 + 11 * 3600)
        run_to_its_end(room)
        ready, *rest = room.cues()
        assert ready.light_only
        assert not any(cue.light_only for cue in rest)


class TestTheHold:
    def test_its_cues_come_by_the_clock(self) -> None:
        room = Bedroom()
        run_to_its_end(room)
        reps = room.events(Rep)
        reached, let_go = room.cues(CueKind.HOLD_REACHED)[1:], room.cues(CueKind.LET_GO)[1:]
        for rep, two, enough in zip(reps, reached, let_go, strict=True):
            assert two.at - rep.apex == pytest.approx(2.0, abs=0.1)
            assert enough.at - rep.apex == pytest.approx(2.4, abs=0.1)

    def test_they_come_in_time_even_while_frames_are_late(self) -> None:
        room = Bedroom()
        room.begin_session()
        room.until_cue(CueKind.LIFT)
        room.until(lambda: room.gauge() > 0.3)
        due = room.coach.next_deadline()
        assert due is not None
        frames_stop = room.now
        outputs = []
        while (due := room.coach.next_deadline()) is not None and due < frames_stop + 3.0:
            outputs += room.coach.tick(due)
        kinds = [output.kind for output in outputs if isinstance(output, Cue)]
        assert kinds == [CueKind.HOLD_REACHED, CueKind.LET_GO]

    def test_the_bar_fills_by_the_clock_and_empties(self) -> None:
        room = Bedroom()
        run_to_its_end(room)
        fractions = [output.fraction for output in room.outputs if isinstance(output, Gauge)]
        assert max(fractions) == 1.0
        assert fractions[-1] == 0.0
        for before, after in pairwise(fractions):
            assert after == 0.0 or 0.0 <= after - before <= 0.2

    @pytest.mark.parametrize(("holds", "rise", "fps"), [(1.0, 0.6, 30.0), (0.6, 0.1, 15.0)])
    def test_a_lift_let_go_early_has_no_hold_cue(
        self, holds: float, rise: float, fps: float
    ) -> None:
        room = Bedroom(Person(holds=holds, rise=rise), fps=fps)
        room.begin_session()
        room.wait(40.0)
        assert not room.cues(CueKind.HOLD_REACHED, CueKind.LET_GO)
        assert {refused.reason for refused in room.events(Refused)} == {Reason.TOO_SHORT}

    def test_who_goes_on_holding_is_asked_again(self) -> None:
        person = Person()
        room = Bedroom(person)
        room.begin_session()
        room.until_cue(CueKind.REP)
        person.holds = 9.0
        room.until_cue(CueKind.HOLD_REACHED)
        room.until_cue(CueKind.REP)
        assert Note.HELD_LONG in room.events(Rep)[-1].notes
        times = [cue.at for cue in room.cues(CueKind.LET_GO)][2:]
        assert len(times) >= 3
        assert len(room.cues(CueKind.HOLD_REACHED)) == 3

    def test_the_bar_does_not_go_back_when_the_plateau_turns_out_to_be_younger(self) -> None:
        hold = Hold(CHEEK_LIFTER.timing, lambda: True)
        hold.begins(10.0, 10.5)
        told = hold.tick(10.5)
        hold.begins(10.2, 10.5)
        told += hold.tick(12.5)
        filled = [output.fraction for output in told if isinstance(output, Gauge)]
        assert filled == sorted(filled)
        assert filled[-1] == 1.0

    def test_who_holds_on_after_a_dip_is_asked_again_too(self) -> None:
        hold = Hold(CHEEK_LIFTER.timing, lambda: True)
        hold.begins(10.0, 10.0)
        hold.begins(10.0, 12.9)
        hold.tick(12.9)
        hold.ends(13.0)
        hold.begins(13.1, 13.1)
        hold.begins(13.1, 15.9)
        told = [output.kind for output in hold.tick(15.9) if isinstance(output, Cue)]
        assert told == [CueKind.LET_GO]

    def test_a_dip_in_a_hold_is_told_nothing_twice(self) -> None:
        room = Bedroom()
        room.begin_session()
        room.until_cue(CueKind.REP)
        told = len(room.cues(CueKind.HOLD_REACHED, CueKind.LET_GO))
        room.until_cue(CueKind.HOLD_REACHED)
        room.person.let_go(room.now - 0.15)
        room.until(lambda: room.gauge() == 0.0)
        assert len(room.cues(CueKind.LET_GO)) == told // 2, "it dips before it is told to let go"
        room.person.let_go(math.inf)
        room.until_cue(CueKind.REP)
        cues = room.cues(CueKind.HOLD_REACHED, CueKind.LET_GO)[told:]
        assert [cue.kind for cue in cues] == [CueKind.HOLD_REACHED, CueKind.LET_GO]

    def test_after_more_than_a_dip_it_is_timed_anew(self) -> None:
        """What was held before does not count: two seconds from the first apex would be too few."""
        room = Bedroom()
        room.begin_session()
        after(room, 1)
        room.until(lambda: room.gauge() > 0.3)
        room.person.amplitude = 0.5
        room.wait(0.5)
        room.person.amplitude = 1.0
        again = room.now
        reached = room.until_cue(CueKind.HOLD_REACHED)
        assert reached.at - again == pytest.approx(2.0, abs=0.2)
        after(room, 2)
        assert not room.events(Refused)

    def test_nobody_is_asked_again_to_let_go_of_what_is_not_seen(self) -> None:
        """The cues of the hold keep their times without frames, but nothing is made up after."""
        room = Bedroom()
        room.begin_session()
        room.until_cue(CueKind.REP)
        room.until(lambda: room.gauge() > 0.5)
        told = len(room.cues(CueKind.LET_GO))
        begun = room.now
        room.stop_frames()
        room.wait(9.0)
        (let_go,) = room.cues(CueKind.LET_GO)[told:]
        assert let_go.at - room.cues(CueKind.HOLD_REACHED)[-1].at == pytest.approx(0.4)
        assert let_go.at - begun < 2.0


class TestAiming:
    def test_a_person_finds_the_place_by_the_cues_alone(self) -> None:
        person = Person(size=0.7)
        room = Bedroom(person)
        room.begin_session()
        room.wait(3.0)
        person.size = 0.05
        room.wait(3.0)
        person.size, person.x = 0.25, 0.95
        room.wait(3.0)
        person.x, person.yaw = 0.5, -60.0
        room.wait(3.0)
        person.yaw = -40.0
        room.until_cue(CueKind.REST)
        assert aims(room) == [
            Aim.SEARCHING,
            Aim.TOO_NEAR,
            Aim.TOO_FAR,
            Aim.OFF_CENTRE,
            Aim.TURNED_AWAY,
            Aim.FOUND,
        ]

    def test_who_is_found_at_the_border_is_not_turned_away_at_once(self) -> None:
        room = Bedroom(Person(yaw=51.0))
        room.begin_session()
        room.until_cue(CueKind.HOLD_REACHED)
        assert Aim.TURNED_AWAY not in aims(room)

    def test_nothing_begins_on_a_face_that_looks_past_the_camera(self) -> None:
        room = Bedroom(Person(yaw=65.0))
        room.begin_session()
        room.wait(20.0)
        assert set(aims(room)) == {Aim.SEARCHING, Aim.TURNED_AWAY}
        assert aims(room).count(Aim.TURNED_AWAY) > 3
        assert not room.cues(CueKind.REST)

    def test_the_aim_is_told_at_most_every_two_seconds(self) -> None:
        person = Person()
        room = Bedroom(person)
        room.begin_session()
        for step in range(60):
            person.size = 0.05 if step % 2 else 0.7
            room.wait(0.3)
        times = [cue.at for cue in room.cues(CueKind.FIND_FACE)]
        assert len(times) > 3
        assert all(after - before >= 1.999 for before, after in pairwise(times))

    def test_on_the_border_it_does_not_chatter(self) -> None:
        person = Person(size=0.07)
        room = Bedroom(person)
        room.begin_session()
        for step in range(40):
            person.size = 0.079 if step % 2 else 0.081
            room.wait(0.25)
        assert set(aims(room)) == {Aim.SEARCHING, Aim.TOO_FAR}

    @pytest.mark.parametrize(
        ("wrong", "border", "well"),
        [
            ({"size": 0.07}, {"size": 0.085}, {"size": 0.1}),
            ({"size": 0.6}, {"size": 0.47}, {"size": 0.44}),
            ({"x": 0.9}, {"x": 0.8}, {"x": 0.76}),
            ({"yaw": 65.0}, {"yaw": 50.0}, {"yaw": 46.0}),
        ],
    )
    def test_who_was_told_to_move_must_come_past_the_border(
        self, wrong: dict[str, float], border: dict[str, float], well: dict[str, float]
    ) -> None:
        """Who stands on the border from the start is taken as they are."""
        room = Bedroom()
        vars(room.person).update(wrong)
        room.begin_session()
        for place, found in ((wrong, False), (border, False), (well, True)):
            vars(room.person).update(place)
            room.wait(3.0)
            assert (aims(room)[-1] is Aim.FOUND) is found
        room = Bedroom()
        vars(room.person).update(border)
        room.begin_session()
        room.wait(2.0)
        assert aims(room)[-1] is Aim.FOUND

    def test_a_face_of_which_something_is_cut_off_is_told_to_come_in(self) -> None:
        cut = LiftSample(0.0, face=True, brightness=90.0, x=0.3, y=0.5, size=0.3)
        aiming = Aiming()
        aiming.search(0.0)
        for i in range(20):
            aiming.feed(replace(cut, time=i / 10), at_rest=True)
        assert not aiming.found
        assert [cue.aim for cue in aiming.tick(2.0)] == [Aim.OFF_CENTRE]

    def test_in_the_dark_it_says_so(self) -> None:
        room = Bedroom(Person(away=True, brightness=4.0))
        room.begin_session()
        room.wait(5.0)
        assert room.cues(CueKind.TOO_DARK)

    def test_before_it_is_too_dark_to_see_it_asks_for_light_and_then_makes_do(self) -> None:
        room = Bedroom(Person(brightness=14.0))
        room.begin_session()
        room.until_cue(CueKind.REST, 10.0)
        assert len(room.cues(CueKind.TOO_DARK)) >= 1
        assert aims(room)[-1] is Aim.FOUND

    def test_light_that_flickers_about_the_border_is_put_up_with_too(self) -> None:
        """As of a television: nobody is asked for more light for a whole minute, and then left."""
        room = Bedroom()
        steady = room.person.sample

        def flickering(time: float, random: Random) -> LiftSample:
            return replace(steady(time, random), brightness=20.0 if time % 0.5 < 0.2 else 16.0)

        room.person.sample = flickering  # type: ignore[method-assign]
        room.begin_session()
        room.until_cue(CueKind.REST, 10.0)
        assert room.cues(CueKind.TOO_DARK)
        assert aims(room)[-1] is Aim.FOUND

    def test_nobody_there_ends_it_after_a_minute(self) -> None:
        room = Bedroom(Person(away=True))
        end = run_to_its_end(room)
        assert end.ending is Ending.TIMED_OUT
        assert 59.0 < end.time - room.events(SessionStarted)[0].time < 61.0

    @pytest.mark.parametrize("restless", [{"noise": 0.05}, {"mouth_open": 0.5}])
    def test_a_face_is_found_only_once_its_rest_is_seen(self, restless: dict[str, float]) -> None:
        """Of a blurred or a talking face nothing could be counted: it is asked to relax."""
        room = Bedroom()
        vars(room.person).update(restless)
        room.begin_session()
        room.wait(15.0)
        assert aims(room) == [Aim.SEARCHING]
        asked = [cue.at for cue in room.cues(CueKind.REST, CueKind.CLOSE_MOUTH)]
        assert [at - room.now + 15.0 for at in asked] == pytest.approx([2.8, 12.8], abs=0.4)
        vars(room.person).update(noise=0.002, mouth_open=0.02)
        room.until_cue(CueKind.PRACTISE, 6.0)
        assert aims(room) == [Aim.SEARCHING, Aim.FOUND]

    def test_where_it_is_too_dark_to_count_nothing_begins(self) -> None:
        room = Bedroom(Person(brightness=9.0))
        assert run_to_its_end(room).ending is Ending.TIMED_OUT
        assert aims(room) == [Aim.SEARCHING]
        assert len(room.cues(CueKind.TOO_DARK)) > 10
        assert not room.cues(CueKind.REST)


class TestTurnedAway:
    def in_the_middle(self) -> Bedroom:
        room = Bedroom()
        room.begin_session()
        after(room, 3)
        room.until_cue(CueKind.LIFT)
        room.person.obeys = False
        room.wait(3.0)
        return room

    def test_a_head_that_stays_turned_away_is_told_and_goes_on_once_it_is_back(self) -> None:
        room = self.in_the_middle()
        told, turned = len(aims(room)), room.now
        room.person.yaw = -60.0
        room.wait(20.5)
        times = [cue.at - turned for cue in room.cues(CueKind.FIND_FACE)[told:]]
        assert times == pytest.approx([4.0, 8.0, 12.0, 16.0, 20.0], abs=0.1)
        assert set(aims(room)[told:]) == {Aim.TURNED_AWAY}
        room.person.yaw, room.person.obeys = -40.0, True
        found = room.until_cue(CueKind.FIND_FACE)
        assert found.aim is Aim.FOUND
        assert room.until_cue(CueKind.LIFT).at - found.at == pytest.approx(1.5)
        room.until(lambda: not room.camera_on)
        assert ended(room).reps == 10
        assert len(room.events(Calibrated)) == 1

    def test_a_glance_aside_is_not_worth_a_word(self) -> None:
        room = self.in_the_middle()
        told = len(aims(room))
        for _ in range(4):
            room.person.yaw = 65.0
            room.wait(2.5)
            room.person.yaw = 10.0
            room.wait(1.0)
        assert len(aims(room)) == told

    def test_a_head_on_the_border_is_left_alone_or_told_but_nothing_flickers(self) -> None:
        room = self.in_the_middle()
        told = len(aims(room))
        room.person.yaw = 51.5
        room.wait(6.0)
        assert len(aims(room)) == told
        for yaw in (56.0, 51.0) * 20:
            room.person.yaw = yaw
            room.wait(0.25)
        assert set(aims(room)[told:]) == {Aim.TURNED_AWAY}
        room.person.yaw = 47.0
        room.wait(3.0)
        assert aims(room)[-1] is Aim.FOUND

    def test_nobody_is_left_for_a_minute_without_a_word(self) -> None:
        room = self.in_the_middle()
        turned = room.now
        room.person.yaw = 65.0
        room.until(lambda: not room.camera_on)
        heard = [turned, *(cue.at for cue in room.cues() if cue.at > turned)]
        assert max(later - before for before, later in pairwise(heard)) < 4.1
        assert ended(room).ending is Ending.TIMED_OUT

    def test_what_can_be_counted_there_still_counts(self) -> None:
        room = self.in_the_middle()
        room.person.yaw = 56.0
        room.until_cue(CueKind.FIND_FACE)
        room.person.holds = 2.4
        room.person.lift(room.now + 0.5)
        assert room.until_cue(CueKind.REP, 6.0).count == 4

    @pytest.mark.parametrize("reps", [0, 2])
    def test_a_lift_in_which_the_head_turns_away_is_answered_and_counts_towards_the_dose(
        self, reps: int
    ) -> None:
        room = Bedroom(Person(holds=9.0))
        room.begin_session()
        room.until(lambda: len(room.events(Rep)) == reps)
        room.until(lambda: room.gauge() > 0.2)
        room.person.yaw = 60.0
        said = room.until_cue(CueKind.FIND_FACE)
        assert (said.aim, room.gauge()) == (Aim.TURNED_AWAY, 0.0)
        room.wait(0.5)
        room.press(2.5)
        assert (ended(room).dose, ended(room).reps) == (bool(reps) + reps + 1, reps)


class TestWhatTheHoldPromised:
    def answer(self, room: Bedroom) -> list[CueKind]:
        """What is said from the invitation that was just heard until the next."""
        told = len(room.cues())
        room.until_cue(CueKind.LIFT)
        return [cue.kind for cue in room.cues()[told:-1]]

    @pytest.mark.parametrize(
        ("change", "reason", "said"),
        [
            ({"holds": 1.0}, Reason.TOO_SHORT, []),
            ({"holds": 1.5, "rise": 1.2}, Reason.TOO_SHORT, [CueKind.LET_GO]),
            ({"amplitude": 0.42}, Reason.TOO_SMALL, []),
            ({"amplitude": 0.8, "right": 0.1}, Reason.ONE_SIDED, [CueKind.LET_GO]),
            ({"mouth_open": 0.5}, Reason.MOUTH_OPEN, [CueKind.LET_GO]),
            ({"rise": 0.01, "holds": 2.2}, Reason.TOO_FAST, [CueKind.HOLD_REACHED]),
        ],
    )
    def test_a_lift_that_does_not_count_is_answered_whatever_the_reason(
        self, change: dict[str, float], reason: Reason, said: list[CueKind]
    ) -> None:
        """One cue for all of them; what is known while it is held is not celebrated."""
        room = Bedroom(Person(holds=2.4))
        room.begin_session()
        room.until_cue(CueKind.REP)
        vars(room.person).update(change)
        room.until_cue(CueKind.LIFT)
        words = {
            Reason.MOUTH_OPEN: [CueKind.CLOSE_MOUTH],
            Reason.TOO_FAST: [CueKind.SLOWER],
        }
        assert self.answer(room) == [*said, CueKind.NOT_COUNTED, *words.get(reason, [])]
        (refused,) = room.events(Refused)
        assert refused.reason is reason
        assert room.cues(CueKind.NOT_COUNTED)[0].at == refused.time
        # The word came once: the next lift is only answered.
        assert self.answer(room) == [*said, CueKind.NOT_COUNTED]

    def test_a_lift_that_is_known_not_to_count_is_taken_back(self) -> None:
        """The bar never fills, and who held with an open mouth is let go at two seconds."""
        room = Bedroom()
        room.begin_session()
        room.until_cue(CueKind.REP)
        reached, told = len(room.cues(CueKind.HOLD_REACHED)), len(room.outputs)
        room.person.mouth_open = 0.5
        let_go = room.until_cue(CueKind.LET_GO)
        filled = [one.fraction for one in room.outputs[told:] if isinstance(one, Gauge)]
        assert 0.9 < max(filled) < 1.0
        assert room.gauge() == 0.0
        room.until_cue(CueKind.NOT_COUNTED)
        assert len(room.cues(CueKind.HOLD_REACHED)) == reached
        (refused,) = room.events(Refused)
        assert let_go.at - refused.onset == pytest.approx(2.0 + 0.5, abs=0.3)

    def test_a_mouth_that_closes_in_time_has_a_repetition_all_the_same(self) -> None:
        room = Bedroom(Person(holds=4.5))
        room.begin_session()
        room.until_cue(CueKind.REP)
        room.until(lambda: room.gauge() > 0.0)
        room.person.mouth_open = 0.4
        reached = len(room.cues(CueKind.HOLD_REACHED))
        room.until_cue(CueKind.LET_GO)
        room.person.mouth_open = 0.02
        room.until_cue(CueKind.REP)
        assert len(room.cues(CueKind.HOLD_REACHED)) == reached
        assert not room.cues(CueKind.NOT_COUNTED)

    def test_a_practised_lift_that_cannot_be_it_is_answered_and_asked_for_again(self) -> None:
        room = Bedroom(Person(holds=0.7))
        room.begin_session()
        room.until_cue(CueKind.NOT_COUNTED)
        assert room.events(Refused)[0].time == room.now
        room.until_cue(CueKind.PRACTISE, 3.0)

    def test_a_hold_that_was_too_little_to_be_judged_is_answered_too(self) -> None:
        """It rose from half way up: in height it is no lift, but it was held and is work."""
        person = Person(holds=3.0)
        room = Bedroom(person)
        room.begin_session()
        room.until_cue(CueKind.REP)
        person.obeys = False
        room.wait(4.0)
        person.rest += 0.28 * person.range
        room.wait(0.7)
        person.amplitude = 0.33
        person.lift(room.now)
        room.until_cue(CueKind.LET_GO)
        room.until_cue(CueKind.NOT_COUNTED, 10.0)
        assert not room.events(Refused)
        stop(room)
        assert (ended(room).reps, ended(room).dose) == (1, 3)

    def test_a_face_that_is_gone_in_a_hold_is_told_that_it_does_not_count(self) -> None:
        room = Bedroom()
        room.begin_session()
        after(room, 1)
        room.until_cue(CueKind.HOLD_REACHED)
        room.person.away = True
        room.until_cue(CueKind.NOT_COUNTED, 1.0)
        room.until_cue(CueKind.FIND_FACE, 3.0)

    def test_a_face_that_is_gone_in_three_holds_in_a_row_is_said_to_be_looked_for(self) -> None:
        """Each time it is back too soon for a word; a lift that nobody saw whole does not count."""
        room = Bedroom()
        room.begin_session()
        after(room, 1)
        told = len(aims(room))
        for lost in range(3):
            room.until(lambda: room.gauge() > 0.3)
            assert len(aims(room)) == told, f"after {lost}"
            room.person.away = True
            room.person.let_go(room.now)
            room.wait(1.2)
            room.person.away = False
        room.until_cue(CueKind.LIFT)
        assert aims(room)[told:] == [Aim.SEARCHING, Aim.FOUND]
        assert {one.reason for one in room.events(Refused)} == {Reason.FACE_LOST}
        assert len(room.cues(CueKind.NOT_COUNTED)) == 3

    def test_a_pause_in_a_hold_is_answer_enough(self) -> None:
        room = Bedroom()
        room.begin_session()
        after(room, 1)
        room.until_cue(CueKind.HOLD_REACHED)
        room.press()
        room.wait(10.0)
        room.press()
        after(room, 2)
        assert [one.reason for one in room.events(Refused)] == [Reason.CUT_OFF]
        assert not room.cues(CueKind.NOT_COUNTED)

    @pytest.mark.parametrize(
        ("reason", "picture", "word"),
        [
            (Reason.TOO_SHORT, {}, CueKind.SOFTER),
            (Reason.TOO_SMALL, {}, CueKind.REST),
            (Reason.TOO_SMALL, {"yaw": 38.0}, CueKind.FIND_FACE),
            (Reason.TOO_SMALL, {"brightness": 15.0}, CueKind.TOO_DARK),
            (Reason.ONE_SIDED, {}, CueKind.SOFTER),
            (Reason.ONE_SIDED, {"yaw": 38.0}, CueKind.FIND_FACE),
        ],
    )
    def test_three_in_a_row_for_one_reason_are_met_with_a_word_that_asks_for_no_effort(
        self, reason: Reason, picture: dict[str, float], word: CueKind
    ) -> None:
        how: dict[Reason, dict[str, float]] = {
            Reason.TOO_SHORT: {"holds": 1.0},
            Reason.TOO_SMALL: {"amplitude": 0.42},
            Reason.ONE_SIDED: {"amplitude": 0.8, "right": 0.1},
        }
        room = Bedroom(Person(holds=2.4))
        vars(room.person).update(picture)
        room.begin_session()
        room.until_cue(CueKind.REP)
        vars(room.person).update(how[reason])
        room.until_cue(CueKind.LIFT)
        plain, again, third = (self.answer(room) for _ in range(3))
        assert plain == again
        assert third == [*plain, word]
        assert [one.reason for one in room.events(Refused)] == [reason] * 3
        if word is CueKind.FIND_FACE:
            assert aims(room)[-1] is Aim.TURNED_AWAY


class TestGentleWords:
    @staticmethod
    def words(room: Bedroom) -> list[CueKind]:
        kinds = (CueKind.SOFTER, CueKind.SLOWER, CueKind.CLOSE_MOUTH)
        return [cue.kind for cue in room.cues(*kinds)]

    def after_a_good_start(self, **change: float) -> Bedroom:
        person = Person()
        room = Bedroom(person)
        room.begin_session()
        room.until_cue(CueKind.REP)
        for name, value in change.items():
            setattr(person, name, value)
        return room

    def test_a_lift_with_more_than_the_practised_effort_is_asked_to_be_softer(self) -> None:
        room = self.after_a_good_start(amplitude=1.5)
        room.until_cue(CueKind.SOFTER, 30.0)
        assert Note.OVER_EFFORT in room.events(Rep)[-1].notes

    def test_a_jerk_is_asked_to_be_slower(self) -> None:
        room = self.after_a_good_start(rise=0.01)
        room.until_cue(CueKind.SLOWER, 30.0)
        assert room.events(Refused)[-1].reason is Reason.TOO_FAST

    def test_an_open_mouth_is_asked_to_be_closed(self) -> None:
        room = self.after_a_good_start(mouth_open=0.5)
        room.until_cue(CueKind.CLOSE_MOUTH, 30.0)
        assert room.events(Refused)[-1].reason is Reason.MOUTH_OPEN

    def test_a_mouth_open_from_the_start_is_asked_to_be_closed_before_anything_else(self) -> None:
        room = Bedroom(Person(mouth_open=0.5))
        room.begin_session()
        room.until_cue(CueKind.CLOSE_MOUTH, 30.0)
        assert not room.cues(CueKind.PRACTISE)
        room.person.mouth_open = 0.02
        room.until_cue(CueKind.PRACTISE, 30.0)

    def test_the_same_word_is_not_said_after_every_lift(self) -> None:
        room = self.after_a_good_start(amplitude=1.5)
        room.until(lambda: len(room.events(Rep)) == 6)
        assert 1 <= len(self.words(room)) <= 3

    def test_a_word_waits_for_the_sound_of_the_repetition_and_the_invitation_for_both(self) -> None:
        room = self.after_a_good_start(amplitude=1.6)
        word = room.until_cue(CueKind.SOFTER)
        assert word.at - room.cues(CueKind.REP)[-1].at == pytest.approx(0.8)
        assert room.until_cue(CueKind.LIFT).at - word.at == pytest.approx(1.5)

    def test_who_lifts_again_at_once_hears_no_word_about_the_lift_before(self) -> None:
        room = self.after_a_good_start(amplitude=1.6)
        rep = room.until_cue(CueKind.REP)
        room.person.lift(rep.at + 0.1)
        room.until(lambda: room.now > rep.at + 2.0)
        assert not self.words(room)

    def test_a_small_or_short_lift_is_never_asked_for_more(self) -> None:
        room = self.after_a_good_start(amplitude=0.4, holds=2.4)
        room.until(lambda: len(room.events(Refused)) >= 2, 60.0)
        assert {refused.reason for refused in room.events(Refused)} == {Reason.TOO_SMALL}
        assert not self.words(room)


class TestFaceLost:
    def test_in_the_middle_of_a_hold_the_hold_cues_stop(self) -> None:
        person = Person()
        room = Bedroom(person)
        room.begin_session()
        room.until_cue(CueKind.REP)
        room.until(lambda: room.gauge() > 0.3)
        reached = len(room.cues(CueKind.HOLD_REACHED))
        person.away = True
        room.wait(5.0)
        assert len(room.cues(CueKind.HOLD_REACHED)) == reached
        assert room.gauge() == 0.0
        assert room.events(FaceLost)
        assert room.cues(CueKind.FIND_FACE)[-1].aim is Aim.SEARCHING

    def test_it_goes_on_where_it_was_without_a_new_practised_lift(self) -> None:
        person = Person()
        room = Bedroom(person)
        room.begin_session()
        room.until(lambda: len(room.events(Rep)) == 3)
        person.away = True
        room.wait(8.0)
        person.away = False
        room.until(lambda: not room.camera_on)
        assert ended(room).reps == 10
        assert len(room.events(Calibrated)) == 1

    @pytest.mark.parametrize("other", [-0.6, 0.3, 0.8])
    def test_who_comes_back_in_another_place_goes_on_within_seconds(self, other: float) -> None:
        """Seen from elsewhere, a face at rest reads otherwise, by so much of a lift."""
        room = Bedroom()
        room.begin_session()
        after(room, 3)
        room.person.away = True
        room.wait(5.0)
        room.person.away, room.person.yaw = False, 30.0
        room.person.rest += other * room.person.range
        room.until_cue(CueKind.LIFT, 7.0)
        room.until_cue(CueKind.REP, 7.0)
        room.until(lambda: not room.camera_on)
        assert ended(room).reps == 10

    def test_a_glance_away_is_not_worth_a_word(self) -> None:
        person = Person(obeys=False)
        room = Bedroom(person)
        room.begin_session()
        room.until_cue(CueKind.PRACTISE)
        person.obeys = True
        room.until_cue(CueKind.REP)
        person.obeys = False
        room.wait(3.0)
        told = len(aims(room))
        person.away = True
        room.wait(1.0)
        person.away = False
        room.wait(3.0)
        assert len(aims(room)) == told

    def test_a_practised_lift_that_nobody_saw_the_end_of_counts_towards_the_dose(self) -> None:
        person = Person()
        room = Bedroom(person)
        room.begin_session()
        room.until(lambda: room.gauge() > 0.5)
        person.away = True
        room.wait(5.0)
        room.press(2.5)
        assert (ended(room).dose, ended(room).reps) == (1, 0)

    def test_while_resting_the_rest_begins_again(self) -> None:
        person = Person()
        room = Bedroom(person)
        room.begin_session()
        room.until_cue(CueKind.REST)
        person.away = True
        room.wait(3.0)
        assert not room.cues(CueKind.PRACTISE)
        person.away = False
        room.until_cue(CueKind.PRACTISE)
        assert len(room.cues(CueKind.REST)) == 2

    def test_nobody_is_asked_to_rest_who_is_not_there(self) -> None:
        person = Person()
        room = Bedroom(person)
        room.begin_session()
        room.until_cue(CueKind.REST)
        person.away = True
        room.wait(25.0)
        assert len(room.cues(CueKind.REST)) == 1

    def test_coming_and_going_keeps_the_camera_on_no_longer_than_doing_nothing(self) -> None:
        person = Person()
        room = Bedroom(person)
        room.begin_session()
        room.until_cue(CueKind.REST)
        while room.camera_on:
            person.away = not person.away
            room.wait(1.6)
        assert ended(room).ending is Ending.TIMED_OUT
        assert ended(room).time - room.cues(CueKind.REST)[0].at == pytest.approx(60.0)

    def test_in_a_hold_the_lift_is_refused_for_that_and_counts_towards_the_dose(self) -> None:
        room = Bedroom()
        room.begin_session()
        after(room, 1)
        room.until(lambda: room.gauge() > 0.6)
        room.person.away = True
        room.person.let_go(room.now)
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
def test_every_way_out_is_saved_before_it_is_said_and_switches_the_camera_off(
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


class TestHowItEnds:
    def test_a_prompt_does_not_fall_into_a_movement(self) -> None:
        """Who begins to lift just before the prompt hears no invitation while rising."""
        person = Person(obeys=False, rise=1.5)
        room = Bedroom(person)
        room.begin_session()
        began = room.until_cue(CueKind.PRACTISE).at
        person.lift(began + 29.0)
        room.until_cue(CueKind.HOLD_REACHED)
        assert len(room.cues(CueKind.PRACTISE)) == 1

    def test_nor_does_a_word_about_the_picture(self) -> None:
        room = Bedroom(Person(obeys=False, rise=1.5))
        room.begin_session()
        began = room.until_cue(CueKind.PRACTISE).at
        room.person.brightness = 14.0
        room.person.lift(began + 29.0)
        told = len(room.cues())
        room.until_cue(CueKind.HOLD_REACHED)
        assert [cue.kind for cue in room.cues()[told:]] == [CueKind.HOLD_REACHED]

    def test_who_lifts_at_the_last_moment_is_not_left(self) -> None:
        room = Bedroom(Person(rise=1.5))
        room.begin_session()
        after(room, 1)
        room.person.obeys = False
        room.person.lift(room.now + 59.2)
        after(room, 2)
        assert len(room.events(Rep)) == 2

    def test_doing_nothing_is_prompted_and_then_ends_it(self) -> None:
        person = Person()
        room = Bedroom(person)
        room.begin_session()
        room.until(lambda: len(room.events(Rep)) == 2)
        last = room.now
        person.obeys = False
        room.until(lambda: not room.camera_on)
        prompts = [cue.at for cue in room.cues(CueKind.LIFT) if cue.at > last + 5.0]
        assert [at - last for at in prompts] == [pytest.approx(30.0, abs=0.5)]
        end = ended(room)
        assert (end.ending, end.reps) == (Ending.TIMED_OUT, 2)
        assert end.time - last == pytest.approx(60.0, abs=0.5)
        assert room.cues()[-1].kind is CueKind.STOPPED

    def test_eight_reps_and_no_more_is_done_all_the_same(self) -> None:
        person = Person()
        room = Bedroom(person)
        room.begin_session()
        room.until(lambda: len(room.events(Rep)) == 8)
        person.obeys = False
        room.until(lambda: not room.camera_on)
        assert ended(room).ending is Ending.TIMED_OUT
        assert room.cues()[-1].kind is CueKind.DONE

    def test_who_stops_it_hears_that_it_stopped_however_many_the_reps(self) -> None:
        room = Bedroom()
        room.begin_session()
        after(room, 8)
        room.press(2.5)
        assert room.cues()[-1].kind is CueKind.STOPPED

    def test_fifteen_lifts_are_enough_whatever_their_verdict(self) -> None:
        person = Person()
        room = Bedroom(person)
        room.begin_session()
        room.until_cue(CueKind.REP)
        person.holds = 1.0
        room.until(lambda: not room.camera_on)
        end = ended(room)
        assert (end.ending, end.reps, end.dose) == (Ending.DONE, 1, 15)

    def test_so_are_fifteen_holds_of_which_the_last_was_too_little_to_be_judged(self) -> None:
        person = Person(holds=1.0)
        room = Bedroom(person)
        room.begin_session()
        room.until(lambda: len(room.events(Refused)) == 2)
        person.holds = 2.4
        room.until(lambda: bool(room.events(Calibrated)))
        person.holds = 1.0
        room.until(lambda: len(room.events(Refused)) == 13)
        person.obeys, person.holds = False, 3.0
        room.wait(4.0)
        person.rest += 0.28 * person.range
        room.wait(0.7)
        person.amplitude = 0.33
        person.lift(room.now)
        room.until(lambda: not room.camera_on, 20.0)
        end = ended(room)
        assert (end.ending, end.dose) == (Ending.DONE, 15)
        assert len(room.events(Refused)) == 13

    def test_so_are_fifteen_practised_lifts_that_were_each_cut_short_by_a_pause(self) -> None:
        room = Bedroom()
        room.begin_session()
        while room.camera_on:
            room.until(lambda: room.gauge() > 0.4 or not room.camera_on)
            if room.camera_on:
                room.press()
                room.wait(1.0)
                room.press()
        end = ended(room)
        assert (end.ending, end.reps, end.dose) == (Ending.DONE, 0, 15)
        assert len(room.events(Paused)) == 15

    def test_six_minutes_are_enough(self) -> None:
        person = Person(reaction=25.0)
        room = Bedroom(person)
        end = run_to_its_end(room)
        assert end.ending is Ending.DONE
        assert end.reps < 10
        assert end.time - room.events(SessionStarted)[0].time == pytest.approx(360.0)

    def test_two_seconds_in_a_pause_stop_it_too(self) -> None:
        room = Bedroom()
        room.begin_session()
        after(room, 1)
        room.press()
        room.wait(5.0)
        room.press(2.5)
        assert room.events(SessionEnded)[0].ending is Ending.STOPPED

    def test_a_lift_cut_short_by_a_stop_counts_towards_the_dose(self) -> None:
        room = Bedroom()
        room.begin_session()
        room.until(lambda: len(room.events(Rep)) == 1)
        room.until(lambda: room.gauge() > 0.1)
        room.press(2.5)
        assert ended(room).dose == 3

    @pytest.mark.parametrize("practised", [True, False])
    def test_a_lift_in_which_the_session_is_stopped_is_kept_as_cut_off(
        self, practised: bool
    ) -> None:
        room = Bedroom(Person(holds=9.0))
        room.begin_session()
        if practised:
            room.until(lambda: len(room.events(Calibrated)) == 1)
        room.until(lambda: room.gauge() > 0.4)
        room.press(2.5)
        (cut,) = room.events(Refused)
        end = ended(room)
        assert (cut.reason, cut.time) == (Reason.CUT_OFF, end.time)
        assert cut.hold == pytest.approx(2.0 + 0.45 * 2.0, abs=0.3)
        assert (end.dose, end.lifts) == (1 + practised, 1 + practised)
        assert room.outputs.index(cut) < room.outputs.index(end)

    def test_a_lift_in_which_a_pause_becomes_the_end_is_kept_as_cut_off(self) -> None:
        room = Bedroom()
        room.begin_session()
        room.until(lambda: len(room.events(Rep)) == 1)
        room.until(lambda: room.gauge() > 0.4)
        room.press()
        room.until(lambda: not room.camera_on)
        (cut,) = room.events(Refused)
        assert cut.reason is Reason.CUT_OFF
        assert 0.5 < cut.hold < 1.5
        assert (ended(room).dose, ended(room).lifts) == (3, 3)

    def test_a_press_pauses_and_another_resumes(self) -> None:
        room = Bedroom()
        room.begin_session()
        room.until(lambda: len(room.events(Rep)) == 3)
        room.press()
        paused = room.now
        room.wait(100.0)
        assert room.cues()[-1].kind is CueKind.PAUSED
        room.press()
        room.until(lambda: not room.camera_on)
        assert ended(room).reps == 10
        assert room.events(Paused)[0].time == paused
        assert room.events(Resumed)[0].time == pytest.approx(paused + 100.1)
        assert len(room.events(Calibrated)) == 1

    def test_after_a_pause_it_waits_as_long_as_ever_and_no_longer(self) -> None:
        """The prompt after 30 s, the end after 60, both from the press that resumed it."""
        room = Bedroom()
        room.begin_session()
        room.until(lambda: len(room.events(Rep)) == 2)
        room.person.obeys = False
        room.press()
        room.wait(50.0)
        room.press()
        room.until(lambda: not room.camera_on)
        end, resumed = ended(room), room.events(Resumed)[0]
        assert end.ending is Ending.TIMED_OUT
        assert end.time - resumed.time == pytest.approx(60.0)
        assert room.cues(CueKind.LIFT)[-1].at - resumed.time == pytest.approx(30.0)

    def test_a_pause_adds_nothing_to_the_six_minutes(self) -> None:
        room = Bedroom(Person(reaction=25.0))
        room.begin_session()
        room.until_cue(CueKind.PRACTISE)
        room.press()
        room.wait(60.0)
        room.press()
        room.until(lambda: not room.camera_on)
        assert ended(room).time - room.events(SessionStarted)[0].time == pytest.approx(360.0)

    def test_an_edge_that_is_told_late_counts_as_of_now(self) -> None:
        """What is said is in order: a pause does not begin before what was heard already."""
        room = Bedroom()
        room.begin_session()
        heard = room.until_cue(CueKind.HOLD_REACHED).at
        room.told(room.coach.button_down(heard - 0.2))
        room.told(room.coach.button_up(heard - 0.1))
        assert [pause.time for pause in room.events(Paused)] == [heard]

    def test_a_pause_over_two_minutes_ends_it(self) -> None:
        room = Bedroom()
        room.begin_session()
        room.until(lambda: len(room.events(Rep)) == 3)
        room.press()
        room.until(lambda: not room.camera_on)
        end = ended(room)
        assert (end.ending, end.reps) == (Ending.PAUSED_TOO_LONG, 3)
        assert end.time - room.events(Paused)[0].time == pytest.approx(120.0)

    def test_a_lift_cut_short_by_a_pause_counts_once(self) -> None:
        room = Bedroom()
        room.begin_session()
        room.until(lambda: len(room.events(Rep)) == 1)
        room.until(lambda: room.gauge() > 0.4)
        room.press()
        room.wait(10.0)
        room.press()
        room.until(lambda: len(room.events(Rep)) == 2)
        assert [refused.reason for refused in room.events(Refused)] == [Reason.CUT_OFF]
        room.press(2.5)
        assert ended(room).dose == 4

    def test_a_practised_lift_cut_short_by_a_pause_counts_once_too(self) -> None:
        """Nobody judges it any more: it is counted as far as it went, and the next beside it."""
        room = Bedroom()
        room.begin_session()
        room.until(lambda: room.gauge() > 0.4)
        room.press()
        room.wait(10.0)
        room.press()
        room.until(lambda: len(room.events(Rep)) == 1)
        room.wait(0.2)
        room.press(2.5)
        assert len(room.events(Calibrated)) == 1
        assert (ended(room).dose, ended(room).lifts) == (3, 3)

    def test_a_lift_that_outlasts_a_pause_counts_once(self) -> None:
        """Two presses in the wink of an eye: the face was never away, and the lift goes on."""
        room = Bedroom()
        room.begin_session()
        room.until(lambda: len(room.events(Rep)) == 1)
        room.until(lambda: room.gauge() > 0.4)
        room.press(0.05)
        room.press(0.05)
        room.until(lambda: len(room.events(Refused) + room.events(Rep)) == 2)
        room.wait(0.2)
        room.press(2.5)
        assert (ended(room).dose, ended(room).lifts) == (3, 3)

    def test_a_practised_lift_under_half_a_second_is_no_dose(self) -> None:
        room = Bedroom(Person(holds=0.35))
        room.begin_session()
        room.until(lambda: bool(room.events(Refused)))
        room.wait(0.2)
        room.press(2.5)
        assert (ended(room).dose, ended(room).lifts) == (0, 1)

    def test_fingers_put_down_while_practising_are_not_taken_for_the_practised_lift(self) -> None:
        """The face never falls back: it is another rest, and the next lift is the measure."""
        person = Person(range=0.09, holds=30.0)
        room = Bedroom(person)
        room.begin_session()
        room.until(lambda: bool(room.events(Refused)), 40.0)
        assert room.events(Refused)[0].reason is Reason.NO_REST
        assert not room.events(Calibrated)
        person.rest, person.range, person.holds = person.rest + 0.09, 0.14, None
        person.lift(room.now + 5.0)
        room.until(lambda: bool(room.events(Calibrated)))
        assert room.events(Calibrated)[0].practised == pytest.approx(0.14, abs=0.01)
        assert room.events(Calibrated)[0].rest == pytest.approx(0.12, abs=0.01)

    def test_a_practised_lift_of_all_that_somebody_can_is_asked_for_again(self) -> None:
        """Comfortable lifts are less than half of it; nobody is asked for more of those."""
        room = Bedroom(Person(amplitude=2.2, holds=2.4))
        room.begin_session()
        room.until(lambda: bool(room.events(Calibrated)))
        room.person.amplitude = 0.95
        room.until(lambda: not room.camera_on)
        assert [one.reason for one in room.events(Refused)] == 3 * [Reason.TOO_SMALL]
        assert len(room.cues(CueKind.PRACTISE)) == 2
        _, again = room.events(Calibrated)
        assert again.practised == pytest.approx(0.95 * room.person.range, rel=0.1)
        end = ended(room)
        assert (end.reps, end.dose, end.ending) == (10, 15, Ending.DONE)

    def test_so_it_is_if_the_last_of_them_was_done_while_the_face_was_looked_for(self) -> None:
        room = Bedroom(Person(amplitude=2.2, holds=2.4))
        room.begin_session()
        room.until(lambda: bool(room.events(Calibrated)))
        room.person.amplitude = 0.95
        room.until(lambda: len(room.events(Refused)) == 2)
        room.person.away = True
        room.wait(0.7)
        room.person.away, room.person.x = False, 0.85
        room.person.lift(room.now + 1.5)
        room.until(lambda: len(room.events(Refused)) == 3)
        room.person.x = 0.5
        room.until_cue(CueKind.PRACTISE, 10.0)
        room.until(lambda: not room.camera_on)
        assert len(room.events(Calibrated)) == 2
        assert ended(room).reps == 10

    def test_small_lifts_after_one_that_counted_ask_for_nothing(self) -> None:
        room = Bedroom()
        room.begin_session()
        after(room, 1)
        room.person.amplitude = 0.42
        room.until(lambda: len(room.events(Refused)) == 5)
        assert len(room.cues(CueKind.PRACTISE)) == 1

    def test_practising_in_vain_goes_on_with_the_range_there_is(self) -> None:
        person = Person(holds=2.4)
        room = Bedroom(person)
        room.begin_session()
        room.until_cue(CueKind.PRACTISE)
        person.mouth_open = 0.5
        room.until_cue(CueKind.LIFT, 120.0)
        assert not room.events(Calibrated)


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
            person.let_go(math.inf)
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
            person.let_go(math.inf)
            person.lift(room.now)
            room.until_cue(CueKind.LET_GO)
            room.wait(1.15)  # Down again, and no time to be so.
        room.wait(5.0)
        assert Reason.NO_REST in {refused.reason for refused in room.events(Refused)}

    @pytest.mark.parametrize(
        ("how", "reason"), [({}, Reason.NO_REST), ({"mouth_open": 0.5}, Reason.MOUTH_OPEN)]
    )
    def test_who_never_pauses_hears_why_it_does_not_count(
        self, how: dict[str, float], reason: Reason
    ) -> None:
        """Each lift begins too soon for the word about the one before, which comes at its end."""
        room = Bedroom()
        room.begin_session()
        room.until_cue(CueKind.REP)
        vars(room.person).update(how, obeys=False, holds=2.2)
        for done in range(1, 7):
            room.person.lift(room.now + 0.1)
            room.until(lambda done=done: len(room.events(Refused)) == done)  # type: ignore[misc]
        refused = room.events(Refused)
        assert {one.reason for one in refused} == {reason}
        words = [cue.at for cue in room.cues(CueKind.REST, CueKind.CLOSE_MOUTH)[1:]]
        assert words == [refused[1].time, refused[4].time]

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


def test_a_session_at_half_the_frames_with_a_side_unseen_now_and_then_loses_no_repetition() -> None:
    """14 frames a second, and in a fifth of them nobody knows what the left side did."""
    room = Bedroom(fps=14.0)
    seen_whole = room.person.sample

    def holey(time: float, random: Random) -> LiftSample:
        sample = seen_whole(time, random)
        return replace(sample, left=math.nan) if int(time * 7) % 5 == 0 else sample

    room.person.sample = holey  # type: ignore[method-assign]
    end = run_to_its_end(room)
    assert (end.ending, end.reps) == (Ending.DONE, 10)
    assert not room.events(Refused)
