"""The verdict on a measured lift: a repetition with its notes, or refused with the reason.

Every threshold stands here with its unit and its reason. COUNTING.md shows what a fifth more or
less of each changes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from device.coach.counting.measure import POPULATION_SIDE, Lift
from device.coach.events import Note, Reason
from device.sample import POPULATION_LIFT

HOLD_S = 1.75
"""A hold of the 2 s asked for, less 0.2 s of tolerance and 0.05 s for its edges, which are known to
a frame or so: one real hold reads 1.798 s or 1.82 s with the video decoder's version."""
LONG_HOLD_S = 3.5
"""A hold longer than this gets a note, seconds: two to three are asked for."""
SMALLEST = 0.475
"""Smallest plateau, in practised lifts: half way between a partial lift of 0.4 and a gentle one of
0.6 that sinks."""
TOGETHER = 0.525
"""Smallest mean of what S and the lift network see of a plateau, each in practised lifts. Presses,
squints and dimples of rendered people go to 0.6 for either, seldom for both; in lifts the network
may see next to nothing for a while, lying in the dark with fingers on the cheeks, where S sees 0.8
to 1.1."""
SHUT = 0.7
"""Eyes are shut that are open by less than this share of what they were open before: the mesh reads
shut eyes at 0.5 to 0.7 of open ones, and eyes that narrow in a lift at 0.74 to 1."""
LARGEST = 1.25
"""Beyond this the effort is more than practised, in practised lifts."""
FASTEST_S = 0.045
"""Rise and fall must not both go from 20 to 80 % of the way in less, seconds. In good lifts of real
faces the mouth corners snap in 0.07 s while the face moves slowly, and a single jump is what a
camera shows that stuck for a moment."""
WIDE_MOUTH = 0.3
"""Opening of the inner lips, in eye distances: teeth in a smile show 0.18, a jaw in speech 0.27, a
yawn 0.37 and more."""
SPEECH = 0.3
"""Somebody talks whose lips go to and fro by more than this in a second, in eye distances. Holds of
real faces reach 0.13, the second before them 0.18; speech 0.1 to 0.8."""
PARTED = 0.1
"""Lips that opened by more than this since the rest before are parted, and get a note. In eye
distances: closed lips may read 0.09 more in a lift, bared teeth part them by 0.12 to 0.17."""
JAW_DROPPED = 0.075
"""If the jaw dropped by more than this besides, the mouth is open. In eye distances: bared teeth
let it drop by 0.05 at most, mouths that are visibly open by 0.09 and more; a head tipped back draws
the chin away by 0.15 and leaves the lips together."""
SIDE_PRESENT = 0.55
"""A lift can only be one-sided if one side does more than this, in its practised lifts."""
SIDE_LEFT_OUT, SIDE_LEFT_OUT_UNKNOWN = 0.58, 0.38
"""It is one-sided if the other side is under this share of it, against the person's own balance;
the second figure holds while the balance is not known. The model draws an idle side along, and a
real face's even lifts may read 0.6 all their life, in the dark or with glasses on 0.4:
`python -m tools.sets.sides` tells what reads how. The second lies between the idle sides of three
rendered people, which read 0.09 to 0.33 and once 0.45, and a face whose weaker side does 0.4, which
reads 0.40 to 0.58: a fifth more would refuse three lifts in ten of it, a fifth less would count
one of those of one side alone."""
SIDE_NOISE = 2.5
"""Sides that differ by less than so many times their noise in the hold do not differ: noise of a
dark picture is slow enough to shift a whole plateau, and to show one side of an even lift at a
third of the other. Of a side that is seen in part the difference counts for as much less."""
SIDE_LAGS, SIDE_LAGS_UNKNOWN = 0.8, 0.55
"""A side lags that is under this share of the other, against the person's own balance, in two lifts
on end; the second figure holds while the balance is not known. Even lifts fall below it now and
then, hardly ever twice on end."""
SIDE_LATE_S, SIDE_LATE_END_S = 0.15, 0.25
"""A side lags that passes half its way up, or down, later than the other by more than this, against
the person's own balance, seconds. Even lifts of rendered people differ by up to 0.145 and
0.224."""
SIDE_LATE_UNKNOWN_S = 0.1
"""While the balance is not known, so much more is tolerated, seconds: even lifts of real faces
differ by up to 0.14 and 0.19, the same side being late every time."""
SIDE_AGAINST = 0.15
"""If one side is below this and the other above SIDE_PRESENT, and turning explains it, the head
moved and nothing was lifted, in practised lifts of each side."""
SIDE_LEAK = 0.07
"""Turning the head makes the sides differ by this at most, in practised lifts a degree."""
SIDE_TURN_DEG = 12.0
"""While the head is turned further, small differences between the sides say nothing, degrees."""
TURNED_DEG = 50.0
"""If the head turned or nodded by more than this for each practised lift of height, the height may
come from the head, degrees: turning by 25 degrees leaks up to 0.3 into the signal."""
REST_S = 0.7
"""Shortest rest before a lift: the 0.8 s asked for, less 0.1 s for its edges, which are known to a
frame or two, seconds."""
SWAY = 0.1
"""Mean deviation from the plateau above which a hold is unsteady, as a share of it."""
GAP_S = 0.5
"""The face is lost after so long without one, or without a sample, seconds; a lift in progress is
refused then."""


class Span(NamedTuple):
    """How far the raw signals go from rest to the practised lift.

    `network` is how far the lift network sees it go, and `eyes` how far the eyes stay open in it,
    as a share of before; NaN while that is not known.
    """

    whole: float
    left: float
    right: float
    network: float = math.nan
    eyes: float = math.nan

    @classmethod
    def typical(cls, whole: float = POPULATION_LIFT) -> Span:
        """Return the span of a person whose sides are alike."""
        return cls(whole, POPULATION_SIDE * whole, POPULATION_SIDE * whole)


@dataclass(frozen=True, slots=True)
class Balance:
    """How a person's sides compare in an even lift.

    `log_ratio` is the natural logarithm of left over right, each in fractions of its span, and
    `lag` and `lag_end` by how much the left side is later half way up and half way down, seconds;
    `own` says that they are this person's, not the population's.
    """

    log_ratio: float = 0.0
    lag: float = 0.0
    lag_end: float = 0.0
    own: bool = False

    def left_out(self, height: Heights) -> bool:
        """Return whether one side of a lift takes no part in it."""
        low, high = sorted((height.left, height.right))
        # The less of a side is seen, the more its noise shifts what it did.
        if high <= SIDE_PRESENT or height.seen * (high - low) < SIDE_NOISE * height.noise:
            return False
        least = SIDE_LEFT_OUT if self.own else SIDE_LEFT_OUT_UNKNOWN
        return abs(self._uneven(height)) > -math.log(least)

    def weaker(self, height: Heights) -> Note | None:
        """Return which side does less of a lift than its usual share; None if neither does.

        Heights are in practised lifts of each side; facial rehabilitation asks that both sides
        move alike.
        """
        uneven = self._uneven(height)
        least = -math.log(SIDE_LAGS if self.own else SIDE_LAGS_UNKNOWN)
        if abs(uneven) > least:
            return Note.LEFT_LAGS if uneven < 0.0 else Note.RIGHT_LAGS
        return None

    def later(self, lift: Lift) -> list[Note]:
        """Return which sides of `lift` rise or fall later than they usually do.

        It is both if one is late to rise and the other to fall. Lags are in seconds, from half of
        one side's way to half of the other's; facial rehabilitation asks that both sides start
        together and end together.
        """
        more = 0.0 if self.own else SIDE_LATE_UNKNOWN_S
        # The less of a side is seen, the more its noise shifts the moment of half its way.
        start = lift.seen * (lift.left_lag - self.lag)
        end = lift.seen * (lift.left_lag_end - self.lag_end)
        late, late_end = SIDE_LATE_S + more, SIDE_LATE_END_S + more
        sides = {
            Note.LEFT_LAGS: start > late or end > late_end,
            Note.RIGHT_LAGS: -start > late or -end > late_end,
        }
        return [side for side, lags in sides.items() if lags]

    def _uneven(self, height: Heights) -> float:
        """Return by how much left over right exceeds this person's, as a natural logarithm."""
        if min(height.left, height.right) <= 0.0:
            return math.copysign(math.inf, height.left - height.right)
        return math.log(height.left / height.right) - self.log_ratio


@dataclass(frozen=True, slots=True)
class Heights:
    """A plateau in fractions of the practised lift."""

    whole: float
    left: float
    right: float
    network: float
    """What the lift network saw of it; NaN if it is silent: not asked, or its span not known."""
    eyes_shut: bool
    """Whether the eyes were shut, but neither before it nor in the practised lift."""
    noise: float
    """Deviation of the noisier side during the hold."""
    seen: float
    """The share of the less visible side that was seen."""
    corners: float
    """What both sides did together, for those who see the whole, and its noise: sums of two."""
    corners_noise: float

    def is_lift(self, smallest: float) -> bool:
        """Return whether the witnesses say that it is a lift, of `smallest` at least for S.

        | S, the corners | the network, the skin    | the eyes     | is a lift |
        |----------------|--------------------------|--------------|-----------|
        | a lift         | with S one, TOGETHER     | as they were | yes       |
        | a lift         | silent                   | as they were | yes       |
        | a lift         | too little, even with S  |              | no        |
        | none           |                          |              | no        |
        |                |                          | shut for it  | no        |

        Eyes that shut draw the corners of the mouth up by what may be a lift.
        """
        return self.by_corners(smallest) and self.by_skin(smallest) and not self.eyes_shut

    def by_corners(self, smallest: float) -> bool:
        """Return whether it is a lift of `smallest` for S.

        A signal that rose while both sides together did less than that, by more than their noise,
        is the head's or a hand's, or of lips and nose that are drawn up.
        """
        return self.whole >= smallest and self.corners + self.corners_noise >= smallest

    def by_skin(self, smallest: float) -> bool:
        """Return whether the lift network bears out what S says, or is silent."""
        together = TOGETHER * smallest / SMALLEST
        return math.isnan(self.network) or (self.whole + self.network) / 2 >= together


def heights(lift: Lift, span: Span) -> Heights:
    """Return the plateau of `lift` in fractions of `span`."""
    noise = max(lift.left_noise / span.left, lift.right_noise / span.right)
    side = (span.left + span.right) / 2
    return Heights(
        lift.plateau / span.whole,
        lift.left / span.left,
        lift.right / span.right,
        lift.network / span.network,
        lift.eyes < SHUT <= span.eyes,
        noise,
        lift.seen,
        lift.corners / side,
        lift.corners_noise / side,
    )


def refusal(
    lift: Lift, span: Span, balance: Balance, rested: float, smallest: float
) -> Reason | None:
    """Return why `lift`, begun after `rested` seconds of rest, is no repetition; None if it is.

    `smallest` is the smallest plateau of a repetition, in spans: SMALLEST as a rule. Of several
    reasons it is the first that is checked: it makes those after it meaningless.
    """
    height = heights(lift, span)
    low, high = sorted((height.left, height.right))
    far = lift.turned > TURNED_DEG * height.whole
    by_turning = high - low <= SIDE_LEAK * lift.turned
    against = low < SIDE_AGAINST and high > SIDE_PRESENT
    checks = (
        (Reason.HEAD_MOVED, far or (against and by_turning)),
        (
            Reason.MOUTH_OPEN,
            lift.mouth_open > WIDE_MOUTH
            or (lift.mouth_opened > PARTED and lift.jaw_dropped > JAW_DROPPED)
            or lift.lips_during > SPEECH,
        ),
        (Reason.NO_REST, rested < REST_S or lift.lips_before > SPEECH),
        (Reason.ONE_SIDED, balance.left_out(height) and not by_turning),
        (Reason.TOO_SMALL, not height.is_lift(smallest)),
        (Reason.TOO_SHORT, lift.hold < HOLD_S),
        (Reason.TOO_FAST, lift.quickest < FASTEST_S),
    )
    return next((reason for reason, applies in checks if applies), None)


def weaker(lift: Lift, span: Span, balance: Balance) -> Note | None:
    """Return which side of `lift` did less than its share; None if the head was turned too far."""
    return balance.weaker(heights(lift, span)) if lift.turned <= SIDE_TURN_DEG else None


def notes(
    lift: Lift, span: Span, balance: Balance, own: bool, weaker_before: Note | None
) -> tuple[Note, ...]:
    """Return what could be better about a repetition.

    `own` says that `span` is this person's, so that effort can be judged by it. A side lags that
    did less than its share in this lift and in the one before (`weaker_before`), or came or went
    late in this one.
    """
    height = heights(lift, span)
    weak = weaker(lift, span, balance)
    lagging = [weak] if weak is weaker_before else []
    if lift.turned <= SIDE_TURN_DEG:
        lagging += balance.later(lift)
    checks = (
        (Note.LIPS_PARTED, lift.mouth_opened > PARTED),
        (Note.LEFT_LAGS, Note.LEFT_LAGS in lagging),
        (Note.RIGHT_LAGS, Note.RIGHT_LAGS in lagging),
        (Note.OVER_EFFORT, own and height.whole > LARGEST),
        (Note.UNSTEADY, lift.sway > SWAY),
        (Note.HELD_LONG, lift.hold > LONG_HOLD_S),
    )
    return tuple(note for note, applies in checks if applies)
