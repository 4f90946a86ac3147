"""How far and how evenly one person lifts, learnt from what they practised and repeat.

A practised lift sets the range; repetitions move it a little, never far from what was practised,
and effort beyond it moves nothing. Without a practised lift it starts from the population's and
the first repetitions make it the person's own.

One person's rest and range: what turns the raw signal into fractions of their own lift.

Rest is learnt while the face rests and never while it is lifted. It follows slow changes (a head
that sinks into the pillow, fingers put down late) with a time constant of seconds. Another level
replaces it only after the face has stayed there for a while, and for the longer, the longer it
had been at the old one: a smile at the start is corrected at once, a pout in mid-session is not
taken for rest. And a level at which the face has rested for much longer than at the present one
is habitual: coming back to it is no lift.
"""

from __future__ import annotations

import math
import statistics
from collections import deque

from device.coach.counting import verdict
from device.coach.counting.measure import POPULATION_LIFT, Lift, Span
from device.errors import CallerError

NEAR_REST = 0.3
"""A level this close to rest, in fractions of the range, is taken for rest, and adapted to."""
SAME_LEVEL = 0.2
"""Two levels no further apart are the same one, in fractions of the range."""
ADAPT_S = (0.3, 4.0)
"""Time constant with which rest follows the face: at the very first, and once it is known well."""
DOUBT_SHARE = 0.25
"""The face must have been at another level for this share of the time that it was at rest ..."""
DOUBT_S = (0.6, 4.0)
"""... and for at least the first on end; after the second on end it is believed anyway, seconds."""
CONFIRMED_S = 16.0
"""A rest that a repetition confirmed is believed as if the face had been there so long, seconds:
from then on the second of these decides."""
HABIT_RATIO = 2.5
"""A level is habitual if the face was there so many times longer than at the present rest ..."""
HABIT_S = 8.0
"""... and at least this long ..."""
HOME_S = 5.0
"""... unless it has been at the present one for so long, seconds, ..."""
HOME_NEAR = 0.6
"""... and the way back is as high as a lift, in fractions of the range."""
MEMORY_S = 120.0
"""Time constant with which it is forgotten where the face was, seconds."""
BIN = 0.1 * POPULATION_LIFT
"""How finely levels are told apart in that memory, in raw units."""


class PersonalRange:
    """Rest level and span of one person, in raw units of the lift signal.

    `rest` is NaN until a face was seen.
    """

    def __init__(self, span: Span | None = None) -> None:
        self.span = span or Span.typical()
        self.rest = math.nan
        self._dwelt: dict[int, float] = {}
        self._other = math.nan
        self._other_for = 0.0

    def level(self, raw: float) -> float:
        """Return a raw lift as a fraction of this person's own; 0 while rest is unknown."""
        return 0.0 if math.isnan(self.rest) else (raw - self.rest) / self.span.whole

    def forget_rest(self) -> None:
        """Learn rest anew from the next sample on."""
        self.rest = math.nan
        self._dwelt.clear()
        self._other_for = 0.0

    def set_rest(self, raw: float, seconds: float) -> None:
        """Take `raw` for rest, as if the face had been there for `seconds` at least."""
        self.rest = raw
        self._other_for = 0.0
        missing = seconds - self.dwelt(raw)
        if missing > 0.0:
            self._remember(raw, missing)

    def confirm(self) -> None:
        """A repetition began at rest and came back to it: it is rest, and is not doubted soon."""
        self.set_rest(self.rest, CONFIRMED_S)

    def doubt(self, seconds: float) -> None:
        """Believe rest no more than if the face had been there for `seconds`."""
        dwelt = self.dwelt(self.rest)
        if dwelt > seconds:
            self._dwelt = {key: value * seconds / dwelt for key, value in self._dwelt.items()}

    def watch(self, raw: float, seconds: float) -> None:
        """Learn from `raw`, seen for `seconds`. Must not be called while a lift is under way."""
        kept = math.exp(-seconds / MEMORY_S)
        for key in self._dwelt:
            self._dwelt[key] *= kept
        self._remember(raw, seconds)
        if math.isnan(self.rest):
            self.rest = raw
        elif abs(self.level(raw)) <= NEAR_REST:
            first, known = ADAPT_S
            time_constant = min(known, max(first, self.dwelt(self.rest)))
            self.rest += (raw - self.rest) * min(1.0, seconds / time_constant)
            self._other_for = max(0.0, self._other_for - seconds)
        else:
            self._watch_other(raw, seconds)

    def habitual(self, raw: float) -> bool:
        """Whether the face has rested at `raw` for much longer than at the present rest."""
        here, home = self.dwelt(raw), self.dwelt(self.rest)
        recent = home < HOME_S or abs(self.level(raw)) < HOME_NEAR
        return here >= HABIT_S and here >= HABIT_RATIO * home and recent

    def dwelt(self, raw: float) -> float:
        """Return for how long the face has rested near `raw`, seconds; what is long ago fades."""
        if math.isnan(raw):
            return 0.0
        reach = SAME_LEVEL * self.span.whole
        low, high = math.floor((raw - reach) / BIN), math.ceil((raw + reach) / BIN)
        return sum(value for key, value in self._dwelt.items() if low <= key <= high)

    def _remember(self, raw: float, seconds: float) -> None:
        key = round(raw / BIN)
        self._dwelt[key] = self._dwelt.get(key, 0.0) + seconds

    def _watch_other(self, raw: float, seconds: float) -> None:
        if self._other_for == 0.0 or abs(raw - self._other) > SAME_LEVEL * self.span.whole:
            self._other = raw
            self._other_for = 0.0
        self._other_for += seconds
        self._other += (raw - self._other) * min(1.0, seconds / self._other_for)
        shortest, longest = DOUBT_S
        often = self.dwelt(self._other) >= DOUBT_SHARE * self.dwelt(self.rest)
        if self._other_for >= (shortest if often else longest):
            self.set_rest(self._other, self._other_for)


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
