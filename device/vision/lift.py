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

_FRONTAL, _HIDDEN = 25.0, 60.0
"""Degrees off the camera's axis: up to the first nothing is lost, at the second everything is."""


def head_pose(points: NDArray[np.float32]) -> tuple[float, float, float]:
    """Return yaw, pitch and roll in degrees, with the signs of `LiftSample`.

    The rotation that best carries the canonical face's rigid points onto these (Kabsch, Acta
    Cryst. A32, 1976), read as roll after pitch after yaw: a face that lies on a pillow keeps its
    yaw and pitch and has another roll.
    """
    seen = points[_RIGID].astype(np.float64)
    seen -= seen.mean(axis=0)
    u, _, vt = np.linalg.svd(_CENTRED.T @ seen)
    flip = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    rotation = (vt.T * flip) @ u.T
    # rotation = Rz(roll) Rx(pitch) Ry(yaw), in the picture's axes.
    pitch = -math.asin(min(1.0, max(-1.0, rotation[2, 1])))
    yaw = math.atan2(rotation[2, 0], rotation[2, 2])
    roll = math.atan2(-rotation[0, 1], rotation[1, 1])
    return math.degrees(yaw), math.degrees(pitch), math.degrees(roll)


def raw_lift(points: NDArray[np.float32]) -> float:
    """Return S: mouth width less the mean height from corners to eyes, over the eyes' distance."""
    right_corner, left_corner = points[RIGHT_CORNER], points[LEFT_CORNER]
    right_eye, left_eye = points[RIGHT_EYE], points[LEFT_EYE]
    heights = _distance(right_corner, right_eye) + _distance(left_corner, left_eye)
    width = _distance(right_corner, left_corner)
    return (width - heights / 2) / _distance(right_eye, left_eye)


def lip_gap(points: NDArray[np.float32]) -> float:
    """Return the gap between the inner lips over the eyes' distance."""
    eyes = _distance(points[RIGHT_EYE], points[LEFT_EYE])
    return _distance(points[UPPER_LIP], points[LOWER_LIP]) / eyes


def measure(landmarks: Landmarks, time: float, frame_shape: tuple[int, ...]) -> LiftSample:
    """Return the lift sample of a face seen in a frame of `frame_shape` at `time` seconds."""
    points = landmarks.points
    right_corner, left_corner = points[RIGHT_CORNER], points[LEFT_CORNER]
    right_eye, left_eye, bridge = points[RIGHT_EYE], points[LEFT_EYE], points[BRIDGE]
    eyes = _distance(right_eye, left_eye)
    right_side = _distance(right_corner, bridge) - _distance(right_corner, right_eye)
    left_side = _distance(left_corner, bridge) - _distance(left_corner, left_eye)
    yaw, pitch, roll = head_pose(points)
    height_px, width_px = frame_shape[:2]
    return LiftSample(
        time=time,
        face=True,
        brightness=landmarks.brightness,
        lift=raw_lift(points),
        left=left_side / eyes,
        right=right_side / eyes,
        mouth_open=lip_gap(points),
        yaw=yaw,
        pitch=pitch,
        roll=roll,
        x=float((np.min(points[:, 0]) + np.max(points[:, 0])) / 2) / width_px,
        y=float((np.min(points[:, 1]) + np.max(points[:, 1])) / 2) / height_px,
        size=eyes / min(height_px, width_px),
        quality=_quality(landmarks, yaw, pitch, frame_shape),
    )


def nobody(time: float, brightness: float) -> LiftSample:
    """Return the sample of a frame in which nobody is followed."""
    return LiftSample(time=time, face=False, brightness=brightness)


def _quality(landmarks: Landmarks, yaw: float, pitch: float, frame_shape: tuple[int, ...]) -> float:
    """Return how far these landmarks can be believed, 0 to 1.

    It falls with the network's own doubt, with every landmark that lies outside the frame, where
    the network can only guess, and with a head turned so far that one cheek hides the other.
    """
    height, width = frame_shape[:2]
    x, y = landmarks.points[:, 0], landmarks.points[:, 1]
    inside = float(np.mean((x >= 0) & (x < width) & (y >= 0) & (y < height)))
    turned = math.hypot(yaw, pitch)
    frontal = (_HIDDEN - turned) / (_HIDDEN - _FRONTAL)
    return landmarks.presence * inside * min(1.0, max(0.0, frontal))


def _distance(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return math.dist(one.tolist(), other.tolist())
