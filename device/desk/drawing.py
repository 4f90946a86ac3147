"""Draw on pictures: landmarks on a face, text, lamps; and colours, and verdicts in words.

Pictures are uint8 RGB and are changed in place.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from device.coach import events
from device.coach.counting import verdict
from device.sync.report import words
from device.vision import Landmarks

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]

FINE = 4
"""How many bits of OpenCV's fixed-point coordinates are a fraction of a pixel."""

PRACTISED = 0
"""The number of the practised lift, which calibrates the counter and is not counted."""

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_MARGIN = 12
_EYES = (33, 263)
_CORNERS = (61, 291)
_LIPS = (13, 14)
_SIGNAL_LINES = ((61, 291), (61, 33), (291, 263), (33, 263))
"""The distances that make the lift signal; see `device.vision.lift`."""
_OUTLINES = (
    (10, 297, 284, 389, 454, 361, 397, 379, 400, 152, 176, 150, 172, 132, 234, 162, 54, 67, 10),
    (33, 160, 158, 133, 153, 144, 33),
    (263, 387, 385, 362, 380, 373, 263),
    (61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91, 61),
)
"""The face's oval, the eyes and the lips, as polylines of landmarks."""


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of a chart, RGB."""

    paper: Colour
    line: Colour
    dim: Colour
    ink: Colour
    good: Colour
    poor: Colour


NIGHT = Palette(
    paper=(24, 24, 22),
    line=(70, 68, 62),
    dim=(150, 146, 136),
    ink=(240, 238, 230),
    good=(110, 215, 130),
    poor=(255, 180, 70),
)
DAY = Palette(
    paper=(252, 250, 245),
    line=(224, 219, 206),
    dim=(120, 116, 106),
    ink=(50, 49, 46),
    good=(62, 140, 78),
    poor=(190, 112, 12),
)
"""`NIGHT` is for films and the window, `DAY` for a plot on paper."""


def reasons_of(outcome: events.Rep | events.Refused) -> str:
    """Return an outcome in a sentence, with the figures that decided it if there are any."""
    if isinstance(outcome, events.Rep):
        noted = "; ".join(words.NOTES[note] for note in outcome.notes)
        if outcome.number == PRACTISED:
            return f"practised: held {outcome.hold:.2f} s; it sets the measure"
        said = f"rep {outcome.number}: held {outcome.hold:.2f} s, {outcome.peak:.2f} of a lift"
        return f"{said}; {noted}" if noted else said
    figures = {
        events.Reason.TOO_SHORT: f" ({outcome.hold:.2f} s; {verdict.HOLD_S:.2f} s counts)",
        events.Reason.TOO_SMALL: f" ({outcome.peak:.2f} of a lift; {verdict.SMALLEST:.2f} counts)",
    }
    return f"refused: {words.REASONS[outcome.reason]}{figures.get(outcome.reason, '')}"


def face(picture: Picture, landmarks: Landmarks) -> None:
    """Draw all landmarks, the outlines of a face, and the four distances of the lift signal."""
    points = landmarks.points[:, :2].astype(np.float64)
    fine = np.round(points * (1 << FINE)).astype(np.int32)
    eyes = float(np.linalg.norm(points[_EYES[0]] - points[_EYES[1]]))
    dot = max(1, round(eyes / 110))
    height, width = len(picture), len(picture[0])
    for x, y in np.round(points).astype(int):
        if 0 <= x < width and 0 <= y < height:
            picture[y : y + dot + 1, x : x + dot + 1] = NIGHT.dim
    outlines = [fine[list(outline)] for outline in _OUTLINES]
    cv2.polylines(picture, outlines, False, NIGHT.ink, 1, cv2.LINE_AA, FINE)
    for one, other in _SIGNAL_LINES:
        ends = tuple(map(int, fine[one])), tuple(map(int, fine[other]))
        cv2.line(picture, *ends, NIGHT.good, 1, cv2.LINE_AA, FINE)
    for index in (*_CORNERS, *_EYES):
        x, y = map(int, fine[index])
        cv2.circle(picture, (x, y), 3 * dot << FINE, NIGHT.good, -1, cv2.LINE_AA, FINE)
    for index in _LIPS:
        x, y = map(int, fine[index])
        cv2.circle(picture, (x, y), 2 * dot << FINE, NIGHT.poor, -1, cv2.LINE_AA, FINE)


def text(
    picture: Picture,
    line: str,
    x: int,
    y: int,
    colour: Colour,
    size: float = 0.5,
    anchor: float = 0.0,
) -> None:
    """Write a line with its baseline at `y`; `anchor` 0 puts its left end at `x`, 1 its right end.

    The font has ASCII only. A line wider than the picture is written smaller, and one that would
    stick out of it is moved in.
    """
    line = line.encode("ascii", "replace").decode()
    thickness = max(1, round(2 * size))
    (width, _), _ = cv2.getTextSize(line, _FONT, size, thickness)
    room = len(picture[0]) - 2 * _MARGIN
    if width > room:
        size *= room / width
        width = room
    left = min(max(round(x - anchor * width), 0), len(picture[0]) - round(width))
    cv2.putText(picture, line, (left, y), _FONT, size, colour, thickness, cv2.LINE_AA)


def lamp(picture: Picture, x: int, y: int, colour: Colour, level: float) -> None:
    """Draw a light in this colour, with a halo whose brightness is `level`, 0 to 1."""
    if level > 0:
        part = picture[max(0, y - 18) : y + 18, max(0, x - 18) : x + 18]
        halo = part.copy()
        cv2.circle(halo, (min(x, 18), min(y, 18)), 16, colour, -1, cv2.LINE_AA)
        cv2.addWeighted(halo, 0.35 * level, part, 1 - 0.35 * level, 0, dst=part)
    cv2.circle(picture, (x, y), 9, colour, -1, cv2.LINE_AA)
