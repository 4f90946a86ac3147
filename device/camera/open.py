"""Turn the value of `--camera` into a camera."""

from __future__ import annotations

import time
from collections.abc import Callable

from device.camera.frame import Camera
from device.camera.live import PacedCamera
from device.camera.picamera import Picamera2Camera
from device.camera.v4l2 import V4l2Camera
from device.camera.video import VideoFileCamera
from device.errors import CallerError

CHOICES = "picamera2, v4l2:/dev/video0, video:PATH, trace:PATH, subject or subject:SCENARIO"


def open_camera(spec: str, monotonic: Callable[[], float] = time.monotonic) -> Camera:
    """Return the live camera that `spec` names, not started yet; a video is shown in real time.

    Use it as a context manager, so that it is switched off whatever happens::

        with open_camera("v4l2:/dev/video0") as camera:
            camera.start()
            frame = camera.read(timeout=1.0)  # the newest frame, or None after one second

    `monotonic` is the clock, in seconds, by which a live camera's frames are timed. A trace holds
    no frames: `device.trace.TraceSource` reads it.

    Raises CallerError if there is no such kind of camera.
    """
    kind, colon, rest = spec.partition(":")
    if kind == "picamera2" and not colon:
        return Picamera2Camera(monotonic)
    if kind == "v4l2" and rest:
        return V4l2Camera(rest, monotonic)
    if kind == "video" and rest:
        return PacedCamera(VideoFileCamera(rest), monotonic)
    if kind == "subject":
        # Only here: the device need not carry a synthetic person in its memory.
        from device.camera.subject import from_spec  # noqa: PLC0415

        return from_spec(rest, monotonic)
    raise CallerError(f"there is no camera {spec!r}: use {CHOICES}")


_FIELDS_DEG = {"picamera2": 41.0, "subject": 36.0}
"""Of Camera Module 3, normal, which the parts list names, and of the synthetic one."""


def field_of_view(spec: str) -> float | None:
    """Return how many degrees the shorter side of a camera's pictures spans, None if unknown."""
    return _FIELDS_DEG.get(spec.partition(":")[0])


def check_present(spec: str) -> None:
    """Raise CameraError if `spec` names a webcam that is not there; switches nothing on."""
    kind, _, rest = spec.partition(":")
    if kind == "v4l2" and rest:
        V4l2Camera(rest).check_present()
