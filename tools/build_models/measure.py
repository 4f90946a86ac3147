"""How far our networks are from the float ones they were made from, on real faces.

Both are shown exactly the same tensors, and the float ones decide what the next tensor is, so
what differs is the weights alone. Frames come from the original clips, half a second apart, so
that neighbours are not counted twice.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.vision import (
    DETECTOR,
    LANDMARKS,
    POINTS,
    Detection,
    FaceDetector,
    FaceLandmarker,
    Model,
    detector,
    roi,
)
from tools.build_models.sources import SOURCES, float_model
from tools.clips import frames, original_clips
from tools.environment import ToolError

APART_S = 0.5
LEAST_FACES = 100
SURE = 0.8
"""Presence from which a crop counts as a face."""
CHEEKS = (50, 280, 117, 346, 205, 425, 187, 411)
CORNERS = (61, 291)
_UPRIGHT = (0,)


@dataclass(slots=True)
class Differences:
    """Differences of our outputs from the float network's, each in % of inter-ocular distance."""

    clips: Counter[str] = field(default_factory=Counter)
    points: list[NDArray[np.float64]] = field(default_factory=list)
    presence: list[float] = field(default_factory=list)
    keypoints: list[float] = field(default_factory=list)
    frames: int = 0
    missed: list[float] = field(default_factory=list)
    """The float network's scores of the faces that ours does not find."""
    invented: int = 0


class _Both:
    """Runs both landmark networks on each tensor and returns what the float one answers."""

    def __init__(self, reference: detector.Network, ours: detector.Network) -> None:
        self._reference = reference
        self._ours = ours
        self.expected: list[NDArray[np.float32]] = []
        self.got: list[NDArray[np.float32]] = []

    def run(self, tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        self.expected = self._reference.run(tensor)
        self.got = self._ours.run(tensor)
        return self.expected


def measure(folder: Path) -> Differences:
    """Compare the networks on the original clips in `folder`.

    Raises ToolError if the clips show too few faces.
    """
    float_detector, float_landmarks = map(float_model, SOURCES)
    reference = FaceDetector(float_detector)
    both = _Both(float_landmarks, Model(LANDMARKS))
    ours = FaceDetector(Model(DETECTOR))
    landmarker = FaceLandmarker(both)
    found = Differences()
    for clip in original_clips(folder):
        due = 0.0
        for frame in frames(clip):
            if frame.time < due:
                continue
            due += APART_S
            found.frames += 1
            view = roi.whole(frame.pixels)
            expected = reference.detect(frame.pixels, view, _UPRIGHT)
            _compare_detections(found, expected, ours.detect(frame.pixels, view, _UPRIGHT))
            if not expected:
                continue
            # Once to centre the crop, as the tracker does, and once to compare.
            rough = landmarker.locate(frame.pixels, expected[0].roi())
            if landmarker.locate(frame.pixels, rough.next_roi).presence >= SURE:
                found.clips[clip.stem] += 1
                _compare_landmarks(found, both)
    if len(found.points) < LEAST_FACES:
        raise ToolError(f"{folder} shows {len(found.points)} faces; {LEAST_FACES} are needed")
    return found


def _compare_detections(
    found: Differences, expected: list[Detection], got: list[Detection]
) -> None:
    for face in expected:
        same = [other for other in got if other.same_face(face)]
        if not same:
            found.missed.append(face.score)
            continue
        off = np.linalg.norm(same[0].keypoints - face.keypoints, axis=1).mean()
        eyes = np.linalg.norm(face.keypoints[1] - face.keypoints[0])
        found.keypoints.append(float(100 * off / eyes))
    found.invented += sum(not any(one.same_face(face) for face in expected) for one in got)


def _compare_landmarks(found: Differences, both: _Both) -> None:
    expected, got = (outputs[0].reshape(POINTS, 3)[:, :2] for outputs in (both.expected, both.got))
    off = np.linalg.norm(got - expected, axis=1).astype(np.float64)
    found.points.append(100 * off / eye_distance(expected))
    chances = [1 / (1 + np.exp(-float(o[1].ravel()[0]))) for o in (both.expected, both.got)]
    found.presence.append(abs(chances[1] - chances[0]))


def eye_distance(points: NDArray[np.float32]) -> float:
    """Return the inter-ocular distance: between the centres of the eyes, in the picture's plane.

    `points` is (468, 2) or (468, 3); an eye's centre is the middle of its two corners.
    """
    right = (points[33, :2] + points[133, :2]) / 2
    left = (points[263, :2] + points[362, :2]) / 2
    return float(np.linalg.norm(left - right))


def landmarks_table(found: Differences) -> str:
    """Return the block of the landmark model's card."""
    points = np.array(found.points)
    parts = {
        "all 468 landmarks": points,
        "cheeks": points[:, CHEEKS],
        "corners of the mouth": points[:, CORNERS],
    }
    text = (
        f"{len(points)} face crops from {len(found.clips)} clips, ours against the float "
        "network on the same crop; difference in the picture's plane, in % of the inter-ocular "
        "distance.\n\n"
        "| landmarks | mean | 95th percentile of crops | worst crop |\n|---|---|---|---|\n"
    )
    for name, part in parts.items():
        crops = part.mean(axis=1)
        text += (
            f"| {name} | {crops.mean():.2f} | {np.percentile(crops, 95):.2f} "
            f"| {np.max(crops):.2f} |\n"
        )
    return text + (
        f"\nPresence (0 to 1) differs by {np.mean(found.presence):.3f} on average, "
        f"by {max(found.presence):.3f} at most.\n"
    )


def detector_table(found: Differences) -> str:
    """Return the block of the detector's card."""
    surest = f", scored {max(found.missed):.2f} at most by the float one" if found.missed else ""
    return (
        f"{found.frames} frames; the float network finds "
        f"{len(found.keypoints) + len(found.missed)} upright faces in them (score over 0.5).\n\n"
        "| | |\n|---|---|\n"
        f"| of these ours misses | {len(found.missed)}{surest} |\n"
        f"| faces only ours finds | {found.invented} |\n"
        "| keypoints differ by, % of the distance between the eyes, mean "
        f"| {np.mean(found.keypoints):.2f} |\n"
        f"| the same, 95th percentile | {np.percentile(found.keypoints, 95):.2f} |\n"
    )
