"""A recorded video as a camera: every frame, upright, with the times of its own container."""

from __future__ import annotations

from pathlib import Path
from typing import Self, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from device.camera.container import is_cut_short, is_text
from device.camera.frame import Frame
from device.camera.opencv import quieten
from device.errors import CallerError, CameraError, EndOfRecording

quieten()  # now: a video written before the first one is read settles it too

_USUAL_FPS = 30.0
_FASTEST_FPS = 1000.0
_LEAST_STEP_S = 0.001

# By how many degrees clockwise a film is to be turned, as phones note it.
_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}

# How much sooner than announced the pictures may end. Containers round; edit lists hide up to a
# group of pictures of a video that was trimmed on a phone.
_SHORTER_S = 2.0
_SHORTER_SHARE = 0.1


class VideoFileCamera:
    """A video file; `read` decodes the next frame, as fast as it is asked.

    `fps` and `frame_count` are what the container announces, for showing progress; the count is
    0 where it does not tell.

    Raises CallerError, already when it is made, if there is no such file or if it is no whole
    video: whoever is given one may begin to write.
    """

    live = False

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._turn: int | None = None
        self._look_at_the_file()
        capture = self._open()
        fps = capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if 0.0 < fps <= _FASTEST_FPS else _USUAL_FPS
        self.frame_count = max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        pictures = [capture.grab(), capture.grab()]
        capture.release()
        if not all(pictures):
            seen = "a single picture" if any(pictures) else "no pictures"
            raise self._wrong(f"holds {seen}: name a video")
        self._capture: cv2.VideoCapture | None = None
        self._number = 0
        self._time = 0.0

    def start(self) -> None:
        """Open the video at its first frame; raises CallerError if it went away meanwhile."""
        if self._capture is None:
            self._capture = self._open()
            self._number = 0
            self._time = 0.0

    def read(self, timeout: float) -> Frame | None:  # noqa: ARG002 (a file never keeps us waiting)
        """Return the next frame.

        Raises EndOfRecording after the last one, CallerError if the pictures end before the
        container says they should, CameraError if the video was not started.
        """
        if self._capture is None:
            raise CameraError(f"{self.path} is read before it was started")
        read, bgr = self._capture.read()
        if not read or bgr is None:
            self._check_that_it_was_whole()
            raise EndOfRecording(f"{self.path} has ended")
        self._time = self._next_time(self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0)
        rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        if self._turn is not None:
            rgb = cv2.rotate(rgb, self._turn)
        frame = Frame(cast("NDArray[np.uint8]", rgb), self._time, self._number)
        self._number += 1
        return frame

    def stop(self) -> None:
        """Close the file; started again, it begins at its first frame."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def _wrong(self, what: str) -> CallerError:
        return CallerError(f"{self.path} {what}")

    def _look_at_the_file(self) -> None:
        try:
            if self.path.is_dir():
                raise self._wrong("is a folder: name a video in it")
            if self.path.exists() and not self.path.is_file():
                raise self._wrong("is no file: name a video")
            with self.path.open("rb") as file:
                empty = not file.read(1)
                if empty:
                    raise self._wrong("is empty: record or copy it again")
                if is_text(file):
                    raise self._wrong("is text, not a video: name a video")
                if is_cut_short(file):
                    raise self._wrong("was cut short: record or copy it again")
        except FileNotFoundError as error:
            raise self._wrong("is not there: check its name") from error
        except OSError as error:
            raise self._wrong(
                f"cannot be read ({error.strerror}): check it and its disk"
            ) from error

    def _open(self) -> cv2.VideoCapture:
        # As an absolute path, so that a name cannot be taken for a URL or a pattern.
        capture = cv2.VideoCapture(str(self.path.absolute()), cv2.CAP_FFMPEG)
        if not capture.isOpened():
            raise self._wrong("is no video, or a damaged one: name one that other players play")
        capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 0)
        turn = round(capture.get(cv2.CAP_PROP_ORIENTATION_META)) % 360
        if cv2.__version__.startswith("4.6."):  # which has the sign wrong (opencv issue 22088)
            turn = -turn % 360
        self._turn = _TURNS.get(turn)
        return capture

    def _next_time(self, told: float) -> float:
        """Return the next frame's time: as the container tells it, but always later."""
        if self._number == 0:
            return max(told, 0.0)
        if told <= 0.0:  # a raw stream has no times
            told = self._number / self.fps
        return max(told, self._time + _LEAST_STEP_S)

    def _check_that_it_was_whole(self) -> None:
        announced = self.frame_count / self.fps
        seen = self._time + 1.0 / self.fps
        if seen < announced - max(_SHORTER_S, _SHORTER_SHARE * announced):
            raise self._wrong(
                f"ends after {seen:.1f} s of {announced:.1f} s: it was cut short or damaged; "
                "record or copy it again"
            )
