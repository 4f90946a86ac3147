"""A film of what the program sees: the landmarks on the face, the lift signal, the verdicts.

It is made at a desk, of a video that somebody chose to give or of the synthetic subject; the
device beside the bed never stores a picture.
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
from device.desk.chart import Timeline, chart
from device.desk.drawing import NIGHT, Picture
from device.errors import CallerError
from device.files import no_room, whole_file
from device.sample import LiftSample
from device.vision import VisionSource

quieten()

NARROWEST, WIDEST = 640, 1280
"""How wide a picture is shown, pixels: smaller ones are enlarged, larger ones reduced."""
STRIP_HEIGHT = 150
"""Height of the strip below the picture that shows the signal, pixels."""
SPAN_S = 10.0
"""How much of the signal the strip shows, seconds."""
VERDICT_S = 3.5
"""How long a verdict stays on the picture, seconds."""
_FASTEST_EXACT = 655.0
"""Rates below this are written with two decimals, pictures a second."""
_SLOWEST = 0.01
"""The slowest rate of a film, pictures a second."""


class Film:
    """Writes an MP4, whole or not at all::

        with Film(Path("seen.mp4"), fps=15.0) as film:
            film.add(picture)

    Raises CallerError if the file is not named `.mp4` or cannot be written, and LiftLightError if
    the disk did not take all of it.
    """

    def __init__(self, path: Path, fps: float) -> None:
        self._path = path
        self._fps = fps
        self._stack = ExitStack()
        self._partial = path
        self._video: Any = None
        self._added = 0

    def __enter__(self) -> Self:
        if self._path.suffix.lower() != ".mp4":
            raise CallerError(f"{self._path}: a film is an .mp4; name it so.")
        self._partial = self._stack.enter_context(whole_file(self._path))
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc: Any) -> None:
        if self._video is not None:
            self._video.release()
        if kind is not None:
            self._stack.__exit__(kind, *exc)
            return
        with self._stack.pop_all():  # What fails here takes the half-written file along.
            if self._written() < self._added:
                raise no_room(self._path, "it took only a part")

    def _written(self) -> int:
        """How many pictures the file holds: OpenCV does not tell if the disk took none."""
        return int(cv2.VideoCapture(str(self._partial)).get(cv2.CAP_PROP_FRAME_COUNT))

    def add(self, picture: Picture) -> None:
        """Append an RGB picture; all of a film have one size, with even sides.

        Raises CallerError if no film can be written there.
        """
        if self._video is None:
            size = (picture.shape[1], picture.shape[0])
            codec = cv2.VideoWriter.fourcc(*"mp4v")
            # The codec has the rate as a fraction of at most 65535, and none slower than this.
            rate = max(_SLOWEST, round(self._fps, 2 if self._fps < _FASTEST_EXACT else 0))
            self._video = cv2.VideoWriter(str(self._partial), codec, rate, size)
            if not self._video.isOpened():
                raise CallerError(f"cannot write a video to {self._path}: try another folder.")
        self._video.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        self._added += 1


class View:
    """The newest frame with what was found in it, and a strip with the lift signal below it."""

    def __init__(self, vision: VisionSource) -> None:
        self._vision = vision
        self._timeline = Timeline()
        self._judged_at = -math.inf
        self.picture: Picture | None = None
        """The frame, RGB; None while the camera is off."""
        self.strip: Picture | None = None
        """The signal of the last seconds, as wide as the frame."""

    def observe(
        self, sample: LiftSample, counter: RepetitionCounter, known: list[events.LiftEvent]
    ) -> None:
        """Take the newest frame's sample, the counter after it, and what became known by it."""
        frame = self._vision.frame
        if frame is None:
            return
        self._timeline.add(sample, counter.level, counter.phase, known)
        if any(isinstance(event, events.Rep | events.Refused) for event in known):
            self._judged_at = sample.time
        self.picture = annotated(frame.pixels, self._vision)
        self._words(self.picture, sample, counter)
        self.strip = np.zeros((STRIP_HEIGHT, len(self.picture[0]), 3), np.uint8)
        chart(self.strip, self._timeline, sample.time - SPAN_S, sample.time, NIGHT)

    def practised(self) -> None:
        """Mark the lift that was judged last as the practised one."""
        self._timeline.practised()

    def _words(self, picture: Picture, sample: LiftSample, counter: RepetitionCounter) -> None:
        band = picture[:64]
        band[:] = band // 3
        now = f"{sample.time:.2f} s   {counter.phase.value}"
        if not math.isnan(counter.level):
            now += f"   level {counter.level:5.2f}"
        if counter.phase is Phase.HOLD and counter.apex_time is not None:
            now += f"   held {sample.time - counter.apex_time:.1f} s"
        drawing.text(picture, now, 12, 24, NIGHT.ink, 0.55)
        if sample.time - self._judged_at < VERDICT_S:
            verdict = self._timeline.verdicts[-1]
            colour = NIGHT.good if isinstance(verdict, events.Rep) else NIGHT.poor
            drawing.text(picture, drawing.reasons_of(verdict), 12, 52, colour, 0.55)


class Annotator:
    """Writes the annotated film of a replay, which it observes inside its `with` block."""

    def __init__(self, path: Path, vision: VisionSource, fps: float) -> None:
        self._film = Film(path, fps)
        self._view = View(vision)

    def __enter__(self) -> Self:
        self._film.__enter__()
        return self

    def __exit__(self, *exc: Any) -> None:
        self._film.__exit__(*exc)

    def observe(
        self, sample: LiftSample, counter: RepetitionCounter, known: list[events.LiftEvent]
    ) -> None:
        """Draw the frame that this sample came from, and append it to the film."""
        self._view.observe(sample, counter, known)
        if self._view.picture is not None and self._view.strip is not None:
            self._film.add(np.vstack((self._view.picture, self._view.strip)))


def annotated(pixels: Picture, vision: VisionSource) -> Picture:
    """Return a frame with what was found in it, in a size for a screen, RGB with even sides."""
    grey = pixels.ndim == 2
    picture = np.repeat(pixels[..., None], 3, axis=2) if grey else pixels.copy()
    if vision.landmarks is not None:
        drawing.face(picture, vision.landmarks)
    height, width = picture.shape[:2]
    scale = min(max(width, NARROWEST), WIDEST) / width
    # Most video codecs need even sides.
    size = (2 * round(width * scale / 2), 2 * round(height * scale / 2))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
