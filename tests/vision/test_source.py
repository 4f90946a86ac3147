"""The vision source: a camera goes in, lift samples come out."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Self

import numpy as np
import pytest
from numpy.typing import NDArray

from device.camera import Frame
from device.camera.subject import State, Subject, SubjectCamera, script
from device.errors import CameraError, EndOfRecording
from device.sample import LiftSample
from device.vision.detector import Network
from device.vision.landmarker import FaceLandmarker
from device.vision.runtime import shipped_models
from device.vision.source import VisionSource


def _source(camera: SubjectCamera | FakeCamera) -> VisionSource:
    return VisionSource(camera, *shipped_models())


def _watch(source: VisionSource) -> list[LiftSample]:
    samples: list[LiftSample] = []
    while True:
        try:
            sample = source.read(0.0)
        except EndOfRecording:
            return samples
        assert sample is not None
        samples.append(sample)


class FakeCamera:
    """A camera that gives these frames, None for one that did not come in time."""

    live = True

    def __init__(self, frames: list[Frame | None]) -> None:
        self.frames = frames
        self.running = False

    def start(self) -> None:
        self.running = True

    def read(self, timeout: float) -> Frame | None:
        if not self.frames:
            raise CameraError("the camera is gone")
        return self.frames.pop(0)

    def stop(self) -> None:
        self.running = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()


def test_every_frame_of_a_lift_becomes_a_sample_that_follows_the_truth() -> None:
    plan = script("good", reps=1)
    with _source(SubjectCamera(plan, fps=8, live=False)) as source:
        source.start()
        samples = _watch(source)
    assert len(samples) == math.floor(plan.duration * 8) + 1
    assert all(sample.face for sample in samples)
    assert [sample.time for sample in samples] == pytest.approx(np.arange(len(samples)) / 8)
    assert all(sample.quality > 0.9 for sample in samples)
    assert all(abs(sample.x - 0.5) < 0.1 and abs(sample.y - 0.5) < 0.15 for sample in samples)
    truth = [plan.at(sample.time).lift_left for sample in samples]
    for signal in ("lift", "left", "right"):
        seen = [getattr(sample, signal) for sample in samples]
        assert np.corrcoef(seen, truth)[0, 1] > 0.95


def test_without_a_face_everything_but_time_and_brightness_is_unknown() -> None:
    dusk = np.full((480, 640, 3), 30, np.uint8)
    with _source(FakeCamera([Frame(dusk, 7.0, 0)])) as source:
        source.start()
        sample = source.read(0.1)
        assert source.landmarks is None
    assert sample is not None
    assert (sample.time, sample.face, sample.brightness) == (7.0, False, 30.0)
    known = {"time", "face", "brightness"}
    others = [field.name for field in fields(sample) if field.name not in known]
    assert all(math.isnan(getattr(sample, name)) for name in others)


def test_grey_and_read_only_frames_will_do() -> None:
    pixels = Subject().render(State()).mean(axis=2).astype(np.uint8)
    pixels.flags.writeable = False
    with _source(FakeCamera([Frame(pixels, 0.0, 0)])) as source:
        source.start()
        sample = source.read(0.1)
    assert sample is not None
    assert sample.face


def test_a_frame_that_does_not_come_is_no_sample_and_a_lost_camera_is_an_error() -> None:
    camera = FakeCamera([None])
    source = _source(camera)
    source.start()
    assert camera.running
    assert source.read(0.1) is None
    with pytest.raises(CameraError):
        source.read(0.1)
    source.stop()
    source.stop()
    assert not camera.running


def test_nothing_of_a_person_is_kept_after_stop() -> None:
    source = _source(FakeCamera([Frame(Subject().render(State()), 0.0, 0)]))
    source.start()
    source.read(0.1)
    assert all(kept is not None for kept in (source.frame, source.landmarks))
    source.stop()
    assert all(kept is None for kept in (source.frame, source.landmarks))


class Asked:
    """A network that remembers how often it was asked."""

    def __init__(self, network: Network) -> None:
        self.times = 0
        self._network = network

    def run(self, tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        self.times += 1
        return self._network.run(tensor)


def _still(state: State, begin: float, seconds: float) -> list[Frame | None]:
    pixels = Subject().render(state)
    return [Frame(pixels, begin + i / 30, i) for i in range(round(30 * seconds))]


def test_of_a_still_face_from_the_side_the_lift_network_is_not_asked_the_same_twice() -> None:
    detector, landmarker, lift = shipped_models()
    asked = Asked(lift)
    frames = _still(State(yaw=30.0), 0.0, 2.0)
    with VisionSource(FakeCamera([*frames]), detector, landmarker, asked) as source:
        source.start()
        samples = [source.read(0.0) for _ in frames]
    assert all(sample and math.isfinite(sample.seen) for sample in samples)
    assert 5 < asked.times < 0.7 * len(frames)


def test_while_a_lift_rises_the_lift_network_is_asked_twice_as_often_as_at_rest() -> None:
    detector, landmarker, lift = shipped_models()
    asked = Asked(lift)
    rest = _still(State(), 0.0, 1.5)
    subject = Subject()
    rise = [
        Frame(subject.render(State(lift_left=i / 30, lift_right=i / 30)), 1.5 + i / 30, 45 + i)
        for i in range(30)
    ]
    with VisionSource(FakeCamera([*rest, *rise]), detector, landmarker, asked) as source:
        source.start()
        for _ in rest:
            source.read(0.0)
        at_rest, asked.times = asked.times, 0
        for _ in rise:
            source.read(0.0)
    assert at_rest / len(rest) == pytest.approx(1 / 5, abs=0.05)
    assert asked.times / len(rise) > 0.4


def test_a_face_that_is_not_believed_for_a_moment_keeps_what_the_mirror_showed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(FaceLandmarker, "left_right_error", lambda *_: 0.03)
    black = np.zeros((480, 640, 3), np.uint8)
    hidden = [Frame(black, 1.0 + i / 30, 30 + i) for i in range(5)]
    frames = [*_still(State(), 0.0, 1.0), *hidden, *_still(State(), 1.0 + 5 / 30, 0.2)]
    with _source(FakeCamera([*frames])) as source:
        source.start()
        samples = [source.read(0.0) for _ in frames]
        face = source.landmarks
    assert not all(sample and sample.face for sample in samples)
    last = samples[-1]
    assert last and face
    told = face.signals.left - face.signals.right - (last.left - last.right)
    assert told == pytest.approx(0.06)


def test_a_mirror_that_shows_no_face_leaves_the_sides_as_they_were_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was learnt at rest serves in the hold until the mirror shows it there too."""
    told = iter([0.03, math.nan, 0.01])
    monkeypatch.setattr(FaceLandmarker, "left_right_error", lambda *_: next(told))
    frames = _still(State(), 0.0, 1.0) + _still(State(lift_left=1.0, lift_right=1.0), 1.0, 1.5)
    with _source(FakeCamera([*frames])) as source:
        source.start()
        apart = []
        for _ in frames:
            sample, face = source.read(0.0), source.landmarks
            assert sample and face
            apart.append(face.signals.left - face.signals.right - (sample.left - sample.right))
    assert sorted({round(one / 2, 3) for one in apart}) == [0.0, 0.01, 0.03]
    assert next(told, None) is None
    assert apart[-1] == pytest.approx(0.02)
