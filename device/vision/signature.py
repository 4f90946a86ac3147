"""The signature of a face: 20 x 16 numbers that tell whether it is still the same one.

Brows, eyes, the bridge of the nose and the rim of the hair differ between people, and change little
in one person who lifts. They are cut out along the face's own axes, freed of the light (its slow
changes across the face, its strength and its mean), and compared by their correlation. No name goes
with a signature; it is never stored, and forgotten when the camera stops.

Measured on the development clips, against the first second: one person reads 0.84 or more through
a whole set of lifts, also under a television, by infrared, or with sunglasses, 0.74 with fingers
that come, and 0.69 where the face is hardly seen any more (grey level 8); real people read 0.47 at
most for each other. Turned by 25 degrees a face is not like itself (0.2), so one that is turned
otherwise than it was cannot be told. Nor can one that rolled over under the same lamp: eight
rendered people lit from one side read 0.77 or more up to 60 degrees, 0.54 at 90, 0.11 at 180.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from device.vision.landmarks import Landmarks, Pose
from device.vision.roi import Roi

ALIKE = 0.7
"""Correlation from which on it is the same face."""
UNLIKE = 0.35
"""Correlation below which it is another face, or something is before it."""
TELLING_DEG = 12.0
"""A face turned or nodded further than this from its known pose cannot be told, degrees."""
LIT_DEG = 60.0
"""A face rolled further than this from its known pose is lit from another side: if it is not alike
it may still be the same, degrees."""
_LEARN = 0.1
"""Weight of the newest picture in the known one."""
_SIDE = 96
"""Side of the landmark network's square in the pixels by which `_CORNER` and `_WINDOW` count."""
_CORNER = np.array([18, 14])
"""First column and row of what is cut out of that square."""
_WINDOW = (60, 48)
"""Columns and rows that are cut out of it: from the hair's rim to below the nose."""
_SIZE = (20, 16)
"""Columns and rows of a signature: what is cut out is shrunk to so many."""
_SHADE = 4.0
"""Standard deviation of the blur that takes slow changes of the light, pixels of that picture."""

Features = NDArray[np.float32]


class FaceSignature:
    """What is known of one face, to compare others with::

    signature = FaceSignature()
    if signature.compare(pixels, face) >= ALIKE:
        signature.learn()
    """

    def __init__(self) -> None:
        self._known: Features | None = None
        self._seen: Features | None = None
        self._pose = self._seen_pose = Pose(0.0, 0.0, 0.0)

    def compare(self, pixels: NDArray[np.uint8], face: Landmarks) -> float:
        """Return how like the known face this one is, -1 to 1; NaN if that cannot be told.

        `pixels` is the frame of `face`. While no face is known every one is like it.
        """
        self._seen, self._seen_pose = None, face.pose
        if self._known is not None and math.dist(self._seen_pose[:2], self._pose[:2]) > TELLING_DEG:
            return math.nan
        self._seen = _features(pixels, face.next_roi)
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
        self._pose = Pose(
            *(
                known + _LEARN * math.remainder(seen - known, 360.0)
                for known, seen in zip(self._pose, self._seen_pose, strict=True)
            )
        )


def _features(pixels: NDArray[np.uint8], roi: Roi) -> Features:
    matrix = roi.matrix(_SIDE)
    matrix[:, 2] += matrix[:, :2] @ _CORNER
    crop = cv2.warpAffine(pixels, matrix, _WINDOW, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    grey = crop if crop.ndim == 2 else cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey.astype(np.float32), _SIZE, interpolation=cv2.INTER_AREA)
    detail = small - cv2.GaussianBlur(small, (0, 0), _SHADE)
    detail -= detail.mean()
    return np.asarray(detail / (np.linalg.norm(detail) + 1e-6), np.float32)
