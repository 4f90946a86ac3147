"""The lift signal over time as a picture, with the verdict on each lift.

`chart` draws a span of it, for the strip below a film and for a window; `Plotter` writes the whole
of it, with every verdict and its reasons, as a PNG.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np

from device.coach import events
from device.coach.counting import Phase, RepetitionCounter, verdict
from device.desk.drawing import (
    DAY,
    FINE,
    PRACTISED,
    Colour,
    Palette,
    Picture,
    reasons_of,
    text,
    text_width,
)
from device.errors import CallerError
from device.files import whole_file
from device.sample import LiftSample

TOP_LEVEL, BOTTOM_LEVEL = 1.7, -0.4
"""What a chart shows of the signal, in lifts."""
NAMES = 80
"""Pixels at the right, at size 1, for the names of the lines."""
MOUTH_BAND = 0.16
"""The share of a chart's height, below the signal, that shows how far the lips are apart."""
SECONDS_BAND = 30
"""Pixels below that, at size 1, for the times."""
LABEL_ROWS, LABEL_HEIGHT = 2, 32
"""Above the signal, labels that would overlap go below each other in so many rows, each so many
pixels high at size 1; what has no room there is left out."""
ROW_S, ROW_HEIGHT, PLOT_WIDTH = 60.0, 260, 1600
"""A plot has a row a minute, in this height and width, pixels."""
MOST_ROWS = 120
"""A longer recording has more in a row: two hours take 160 MB, and a wrong time would take all."""


@dataclass(slots=True)
class Timeline:
    """The lift signal so far, and the verdicts on it. Times are in seconds, levels in lifts."""

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
        """Mark the lift that was judged last as the practised one, which has no number."""
        if self.verdicts and isinstance(self.verdicts[-1], events.Rep):
            self.verdicts[-1] = replace(self.verdicts[-1], number=PRACTISED)


def short_label(outcome: events.Rep | events.Refused) -> str:
    """Return an outcome in a word or two."""
    if isinstance(outcome, events.Rep):
        number = "practised" if outcome.number == PRACTISED else str(outcome.number)
        return f"{number}: {outcome.hold:.1f} s"
    return outcome.reason.value.replace("_", " ")


def chart(
    picture: Picture,
    timeline: Timeline,
    start: float,
    end: float,
    palette: Palette,
    size: float = 0.5,
) -> None:
    """Draw the timeline from `start` to `end` seconds over the whole of `picture`.

    The curve is what the counter knew at each moment, green while it took it for a hold. Lifts
    that were judged are shaded, their holds darker. Below it is how far the lips are apart, up to
    where a mouth counts as wide open. `size` is that of letters and lines, 1 being large.
    """
    _Chart(picture, timeline, start, end, palette, size).draw()


class _Chart:
    def __init__(
        self,
        picture: Picture,
        timeline: Timeline,
        start: float,
        end: float,
        palette: Palette,
        size: float,
    ) -> None:
        self._picture = picture
        self._timeline = timeline
        self._start, self._end = start, end
        self._palette = palette
        self._size = size
        self._names = round(NAMES * size)
        self._height = len(picture) - round(SECONDS_BAND * size)
        self._width = len(picture[0]) - self._names
        self._ceiling = round(LABEL_ROWS * LABEL_HEIGHT * size) + 4
        self._floor = round(self._height * (1 - MOUTH_BAND))
        self._from = bisect.bisect_left(timeline.times, start)
        self._to = bisect.bisect_right(timeline.times, end)

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
        self._labels()
        small = 0.7 * self._size
        for name, y in (("lift", self._y(1.0)), ("rest", self._y(0.0)), ("lips", self._height - 8)):
            text(self._picture, name, self._width + 6, round(y) + 4, self._palette.dim, small)

    def _shown(self) -> Iterator[events.Rep | events.Refused]:
        for outcome in self._timeline.verdicts:
            if outcome.end > self._start and outcome.onset < self._end:
                yield outcome

    def _x(self, time: float) -> float:
        return (time - self._start) / (self._end - self._start) * self._width

    def _y(self, level: float) -> float:
        if math.isnan(level):
            return level
        share = (TOP_LEVEL - level) / (TOP_LEVEL - BOTTOM_LEVEL)
        return self._ceiling + min(max(share, 0.0), 1.0) * (self._floor - 1 - self._ceiling)

    def _seconds(self) -> None:
        span = self._end - self._start
        steps = (1, 5, 10, 30, 60, 300, 1800, 3600)
        step = next((step for step in steps if span / step <= 25), math.ceil(span / 25))
        for second in range(math.ceil(self._start / step) * step, math.ceil(self._end), step):
            x = round(self._x(second))
            cv2.line(self._picture, (x, 0), (x, self._height), self._palette.line, 1)
            if second >= 0 and second % (2 * step) == 0 and x + self._names <= self._width:
                y = len(self._picture) - round(8 * self._size)
                small = 0.7 * self._size
                text(self._picture, f"{second} s", x, y, self._palette.dim, small, 0.5)

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

    def _labels(self) -> None:
        """Write on each lift what became of it, in the first row that has room there."""
        ends = [0.0] * LABEL_ROWS
        for outcome in self._shown():
            shown = max(outcome.onset, self._start), min(outcome.end, self._end)
            if 2 * (shown[1] - shown[0]) < outcome.end - outcome.onset:
                continue  # The label is on the part in the chart before or after this one.
            counted = isinstance(outcome, events.Rep)
            colour = self._palette.good if counted else self._palette.poor
            notes = len(outcome.notes) if isinstance(outcome, events.Rep) else 0
            label = short_label(outcome) + (" *" if notes else "")
            wide = text_width(label, self._size)
            left = min(max(self._x(sum(shown) / 2) - wide / 2, 0.0), self._width - wide)
            row = next((row for row, end in enumerate(ends) if left >= end), None)
            if row is None:
                continue
            ends[row] = left + wide + text_width("n", self._size)
            y = round((LABEL_HEIGHT * (row + 1) - 4) * self._size)
            text(self._picture, label, round(left), y, colour, self._size)

    def _curve(self) -> None:
        timeline, palette = self._timeline, self._palette
        line = [
            (
                timeline.levels[index],
                palette.good if timeline.phases[index] is Phase.HOLD else palette.ink,
            )
            for index in range(self._from, self._to)
        ]
        self._line([(self._y(level), colour) for level, colour in line])
        self._gaps()

    def _gaps(self) -> None:
        """Draw a bar on the line of rest where nobody was seen."""
        y = round(self._y(0.0))
        for index in range(max(self._from, 1), self._to):
            if self._timeline.phases[index] is Phase.LOST:
                left, right = self._timeline.times[index - 1], self._timeline.times[index]
                ends = (round(self._x(left)), y - 4), (round(self._x(right)), y + 4)
                cv2.rectangle(self._picture, *ends, self._palette.dim, -1)

    def _mouth(self) -> None:
        top, bottom = self._floor, self._height - 1
        cv2.line(self._picture, (0, top), (self._width, top), self._palette.line, 1)
        line = []
        for gap in self._timeline.mouths[self._from : self._to]:
            share = math.nan if math.isnan(gap) else min(max(gap / verdict.WIDE_MOUTH, 0.0), 1.0)
            colour = self._palette.poor if share == 1.0 else self._palette.dim
            line.append((bottom - share * (bottom - top), colour))
        self._line(line)

    def _line(self, heights: Sequence[tuple[float, Colour]]) -> None:
        """Draw a line through these heights, one a sample; each stretch has its end's colour.

        A height that is NaN interrupts the line.
        """
        thickness = max(1, round(3 * self._size))
        run: list[tuple[int, int]] = []
        drawn: Colour | None = None

        def draw() -> None:
            if drawn is not None and len(run) > 1:
                points = [np.array(run, np.int32)]
                cv2.polylines(self._picture, points, False, drawn, thickness, cv2.LINE_AA, FINE)

        for time, (y, colour) in zip(
            self._timeline.times[self._from : self._to], heights, strict=True
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


class Plotter:
    """Writes the whole lift signal of a replay, with its verdicts, as a PNG.

    It observes the replay inside its `with` block, and writes the picture at the end of it::

        with Plotter(Path("lifts.png"), "evening") as plotter:
            plotter.observe(sample, counter, known)  # for every sample

    Raises CallerError if the file is not named `.png` or cannot be written.
    """

    def __init__(self, path: Path, title: str) -> None:
        self._path = path
        self._title = title
        self._timeline = Timeline()
        self._stack = ExitStack()
        self._partial = path

    def __enter__(self) -> Self:
        if self._path.suffix.lower() != ".png":
            raise CallerError(f"{self._path}: a plot is a .png; name it so.")
        self._partial = self._stack.enter_context(whole_file(self._path))
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc: Any) -> None:
        if kind is not None:
            self._stack.__exit__(kind, *exc)
            return
        with self._stack.pop_all():  # What fails here takes the half-written file along.
            done, packed = cv2.imencode(".png", cv2.cvtColor(self._draw(), cv2.COLOR_RGB2BGR))
            assert done
            self._partial.write_bytes(packed.tobytes())

    def observe(
        self, sample: LiftSample, counter: RepetitionCounter, known: list[events.LiftEvent]
    ) -> None:
        """Take one sample, and what became known by it."""
        self._timeline.add(sample, counter.level, counter.phase, known)

    def _draw(self) -> Picture:
        return plot(self._timeline, self._title)


def plot(timeline: Timeline, title: str) -> Picture:
    """Return the whole timeline, a row a minute, with every verdict and its reasons below.

    Of a recording of more than `MOST_ROWS` minutes the rows are longer.
    """
    last = timeline.times[-1] if timeline.times else 0.0
    rows = min(max(1, math.ceil(last / ROW_S)), MOST_ROWS)
    length = last if rows == 1 and last > 0.0 else max(ROW_S, last / rows)
    head, line, gap = 56, 26, 18
    height = head + rows * (ROW_HEIGHT + gap) + len(timeline.verdicts) * line + 2 * gap
    picture = np.full((height, PLOT_WIDTH, 3), DAY.paper, np.uint8)
    reps = sum(isinstance(outcome, events.Rep) for outcome in timeline.verdicts)
    counts = f"{reps} counted, {len(timeline.verdicts) - reps} refused"
    text(picture, f"{title}: {counts} in {last:.1f} s", 16, 36, DAY.ink, 0.8)
    for row in range(rows):
        top = head + row * (ROW_HEIGHT + gap)
        part = picture[top : top + ROW_HEIGHT, 16:-16]
        chart(part, timeline, row * length, (row + 1) * length, DAY, 0.55)
    below = head + rows * (ROW_HEIGHT + gap) + gap
    for number, outcome in enumerate(timeline.verdicts):
        colour = DAY.good if isinstance(outcome, events.Rep) else DAY.poor
        y = below + number * line
        text(picture, f"{outcome.onset:.1f} s", 80, y, colour, 0.5, 1)
        text(picture, reasons_of(outcome), 92, y, colour, 0.5)
    return picture
