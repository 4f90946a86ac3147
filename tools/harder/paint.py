"""Draw onto and move a picture, and measure the face in it."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""RGB, (height, width, 3)."""
Points = NDArray[np.float32]
"""Landmarks, (468, 3), pixels."""


def moved(
    picture: Picture,
    roll: float = 0.0,
    dx: float = 0.0,
    dy: float = 0.0,
    zoom: float = 1.0,
) -> Picture:
    """Turn clockwise by `roll` degrees about the middle, enlarge and shift by pixels."""
    height, width = picture.shape[:2]
    turn = np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), -roll, zoom), np.float64)
    turn[:, 2] += (dx, dy)
    return np.asarray(
        cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REPLICATE),
        np.uint8,
    )


def span(points: Points) -> float:
    """Return the height of the face in pixels."""
    return float(np.max(points[:, 1]) - np.min(points[:, 1]))


def head(points: Points, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return a soft mask, 0 to 1, over the head with its hair."""
    x, y = points[:, :2].mean(axis=0)
    height = span(points)
    width = float(np.max(points[:, 0]) - np.min(points[:, 0]))
    mask = np.zeros(shape[:2], np.uint8)
    centre = (round(float(x)), round(float(y) - 0.18 * height))
    cv2.ellipse(mask, centre, (round(0.62 * width), round(0.82 * height)), 0, 0, 360, (255,), -1)
    soft = cv2.GaussianBlur(mask, (0, 0), 0.02 * height)
    return np.asarray(soft, np.float32) / np.float32(255)


def with_glasses(picture: Picture, points: Points) -> Picture:
    """Draw thick dark glasses over the eyes."""
    out = picture.copy()
    points = points[:, :2]
    across = points[263] - points[33]
    apart = float(np.linalg.norm(across))
    angle = math.degrees(math.atan2(float(across[1]), float(across[0])))
    thick = max(2, round(0.05 * apart))
    colour = (25, 20, 20)
    radius = (round(0.27 * apart), round(0.22 * apart))
    rims = []
    for outer, inner in ((33, 133), (263, 362)):
        centre = (points[outer] + points[inner]) / 2
        rims.append(centre)
        place = (round(float(centre[0])), round(float(centre[1])))
        cv2.ellipse(out, place, radius, angle, 0, 360, colour, thick, cv2.LINE_AA)
    along = across / apart
    for start, end in (
        (rims[0] + along * radius[0], rims[1] - along * radius[0]),
        (rims[0] - along * radius[0], points[127]),
        (rims[1] + along * radius[0], points[356]),
    ):
        ends = [(round(float(p[0])), round(float(p[1]))) for p in (start, end)]
        cv2.line(out, ends[0], ends[1], colour, thick, cv2.LINE_AA)
    return out
