"""What every live camera shares: a thread of its own that keeps only the newest frame.

The reader may be slower than the camera. Frames that it had no time for are replaced, never
queued, so that what it sees is never older than one frame.
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

from device.camera.frame import Frame
from device.errors import CameraError, LiftLightError

STALL_S = 2.0
"""A camera that gave no frame for this long has stalled: 60 frames at 30 a second."""

RELEASE_S = 3.0
"""How long `stop` waits for the thread: longer than a stalled capture and a close take."""

_OLDEST_STAMP_S = 1.0
_CLOCK_STEP_S = 1e-6

Shot = tuple[NDArray[np.uint8], float | None]
"""Pixels as in `Frame`, and the driver's stamp in seconds, or None if it gave none."""


class ExposureClock:
    """Turns a driver's stamps into times of exposure on our monotonic clock.

    Camera drivers on Linux stamp with CLOCK_MONOTONIC, which is `time.monotonic()`. A stamp that
    is not within the last second by that clock counts from something else, and the moment of
    arrival is the best that is left. The times returned always increase.
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
    """A camera that goes on without its reader; see `device.camera.frame.Camera`."""

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
        except Exception as error:  # noqa: BLE001 (a thread that dies unheard looks like a stall)
            self._fail(CameraError(f"{self.name} failed ({error!r}): stop and start it again"))

    def _fail(self, error: LiftLightError) -> None:
        with self._changed:
            self._failure = error
            self._changed.notify_all()
