"""A cheap glance between two looks of the landmark network: has anything moved that matters?

Most of a session is holding still, and the network costs far more than all the rest. Optical flow
(pyramidal Lucas-Kanade; Bouguet 2000, as OpenCV has it) on a few small patches round the mouth's
corners, the lips, the outer eye corners and the bridge of the nose tells how each moved since the
network last looked. While that changes the lift signal by less than its own noise, the moved points
are as good as new ones, with less jitter. Once it changes more, the network looks again: flow
follows skin, not features, and would drift.
"""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from device.vision.landmarker import Landmarks
from device.vision.lift import lip_gap, raw_lift
from device.vision.roi import Roi, around

SIDE = 96
LONGEST_S = 0.21
"""The network looks at least this often, seconds."""
LIFT_CHANGE = 0.008
"""A change of the lift signal that needs the network: about 1/20 of a lift, twice its noise."""
SKIN_CHANGE = 0.009
"""The same for any patch against the head, in distances between the eyes."""
STEADY = 0.01
"""Two looks of the network that differ by more say that the face is moving, whatever flow says."""
_FARTHEST = 0.1
"""How far the head may have moved, in distances between the eyes."""
_LIGHT_CHANGE = 1.25
_MISMATCH = 12.0
"""Mean difference of grey levels at which a patch is no longer the one that was followed."""

# A landmark and two neighbours a row: their median motion is the landmark's. The folds from nose
# to mouth move with every smile, even where the mouth's corners give the flow nothing to hold.
_PATCHES = np.array(
    [
        [33, 130, 226],
        [263, 359, 446],
        [61, 76, 185],
        [291, 306, 409],
        [13, 82, 312],
        [14, 87, 317],
        [205, 206, 207],
        [425, 426, 427],
    ]
)
_EYES = 2
"""The first patches move only with the head."""
_POINTS = _PATCHES[:6, 0]
"""The landmarks whose own motion counts in a sample."""
_WINDOW = (15, 15)
_LEVELS = 1
_STOP = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 10, 0.03)


class Glance:
    """Follows the face of the network's last look with optical flow, as long as that will do."""

    def __init__(self) -> None:
        self._roi = Roi(0.0, 0.0, 1.0, 0.0)
        self._lift = self._lips = 0.0
        self.forget()

    def forget(self) -> None:
        """Forget the face: the next look is the network's."""
        self._face: Landmarks | None = None
        self._steady = False
        self._seen: NDArray[np.uint8] | None = None

    def anchor(self, pixels: NDArray[np.uint8], face: Landmarks, time: float) -> None:
        """Take what the network saw in this frame as what to follow from here on.

        To be called after `look` at the same frame, if there was one: its crop is used again.
        """
        roi = around(face.points)
        if self._seen is None or not _alike(self._roi, roi):
            self._roi = roi
            self._to_crop = np.asarray(cv2.invertAffineTransform(roi.matrix(SIDE)), np.float64)
            self._seen = _grey_crop(pixels, self._to_crop)
        lift, lips = raw_lift(face.points), lip_gap(face.points)
        change = max(abs(lift - self._lift), abs(lips - self._lips))
        self._steady = self._face is not None and change < STEADY
        self._face, self._lift, self._lips = face, lift, lips
        self._time = time
        self._picture = self._seen
        self._level = float(self._picture.mean())
        places = face.points[_PATCHES.ravel(), :2] @ self._to_crop[:, :2].T + self._to_crop[:, 2]
        self._places = np.ascontiguousarray(places, np.float32)

    def look(self, pixels: NDArray[np.uint8], time: float) -> Landmarks | None:
        """Return the face as it has moved since the anchor, or None if the network should look."""
        self._seen = None
        if self._face is None or not self._steady or not 0 <= time - self._time < LONGEST_S:
            return None
        picture = self._seen = _grey_crop(pixels, self._to_crop)
        light = float(picture.mean()) / max(self._level, 1.0)
        if not 1 / _LIGHT_CHANGE < light < _LIGHT_CHANGE:
            return None
        moved = self._moved(np.asarray(cv2.convertScaleAbs(picture, alpha=1 / light), np.uint8))
        if moved is None:
            return None
        # Points of the plane as complex numbers: a head's motion in it is z -> turn * z + shift.
        before = self._face.points[:, 0] + 1j * self._face.points[:, 1]
        patches = before[_PATCHES[:, 0]]
        right, left = patches[:_EYES].tolist()
        right_now, left_now = (patches[:_EYES] + moved[:_EYES]).tolist()
        turn = (left_now - right_now) / (left - right)
        shift = (left_now + right_now - turn * (left + right)) / 2
        eyes = abs(left - right)
        stray = np.abs(patches + moved - turn * patches - shift).max() / eyes
        if stray > SKIN_CHANGE or abs(left_now + right_now - left - right) > 2 * _FARTHEST * eyes:
            return None
        after = turn * before + shift
        after[_POINTS] = before[_POINTS] + moved[: _POINTS.size]
        points = self._face.points * np.float32(abs(turn))
        points[:, 0], points[:, 1] = after.real, after.imag
        if abs(raw_lift(points) - self._lift) > LIFT_CHANGE:
            return None
        return replace(self._face, points=points, brightness=self._face.brightness * light)

    def _moved(self, picture: NDArray[np.uint8]) -> NDArray[np.complex128] | None:
        """Return how far each patch moved, x + iy, pixels of the frame; None if one was lost."""
        start = np.empty(0, np.float32)
        places, found, error = cv2.calcOpticalFlowPyrLK(
            self._picture, picture, self._places, start, None, None, _WINDOW, _LEVELS, _STOP
        )
        if not found.all() or float(error.mean()) > _MISMATCH:
            return None
        motion = (places - self._places) @ self._roi.matrix(SIDE)[:, :2].T
        # Sorting three is the cheapest way to their median.
        middle = np.sort(motion.reshape(*_PATCHES.shape, 2), axis=1)[:, 1]
        return np.asarray(middle[:, 0] + 1j * middle[:, 1])


def _grey_crop(pixels: NDArray[np.uint8], to_crop: NDArray[np.float64]) -> NDArray[np.uint8]:
    crop = cv2.warpAffine(pixels, to_crop, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    if crop.ndim == 3:
        crop = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    return np.asarray(crop, np.uint8)


def _alike(one: Roi, other: Roi) -> bool:
    """Whether a crop made for one square will do for the other."""
    return (
        math.hypot(one.x - other.x, one.y - other.y) < 0.05 * one.size
        and abs(one.size - other.size) < 0.1 * one.size
        and abs(math.remainder(one.angle - other.angle, 2 * math.pi)) < 0.1
    )
