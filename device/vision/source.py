"""Vision as a whole: a camera goes in, lift samples come out.

`VisionSource` is all that other rooms need; `CheekWatch` adds what the cheeks say to its samples.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Self

import cv2

from device.camera import Camera, Frame
from device.sample import LiftSample
from device.vision.cheek import CheekPatches, CheekRise
from device.vision.detector import FaceDetector, Network
from device.vision.flow import GreyCrop
from device.vision.fusion import LiftFusion
from device.vision.landmarker import FaceLandmarker
from device.vision.landmarks import Landmarks, measure, nobody
from device.vision.propagator import SLACK_S
from device.vision.tracker import FaceTracker

EVERY_S = 0.1
"""How often the cheeks are measured while the mouth is still, seconds."""
MOVED = 0.008
"""Change of the lift signal at which they are measured at once: about 1/18 of a lift."""


class CheekWatch:
    """Adds to each sample of one followed face what its cheeks say.

    `fused` is the lift signal of the last sample joined with the cheeks, in the units of the lift
    signal. CHEEK.md says why it is not the one that is counted.
    """

    def __init__(self) -> None:
        self.fused = math.nan
        self._fusion = LiftFusion()
        self._patches: CheekPatches | None = None
        self._rise: CheekRise | None = None
        self._measured_at = self._measured_lift = math.nan

    def lose(self) -> None:
        """Nobody is followed any more."""
        self.fused = math.nan
        if self._patches is not None:
            self._patches = self._rise = None
            self._fusion.forget()

    def add(self, sample: LiftSample, crop: GreyCrop, face: Landmarks) -> LiftSample:
        """Return `sample` with its figures `cheek` and `cheek_quality`.

        `crop` shows `face` in the frame of the sample.
        """
        if math.isnan(sample.lift):
            self.fused = math.nan
            return sample
        if self._patches is not None and self._is_due(sample):
            self._rise = self._patches.rise(crop, face)
            self._measured_at, self._measured_lift = sample.time, sample.lift
        fused = self._fusion.feed(sample, self._rise)
        if self._fusion.wants_anchor:
            self._patches, self._rise = CheekPatches(crop, face), None
            self._measured_at = math.nan
            self._fusion.anchored()
        self.fused = fused.lift
        return replace(sample, cheek=fused.cheek, cheek_quality=fused.belief)

    def _is_due(self, sample: LiftSample) -> bool:
        waited = sample.time - self._measured_at
        still = abs(sample.lift - self._measured_lift) <= MOVED
        return not (still and 0 <= waited < EVERY_S - SLACK_S)


_DARKNESS_STEP = 16
"""Every so many pixels of a frame without a face tell how bright it is."""


class VisionSource:
    """A `SampleSource` that watches one face through a camera.

    With a live camera each `read` takes the newest frame; those that came while an older one was
    measured are dropped. `camera` is the one given. `frame` and `landmarks` are those of the last
    sample, for drawing at a desk; they are never stored::

        with VisionSource(camera, Model(DETECTOR), Model(LANDMARKS)) as source:
            source.start()
            sample = source.read(timeout=1.0)
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
            return nobody(frame.time, float(dark.mean()))
        sample = measure(self.landmarks, frame.time, frame.pixels.shape)
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
