"""The 468 landmarks of one face: MediaPipe's face mesh network on a rotated square crop.

Source: Kartynnik et al., "Real-time facial surface geometry from monocular video on mobile GPUs",
2019 (arXiv:1907.06724). The network looks at 192 x 192 pixels and answers with the points in
pixels of that crop, z in the same scale and negative towards the camera, and with a score that
says whether a face is there at all. The score cannot tell an upright face from an upside-down
one, on which the network invents upright features; see tracker.py.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from device.vision.detector import Network
from device.vision.landmarks import POINTS, Landmarks
from device.vision.roi import Roi, cut

SIDE = 192
"""Side of the crop that the network sees, pixels."""
MIN_PRESENCE = 0.5
"""The landmark network's own belief below which there is no face."""


class FaceLandmarker:
    """The landmark network over any rotated square of a frame.

    It needs to be told where to look, and then tells where to look next::

        landmarker = FaceLandmarker(Model(LANDMARKS))
        face = landmarker.locate(pixels, roi)
        face = landmarker.locate(next_pixels, face.next_roi)
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._tensor = np.zeros((1, SIDE, SIDE, 3), np.float32)
        self._four_bytes = np.empty(0, np.uint8)

    def locate(self, pixels: NDArray[np.uint8], roi: Roi) -> Landmarks:
        """Return the landmarks of the face that `roi` frames; black where it leaves the frame."""
        return self._see(self._crop(pixels, roi), roi)

    def left_right_error(self, pixels: NDArray[np.uint8], face: Landmarks) -> float:
        """Return by how much S of the left side reads too high in `face`, and of the right too low.

        The network looks at the mirrored face as well, in which left is right: what does not change
        places with the sides is the network's own. NaN if it sees no face in the mirror.
        """
        roi = face.next_roi
        mirrored = self._see(np.ascontiguousarray(self._crop(pixels, roi)[:, ::-1]), roi)
        if mirrored.presence < MIN_PRESENCE:
            return math.nan
        here = face.signals.left - face.signals.right
        there = mirrored.signals.right - mirrored.signals.left
        return (here - there) / 4

    def _crop(self, pixels: NDArray[np.uint8], roi: Roi) -> NDArray[np.uint8]:
        """Return the square `roi` of a frame, RGB or grey, as SIDE x SIDE pixels."""
        part, matrix = cut(pixels, roi, SIDE)
        if part.ndim == 3:
            # OpenCV turns pixels of four bytes in half the time that those of three take it. They
            # are kept in one place: so much memory, asked for and given back, costs half as much
            # again.
            shape = (*part.shape[:2], 4)
            needed = math.prod(shape)
            if self._four_bytes.size < needed:
                self._four_bytes = np.empty(needed, np.uint8)
            there = self._four_bytes[:needed].reshape(shape)
            part = np.asarray(cv2.cvtColor(part, cv2.COLOR_RGB2RGBA, dst=there), np.uint8)
        crop = cv2.warpAffine(
            part, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        )
        if crop.ndim == 3:
            crop = cv2.cvtColor(crop, cv2.COLOR_RGBA2RGB)
        return np.asarray(crop, np.uint8)

    def _see(self, crop: NDArray[np.uint8], roi: Roi) -> Landmarks:
        # The inner half of the crop is skin, whatever the background does.
        inner = crop[SIDE // 4 : -SIDE // 4, SIDE // 4 : -SIDE // 4]
        levels = cv2.mean(inner)
        grey = crop.ndim == 2
        brightness = levels[0] if grey else sum(levels[:3]) / 3
        np.multiply(
            crop[:, :, np.newaxis] if grey else crop, np.float32(1 / 255), out=self._tensor[0]
        )
        points, presence = self._network.run(self._tensor)[:2]
        return Landmarks(
            points=_to_frame(points.reshape(POINTS, 3), roi),
            presence=_sigmoid(float(presence.ravel()[0])),
            brightness=brightness,
            roi=roi,
        )


def _to_frame(points: NDArray[np.float32], roi: Roi) -> NDArray[np.float32]:
    matrix = roi.matrix(SIDE).astype(np.float32)
    out = np.empty_like(points)
    out[:, :2] = points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    out[:, 2] = points[:, 2] * (roi.size / SIDE)
    return out


def _sigmoid(logit: float) -> float:
    # As a hyperbolic tangent it cannot overflow.
    return (1 + math.tanh(logit / 2)) / 2
