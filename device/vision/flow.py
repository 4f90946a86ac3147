"""Optical flow on small patches of a face: how far has the skin moved between two pictures?

A grey crop of a rotated square is made once a frame, and whoever looks at the skin works on that
one. Patches are followed by pyramidal Lucas-Kanade (Bouguet, "Pyramidal implementation of the
affine Lucas Kanade feature tracker", 2000, as OpenCV has it), which finds a patch to a few
hundredths of a pixel as long as it looks the same. Flow follows skin, not features: it drifts, so
it is always measured against a picture in which something else said where the landmarks are.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from device.vision.roi import Roi, cut

SIDE = 128
"""Pixels of a crop's side; the outer eye corners are then about 45 pixels apart."""
_WINDOW = 11
"""Side of a patch, pixels of the crop."""
_LEVELS = 1
"""Halvings of the picture in which a patch is first searched for."""
_STOP = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 10, 0.03)


@dataclass(frozen=True, slots=True, eq=False)
class GreyCrop:
    """A grey picture of one square of a frame.

    `picture` is uint8 (side, side), black where the square leaves the frame; `level` is its mean
    grey level, 0 to 255.
    """

    picture: NDArray[np.uint8]
    roi: Roi
    level: float

    @property
    def to_frame(self) -> NDArray[np.float64]:
        """The 2x3 matrix from pixels of the crop to pixels of the frame."""
        return self.roi.matrix(self.picture.shape[0])

    def places(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return where points of the frame, (n, 2) or (n, 3), lie in the crop, float32 (n, 2)."""
        back = np.asarray(cv2.invertAffineTransform(self.to_frame), np.float32)
        return np.asarray(points[:, :2] @ back[:, :2].T + back[:, 2], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """Where patches went.

    `places` is float32 (n, 2), pixels of the crop; `found` is bool (n,): the patch is in the
    crop and has texture enough to be followed; `mismatch` is float32 (n,): the mean difference in
    grey levels between the patch as it was and as it is now.
    """

    places: NDArray[np.float32]
    found: NDArray[np.bool_]
    mismatch: NDArray[np.float32]


def grey_crop(pixels: NDArray[np.uint8], roi: Roi, side: int = SIDE) -> GreyCrop:
    """Return the square `roi` of a frame, RGB or grey, as a grey picture of `side` pixels."""
    part, matrix = cut(pixels, roi, side)
    picture = cv2.warpAffine(
        part, matrix, (side, side), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    if picture.ndim == 3:
        # Grey last: a near face is much larger than its crop, which is made of a few of its pixels.
        picture = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return GreyCrop(np.asarray(picture, np.uint8), roi, cv2.mean(picture)[0])


def follow(before: GreyCrop, after: GreyCrop, places: NDArray[np.float32]) -> Flow:
    """Return where the patches at `places` in `before` are in `after`, crops of equal side.

    `places` is float32 (n, 2), pixels of the crops. A patch is found up to about ten pixels away. A
    change of the light as a whole is evened out first.
    """
    picture = after.picture
    if abs(after.level - before.level) > 0.5 and after.level > 0:
        picture = np.asarray(
            cv2.convertScaleAbs(picture, alpha=before.level / after.level), np.uint8
        )
    found_at, found, mismatch = cv2.calcOpticalFlowPyrLK(
        before.picture,
        picture,
        places,
        np.empty(0, np.float32),
        winSize=(_WINDOW, _WINDOW),
        maxLevel=_LEVELS,
        criteria=_STOP,
    )
    return Flow(
        np.asarray(found_at, np.float32), found[:, 0] > 0, np.asarray(mismatch[:, 0], np.float32)
    )
