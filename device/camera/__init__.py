"""Cameras: the Pi's own, a webcam, a video file, and a synthetic subject, all as frames."""

from __future__ import annotations

from device.camera.frame import Camera, Frame
from device.camera.live import RELEASE_S, LiveCamera, PacedCamera, Shot
from device.camera.open import check_present, field_of_view, open_camera
from device.camera.v4l2 import quieten
from device.camera.video import VideoFileCamera

__all__ = [
    "RELEASE_S",
    "Camera",
    "Frame",
    "LiveCamera",
    "PacedCamera",
    "Shot",
    "VideoFileCamera",
    "check_present",
    "field_of_view",
    "open_camera",
    "quieten",
]
