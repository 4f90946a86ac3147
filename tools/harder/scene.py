"""A clip before it is made harder, and the recipe for a harder one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tools.harder.paint import Picture, Points

Paint = Callable[[Picture, int], Picture]
Stranger = tuple[Picture, Points]
"""One picture of somebody else, and their landmarks in it."""
Lift = tuple[float, float, float, float]
"""Onset, hold start, hold end and end of a lift, seconds."""


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
class Harder:
    """A recipe: output frame `i` is source frame `order[i]`, painted.

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

    def faces(self, scene: Scene) -> list[Points | None]:
        """Return the landmarks in each output frame."""
        return [scene.faces[source] for source in self.order]


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
