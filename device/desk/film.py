"""Show what was seen in a recording: a film with landmarks, signal and verdicts, or one picture.

For a desk, on a video that somebody chose to give; the device itself never stores a picture.
"""

from __future__ import annotations

import math
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np

from device.camera import quieten
from device.coach import events
from device.coach.counting import Phase, RepetitionCounter
from device.desk import drawing
from device.desk.chart import Signal, chart
from device.desk.drawing import DAY, NIGHT, Picture
from device.errors import CallerError
from device.files import whole_file
from device.sample import LiftSample
from device.vision import VisionSource

quieten()

NARROWEST, WIDEST = 640, 1280
"""Smaller pictures are shown larger and larger ones smaller, pixels across."""
STRIP_HEIGHT = 150
"""Height of the strip below the picture that shows the signal, pixels."""
SPAN_S = 10.0
"""How much of the signal the strip shows, seconds."""
VERDICT_S = 3.5
"""How long a verdict stays on the picture, seconds."""

ROW_S, ROW_HEIGHT, PLOT_WIDTH = 60.0, 240, 1600
"""A plot has a row a minute, pixels high and wide."""


class Film:
    """Writes an MP4, whole or not at all; use it with `with`. Raises CallerError."""

    def __init__(self, path: Path, fps: float) -> None:
        self._path = path
        self._fps = fps
        self._stack = ExitStack()
        self._partial = path
        self._video: Any = None

    def __enter__(self) -> Self:
        if self._path.suffix.lower() != ".mp4":
            raise CallerError(f"{self._path}: a film is an .mp4; name it so.")
        self._partial = self._stack.enter_context(whole_file(self._path))
        return self

    def __exit__(self, *exc: Any) -> None:
        if self._video is not None:
            self._video.release()
        self._stack.__exit__(*exc)

    def add(self, picture: Picture) -> None:
        """Append an RGB picture; all must be of one size, with even sides."""
        if self._video is None:
            size = (picture.shape[1], picture.shape[0])
            codec = cv2.VideoWriter.fourcc(*"mp4v")
            self._video = cv2.VideoWriter(str(self._partial), codec, self._fps, size)
            if not self._video.isOpened():
                raise CallerError(f"cannot write a video to {self._path}: try another folder.")
        self._video.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))


class View:
    """The newest frame with what was found in it, and a strip with the signal and verdicts."""

    def __init__(self, watcher: VisionSource) -> None:
        self._watcher = watcher
        self._signal = Signal()
        self._said_at = -math.inf
        self.picture: Picture | None = None
        """The frame, RGB; None while the camera is off."""
        self.strip: Picture | None = None
        """The signal of the last seconds, as wide as the frame."""

    def look(
        self, sample: LiftSample, counter: RepetitionCounter, known: list[events.LiftEvent]
    ) -> None:
        """See the sample of the newest frame, the counter after it, and what became known."""
        frame = self._watcher.frame
        if frame is None:
            return
        self._signal.add(sample, counter.level, counter.phase, known)
        if any(isinstance(event, events.Rep | events.Refused) for event in known):
            self._said_at = sample.time
        self.picture = seen(frame.pixels, self._watcher)
        self._words(self.picture, sample, counter)
        self.strip = np.zeros((STRIP_HEIGHT, len(self.picture[0]), 3), np.uint8)
        chart(self.strip, self._signal, sample.time - SPAN_S, sample.time, NIGHT)

    def practised(self) -> None:
        """The lift judged last was the practised one."""
        self._signal.practised()

    def _words(self, picture: Picture, sample: LiftSample, counter: RepetitionCounter) -> None:
        band = picture[:64]
        band[:] = band // 3
        now = f"{sample.time:.2f} s   {counter.phase.value}"
        if not math.isnan(counter.level):
            now += f"   level {counter.level:5.2f}"
        if counter.phase is Phase.HOLD and counter.apex_time is not None:
            now += f"   held {sample.time - counter.apex_time:.1f} s"
        drawing.text(picture, now, 12, 24, NIGHT.ink, 0.55)
        if sample.time - self._said_at < VERDICT_S:
            verdict = self._signal.verdicts[-1]
            colour = NIGHT.good if isinstance(verdict, events.Rep) else NIGHT.poor
            drawing.text(picture, drawing.reasons_of(verdict), 12, 52, colour, 0.55)


class Annotator:
    """Writes the annotated film of a replay; use it with `with`."""

    def __init__(self, path: Path, watcher: VisionSource, fps: float) -> None:
        self._film = Film(path, fps)
        self._view = View(watcher)

    def __enter__(self) -> Self:
        self._film.__enter__()
        return self

    def __exit__(self, *exc: Any) -> None:
        self._film.__exit__(*exc)

    def look(
        self, sample: LiftSample, counter: RepetitionCounter, known: list[events.LiftEvent]
    ) -> None:
        """Draw the frame that this sample came from, and append it to the film."""
        self._view.look(sample, counter, known)
        if self._view.picture is not None and self._view.strip is not None:
            self._film.add(np.vstack((self._view.picture, self._view.strip)))


class Plotter:
    """Draws the whole signal of a replay with its verdicts as a PNG; use it with `with`."""

    def __init__(self, path: Path, title: str) -> None:
        self._path = path
        self._title = title
        self._signal = Signal()
        self._stack = ExitStack()
        self._partial = path

    def __enter__(self) -> Self:
        if self._path.suffix.lower() != ".png":
            raise CallerError(f"{self._path}: a plot is a .png; name it so.")
        self._partial = self._stack.enter_context(whole_file(self._path))
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc: Any) -> None:
        if kind is None:
            done, packed = cv2.imencode(".png", cv2.cvtColor(self._draw(), cv2.COLOR_RGB2BGR))
            assert done
            self._partial.write_bytes(packed.tobytes())
        self._stack.__exit__(kind, *exc)

    def look(
        self, sample: LiftSample, counter: RepetitionCounter, known: list[events.LiftEvent]
    ) -> None:
        """Take one sample, and what became known by it."""
        self._signal.add(sample, counter.level, counter.phase, known)

    def _draw(self) -> Picture:
        return plot(self._signal, self._title)


def plot(signal: Signal, title: str) -> Picture:
    """Return the whole signal, a row a minute, with every verdict and its reasons below."""
    last = signal.times[-1] if signal.times else 0.0
    rows = max(1, math.ceil(last / ROW_S))
    length = last if rows == 1 and last > 0.0 else ROW_S
    head, line, gap = 56, 26, 18
    height = head + rows * (ROW_HEIGHT + gap) + len(signal.verdicts) * line + 2 * gap
    picture = np.full((height, PLOT_WIDTH, 3), DAY.paper, np.uint8)
    reps = sum(isinstance(verdict, events.Rep) for verdict in signal.verdicts)
    counts = f"{reps} counted, {len(signal.verdicts) - reps} refused"
    drawing.text(picture, f"{title}: {counts} in {last:.1f} s", 16, 36, DAY.ink, 0.8)
    for row in range(rows):
        top = head + row * (ROW_HEIGHT + gap)
        part = picture[top : top + ROW_HEIGHT, 16:-16]
        chart(part, signal, row * length, (row + 1) * length, DAY, 0.55)
    below = head + rows * (ROW_HEIGHT + gap) + gap
    for number, verdict in enumerate(signal.verdicts):
        colour = DAY.good if isinstance(verdict, events.Rep) else DAY.poor
        y = below + number * line
        drawing.text(picture, f"{verdict.onset:.1f} s", 80, y, colour, 0.5, 1)
        drawing.text(picture, drawing.reasons_of(verdict), 92, y, colour, 0.5)
    return picture


def seen(pixels: Picture, watcher: VisionSource) -> Picture:
    """Return a frame with what was found in it, in a size for a screen, RGB with even sides."""
    grey = pixels.ndim == 2
    picture = np.repeat(pixels[..., None], 3, axis=2) if grey else pixels.copy()
    if watcher.landmarks is not None:
        drawing.face(picture, watcher.landmarks)
    height, width = picture.shape[:2]
    scale = min(max(width, NARROWEST), WIDEST) / width
    # Most video codecs want even sides.
    size = (2 * round(width * scale / 2), 2 * round(height * scale / 2))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
