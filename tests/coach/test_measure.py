"""One scripted lift, measured: each figure is what the script says."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from device.coach.counting.measure import Lift, measure
from tests.lift_traces import RANGE, REST, Face, Piece, lift, rest, trace
from tools.sets.script import cosine, early, even


def measured(*pieces: Piece, noise: float = 0.0, settled: float | None = None) -> Lift:
    """Return what is measured of the pieces, after a second and a half of rest and before one."""
    found = measure(trace(rest(1.5), *pieces, rest(1.0), noise=noise), REST, settled)
    assert found is not None
    return found


def during(piece: Piece, begin: float, end: float, change: Callable[[Face], Face]) -> Piece:
    """Return the same piece with another face from `begin` to `end`, seconds into it."""

    def course(t: float) -> Face:
        face = piece.course(t)
        return change(face) if begin <= t <= end else face

    return Piece(piece.seconds, course)


@pytest.mark.parametrize("profile", [even, early, cosine])
@pytest.mark.parametrize("seconds", [0.6, 1.2])
def test_a_movement_that_is_not_of_least_jerk_is_timed_to_a_third_of_a_second(
    profile: Callable[[float], float], seconds: float
) -> None:
    found = measured(lift(hold=2.4, rise=seconds, fall=seconds, profile=profile))
    assert found.onset == pytest.approx(1.5, abs=0.33)
    assert found.apex == pytest.approx(1.5 + seconds, abs=0.33)
    assert found.offset == pytest.approx(1.5 + seconds + 2.4, abs=0.33)
    assert found.relaxed == pytest.approx(1.5 + 2 * seconds + 2.4, abs=0.33)


def test_without_a_rise_there_is_no_lift() -> None:
    assert measure(trace(rest(3.0)), REST + 0.1) is None


def test_a_lift_that_comes_to_stay_at_a_higher_level_is_measured_above_it() -> None:
    found = measured(lift(after=0.3), settled=REST + 0.3 * RANGE)
    assert found.plateau == pytest.approx(0.7 * RANGE, rel=0.05)
    assert measured(lift(after=0.3)).plateau == pytest.approx(RANGE, rel=0.05)


def test_a_lift_from_a_higher_level_is_measured_above_that() -> None:
    samples = trace(rest(2.0, height=0.3), lift(before=0.3), rest(1.0))
    found = measure(samples, REST)
    assert found is not None
    assert found.plateau == pytest.approx(0.7 * RANGE, rel=0.05)


def test_of_two_rises_the_longer_one_is_the_lift() -> None:
    found = measured(
        lift(hold=0.2, height=0.9), rest(0.5), lift(hold=2.4), rest(0.3), lift(hold=0.2)
    )
    assert found.hold == pytest.approx(2.4, abs=0.1)
    assert found.onset == pytest.approx(1.5 + 1.4 + 0.5, abs=0.1)


def test_landmarks_that_swing_too_high_at_first_do_not_shorten_the_hold() -> None:
    # As after a blink that fell into the rise.
    swung = during(lift(hold=2.4), 0.4, 1.25, lambda face: replace(face, height=2.1 * face.height))
    assert measured(swung).hold == pytest.approx(2.4, abs=0.25)
    assert measured(swung).plateau == pytest.approx(RANGE, rel=0.1)


def test_what_a_blink_leaves_at_the_end_of_a_hold_does_not_end_it() -> None:
    # The lids are open again, the corners of the mouth still too high.
    left = during(lift(hold=2.4), 2.2, 2.75, lambda face: replace(face, height=1.4 * face.height))
    assert measured(left).offset == pytest.approx(measured(lift(hold=2.4)).offset, abs=0.1)


@pytest.mark.parametrize("hold", [0.0, 0.1, 0.3])
def test_a_lift_let_go_before_its_plateau_took_shape_has_a_hold_of_nothing_or_more(
    hold: float,
) -> None:
    for rise, fall in ((0.2, 0.2), (0.3, 1.2), (1.2, 0.3), (1.0, 1.0)):
        found = measured(lift(hold=hold, rise=rise, fall=fall))
        assert 0.0 <= found.hold <= hold + 0.4
        assert found.onset < found.apex <= found.offset < found.relaxed


@pytest.mark.parametrize("yaw", [0.0, 30.0, -30.0])
def test_the_steadier_witness_tells_when_a_hold_began_and_ended(yaw: float) -> None:
    """A head that nods in the rise takes the landmarks along for a while; the skin stays lifted."""
    pieces = rest(2.0), lift(hold=2.4, rise=0.6, fall=0.6), rest(1.0)
    true = trace(*pieces)
    late = trace(
        rest(2.0),
        during(
            lift(hold=2.4, rise=0.6, fall=0.6),
            0.4,
            1.1,
            lambda face: replace(face, height=0.6 * face.height),
        ),
        rest(1.0),
    )
    seen = [
        replace(shown, yaw=yaw, seen_left=height, seen_right=height)
        for shown, real in zip(late, true, strict=True)
        for height in [(real.lift - REST) / RANGE]
    ]
    blind = [replace(sample, seen_left=math.nan, seen_right=math.nan) for sample in seen]
    by_both, by_one = measure(seen, REST), measure(blind, REST)
    assert by_both is not None
    assert by_one is not None
    assert by_both.apex == pytest.approx(2.6, abs=0.1)
    assert by_one.apex > by_both.apex + 0.2
    assert by_both.offset == pytest.approx(5.0, abs=0.1)


def test_a_head_that_turns_for_a_part_of_the_hold_was_turned() -> None:
    held = lift(hold=2.4, rise=0.6)
    found = measured(during(held, 1.5, 2.1, lambda face: replace(face, yaw=30.0)))
    assert found.turned == pytest.approx(30.0, abs=1.0)
    glitch = measured(during(held, 1.5, 1.6, lambda face: replace(face, pitch=30.0)))
    assert glitch.turned == pytest.approx(0.0, abs=1.0)


def test_the_sides_noise_is_that_of_their_samples() -> None:
    # The script's sides have half the noise of the whole, and 1.7 times as much in a lift.
    found = measured(lift(hold=5.0), noise=0.01)
    assert found.left_noise == pytest.approx(0.0085, rel=0.3)
    assert found.right_noise == pytest.approx(0.0085, rel=0.3)


def test_a_mouth_that_opens_once_does_not_talk() -> None:
    opens = during(lift(hold=0.5), 0.85, 9.0, lambda face: replace(face, mouth=face.mouth + 0.12))
    found = measured(opens)
    assert 0.0 < found.lips_during <= 0.13
    assert found.lips_before == pytest.approx(0.0, abs=0.01)


def test_a_mouth_that_is_open_at_rest_is_opened_by_the_rest() -> None:
    parted = during(lift(), 0.0, 9.0, lambda face: replace(face, mouth=0.1 + 0.05 * face.height))
    samples = trace(Piece(1.5, lambda _: Face(mouth=0.1)), parted, rest(1.0))
    found = measure(samples, REST)
    assert found is not None
    assert found.mouth_open == pytest.approx(0.15, abs=0.01)
    assert found.mouth_opened == pytest.approx(0.05, abs=0.01)


def test_the_slower_movement_tells_how_quick_a_lift_was() -> None:
    assert measured(lift(rise=0.1, fall=1.0)).quickest > 0.3
    assert measured(lift(rise=1.0, fall=0.1)).quickest > 0.3
    assert measured(lift(rise=0.1, fall=0.1)).quickest < 0.15


def test_figures_that_are_not_known_are_not_told() -> None:
    blind = [replace(s, left=math.nan, mouth_open=math.nan, yaw=math.nan) for s in trace(rest(1.5))]
    lifted = trace(lift(), rest(1.0), begin=1.5)
    found = measure([*blind, *(replace(s, left=math.nan) for s in lifted)], REST)
    assert found is not None
    assert math.isnan(found.left)
    assert math.isnan(found.left_lag)
    assert math.isnan(found.mouth_opened)
    assert found.turned == 0.0
    assert found.plateau == pytest.approx(RANGE, rel=0.05)
