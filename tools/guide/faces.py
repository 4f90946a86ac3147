"""The six drawn steps: the synthetic subject, its fingertips in place, on one sheet of pictures."""

from __future__ import annotations

import enum
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from device.camera.subject import PEOPLE, State, Subject

OUT = Path(__file__).with_name("faces.webp")
"""The sheet, kept as a file: drawn elsewhere, a pixel or two may differ."""

WIDTH, HEIGHT = 480, 256
"""One face, pixels: on paper 60 mm wide, 200 to the inch."""
COLUMNS = 3
_TOP, _MARGIN = 72, 20
"""What is cut off a picture of 640x480 pixels above the face and beside it."""
_QUALITY = 80
_CORNERS = (61, 291)
"""The landmarks at the corners of the mouth: the person's right, and left."""
_ARROW = (34, 58)
"""How far an arrow goes out and up, pixels of 640x480."""
_ARROW_INK, _ARROW_RIM = (30, 80, 40), (255, 255, 255)


class Face(enum.IntEnum):
    """The faces, in their order on the sheet."""

    READY = 0
    FINGERS = 1
    RISES = 2
    HOLDS = 3
    SINKS = 4
    RELAXED = 5


_STATES = {
    Face.READY: State(),
    Face.FINGERS: State(fingers=True),
    Face.RISES: State(fingers=True, lift_left=0.7, lift_right=0.7),
    Face.HOLDS: State(fingers=True, lift_left=1.2, lift_right=1.2),
    Face.SINKS: State(fingers=True, lift_left=0.5, lift_right=0.5),
    Face.RELAXED: State(fingers=True, blink=1.0),
}
_ARROWS = {Face.RISES: 1, Face.SINKS: -1}
"""Faces with an arrow beside each corner of the mouth, and whether it points up or down."""


def sheet() -> NDArray[np.uint8]:
    """Return all the faces side by side, RGB; rows of `COLUMNS`."""
    subject = Subject(PEOPLE["dilek"])
    drawn = [_draw(subject, face) for face in Face]
    rows = [np.hstack(drawn[at : at + COLUMNS]) for at in range(0, len(drawn), COLUMNS)]
    return np.asarray(np.vstack(rows), np.uint8)


def packed(sheet: NDArray[np.uint8]) -> bytes:
    """Return the sheet as a WebP file."""
    quality = [cv2.IMWRITE_WEBP_QUALITY, _QUALITY]
    return cv2.imencode(".webp", cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR), quality)[1].tobytes()


def corner(face: Face) -> tuple[int, int]:
    """Return where a face begins on the sheet, pixels from the left and from the top."""
    row, column = divmod(face, COLUMNS)
    return column * WIDTH, row * HEIGHT


def _draw(subject: Subject, face: Face) -> NDArray[np.uint8]:
    state = replace(_STATES[face], nearness=1.32, y=-0.5, grain=0.0, shot=0.0)
    picture = subject.render(state)
    if face in _ARROWS:
        _point(picture, subject.truth(state).landmarks, _ARROWS[face])
    height = round((subject.width - 2 * _MARGIN) * HEIGHT / WIDTH)
    cut = picture[_TOP : _TOP + height, _MARGIN : subject.width - _MARGIN]
    return np.asarray(cv2.resize(cut, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)


def _point(picture: NDArray[np.uint8], landmarks: NDArray[np.float32], way: int) -> None:
    out, up = _ARROW
    for mark, side in zip(_CORNERS, (-1, 1), strict=True):
        x, y = (round(float(place)) for place in landmarks[mark, :2])
        low, high = (x + 14 * side, y - 4), (x + (14 + out) * side, y - 4 - up)
        start, end = (low, high) if way > 0 else (high, low)
        for colour, width in ((_ARROW_RIM, 13), (_ARROW_INK, 6)):
            cv2.arrowedLine(picture, start, end, colour, width, cv2.LINE_AA, tipLength=0.35)
