"""The cheeks in the stream of samples: one look at the crop, one sample that knows of them."""

from __future__ import annotations

import math
from dataclasses import replace

from device.vision.cheek import CheekPatches, CheekRise
from device.vision.flow import GreyCrop
from device.vision.fusion import LiftFusion
from device.vision.landmarker import Landmarks
from device.vision.sample import LiftSample

EVERY_S = 0.1
"""The cheeks are looked at so often while the mouth is still, seconds, ..."""
MOVED = 0.008
"""... and at once when the lift signal has moved by this much: about 1/18 of a lift."""
_SLACK_S = 0.001
"""Frames come so much sooner than they should, seconds."""


class CheekWatch:
    """Adds to each sample of one followed face what its cheeks say.

    `fused` is the lift signal of the last sample joined with them, in units of S; see CHEEK.md for
    why it is not the one that is counted.
    """

    def __init__(self) -> None:
        self.fused = math.nan
        self._fusion = LiftFusion()
        self._patches: CheekPatches | None = None
        self._rise: CheekRise | None = None
        self._looked_at = self._looked_lift = math.nan

    def lose(self) -> None:
        """Nobody is followed any more."""
        self.fused = math.nan
        if self._patches is not None:
            self._patches = self._rise = None
            self._fusion.forget()

    def add(self, sample: LiftSample, crop: GreyCrop, landmarks: Landmarks) -> LiftSample:
        """Return `sample` with what the cheeks say in it.

        `crop` shows the face of `landmarks` in the frame of the sample.
        """
        if math.isnan(sample.lift):
            self.fused = math.nan
            return sample
        if self._patches is not None and self._is_due(sample):
            self._rise = self._patches.rise(crop, landmarks.points)
            self._looked_at, self._looked_lift = sample.time, sample.lift
        fused = self._fusion.feed(sample, self._rise)
        if self._fusion.wants_anchor:
            self._patches, self._rise = CheekPatches(crop, landmarks.points), None
            self._looked_at = math.nan
            self._fusion.anchored()
        self.fused = fused.lift
        return replace(sample, cheek=fused.cheek, cheek_quality=fused.belief)

    def _is_due(self, sample: LiftSample) -> bool:
        waited = sample.time - self._looked_at
        still = abs(sample.lift - self._looked_lift) <= MOVED
        return not (still and 0 <= waited < EVERY_S - _SLACK_S)
