"""Makes OpenCV keep its opinions off stderr: our errors are one line each."""

from __future__ import annotations

import os
from typing import Any

import cv2

_FFMPEG_QUIET = "-8"
_SILENT = 0
_V4L_SELECT_TIMEOUT_S = "2"


def quieten() -> None:
    """Silence OpenCV and FFmpeg, and let a webcam that hangs be noticed within two seconds.

    OpenCV reads the two settings when it first writes a film or opens a webcam; a value that the
    person set for debugging is left alone. The call to silence OpenCV moved between its versions.
    """
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", _FFMPEG_QUIET)
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", _V4L_SELECT_TIMEOUT_S)
    if "OPENCV_LOG_LEVEL" in os.environ:
        return
    module: Any = cv2
    if not hasattr(module, "setLogLevel"):
        module = module.utils.logging
    module.setLogLevel(_SILENT)
