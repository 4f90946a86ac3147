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


def with_glasses(picture: Picture, points: Points, tint: float = 1.0) -> Picture:
    """Draw thick dark glasses over the eyes, with glass that lets `tint` of the light through."""
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
        glass = np.zeros(out.shape[:2], np.uint8)
        cv2.ellipse(glass, place, radius, angle, 0, 360, (255,), -1)
        out[glass > 0] = (out[glass > 0] * tint).astype(np.uint8)
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


def with_fingers(picture: Picture, points: Points, away: float = 0.0) -> Picture:
    """Draw a finger from below onto either cheek, in the skin's own colour.

    `away` is how far the hands are from the cheeks: 0 on them, 1 out of the picture.
    """
    out = picture.copy()
    points = points[:, :2]
    across = (points[263] - points[33]) / np.linalg.norm(points[263] - points[33])
    down = np.array([-across[1], across[0]])
    apart = float(np.linalg.norm(points[263] - points[33]))
    width = 0.17 * apart
    # Half a face out, one and a half down; beyond that the picture ends.
    far = away * 2.5 * apart * (0.45 * across), away * 2.5 * apart * down
    for cheek, wing, side in ((50, 205, -1.0), (280, 425, 1.0)):
        tip = points[cheek] + side * far[0] + far[1]
        knuckle = tip + 3.5 * apart * (0.45 * side * across + down) / 1.1
        skin = _colour_at(picture, points[wing])
        # A round finger: dark at its edges, light along its middle.
        for share, light in ((1.0, 0.70), (0.8, 0.88), (0.5, 1.0), (0.25, 1.06)):
            colour = tuple(min(255.0, light * level) for level in skin)
            ends = [(round(float(p[0])), round(float(p[1]))) for p in (tip, knuckle)]
            cv2.line(out, ends[0], ends[1], colour, max(1, round(width * share)), cv2.LINE_AA)
    return out


def _colour_at(picture: Picture, place: NDArray[np.float32]) -> list[float]:
    height, width = picture.shape[:2]
    x = min(max(round(float(place[0])), 2), width - 3)
    y = min(max(round(float(place[1])), 2), height - 3)
    patch = picture[y - 2 : y + 3, x - 2 : x + 3].reshape(25, 3)
    return [float(level) for level in patch.mean(axis=0)]
