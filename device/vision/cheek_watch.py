"""The cheeks in the stream of samples: one look at the crop, one sample that knows of them."""

from __future__ import annotations

import math
from dataclasses import replace

from device.vision.cheek import CheekPatches
from device.vision.flow import GreyCrop
from device.vision.fusion import LiftFusion
from device.vision.landmarker import Landmarks
from device.vision.sample import LiftSample


class CheekWatch:
    """Adds to each sample of one followed face what its cheeks say.

    `fused` is the lift signal of the last sample joined with them, in units of S; see CHEEK.md for
    why it is not the one that is counted.
    """

    def __init__(self) -> None:
        self.fused = math.nan
        self._fusion = LiftFusion()
        self._patches: CheekPatches | None = None

    def lose(self) -> None:
        """Nobody is followed any more."""
        self.fused = math.nan
        if self._patches is not None:
            self._patches = None
            self._fusion.forget()

    def add(self, sample: LiftSample, crop: GreyCrop, landmarks: Landmarks) -> LiftSample:
        """Return `sample` with what the cheeks say in it.

        `crop` shows the face of `landmarks` in the frame of the sample.
        """
        if math.isnan(sample.lift):
            self.fused = math.nan
            return sample
        rise = self._patches.rise(crop, landmarks.points) if self._patches else None
        fused = self._fusion.feed(sample, rise)
        if self._fusion.wants_anchor:
            self._patches = CheekPatches(crop, landmarks.points)
            self._fusion.anchored()
        self.fused = fused.lift
        return replace(sample, cheek=fused.cheek, cheek_quality=fused.belief)
