"""The landmarks of one face, and what they tell: the lift signal, the mouth and the head's pose.

The landmark network sees the corners of the mouth well and the cheeks hardly at all, so the
signal is the mouth's width against the distance from its corners to the eyes: a lift widens the
one and shortens the other. All distances are three-dimensional and shared out by the distance
between the eyes, so neither a nearer face nor, to first order, a turned one changes the signal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.sample import LiftSample
from device.vision.roi import LEFT_EYE, RIGHT_EYE, Roi, around

POINTS = 468
"""Landmarks of a face."""
RIGHT_CORNER, LEFT_CORNER = 61, 291
"""The landmarks at the corners of the mouth, on the person's own right and left."""
UPPER_LIP, LOWER_LIP = 13, 14
"""The landmarks in the middle of the lips' inner edges."""
BRIDGE, CHIN = 168, 152
"""The landmarks on the bridge of the nose, between the eyes, and on the chin."""
_MEASURED = np.array(
    [RIGHT_CORNER, LEFT_CORNER, RIGHT_EYE, LEFT_EYE, BRIDGE, UPPER_LIP, LOWER_LIP, CHIN]
)
_OUTER_EYES, _INNER_EYES = np.array([RIGHT_EYE, LEFT_EYE]), np.array([133, 362])
_LIDS = np.array([33, 133, 159, 145, 263, 362, 386, 374])
"""Each eye's corners, then the middle of its upper and its lower lid."""
_MOUTH_AND_BRIDGE = np.array([RIGHT_CORNER, LEFT_CORNER, BRIDGE, UPPER_LIP, LOWER_LIP])
# On the outline, from the middle of the forehead by the person's left ear to the chin and back.
_OVAL = np.array([10, 297, 284, 389, 454, 288, 379, 152, 150, 58, 234, 162, 54, 67])

# What hardly moves in a face: eye corners, bridge of the nose, forehead and temples, with their
# places in the canonical face mesh from MediaPipe, (c) The MediaPipe Authors, Apache-2.0; cm,
# x to the person's left, y up, z forward.
_RIGID = np.array([33, 133, 263, 362, 168, 6, 197, 8, 9, 151, 127, 356, 54, 284])
_CANONICAL = np.array(
    [
        [-4.446, 2.664, 3.173],
        [-1.856, 2.585, 3.758],
        [4.446, 2.664, 3.173],
        [1.856, 2.585, 3.758],
        [0.0, 3.271, 5.236],
        [0.0, 2.473, 5.789],
        [0.0, 1.728, 6.317],
        [0.0, 4.019, 5.285],
        [0.0, 4.886, 5.385],
        [0.0, 6.545, 5.027],
        [-7.743, 2.365, -2.005],
        [7.743, 2.365, -2.005],
        [-6.279, 6.615, 1.426],
        [6.279, 6.615, 1.426],
    ]
)
# The picture's axes: y down, z away from the camera.
_CENTRED = (_CANONICAL - _CANONICAL.mean(axis=0)) * np.array([1.0, -1.0, -1.0])
_FROM_CENTRE = _CENTRED.T.astype(np.float32)

Rows = list[list[float]]
_NEWTON_STEPS = 12
"""At most; five are enough for a face with noise."""
_SQRT_3 = math.sqrt(3)
_NEAR_ENOUGH = 1e-9
"""Error of a rotation's norm, sqrt(3), at which it is taken for one."""

_FRONTAL, _HIDDEN = 25.0, 60.0
"""How far the head is turned from the camera, degrees: up to the first the landmarks lose no
quality, at the second all of it."""


class Pose(NamedTuple):
    """Where a head is turned, degrees, with the signs of `LiftSample`."""

    yaw: float
    pitch: float
    roll: float

    @property
    def off_axis(self) -> float:
        """How far it looks past the camera, degrees."""
        return math.hypot(self.yaw, self.pitch)


class FaceSignals(NamedTuple):
    """The distances in a face that a lift changes, in distances between the eyes.

    All but `eyes` are those of `LiftSample`; `eyes` is the distance between the outer corners of
    the eyes that they are fractions of, pixels of the frame.
    """

    lift: float
    left: float
    right: float
    mouth_open: float
    jaw: float
    eyes: float


@dataclass(frozen=True, eq=False)
class Landmarks:
    """One face in one frame.

    `points` is float32 (468, 3), pixels of the frame, z in the same scale. `presence` is the
    network's own belief that a face is there, 0 to 1. `brightness` is the mean grey level of the
    face, 0 to 255. `roi` is the square in which the network saw it. What follows from the points
    is told when it is first asked for, once. `carried_pose` is the head's pose if it
    is known without asking the points.
    """

    points: NDArray[np.float32]
    presence: float
    brightness: float
    roi: Roi
    carried_pose: Pose | None = None

    @cached_property
    def next_roi(self) -> Roi:
        """The square around the points, in which the next frame shows the face."""
        return around(self.points)

    @cached_property
    def signals(self) -> FaceSignals:
        """The lift signal, that of each side, and the gap between the lips."""
        return _signals(self.points)

    @cached_property
    def eyes_open(self) -> float:
        """The gap between the lids as a share of the eye's length, mean of both eyes."""
        lids = self.points[_LIDS].tolist()
        shares = [
            math.dist(upper, lower) / max(math.dist(outer, inner), 1e-9)
            for outer, inner, upper, lower in (lids[:4], lids[4:])
        ]
        return sum(shares) / len(shares)

    @cached_property
    def pose(self) -> Pose:
        """Where the head is turned."""
        return self.carried_pose or head_pose(self.points)


def head_pose(points: NDArray[np.float32]) -> Pose:
    """Return where a head with these landmarks is turned.

    The rotation that best carries the canonical face's rigid points onto these (Kabsch, Acta
    Cryst. A32, 1976), read as roll after pitch after yaw: a face that lies on a pillow keeps its
    yaw and pitch and has another roll.
    """
    # The canonical points lie round their centre, so where the seen ones lie makes no difference.
    rotation = _nearest_rotation(points[_RIGID].T @ _FROM_CENTRE.T)
    # rotation = Rz(roll) Rx(pitch) Ry(yaw), in the picture's axes.
    pitch = -math.asin(min(1.0, max(-1.0, rotation[2][1])))
    yaw = math.atan2(rotation[2][0], rotation[2][2])
    roll = math.atan2(-rotation[0][1], rotation[1][1])
    return Pose(math.degrees(yaw), math.degrees(pitch), math.degrees(roll))


def measure(
    landmarks: Landmarks,
    time: float,
    frame_shape: tuple[int, ...],
    seen: tuple[float, float] = (math.nan, math.nan),
    error: float = 0.0,
) -> LiftSample:
    """Return the lift sample of a face seen in a frame of `frame_shape` at `time` seconds.

    `seen` is how far the lift network sees its left and its right side lifted, if it was asked.
    `error` is by how much the left side reads too high and the right side too low.

    The signals are NaN while a corner of the mouth, or more than half of an eye, is outside the
    frame. A mouth that is not seen would only be guessed; an eye's outer corner goes with the
    skull, and the network tells it from the rest of the eye as well as it sees it.
    """
    points = landmarks.points
    lift, left, right, gap, jaw, eyes = landmarks.signals
    yaw, pitch, roll = landmarks.pose
    height, width = frame_shape[:2]
    across, down, _ = zip(*points[_OVAL].tolist(), strict=True)
    x_low, x_high, y_low, y_high = min(across), max(across), min(down), max(down)
    inside = 1.0
    if min(x_low, y_low) < 0 or x_high >= width or y_high >= height:
        inside = _inside(points, height, width)
        if _inside(_needed(points), height, width) < 1.0:
            lift = left = right = gap = jaw = math.nan
    return LiftSample(
        time=time,
        face=True,
        brightness=landmarks.brightness,
        lift=lift,
        left=left - error,
        right=right + error,
        mouth_open=gap,
        jaw=jaw,
        eyes_open=landmarks.eyes_open,
        yaw=yaw,
        pitch=pitch,
        roll=roll,
        x=(x_low + x_high) / 2 / width,
        y=(y_low + y_high) / 2 / height,
        size=eyes / min(height, width),
        quality=_quality(landmarks, inside),
        seen_left=seen[0],
        seen_right=seen[1],
    )


def nobody(time: float, brightness: float) -> LiftSample:
    """Return the sample of a frame in which nobody is followed."""
    return LiftSample(time=time, face=False, brightness=brightness)


def _quality(landmarks: Landmarks, inside: float) -> float:
    """Return how far these landmarks can be believed, 0 to 1.

    It falls with the network's own doubt, with the share of landmarks `inside` the frame, beyond
    which the network can only guess, and with a head turned so far that one cheek hides the other.
    """
    frontal = (_HIDDEN - landmarks.pose.off_axis) / (_HIDDEN - _FRONTAL)
    return landmarks.presence * inside * min(1.0, max(0.0, frontal))


def _needed(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the points that must be seen: the mouth's, the bridge, and the middle of each eye."""
    eyes = (points[_OUTER_EYES] + points[_INNER_EYES]) / 2
    return np.concatenate((eyes, points[_MOUTH_AND_BRIDGE]))


def _inside(points: NDArray[np.float32], height: int, width: int) -> float:
    x, y = points[:, 0], points[:, 1]
    return float(np.mean((x >= 0) & (x < width) & (y >= 0) & (y < height)))


def _signals(points: NDArray[np.float32]) -> FaceSignals:
    # As plain numbers: for a handful of distances numpy would take ten times as long.
    measured = points[_MEASURED].tolist()
    right_corner, left_corner, right_eye, left_eye, bridge, upper_lip, lower_lip, chin = measured
    eyes = math.dist(right_eye, left_eye)
    right = math.dist(right_corner, right_eye)
    left = math.dist(left_corner, left_eye)
    # Both sides share the bridge: a mouth that shifts sideways is nearer to it on one side and
    # farther on the other, and so would tell of one side's lift, or hide it, twice.
    nose = (math.dist(right_corner, bridge) + math.dist(left_corner, bridge)) / 2
    return FaceSignals(
        lift=(math.dist(right_corner, left_corner) - (right + left) / 2) / eyes,
        left=(nose - left) / eyes,
        right=(nose - right) / eyes,
        mouth_open=math.dist(upper_lip, lower_lip) / eyes,
        jaw=math.dist(bridge, chin) / eyes,
        eyes=eyes,
    )


def _nearest_rotation(matrix: NDArray[np.float32]) -> Rows:
    """Return the rotation nearest to a 3x3 matrix, by rows.

    Newton's iteration for the polar factor (Higham, SIAM J Sci Stat Comput 7:1160, 1986): as plain
    numbers it takes a fifth of a singular value decomposition's time.
    """
    rows: Rows = matrix.tolist()
    for _ in range(_NEWTON_STEPS):
        (a, b, c), (d, e, f), (g, h, i) = rows
        across = [
            [e * i - f * h, f * g - d * i, d * h - e * g],
            [c * h - b * i, a * i - c * g, b * g - a * h],
            [b * f - c * e, c * d - a * f, a * e - b * d],
        ]
        determinant = a * across[0][0] + b * across[0][1] + c * across[0][2]
        if determinant <= 0.0:
            # Flat or mirrored: no camera sees such a face, and the network may yet invent it.
            return _nearest_by_svd(matrix)
        norm, norm_across = _norm(rows), _norm(across)
        scale = math.sqrt(norm_across / (determinant * norm))
        keep, take = scale / 2, 0.5 / (scale * determinant)
        rows = [
            [keep * x + take * y for x, y in zip(row, other, strict=True)]
            for row, other in zip(rows, across, strict=True)
        ]
        if abs(_norm(rows) - _SQRT_3) < _NEAR_ENOUGH:
            break
    return rows


def _nearest_by_svd(matrix: NDArray[np.float32]) -> Rows:
    u, _, vt = np.linalg.svd(matrix)
    u[:, 2] *= np.sign(np.linalg.det(u @ vt))
    rows: Rows = (u @ vt).tolist()
    return rows


def _norm(rows: Rows) -> float:
    """Return the Frobenius norm. Newton's iteration brings it down to that of a rotation."""
    (a, b, c), (d, e, f), (g, h, i) = rows
    return math.sqrt(a * a + b * b + c * c + d * d + e * e + f * f + g * g + h * h + i * i)
