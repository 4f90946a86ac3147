"""Repetitions: lift samples in, repetitions and refusals out. No clock, no I/O.

Theory of operation
-------------------
`lift_watch` knows at every moment where a lift is; it needs only to be right about *that* there
was one. *What* it was is measured once it is over, over all its samples and without delay
(`segmentation`), and judged then (`verdict`): a repetition is reported at the moment at which the
face has relaxed, never before.

A lift is a rise from rest and a fall back to it, or to another level at which the face then
stays: what counts is its height above the higher of the two, so a head that turned during the
lift does not hide it. A rise that is never followed by a fall is no lift, but a new rest. Rest
itself is learnt only while nothing is lifted (`personal_range`).
"""

from __future__ import annotations

import math
import statistics
from collections import deque
from collections.abc import Sequence
from typing import Self

from device.coach import verdict
from device.coach.events import (
    Calibrated,
    FaceFound,
    FaceLost,
    LiftEvent,
    Reason,
    Refused,
    Rep,
)
from device.coach.lift_watch import (
    CONFIRM_S,
    REACHED_LEVEL,
    ROSE_LEVEL,
    LiftWatch,
    Phase,
    Turn,
)
from device.coach.segmentation import Lift, measure
from device.coach.smoothing import LiveFilter
from device.errors import CallerError
from device.vision.personal_range import POPULATION_LIFT, PersonalRange, Span
from device.vision.sample import LiftSample

__all__ = ["CalibrationError", "Phase", "RepetitionCounter"]

STEADY_SWING = 0.25
"""A level that moves less than this in 0.6 s is steady, in practised lifts."""
BUFFER_S = 2.5
"""What is kept of the time at rest, so that a lift's beginning can be measured, seconds."""
FOUND_TRUST_S = 12.0
"""How far rest is believed after the face was away: as if it had been there so long, seconds."""
SETTLED_TRUST_S = 1.0
"""The same for a level to which a lift came back that is not the rest from which it began."""
WORTH_A_WORD_S = 0.15
"""A shorter stay above half its height is no lift that anyone wants to hear about, seconds ..."""
WORTH_A_WORD = 0.35
"""... nor is a lower one, in practised lifts."""
ABSURD = 3.0
"""A raw signal beyond this, either way, is no face."""
RANGE_STEP, OWN_RANGE_STEP = 0.5, 0.1
"""How far a repetition moves the range towards itself, before and after it is the person's own."""
OWN_FROM_REPS = 3
"""So many repetitions make a range the person's own."""
BALANCE_FROM_REPS, BALANCE_REPS = 2, 5
"""How many repetitions, at least and at most, tell how a person's sides compare."""
EFFORT_KEPT = 1.25
"""The range never leaves the practised one by more than this factor: effort is not rewarded."""
SIDE_BELIEVED = 0.4
"""A side under this share of the typical one says nothing about the person's range."""
COMFORTABLE = (0.35, 2.5)
"""What a practised lift may be, in lifts of the population."""


class CalibrationError(CallerError):
    """What was shown cannot be a practised lift; the counter keeps the range it had."""


class RepetitionCounter:
    """Counts repetitions in a stream of lift samples.

    Deterministic: the same samples give the same events. Tolerant: samples may be dropped,
    repeated, late, out of order or full of NaN, and come at 12 to 60 a second. `set_size` is
    after how many repetitions the numbers restart; None for never.
    """

    def __init__(self, set_size: int | None = None) -> None:
        self._range = PersonalRange()
        self._practised: Span | None = None
        self._own_reps = 0
        self._log_ratios: deque[float] = deque(maxlen=BALANCE_REPS)
        self._set_size = set_size
        self._counted = 0
        self._watch = LiftWatch()
        self._filter = LiveFilter()
        self._buffer: deque[LiftSample] = deque()
        self._now = -math.inf
        self._seen = -math.inf
        self._last_end = -math.inf
        self._last_lift: Lift | None = None
        self._rested = 0.0
        self._relaxed_since: float | None = None

    @classmethod
    def population(cls, set_size: int = 10) -> Self:
        """Return a counter for a person nobody has met: range 0.14, rest learnt as it goes.

        Numbers restart after each set of `set_size`.
        """
        return cls(set_size)

    def feed(self, sample: LiftSample) -> list[LiftEvent]:
        """Take the next sample; return what became known by it, in time order."""
        if not self._now < sample.time < math.inf:
            return []
        self._now = sample.time
        events: list[LiftEvent] = []
        away = self._now - self._seen
        if self.phase is not Phase.LOST and away > verdict.GAP_S:
            events += self._lose_face()
        if not (sample.face and abs(sample.lift) < ABSURD):
            return events
        self._seen = self._now
        if self.phase is Phase.LOST:
            events.append(self._find_face())
        self._buffer.append(sample)
        self._filter.feed(sample.time, sample.lift)
        swing = self._filter.swing() / self._range.span.whole
        if self.phase is Phase.REST:
            self._watch_rest(swing < STEADY_SWING, min(away, verdict.GAP_S))
        elif swing < STEADY_SWING and self._range.habitual(self._filter.value):
            self._come_home()
        turn = self._watch.feed(sample.time, self.level, swing)
        if turn is Turn.ROSE:
            self._rested = 0.0
            self._relaxed_since = None
        elif turn:
            events += self._end_lift(turn)
        return events

    def finish(self) -> list[LiftEvent]:
        """Say what can be said about a lift still in progress: nothing more will be seen.

        It is refused, for the face was not seen to relax.
        """
        events = self._cut_short()
        self._watch.forget()
        return events

    # Calibration, for the session

    def begin_rest(self) -> None:
        """Forget the rest level, and a lift in progress; learn rest anew from what comes."""
        self._watch.forget()
        self._range.forget_rest()
        self._buffer.clear()
        self._rested = 0.0
        self._relaxed_since = None

    @property
    def rested(self) -> float:
        """Seconds of steady, relaxed face gathered since `begin_rest`; 0 again when disturbed."""
        return self._rested

    def adopt_lift(self) -> Calibrated:
        """Take the lift reported last as the practised one: its plateau is 1 from now on.

        Raises CalibrationError if there was none, or if its plateau cannot be a person's
        comfortable lift (under 0.35 or over 2.5 times the population's).
        """
        if self._last_lift is None:
            raise CalibrationError("no lift was seen to practise with: lift, hold, and let go")
        return self._adopt(self._last_lift)

    def practise(self, samples: Sequence[LiftSample]) -> Calibrated:
        """Take `samples`, which contain one held lift, as the practised lift.

        Raises CalibrationError as `adopt_lift` does.
        """
        seen = [sample for sample in samples if sample.face and abs(sample.lift) < ABSURD]
        if seen:
            rest = self._range.rest
            lowest = sorted(sample.lift for sample in seen)[len(seen) // 10]
            lift = measure(seen, lowest if math.isnan(rest) else rest)
            if lift:
                return self._adopt(lift)
        raise CalibrationError("no lift was seen to practise with: show one that is held")

    def restart_numbers(self) -> None:
        """Number the next repetition 1."""
        self._counted = 0

    # What is known now, for cues and the panel

    @property
    def phase(self) -> Phase:
        """Where the lift is now."""
        return self._watch.phase

    @property
    def level(self) -> float:
        """The lift now, smoothed, in fractions of the practised lift; NaN while no face is seen."""
        return math.nan if self.phase is Phase.LOST else self._range.level(self._filter.value)

    @property
    def onset_time(self) -> float | None:
        """When the lift in progress left rest, seconds; None at rest."""
        return self._watch.onset

    @property
    def apex_time(self) -> float | None:
        """When the lift in progress reached its plateau, seconds; None unless in HOLD.

        `hold_reached` is due at `apex_time + 2`. It may still move by a tenth of a second while
        the plateau takes shape; once 1 s old it stands.
        """
        return self._watch.apex if self.phase is Phase.HOLD else None

    @property
    def peak(self) -> float:
        """The plateau of the lift in progress so far, in fractions; 0 at rest."""
        return self._watch.plateau

    @property
    def relaxed_since(self) -> float | None:
        """Since when the face has been relaxed, seconds; None while it is not."""
        return self._relaxed_since

    @property
    def mouth_wide(self) -> bool:
        """The mouth is open wide right now, as in speech."""
        return bool(self._buffer) and self._buffer[-1].mouth_open > verdict.WIDE_MOUTH

    @property
    def counted(self) -> int:
        """Number of the last repetition of this set; 0 before the first."""
        return self._counted

    # The face

    def _find_face(self) -> FaceFound:
        self._watch.find()
        self._last_end = self._now  # rest that was not seen is none
        self._filter.reset()
        self._buffer.clear()
        self._range.doubt(FOUND_TRUST_S)
        return FaceFound(self._now)

    def _lose_face(self) -> list[LiftEvent]:
        events = self._cut_short()
        self._watch.lose()
        self._rested = 0.0
        self._relaxed_since = None
        return [*events, FaceLost(self._now)]

    def _cut_short(self) -> list[LiftEvent]:
        if self._watch.plateau < REACHED_LEVEL:
            return []
        lift = measure(self._buffer, self._range.rest)
        return [self._refused(lift, Reason.FACE_LOST)] if lift else []

    # Rest and lifts

    def _watch_rest(self, steady: bool, elapsed: float) -> None:
        if not self.mouth_wide:
            self._range.watch(self._filter.value, elapsed)
        while self._buffer[0].time < self._now - BUFFER_S:
            self._buffer.popleft()
        if abs(self.level) > ROSE_LEVEL or self.mouth_wide:
            self._rested = 0.0
            self._relaxed_since = None
            return
        self._rested = self._rested + elapsed if steady else 0.0
        if self._relaxed_since is None:
            self._relaxed_since = self._now

    def _come_home(self) -> None:
        """What looked like a lift was the way back from below rest."""
        self._watch.forget()
        self._range.set_rest(self._filter.value, SETTLED_TRUST_S)
        self._relaxed_since = self._now

    def _end_lift(self, turn: Turn) -> list[LiftEvent]:
        settled = self._filter.value if turn is Turn.SETTLED else None
        lift = measure(self._buffer, self._range.rest, settled)
        if turn is not Turn.RELAXED:
            self._range.set_rest(self._filter.value, SETTLED_TRUST_S)
        self._relaxed_since = self._now
        self._buffer = deque(s for s in self._buffer if s.time > self._now - CONFIRM_S)
        if lift is None or not self._worth_a_word(lift):
            return []
        return [self._judge(lift, turn)]

    def _worth_a_word(self, lift: Lift) -> bool:
        above_half = lift.hold + (lift.rise + lift.fall) / 2
        return lift.plateau > WORTH_A_WORD * self._range.span.whole and above_half > WORTH_A_WORD_S

    def _judge(self, lift: Lift, turn: Turn) -> Rep | Refused:
        span = self._range.span
        rested = lift.onset - self._last_end
        reason = verdict.refusal(lift, span, self._balance(), rested)
        if turn is Turn.NEVER_FELL:
            reason = reason if reason is Reason.HEAD_MOVED else Reason.NO_REST
        if lift.plateau >= verdict.SMALLEST * span.whole:
            self._last_end = lift.relaxed
        if reason:
            return self._refused(lift, reason)
        self._last_lift = lift
        number = self._counted % self._set_size if self._set_size else self._counted
        self._counted = number + 1
        height = verdict.heights(lift, span)
        rep = Rep(
            time=self._now,
            number=self._counted,
            onset=lift.onset,
            apex=lift.apex,
            offset=lift.offset,
            end=lift.end,
            hold=lift.hold,
            peak=height.whole,
            left=height.left,
            right=height.right,
            notes=verdict.notes(lift, span, own=self._own_reps >= OWN_FROM_REPS),
        )
        self._learn_range(lift)
        if height.left > 0.0 < height.right and lift.turned <= verdict.SIDE_TURN_DEG:
            self._log_ratios.append(math.log(height.left / height.right))
        return rep

    def _balance(self) -> verdict.Balance:
        """How this person's sides compare: as practised, or as in the latest repetitions."""
        if self._practised is not None:
            return verdict.Balance(own=True)
        if len(self._log_ratios) < BALANCE_FROM_REPS:
            return verdict.Balance()
        return verdict.Balance(statistics.median(self._log_ratios), own=True)

    def _refused(self, lift: Lift, reason: Reason) -> Refused:
        span = self._range.span
        self._last_lift = lift
        if (
            reason is Reason.TOO_SMALL
            and self._practised is None
            and lift.hold >= verdict.HOLD_S
            and lift.plateau >= verdict.SMALLEST * POPULATION_LIFT
        ):
            # The range was learnt from a laugh, or from somebody else: learn it anew.
            self._own_reps = 0
            self._learn_range(lift)
        return Refused(
            time=self._now,
            reason=reason,
            onset=lift.onset,
            end=lift.end,
            hold=lift.hold,
            peak=lift.plateau / span.whole,
        )

    def _learn_range(self, lift: Lift) -> None:
        if self._practised is None and lift.plateau > COMFORTABLE[1] * POPULATION_LIFT:
            return  # No face lifts so far: it says nothing about this person's range.
        self._own_reps += 1
        if self._practised is None:
            # Nobody said that these lifts are even, so the sides stay those of an even face.
            step = OWN_RANGE_STEP if self._own_reps > OWN_FROM_REPS else RANGE_STEP
            self._range.span = self._range.span.toward(Span.typical(lift.plateau), step)
        elif lift.plateau <= verdict.LARGEST * self._range.span.whole:
            span = self._range.span.toward(_span(lift), OWN_RANGE_STEP)
            self._range.span = span.within(self._practised, EFFORT_KEPT)

    def _adopt(self, lift: Lift) -> Calibrated:
        shortest, longest = (share * POPULATION_LIFT for share in COMFORTABLE)
        if not shortest <= lift.plateau <= longest:
            raise CalibrationError(
                f"a practised lift of {lift.plateau:.2f} is not between {shortest:.2f} and "
                f"{longest:.2f}: lift as far as is comfortable"
            )
        self._practised = self._range.span = _span(lift)
        self._own_reps = OWN_FROM_REPS
        return Calibrated(self._now, self._range.rest, lift.plateau)


def _span(lift: Lift) -> Span:
    """Return the span that `lift` shows; sides that do not rise with it are taken for typical."""
    typical = Span.typical(lift.plateau)
    least = SIDE_BELIEVED * typical.left
    return Span(
        lift.plateau,
        lift.left if lift.left > least else typical.left,
        lift.right if lift.right > least else typical.right,
    )
