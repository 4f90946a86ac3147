"""The verdict on a lift: a repetition with its notes, or refused with the reason.

Every threshold has its unit. Those that differ from where the design began say why.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from device.coach.events import Note, Reason
from device.coach.segmentation import Lift
from device.vision.personal_range import Span

HOLD_S = 1.8
"""A hold of the 2 s asked for, less 0.2 s of tolerance."""
LONG_HOLD_S = 3.5
SMALLEST = 0.5
"""Smallest plateau, in practised lifts."""
SMALLEST_SIDES = 0.25
"""Smallest mean of the two sides, in practised lifts of each: a signal that rose while neither
corner of the mouth did is the head's or somebody else's."""
LARGEST = 1.25
"""Beyond this the effort is more than practised, in practised lifts."""
FASTEST_S = 0.045
"""Rise and fall must not both go from 20 to 80 % of the way in less, seconds. The 0.12 s first
thought of would refuse good lifts of real faces, whose mouth corners snap in 0.07 s while the face
moves slowly; and one jump alone is what a camera that stuck for a moment shows."""
WIDE_MOUTH = 0.32
"""Opening of the inner lips, in eye distances: teeth in a smile show 0.18, a jaw in speech 0.27."""
PARTED_LIPS = 0.115
"""Opening of the lips beyond what it was at rest. Closed lips may read 0.09 more in a lift."""
SIDE_ABSENT, SIDE_PRESENT = 0.35, 0.6
"""One side below, the other above, in practised lifts of each side: one-sided."""
SIDE_SHARE = 0.85
"""A side under this share of the other lags. The model compresses differences: 0.4 reads 0.8."""
SIDE_LAG_S = 0.15
"""A side that passes half its way later than the other by more than this lags, seconds."""
SIDE_TURN_DEG = 12.0
"""Turned further than this, the sides cannot be compared: the nearer one reads higher."""
TURNED_DEG = 50.0
"""Turned or nodded by more than this for each practised lift of height, the height may be the
turn's own: turning by 25 degrees leaks up to 0.3 into the signal."""
REST_S = 0.8
"""Shortest relaxation before a lift, seconds."""
SWAY = 0.1
"""Mean deviation from the plateau above which a hold is unsteady, as a share of it."""
GAP_S = 0.5
"""Longest time without a face, or without a sample, inside a lift, seconds."""


@dataclass(frozen=True, slots=True)
class Heights:
    """A plateau in fractions of the practised lift."""

    whole: float
    left: float
    right: float


def heights(lift: Lift, span: Span) -> Heights:
    """Return the plateau of `lift` in fractions of `span`."""
    return Heights(lift.plateau / span.whole, lift.left / span.left, lift.right / span.right)


def refusal(lift: Lift, span: Span, rested: float) -> Reason | None:
    """Return why `lift`, begun after `rested` seconds of rest, is no repetition; None if it is.

    If there are several reasons, the one that most makes the others meaningless.
    """
    height = heights(lift, span)
    low, high = sorted((height.left, height.right))
    checks = (
        (Reason.FACE_LOST, lift.gap > GAP_S),
        (Reason.HEAD_MOVED, lift.turned > TURNED_DEG * height.whole),
        (Reason.MOUTH_OPEN, lift.mouth_open > WIDE_MOUTH),
        (
            Reason.ONE_SIDED,
            lift.turned <= SIDE_TURN_DEG and low < SIDE_ABSENT and high > SIDE_PRESENT,
        ),
        (
            Reason.TOO_SMALL,
            height.whole < SMALLEST or height.left + height.right < 2 * SMALLEST_SIDES,
        ),
        (Reason.TOO_SHORT, lift.hold < HOLD_S),
        (Reason.TOO_FAST, lift.quickest < FASTEST_S),
        (Reason.NO_REST, rested < REST_S),
    )
    return next((reason for reason, applies in checks if applies), None)


def notes(lift: Lift, span: Span, own: bool) -> tuple[Note, ...]:
    """Return what could be better about a repetition.

    `own` says that `span` is this person's, so that effort can be judged by it.
    """
    height = heights(lift, span)
    comparable = lift.turned <= SIDE_TURN_DEG
    lag = 0.0 if math.isnan(lift.left_lag) else lift.left_lag
    checks = (
        (Note.LIPS_PARTED, lift.mouth_opened > PARTED_LIPS),
        (
            Note.LEFT_LAGS,
            comparable and (height.left < SIDE_SHARE * height.right or lag > SIDE_LAG_S),
        ),
        (
            Note.RIGHT_LAGS,
            comparable and (height.right < SIDE_SHARE * height.left or lag < -SIDE_LAG_S),
        ),
        (Note.OVER_EFFORT, own and height.whole > LARGEST),
        (Note.UNSTEADY, lift.sway > SWAY),
        (Note.HELD_LONG, lift.hold > LONG_HOLD_S),
    )
    return tuple(note for note, applies in checks if applies)
