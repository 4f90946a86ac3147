"""Aiming without a screen: how well the face sits in the picture, and when to say so.

What is wrong with the aim, too far for instance, begins at one threshold and is over only at a
stricter one, and the aim is told at most every `GAP_S`. So a face on the border does not make the
light flicker.
"""

from __future__ import annotations

import math

from device.coach.cues import Aim, Cue, CueKind
from device.sample import LiftSample

STEADY_S = 0.5
"""A face counts as found once it has been well placed for so long, seconds."""
GAP_S = 2.0
"""The aim is told at most this often, seconds: a pattern of light needs its time."""
REPEAT_S = 4.0
"""An aim that stays the same is told again after this long, seconds."""
TOO_DARK = 18.0
"""Mean grey level (0 to 255) of the face, or of the frame while there is none, that is too dark.
Darkened clips (`tools.stress_matrix`): from 15 down a count may be wrong though the face is
followed in every frame, at 10 it begins to be lost, and at 8 it mostly is."""
DIM_S = 6.0
"""A face that is too dark is taken as it is after so many seconds: there may be no more light."""

# Each pair says where a complaint begins and where it is over: whoever was told to move comes some
# way past the border, and does not leave the picture again with the first lift.
FAR, NEAR = (0.08, 0.095), (0.50, 0.45)
"""Distance of the outer eye corners, in fractions of the frame's shorter side. A face at 40 to
70 cm from a camera of 36 degrees shows 0.35 to 0.2; the landmarks stay good down to about 40
pixels of 480."""
OFF = (0.32, 0.27)
"""Distance of the face's centre from that of the frame, in fractions of the frame's sides."""
TURNED = (52.0, 48.0)
"""How far the face looks past the camera, yaw and pitch together, degrees as vision measures them,
which are mostly more than the true ones: rendered people who are 35 to 40 degrees off axis read 24
to 48, those who are 50 read 56 to 63. So the border lies at about 45 true degrees, up to which
lifts are counted. A fifth less would turn away three films that are counted, a fifth more would
take in two of 50."""


class Aiming:
    """Follows the aim from sample to sample during a search, and tells it in cues.

    aiming = Aiming()
    aiming.search(now)
    outputs = aiming.feed(sample)  # until aiming.found
    outputs = aiming.tick(now)  # when next_deadline says so
    """

    def __init__(self) -> None:
        self._aim = Aim.SEARCHING
        self._dark = False
        self._placed_since: float | None = None
        self._dim_until: float | None = None
        self._told: tuple[Aim, bool] | None = None
        self._told_at = -math.inf
        self._due: float | None = None

    def search(self, time: float, grace: float = 0.0) -> None:
        """Begin to search at `time`; it is said only if it takes `grace` seconds or longer."""
        self._aim, self._dark = Aim.SEARCHING, False
        self._placed_since = self._dim_until = None
        self._told = None
        self._told_at = time + grace - GAP_S
        self._due = time + grace

    def stop(self) -> None:
        """End the search; nothing more is due."""
        self._due = None

    def feed(self, sample: LiftSample) -> list[Cue]:
        """Take the next sample of a search; says FOUND if the search was told before."""
        self._place(sample)
        if self.found:
            told, self._due = self._told, None
            return [Cue(CueKind.FIND_FACE, sample.time, aim=Aim.FOUND)] if told else []
        if self._told != (self._aim, self._dark):
            self._due = max(sample.time, self._told_at + GAP_S)
        return []

    def tick(self, time: float) -> list[Cue]:
        """Tell the aim if that is due by `time`."""
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
        """Whether a face has been well placed for `STEADY_S`."""
        return self._aim is Aim.FOUND

    def _place(self, sample: LiftSample) -> None:
        self._dark = sample.brightness < TOO_DARK
        if not sample.face:
            self._aim, self._placed_since = Aim.SEARCHING, None
            return
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
        """Return what is wrong with the aim, None if nothing is.

        An unknown size, place or pose is not wrong. An unknown lift is: the frame cuts off what it
        is measured by.
        """
        off = max(abs(sample.x - 0.5), abs(sample.y - 0.5))
        if sample.size > NEAR[self._aim is Aim.TOO_NEAR]:
            return Aim.TOO_NEAR
        if sample.size < FAR[self._aim is Aim.TOO_FAR]:
            return Aim.TOO_FAR
        if off > OFF[self._aim is Aim.OFF_CENTRE] or math.isnan(sample.lift):
            return Aim.OFF_CENTRE
        if math.hypot(sample.yaw, sample.pitch) > TURNED[self._aim is Aim.TURNED_AWAY]:
            return Aim.TURNED_AWAY
        return None
