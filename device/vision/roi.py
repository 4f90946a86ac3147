"""The rotated square of the picture that a network looks at."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MARGIN = 1.5
"""Side of the square over the face's longer side, as the landmark model was trained
(`face_landmark_landmarks_to_roi` in MediaPipe's graphs)."""

RIGHT_EYE, LEFT_EYE = 33, 263
"""The landmarks at the outer corners of the eyes."""


@dataclass(frozen=True, slots=True)
class Roi:
    """A square of `size` pixels round (`x`, `y`), turned clockwise by `angle` radians.

    A face that is rolled by `angle` stands upright inside it.
    """

    x: float
    y: float
    size: float
    angle: float

    def matrix(self, side: int) -> NDArray[np.float64]:
        """Return the 2x3 matrix from pixels of a `side` x `side` crop to pixels of the frame."""
        scale = self.size / side
        cos, sin = math.cos(self.angle) * scale, math.sin(self.angle) * scale
        half = side / 2
        return np.array(
            [
                [cos, -sin, self.x - cos * half + sin * half],
                [sin, cos, self.y - sin * half - cos * half],
            ]
        )

    def scaled(self, factor: float) -> Roi:
        """Return the same square, `factor` times as wide."""
        return Roi(self.x, self.y, self.size * factor, self.angle)

    def turned(self, quarters: int) -> Roi:
        """Return the same square, turned clockwise by so many quarters."""
        return Roi(self.x, self.y, self.size, wrap(self.angle + quarters * math.pi / 2))


def whole(pixels: NDArray[np.uint8]) -> Roi:
    """Return the smallest square, not turned, that holds the whole frame."""
    height, width = pixels.shape[:2]
    return Roi(width / 2, height / 2, max(height, width), 0.0)


def cut(
    pixels: NDArray[np.uint8], roi: Roi, side: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Return the part of a frame that the square `roi` covers, a view of at least one pixel.

    With it comes the 2x3 matrix from pixels of a `side` x `side` crop to pixels of that part. What
    is done to the part before it is turned costs as much as the part is large, not the frame.
    """
    height, width = pixels.shape[:2]
    # Half of the turned square's extent, and a pixel or two for the interpolation.
    reach = roi.size / 2 * (abs(math.cos(roi.angle)) + abs(math.sin(roi.angle))) + 2
    left, right = _within(roi.x - reach, roi.x + reach, width)
    top, bottom = _within(roi.y - reach, roi.y + reach, height)
    matrix = roi.matrix(side)
    matrix[:, 2] -= (left, top)
    return pixels[top:bottom, left:right], matrix


def _within(low: float, high: float, size: int) -> tuple[int, int]:
    """Return the whole pixels from `low` to `high` that a side of `size` has, at least one."""
    first = min(max(0, math.floor(low)), size - 1)
    return first, max(first + 1, min(size, math.ceil(high)))


def around(points: NDArray[np.float32]) -> Roi:
    """Return the square for the next frame from the landmarks of this one.

    Turned so that the eyes are level. Unlike MediaPipe, which takes the upright bounding box of
    the points, this one is measured along the face's own axes, so the face keeps its share of
    the crop at any roll.
    """
    eyes = points[LEFT_EYE, :2] - points[RIGHT_EYE, :2]
    angle = math.atan2(float(eyes[1]), float(eyes[0]))
    cos, sin = math.cos(angle), math.sin(angle)
    # Along and down the face: the points as the crop will show them, but for its place and size.
    shown = np.array([[cos, sin], [-sin, cos]], np.float32) @ points[:, :2].T
    left, top = shown.min(axis=1).tolist()
    right, bottom = shown.max(axis=1).tolist()
    u, v = (left + right) / 2, (top + bottom) / 2
    return Roi(
        x=u * cos - v * sin,
        y=u * sin + v * cos,
        size=max(right - left, bottom - top) * MARGIN,
        angle=angle,
    )


def wrap(angle: float) -> float:
    """Return the same direction between -pi and pi, radians."""
    return math.remainder(angle, 2 * math.pi)
