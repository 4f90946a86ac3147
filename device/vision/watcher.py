"""Vision as one thing: a camera goes in, lift samples come out."""

from __future__ import annotations

from typing import Self

import cv2

from device.camera.frame import Camera, Frame
from device.vision import lift
from device.vision.cheek_watch import CheekWatch
from device.vision.detector import FaceDetector, Network
from device.vision.landmarker import FaceLandmarker, Landmarks
from device.vision.sample import LiftSample
from device.vision.tracker import FaceTracker

_DARKNESS_STEP = 16


class Watcher:
    """A `SampleSource` that watches one face through a camera.

    With a live camera each `read` looks at the newest frame; those that came while it looked at
    an older one are dropped. `frame` and `landmarks` are those of the last sample, for drawing at
    a desk; they are never stored. `camera` is the one given.
    """

    def __init__(self, camera: Camera, detector: Network, landmarker: Network) -> None:
        # OpenCV's own threads would only wait for each other over crops this small.
        cv2.setNumThreads(1)
        self.camera = camera
        self._tracker = FaceTracker(FaceDetector(detector), FaceLandmarker(landmarker))
        self._cheeks = CheekWatch()
        self.live = camera.live
        self.frame: Frame | None = None
        self.landmarks: Landmarks | None = None

    def start(self) -> None:
        """Start the camera and look for a face anew; raises CameraError."""
        self._tracker.forget()
        self.camera.start()

    def read(self, timeout: float) -> LiftSample | None:
        """Wait up to `timeout` seconds for a frame and return what is seen in it.

        Returns None if no frame came. Raises EndOfRecording after the last frame of a recording,
        CameraError if the camera is gone.
        """
        frame = self.camera.read(timeout)
        if frame is None:
            return None
        self.frame = frame
        self.landmarks = self._tracker.update(frame.pixels, frame.time)
        if self.landmarks is None:
            self._cheeks.lose()
            dark = frame.pixels[::_DARKNESS_STEP, ::_DARKNESS_STEP]
            return lift.nobody(frame.time, float(dark.mean()))
        sample = lift.measure(self.landmarks, frame.time, frame.pixels.shape)
        crop = self._tracker.crop
        return sample if crop is None else self._cheeks.add(sample, crop, self.landmarks)

    @property
    def fused(self) -> float:
        """The lift signal of the last sample, joined with the cheeks; NaN while nobody is seen."""
        return self._cheeks.fused

    def stop(self) -> None:
        """Stop the camera and forget whom it watched; may be called twice."""
        self.camera.stop()
        self._tracker.forget()
        self._cheeks = CheekWatch()
        self.frame = None
        self.landmarks = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()
