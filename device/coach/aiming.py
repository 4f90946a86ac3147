"""Aiming without a screen: how well the face sits in the picture, and when to say so.

What is wrong with the aim, too far for instance, begins at one threshold and is over only at a
stricter one, and the aim is told at most every `GAP_S`. So a face on the border does not make the
light flicker.

A face is found once it could be counted where it is: near, whole, lit, not turned away, and seen at
rest. How sharp the picture is needs no figure of its own: what a blurred picture takes from a lift
shows as noise at rest, so the face is not seen at rest, and one that is blurred further is no face.
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
That is half as much again as what a count needs: it is said in time."""
DIM_S = 6.0
"""A face that is too dark is taken as it is after so long, seconds: there may be no more light."""
DARKEST = 12.0
"""A face that is darker than this, mean grey level, is never taken. Of five darkened clips
(`tools.stress_matrix`) all are counted exactly down to 12 and at 15, a fifth more; at 10, a fifth
less, one is wrong, and at 8 the face is mostly lost."""
AWAY_S = 2.0
"""A head that stays turned away during a session is told so after this long, seconds: a glance at
the clock or at who comes in is shorter."""
ASIDE_DEG = 30.0
"""From here on the angle may be why lifts do not count, degrees off axis as vision measures them.
Of rendered people some lose a lift from about there on, and none does nearer to the front
(`tools.off_axis`)."""

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
which are mostly more than the true ones: rendered people who are 35 to 45 degrees off axis read 24
to 50, those who are 50 or 55 read 56 to 63. So the border lies at about 45 true degrees, up to
which lifts are counted. A fifth less would turn away 12 of 61 films up to there, a fifth more would
take in four of five beyond. Who reads less at 65 is told once lifts fail to count (`hindrance`). A
head that was found is held to the same border, smoothed, so that nobody is taken only to be turned
away."""
_SMOOTH_S = 1.0
"""Time constant of that smoothing, seconds: from frame to frame the angle swings by 5 degrees."""


class Aiming:
    """Follows the aim from sample to sample during a search, and tells it in cues.

    aiming = Aiming()
    aiming.search(now)
    outputs = aiming.feed(sample, at_rest)  # until aiming.found
    outputs = aiming.tick(now)  # when next_deadline says so
    """

    def __init__(self) -> None:
        self._aim = Aim.SEARCHING
        self._dark = False
        self._off_axis = math.nan
        self._off_axis_at = -math.inf
        self._away_since: float | None = None
        self._placed_since: float | None = None
        self._placed = False
        self._dim_until: float | None = None
        self._told: tuple[Aim, bool] | None = None
        self._told_at = -math.inf
        self._due: float | None = None

    def search(self, time: float, grace: float = 0.0, aim: Aim = Aim.SEARCHING) -> None:
        """Begin to search at `time`, when `aim` is known.

        It is said only if it takes `grace` seconds or longer.
        """
        self._aim, self._dark = aim, False
        self._placed_since = self._dim_until = self._away_since = None
        self._off_axis = math.nan
        self._told = None
        self._told_at = time + grace - GAP_S
        self._due = time + grace

    def stop(self) -> None:
        """End the search; nothing more is due."""
        self._due = None

    def feed(self, sample: LiftSample, at_rest: bool) -> list[Cue]:
        """Take the next sample of a search, in which the face is seen `at_rest` or not.

        Says FOUND if the search was told before.
        """
        self._place(sample)
        if self.placed:
            self._due = None
            if at_rest:
                self._aim, self._dark = Aim.FOUND, False
                if self._told:
                    return [Cue(CueKind.FIND_FACE, sample.time, aim=Aim.FOUND)]
        elif self._told != (self._aim, self._dark) or self._due is None:
            self._due = max(sample.time, self._told_at + GAP_S)
        return []

    def turned_away(self, sample: LiftSample) -> bool:
        """Return whether a head that had been found has been turned away for `AWAY_S`."""
        self._follow_head(sample)
        limit, over = TURNED
        if self._off_axis < over:
            self._away_since = None
        elif self._off_axis > limit and self._away_since is None:
            self._away_since = sample.time
        return self._away_since is not None and sample.time - self._away_since >= AWAY_S

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
    def placed(self) -> bool:
        """Whether a face has been well placed for `STEADY_S`."""
        return self._placed

    @property
    def found(self) -> bool:
        """Whether a face that is well placed was seen at rest."""
        return self._aim is Aim.FOUND

    def _follow_head(self, sample: LiftSample) -> None:
        """Smooth the angle at which the face is seen; it is unknown where no face is."""
        now = sample.off_axis
        share = (sample.time - self._off_axis_at) / _SMOOTH_S
        known = math.isfinite(now) and math.isfinite(self._off_axis) and share < 1.0
        self._off_axis = self._off_axis + (now - self._off_axis) * share if known else now
        self._off_axis_at = sample.time

    def _place(self, sample: LiftSample) -> None:
        self._dark = sample.brightness < TOO_DARK
        self._placed = False
        if not sample.face:
            self._aim, self._placed_since = Aim.SEARCHING, None
            return
        complaint = self._complaint(sample)
        if complaint is not None:
            self._aim = complaint
        if complaint is not None or self._waits_for_light(sample):
            self._placed_since = None
            return
        if self._placed_since is None:
            self._placed_since = sample.time
        self._placed = sample.time - self._placed_since >= STEADY_S

    def _waits_for_light(self, sample: LiftSample) -> bool:
        """Return whether there may be more light soon: a search waits once, even if it flickers."""
        if not self._dark:
            return False
        if self._dim_until is None or sample.brightness < DARKEST:
            self._dim_until = sample.time + DIM_S
        return sample.time < self._dim_until

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
        if sample.off_axis > TURNED[self._aim is Aim.TURNED_AWAY]:
            return Aim.TURNED_AWAY
        return None


def hindrance(sample: LiftSample) -> Cue | None:
    """Return the cue for what may keep the lifts of a face that was found from counting.

    That is its light or where it looks; None if there is enough of the one, and the other is well.
    """
    if sample.brightness < TOO_DARK:
        return Cue(CueKind.TOO_DARK, sample.time)
    if sample.off_axis > ASIDE_DEG:
        return Cue(CueKind.FIND_FACE, sample.time, aim=Aim.TURNED_AWAY)
    return None
