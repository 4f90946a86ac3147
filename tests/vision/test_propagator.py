"""Propagated landmarks: the network need not run on a still face, and must on a moving one."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from device.camera.subject import State, Subject
from device.vision.detector import FaceDetector
from device.vision.landmarker import FaceLandmarker
from device.vision.landmarks import Landmarks, head_pose, measure
from device.vision.propagator import LONGEST_S
from device.vision.runtime import DETECTOR, LANDMARKS, Model
from device.vision.tracker import FaceTracker

FRAME_S = 1 / 30
A_WHILE = 12
"""Frames after which a still face is looked at as seldom as can be."""


class CountingNetwork:
    """A network that counts how often it is run."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.runs = 0

    def run(self, tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        self.runs += 1
        return self._model.run(tensor)


@cache
def _subject() -> Subject:
    return Subject()


@cache
def _models() -> tuple[Model, Model]:
    return Model(DETECTOR), Model(LANDMARKS)


class Scene:
    """A tracker that is shown one state after another, thirty a second."""

    def __init__(self) -> None:
        self.network = CountingNetwork(_models()[1])
        self.tracker = FaceTracker(FaceDetector(_models()[0]), FaceLandmarker(self.network))
        self.frames = 0
        self.shape: tuple[int, ...] = ()

    def show(self, state: State) -> Landmarks | None:
        pixels = _subject().render(state.plus({"time": self.frames * FRAME_S}))
        self.shape = pixels.shape
        face = self.tracker.update(pixels, self.frames * FRAME_S)
        self.frames += 1
        return face

    def rest(self) -> None:
        """Keep still until the network has just looked and need not look again soon."""
        for _ in range(A_WHILE):
            self.show(State())
        before = self.network.runs
        while self.network.runs == before:
            self.show(State())

    def lift(self, state: State) -> float:
        face = self.show(state)
        assert face is not None
        return measure(face, 0.0, self.shape).lift


def test_a_still_face_is_looked_at_a_few_times_a_second() -> None:
    scene = Scene()
    for _ in range(10):
        scene.show(State())
    before = scene.network.runs
    for _ in range(30):
        assert scene.show(State()) is not None
    assert scene.network.runs - before <= 1 / LONGEST_S + 1


def test_a_lift_is_followed_as_if_the_network_looked_at_every_frame() -> None:
    scene, every = Scene(), Scene()
    shares = [0.0] * 12 + [i / 12 for i in range(13)] + [1.0] * 20 + [1 - i / 12 for i in range(13)]
    seen, truth = [], []
    for share in shares:
        state = State(lift_left=share, lift_right=share)
        seen.append(scene.lift(state))
        every.tracker._propagator.forget()
        truth.append(every.lift(state))
    assert scene.network.runs < 0.8 * every.network.runs
    full = max(truth) - min(truth)
    off = np.abs(np.subtract(seen, truth))
    assert float(np.max(off)) < 0.2 * full
    assert float(np.sqrt(np.mean(off**2))) < 0.06 * full


def test_the_first_frames_of_a_lift_are_not_waited_for() -> None:
    scene = Scene()
    scene.rest()
    before = scene.network.runs
    for share in (0.08, 0.16, 0.24):
        scene.show(State(lift_left=share, lift_right=share))
    assert scene.network.runs > before


def test_a_small_move_that_flow_foretold_is_looked_at_once() -> None:
    scene = Scene()
    scene.rest()
    moved = State(lift_left=0.1, lift_right=0.1)
    before = scene.network.runs
    while scene.network.runs == before:
        scene.show(moved)
    waited = 0
    while scene.network.runs == before + 1:
        scene.show(moved)
        waited += 1
    assert waited * FRAME_S >= LONGEST_S - FRAME_S


def test_a_face_that_never_keeps_still_is_looked_at_in_every_third_frame_at_least() -> None:
    scene = Scene()
    for i in range(60):
        scene.show(State(jaw=0.5 + 0.5 * math.sin(i)))
    before = scene.network.runs
    for i in range(60, 75):
        scene.show(State(jaw=0.5 + 0.5 * math.sin(i)))
    assert scene.network.runs - before >= 5


def test_between_two_looks_the_points_go_with_the_head() -> None:
    scene = Scene()
    scene.rest()
    before = scene.network.runs
    state = State(x=0.15, roll=0.4)
    scene.show(state)
    face = scene.show(state)
    assert scene.network.runs == before
    assert face is not None
    moved = face.points[:, :2].mean(axis=0)
    still = _subject().truth(State()).landmarks[:, :2].mean(axis=0)
    true_shift = _subject().truth(state).landmarks[:, :2].mean(axis=0) - still
    first = scene.tracker._propagator._anchor
    assert first is not None
    shift = moved - first.points[:, :2].mean(axis=0)
    assert shift == pytest.approx(true_shift, abs=0.5)


def test_between_two_looks_the_head_is_turned_as_its_points_say() -> None:
    scene = Scene()
    for _ in range(A_WHILE):
        scene.show(State())
    carried = 0
    for step in range(12):
        face = scene.show(State(roll=0.4 * step))
        assert face is not None
        if face.carried_pose is not None:
            carried += 1
            assert face.pose == pytest.approx(head_pose(face.points), abs=0.01)
    assert carried > 3


def test_a_face_that_vanishes_from_one_frame_to_the_next_is_lost_within_two() -> None:
    scene = Scene()
    for _ in range(4):
        assert scene.show(State()) is not None
    scene.show(State(x=200.0))
    assert scene.show(State(x=200.0)) is None


def test_a_light_that_is_switched_makes_the_network_look() -> None:
    scene = Scene()
    scene.rest()
    before = scene.network.runs
    for _ in range(2):
        assert scene.show(State(gain=0.4)) is not None
    assert scene.network.runs == before + 1


def test_the_flow_of_a_still_face_is_measured_in_every_second_frame() -> None:
    scene = Scene()
    scene.rest()
    first, second = scene.show(State()), scene.show(State())
    assert first is scene.tracker._propagator._anchor
    assert second is not first


def test_times_that_jump_back_make_the_network_look() -> None:
    scene = Scene()
    scene.rest()
    before = scene.network.runs
    assert scene.tracker.update(_subject().render(State()), 0.0) is not None
    assert scene.network.runs == before + 1
