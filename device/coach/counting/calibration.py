"""One person's calibration: their level at rest, how far they lift, and how their sides compare.

This is the only place that writes any of them; the counter and the verdict read.

Rest is learnt while the face rests and never while it is lifted. It follows slow changes (a head
that sinks into the pillow, fingers put down late) with a time constant of seconds. Another level
replaces it only after the face has stayed there for a while, and for the longer, the longer it
had been at the old one: a smile at the start is corrected at once, a pout in mid-session is not
taken for rest. And a level at which the face has rested for much longer than at the present one
is habitual: coming back to it is no lift.

A practised lift sets the span, at the angle at which it was done; when the head turns, the span
is carried over to the angle at which the face is seen now. Repetitions move it a little, never far
from what was practised, and effort beyond it moves nothing. Without a practised lift it starts from
the population's and the first repetitions make it the person's own, slowly where that makes it
shorter. What the other witnesses say of a lift, the lift network and the eyes, is the person's own
too: the median of the last few lifts, the practised one among them.
"""

from __future__ import annotations

import math
import statistics
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from device.coach.counting import verdict
from device.coach.counting.measure import Lift
from device.coach.counting.phases import ROSE_LEVEL
from device.coach.counting.verdict import Balance, Span
from device.errors import CallerError
from device.sample import NETWORK_FROM_DEG, POPULATION_LIFT, LiftSample

NEAR_REST = 0.3
"""A level this close to rest, in fractions of the span, is taken for rest, and adapted to."""
SAME_LEVEL = 0.2
"""Two levels no further apart are the same one, in fractions of the span."""
ADAPT_S = (0.3, 4.0)
"""Time constant with which rest follows the face: at the very first, and once it is known well."""
DOUBT_SHARE = 0.25
"""Another level becomes rest once the face was there for this share of the time that it was at the
old one."""
DOUBT_S = (0.6, 4.0)
"""Before the first of these another level does not become rest, however short the old one was;
after the second it does, however long; seconds on end."""
CONFIRMED_S = 16.0
"""A rest that a repetition confirmed is believed as if the face had been there so long, seconds:
from then on the second of `DOUBT_S` decides."""
HABIT_RATIO = 2.5
"""A level is habitual if the face was there so many times longer than at the present rest."""
HABIT_S = 8.0
"""A level at which the face was for less than this is not habitual, seconds."""
HOME_S = 5.0
"""After so long at the present rest, seconds, the way back to a habitual level may be a lift."""
HOME_NEAR = 0.6
"""A way back to a habitual level that is shorter is no lift, in fractions of the span."""
BIN = 0.1 * POPULATION_LIFT
"""How finely levels are told apart in that memory, in raw units."""

SPAN_STEP, OWN_SPAN_STEP = 0.5, 0.1
"""How far a repetition moves the span towards itself, before and after it is the person's own. What
goes less far than a span that is no longer than the population's moves it by the second figure from
the start."""
OWN_FROM_REPS = 3
"""So many repetitions make a span the person's own."""
BALANCE_FROM_REPS, BALANCE_REPS = 2, 5
"""How many repetitions, at least and at most, tell how a person's sides compare."""
EFFORT_KEPT = 1.12
"""The span never leaves the practised one by more than this factor: effort is not rewarded."""
SIDE_BELIEVED = 0.4
"""A side under this share of the typical one says nothing about the person's span."""
HABITUAL_LAG_S = verdict.SIDE_LATE_UNKNOWN_S
"""Upper bound on a person's habitual lag of one side, seconds. It is what is tolerated in somebody
who is not known, so a side that is later than that in every lift is noted in every lift."""
LEAST_SHOWN = 0.5
"""A lift is seen by the square of the cosine of the angle off axis, and by no less than this share:
beyond 45 degrees, lifts of rendered people show 0.5 to 0.6 of what they do in front."""
NETWORK_SHARE = 0.5
"""Off axis so much of the lift signal is what the network sees. The errors of the landmarks and of
the network have little in common: both together are nearer than either."""
NETWORK_DEG = (NETWORK_FROM_DEG, 30.0)
"""Up to the first angle off axis the lift signal is S alone, from the second on the network has its
whole share, degrees. In front S misses nothing that there is to see, and knows no rendered person
better than a real one."""
GAIN_REACH = 2.0
"""How far a person's lifts go for the network, as against S, within this factor of the population's
ratio."""
LARGEST_PRACTISED = 2.5
"""Largest practised lift, in lifts of the population as they are seen at its angle; the smallest
is one that is reported at all."""


class CalibrationError(CallerError):
    """What was shown cannot be a practised lift; the span stays what it was."""


class Calibration:
    """Rest level, span and balance of one person, in raw units of the lift signal.

    While nothing is lifted, `learn_rest` takes the filtered signal; each judged lift goes to
    `learn_lift` or `learn_small_lift`::

        person = Calibration()
        person.learn_rest(-0.25, seconds=1 / 30)
        person.level(-0.11)  # 1.0: a full lift of the population
    """

    def __init__(self) -> None:
        self._span = Span.typical()
        """As it would be seen from in front."""
        self._rest = math.nan
        self._time_at: dict[int, float] = {}
        """For how long the face has rested at each level, seconds; levels are counted in `BIN`s."""
        self._other = math.nan
        """Another level at which the face is now, and for how long it has been, seconds."""
        self._other_for = 0.0
        self._practised: Span | None = None
        self._shown = 1.0
        """How far S goes at the present angle, as a share of how far it goes in front."""
        self._asked = 0.0
        """Which share of the lift signal the network is to have at the present angle."""
        self._s_rest = self._network_rest = math.nan
        self._gain = 1.0
        """How far the network sees this person's lifts go, as a share of what S does in front."""
        self._practised_lags = (0.0, 0.0)
        self._reps = 0
        self._log_ratios: deque[float] = deque(maxlen=BALANCE_REPS)
        self._lags: deque[tuple[float, float]] = deque(maxlen=BALANCE_REPS)
        self._seen_by_network: deque[float] = deque(maxlen=BALANCE_REPS)
        self._eyes: deque[float] = deque(maxlen=BALANCE_REPS)

    @property
    def rest(self) -> float:
        """The level at rest; NaN until a face was seen."""
        return self._rest

    @property
    def span(self) -> Span:
        """How far the signals go from rest to the practised lift, as far as is known by now."""
        eyes = _median(self._eyes) if self._eyes else 1.0
        shown = 1.0 if self._practised is None else self._shown
        return Span(
            self.whole_span,
            shown * self._span.left,
            shown * self._span.right,
            self._network_span,
            eyes,
        )

    @property
    def whole_span(self) -> float:
        """How far the whole signal goes: all of `span` that is needed of every sample."""
        carried = self._population_carried if self._practised is None else self._carried
        return carried * self._span.whole

    @property
    def is_own(self) -> bool:
        """Whether the span is this person's, so that effort can be judged by it."""
        return self._reps >= OWN_FROM_REPS

    @property
    def balance(self) -> Balance:
        """How this person's sides compare: as practised, or as in the latest repetitions."""
        if self._practised is not None:
            return Balance(0.0, *self._practised_lags, own=True)
        if len(self._log_ratios) < BALANCE_FROM_REPS:
            return Balance()
        ratio = statistics.median(self._log_ratios)
        lag, lag_end = (statistics.median(lags) for lags in zip(*self._lags, strict=True))
        return Balance(ratio, lag, lag_end, own=True)

    @property
    def smallest(self) -> float:
        """The smallest plateau of a repetition, in spans.

        A population's span is that of faces seen from in front, so off axis its smallest lift is
        smaller as well, until a repetition has made the span the person's own.
        """
        if self._reps > 0:
            return verdict.SMALLEST
        return verdict.SMALLEST * self._least_carried / self._population_carried

    def face(self, yaw: float, pitch: float) -> None:
        """Carry the practised span over to a head that is turned like this, degrees."""
        ahead = math.cos(math.radians(yaw)) * math.cos(math.radians(pitch))
        self._shown = max(LEAST_SHOWN, max(0.0, ahead) ** 2)
        none, whole = NETWORK_DEG
        aside = math.degrees(math.acos(ahead))
        self._asked = NETWORK_SHARE * min(1.0, max(0.0, (aside - none) / (whole - none)))

    def signal(self, sample: LiftSample) -> LiftSample:
        """Return `sample` with the lift signal that is best at the angle of the face at rest.

        It is S in front, what the network sees far from there, and something of both in between,
        each from its own level at rest, so that nothing jumps when the head turns.
        """
        if not math.isfinite(sample.seen) or math.isnan(self._network_rest):
            return sample
        network = POPULATION_LIFT * (sample.seen - self._network_rest)
        rise = (1.0 - self.share) * (sample.lift - self._s_rest) + self.share * network
        return replace(sample, lift=self._s_rest + rise)

    def learn_signals(self, sample: LiftSample, seconds: float) -> None:
        """Learn from a face at rest, seen for `seconds`, at which level each signal is then.

        What `signal` returns is counted from these levels, so the level at rest moves with them.
        """
        if math.isnan(self._s_rest):
            self._s_rest = sample.lift
        share = self._adapted_in(seconds)
        more = (sample.lift - self._s_rest) * share
        self._s_rest += more
        if math.isfinite(sample.seen):
            if math.isnan(self._network_rest):
                self._network_rest = sample.seen
            seen_more = (sample.seen - self._network_rest) * share
            self._network_rest += seen_more
            more -= POPULATION_LIFT * seen_more
        self._rest += self.share * more

    def level(self, raw: float) -> float:
        """Return a raw lift as a fraction of this person's own; 0 while rest is unknown."""
        return 0.0 if math.isnan(self._rest) else (raw - self._rest) / self.whole_span

    # Rest

    def learn_rest(self, raw: float, seconds: float) -> None:
        """Learn from `raw`, seen for `seconds`. Must not be called while a lift is under way."""
        self._remember(raw, seconds)
        if math.isnan(self._rest):
            self._rest = raw
        elif abs(self.level(raw)) <= NEAR_REST:
            self._rest += (raw - self._rest) * self._adapted_in(seconds)
            self._other_for = max(0.0, self._other_for - seconds)
        else:
            self._learn_other(raw, seconds)

    def set_rest(self, raw: float, seconds: float) -> None:
        """Take `raw` for rest, as if the face had been there for `seconds` at least."""
        self._rest = raw
        self._other_for = 0.0
        missing = seconds - self._time_near(raw)
        if missing > 0.0:
            self._remember(raw, missing)

    def confirm_rest(self) -> None:
        """A repetition began at rest and came back to it: it is rest, and is not doubted soon."""
        self.set_rest(self._rest, CONFIRMED_S)

    def doubt_rest(self, seconds: float) -> None:
        """Believe rest no more than if the face had been there for `seconds`."""
        known = self._time_near(self._rest)
        if known > seconds:
            self._time_at = {key: value * seconds / known for key, value in self._time_at.items()}

    def forget_rest(self) -> None:
        """Learn rest anew from the next sample on."""
        self._rest = self._s_rest = self._network_rest = math.nan
        self._time_at.clear()
        self._other_for = 0.0

    def is_habitual(self, raw: float, peak: float) -> bool:
        """Return whether the face has rested at `raw` for much longer than at the present rest.

        `peak` is how high it came on its way there, in spans: from a lift it falls past `raw`.
        """
        here, home = self._time_near(raw), self._time_near(self._rest)
        recent = home < HOME_S or max(abs(self.level(raw)), peak) < HOME_NEAR
        return here >= HABIT_S and here >= HABIT_RATIO * home and recent

    def _adapted_in(self, seconds: float) -> float:
        """Return which share of a difference from rest is learnt in `seconds`."""
        first, known = ADAPT_S
        return min(1.0, seconds / min(known, max(first, self._time_near(self._rest))))

    def _learn_other(self, raw: float, seconds: float) -> None:
        """Learn from a level that is not rest: after a while it becomes rest."""
        if self._other_for == 0.0 or abs(raw - self._other) > SAME_LEVEL * self.whole_span:
            self._other = raw
            self._other_for = 0.0
        self._other_for += seconds
        self._other += (raw - self._other) * min(1.0, seconds / self._other_for)
        shortest, longest = DOUBT_S
        often = self._time_near(self._other) >= DOUBT_SHARE * self._time_near(self._rest)
        if self._other_for >= (shortest if often else longest):
            self.set_rest(self._other, self._other_for)

    def _time_near(self, raw: float) -> float:
        """Return for how long the face has rested near `raw`, seconds."""
        if math.isnan(raw):
            return 0.0
        reach = SAME_LEVEL * self.whole_span
        low, high = math.floor((raw - reach) / BIN), math.ceil((raw + reach) / BIN)
        return sum(value for key, value in self._time_at.items() if low <= key <= high)

    def _remember(self, raw: float, seconds: float) -> None:
        key = round(raw / BIN)
        self._time_at[key] = self._time_at.get(key, 0.0) + seconds

    # Lifts

    def adopt(self, lift: Lift) -> None:
        """Take `lift` as the practised one: its plateau is 1 from now on.

        Raises CalibrationError if it cannot be a person's comfortable lift (under 0.35 or over 2.5
        times the population's).
        """
        smallest = ROSE_LEVEL * self._least_carried * POPULATION_LIFT
        largest = LARGEST_PRACTISED * self._carried * POPULATION_LIFT
        if not smallest <= lift.plateau <= largest:
            raise CalibrationError(
                f"a practised lift of {lift.plateau:.2f} is not between {smallest:.2f} and "
                f"{largest:.2f}: lift as far as is comfortable"
            )
        self._gain = self._gain_in(lift)
        self._practised = self._span = self._from_in_front(_span_of(lift))
        self._practised_lags = _habitual_lags(lift)
        self._reps = OWN_FROM_REPS
        self._seen_by_network.clear()
        self._eyes.clear()
        self._learn_network(lift)
        self._learn_eyes(lift)

    def learn_lift(self, lift: Lift) -> None:
        """Learn from a repetition."""
        height = verdict.heights(lift, self.span)
        self._move_span(lift)
        self._learn_network(lift)
        self._learn_eyes(lift)
        low, high = sorted((height.left, height.right))
        even = low > verdict.SIDE_LAGS_UNKNOWN * high > 0.0
        if even and lift.turned <= verdict.SIDE_TURN_DEG:
            self._log_ratios.append(math.log(height.left / height.right))
            self._lags.append(_habitual_lags(lift))

    def learn_small_lift(self, lift: Lift) -> None:
        """Learn from a lift that was held, but is too small for the span.

        Unless a practised lift says otherwise, the span was learnt from a laugh or from somebody
        else, and is learnt anew. If one witness alone would not bear it out, what that says of this
        person's lifts is: it may have seen the practised one in another light, or with open eyes.
        """
        held = lift.hold >= verdict.HOLD_S
        height = verdict.heights(lift, self.span)
        if held and height.by_corners(self.smallest):
            if not height.eyes_shut:
                self._learn_network(lift)
            elif height.by_skin(self.smallest):
                self._learn_eyes(lift)
        least = verdict.SMALLEST * self._least_carried * POPULATION_LIFT
        if self._practised is None and held and lift.plateau >= least:
            self._reps = 0
            self._move_span(lift)

    def _learn_network(self, lift: Lift) -> None:
        if math.isfinite(lift.network):
            self._seen_by_network.append(lift.network)

    def _learn_eyes(self, lift: Lift) -> None:
        if math.isfinite(lift.eyes):
            self._eyes.append(lift.eyes)

    def _move_span(self, lift: Lift) -> None:
        if self._practised is None and lift.plateau > LARGEST_PRACTISED * POPULATION_LIFT:
            return  # No face lifts so far: it says nothing about this person's span.
        self._reps += 1
        if self._practised is None:
            # Nobody said that these lifts are even, so the sides stay those of an even face.
            in_front = lift.plateau / self._population_carried
            # What goes less far than anybody's lift may be none: a lip press, a squint. From the
            # side there is no telling how far anybody's goes.
            doubtful = not self._asked and in_front < self._span.whole <= POPULATION_LIFT
            step = OWN_SPAN_STEP if doubtful or self._reps > OWN_FROM_REPS else SPAN_STEP
            self._span = _toward(self._span, Span.typical(in_front), step)
        elif lift.plateau <= verdict.LARGEST * self.whole_span:
            moved = _toward(self._span, self._from_in_front(_span_of(lift)), OWN_SPAN_STEP)
            self._span = _bounded(moved, self._practised)

    @property
    def _network_span(self) -> float:
        """How far the network sees this person's lifts go; NaN while it is silent.

        Nobody's lifts go less far than GAIN_REACH allows: so much is known of anybody. If this
        person's own went no further than the smallest of such a one, the network does not see them
        here, as dark skin in a dark room, and what it says is noise.
        """
        if self._practised is None and len(self._seen_by_network) < BALANCE_FROM_REPS:
            return 1.0 / GAIN_REACH
        span = _median(self._seen_by_network)
        return span if span >= verdict.SMALLEST / GAIN_REACH else math.nan

    @property
    def share(self) -> float:
        """How much of the lift signal is what the network sees; 0 while its rest is not known."""
        return 0.0 if math.isnan(self._network_rest) else self._asked

    @property
    def _carried(self) -> float:
        """How far the signal goes now, as a share of how far S goes in the same lift in front."""
        return (1.0 - self.share) * self._shown + self.share * self._gain

    @property
    def _least_carried(self) -> float:
        """The same of somebody whose gain is not known, at least."""
        return (1.0 - self.share) * self._shown + self.share / GAIN_REACH

    @property
    def _population_carried(self) -> float:
        """The same of somebody who did not practise; by S alone people differ by more than that."""
        return self._carried if self.share else 1.0

    def seen_by_s(self, lift: Lift) -> float:
        """Return how far S alone went in a lift that was measured by the signal, in raw units."""
        if self.share in (0.0, 1.0) or math.isnan(lift.network):
            return lift.plateau
        network = POPULATION_LIFT * lift.network
        return (lift.plateau - self.share * network) / (1.0 - self.share)

    def _gain_in(self, lift: Lift) -> float:
        """Return how far the network sees a lift go, as a share of how far S goes in front."""
        network, in_front = POPULATION_LIFT * lift.network, self.seen_by_s(lift) / self._shown
        if not network > 0.0 or in_front <= 0.0 or self.share == 1.0:
            return 1.0
        return min(GAIN_REACH, max(1.0 / GAIN_REACH, network / in_front))

    def _from_in_front(self, span: Span) -> Span:
        """Return `span`, seen at this angle, as it would be in front."""
        return Span(
            span.whole / self._carried,
            span.left / self._shown,
            span.right / self._shown,
        )


def _median(values: Sequence[float]) -> float:
    """Return the median; NaN if there are no values."""
    return statistics.median(values) if values else math.nan


def _span_of(lift: Lift) -> Span:
    """Return the span that `lift` shows; sides that do not rise with it are taken for typical."""
    typical = Span.typical(lift.plateau)
    least = SIDE_BELIEVED * typical.left
    return Span(
        lift.plateau,
        lift.left if lift.left > least else typical.left,
        lift.right if lift.right > least else typical.right,
    )


def _toward(span: Span, other: Span, share: float) -> Span:
    """Return the span that lies `share` of the way from `span` to `other`, by ratio."""
    return Span(*(a * math.pow(b / a, share) for a, b in zip(span, other, strict=True)))


def _bounded(span: Span, practised: Span) -> Span:
    """Return `span`, no further from the practised one than EFFORT_KEPT in either direction."""
    return Span(
        *(
            min(centre * EFFORT_KEPT, max(centre / EFFORT_KEPT, figure))
            for figure, centre in zip(span, practised, strict=True)
        )
    )


def _habitual_lags(lift: Lift) -> tuple[float, float]:
    """Return how much later the left side came and went by habit, seconds; 0 if unseen."""
    return _habitual(lift.left_lag), _habitual(lift.left_lag_end)


def _habitual(lag: float) -> float:
    return 0.0 if math.isnan(lag) else max(-HABITUAL_LAG_S, min(HABITUAL_LAG_S, lag))
