"""How far and how evenly one person lifts, learnt from what they practised and repeat.

A practised lift sets the range; repetitions move it a little, never far from what was practised,
and effort beyond it moves nothing. Without a practised lift it starts from the population's and
the first repetitions make it the person's own.
"""

from __future__ import annotations

import math
import statistics
from collections import deque

from device.coach import verdict
from device.coach.segmentation import Lift
from device.errors import CallerError
from device.vision.personal_range import POPULATION_LIFT, PersonalRange, Span

RANGE_STEP, OWN_RANGE_STEP = 0.5, 0.1
"""How far a repetition moves the range towards itself, before and after it is the person's own."""
OWN_FROM_REPS = 3
"""So many repetitions make a range the person's own."""
BALANCE_FROM_REPS, BALANCE_REPS = 2, 5
"""How many repetitions, at least and at most, tell how a person's sides compare."""
EFFORT_KEPT = 1.12
"""The range never leaves the practised one by more than this factor: effort is not rewarded."""
SIDE_BELIEVED = 0.4
"""A side under this share of the typical one says nothing about the person's range."""
NATURE_S = verdict.SIDE_LATE_UNKNOWN_S
"""A side may by nature be late by this, seconds: no person is excused more than one whom nobody has
met yet. Whoever is later in every lift, the practised one too, is told so in every lift."""
COMFORTABLE = (0.35, 2.5)
"""What a practised lift may be, in lifts of the population."""


class CalibrationError(CallerError):
    """What was shown cannot be a practised lift; the range stays what it was."""


class OwnRange:
    """Keeps the span of `person` as far as it is known by now, and how their sides compare."""

    def __init__(self, person: PersonalRange) -> None:
        self._person = person
        self._practised: Span | None = None
        self._reps = 0
        self._practised_lags = (0.0, 0.0)
        self._log_ratios: deque[float] = deque(maxlen=BALANCE_REPS)
        self._lags: deque[tuple[float, float]] = deque(maxlen=BALANCE_REPS)

    @property
    def known(self) -> bool:
        """Whether the span is this person's, so that effort can be judged by it."""
        return self._reps >= OWN_FROM_REPS

    def balance(self) -> verdict.Balance:
        """Return how this person's sides compare: as practised, or as in the latest repetitions."""
        if self._practised is not None:
            return verdict.Balance(0.0, *self._practised_lags, own=True)
        if len(self._log_ratios) < BALANCE_FROM_REPS:
            return verdict.Balance()
        ratio = statistics.median(self._log_ratios)
        lag, lag_end = (statistics.median(lags) for lags in zip(*self._lags, strict=True))
        return verdict.Balance(ratio, lag, lag_end, own=True)

    def adopt(self, lift: Lift) -> None:
        """Take `lift` for the practised one: its plateau is 1 from now on.

        Raises CalibrationError if it cannot be a person's comfortable lift (under 0.35 or over 2.5
        times the population's).
        """
        shortest, longest = (share * POPULATION_LIFT for share in COMFORTABLE)
        if not shortest <= lift.plateau <= longest:
            raise CalibrationError(
                f"a practised lift of {lift.plateau:.2f} is not between {shortest:.2f} and "
                f"{longest:.2f}: lift as far as is comfortable"
            )
        self._practised = self._person.span = _span(lift)
        self._practised_lags = _lags(lift)
        self._reps = OWN_FROM_REPS

    def learn(self, lift: Lift, height: verdict.Heights) -> None:
        """Learn from a repetition that was `height` in fractions of the span."""
        self._move(lift)
        low, high = sorted((height.left, height.right))
        even = low > verdict.SIDE_LAGS_UNKNOWN * high > 0.0
        if even and lift.turned <= verdict.SIDE_TURN_DEG:
            self._log_ratios.append(math.log(height.left / height.right))
            self._lags.append(_lags(lift))

    def learn_small(self, lift: Lift) -> None:
        """Learn from a lift that was held, but is too small for the span.

        Unless a practised lift says otherwise, the span was learnt from a laugh or from somebody
        else, and is learnt anew.
        """
        held = lift.hold >= verdict.HOLD_S
        if self._practised is None and held and lift.plateau >= verdict.SMALLEST * POPULATION_LIFT:
            self._reps = 0
            self._move(lift)

    def _move(self, lift: Lift) -> None:
        if self._practised is None and lift.plateau > COMFORTABLE[1] * POPULATION_LIFT:
            return  # No face lifts so far: it says nothing about this person's range.
        self._reps += 1
        span = self._person.span
        if self._practised is None:
            # Nobody said that these lifts are even, so the sides stay those of an even face.
            step = OWN_RANGE_STEP if self._reps > OWN_FROM_REPS else RANGE_STEP
            self._person.span = span.toward(Span.typical(lift.plateau), step)
        elif lift.plateau <= verdict.LARGEST * span.whole:
            moved = span.toward(_span(lift), OWN_RANGE_STEP)
            self._person.span = moved.within(self._practised, EFFORT_KEPT)


def _span(lift: Lift) -> Span:
    """Return the span that `lift` shows; sides that do not rise with it are taken for typical."""
    typical = Span.typical(lift.plateau)
    least = SIDE_BELIEVED * typical.left
    return Span(
        lift.plateau,
        lift.left if lift.left > least else typical.left,
        lift.right if lift.right > least else typical.right,
    )


def _lags(lift: Lift) -> tuple[float, float]:
    """Return how much later the left side came and went by nature, seconds; 0 if unseen."""
    return _by_nature(lift.left_lag), _by_nature(lift.left_lag_end)


def _by_nature(lag: float) -> float:
    return 0.0 if math.isnan(lag) else max(-NATURE_S, min(NATURE_S, lag))
