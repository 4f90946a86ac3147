"""A recording shown in real time, as if it were a camera."""

from __future__ import annotations

import time
from collections.abc import Callable

from device.camera.frame import Camera, Frame
from device.camera.newest import LiveCamera, Shot

_FOREVER_S = 3600.0


class PacedCamera(LiveCamera):
    """Gives each frame of `recording` when it is due; one that nobody read in time is dropped.

    It begins anew whenever it is started. After the last frame `read` raises EndOfRecording.
    """

    def __init__(self, recording: Camera, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__("the recording", monotonic)
        self._recording = recording
        self._monotonic = monotonic
        self._first: Frame | None = None
        self._began = 0.0

    def _open(self) -> None:
        self._recording.start()
        self._first = None

    def _next(self) -> Shot | None:
        frame = self._recording.read(_FOREVER_S)
        if frame is None:
            return None
        if self._first is None:
            self._first = frame
            self._began = self._monotonic()
        due = self._began + frame.time - self._first.time
        self._closing.wait(max(0.0, due - self._monotonic()))
        return frame.pixels, due

    def _close(self) -> None:
        self._recording.stop()
