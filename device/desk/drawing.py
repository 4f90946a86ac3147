"""Draw on pictures: landmarks on a face, text, lamps; and colours, and verdicts in words.

Pictures are uint8 RGB and are changed in place.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from device.coach import events
from device.coach.counting import verdict
from device.errors import CallerError
from device.sync.report import words
from device.vision import Landmarks

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]

FINE = 4
"""How many bits of OpenCV's fixed-point coordinates are a fraction of a pixel."""

PRACTISED = 0
"""The number of the practised lift, which calibrates the counter and is not counted."""

_LETTERS = 30
"""The size of the font in pixels at size 1."""
_FINER = 4
"""Letters are drawn so many times larger and then reduced: else each would begin on a whole pixel,
and words of a small size would run together."""
_MARGIN = 12
_EYES = (33, 263)
_CORNERS = (61, 291)
_LIPS = (13, 14)
_SIGNAL_LINES = ((61, 291), (61, 33), (291, 263), (33, 263))
"""The distances that make the lift signal; see `device.vision.landmarks`."""
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
    # A lift that is high enough was refused by the other witnesses; see `Heights.is_lift`.
    counts = f"{verdict.SMALLEST:.3g} counts"
    wanted = counts if outcome.peak < verdict.SMALLEST else "not borne out by the rest of the face"
    figures = {
        events.Reason.TOO_SHORT: f" ({outcome.hold:.2f} s; {verdict.HOLD_S:.2f} s counts)",
        events.Reason.TOO_SMALL: f" ({outcome.peak:.2f} of a lift; {wanted})",
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
    stick out of it is moved in. Raises CallerError if Pillow is not installed.
    """
    height, width = picture.shape[:2]
    room = width - 2 * _MARGIN
    if (wide := text_width(line, size)) > room:
        size *= room / wide
    letters, above = _letters(line, round(_LETTERS * size))
    left = min(max(round(x - anchor * letters.shape[1]), 0), max(0, width - letters.shape[1]))
    top = y - above
    # What lies in the picture, of the letters and of the part of it below them.
    inside = letters[max(0, -top) : max(0, height - top), : width - left, None]
    part = picture[max(0, top) : max(0, top) + len(inside), left : left + inside.shape[1]]
    part[:] = np.round(part + inside * (np.array(colour) - part)).astype(np.uint8)


def text_width(line: str, size: float) -> int:
    """Return how many pixels wide `text` writes a line."""
    return int(_letters(line, round(_LETTERS * size))[0].shape[1])


@functools.lru_cache(maxsize=512)
def _letters(line: str, pixels: int) -> tuple[NDArray[np.float32], int]:
    """Return how much of each pixel a line covers, 0 to 1, and how far it is above its baseline."""
    font = _font(pixels * _FINER)
    from PIL import Image, ImageDraw  # noqa: PLC0415

    line = line.encode("ascii", "replace").decode()
    above, below = (-(-part // _FINER) for part in font.getmetrics())
    width = max(1, -(-round(font.getlength(line)) // _FINER))
    image = Image.new("L", (width * _FINER, (above + below) * _FINER))
    ImageDraw.Draw(image).text((0, above * _FINER), line, 255, font, anchor="ls")
    covered = np.asarray(image, np.float32) / 255
    return np.asarray(
        cv2.resize(covered, (width, above + below), interpolation=cv2.INTER_AREA), np.float32
    ), above


@functools.cache
def _font(pixels: int) -> FreeTypeFont:
    try:  # Not above: what draws nothing needs no Pillow, and the device has none.
        from PIL import ImageFont  # noqa: PLC0415
    except ImportError:
        raise CallerError("letters are drawn by Pillow: `pip install pillow`.") from None
    font = ImageFont.load_default(max(1, pixels))
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise CallerError("this Pillow draws no letters, for it lacks FreeType: install its wheel.")
    return font


def lamp(picture: Picture, x: int, y: int, colour: Colour, level: float) -> None:
    """Draw a light in this colour, with a halo whose brightness is `level`, 0 to 1."""
    if level > 0:
        part = picture[max(0, y - 18) : y + 18, max(0, x - 18) : x + 18]
        halo = part.copy()
        cv2.circle(halo, (min(x, 18), min(y, 18)), 16, colour, -1, cv2.LINE_AA)
        cv2.addWeighted(halo, 0.35 * level, part, 1 - 0.35 * level, 0, dst=part)
    cv2.circle(picture, (x, y), 9, colour, -1, cv2.LINE_AA)
