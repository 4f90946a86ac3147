"""A face that the frame cuts off: what cannot be seen is not measured, and the person is told."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

from device.camera.subject import PEOPLE, Script, State, SubjectCamera, motion, script
from device.coach import cues, events, exercises, session
from device.coach.counting import RepetitionCounter
from device.errors import EndOfRecording
from device.sample import LiftSample
from device.vision.landmarker import FaceLandmarker
from device.vision.landmarks import measure
from device.vision.roi import LEFT_EYE, RIGHT_EYE, around
from device.vision.runtime import Model, shipped_models
from device.vision.source import VisionSource
from tests.subjects import landmarks, small


@cache
def _models() -> tuple[Model, Model, Model]:
    return shipped_models()


def _watch(plan: Script, fps: float) -> list[LiftSample]:
    seen: list[LiftSample] = []
    with VisionSource(
        SubjectCamera(plan, fps=fps, live=False, subject=small()), *_models()
    ) as source:
        source.start()
        while True:
            try:
                sample = source.read(0.0)
            except EndOfRecording:
                return seen
            assert sample is not None
            seen.append(sample)


@pytest.mark.parametrize("x", [-25.0, 25.0])
def test_a_face_that_slides_half_out_has_a_place_and_no_lift(x: float) -> None:
    lifted = State(lift_left=1, lift_right=1)
    # Slowly: after a fast move the tracker asks again whose face it is, and at the frame's edge,
    # seen a little from the side, it may not be sure.
    seen = _watch(Script("", 7.0, lifted, (motion.eased(0.5, 6.0, x=x),)), fps=10)
    assert not any(math.isnan(sample.lift) for sample in seen[:5])
    last = [sample for sample in seen if sample.face][-1]
    assert last.time > 1.0
    assert math.isnan(last.lift)
    assert not 0.15 < last.x < 0.85


def test_a_face_with_its_ear_cut_off_is_measured() -> None:
    nearly = Script("", 1.0, State(x=20), ())
    assert all(not math.isnan(sample.lift) for sample in _watch(nearly, fps=5))


def _lift_of(who: str, eye_out: float) -> float:
    """The lift that is measured of a face the frame cuts off, NaN if none is.

    The outer corner of an eye is outside the picture by `eye_out` distances between the eyes.
    """
    subject, seen = small(PEOPLE[who]), []
    landmarker = FaceLandmarker(_models()[1])
    at_rest = landmarks(State(), subject)
    eyes = float(at_rest[LEFT_EYE, 0] - at_rest[RIGHT_EYE, 0])
    cut = round(float(at_rest[RIGHT_EYE, 0]) + eye_out * eyes)
    moved = np.array([cut, 0, 0], np.float32)
    for state in (State(), State(lift_left=1, lift_right=1)):
        picture = np.ascontiguousarray(subject.render(state)[:, cut:])
        face = landmarker.locate(picture, around(landmarks(state, subject) - moved))
        face = landmarker.locate(picture, face.next_roi)
        seen.append(measure(face, 0.0, picture.shape).lift)
    return seen[1] - seen[0]


@pytest.mark.parametrize("who", ["ada", "carl", "fumi", "grace"])
def test_a_face_whose_outer_fifth_is_cut_off_lifts_as_the_whole_face_does(who: str) -> None:
    whole = _lift_of(who, -0.5)
    assert _lift_of(who, 0.05) == pytest.approx(whole, rel=0.2)


@pytest.mark.parametrize("who", ["ada", "carl", "fumi", "grace"])
def test_a_face_with_one_eye_cut_off_has_no_lift(who: str) -> None:
    assert math.isnan(_lift_of(who, 0.3))


def test_who_slides_half_out_is_told_and_counted_on_when_back() -> None:
    seen = _watch(script("half_out", reps=2), fps=12)
    counter = RepetitionCounter.population()
    assert sum(isinstance(e, events.Rep) for sample in seen for e in counter.feed(sample)) == 2

    one = session.Session(exercises.CHEEK_LIFTER, RepetitionCounter())
    said = [*one.start(0.0), *(output for sample in seen for output in one.feed(sample))]
    aims = [
        cue.aim for cue in said if isinstance(cue, cues.Cue) and cue.kind is cues.CueKind.FIND_FACE
    ]
    # Found at the start; asked for when gone; found again.
    assert aims.count(cues.Aim.FOUND) == 2
    assert aims[-1] is cues.Aim.FOUND
    assert aims[-2] in (cues.Aim.SEARCHING, cues.Aim.OFF_CENTRE)
