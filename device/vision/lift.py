"""From landmarks to the numbers of a `LiftSample`: the lift signal, the mouth and the head's pose.

The landmark network sees the corners of the mouth well and the cheeks hardly at all, so the
signal is the mouth's width against the distance from its corners to the eyes: a lift widens the
one and shortens the other. All distances are three-dimensional and shared out by the distance
between the eyes, so neither a nearer face nor, to first order, a turned one changes the signal.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from device.vision.landmarker import Landmarks
from device.vision.sample import LiftSample

RIGHT_CORNER, LEFT_CORNER = 61, 291
RIGHT_EYE, LEFT_EYE = 33, 263
UPPER_LIP, LOWER_LIP = 13, 14
BRIDGE = 168
_MEASURED = np.array([RIGHT_CORNER, LEFT_CORNER, RIGHT_EYE, LEFT_EYE, BRIDGE, UPPER_LIP, LOWER_LIP])

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
# In the picture's axes: y down, z away from the camera.
_CENTRED = (_CANONICAL - _CANONICAL.mean(axis=0)) * np.array([1.0, -1.0, -1.0])
# What turns seen points into the images of the canonical x and y axes, by least squares.
_TO_AXES = np.linalg.solve(_CENTRED.T @ _CENTRED, _CENTRED.T)[:2].astype(np.float32)

# On the face's outline, from the forehead by the person's left ear to the chin and back.
_OVAL = np.array([10, 297, 284, 389, 454, 288, 379, 152, 150, 58, 234, 162, 54, 67])

_FRONTAL, _HIDDEN = 25.0, 60.0
"""Degrees off the camera's axis: up to the first nothing is lost, at the second everything is."""


def head_pose(points: NDArray[np.float32]) -> tuple[float, float, float]:
    """Return yaw, pitch and roll in degrees, with the signs of `LiftSample`.

    The linear map that best carries the canonical face's rigid points onto these says where its x
    and y axes went; made orthogonal, they give the rotation. It is read as roll after pitch after
    yaw, so that a face that lies on a pillow keeps its yaw and pitch and has another roll.
    """
    across, down = (_TO_AXES @ points[_RIGID]).tolist()
    x = _unit(across)
    along = x[0] * down[0] + x[1] * down[1] + x[2] * down[2]
    y = _unit([down[i] - along * x[i] for i in range(3)])
    # The columns x, y and x cross y are Rz(roll) Rx(pitch) Ry(yaw), in the picture's axes.
    yaw = math.atan2(x[2], x[0] * y[1] - x[1] * y[0])
    pitch = -math.asin(min(1.0, max(-1.0, y[2])))
    roll = math.atan2(-y[0], y[1])
    return math.degrees(yaw), math.degrees(pitch), math.degrees(roll)


def raw_lift(points: NDArray[np.float32]) -> float:
    """Return S: mouth width less the mean height from corners to eyes, over the eyes' distance."""
    return _distances(points)[0]


def lip_gap(points: NDArray[np.float32]) -> float:
    """Return the gap between the inner lips over the eyes' distance."""
    return _distances(points)[3]


def measure(landmarks: Landmarks, time: float, frame_shape: tuple[int, ...]) -> LiftSample:
    """Return the lift sample of a face seen in a frame of `frame_shape` at `time` seconds."""
    points = landmarks.points
    lift, left, right, gap, eyes = _distances(points)
    yaw, pitch, roll = head_pose(points)
    height, width = frame_shape[:2]
    oval = points[_OVAL, :2]
    x_low, y_low = oval.min(axis=0).tolist()
    x_high, y_high = oval.max(axis=0).tolist()
    seen = 1.0
    if x_low < 0 or y_low < 0 or x_high > width or y_high > height:
        # Outside the frame the network can only guess.
        seen = float(np.mean(np.all((oval >= 0) & (oval <= (width, height)), axis=1)))
    return LiftSample(
        time=time,
        face=True,
        brightness=landmarks.brightness,
        lift=lift,
        left=left,
        right=right,
        mouth_open=gap,
        yaw=yaw,
        pitch=pitch,
        roll=roll,
        x=(x_low + x_high) / 2 / width,
        y=(y_low + y_high) / 2 / height,
        size=eyes / min(height, width),
        quality=landmarks.presence * seen * _frontal(yaw, pitch),
    )


def nobody(time: float, brightness: float) -> LiftSample:
    """Return the sample of a frame in which nobody is followed."""
    return LiftSample(time=time, face=False, brightness=brightness)


def _frontal(yaw: float, pitch: float) -> float:
    """Return how far a head turned like this still shows both cheeks, 0 to 1."""
    return min(1.0, max(0.0, (_HIDDEN - math.hypot(yaw, pitch)) / (_HIDDEN - _FRONTAL)))


def _unit(vector: list[float]) -> list[float]:
    length = math.hypot(*vector)
    return [value / length for value in vector]


def _distances(points: NDArray[np.float32]) -> tuple[float, float, float, float, float]:
    """Return S, its left and right forms, the lips' gap, and what they are shared out by."""
    measured = points[_MEASURED].tolist()
    right_corner, left_corner, right_eye, left_eye, bridge, upper, lower = measured
    eyes = math.dist(right_eye, left_eye)
    right = math.dist(right_corner, right_eye)
    left = math.dist(left_corner, left_eye)
    return (
        (math.dist(right_corner, left_corner) - (right + left) / 2) / eyes,
        (math.dist(left_corner, bridge) - left) / eyes,
        (math.dist(right_corner, bridge) - right) / eyes,
        math.dist(upper, lower) / eyes,
        eyes,
    )
