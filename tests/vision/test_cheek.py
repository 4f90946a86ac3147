"""The cheeks: what their skin says of a lift, and how that is joined with the mouth's corners."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import pytest

from device.camera.subject import PEOPLE, State, Subject
from device.sample import POPULATION_LIFT, LiftSample
from device.vision.cheek import CheekPatches, CheekRise
from device.vision.flow import GreyCrop, grey_crop
from device.vision.fusion import GAIN, RISE, LiftFusion
from device.vision.landmarks import Landmarks
from device.vision.roi import around

FRAME_S = 1 / 30


@cache
def _subject() -> Subject:
    return Subject(PEOPLE["dilek"])


def _crop(state: State) -> tuple[GreyCrop, Landmarks]:
    """Return the crop of a rendered face, and its true landmarks."""
    points = _subject().truth(state).landmarks
    face = Landmarks(points, presence=1.0, brightness=100.0, roi=around(points))
    return grey_crop(_subject().render(state), face.next_roi), face


@cache
def _patches() -> CheekPatches:
    return CheekPatches(*_crop(State()))


def _rise(**doing: float) -> CheekRise:
    rise = _patches().rise(*_crop(State(time=1.0).plus(doing)))
    assert rise is not None
    return rise


# The skin of a rendered face.


def test_a_face_at_rest_has_no_rise() -> None:
    assert abs(_rise().mean) < 0.05 * RISE
    assert _rise().belief > 0.9


def test_cheeks_that_rise_without_the_mouth_are_seen() -> None:
    cheek, lift, smile = _rise(cheek=1.0), _rise(lift_left=1.0, lift_right=1.0), _rise(smile=1.0)
    assert lift.mean > 0.4 * RISE
    assert 0.6 * lift.mean < cheek.mean < 1.3 * lift.mean
    assert smile.mean < 0.4 * lift.mean


def test_each_cheek_is_measured_alone() -> None:
    left = _rise(lift_left=1.0)
    assert left.left > 0.4 * RISE
    assert abs(left.right) < 0.3 * left.left


@pytest.mark.parametrize("moved", [{"yaw": 4.0}, {"pitch": 4.0}, {"roll": 6.0}, {"nearness": 1.05}])
def test_a_head_that_moves_a_little_hardly_raises_its_cheeks(moved: dict[str, float]) -> None:
    by = {name: value - (1.0 if name == "nearness" else 0.0) for name, value in moved.items()}
    state = State(time=1.0).plus(by)
    rise = _patches().rise(*_crop(state))
    assert rise is not None
    assert abs(rise.mean) * rise.belief < 0.35 * RISE


def test_a_head_that_turned_away_is_not_believed() -> None:
    rise = _patches().rise(*_crop(State(time=1.0, yaw=30.0)))
    assert rise is None or rise.belief < 0.2


def test_a_face_that_went_dark_says_nothing_wrong() -> None:
    rise = _patches().rise(*_crop(State(time=1.0, gain=0.5)))
    assert rise is None or abs(rise.mean) * rise.belief < 0.3 * RISE


# The fusion, on numbers: what S and the cheeks say from second to second.

Course = Callable[[float], float]


def _still(_t: float) -> float:
    return 0.0


def _held(start: float, end: float, height: float) -> Course:
    def at(t: float) -> float:
        up = min(1.0, max(0.0, (t - start) / 0.4))
        down = min(1.0, max(0.0, (t - end) / 0.4))
        return height * (up - down)

    return at


def _feed(
    fusion: LiftFusion,
    seconds: float,
    s: Course = _still,
    cheeks: Course = _still,
    belief: Course = lambda _t: 1.0,
    yaw: Course = _still,
    begin: float = 0.0,
) -> Iterator[tuple[float, float, float]]:
    """Yield time, S and the fused signal, both in lifts above where S lies at rest."""
    rest = -0.4
    for number in range(round(seconds / FRAME_S)):
        t = number * FRAME_S
        sample = LiftSample(
            begin + t, True, lift=rest + POPULATION_LIFT * s(t), yaw=yaw(t), pitch=0.0, roll=0.0
        )
        rise = RISE * cheeks(t)
        fused = fusion.feed(sample, CheekRise(rise, rise, belief(t)))
        if fusion.wants_anchor:
            fusion.anchored()
        yield t, s(t), (fused.lift - rest) / POPULATION_LIFT


def _heights(course: Iterator[tuple[float, float, float]], start: float, end: float) -> float:
    return float(np.median([fused for t, _, fused in course if start < t < end]))


def test_cheeks_alone_are_most_of_a_lift() -> None:
    course = _feed(LiftFusion(), 8.0, cheeks=_held(4.0, 6.0, 0.7))
    assert 0.45 < _heights(course, 4.5, 6.0) < 0.8


def test_a_smile_without_cheeks_is_less_than_half_of_one() -> None:
    course = _feed(LiftFusion(), 8.0, s=_held(4.0, 6.0, 1.0), cheeks=_held(4.0, 6.0, 0.2))
    assert 0.15 < _heights(course, 4.5, 6.0) < 0.5


def test_a_broad_smile_still_counts() -> None:
    course = _feed(LiftFusion(), 8.0, s=_held(4.0, 6.0, 1.3))
    assert _heights(course, 4.5, 6.0) > 0.5


def test_both_together_are_a_whole_lift_at_the_same_time() -> None:
    both = _held(4.0, 6.0, 1.0)
    for _, s, fused in _feed(LiftFusion(), 8.0, s=both, cheeks=both):
        assert abs(fused - s) < 0.05


def test_cheeks_that_are_not_believed_change_nothing() -> None:
    course = _feed(
        LiftFusion(),
        8.0,
        s=_held(4.0, 6.0, 1.0),
        cheeks=lambda t: math.sin(9 * t),
        belief=lambda _t: 0.0,
    )
    assert all(fused == pytest.approx(s, abs=1e-6) for _, s, fused in course)


def test_cheeks_of_a_head_that_turns_are_not_believed() -> None:
    def looking_about(t: float) -> float:
        return 0.0 if t < 3.0 else 20.0 * math.sin(4.0 * (t - 3.0))

    course = _feed(LiftFusion(), 8.0, cheeks=_held(4.0, 6.0, 1.0), yaw=looking_about)
    assert all(abs(fused) < 0.1 for _, _, fused in course)


def test_trust_that_is_lost_in_the_middle_of_a_lift_makes_no_step() -> None:
    course = _feed(
        LiftFusion(),
        9.0,
        cheeks=_held(4.0, 8.0, 0.9),
        s=_held(4.0, 8.0, 0.2),
        belief=lambda t: 0.0 if t > 6.0 else 1.0,
    )
    heights = [fused for _, _, fused in course]
    assert max(abs(b - a) for a, b in itertools.pairwise(heights)) < 0.25
    assert heights[round(7.0 / FRAME_S)] == pytest.approx(0.2, abs=0.05)


def test_a_person_whose_cheeks_rise_less_is_learnt() -> None:
    fusion = LiftFusion()
    for number in range(8):
        s, cheeks = _held(2.0, 4.0, 1.0), _held(2.0, 4.0, 0.65)
        for _ in _feed(fusion, 6.0, s=s, cheeks=cheeks, begin=6.0 * number):
            pass
    assert fusion.gain == pytest.approx(GAIN / 0.65, rel=0.15)


def test_skin_that_cannot_be_followed_through_lifts_is_not_used_any_more() -> None:
    fusion = LiftFusion()
    s = _held(2.0, 4.0, 1.0)
    courses = [
        list(
            _feed(fusion, 6.0, s, _still, lambda t: 0.0 if s(t) > 0.3 else 1.0, begin=6.0 * number)
        )
        for number in range(4)
    ]
    assert any(abs(fused - height) > 0.02 for _, height, fused in courses[0])
    assert all(fused == pytest.approx(height, abs=1e-6) for _, height, fused in courses[-1])


def test_a_rise_that_is_not_found_for_a_moment_is_survived() -> None:
    fusion = LiftFusion()
    for _ in _feed(fusion, 4.0):
        pass
    sample = LiftSample(4.0, True, lift=-0.4, yaw=0.0, pitch=0.0, roll=0.0)
    fused = fusion.feed(sample, None)
    assert math.isnan(fused.cheek)
    assert fused.lift == pytest.approx(-0.4, abs=0.01)
    assert all(math.isfinite(one) for _, _, one in _feed(fusion, 4.0, begin=4.1))
