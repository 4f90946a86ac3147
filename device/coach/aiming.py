"""Aiming without a screen: how well the face sits in the picture, and when to say so.

Each complaint begins at one threshold and ends at a stricter one, and is told at most every
`GAP_S`, so that a face on the border does not make the light chatter.
"""

from __future__ import annotations

import math

from device.coach.cues import Aim, Cue, CueKind
from device.sample import LiftSample

STEADY_S = 0.5
"""A face counts as found once it has been well placed for so long."""
GAP_S = 2.0
"""The aim is told at most this often ..."""
REPEAT_S = 4.0
"""... and told again after this long if it stays the same."""
BLIND_S = 1.0
"""Two samples further apart than this say nothing about the time between them."""
TOO_DARK = 18.0
"""Mean grey level (0 to 255) of the face, or of the frame while there is none, that is too dark.
Darkened clips (`tools.stress_matrix`): from 15 down a count may be wrong though the face is
followed in every frame, at 10 it begins to be lost, and at 8 it mostly is."""
DIM_S = 6.0
"""A face too dark to be sure of is kept waiting for light so long, and then taken as it is."""

# Distance of the outer eye corners in fractions of the frame's shorter side: (begins, ends).
# A face at 40 to 70 cm from a camera of 36 degrees shows 0.35 to 0.2; the landmarks stay good
# down to about 40 pixels of 480.
_FAR = (0.08, 0.095)
_NEAR = (0.50, 0.45)
# Distance of the face's centre from the middle, in fractions of the frame's sides.
_OFF = (0.32, 0.27)


class Aiming:
    """Follows the aim from sample to sample and tells it in cues, while there is a search."""

    def __init__(self) -> None:
        self._aim = Aim.SEARCHING
        self._dark = False
        self._placed_since: float | None = None
        self._dim_until: float | None = None
        self._last = -math.inf
        self._told: tuple[Aim, bool] | None = None
        self._told_at = -math.inf
        self._due: float | None = None

    def search(self, time: float, grace: float = 0.0) -> None:
        """Begin to search at `time`, and say so only if it takes `grace` seconds or longer."""
        self._aim, self._dark = Aim.SEARCHING, False
        self._placed_since = self._dim_until = None
        self._told = None
        self._told_at = time + grace - GAP_S
        self._due = time + grace

    def stop(self) -> None:
        """The search is over; nothing more is due."""
        self._due = None

    def feed(self, sample: LiftSample) -> list[Cue]:
        """Take the next sample of a search; says FOUND if anything was said before."""
        self._look(sample)
        if self.found:
            told, self._due = self._told, None
            return [Cue(CueKind.FIND_FACE, sample.time, aim=Aim.FOUND)] if told else []
        if self._told != (self._aim, self._dark):
            self._due = max(sample.time, self._told_at + GAP_S)
        return []

    def tick(self, time: float) -> list[Cue]:
        """It is `time`: tell the aim if that is due."""
        if self._due is None or self._due > time:
            return []
        at, self._due = self._due, self._due + REPEAT_S
        self._told, self._told_at = (self._aim, self._dark), at
        if self._dark:
            return [Cue(CueKind.TOO_DARK, at)]
        return [Cue(CueKind.FIND_FACE, at, aim=self._aim)]

    def next_deadline(self) -> float | None:
        """When `tick` is wanted next, seconds."""
        return self._due

    @property
    def found(self) -> bool:
        """A face has been well placed for `STEADY_S`."""
        return self._aim is Aim.FOUND

    def _look(self, sample: LiftSample) -> None:
        self._dark = sample.brightness < TOO_DARK
        if not sample.face or sample.time - self._last > BLIND_S:
            self._placed_since = None
        if not sample.face:
            self._aim = Aim.SEARCHING
            return
        self._last = sample.time
        complaint = self._complaint(sample)
        if complaint is not None:
            self._aim = complaint
        if complaint is not None or self._waits_for_light(sample.time):
            self._placed_since = None
            return
        if self._placed_since is None:
            self._placed_since = sample.time
        if sample.time - self._placed_since >= STEADY_S:
            self._aim, self._dark = Aim.FOUND, False

    def _waits_for_light(self, time: float) -> bool:
        if not self._dark:
            self._dim_until = None
            return False
        if self._dim_until is None:
            self._dim_until = time + DIM_S
        return time < self._dim_until

    def _complaint(self, sample: LiftSample) -> Aim | None:
        """What is wrong with the aim; an unknown size or place is no complaint.

        An unknown lift is: the frame cuts off what it is measured by.
        """
        off = max(abs(sample.x - 0.5), abs(sample.y - 0.5))
        if sample.size > _NEAR[self._aim is Aim.TOO_NEAR]:
            return Aim.TOO_NEAR
        if sample.size < _FAR[self._aim is Aim.TOO_FAR]:
            return Aim.TOO_FAR
        if off > _OFF[self._aim is Aim.OFF_CENTRE] or math.isnan(sample.lift):
            return Aim.OFF_CENTRE
        return None
