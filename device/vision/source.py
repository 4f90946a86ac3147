"""Vision as a whole: a camera goes in, lift samples come out."""

from __future__ import annotations

import math
from typing import Self

import cv2

from device.camera import Camera, Frame
from device.sample import NETWORK_FROM_DEG, LiftSample
from device.vision.detector import FaceDetector, Network
from device.vision.flow import GreyCrop
from device.vision.landmarker import FaceLandmarker
from device.vision.landmarks import Landmarks, measure, nobody
from device.vision.lift_network import LiftNetwork
from device.vision.tracker import FaceTracker

EVERY_S = 0.15
"""Nearer to the front than NETWORK_FROM_DEG the lift network has a say in the sides, and in whether
it was a lift at all. Of a face that is still it is asked this often, seconds: a hold has a dozen
such looks. With a third as many, lifts of people in the dark were missed."""
MOVING_EVERY_S = 0.045
"""Of a face that moved within the last EVERY_S it is asked this often, seconds: in every second of
30 frames a second. A lift's movements are timed on what it sees as well. With a fifth less or more
it is the same frames."""
SAME_LEVEL = 0.03
"""A lift signal that stays within this is at one level: a fifth of a lift."""
STILL_S = 0.3
"""A face that has come to another level, and stayed for so long, is looked at in the mirror as
well, seconds: once at rest and once in a hold."""
_UNASKED = (math.nan, math.nan)
_DARKNESS_STEP = 16
"""Every so many pixels of a frame without a face tell how bright it is."""


class VisionSource:
    """A `SampleSource` that watches one face through a camera.

    With a live camera each `read` takes the newest frame; those that came while an older one was
    measured are dropped. `camera` is the one given. `frame` and `landmarks` are those of the last
    sample, for drawing at a desk; they are never stored::

        with VisionSource(camera, *shipped_models()) as source:
            source.start()
            sample = source.read(timeout=1.0)
    """

    def __init__(
        self, camera: Camera, detector: Network, landmarker: Network, lift: Network
    ) -> None:
        # OpenCV's own threads would only wait for each other over crops this small.
        cv2.setNumThreads(1)
        self.camera = camera
        self._landmarker = FaceLandmarker(landmarker)
        self._tracker = FaceTracker(FaceDetector(detector), self._landmarker)
        self._lift = LiftNetwork(lift)
        self._seen = _UNASKED
        self._looked_at = -math.inf
        self._moved_at = -math.inf
        self._shown: tuple[GreyCrop, Landmarks] | None = None
        """What the lift network saw last: a calm face keeps its landmarks and crop."""
        self._level = math.nan
        self._level_since = math.inf
        self._mirrored = False
        self._error = 0.0
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
            if not self._tracker.following:
                self._forget()
            dark = frame.pixels[::_DARKNESS_STEP, ::_DARKNESS_STEP]
            return nobody(frame.time, float(dark.mean()))
        self._look(self.landmarks, frame.time)
        self._look_in_the_mirror(self.landmarks, frame)
        shape = frame.pixels.shape
        return measure(self.landmarks, frame.time, shape, self._seen, self._error)

    def _look(self, face: Landmarks, time: float) -> None:
        """Ask the lift network about a face if it is time to."""
        crop = self._tracker.crop
        aside = face.pose.off_axis >= NETWORK_FROM_DEG
        if self._tracker.moving:
            self._moved_at = time
        every = MOVING_EVERY_S if 0.0 <= time - self._moved_at < EVERY_S else EVERY_S
        due = self._seen is _UNASKED or aside or not 0.0 <= time - self._looked_at < every
        if crop is None or not due:
            return
        self._looked_at = time
        if self._shown is None or crop is not self._shown[0] or face is not self._shown[1]:
            seen = self._lift.look(crop, face)
            self._seen, self._shown = (seen.left, seen.right), (crop, face)

    def _look_in_the_mirror(self, face: Landmarks, frame: Frame) -> None:
        """Learn the landmark network's own left-right error at each level at which a face stays.

        It differs between people and between rest and hold, and changes little while they last.
        """
        lift = face.signals.lift
        if not abs(lift - self._level) <= SAME_LEVEL:
            self._level, self._level_since, self._mirrored = lift, frame.time, False
        elif not self._mirrored and frame.time - self._level_since >= STILL_S:
            error = self._landmarker.left_right_error(frame.pixels, face)
            self._mirrored = not math.isnan(error)
            if self._mirrored:
                self._error = error
            else:  # What was learnt at another level is nearer than nothing, until the next look.
                self._level_since = frame.time

    def stop(self) -> None:
        """Stop the camera and forget whom it watched; may be called twice."""
        self.camera.stop()
        self._tracker.forget()
        self._forget()
        self.frame = None
        self.landmarks = None

    def _forget(self) -> None:
        """Forget what was seen of a face that is gone."""
        self._seen, self._shown = _UNASKED, None
        self._level, self._error = math.nan, 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()
