"""Live cameras: what they all share, and a recording that is shown as if it were one.

Each has a thread of its own that keeps only the newest frame. The reader may be slower than the
camera. Frames that it had no time for are replaced, never queued, so that what it reads is never
older than one frame.
"""

from __future__ import annotations

import math
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Self

import numpy as np
from numpy.typing import NDArray

from device.camera.frame import Camera, Frame
from device.errors import CameraError, LiftLightError

STALL_S = 2.0
"""A camera that gave no frame for this long has stalled: 60 frames at 30 a second."""

RELEASE_S = 3.0
"""How long `stop` waits for the thread, seconds: a stalled capture and a close take less."""

_OLDEST_STAMP_S = 1.0
"""A driver's stamp that is older than this counts from something else than the clock."""
_CLOCK_STEP_S = 1e-6
"""The least time from one frame to the next."""
_RECORDED_WITHIN_S = 3600.0
"""How long to wait for a recorded frame, which is there at once."""

Shot = tuple[NDArray[np.uint8], float | None]
"""Pixels as in `Frame`, and the driver's stamp in seconds, or None if it gave none."""


class ExposureClock:
    """Turns a driver's stamps into times of exposure on the device's monotonic clock.

    Camera drivers on Linux stamp with CLOCK_MONOTONIC, which is `time.monotonic()`. A stamp that
    is not within the last second by that clock is not believed, and the moment of arrival is
    taken instead. The times returned always increase.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._last = -math.inf

    def exposure(self, stamp: float | None) -> float:
        """Return when a frame that arrives now was exposed, in monotonic seconds."""
        now = self._monotonic()
        believed = stamp is not None and 0.0 <= now - stamp <= _OLDEST_STAMP_S
        time_s = stamp if believed and stamp is not None else now
        self._last = max(time_s, self._last + _CLOCK_STEP_S)
        return self._last


class LiveCamera(ABC):
    """A camera that goes on without its reader, with the methods of `device.camera.Camera`.

    A subclass says how to open the device, how to wait for one picture, and how to close it::

        class Webcam(LiveCamera):
            def _open(self) -> None: ...
            def _next(self) -> Shot | None: ...
            def _close(self) -> None: ...
    """

    live = True

    def __init__(self, name: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self._clock = ExposureClock(monotonic)
        self._changed = threading.Condition()
        self._newest: Frame | None = None
        self._failure: LiftLightError | None = None
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    @abstractmethod
    def _open(self) -> None:
        """Open the device and let it run; raises CameraError."""

    @abstractmethod
    def _next(self) -> Shot | None:
        """Wait a bounded time for the next shot; None if there was none, CameraError if lost."""

    @abstractmethod
    def _close(self) -> None:
        """Release the device, if it is open; raises CameraError if it may still be running."""

    def start(self) -> None:
        """Begin taking frames; a camera that cannot be opened is left closed.

        Raises CameraError if there is no such camera or it cannot be opened.
        """
        if self._thread is not None:
            return
        self._closing.clear()
        self._newest = self._failure = None
        try:
            self._open()
        except BaseException:
            self._close()
            raise
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()

    def read(self, timeout: float) -> Frame | None:
        """Return the newest frame not read yet, waiting up to `timeout` seconds for one.

        Raises CameraError if the camera is gone or was not started.
        """
        if self._thread is None:
            raise CameraError(f"{self.name} is read before it was started")
        with self._changed:
            self._changed.wait_for(
                lambda: self._newest is not None or self._failure is not None, timeout
            )
            frame, self._newest = self._newest, None
            if frame is None and self._failure is not None:
                raise self._failure
            return frame

    def stop(self) -> None:
        """Stop taking frames and release the device.

        Raises CameraError if it may still be running: then the light that says so must stay on.
        """
        self._closing.set()
        if self._thread is not None:
            self._thread.join(RELEASE_S)
            if self._thread.is_alive():
                raise CameraError(f"{self.name} does not switch off: pull the plug and try again")
            self._thread = None
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def _run(self) -> None:
        number = 0
        try:
            while not self._closing.is_set():
                shot = self._next()
                if shot is None:
                    continue
                pixels, stamp = shot
                frame = Frame(pixels, self._clock.exposure(stamp), number)
                number += 1
                with self._changed:
                    self._newest = frame
                    self._changed.notify_all()
        except LiftLightError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 (unreported, it would look like a stall)
            self._fail(CameraError(f"{self.name} failed ({error!r}): stop and start it again"))

    def _fail(self, error: LiftLightError) -> None:
        with self._changed:
            self._failure = error
            self._changed.notify_all()


class PacedCamera(LiveCamera):
    """A recording shown in real time: each frame when it is due, and dropped if not read in time.

    It begins anew whenever it is started. After the last frame `read` raises EndOfRecording::

        camera = PacedCamera(VideoFileCamera("lifts.mp4"))
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
        frame = self._recording.read(_RECORDED_WITHIN_S)
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
