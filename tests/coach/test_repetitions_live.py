"""What the counter knows while a lift lasts, and how it learns a person's rest and range."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from device.coach.agenda import IllegalInput, follow
from device.coach.counting.calibration import CalibrationError
from device.coach.counting.counter import RepetitionCounter
from device.coach.counting.phases import TRANSITIONS, LiftWatch, Phase, Trigger
from device.coach.events import Note, Reason, Rep
from device.sample import LiftSample
from tests.lift_traces import (
    RANGE,
    REST,
    Face,
    Piece,
    feed,
    lift,
    nobody,
    refusals,
    reps,
    rest,
    talking,
    trace,
)
from tools.sets.script import least_jerk


def calibrated() -> RepetitionCounter:
    counter = RepetitionCounter()
    counter.begin_rest()
    feed(counter, trace(rest(2.5), lift(), rest(1.0), begin=-20.0))
    counter.adopt_lift()
    return counter


def test_the_phases_of_a_lift_come_in_their_order() -> None:
    counter = RepetitionCounter()
    phases = [counter.phase]
    for sample in trace(nobody(0.5), rest(1.0), lift(), rest(1.0), nobody(1.0)):
        counter.feed(sample)
        if counter.phase is not phases[-1]:
            phases.append(counter.phase)
    assert phases == [
        Phase.LOST,
        Phase.REST,
        Phase.ONSET,
        Phase.HOLD,
        Phase.OFFSET,
        Phase.REST,
        Phase.LOST,
    ]


@pytest.mark.parametrize("fps", [12.0, 30.0, 60.0])
@pytest.mark.parametrize("rise", [0.3, 0.6, 1.0])
def test_the_apex_known_while_holding_is_the_apex_reported(fps: float, rise: float) -> None:
    counter = calibrated()
    early = standing = None
    told: list[Rep] = []
    for sample in trace(rest(1.0), lift(rise=rise), rest(1.0), fps=fps, noise=0.004):
        told += reps(counter.feed(sample))
        if counter.apex_time is not None:
            early = counter.apex_time if early is None else early
            if sample.time > counter.apex_time + 1.2:
                standing = counter.apex_time if standing is None else standing
                assert counter.apex_time == standing
    assert early == pytest.approx(told[0].apex, abs=0.2)
    assert standing == pytest.approx(told[0].apex, abs=0.15)


@pytest.mark.parametrize("fps", [10.0, 15.0, 20.0, 30.0])
@pytest.mark.parametrize("fall", [0.0, 0.02, 0.1, 0.3])
def test_letting_go_early_makes_no_hold_longer(fps: float, fall: float) -> None:
    """What falls in a frame or two was not held since long ago."""
    for hold in (0.3, 0.5, 0.8):
        counter = calibrated()
        for sample in trace(rest(1.0), lift(hold=hold, fall=fall), rest(1.0), fps=fps):
            counter.feed(sample)
            assert counter.apex_time is None or counter.apex_time > 1.3


def test_a_rise_in_two_steps_is_held_once_it_is_up() -> None:
    """Somebody smiles first, and lifts some seconds later: the hold is not told seconds late."""
    up = Piece(0.6, lambda t: Face(height=0.4 + 0.6 * least_jerk(t / 0.6)))
    smiled = [rest(2.0), lift(height=0.4, hold=4.0, fall=0.0), up]
    begins = trace(*smiled)[-1].time
    counter = calibrated()
    feed(counter, trace(*smiled, rest(2.4, height=1.0)))
    apex = counter.apex_time
    assert apex == pytest.approx(begins, abs=0.5)
    for sample in trace(rest(2.0), begin=begins + 2.5):
        counter.feed(sample)
        assert counter.apex_time in (apex, None)


def test_a_short_dip_that_is_slow_to_come_back_is_a_dip() -> None:
    """A trembling hold is not begun anew for what measuring will not take for its end."""
    trembling = Piece(0.5, lambda t: Face(height=0.5 if t < 0.2 else 0.72))
    down = Piece(0.6, lambda t: Face(height=1.0 - least_jerk(t / 0.6)))
    lifted = lift(hold=1.5, fall=0.0, after=1.0)
    counter = calibrated()
    told: list[Rep] = []
    apexes = []
    for sample in trace(rest(1.0), lifted, trembling, rest(1.0, height=1.0), down, rest(2.0)):
        told += reps(counter.feed(sample))
        if counter.apex_time is not None and sample.time > 3.0:
            apexes.append(counter.apex_time)
    assert max(apexes) == min(apexes)
    assert [rep.hold for rep in told] == [pytest.approx(3.0, abs=0.2)]


def test_the_hold_is_known_in_time_for_its_cue() -> None:
    counter = calibrated()
    for sample in trace(rest(1.0), lift(hold=2.4)):
        counter.feed(sample)
        if counter.apex_time is not None:
            assert sample.time - counter.apex_time < 0.5
            return
    pytest.fail("no hold was seen")


def test_level_and_peak_are_fractions_of_the_practised_lift() -> None:
    counter = calibrated()
    feed(counter, trace(rest(1.0), lift(hold=1.5, height=0.8, fall=0.0, after=0.8)))
    assert counter.level == pytest.approx(0.8, abs=0.05)
    assert counter.peak == pytest.approx(0.8, abs=0.05)
    assert not counter.mouth_wide


def test_without_a_face_there_is_no_level() -> None:
    counter = calibrated()
    feed(counter, trace(nobody(1.0)))
    assert math.isnan(counter.level)
    assert counter.apex_time is None


def test_an_open_mouth_is_known_at_once() -> None:
    counter = calibrated()
    feed(counter, trace(rest(1.0), lift(mouth=0.5, hold=0.5, fall=0.0, after=1.0)))
    assert counter.mouth_wide


# Rest


def test_rest_is_gathered_while_the_face_is_still() -> None:
    counter = RepetitionCounter()
    counter.begin_rest()
    feed(counter, trace(rest(3.0), noise=0.004))
    assert counter.rested > 2.0


@pytest.mark.parametrize("disturbance", [lift(hold=0.5), nobody(1.0), talking(2.0)])
def test_a_disturbed_rest_begins_again(disturbance: object) -> None:
    counter = RepetitionCounter()
    counter.begin_rest()
    feed(counter, trace(rest(1.8), disturbance))  # type: ignore[arg-type]
    assert counter.rested < 1.0


def test_begin_rest_forgets_a_lift_in_progress() -> None:
    counter = RepetitionCounter()
    feed(counter, trace(rest(2.0), lift(hold=1.0, fall=0.0, after=1.0)))
    counter.begin_rest()
    assert counter.phase is Phase.REST
    assert counter.peak == 0.0
    events = feed(counter, trace(rest(3.0), begin=10.0))
    assert not reps(events)
    assert not refusals(events)


def test_begin_rest_before_any_face_waits_for_one() -> None:
    counter = RepetitionCounter()
    counter.begin_rest()
    assert counter.phase is Phase.LOST
    assert counter.rested == 0.0


def test_rest_drifts_with_the_face_but_never_while_it_is_lifted() -> None:
    counter = calibrated()
    drift = [rest(1.0, height=step / 40) for step in range(24)]
    feed(counter, trace(*drift))
    assert counter.level < 0.3
    before = counter.level
    feed(counter, trace(lift(hold=8.0, fall=0.0, after=1.0), begin=24.1))
    assert counter.level == pytest.approx(before + 1.0 - 24 / 40 + 0.025, abs=0.3)


def test_a_head_that_is_turned_teaches_no_rest() -> None:
    counter = calibrated()
    feed(counter, trace(rest(20.0), rest(5.0, height=0.25, yaw=30.0), rest(0.5)))
    assert counter.level == pytest.approx(0.0, abs=0.1)


def test_the_way_back_from_below_rest_is_no_lift() -> None:
    counter = calibrated()
    happened = feed(counter, trace(rest(30.0), rest(4.5, height=-0.7), rest(14.0)))
    assert not reps(happened)
    assert not refusals(happened)
    assert counter.level == pytest.approx(0.0, abs=0.05)


def test_a_lift_from_below_rest_that_is_let_go_to_rest_counts() -> None:
    # A head that had sunk into the pillow comes up during the lift.
    coming_up = Piece(1.0, lambda t: Face(height=-0.35 + 1.25 * least_jerk(t)))
    held = rest(2.4, height=0.9)
    letting_go = Piece(0.6, lambda t: Face(height=0.9 * (1.0 - least_jerk(t / 0.6))))
    lifted = trace(rest(50.0), rest(4.5, height=-0.35), coming_up, held, letting_go, rest(2.0))
    happened = feed(calibrated(), lifted)
    assert len(reps(happened)) == 1
    assert not refusals(happened)


# The practised lift


@pytest.mark.parametrize("size", [0.6, 1.0, 1.7])
def test_a_practised_lift_becomes_the_measure_of_all_others(size: float) -> None:
    counter = RepetitionCounter()
    counter.begin_rest()
    feed(counter, trace(rest(2.5), lift(height=size), rest(1.0)))
    adopted = counter.adopt_lift()
    assert adopted.practised == pytest.approx(size * RANGE, rel=0.05)
    assert adopted.rest == pytest.approx(REST, abs=0.005)
    lifts = [rest(1.0), lift(height=size), rest(1.0), lift(height=0.4 * size), rest(1.0)]
    again = trace(*lifts, begin=10.0)
    events = feed(counter, again)
    (rep,) = reps(events)
    assert rep.peak == pytest.approx(1.0, abs=0.05)
    assert rep.left == pytest.approx(1.0, abs=0.1)
    (small,) = refusals(events)
    assert small.peak == pytest.approx(0.4, abs=0.05)


def test_a_practised_lift_can_be_given_as_samples() -> None:
    counter = RepetitionCounter.population()
    shown = trace(rest(1.0), lift(height=0.7), rest(0.5))
    assert counter.practise(shown).practised == pytest.approx(0.7 * RANGE, rel=0.05)


def test_a_practised_lift_may_be_cut_to_its_hold() -> None:
    counter = RepetitionCounter.population()
    feed(counter, trace(rest(3.0)))
    held = trace(rest(2.0, height=0.8), begin=4.0)
    assert counter.practise(held).practised == pytest.approx(0.8 * RANGE, rel=0.1)


def test_what_cannot_be_a_practised_lift_is_refused_and_the_range_stays() -> None:
    counter = calibrated()
    feed(counter, trace(rest(1.0), lift(height=0.2, hold=3.0), rest(1.0)))
    feed(counter, trace(rest(1.0), lift(height=3.5), rest(1.0), begin=10.0))
    with pytest.raises(CalibrationError, match="comfortable"):
        counter.adopt_lift()
    with pytest.raises(CalibrationError):
        counter.practise([])
    with pytest.raises(CalibrationError):
        counter.practise(trace(nobody(2.0)))
    (rep,) = reps(feed(counter, trace(rest(1.0), lift(), rest(1.0), begin=20.0)))
    assert rep.peak == pytest.approx(1.0, abs=0.1)


def test_what_turning_the_head_does_to_the_sides_is_no_onesidedness() -> None:
    happened = feed(calibrated(), trace(rest(1.0), lift(left=1.3, right=0.6, yaw=12.0), rest(1.0)))
    assert len(reps(happened)) == 1
    idle = feed(calibrated(), trace(rest(1.0), lift(left=1.0, right=0.1, yaw=15.0), rest(1.0)))
    assert [refused.reason for refused in refusals(idle)] == [Reason.HEAD_MOVED]


def turned(samples: list[LiftSample], yaw: float, pitch: float = 0.0) -> list[LiftSample]:
    """The same samples of a head that is turned all the time."""
    return [replace(sample, yaw=yaw, pitch=pitch) for sample in samples]


@given(yaw=st.floats(-50.0, 50.0), pitch=st.floats(-30.0, 30.0))
@example(yaw=-44.0, pitch=7.0)
@example(yaw=42.0, pitch=17.0)
@settings(max_examples=20, deadline=None)
def test_a_side_is_idle_only_as_far_as_it_can_be_seen(yaw: float, pitch: float) -> None:
    """The far side of a lift seen from the side is no reason to refuse it, and no lag either."""
    left, right = (0.3, 1.0) if yaw > 0.0 else (1.0, 0.3)
    far_idle = trace(rest(2.0), lift(left=left, right=right), rest(1.0), lift(), rest(1.0))
    happened = feed(RepetitionCounter.population(), turned(far_idle, yaw, pitch))
    if abs(yaw) > 30.0:
        assert [rep.notes for rep in reps(happened)] == [(), ()]
    near_idle = trace(rest(2.0), lift(left=right, right=left), rest(1.0))
    happened = feed(RepetitionCounter.population(), turned(near_idle, yaw, pitch))
    if abs(yaw) > 10.0 and math.hypot(yaw, pitch) <= 45.0:
        assert [refused.reason for refused in refusals(happened)] == [Reason.ONE_SIDED]


@pytest.mark.parametrize("yaw", [-8.0, 0.0, 8.0])
def test_from_in_front_an_idle_side_is_refused(yaw: float) -> None:
    for left, right in ((0.3, 1.0), (1.0, 0.3)):
        shown = trace(rest(2.0), lift(left=left, right=right), rest(1.0))
        happened = feed(RepetitionCounter.population(), turned(shown, yaw))
        assert [refused.reason for refused in refusals(happened)] == [Reason.ONE_SIDED]


@pytest.mark.parametrize(("left_late", "yaw"), [(0.32, 40.0), (-0.32, -40.0)])
def test_a_side_that_is_hardly_seen_is_not_said_to_lag(left_late: float, yaw: float) -> None:
    shown = trace(rest(2.0), lift(left_late=left_late), rest(1.0))
    lags = {Note.LEFT_LAGS, Note.RIGHT_LAGS}
    (in_front,) = reps(feed(RepetitionCounter.population(), shown))
    (aside,) = reps(feed(RepetitionCounter.population(), turned(shown, yaw)))
    assert lags & {*in_front.notes}
    assert not lags & {*aside.notes}


@pytest.mark.parametrize(("before", "after", "height"), [(0.0, 44.0, 0.45), (44.0, 0.0, 1.6)])
def test_the_practised_range_is_carried_over_when_the_head_turns(
    before: float, after: float, height: float
) -> None:
    """Seen from the side a lift shows half: it is neither too small there nor an effort here."""
    counter = RepetitionCounter()
    counter.begin_rest()
    feed(counter, turned(trace(rest(2.5), lift(), rest(1.0), begin=-20.0), before))
    counter.adopt_lift()
    shown = trace(rest(5.0), lift(height=height), rest(1.0), begin=-10.0)
    (rep,) = reps(feed(counter, turned(shown, after)))
    assert rep.peak == pytest.approx(0.85, abs=0.1)
    assert rep.notes == ()


def test_who_is_first_seen_from_the_side_may_lift_as_little_as_is_seen_there() -> None:
    shown = trace(rest(2.0), lift(height=0.42), rest(1.0))
    in_front = feed(RepetitionCounter.population(), shown)
    assert [refused.reason for refused in refusals(in_front)] == [Reason.TOO_SMALL]
    assert len(reps(feed(RepetitionCounter.population(), turned(shown, 35.0)))) == 1


def shown_by_skin(samples: list[LiftSample], full: float = 1.0) -> list[LiftSample]:
    """The same samples with what the network sees, which is `full` in a full lift."""
    return [
        replace(
            sample,
            seen_left=0.3 + full * (sample.lift - REST) / RANGE,
            seen_right=0.1 + full * (sample.lift - REST) / RANGE,
        )
        for sample in samples
    ]


def faint(samples: list[LiftSample], share: float) -> list[LiftSample]:
    """The same samples of landmarks that show only so much of a lift."""
    return [
        replace(
            sample,
            lift=REST + share * (sample.lift - REST),
            left=share * sample.left,
            right=share * sample.right,
        )
        for sample in samples
    ]


@pytest.mark.parametrize("full", [0.6, 1.0])
def test_from_the_side_a_lift_is_what_the_network_sees(full: float) -> None:
    """There the landmarks show a third of it, which is too little for a repetition."""
    lifts = [piece for _ in range(3) for piece in (lift(), rest(2.0))]
    there = shown_by_skin(turned(trace(rest(2.0), *lifts), 45.0), full)
    blind = [replace(sample, seen_left=math.nan) for sample in there]
    assert len(reps(feed(RepetitionCounter.population(), faint(there, 0.3)))) == 3
    assert not reps(feed(RepetitionCounter.population(), faint(blind, 0.3)))


@pytest.mark.parametrize(("idle", "yaw"), [("left", 40.0), ("right", -40.0)])
def test_what_turning_hides_of_a_side_the_network_may_see(idle: str, yaw: float) -> None:
    """What is hidden is taken to have gone along only as far as nothing else saw it idle."""
    even = [piece for _ in range(2) for piece in (lift(), rest(2.0))]
    left, right = (0.2, 1.0) if idle == "left" else (1.0, 0.2)
    shown = turned(trace(rest(2.0), *even, lift(left=left, right=right), rest(1.0)), yaw)
    span = 0.3 * RANGE
    asked = [
        replace(
            sample,
            seen_left=(sample.left - shown[0].left) / span,
            seen_right=(sample.right - shown[0].right) / span,
        )
        for sample in shown
    ]
    assert len(reps(feed(RepetitionCounter.population(), shown))) == 3
    happened = feed(RepetitionCounter.population(), asked)
    assert len(reps(happened)) == 2
    assert [refused.reason for refused in refusals(happened)] == [Reason.ONE_SIDED]


@given(st.lists(st.floats(-3.0, 3.0), min_size=1, max_size=5), st.floats(-8.0, 8.0))
@settings(max_examples=20, deadline=None)
def test_in_front_the_network_has_no_say_in_how_far_a_lift_goes(
    seen: list[float], yaw: float
) -> None:
    """It has one in whether that was a lift, once it is over."""
    plain = turned(trace(rest(2.0), lift()), yaw)
    asked = [
        replace(sample, seen_left=one, seen_right=one)
        for number, sample in enumerate(plain)
        for one in [seen[number % len(seen)]]
    ]
    one, other = RepetitionCounter.population(), RepetitionCounter.population()
    levels = [
        [one.feed(a), other.feed(b), one.level - other.level]
        for a, b in zip(plain, asked, strict=True)
    ]
    assert all(level[2] == pytest.approx(0.0, abs=1e-9) for level in levels)


@pytest.mark.parametrize(("before", "after"), [(0.0, 44.0), (23.0, 44.0), (44.0, 44.0)])
def test_how_much_the_network_sees_of_a_person_is_known_from_the_practised_lift(
    before: float, after: float
) -> None:
    def watched(yaw: float, samples: list[LiftSample]) -> list[LiftSample]:
        share = max(0.5, math.cos(math.radians(yaw)) ** 2)
        return faint(shown_by_skin(turned(samples, yaw), 0.7), share)

    counter = RepetitionCounter()
    counter.begin_rest()
    practised = watched(before, trace(rest(2.5), lift(), rest(1.0), begin=-20.0))
    feed(counter, practised)
    went = max(sample.lift for sample in practised) - practised[0].lift
    assert counter.adopt_lift().practised == pytest.approx(went, rel=0.05)
    (rep,) = reps(feed(counter, watched(after, trace(rest(5.0), lift(), rest(1.0), begin=-10.0))))
    assert rep.peak == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(("hold", "told"), [(3.2, False), (3.8, True)])
def test_a_hold_of_more_than_three_and_a_half_seconds_is_told(hold: float, told: bool) -> None:
    (rep,) = reps(feed(calibrated(), trace(rest(1.0), lift(hold=hold), rest(1.0))))
    assert (Note.HELD_LONG in rep.notes) is told


def test_a_lift_that_comes_to_stay_above_rest_is_reported_within_seconds() -> None:
    shown = trace(rest(1.0), lift(after=0.4), rest(3.0, height=0.4))
    assert len(reps(feed(calibrated(), shown))) == 1


def test_an_unsteady_lift_is_given_up_after_twenty_seconds_and_a_steady_one_after_twelve() -> None:
    def given_up(hold: float, tremor: float) -> bool:
        shown = trace(rest(1.0), lift(hold=hold, tremor=tremor), rest(1.0))
        return Reason.NO_REST in [one.reason for one in refusals(feed(calibrated(), shown))]

    assert not given_up(10.0, 0.0)
    assert given_up(14.0, 0.0)
    assert not given_up(14.0, 0.25)
    assert given_up(24.0, 0.25)


def test_partial_lifts_do_not_grow_into_whole_ones() -> None:
    counter = calibrated()
    happened = feed(counter, trace(rest(1.0), *[lift(height=0.8, hold=2.1), rest(1.0)] * 25))
    assert reps(happened)[-1].peak == pytest.approx(0.8 * 1.12, abs=0.02)


def test_without_a_lift_there_is_nothing_to_adopt() -> None:
    with pytest.raises(CalibrationError):
        RepetitionCounter().adopt_lift()


def test_the_range_of_an_unknown_person_is_learnt_from_their_repetitions() -> None:
    counter = RepetitionCounter.population()
    events = feed(counter, trace(rest(2.0), *[lift(height=2.2), rest(1.6)] * 6))
    peaks = [rep.peak for rep in reps(events)]
    assert peaks[0] == pytest.approx(2.2, abs=0.1)
    assert peaks[-1] == pytest.approx(1.0, abs=0.1)


def test_a_laugh_taken_for_a_repetition_does_not_spoil_the_range_for_good() -> None:
    counter = RepetitionCounter.population()
    feed(counter, trace(rest(2.0), *[lift(height=2.4), rest(1.6)] * 3))
    quiet = trace(*[lift(height=0.9), rest(1.6)] * 8, begin=30.0)
    assert len(reps(feed(counter, quiet))) >= 6


# The table


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("trigger", Trigger)
def test_a_trigger_that_a_phase_does_not_know_is_a_named_error(
    phase: Phase, trigger: Trigger
) -> None:
    if trigger in TRANSITIONS[phase]:
        assert follow(TRANSITIONS, phase, trigger) in Phase
    else:
        with pytest.raises(IllegalInput):
            follow(TRANSITIONS, phase, trigger)


def test_an_illegal_trigger_leaves_the_phase_as_it_was() -> None:
    watch = LiftWatch()
    with pytest.raises(IllegalInput):
        watch.lose()
    assert watch.phase is Phase.LOST


def test_every_phase_can_be_reached_and_left() -> None:
    reached = {after for row in TRANSITIONS.values() for after in row.values()}
    assert reached == set(Phase)
    for phase in Phase:
        assert set(TRANSITIONS[phase].values()) - {phase}
