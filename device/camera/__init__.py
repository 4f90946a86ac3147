"""Cameras: the Pi's own, a webcam, a video file, and a synthetic subject, all as frames."""

from __future__ import annotations

from device.camera.frame import Camera, Frame
from device.camera.newest import RELEASE_S, LiveCamera, Shot
from device.camera.open import look_for, open_camera
from device.camera.opencv import quieten
from device.camera.paced import PacedCamera
from device.camera.video import VideoFileCamera

__all__ = [
    "RELEASE_S",
    "Camera",
    "Frame",
    "LiveCamera",
    "PacedCamera",
    "Shot",
    "VideoFileCamera",
    "look_for",
    "open_camera",
    "quieten",
]
