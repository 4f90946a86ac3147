"""Glasses on a synthetic face: two lenses in a frame, drawn over the picture in true perspective.

They belong to the head and not to the skin: a cheek that rises does not move them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from device.camera.subject.mesh import EYE_LEFT, EYE_RIGHT, Floats, Mesh
from device.camera.subject.person import Eyewear

Project = Callable[[Floats], Floats]
"""From points of the head (n, 3), cm, to pixels (n, 2)."""

LENS = (2.35, 1.75)
"""Half width and half height of a lens, cm."""
IN_FRONT = 1.1
"""How far a lens stands before the eye, cm."""
TEMPLE_HINGE = 0.35
"""How high on the lens the bridge and the temples begin, in half heights."""
FULL_HEIGHT = 480
_FIXED_POINT = 4


@dataclass(frozen=True, slots=True)
class _Style:
    """`rim` is its width, cm; `colour` its colour; `tint` what the glass lets through of the light;
    `mirror` how much of a lamp it throws back."""

    rim: float
    colour: tuple[int, int, int]
    tint: float
    mirror: float


_STYLES = {
    Eyewear.CLEAR: _Style(0.12, (120, 110, 95), 0.93, 0.35),
    Eyewear.DARK_RIMMED: _Style(0.42, (28, 24, 24), 0.93, 0.15),
    Eyewear.TINTED: _Style(0.25, (20, 20, 22), 0.22, 0.25),
}


class Glasses:
    """One pair, fitted to one face; pictures are `height` pixels high."""

    def __init__(self, eyewear: Eyewear, face: Mesh, height: int) -> None:
        self._style = _STYLES[eyewear]
        self._pixels_a_cm = 11.9 * height / FULL_HEIGHT
        left, right = (face.vertices[list(eye)].mean(0) for eye in (EYE_LEFT, EYE_RIGHT))
        self._lenses = [_lens(left), _lens(right)]
        high = TEMPLE_HINGE * LENS[1]
        edge = 0.95 * LENS[0]
        bridge = [
            left + np.array([-edge, high, IN_FRONT]),
            right + np.array([edge, high, IN_FRONT]),
        ]
        self._bars = [np.stack(bridge)]
        for centre, side in ((left, 1.0), (right, -1.0)):
            hinge = centre + np.array([side * edge, high, IN_FRONT - 0.4])
            ear = np.array([side * 7.4, centre[1] + high, -3.0])
            self._bars.append(np.stack([hinge, ear]))

    def draw(self, picture: NDArray[np.uint8], project: Project) -> None:
        """Put them on the face in `picture`, (height, width, 3), where `project` says."""
        style = self._style
        for lens in self._lenses:
            outline = project(lens)
            glass = np.zeros(picture.shape[:2], np.uint8)
            cv2.fillPoly(glass, [np.rint(outline).astype(np.int32)], (255,), cv2.LINE_AA)
            light = picture[glass > 0].astype(np.float32) * style.tint
            picture[glass > 0] = light.astype(np.uint8)
            self._mirror_lamp(picture, outline)
        width = max(1, round(style.rim * self._pixels_a_cm))
        for lens in self._lenses:
            self._line(picture, project(lens), width, closed=True)
        for bar in self._bars:
            self._line(picture, project(bar), width, closed=False)

    def _mirror_lamp(self, picture: NDArray[np.uint8], outline: Floats) -> None:
        """A slanted bright patch in the upper part of one glass."""
        middle = outline.mean(0)
        patch = middle + 0.45 * (outline[[3, 6, 8, 5]] - middle)
        shape = np.zeros(picture.shape[:2], np.uint8)
        cv2.fillPoly(shape, [np.rint(patch).astype(np.int32)], (255,), cv2.LINE_AA)
        share = self._style.mirror
        shown = picture[shape > 0].astype(np.float32)
        picture[shape > 0] = (shown + share * (255 - shown)).astype(np.uint8)

    def _line(
        self, picture: NDArray[np.uint8], points: Floats, width: int, *, closed: bool
    ) -> None:
        fixed = np.rint(points * 2**_FIXED_POINT).astype(np.int32)
        colour = self._style.colour
        cv2.polylines(picture, [fixed], closed, colour, width, cv2.LINE_AA, _FIXED_POINT)


def _lens(eye: Floats) -> Floats:
    """The outline of the lens before an eye: between an ellipse and a rectangle, (24, 3) cm."""
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    round_x, round_y = np.cos(turn), np.sin(turn)
    x = np.sign(round_x) * np.abs(round_x) ** 0.75
    y = np.sign(round_y) * np.abs(round_y) ** 0.75
    return np.stack(
        [eye[0] + LENS[0] * x, eye[1] - 0.15 + LENS[1] * y, np.full(24, eye[2] + IN_FRONT)], 1
    )
