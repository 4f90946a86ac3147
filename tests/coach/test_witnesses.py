"""What S says is heard beside what else is seen: the skin, the jaw and the eyes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from device.coach.counting import RepetitionCounter
from device.coach.counting.measure import POPULATION_SIDE
from device.coach.events import Reason
from device.sample import LiftSample
from tests.lift_traces import RANGE, REST, feed, lift, refusals, reps, rest, trace

JAW_AT_REST, EYES_OPEN = 1.3, 0.3


def height(sample: LiftSample) -> float:
    return (sample.lift - REST) / RANGE


def seen(samples: list[LiftSample], network: Callable[[LiftSample], float]) -> list[LiftSample]:
    """The same samples with what the network says of both sides, from a zero of its own."""
    return [
        replace(sample, seen_left=0.3 + said, seen_right=0.1 + said)
        for sample in samples
        for said in [network(sample)]
    ]


def after_practice(network: float = 0.7) -> RepetitionCounter:
    """A counter that has seen somebody practise, of whose lift the network sees so much."""
    counter = RepetitionCounter()
    counter.begin_rest()
    shown = trace(rest(2.5), lift(), rest(1.0), begin=-20.0)
    feed(counter, seen(shown, lambda sample: network * height(sample)))
    counter.adopt_lift()
    return counter


# The skin


def test_a_rise_of_the_corners_that_the_skin_does_not_show_is_no_lift() -> None:
    """As in eyes that sink shut, a yawn behind a hand, or lips that are pressed together."""
    pressed = trace(rest(2.0), lift(height=0.8), rest(1.0))
    happened = feed(after_practice(), seen(pressed, lambda sample: 0.2 * height(sample)))
    assert [refused.reason for refused in refusals(happened)] == [Reason.TOO_SMALL]


def test_a_whole_lift_of_the_corners_counts_if_the_skin_shows_some_of_it() -> None:
    """As with fingers on the cheeks, in the dark."""
    shown = seen(trace(rest(2.0), lift(), rest(1.0)), lambda sample: 0.2 * height(sample))
    assert len(reps(feed(after_practice(), shown))) == 1


def test_what_draws_lips_and_skin_up_and_leaves_the_corners_is_no_lift() -> None:
    """As a nose that is wrinkled."""
    wrinkled = trace(rest(2.0), lift(height=0.8, left=0.1, right=0.1), rest(1.0))
    shown = seen(wrinkled, lambda sample: 0.7 * height(sample))
    (refused,) = refusals(feed(RepetitionCounter.population(), shown))
    assert refused.reason is Reason.TOO_SMALL


def test_from_the_side_the_skin_speaks_for_corners_that_are_hardly_seen() -> None:
    aside = trace(rest(2.0), lift(height=0.8, left=0.1, right=0.1), rest(1.0))
    shown = seen(aside, lambda sample: 0.7 * height(sample))
    turned = [replace(sample, yaw=40.0) for sample in shown]
    assert len(reps(feed(RepetitionCounter.population(), turned))) == 1


def test_corners_that_shake_as_much_as_they_rise_may_have_risen_further() -> None:
    """As with fingers on the cheeks, in the dark."""
    random = Random(5)
    counted = []
    for noise in (0.02, 0.4):
        lifts = trace(rest(2.0), lift(left=0.15, right=0.15), rest(1.0))
        shaken = [
            replace(one, left=one.left + POPULATION_SIDE * RANGE * random.gauss(0.0, noise))
            for one in lifts
        ]
        happened = feed(after_practice(), seen(shaken, lambda sample: 0.7 * height(sample)))
        counted.append(len(reps(happened)))
    assert counted == [0, 1]


@pytest.mark.parametrize("network", [0.3, 0.7, 1.4])
def test_how_far_the_skin_goes_is_the_persons_own(network: float) -> None:
    shown = seen(trace(rest(2.0), lift(), rest(1.0)), lambda sample: network * height(sample))
    assert len(reps(feed(after_practice(network), shown))) == 1


@pytest.mark.parametrize("asked", [math.nan, 0.0])
def test_while_the_network_is_silent_the_corners_decide(asked: float) -> None:
    """It was not asked, or saw nothing of the practised lift either."""
    shown = seen(trace(rest(2.0), lift(), rest(1.0)), lambda _: asked)
    assert len(reps(feed(after_practice(asked), shown))) == 1


def test_a_network_that_hardly_sees_somebody_is_silent() -> None:
    """Dark skin in a dark room: what it says of lifts is noise."""
    shown = seen(trace(rest(2.0), lift(), rest(1.0)), lambda _: 0.02)
    assert len(reps(feed(after_practice(0.1), shown))) == 1


@pytest.mark.parametrize(("network", "counted"), [(0.1, 0), (0.5, 1)])
def test_from_the_side_too_nobodys_lift_goes_so_little_far_for_the_network(
    network: float, counted: int
) -> None:
    """As lips that are pressed by somebody nobody knows."""
    pressed = trace(rest(2.0), lift(height=0.6), rest(1.0))
    shown = seen(pressed, lambda sample: network * height(sample) / 0.6)
    turned = [replace(sample, yaw=35.0) for sample in shown]
    assert len(reps(feed(RepetitionCounter.population(), turned))) == counted


def test_a_network_that_saw_the_practised_lift_in_another_light_gives_way() -> None:
    lifts = [piece for _ in range(5) for piece in (lift(height=0.7), rest(2.0))]
    shown = seen(trace(rest(2.0), *lifts), lambda sample: 0.3 * height(sample))
    happened = feed(after_practice(1.0), shown)
    assert len(refusals(happened)) == 2
    assert len(reps(happened)) == 3


def test_what_another_witness_refused_does_not_make_it_give_way() -> None:
    """A hand over the face moves no side of it; the press after it is as little of a lift."""
    hands = trace(*[rest(2.0), lift(height=0.9, left=0.1, right=0.1)] * 2, rest(2.0))
    pressed = trace(lift(height=0.6), rest(2.0), begin=hands[-1].time + 0.03)
    happened = feed(after_practice(), seen(hands + pressed, lambda _: 0.0))
    assert [refused.reason for refused in refusals(happened)] == 3 * [Reason.TOO_SMALL]


# The mouth


def mouth(samples: list[LiftSample], gap: float, jaw: float) -> list[LiftSample]:
    """The same samples; in a lift the lips part by `gap` and the jaw drops by `jaw`."""
    return [
        replace(
            sample,
            mouth_open=0.02 + gap * min(1.0, height(sample)),
            jaw=JAW_AT_REST + jaw * min(1.0, height(sample)),
        )
        for sample in samples
    ]


@pytest.mark.parametrize(
    ("gap", "jaw", "counts"),
    [
        pytest.param(0.0, 0.0, True, id="closed"),
        pytest.param(0.17, 0.04, True, id="bared teeth"),
        pytest.param(0.18, 0.15, False, id="visibly open"),
        pytest.param(0.13, 0.09, False, id="open by a little"),
        pytest.param(0.02, 0.15, True, id="the head tipped back"),
        pytest.param(0.17, math.nan, True, id="a trace that does not know the jaw"),
    ],
)
def test_a_jaw_that_drops_opens_the_mouth_and_bared_teeth_do_not(
    gap: float, jaw: float, counts: bool
) -> None:
    shown = mouth(trace(rest(2.0), lift(), rest(1.0)), gap, jaw)
    happened = feed(RepetitionCounter.population(), shown)
    assert len(reps(happened)) == counts
    assert [refused.reason for refused in refusals(happened)] == (1 - counts) * [Reason.MOUTH_OPEN]


# The eyes


def blinking(
    samples: list[LiftSample], begin: float, seconds: float, leak: float
) -> list[LiftSample]:
    """The same samples with eyes that are shut for a while, which raises the corners by `leak`."""
    return [
        replace(
            sample,
            eyes_open=0.2 * EYES_OPEN if shut else EYES_OPEN,
            lift=sample.lift + shut * leak * RANGE,
        )
        for sample in samples
        for shut in [begin <= sample.time < begin + seconds]
    ]


@pytest.mark.parametrize("begin", [2.6, 3.5, 4.7])
def test_a_blink_does_not_shape_a_hold(begin: float) -> None:
    plain = trace(rest(2.0), lift(), rest(1.0))
    (rep,) = reps(feed(RepetitionCounter.population(), blinking(plain, begin, 0.3, 0.7)))
    (undisturbed,) = reps(feed(RepetitionCounter.population(), plain))
    assert rep.hold == pytest.approx(undisturbed.hold, abs=0.1)
    assert rep.peak == pytest.approx(undisturbed.peak, abs=0.02)


def test_a_blink_does_not_shape_the_practised_lift_either() -> None:
    """Neither that of a session nor one that is given as samples, as a replay does."""
    plain = trace(rest(2.0), lift(height=0.8), rest(1.0))
    shown = blinking(plain, 3.5, 0.3, 0.9)
    session, given = RepetitionCounter.population(), RepetitionCounter.population()
    feed(session, shown)
    assert session.adopt_lift().practised == pytest.approx(0.8 * RANGE, rel=0.03)
    assert given.practise(shown).practised == pytest.approx(0.8 * RANGE, rel=0.03)


def test_who_keeps_the_eyes_shut_from_beginning_to_end_is_counted_as_any_other() -> None:
    lifts = [piece for _ in range(3) for piece in (lift(), rest(2.0))]
    shown = blinking(trace(rest(2.0), *lifts), 0.0, math.inf, 0.0)
    assert len(reps(feed(RepetitionCounter.population(), shown))) == 3


@pytest.mark.parametrize(("network", "refused"), [(0.1, 5), (0.7, 2)])
def test_eyes_that_shut_for_every_lift_give_way_if_the_skin_bears_the_lifts_out(
    network: float, refused: int
) -> None:
    """Eyes that are squeezed shut draw the corners along; the cheeks of a lift are seen as well."""
    counter = RepetitionCounter()
    counter.begin_rest()
    shown = trace(rest(2.5), lift(), rest(1.0), begin=-20.0)
    opened = [replace(sample, eyes_open=EYES_OPEN) for sample in shown]
    feed(counter, seen(opened, lambda sample: 0.7 * height(sample)))
    counter.adopt_lift()
    lifts = [piece for _ in range(5) for piece in (lift(height=0.8), rest(2.0))]
    squeezed = [
        replace(sample, eyes_open=EYES_OPEN * (1.0 - 0.45 * min(1.0, 2 * height(sample))))
        for sample in trace(rest(2.0), *lifts)
    ]
    happened = feed(counter, seen(squeezed, lambda sample: network * height(sample)))
    assert [one.reason for one in refusals(happened)] == refused * [Reason.TOO_SMALL]
    assert len(reps(happened)) == 5 - refused


def test_eyes_that_narrow_with_a_lift_are_no_blink() -> None:
    plain = trace(rest(2.0), lift(), rest(1.0))
    narrowed = [
        replace(sample, eyes_open=EYES_OPEN * (1.0 - 0.25 * min(1.0, height(sample))))
        for sample in plain
    ]
    assert feed(RepetitionCounter.population(), narrowed) == feed(
        RepetitionCounter.population(), plain
    )
