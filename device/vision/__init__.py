"""Vision: frames go in, lift samples come out."""

from __future__ import annotations

from device.vision.detector import Detection, FaceDetector
from device.vision.landmarker import FaceLandmarker
from device.vision.landmarks import POINTS, Landmarks
from device.vision.runtime import DETECTOR, LANDMARKS, Model, describe, models_folder
from device.vision.source import VisionSource
from device.vision.tracker import FaceTracker

__all__ = [
    "DETECTOR",
    "LANDMARKS",
    "POINTS",
    "Detection",
    "FaceDetector",
    "FaceLandmarker",
    "FaceTracker",
    "Landmarks",
    "Model",
    "VisionSource",
    "describe",
    "detector",
    "models_folder",
    "roi",
]
