"""Vision: frames go in, lift samples come out."""

from __future__ import annotations

from device.vision.detector import Detection, FaceDetector
from device.vision.landmarker import FaceLandmarker
from device.vision.landmarks import POINTS, Landmarks
from device.vision.lift_network import LIFT_SHARE, LIFT_SIDE, LiftNetwork, SeenLift, standardize
from device.vision.runtime import (
    DETECTOR,
    LANDMARKS,
    LIFT,
    Model,
    describe,
    models_folder,
    shipped_models,
)
from device.vision.source import VisionSource
from device.vision.tracker import FaceTracker

__all__ = [
    "DETECTOR",
    "LANDMARKS",
    "LIFT",
    "LIFT_SHARE",
    "LIFT_SIDE",
    "POINTS",
    "Detection",
    "FaceDetector",
    "FaceLandmarker",
    "FaceTracker",
    "Landmarks",
    "LiftNetwork",
    "Model",
    "SeenLift",
    "VisionSource",
    "describe",
    "detector",
    "flow",
    "models_folder",
    "roi",
    "shipped_models",
    "standardize",
]
