"""How far a face is lifted, as a small network of our own sees it in the grey crop of that face.

The network is taught on rendered people (`tools/lift_network`, models/lift_network.md). It looks
at the skin, where S looks at four landmarks, so it also sees a lift from the side, where the
landmarks come too close together. It knows no rest: what it says of a relaxed face differs from
person to person and with the light, so only differences mean something, as with every signal here.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from device.vision.detector import Network
from device.vision.flow import GreyCrop
from device.vision.landmarks import Landmarks

LIFT_SIDE = 72
"""Side of the picture that the network sees, pixels."""
LIFT_SHARE = 1.1 / 1.5
"""Of the square that the landmark network gets, so much is in that picture: a tenth more than the
face."""
_MIDDLE = LIFT_SIDE // 5
"""So many pixels from its edges begins what evens out the light: it is all skin."""
_LEAST_CONTRAST = 6.0
"""A picture without contrast is not stretched to one: grey levels."""
_FARTHEST = 3.5
"""Levels further from the mean, in standard deviations, are cut off: they are reflections."""

_FULL = 0.7
"""What the network says of a full lift. It was taught to say 1, and is careful with people whom it
does not know: rendered ones read 0.5 to 1 from up to 45 degrees off axis, real ones 0.3 to 1.1. As
with S, a person's own practised lift is the measure."""
_IN_LIFTS = np.array([*6 * [_FULL], 1.0, 1.0], np.float32)


class SeenLift(NamedTuple):
    """What the network sees of a face, each side in lifts of the person's own, from any zero."""

    left: float
    right: float
    left_cheek: float
    right_cheek: float
    left_mouth: float
    right_mouth: float
    opened: float
    shut: float


class LiftNetwork:
    """The lift network on the grey crop that the tracker has made of a frame anyway::

    network = LiftNetwork(Model(LIFT))
    seen = network.look(tracker.crop, face)
    """

    def __init__(self, network: Network) -> None:
        self._network = network

    def look(self, crop: GreyCrop, face: Landmarks) -> SeenLift:
        """Return what is seen of `face` in `crop`, which shows it in the frame of the landmarks."""
        square = face.next_roi.scaled(LIFT_SHARE)
        to_frame = np.vstack((square.matrix(LIFT_SIDE), (0.0, 0.0, 1.0)))
        to_crop = np.asarray(cv2.invertAffineTransform(crop.to_frame)) @ to_frame
        picture = cv2.warpAffine(
            crop.picture,
            to_crop,
            (LIFT_SIDE, LIFT_SIDE),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        tensor = standardize(np.asarray(picture, np.uint8))[np.newaxis, :, :, np.newaxis]
        said = self._network.run(tensor)[0].ravel() / _IN_LIFTS
        return SeenLift(*said.tolist())


def standardize(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return a grey picture with its light and contrast evened out, float32 of the same shape."""
    mean, deviation = cv2.meanStdDev(picture[_MIDDLE:-_MIDDLE, _MIDDLE:-_MIDDLE])
    scale = 1.0 / (float(deviation[0, 0]) + _LEAST_CONTRAST)
    even = (picture - np.float32(mean[0, 0])) * np.float32(scale)
    return np.asarray(np.clip(even, -_FARTHEST, _FARTHEST), np.float32)
