"""The Raspberry Pi's own camera, through picamera2 and libcamera.

The device uses one small stream in one mode for its whole life: memory for camera buffers is
scarce on a Pi, and changing modes is where camera stacks fail. What the pipeline really gives is
read back from the configuration, since it may differ from what was asked.
"""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Callable
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from device.camera.live import STALL_S, LiveCamera, Shot
from device.errors import CameraError

SIZE = (640, 480)
FRAME_US = 33_333
"""Shortest and longest time a frame may take, microseconds: 30 a second, exposure never longer."""

BUFFERS = 3
"""How many frames camera memory holds; it is scarce on a Pi."""

FOCUS_DIOPTRES = 1.8
"""0.55 m: with the lens of Camera Module 3 and this size, 0.4 to 1 m are sharp."""

REOPENINGS = 2
"""How often a stalled camera is opened anew before we give up and systemd restarts us."""

STEADY_FRAMES = 300
"""After this many frames (10 s) a recovered camera has its reopenings back."""

# libcamera names a format from the highest byte down, so BGR888 is R, G, B in memory.
_TO_RGB: dict[str, int | None] = {
    "BGR888": None,
    "RGB888": cv2.COLOR_BGR2RGB,
    "XBGR8888": cv2.COLOR_RGBA2RGB,
    "XRGB8888": cv2.COLOR_BGRA2RGB,
    "YUV420": cv2.COLOR_YUV2RGB_I420,
    "YVU420": cv2.COLOR_YUV2RGB_YV12,
    "NV12": cv2.COLOR_YUV2RGB_NV12,
    "NV21": cv2.COLOR_YUV2RGB_NV21,
    "YUYV": cv2.COLOR_YUV2RGB_YUYV,
}


class Picamera2Camera(LiveCamera):
    """The camera on the Pi's ribbon cable: RGB frames of 640x480 at 30 a second.

    A frame's time is libcamera's SensorTimestamp, when its first row was exposed. libcamera's
    documentation counts it on CLOCK_BOOTTIME, the drivers on CLOCK_MONOTONIC; the two differ
    only by time spent suspended, and a Raspberry Pi cannot suspend.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__("the camera", monotonic)
        self._picam: Any = None
        self._format = ""
        self._size = SIZE
        self._reopened = 0
        self._frames = 0

    def _open(self) -> None:
        picamera2, libcamera = _load()
        try:
            self._picam = picamera2.Picamera2()
        except Exception as error:  # picamera2 raises whatever libcamera met
            raise CameraError(
                f"the camera cannot be opened ({error}): switch off and press its ribbon cable "
                "home at both ends; `rpicam-hello --list-cameras` must list it"
            ) from error
        try:
            self._picam.configure(_configuration(self._picam, libcamera.controls))
            self._picam.start()
            stream = self._picam.camera_configuration()["main"]
        except Exception as error:
            raise CameraError(
                f"the camera does not start ({error}): close other programs that use it, and "
                "see `liftlight doctor` for the memory left for it"
            ) from error
        self._format, self._size = stream["format"], stream["size"]
        if self._format not in _TO_RGB:
            raise CameraError(
                f"the camera gives {self._format} pictures, which LiftLight cannot read: "
                f"use one that gives any of {', '.join(_TO_RGB)}"
            )
        self._frames = 0

    def _next(self) -> Shot | None:
        try:
            request = self._picam.capture_request(wait=STALL_S)
        except Exception as error:  # noqa: BLE001 (a timeout is the usual one)
            self._reopen(error)
            return None
        try:
            array = request.make_array("main")
            stamp = request.get_metadata().get("SensorTimestamp")
        finally:
            request.release()
        self._frames += 1
        if self._frames == STEADY_FRAMES:
            self._reopened = 0
        return _rgb(array, self._format, self._size), None if stamp is None else stamp / 1e9

    def _reopen(self, reason: Exception) -> None:
        self._close()
        while not self._closing.is_set():
            if self._reopened == REOPENINGS:
                raise CameraError(
                    f"the camera has stopped giving pictures, and opening it anew {REOPENINGS} "
                    "times did not help: switch off and press its ribbon cable home at both ends"
                ) from reason
            self._reopened += 1
            try:
                self._open()
            except CameraError:
                self._close()
            else:
                return

    def _close(self) -> None:
        # Not `Picamera2.stop` first: it waits for the event loop, which may be what died. `close`
        # ends the loop and then stops the camera itself.
        if self._picam is None:
            return
        try:
            try:
                self._picam.cancel_all_and_flush()
            finally:
                self._picam.close()
        except Exception as error:
            raise CameraError(
                f"the camera does not switch off ({error}): pull the plug and try again"
            ) from error
        self._picam = None


def _load() -> tuple[Any, Any]:
    """Import what only a Raspberry Pi has, and only when it is asked for."""
    os.environ.setdefault("LIBCAMERA_LOG_LEVELS", "*:ERROR")
    try:
        return importlib.import_module("picamera2"), importlib.import_module("libcamera")
    except (ImportError, ValueError) as error:  # ValueError: built against another numpy
        raise CameraError(
            f"picamera2 cannot be used ({error}): on a Raspberry Pi, "
            "`sudo apt install python3-picamera2`; at a desk, use another --camera"
        ) from error


def _configuration(picam: Any, controls: Any) -> dict[str, Any]:
    """Return one stream of RGB, from the sensor's whole field of view, and no other stream."""
    wanted = {
        "FrameDurationLimits": (FRAME_US, FRAME_US),
        # Rather more gain than a longer exposure: noise averages out, blur does not.
        "AeExposureMode": controls.AeExposureModeEnum.Short,
        # A lens that hunts for focus moves the picture.
        "AfMode": controls.AfModeEnum.Manual,
        "LensPosition": FOCUS_DIOPTRES,
    }
    # Left to itself, libcamera takes the mode nearest to our size, which on some sensors sees
    # only the middle of the field. Half the full size is the whole field, binned two by two.
    width, height = picam.sensor_resolution
    configuration: dict[str, Any] = picam.create_video_configuration(
        main={"size": SIZE, "format": "BGR888"},
        raw=None,
        sensor={"output_size": (width // 2, height // 2)},
        controls={name: value for name, value in wanted.items() if name in picam.camera_controls},
        buffer_count=BUFFERS,
        queue=False,
    )
    return configuration


def _rgb(array: NDArray[np.uint8], name: str, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return pixels as (height, width, 3) RGB, without the padding that some formats carry."""
    code = _TO_RGB[name]
    rgb = array if code is None else cast("NDArray[np.uint8]", cv2.cvtColor(array, code))
    width, height = size
    return rgb[:height, :width]
