"""Is it still the same face? Told from 20 x 16 numbers, known only while somebody is followed.

What differs between people and hardly in one person while they lift: brows, eyes, the bridge of
the nose and the rim of the hair. They are cut out along the face's own axes, freed of the light
(its slow changes across the face, its strength and its mean), and compared as a correlation. No
name goes with it, nothing of it is stored, and it is forgotten when the camera stops.

Measured on the development clips, against the first second: one person reads 0.84 or more through
a whole set of lifts, also under a television, by infrared, or with sunglasses, 0.74 with fingers
that come, and 0.69 where the face is hardly seen any more (grey level 8); real people read 0.47 at
most for each other. Turned by 25 degrees a face is not like itself (0.2), so nothing is said of one
that is turned otherwise than it was. Nor of one that rolled over where the lamp stays: eight
rendered people lit from one side read 0.77 or more up to 60 degrees, 0.54 at 90, 0.11 at 180.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from device.vision.lift import head_pose
from device.vision.roi import around

ALIKE = 0.7
"""From here on it is the same face ..."""
UNLIKE = 0.35
"""... and below this one it is another, or something is before it."""
TELLING_DEG = 12.0
"""A face turned or nodded further than this from how it is known cannot be told, degrees."""
LIT_DEG = 60.0
"""Rolled further, one that is not like it may still be the same, lit from another side, degrees."""
_LEARN = 0.1
"""By how much of the difference what is known follows what is seen."""
_SIDE = 96
_WINDOW = (slice(14, 62), slice(18, 78))
_SIZE = (20, 16)
_SHADE = 4.0

Features = NDArray[np.float32]


class FaceSignature:
    """What is known of one face."""

    def __init__(self) -> None:
        self._known: Features | None = None
        self._seen: Features | None = None
        self._pose = self._seen_pose = (0.0, 0.0, 0.0)

    def compare(self, pixels: NDArray[np.uint8], points: NDArray[np.float32]) -> float:
        """Return how like the known face this one is, -1 to 1; NaN if that cannot be told.

        `points` are its landmarks, (468, 3), in pixels of the frame. While no face is known every
        one is like it.
        """
        self._seen, self._seen_pose = None, head_pose(points)
        if self._known is not None and math.dist(self._seen_pose[:2], self._pose[:2]) > TELLING_DEG:
            return math.nan
        self._seen = _features(pixels, points)
        if self._known is None:
            return 1.0
        alike = float(np.sum(self._seen * self._known))
        rolled = abs(math.remainder(self._seen_pose[2] - self._pose[2], 360.0))
        return math.nan if alike < ALIKE and rolled > LIT_DEG else alike

    def learn(self) -> None:
        """The face compared last is the known one, or is it still: follow its slow changes."""
        if self._seen is None:
            return
        if self._known is None:
            self._known, self._pose = self._seen, self._seen_pose
            return
        known = self._known + _LEARN * (self._seen - self._known)
        self._known = np.asarray(known / np.linalg.norm(known), np.float32)
        yaw, pitch, roll = (
            known + _LEARN * math.remainder(seen - known, 360.0)
            for known, seen in zip(self._pose, self._seen_pose, strict=True)
        )
        self._pose = (yaw, pitch, roll)


def _features(pixels: NDArray[np.uint8], points: NDArray[np.float32]) -> Features:
    crop = cv2.warpAffine(
        pixels,
        around(points).matrix(_SIDE),
        (_SIDE, _SIDE),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
    )
    grey = crop if crop.ndim == 2 else cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey[_WINDOW].astype(np.float32), _SIZE, interpolation=cv2.INTER_AREA)
    detail = small - cv2.GaussianBlur(small, (0, 0), _SHADE)
    detail -= detail.mean()
    return np.asarray(detail / (np.linalg.norm(detail) + 1e-6), np.float32)
