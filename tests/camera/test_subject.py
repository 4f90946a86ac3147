"""The synthetic subject: what is true of a moment, and what a picture of it shows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from device.camera.subject import DEFAULT, PEOPLE, Eyewear, State, Subject
from device.camera.subject.figure import BACK_OF_HEAD, Figure
from device.camera.subject.person import face_of
from tests.subjects import SMALL, gap, landmarks, small

CENTRE = np.array(SMALL) / 2
LEFT_CORNER, RIGHT_CORNER, NOSE_TIP = 291, 61, 4


# What the figure is made of


@pytest.mark.parametrize("name", PEOPLE)
def test_the_head_shows_its_outside_and_never_the_far_wall_of_its_inside(name: str) -> None:
    person = PEOPLE[name]
    face, head = Figure(person, face_of(person)).parts[:2]
    for part in (face, head):
        a, b, c = (part.vertices[part.triangles[:, i]] for i in range(3))
        outwards = (a + b + c) / 3 - np.array(BACK_OF_HEAD) / 2
        areas = np.cross(b - a, c - a)
        facing_out = (areas * outwards).sum(1) > 0
        assert np.average(facing_out, weights=np.linalg.norm(areas, axis=1)) > 0.95


# What is true of a moment


def test_rolling_the_head_turns_its_landmarks_about_the_middle_of_the_picture() -> None:
    upright, lying = landmarks(State()), landmarks(State(roll=90))

    x, y = (upright[:, :2] - CENTRE).T
    # Clockwise in a picture whose y points down: right becomes down, down becomes left.
    assert np.allclose(lying[:, :2] - CENTRE, np.stack([-y, x], 1), atol=0.01)
    assert np.allclose(lying[:, 2], upright[:, 2], atol=0.01)


def test_a_face_half_as_far_away_is_twice_as_big() -> None:
    far, near = landmarks(State(nearness=0.5)), landmarks(State())

    assert gap(near, 33, 263) == pytest.approx(2 * gap(far, 33, 263), rel=0.06)


def test_the_persons_left_is_on_the_right_of_the_picture() -> None:
    rest = landmarks(State())
    lifted = landmarks(State(lift_left=1))
    turned = landmarks(State(yaw=20))
    nodding_up = landmarks(State(pitch=15))

    assert rest[LEFT_CORNER, 0] > rest[RIGHT_CORNER, 0]
    assert lifted[LEFT_CORNER, 1] < rest[LEFT_CORNER, 1] - 2
    assert np.allclose(lifted[RIGHT_CORNER], rest[RIGHT_CORNER], atol=0.05)
    assert turned[NOSE_TIP, 0] > rest[NOSE_TIP, 0] + 5
    assert nodding_up[NOSE_TIP, 1] < rest[NOSE_TIP, 1] - 3


def test_the_picture_shows_the_face_where_the_truth_says_it_is() -> None:
    state = State(x=4, y=-3, roll=30)
    picture = small().render(state).astype(int)
    points = landmarks(state)[:, :2]

    def colour(*numbers: int) -> NDArray[np.int64]:
        x, y = points[list(numbers)].mean(0).astype(int)
        return np.asarray(picture[y - 1 : y + 2, x - 1 : x + 2].mean((0, 1)), np.int64)

    cheek, pupil, lower_lip = colour(280), colour(263, 362), colour(14, 17)
    assert pupil.mean() < 0.6 * cheek.mean()
    assert lower_lip[0] - lower_lip[1] > cheek[0] - cheek[1] + 15  # redder


def test_truth_scales_with_the_picture() -> None:
    state = State(lift_left=0.5, yaw=10, roll=-40)
    big = Subject(DEFAULT, 640, 480)

    assert np.allclose(big.truth(state).landmarks, 2 * landmarks(state), atol=0.01)
    half = big.render(state).reshape(240, 2, 320, 2, 3).mean((1, 3))
    difference = np.abs(half - small().render(state))
    assert difference.mean() < 4


@pytest.mark.parametrize(
    ("state", "one", "other", "grows"),
    [
        (State(blink=1), 159, 145, False),
        (State(jaw=0.5), 13, 14, True),
        (State(stretch=1), 61, 291, True),
        (State(pucker=1), 61, 291, False),
        (State(brow=1), 105, 159, True),
        (State(squint=1), 374, 386, False),
        (State(lift_left=1, lift_right=1), 61, 291, True),
    ],
    ids=["blink", "jaw", "stretch", "pucker", "brow", "squint", "lift"],
)
def test_every_movement_moves_what_it_is_named_for(
    state: State, one: int, other: int, grows: bool
) -> None:
    before, after = gap(landmarks(State()), one, other), gap(landmarks(state), one, other)

    assert after > 1.05 * before if grows else after < 0.95 * before


def test_the_cheek_rises_with_the_lift_and_is_measured_in_millimetres() -> None:
    half, full = small().truth(State(lift_left=0.5)), small().truth(State(lift_left=1))

    assert full.rise_left == pytest.approx(6.6 * DEFAULT.lift, rel=0.15)
    assert half.rise_left == pytest.approx(full.rise_left / 2, rel=1e-3)
    assert abs(full.rise_right) < 0.1


def test_people_differ_in_how_they_lift() -> None:
    rises = [
        subject.truth(State(lift_left=1)).rise_left
        for subject in (small(person) for person in PEOPLE.values())
    ]

    assert len(PEOPLE) >= 6
    assert min(rises) < 0.8 * np.mean(rises)
    assert max(rises) > 1.25 * np.mean(rises)


# The picture


def test_the_same_moment_gives_the_same_pixels_and_another_seed_does_not() -> None:
    state = State(time=1.5, lift_left=1)
    again, other = Subject(DEFAULT, *SMALL), Subject(DEFAULT, *SMALL, seed=1)

    assert np.array_equal(small().render(state), again.render(state))
    assert not np.array_equal(small().render(state), other.render(state))


def test_noise_changes_from_moment_to_moment_and_nothing_else_does() -> None:
    one, other = small().render(State(time=1)), small().render(State(time=2))

    difference = one.astype(int) - other
    assert difference.any()
    assert np.abs(difference).mean() < 3


def test_less_light_makes_a_darker_picture_and_fingers_cover_the_cheeks() -> None:
    bright, dark = small().render(State()), small().render(State(gain=0.1))
    touched = small().render(State(fingers=True))

    assert dark.mean() < 0.4 * bright.mean()
    assert (np.abs(touched.astype(int) - bright).max(2) > 30).mean() > 0.03


@settings(max_examples=25, deadline=None)
@given(
    roll=st.floats(-180, 180),
    yaw=st.floats(-80, 80),
    pitch=st.floats(-50, 50),
    x=st.floats(-60, 60),
    nearness=st.floats(0.3, 2.5),
    lift=st.floats(-0.3, 2),
    gain=st.floats(0, 3),
    fingers=st.booleans(),
)
def test_any_moment_can_be_drawn(
    roll: float,
    yaw: float,
    pitch: float,
    x: float,
    nearness: float,
    lift: float,
    gain: float,
    fingers: bool,
) -> None:
    state = State(
        roll=roll,
        yaw=yaw,
        pitch=pitch,
        x=x,
        nearness=nearness,
        lift_left=lift,
        gain=gain,
        fingers=fingers,
    )

    picture = small().render(state)

    assert picture.shape == (240, 320, 3)
    assert picture.dtype == np.uint8
    assert np.isfinite(small().truth(state).landmarks).all()


# StickOperations and glasses


def test_hands_that_leave_are_out_of_the_picture_and_change_nothing_that_is_true() -> None:
    on, gone = State(fingers=True), State(fingers=True, hands_away=1.0)

    assert np.array_equal(small().render(gone), small().render(State()))
    assert not np.array_equal(small().render(on), small().render(State()))
    assert np.array_equal(landmarks(on), landmarks(gone))


@pytest.mark.parametrize("eyewear", Eyewear)
def test_glasses_are_worn_on_the_eyes_however_the_head_turns(eyewear: Eyewear) -> None:
    wearer = Subject(replace(DEFAULT, glasses=eyewear), *SMALL)
    state = State(yaw=15, roll=50, x=3)
    changed = np.abs(wearer.render(state).astype(int) - small().render(state)).sum(2) > 30
    rows, columns = np.nonzero(changed)
    eyes = landmarks(state)[[33, 133, 362, 263], :2].mean(0)

    assert np.hypot(columns.mean() - eyes[0], rows.mean() - eyes[1]) < 10
    assert changed.sum() > 40


def test_dark_glass_hides_the_eyes_and_clear_glass_does_not() -> None:
    def eye_light(eyewear: Eyewear | None) -> float:
        picture = Subject(replace(DEFAULT, glasses=eyewear), *SMALL).render(State())
        x, y = landmarks(State())[[33, 133], :2].mean(0).astype(int)
        return float(picture[y - 2 : y + 3, x - 4 : x + 5].mean())

    bare = eye_light(None)
    assert eye_light(Eyewear.TINTED) < 0.5 * bare
    assert eye_light(Eyewear.CLEAR) > 0.85 * bare
