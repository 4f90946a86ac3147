"""What is kept of a set: what vision says of each picture, and the picture itself if it may be."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Self

import av
import numpy as np
from numpy.typing import NDArray

from device.errors import LiftLightError
from device.sample import LiftSample
from device.trace import TraceWriter
from device.vision import VisionSource

TICK = Fraction(1, 1000)
"""The times of a film are whole milliseconds, as those of a trace are."""
ENCODER = {"preset": "veryfast", "crf": "18", "bf": "0", "g": "15"}
"""H.264 that every browser plays. Quality 18 is all that the eye sees. No picture depends on a
later one, and every fifteenth on none, so that a browser goes back by one picture at once."""
USUAL_FPS = 30
"""What the encoder is told of the rate, pictures a second; the true times are in the film."""


class Film:
    """A film in the making, as MP4, in which each picture has its own time::

        with Film(Path("set-001.mp4")) as film:
            film.add(frame.pixels, 33)

    Raises LiftLightError if it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._out = av.open(str(path.absolute()), "w", format="mp4")
            self._stream = self._out.add_stream("libx264", rate=USUAL_FPS, options=dict(ENCODER))
        except (OSError, ValueError) as error:  # FFmpeg's errors are both
            raise self._failed(error) from error
        self._stream.codec_context.time_base = TICK
        self._stream.pix_fmt = "yuv420p"
        self._sized = self._closed = False

    def add(self, pixels: NDArray[np.uint8], milliseconds: int) -> None:
        """Append a picture, RGB or grey, shown from so many `milliseconds` on, later than the last.

        Raises LiftLightError if the disk does not take it.
        """
        if pixels.ndim == 2:
            pixels = np.repeat(pixels[..., None], 3, axis=2)
        # H.264 needs even sides.
        height, width = (side - side % 2 for side in pixels.shape[:2])
        if not self._sized:
            self._stream.width, self._stream.height, self._sized = width, height, True
        picture = av.VideoFrame.from_ndarray(
            np.ascontiguousarray(pixels[:height, :width]), format="rgb24"
        )
        picture.pts, picture.time_base = milliseconds, TICK
        try:
            self._out.mux(self._stream.encode(picture))
        except (OSError, ValueError) as error:
            raise self._failed(error) from error

    def close(self) -> None:
        """Finish the film; may be called twice. Raises LiftLightError if the disk fails."""
        if self._closed:
            return
        self._closed = True
        try:
            with self._out:
                if self._sized:
                    self._out.mux(self._stream.encode(None))
        except (OSError, ValueError) as error:
            raise self._failed(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _failed(self, error: Exception) -> LiftLightError:
        return LiftLightError(
            f"the film {self._path} could not be written ({error}): make room on its disk"
        )


class KeptSource:
    """A `SampleSource` that gives what `vision` sees, and keeps each sample in `trace`.

    With a `film` it keeps the picture of each sample, too, at the very time that the trace says, so
    that trace and film can be laid side by side. Without one no picture is kept anywhere.
    `kept_s` is how much was kept, seconds, and `failure` what ended it, if anything did.
    """

    def __init__(self, vision: VisionSource, trace: TraceWriter, film: Film | None) -> None:
        self.live = vision.live
        self.kept_s = 0.0
        self.failure: LiftLightError | None = None
        self._vision = vision
        self._trace = trace
        self._film = film
        self._origin: float | None = None
        self._last = -1

    def start(self) -> None:
        """Start the camera; raises CameraError."""
        self._vision.start()

    def read(self, timeout: float) -> LiftSample | None:
        """Return the next sample once it is kept, or None if there was none.

        Raises what vision raises, and LiftLightError if it cannot be kept.
        """
        sample = self._vision.read(timeout)
        if sample is not None:
            try:
                self._keep(sample)
            except LiftLightError as error:
                self.failure = error
                raise
        return sample

    def stop(self) -> None:
        """Stop the camera; may be called twice."""
        self._vision.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def _keep(self, sample: LiftSample) -> None:
        if self._origin is None:
            self._origin = sample.time
        milliseconds = round((sample.time - self._origin) / TICK)
        if milliseconds <= self._last or self._trace.full:
            return
        self._last = milliseconds
        self._trace.append(sample)
        if self._film is not None and self._vision.frame is not None:
            self._film.add(self._vision.frame.pixels, milliseconds)
        self.kept_s = milliseconds * float(TICK)
