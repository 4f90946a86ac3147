"""The lift signal over time as a picture, with the verdicts given on it."""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from device.coach import events
from device.coach.counting import Phase, verdict
from device.desk.drawing import FINE, PRACTISED, Colour, Palette, Picture, text
from device.sample import LiftSample

TOP_LEVEL, BOTTOM_LEVEL = 2.0, -0.4
"""What a chart shows of the signal, in lifts."""
NAMES = 80
"""Pixels at the right, at size 1, for the names of the lines."""
MOUTH_BAND = 0.16
"""The share of a chart's height, at its bottom, that shows how far the lips are apart."""


@dataclass(slots=True)
class Signal:
    """What was seen so far, and what was said about it. Times in seconds, levels in lifts."""

    times: list[float] = field(default_factory=list)
    levels: list[float] = field(default_factory=list)
    mouths: list[float] = field(default_factory=list)
    phases: list[Phase] = field(default_factory=list)
    verdicts: list[events.Rep | events.Refused] = field(default_factory=list)

    def add(
        self, sample: LiftSample, level: float, phase: Phase, known: list[events.LiftEvent]
    ) -> None:
        """Append one sample, with the counter's level and phase after it."""
        self.times.append(sample.time)
        self.levels.append(level)
        self.mouths.append(sample.mouth_open)
        self.phases.append(phase)
        self.verdicts += [
            event for event in known if isinstance(event, events.Rep | events.Refused)
        ]

    def practised(self) -> None:
        """The lift judged last was the practised one: it sets the measure and has no number."""
        if self.verdicts and isinstance(self.verdicts[-1], events.Rep):
            self.verdicts[-1] = replace(self.verdicts[-1], number=PRACTISED)


def short_label(outcome: events.Rep | events.Refused) -> str:
    """Return a outcome in a word or two."""
    if isinstance(outcome, events.Rep):
        number = "practised" if outcome.number == PRACTISED else str(outcome.number)
        return f"{number}: {outcome.hold:.1f} s"
    return outcome.reason.value.replace("_", " ")


def chart(
    picture: Picture, signal: Signal, start: float, end: float, palette: Palette, size: float = 0.5
) -> None:
    """Draw the signal from `start` to `end` seconds over the whole of `picture`.

    The curve is what the counter knew at each moment: green while it took it for a hold. Shaded
    are the lifts on which a outcome was given, their holds darker. Below, how far the lips are
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
        self._names = round(NAMES * size)
        self._height, self._width = len(picture), len(picture[0]) - self._names
        self._floor = round(self._height * (1 - MOUTH_BAND))
        self._from = bisect.bisect_left(signal.times, start)
        self._to = bisect.bisect_right(signal.times, end)

    def draw(self) -> None:
        self._picture[:] = self._palette.paper
        self._seconds()
        for outcome in self._shown():
            self._shade(outcome)
        self._rule(verdict.SMALLEST, self._palette.line)
        self._rule(0.0, self._palette.dim)
        self._rule(1.0, self._palette.dim)
        self._mouth()
        self._curve()
        for outcome in self._shown():
            self._label(outcome)
        for name, y in (("lift", self._y(1.0)), ("rest", self._y(0.0)), ("lips", self._height - 8)):
            x = self._width + 6
            text(self._picture, name, x, round(y) + 4, self._palette.dim, 0.7 * self._size)

    def _shown(self) -> Iterator[events.Rep | events.Refused]:
        for outcome in self._signal.verdicts:
            if outcome.end > self._start and outcome.onset < self._end:
                yield outcome

    def _x(self, time: float) -> float:
        return (time - self._start) / (self._end - self._start) * self._width

    def _y(self, level: float) -> float:
        if math.isnan(level):
            return level
        share = (TOP_LEVEL - level) / (TOP_LEVEL - BOTTOM_LEVEL)
        return min(max(share, 0.0), 1.0) * (self._floor - 1)

    def _seconds(self) -> None:
        span = self._end - self._start
        step = next((step for step in (1, 5, 10, 30, 60) if span / step <= 25), 300)
        for second in range(math.ceil(self._start / step) * step, math.ceil(self._end), step):
            x = round(self._x(second))
            cv2.line(self._picture, (x, 0), (x, self._height), self._palette.line, 1)
            if second >= 0 and second % (2 * step) == 0 and x + self._names <= self._width:
                y = self._height - round(10 * self._size)
                text(self._picture, f"{second} s", x + 3, y, self._palette.dim, 0.7 * self._size)

    def _rule(self, level: float, colour: Colour) -> None:
        y = round(self._y(level))
        cv2.line(self._picture, (0, y), (self._width, y), colour, 1)

    def _shade(self, outcome: events.Rep | events.Refused) -> None:
        counted = isinstance(outcome, events.Rep)
        colour = self._palette.good if counted else self._palette.poor
        self._box(outcome.onset, outcome.end, colour, 0.15)
        if isinstance(outcome, events.Rep):
            self._box(outcome.apex, outcome.offset, colour, 0.25)

    def _box(self, start: float, end: float, colour: Colour, strength: float) -> None:
        left, right = (min(max(round(self._x(time)), 0), self._width) for time in (start, end))
        part = self._picture[: self._floor, left : max(right, left + 1)]
        part[:] = np.round(part * (1 - strength) + np.array(colour) * strength).astype(np.uint8)

    def _label(self, outcome: events.Rep | events.Refused) -> None:
        counted = isinstance(outcome, events.Rep)
        colour = self._palette.good if counted else self._palette.poor
        shown = max(outcome.onset, self._start), min(outcome.end, self._end)
        if 2 * (shown[1] - shown[0]) < outcome.end - outcome.onset:
            return  # Its other part has the label, or had it.
        middle = round(self._x(sum(shown) / 2))
        high = round(28 * self._size)
        notes = len(outcome.notes) if isinstance(outcome, events.Rep) else 0
        label = short_label(outcome) + (" *" if notes else "")
        text(self._picture, label, middle, high, colour, self._size, 0.5)

    def _curve(self) -> None:
        signal, palette = self._signal, self._palette
        line = [
            (
                signal.levels[index],
                palette.good if signal.phases[index] is Phase.HOLD else palette.ink,
            )
            for index in range(self._from, self._to)
        ]
        self._line([(self._y(level), colour) for level, colour in line])
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
        line = []
        for gap in self._signal.mouths[self._from : self._to]:
            share = math.nan if math.isnan(gap) else min(max(gap / verdict.WIDE_MOUTH, 0.0), 1.0)
            colour = self._palette.poor if share == 1.0 else self._palette.dim
            line.append((bottom - share * (bottom - top), colour))
        self._line(line)

    def _line(self, heights: Sequence[tuple[float, Colour]]) -> None:
        """Draw a line through these heights, one a sample, each stretch in its end's colour.

        A height that is NaN interrupts it.
        """
        thickness = max(1, round(3 * self._size))
        run: list[tuple[int, int]] = []
        drawn: Colour | None = None

        def draw() -> None:
            if drawn is not None and len(run) > 1:
                points = [np.array(run, np.int32)]
                cv2.polylines(self._picture, points, False, drawn, thickness, cv2.LINE_AA, FINE)

        for time, (y, colour) in zip(
            self._signal.times[self._from : self._to], heights, strict=True
        ):
            if math.isnan(y):
                draw()
                run, drawn = [], None
                continue
            if colour != drawn:
                draw()
                run, drawn = run[-1:], colour
            run.append((round(self._x(time) * (1 << FINE)), round(y * (1 << FINE))))
        draw()
