"""Draw what was seen onto a recording: landmarks, the signal and the verdicts.

For a desk, on a video that somebody chose to give; the device itself never stores a picture.
"""

from __future__ import annotations

import itertools
import math
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from device.coach.events import LiftEvent, Refused, Rep
from device.coach.repetitions import RepetitionCounter
from device.errors import CallerError
from device.files import whole_file
from device.vision.sample import LiftSample
from device.vision.watcher import Watcher

STRIP_HEIGHT = 120
"""Height of the strip below the picture that shows the signal, pixels."""
SPAN_S = 10.0
"""How much of the signal the strip shows, seconds."""
VERDICT_S = 2.0
"""How long a verdict stays on the picture, seconds."""
TOP_LEVEL, BOTTOM_LEVEL = 1.6, -0.4
"""What the strip shows of the signal, in lifts."""

_GREEN, _AMBER, _WHITE, _DIM = (90, 220, 120), (255, 180, 60), (240, 240, 240), (90, 90, 90)
_MOUTH_CORNERS, _EYE_CORNERS = (61, 291), (33, 263)


class Annotator:
    """Writes the annotated video; use it with `with`, so that it is whole or not there."""

    def __init__(self, path: Path, watcher: Watcher, fps: float) -> None:
        self._path = path
        self._watcher = watcher
        self._fps = fps
        self._stack = ExitStack()
        self._partial = path
        self._video: Any = None
        self._history: list[tuple[float, float]] = []
        self._verdict: tuple[float, str, tuple[int, int, int]] | None = None

    def __enter__(self) -> Self:
        if self._path.suffix.lower() != ".mp4":
            raise CallerError(f"{self._path}: an annotated video is an .mp4; name it so.")
        self._partial = self._stack.enter_context(whole_file(self._path))
        return self

    def __exit__(self, *exc: Any) -> None:
        if self._video is not None:
            self._video.release()
        self._stack.__exit__(*exc)

    def look(self, sample: LiftSample, counter: RepetitionCounter, known: list[LiftEvent]) -> None:
        """Draw the frame that this sample came from, and append it to the video."""
        frame = self._watcher.frame
        if frame is None:
            return
        for event in known:
            if isinstance(event, Rep):
                notes = ", ".join(note.value for note in event.notes)
                text = f"rep {event.number}: held {event.hold:.2f} s  {notes}"
                self._verdict = (sample.time, text, _GREEN)
            elif isinstance(event, Refused):
                self._verdict = (sample.time, f"refused: {event.reason.value}", _AMBER)
        self._history.append((sample.time, counter.level))
        while self._history[0][0] < sample.time - SPAN_S:
            self._history.pop(0)
        picture = self._draw(frame.pixels, sample, counter)
        if self._video is None:
            size = (picture.shape[1], picture.shape[0])
            codec = cv2.VideoWriter.fourcc(*"mp4v")
            self._video = cv2.VideoWriter(str(self._partial), codec, self._fps, size)
            if not self._video.isOpened():
                raise CallerError(f"cannot write a video to {self._path}: try another folder.")
        self._video.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))

    def _draw(
        self, pixels: NDArray[np.uint8], sample: LiftSample, counter: RepetitionCounter
    ) -> NDArray[np.uint8]:
        height, width = pixels.shape[:2]
        # Most video codecs want even sides.
        picture = np.zeros((height + STRIP_HEIGHT + height % 2, width + width % 2, 3), np.uint8)
        picture[:height, :width] = pixels if pixels.ndim == 3 else pixels[..., None]
        face = self._watcher.landmarks
        if face is not None:
            for x, y, _ in face.points:
                cv2.circle(picture, (round(float(x)), round(float(y))), 1, _DIM, -1)
            for index in (*_MOUTH_CORNERS, *_EYE_CORNERS):
                x, y, _ = face.points[index]
                cv2.circle(picture, (round(float(x)), round(float(y))), 3, _GREEN, -1)
        self._text(picture, f"{sample.time:7.2f} s  {counter.phase.value}", 24, _WHITE)
        if self._verdict and sample.time - self._verdict[0] < VERDICT_S:
            self._text(picture, self._verdict[1], 50, self._verdict[2])
        self._strip(picture[height:], sample.time)
        return picture

    def _text(
        self, picture: NDArray[np.uint8], text: str, y: int, colour: tuple[int, int, int]
    ) -> None:
        cv2.putText(picture, text, (10, y), cv2.FONT_HERSHEY_SIMPLEX, 0.6, colour, 2, cv2.LINE_AA)

    def _strip(self, strip: NDArray[np.uint8], now: float) -> None:
        height, width = strip.shape[:2]

        def row(level: float) -> int:
            share = (TOP_LEVEL - level) / (TOP_LEVEL - BOTTOM_LEVEL)
            return int(min(max(share, 0), 1) * (height - 1))

        for level in (0.0, 1.0):
            cv2.line(strip, (0, row(level)), (width, row(level)), _DIM, 1)
        points = [
            (round((time - now + SPAN_S) / SPAN_S * (width - 1)), row(level))
            for time, level in self._history
            if not math.isnan(level)
        ]
        for start, end in itertools.pairwise(points):
            cv2.line(strip, start, end, _GREEN, 2, cv2.LINE_AA)
