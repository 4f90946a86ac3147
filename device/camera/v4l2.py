"""A webcam, through the kernel's Video4Linux2 interface and OpenCV, which is kept quiet."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from device.camera.live import STALL_S, LiveCamera, Shot
from device.errors import CameraError

WIDTH = 640
HEIGHT = 480
FPS = 30

_RETRY_S = 0.02

_FFMPEG_QUIET = "-8"
_SILENT = 0
_V4L_SELECT_TIMEOUT_S = "2"


def quieten() -> None:
    """Silence OpenCV and FFmpeg, and have a webcam that hangs noticed within two seconds.

    OpenCV reads both environment variables when it first writes a film or opens a webcam. A value
    that somebody set for debugging is left alone.
    """
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", _FFMPEG_QUIET)
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", _V4L_SELECT_TIMEOUT_S)
    if "OPENCV_LOG_LEVEL" in os.environ:
        return
    module: Any = cv2
    if not hasattr(module, "setLogLevel"):  # some versions have it in a submodule
        module = module.utils.logging
    module.setLogLevel(_SILENT)


quieten()


class V4l2Camera(LiveCamera):
    """A webcam: RGB frames of about 640x480 at 30 a second, stamped by its driver.

    With V4L2, OpenCV's CAP_PROP_POS_MSEC is the stamp of the buffer just dequeued, and the
    kernel's webcam driver takes that from CLOCK_MONOTONIC.
    """

    def __init__(
        self, device: str = "/dev/video0", monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(f"the webcam {device}", monotonic)
        self._device = Path(device)
        self._capture: cv2.VideoCapture | None = None
        self._since = 0.0

    def _open(self) -> None:
        self.check_present()
        self._capture = cv2.VideoCapture(str(self._device), cv2.CAP_V4L2)
        if not self._capture.isOpened():
            raise CameraError(
                f"{self.name} gives no pictures: another program may be using it, or this node "
                "carries no video; close the other program or try the next number"
            )
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, WIDTH)
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, HEIGHT)
        self._capture.set(cv2.CAP_PROP_FPS, FPS)
        self._since = time.monotonic()

    def check_present(self) -> None:
        """Raise CameraError if the webcam is not there or not ours; switches nothing on."""
        try:
            mode = self._device.stat().st_mode
        except OSError as error:
            raise CameraError(
                f"{self.name} is not there: plug it in, and see what there is with `ls /dev/video*`"
            ) from error
        if not stat.S_ISCHR(mode):
            raise CameraError(f"{self.name} is no device: name one like /dev/video0")
        if not os.access(self._device, os.R_OK | os.W_OK):
            raise CameraError(
                f"{self.name} may not be opened by you: `sudo usermod -aG video $USER`, "
                "then log in again"
            )

    def _next(self) -> Shot | None:
        assert self._capture is not None
        read, bgr = self._capture.read()
        if read and bgr is not None:
            self._since = time.monotonic()
            stamp = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0
            rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
            return cast("NDArray[np.uint8]", rgb), stamp
        if not self._device.exists():
            raise CameraError(f"{self.name} was unplugged: plug it in and start again")
        if time.monotonic() - self._since > STALL_S:
            raise CameraError(
                f"{self.name} has given no picture for {STALL_S:.0f} s: unplug it and plug it in"
            )
        self._closing.wait(_RETRY_S)
        return None

    def _close(self) -> None:
        if self._capture is not None:
            self._capture.release()
            self._capture = None
