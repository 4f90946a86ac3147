"""What every kind works with: a clip that is to be changed, the recipe for it, and brushes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""RGB, (height, width, 3)."""
Points = NDArray[np.float32]
"""Landmarks, (468, 3), pixels."""

Paint = Callable[[Picture, int], Picture]
Stranger = tuple[Picture, Points]
"""One picture of somebody else, and their landmarks in it."""
Lift = tuple[float, float, float, float]
"""Onset, hold start, hold end and end of a lift, seconds."""


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


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One clip and what is known about it before it is changed.

    `faces` holds the landmarks of each frame, or None where nobody is seen. `stranger` shows
    somebody else: two seconds at rest, a lift, and rest again.
    """

    fps: float
    width: int
    height: int
    faces: list[Points | None]
    lifts: list[Lift]
    face_level: float
    """Mean grey level of the face, of 255."""
    stranger: list[Stranger]
    noise: np.random.Generator

    @property
    def face(self) -> Points:
        """The landmarks of the first frame with a face."""
        return next(face for face in self.faces if face is not None)


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """A recipe for a changed clip: output frame `i` is source frame `order[i]`, painted.

    `times` are the exposures of the output frames, seconds; without them they follow each other
    at the clip's own rate.
    """

    paint: Paint
    order: list[int] | None = None
    times: list[float] | None = None


def plain(picture: Picture, _: int) -> Picture:
    """Leave a picture as it is."""
    return picture


@dataclass(frozen=True, slots=True)
class Pause:
    """A longer rest between two lifts: output frames `first` to `last`, in the new `order`."""

    order: list[int]
    first: int
    last: int

    def share(self, i: int) -> float:
        """Return how far through the pause output frame `i` is: 0 at its start, 1 at its end."""
        return (i - self.first) / (self.last - self.first)


def pause(scene: Scene, seconds: float) -> Pause:
    """Let the person rest for at least `seconds` more after half the lifts.

    The pictures of that rest are shown there and back, so that nothing jumps.
    """
    if len(scene.lifts) > 1:
        before = (len(scene.lifts) - 1) // 2
        low = round((scene.lifts[before][3] + 0.2) * scene.fps)
        high = max(low + 2, round((scene.lifts[before + 1][0] - 0.2) * scene.fps))
    else:
        low = len(scene.faces) // 2
        high = low + round(scene.fps)
    there_and_back = [*range(low, high), *range(high - 2, low, -1)]
    times = round(seconds * scene.fps / len(there_and_back)) + 1
    inserted = there_and_back * times
    order = [*range(low), *inserted, *range(low, len(scene.faces))]
    return Pause(order, low, low + len(inserted))
