"""Draw what was seen for a person at a desk: the face's landmarks, and the signal with verdicts.

Pictures are uint8 RGB, changed in place. Nothing here runs on the device itself.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from device.coach.events import LiftEvent, Reason, Refused, Rep
from device.coach.lift_watch import Phase
from device.coach.verdict import HOLD_S, SMALLEST, WIDE_MOUTH
from device.summary import NOTES, REASONS
from device.vision.landmarker import Landmarks
from device.vision.sample import LiftSample

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]

TOP_LEVEL, BOTTOM_LEVEL = 2.0, -0.4
"""What a chart shows of the signal, in lifts."""
MOUTH_BAND = 0.16
"""The share of a chart's height, at its bottom, that shows how far the lips are apart."""

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_SHIFT = 4
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
"""For a strip below a picture, and for paper."""


@dataclass(slots=True)
class Signal:
    """What was seen so far, and what was said about it. Times in seconds, levels in lifts."""

    times: list[float] = field(default_factory=list)
    levels: list[float] = field(default_factory=list)
    mouths: list[float] = field(default_factory=list)
    phases: list[Phase] = field(default_factory=list)
    verdicts: list[Rep | Refused] = field(default_factory=list)

    def add(self, sample: LiftSample, level: float, phase: Phase, known: list[LiftEvent]) -> None:
        """Append one sample, with the counter's level and phase after it."""
        self.times.append(sample.time)
        self.levels.append(level)
        self.mouths.append(sample.mouth_open)
        self.phases.append(phase)
        self.verdicts += [event for event in known if isinstance(event, Rep | Refused)]


def short_label(verdict: Rep | Refused) -> str:
    """Return a verdict in a word or two."""
    if isinstance(verdict, Rep):
        return f"{verdict.number}: {verdict.hold:.1f} s"
    return verdict.reason.value.replace("_", " ")


def reasons_of(verdict: Rep | Refused) -> str:
    """Return a verdict in a sentence, with the figures that decided it where there are some."""
    if isinstance(verdict, Rep):
        noted = "; ".join(NOTES[note] for note in verdict.notes)
        said = f"rep {verdict.number}: held {verdict.hold:.2f} s, {verdict.peak:.2f} of a lift"
        return f"{said}; {noted}" if noted else said
    figures = {
        Reason.TOO_SHORT: f" ({verdict.hold:.2f} s; {HOLD_S:.2f} s counts)",
        Reason.TOO_SMALL: f" ({verdict.peak:.2f} of a lift; {SMALLEST:.2f} counts)",
    }
    return f"refused: {REASONS[verdict.reason]}{figures.get(verdict.reason, '')}"


def face(picture: Picture, landmarks: Landmarks) -> None:
    """Draw all landmarks, the outlines of a face, and the four distances of the lift signal."""
    points = landmarks.points[:, :2].astype(np.float64)
    fine = np.round(points * (1 << _SHIFT)).astype(np.int32)
    eyes = float(np.linalg.norm(points[_EYES[0]] - points[_EYES[1]]))
    dot = max(1, round(eyes / 110))
    mark = (dot << _SHIFT, NIGHT.dim, -1, cv2.LINE_AA, _SHIFT)
    for x, y in fine:
        cv2.circle(picture, (int(x), int(y)), *mark)
    outlines = [fine[list(outline)] for outline in _OUTLINES]
    cv2.polylines(picture, outlines, False, NIGHT.ink, 1, cv2.LINE_AA, _SHIFT)
    for one, other in _SIGNAL_LINES:
        ends = tuple(map(int, fine[one])), tuple(map(int, fine[other]))
        cv2.line(picture, *ends, NIGHT.good, 1, cv2.LINE_AA, _SHIFT)
    for index in (*_CORNERS, *_EYES):
        x, y = map(int, fine[index])
        cv2.circle(picture, (x, y), 3 * dot << _SHIFT, NIGHT.good, -1, cv2.LINE_AA, _SHIFT)
    for index in _LIPS:
        x, y = map(int, fine[index])
        cv2.circle(picture, (x, y), 2 * dot << _SHIFT, NIGHT.poor, -1, cv2.LINE_AA, _SHIFT)


def text(
    picture: Picture,
    words: str,
    x: int,
    y: int,
    colour: Colour,
    size: float = 0.5,
    anchor: float = 0.0,
) -> None:
    """Write `words` with their baseline at `y`; `anchor` 0 puts their left end at `x`, 1 the right.

    The font knows ASCII only.
    """
    words = words.encode("ascii", "replace").decode()
    thickness = max(1, round(2 * size))
    (width, _), _ = cv2.getTextSize(words, _FONT, size, thickness)
    place = (round(x - anchor * width), y)
    cv2.putText(picture, words, place, _FONT, size, colour, thickness, cv2.LINE_AA)


def chart(
    picture: Picture, signal: Signal, start: float, end: float, palette: Palette, size: float = 0.5
) -> None:
    """Draw the signal from `start` to `end` seconds over the whole of `picture`.

    The curve is what the counter knew at each moment: green while it took it for a hold. Shaded
    are the lifts on which a verdict was given, their holds darker. Below, how far the lips are
    apart, up to where a mouth counts as open wide. `size` is that of letters and lines.
    """
    _Chart(picture, signal, start, end, palette, size).draw()


class _Chart:
    def __init__(
        self,
        picture: Picture,
        signal: Signal,
        start: float,
        end: float,
        palette: Palette,
        size: float,
    ) -> None:
        self._picture = picture
        self._signal = signal
        self._start, self._end = start, end
        self._palette = palette
        self._size = size
        self._height, self._width = len(picture), len(picture[0])
        self._floor = round(self._height * (1 - MOUTH_BAND))
        self._from = bisect.bisect_left(signal.times, start)
        self._to = bisect.bisect_right(signal.times, end)

    def draw(self) -> None:
        self._picture[:] = self._palette.paper
        self._seconds()
        for verdict in self._shown():
            self._shade(verdict)
        self._rule(SMALLEST, self._palette.line)
        self._rule(0.0, self._palette.dim)
        self._rule(1.0, self._palette.dim)
        self._mouth()
        self._curve()
        for verdict in self._shown():
            self._label(verdict)
        for name, y in (("lift", self._y(1.0)), ("rest", self._y(0.0)), ("lips", self._height - 2)):
            text(
                self._picture,
                name,
                self._width - 4,
                round(y) - 3,
                self._palette.dim,
                0.7 * self._size,
                1,
            )

    def _shown(self) -> Iterator[Rep | Refused]:
        for verdict in self._signal.verdicts:
            if verdict.end > self._start and verdict.onset < self._end:
                yield verdict

    def _x(self, time: float) -> float:
        return (time - self._start) / (self._end - self._start) * self._width

    def _y(self, level: float) -> float:
        share = (TOP_LEVEL - level) / (TOP_LEVEL - BOTTOM_LEVEL)
        return min(max(share, 0.0), 1.0) * (self._floor - 1)

    def _seconds(self) -> None:
        span = self._end - self._start
        step = next((step for step in (1, 5, 10, 30, 60) if span / step <= 25), 300)
        for second in range(math.ceil(self._start / step) * step, math.ceil(self._end), step):
            x = round(self._x(second))
            cv2.line(self._picture, (x, 0), (x, self._height), self._palette.line, 1)
            if second >= 0 and second % (2 * step) == 0:
                y = self._height - round(10 * self._size)
                text(self._picture, f"{second} s", x + 3, y, self._palette.dim, 0.7 * self._size)

    def _rule(self, level: float, colour: Colour) -> None:
        y = round(self._y(level))
        cv2.line(self._picture, (0, y), (self._width, y), colour, 1)

    def _shade(self, verdict: Rep | Refused) -> None:
        counted = isinstance(verdict, Rep)
        colour = self._palette.good if counted else self._palette.poor
        self._box(verdict.onset, verdict.end, colour, 0.15)
        if isinstance(verdict, Rep):
            self._box(verdict.apex, verdict.offset, colour, 0.25)

    def _box(self, start: float, end: float, colour: Colour, strength: float) -> None:
        left, right = (min(max(round(self._x(time)), 0), self._width) for time in (start, end))
        part = self._picture[: self._floor, left : max(right, left + 1)]
        part[:] = np.round(part * (1 - strength) + np.array(colour) * strength).astype(np.uint8)

    def _label(self, verdict: Rep | Refused) -> None:
        counted = isinstance(verdict, Rep)
        colour = self._palette.good if counted else self._palette.poor
        middle = round(self._x((verdict.onset + verdict.end) / 2))
        high = round(28 * self._size)
        notes = len(verdict.notes) if isinstance(verdict, Rep) else 0
        label = short_label(verdict) + (" *" if notes else "")
        text(self._picture, label, middle, high, colour, self._size, 0.5)

    def _curve(self) -> None:
        signal, palette = self._signal, self._palette
        for index in range(max(self._from, 1), self._to):
            before, after = signal.levels[index - 1], signal.levels[index]
            if math.isnan(before) or math.isnan(after):
                continue
            hold = signal.phases[index] is Phase.HOLD
            self._segment(
                index, self._y(before), self._y(after), palette.good if hold else palette.ink
            )
        self._gaps()

    def _gaps(self) -> None:
        """Where nobody was seen, the paper is hatched by a bar on the line of rest."""
        y = round(self._y(0.0))
        for index in range(max(self._from, 1), self._to):
            if self._signal.phases[index] is Phase.LOST:
                left, right = self._signal.times[index - 1], self._signal.times[index]
                ends = (round(self._x(left)), y - 4), (round(self._x(right)), y + 4)
                cv2.rectangle(self._picture, *ends, self._palette.dim, -1)

    def _mouth(self) -> None:
        top, bottom = self._floor, self._height - 1
        cv2.line(self._picture, (0, top), (self._width, top), self._palette.line, 1)
        for index in range(max(self._from, 1), self._to):
            gap = self._signal.mouths[index]
            if math.isnan(gap):
                continue
            share = min(max(gap / WIDE_MOUTH, 0.0), 1.0)
            colour = self._palette.poor if share == 1.0 else self._palette.dim
            y = bottom - share * (bottom - top)
            self._segment(index, y, y, colour)

    def _segment(self, index: int, y_before: float, y: float, colour: Colour) -> None:
        times = self._signal.times
        ends = [
            (round(self._x(time) * (1 << _SHIFT)), round(height * (1 << _SHIFT)))
            for time, height in ((times[index - 1], y_before), (times[index], y))
        ]
        thickness = max(1, round(3 * self._size))
        cv2.line(self._picture, ends[0], ends[1], colour, thickness, cv2.LINE_AA, _SHIFT)
