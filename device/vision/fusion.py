"""One lift signal from two sources: the corners of the mouth (S) and the skin of the cheeks.

The fused signal has the units of S and its level at rest. Where the cheeks cannot be believed, it
is S; where they can, most of the weight is theirs:

    fused = S + belief * CHEEK_WEIGHT * (cheek - S)

The cheeks' rise is known only against a moment at which their patches were chosen, the anchor.
One is taken when the face has been still for a moment, and another, at rest only, when the head
has come to lie another way or the patches have changed. At rest the cheek's level follows S
slowly, so drift of either stays harmless. How far S changes with a full rise of the cheeks differs
between people and with the place of the fingers; it is learnt from whole lifts, slowly and within
bounds.

Trust comes slowly and goes at once. The correction of S then fades slowly, so that the fused signal
never jumps when trust changes.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from device.sample import POPULATION_LIFT, LiftSample
from device.vision.cheek import CheekRise, falling
from device.vision.landmarks import Pose

RISE = 0.05
"""The cheeks' rise of a full lift, in eye distances, for the same person."""
CHEEK_WEIGHT = 0.8
MOST_TAKEN = 0.58
"""Cheeks that stay still lower a lift of the mouth's corners by no more than this share: half of a
broad smile remains, and counts."""
MOST_CHANGED = 0.15
"""S is never corrected by more, whatever the cheeks say: about a full lift."""
UNHEARD = 0.06 * POPULATION_LIFT
"""The cheeks add to S only what exceeds this: head and eyelids move them as much."""
POSE = (4.0, 10.0)
"""Degrees the head has turned from the anchor: up to the first the cheeks are believed, from the
second on they are not. Light from one side looks like motion of the skin on a head that turns."""
TURNING = (3.0, 8.0)
"""The same for how far the head has swung in the last moment, degrees."""
TRUST_S = 1.5
"""Time in which trust in the cheeks grows from 0 to 1, seconds."""
DIP_S = 0.05
"""Time constant with which belief falls, seconds: a blink does not end it."""
LETTING_GO_S = 0.15
"""Time constant with which a correction fades that is not confirmed any more, seconds."""
TAKING_S, SLIGHT = 0.3, 0.1 * POPULATION_LIFT
"""Time constant with which cheeks that stay behind lower S, seconds, if by more than SLIGHT."""
STILL_S = 0.5
"""A face this long still may be an anchor, seconds ..."""
STILL_LIFT, STILL_POSE = 0.25 * POPULATION_LIFT, 2.5
"""... if neither S nor the head's pose (degrees) swings by more."""
REST_REACH = 0.3 * POPULATION_LIFT
"""A signal this near to rest is at rest."""
SAME = 0.15 * POPULATION_LIFT
"""S and the cheeks no further apart say the same."""
REST_S = 4.0
"""Time constant with which rest follows the signal; after so long at another level, that level is
rest, seconds."""
HOMING_S = 5.0
"""Time constant with which the cheeks' level follows S at rest, seconds."""
SUNK_S = 0.7
"""The same for cheeks that stand lower than at rest, seconds."""
STALE_BELIEF, STALE_S = 0.7, 1.0
"""An anchor whose patches are believed less for so long, seconds, is replaced at rest ..."""
STALE_POSE = 3.0
"""... and so is one from which the head has turned so far, degrees."""
WHOLE_LIFT = 0.7 * POPULATION_LIFT
"""S above this, with the cheeks believed, tells how the two go together in a person ..."""
WHOLE_LIFT_S = 0.4
"""... if it lasts, seconds."""
LEARNT_SHARE, RELIED_SHARE = 0.3, 0.5
"""Weight of the newest lift in the gain, and in how far belief lasts through a person's lifts."""
RELIABLE = (0.7, 0.3)
"""Belief that lasts through a person's lifts: from the first on the cheeks are used, below the
second not at all. Some skin folds so much in a lift that it can only be followed at rest."""
ALIKE = 2.0
"""Nothing is learnt from a lift in which one source says more than so many times the other."""
GAIN = POPULATION_LIFT / RISE
GAIN_REACH = 2.0
"""The gain, in units of S for one of rise, stays within this factor of the population's."""


@dataclass(frozen=True, slots=True)
class _Moment:
    time: float
    s: float
    fused: float
    pose: Pose


@dataclass(frozen=True, slots=True)
class Fused:
    """The fused signal of one sample.

    `lift` is in the units of S; `cheek` is what the cheeks alone say, in the same, NaN if nothing;
    `belief` tells how far that can be believed, 0 to 1.
    """

    lift: float
    cheek: float
    belief: float


class LiftFusion:
    """Joins S and the cheeks' rise of one face, samples given in order of time."""

    def __init__(self) -> None:
        self.gain = GAIN
        self._reliable = 1.0
        self.forget()

    def forget(self) -> None:
        """The face was lost: choose another anchor. What was learnt of the person is kept."""
        self._recent: deque[_Moment] = deque()
        self._anchored = False
        self._level = 0.0
        self._rise = 0.0
        self._pose = Pose(0.0, 0.0, 0.0)
        self._rest = math.nan
        self._elsewhere = 0.0
        self._apart_for = 0.0
        self._belief = 0.0
        self._doubted = 0.0
        self._trust = 0.0
        self._correction = 0.0
        self._whole: list[tuple[float, float, float, float]] = []
        self._time = math.nan

    def feed(self, sample: LiftSample, rise: CheekRise | None) -> Fused:
        """Take S of the next sample and the rise seen with it; return both as one."""
        s = sample.lift
        elapsed = 0.0 if math.isnan(self._time) else max(0.0, sample.time - self._time)
        self._time = sample.time
        cheek, belief = math.nan, 0.0
        if self._anchored and rise is not None:
            self._rise = rise.mean
            cheek = self._level + self.gain * self._rise
            belief = rise.belief * falling(self._turned(_pose(sample)), *POSE)
            belief *= falling(self._turning(), *TURNING)
        self._doubted = 0.0 if belief > STALE_BELIEF else self._doubted + elapsed
        self._belief = max(belief, belief + (self._belief - belief) * math.exp(-elapsed / DIP_S))
        earned = falling(self._reliable, *RELIABLE)
        self._trust = min(self._belief * earned, self._trust + elapsed / TRUST_S)
        self._correct(s, cheek, elapsed)
        fused = s + self._correction
        self._watch_rest(fused, elapsed)
        self._remember(sample, fused)
        self._home(s, cheek, elapsed)
        if self.at_rest:
            self._learn()
        elif s - self._rest > WHOLE_LIFT and not math.isnan(cheek):
            self._whole.append((elapsed, s - self._rest, cheek - self._rest, belief))
        return Fused(fused, cheek, belief)

    @property
    def at_rest(self) -> bool:
        """The signal is near the level at which it mostly is."""
        return abs(self._recent[-1].fused - self._rest) < REST_REACH

    @property
    def wants_anchor(self) -> bool:
        """Whether this is a moment to choose patches anew."""
        if not self._still():
            return False
        if not self._anchored:
            return True
        stale = self._doubted > STALE_S or self._turned(self._recent[-1].pose) > STALE_POSE
        return stale and self.at_rest

    def anchored(self) -> None:
        """Patches were chosen in the sample fed last: what S was lately is their level."""
        self._anchored = True
        self._trust = self._doubted = self._rise = 0.0
        # Not what the fused signal was: errors would be handed on from anchor to anchor.
        self._level = sum(one.s for one in self._recent) / len(self._recent)
        self._pose = self._recent[-1].pose

    def _correct(self, s: float, cheek: float, elapsed: float) -> None:
        wanted, share = 0.0, 1.0 - math.exp(-elapsed / LETTING_GO_S)
        if not math.isnan(cheek):
            wanted = self._trust * self._wanted(s, cheek)
            share = max(share, self._trust)
            if wanted < min(self._correction, -SLIGHT) and s > self._rest:
                # The fused signal must not show a lift later than the mouth's corners do.
                share = 1.0 - math.exp(-elapsed / TAKING_S)
        self._correction += (wanted - self._correction) * share

    def _wanted(self, s: float, cheek: float) -> float:
        """Return by how much the cheeks would correct S if they were trusted wholly."""
        height = s - self._rest
        wanted = CHEEK_WEIGHT * (cheek - s)
        if height > 0.0:
            wanted = max(wanted, -MOST_TAKEN * height)
        outwards = abs(height + wanted) - abs(height)
        if outwards > 0.0:
            # What the cheeks alone say must be more than what heads and eyelids do to them.
            wanted -= math.copysign(min(outwards, UNHEARD), height + wanted)
        return min(MOST_CHANGED, max(-MOST_CHANGED, wanted))

    def _home(self, s: float, cheek: float, elapsed: float) -> None:
        """Make the cheeks' level follow S while the face rests."""
        if math.isnan(cheek) or self._trust == 0.0 or s - self._rest > REST_REACH:
            return
        apart = cheek - s
        self._apart_for = self._apart_for + elapsed if abs(apart) > SAME else 0.0
        if apart < -REST_REACH:
            seconds = SUNK_S  # no cheek stands lower than at rest: the anchor was wrong
        elif self._apart_for == 0.0 or self._apart_for > REST_S:
            seconds = HOMING_S
        else:
            return
        self._level -= self._trust * apart * min(1.0, elapsed / seconds)

    def _watch_rest(self, fused: float, elapsed: float) -> None:
        if math.isnan(self._rest):
            self._rest = fused
        if abs(fused - self._rest) < REST_REACH:
            self._rest += (fused - self._rest) * min(1.0, elapsed / REST_S)
            self._elsewhere = 0.0
            return
        self._elsewhere += elapsed
        if self._elsewhere > REST_S:
            self._rest = fused
            self._elsewhere = 0.0

    def _remember(self, sample: LiftSample, fused: float) -> None:
        self._recent.append(_Moment(sample.time, sample.lift, fused, _pose(sample)))
        while self._recent[0].time < sample.time - STILL_S:
            self._recent.popleft()

    def _still(self) -> bool:
        recent = self._recent
        if recent[-1].time - recent[0].time < 0.8 * STILL_S or self._turning() > STILL_POSE:
            return False
        swings = (_swing([one.s for one in recent]), _swing([one.fused for one in recent]))
        return max(swings) < STILL_LIFT

    def _turning(self) -> float:
        """Return how far the head has swung in the last moment, about its fastest axis, degrees."""
        poses = [one.pose for one in self._recent]
        return max((_swing(angles) for angles in zip(*poses, strict=True)), default=0.0)

    def _turned(self, pose: Pose) -> float:
        """Return how far the head has turned from the anchor, degrees."""
        yaw, pitch, roll = (a - b for a, b in zip(pose, self._pose, strict=True))
        return math.hypot(yaw, pitch, math.remainder(roll, 360.0))

    def _learn(self) -> None:
        """A lift is over: learn from it how S and the cheeks go together in this person."""
        if not self._whole:
            return
        lasted, mouth, cheeks, believed = (sum(values) for values in zip(*self._whole, strict=True))
        believed /= len(self._whole)
        self._whole.clear()
        if lasted < WHOLE_LIFT_S:
            return
        self._reliable += (believed - self._reliable) * RELIED_SHARE
        if believed > 0.5 and mouth / ALIKE < cheeks < mouth * ALIKE:
            before = self.gain
            gain = before * math.pow(mouth / cheeks, LEARNT_SHARE)
            self.gain = min(GAIN * GAIN_REACH, max(GAIN / GAIN_REACH, gain))
            self._level -= (self.gain - before) * self._rise  # where the cheeks are, they stay


def _pose(sample: LiftSample) -> Pose:
    return Pose(sample.yaw, sample.pitch, sample.roll)


def _swing(values: Sequence[float]) -> float:
    return max(values) - min(values)
