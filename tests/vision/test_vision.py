"""Vision on the synthetic subject: whom it follows, which way up, and what it measures."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from device.camera.subject import PEOPLE, State, Subject
from device.coach.counting import verdict
from device.sample import LiftSample
from device.vision import landmarks
from device.vision.detector import FaceDetector
from device.vision.landmarker import FaceLandmarker
from device.vision.landmarks import Landmarks, head_pose, measure
from device.vision.runtime import DETECTOR, LANDMARKS, Model
from device.vision.tracker import PATIENCE_S, RECHECK_S, FaceTracker

FRAME_S = 1 / 15
A_CYCLE_OF_ROTATIONS = 4


@cache
def _subject(name: str | None = None) -> Subject:
    return Subject(PEOPLE[name]) if name else Subject()


@cache
def _models() -> tuple[FaceDetector, FaceLandmarker]:
    return FaceDetector(Model(DETECTOR)), FaceLandmarker(Model(LANDMARKS))


@pytest.fixture
def tracker() -> FaceTracker:
    return FaceTracker(*_models())


def _find(tracker: FaceTracker, pixels: NDArray[np.uint8], start: float = 0.0) -> Landmarks:
    """Show one picture again and again until the face is found; it must be, within a cycle."""
    for i in range(A_CYCLE_OF_ROTATIONS):
        face = tracker.update(pixels, start + i * FRAME_S)
        if face is not None:
            return face
    raise AssertionError("no face found within four frames")


def _error(face: Landmarks, state: State) -> float:
    """Return the mean distance to the true landmarks, in distances between the eyes."""
    truth = _subject().truth(state).landmarks[:, :2]
    apart = float(np.linalg.norm(truth[33] - truth[263]))
    return float(np.linalg.norm(face.points[:, :2] - truth, axis=1).mean()) / apart


def _room() -> NDArray[np.uint8]:
    """Return a picture of the bedroom with nobody in it."""
    return _subject().render(State(x=200.0))


@pytest.mark.parametrize("roll", range(-180, 180, 45))
def test_a_face_is_found_whichever_way_it_lies(tracker: FaceTracker, roll: int) -> None:
    state = State(roll=roll)
    face = _find(tracker, _subject().render(state))
    assert _error(face, state) < 0.08
    assert abs(math.remainder(face.pose.roll - roll, 360)) < 6


def test_a_face_that_turns_all_the_way_round_is_never_lost(tracker: FaceTracker) -> None:
    _find(tracker, _subject().render(State()))
    for i, roll in enumerate(range(12, 372, 12)):
        state = State(roll=roll)
        face = tracker.update(_subject().render(state), 1 + i * FRAME_S)
        assert face is not None
        assert _error(face, state) < 0.08


def test_a_face_upside_down_is_not_taken_for_an_upright_one_for_long(tracker: FaceTracker) -> None:
    # The landmark network invents an upright face here and believes in it.
    _find(tracker, _subject().render(State()))
    flipped = _subject().render(State(roll=180))
    faces = [tracker.update(flipped, 1 + i * FRAME_S) for i in range(int(RECHECK_S / FRAME_S) + 2)]
    assert faces[-1] is not None
    assert _error(faces[-1], State(roll=180)) < 0.08


def test_an_empty_room_has_no_face(tracker: FaceTracker) -> None:
    room = _room()
    assert all(tracker.update(room, i * FRAME_S) is None for i in range(8))


def test_a_face_that_leaves_is_lost_at_once_and_found_when_it_is_back(tracker: FaceTracker) -> None:
    here, room = _subject().render(State()), _room()
    _find(tracker, here)
    assert tracker.update(room, 1.0) is None
    assert tracker.update(room, 1.1) is None
    _find(tracker, here, 1.2)


@pytest.mark.parametrize("x", [-13.0, 13.0])
def test_a_face_half_out_of_the_frame_is_still_followed(tracker: FaceTracker, x: float) -> None:
    _find(tracker, _subject().render(State()))
    for i, step in enumerate(np.linspace(0, x, 12)):
        state = State(x=float(step))
        face = tracker.update(_subject().render(state), 1 + i * FRAME_S)
        assert face is not None
        assert _error(face, state) < 0.2


def _beside(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return one picture with the left half of one and the right half of another."""
    half = left.shape[1] // 2
    return np.concatenate([left[:, :half], right[:, half:]], axis=1)


def test_the_face_that_was_first_is_kept_when_a_larger_one_comes(tracker: FaceTracker) -> None:
    left = _subject().render(State(x=-10))
    larger = Subject(PEOPLE[sorted(PEOPLE)[1]]).render(State(x=9, nearness=1.15))
    _find(tracker, _beside(left, _room()))
    for i in range(6):
        face = tracker.update(_beside(left, larger), 1 + i * FRAME_S)
        assert face is not None
        assert face.points[:, 0].mean() < 320


def test_another_face_is_not_taken_at_once_when_the_first_is_gone(tracker: FaceTracker) -> None:
    left = _subject().render(State(x=-10))
    stranger = _beside(_room(), Subject(PEOPLE[sorted(PEOPLE)[1]]).render(State(x=10)))
    _find(tracker, _beside(left, _room()))
    gone_at = 1.0
    while gone_at < PATIENCE_S:
        assert tracker.update(stranger, gone_at) is None
        gone_at += FRAME_S
    # The first one comes back beside the stranger, and is the one that is followed.
    face = _find(tracker, _beside(left, stranger), gone_at)
    assert face.points[:, 0].mean() < 320


def test_a_grey_frame_is_measured_like_a_coloured_one(tracker: FaceTracker) -> None:
    colour = _subject().render(State())
    grey = colour.mean(axis=2).astype(np.uint8)
    seen = _find(tracker, colour)
    tracker.forget()
    assert _error(_find(tracker, grey), State()) < 0.08
    assert seen.brightness == pytest.approx(_find(tracker, grey, 1.0).brightness, abs=4)


def test_an_upright_frame_will_do_as_well(tracker: FaceTracker) -> None:
    pixels = _subject().render(State())
    cut = pixels[:, 140:500]
    face = _find(tracker, cut)
    assert face.points[:, 0].mean() == pytest.approx(180, abs=20)


@pytest.mark.parametrize(
    ("state", "axis", "sign"),
    [
        (State(yaw=20), 0, 1),
        (State(yaw=-20), 0, -1),
        (State(pitch=12), 1, 1),
        (State(pitch=-12), 1, -1),
        (State(roll=30), 2, 1),
        (State(roll=-30), 2, -1),
        (State(yaw=20, roll=90), 0, 1),
    ],
)
def test_the_head_pose_has_the_promised_signs(
    tracker: FaceTracker, state: State, axis: int, sign: int
) -> None:
    straight = _find(tracker, _subject().render(State())).pose
    tracker.forget()
    turned = _find(tracker, _subject().render(state)).pose
    assert sign * (turned[axis] - straight[axis]) > 6


@pytest.mark.parametrize(
    "angles", [(0, 0, 0), (25, 0, 0), (0, 15, 0), (0, 0, 170), (-20, 10, -90), (30, -15, 45)]
)
def test_the_head_pose_of_a_turned_rigid_face_is_exact(angles: tuple[int, int, int]) -> None:
    yaw, pitch, roll = np.radians(angles)
    # The picture's axes: y down, z away; a face turned to its own left shows more of its right.
    turn = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
    nod = np.array(
        [[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]]
    )
    tilt = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    points = np.zeros((468, 3), np.float32)
    points[landmarks._RIGID] = 20 * landmarks._CENTRED @ (tilt @ nod @ turn).T + 300
    assert head_pose(points) == pytest.approx(angles, abs=0.01)


def test_a_lift_raises_the_signal_and_each_side_its_own(tracker: FaceTracker) -> None:
    def sample(state: State) -> tuple[float, float, float]:
        tracker.forget()
        pixels = _subject().render(state)
        face = _find(tracker, pixels)
        seen = measure(face, 0.0, pixels.shape)
        return seen.lift, seen.left, seen.right

    rest = np.array(sample(State()))
    both = np.array(sample(State(lift_left=1, lift_right=1))) - rest
    left = np.array(sample(State(lift_left=1))) - rest
    right = np.array(sample(State(lift_right=1))) - rest
    assert both[0] > 0.07
    assert left[1] > left[2] + 0.01
    assert right[2] > right[1] + 0.01


def test_a_nearer_face_has_the_same_signal(tracker: FaceTracker) -> None:
    signals = []
    for nearness in (0.8, 1.0, 1.25):
        tracker.forget()
        pixels = _subject().render(State(nearness=nearness))
        signals.append(measure(_find(tracker, pixels), 0.0, pixels.shape).lift)
    assert max(signals) - min(signals) < 0.03


@pytest.mark.parametrize(
    ("done", "further"),
    [
        pytest.param(State(jaw=0.7), {"jaw", "mouth_open"}, id="the jaw drops"),
        pytest.param(State(blink=1.0), {"eyes"}, id="the eyes shut"),
        pytest.param(State(lift_left=1.0, lift_right=1.0), set(), id="a lift"),
    ],
)
def test_the_mesh_tells_a_jaw_that_drops_and_eyes_that_shut(
    tracker: FaceTracker, done: State, further: set[str]
) -> None:
    def sample(state: State) -> LiftSample:
        tracker.forget()
        pixels = _subject().render(state)
        return measure(_find(tracker, pixels), 0.0, pixels.shape)

    rest, seen = sample(State()), sample(done)
    told = {
        "jaw": seen.jaw > rest.jaw + verdict.PARTED,
        "mouth_open": seen.mouth_open > rest.mouth_open + verdict.PARTED,
        "eyes": seen.eyes_open < verdict.SHUT * rest.eyes_open,
    }
    assert {name for name, is_told in told.items() if is_told} == further


@pytest.mark.parametrize("who", ["bola", "carl", "dilek"])
def test_how_far_the_sides_are_apart_is_the_same_in_the_mirror(
    tracker: FaceTracker, who: str
) -> None:
    landmarker = _models()[1]

    def apart(pixels: NDArray[np.uint8]) -> tuple[float, float]:
        tracker.forget()
        face = _find(tracker, pixels)
        plain = face.signals.left - face.signals.right
        return plain, plain - 2 * landmarker.left_right_error(pixels, face)

    shown = _subject(who).render(State(lift_left=1.0, lift_right=0.6))
    plain, without_error = apart(shown)
    mirrored, mirrored_without_error = apart(np.ascontiguousarray(shown[:, ::-1]))
    assert abs(plain + mirrored) > 0.015
    assert abs(without_error + mirrored_without_error) < 0.005
