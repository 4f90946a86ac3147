"""Repetitions: lift samples in, repetitions and refusals out. No clock, no I/O.

Theory of operation
-------------------
`lift_watch` knows at every moment where a lift is; it needs only to be right about *that* there
was one. *What* it was is measured once it is over, over all its samples and without delay
(`segmentation`), and judged then (`judge`, by the thresholds of `verdict`): a repetition is
reported at the moment at which the face has relaxed, never before.

A lift is a rise from rest and a fall back to it, or to another level at which the face then
stays: what counts is its height above the higher of the two, so a head that turned during the
lift does not hide it. A rise that is never followed by a fall is no lift, but a new rest. Rest
itself is learnt only while nothing is lifted (`personal_range`), the range from the lifts
(`own_range`).

The judge: measured lifts in, repetitions and refusals out; what they teach is learnt here.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from typing import Self

from device.coach.counting import verdict
from device.coach.counting.calibration import CalibrationError, OwnRange, PersonalRange
from device.coach.counting.measure import Lift, LiveFilter, measure
from device.coach.counting.phases import (
    CONFIRM_S,
    REACHED_LEVEL,
    ROSE_LEVEL,
    LiftWatch,
    Phase,
    Turn,
)
from device.coach.events import (
    Calibrated,
    FaceFound,
    FaceLost,
    LiftEvent,
    Note,
    Reason,
    Refused,
    Rep,
)
from device.sample import LiftSample

MIN_REPORTED_S = 0.15
"""A shorter stay above half its height is no lift that anyone wants to hear about, seconds ..."""
MIN_REPORTED = 0.35
"""... nor is a lower one, in practised lifts."""


class Judge:
    """Judges and numbers the lifts of `person`.

    `set_size` is after how many repetitions the numbers restart; None for never.
    """

    def __init__(self, person: PersonalRange, set_size: int | None) -> None:
        self._person = person
        self._own = OwnRange(person)
        self._set_size = set_size
        self.counted = 0
        self._last_end = -math.inf
        self._last_lift: Lift | None = None
        self._weaker: Note | None = None

    def restart_numbers(self) -> None:
        """Number the next repetition 1."""
        self.counted = 0

    def rest_begins(self, time: float) -> None:
        """Rest that was not seen is none: it begins at `time`."""
        self._last_end = time

    def judge(self, lift: Lift, now: float, fell: bool = True) -> Rep | Refused | None:
        """Return what `lift` was, known `now`; None if nobody wants to hear about it.

        `fell` says that it ended by letting go.
        """
        if not self._worth_a_word(lift):
            return None
        span = self._person.span
        rested = lift.onset - self._last_end
        reason = verdict.refusal(lift, span, self._own.balance(), rested)
        if not fell:
            reason = reason if reason is Reason.HEAD_MOVED else Reason.NO_REST
        if lift.plateau >= verdict.SMALLEST * span.whole:
            self._last_end = lift.relaxed
        weaker = verdict.weaker(lift, span, self._own.balance())
        event = self.refuse(lift, reason, now) if reason else self._count(lift, now)
        self._weaker = weaker
        return event

    def refuse(self, lift: Lift, reason: Reason, now: float) -> Refused:
        """Return `lift` as refused for `reason`, known `now`."""
        peak = lift.plateau / self._person.span.whole
        self._last_lift = lift
        if reason is Reason.TOO_SMALL:
            self._own.learn_small(lift)
        return Refused(
            time=now,
            reason=reason,
            onset=lift.onset,
            end=lift.end,
            hold=lift.hold,
            peak=peak,
        )

    def adopt_last(self, now: float) -> Calibrated:
        """Take the lift judged last as the practised one; raises as `adopt` does."""
        if self._last_lift is None:
            raise CalibrationError("no lift was seen to practise with: lift, hold, and let go")
        return self.adopt(self._last_lift, now)

    def adopt(self, lift: Lift, now: float) -> Calibrated:
        """Take `lift` as the practised one: its plateau is 1 from now on.

        Raises CalibrationError if it cannot be a person's comfortable lift.
        """
        self._own.adopt(lift)
        return Calibrated(now, self._person.rest, lift.plateau)

    def _worth_a_word(self, lift: Lift) -> bool:
        above_half = lift.hold + (lift.rise + lift.fall) / 2
        high = lift.plateau > MIN_REPORTED * self._person.span.whole
        return high and above_half > MIN_REPORTED_S

    def _count(self, lift: Lift, now: float) -> Rep:
        span = self._person.span
        height = verdict.heights(lift, span)
        self._last_lift = lift
        self.counted = (self.counted % self._set_size if self._set_size else self.counted) + 1
        rep = Rep(
            time=now,
            number=self.counted,
            onset=lift.onset,
            apex=lift.apex,
            offset=lift.offset,
            end=lift.end,
            hold=lift.hold,
            peak=height.whole,
            left=height.left,
            right=height.right,
            notes=verdict.notes(lift, span, self._own.balance(), self._own.known, self._weaker),
        )
        self._own.learn(lift, height)
        return rep


STEADY_SWING = 0.25
"""A level that moves less than this in 0.6 s is steady, in practised lifts."""
BUFFER_S = 2.5
"""What is kept of the time at rest, so that a lift's beginning can be measured, seconds."""
FOUND_TRUST_S = 12.0
"""How far rest is believed after the face was away: as if it had been there so long, seconds."""
SETTLED_TRUST_S = 1.0
"""The same for a level to which a lift came back that is not the rest from which it began."""
TURNED_AWAY_DEG = 20.0
"""A head turned further than this from where it used to be teaches no rest, degrees ..."""
FACING_S = 10.0
"""... and it is used to where it is after about so long, seconds."""
ABSURD = 3.0
"""A raw signal beyond this, either way, is no face."""


class RepetitionCounter:
    """Counts repetitions in a stream of lift samples.

    Deterministic: the same samples give the same events. Tolerant: samples may be dropped,
    repeated, late, out of order or full of NaN, and come at 12 to 60 a second. `set_size` is
    after how many repetitions the numbers restart; None for never.
    """

    def __init__(self, set_size: int | None = None) -> None:
        self._range = PersonalRange()
        self._judge = Judge(self._range, set_size)
        self._watch = LiftWatch()
        self._filter = LiveFilter()
        self._buffer: deque[LiftSample] = deque()
        self._now = -math.inf
        self._seen = -math.inf
        self._rested = 0.0
        self._facing = math.nan
        self._unseen = Reason.FACE_LOST

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
        self._unseen = Reason.FACE_LOST
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
        elif turn:
            events += self._end_lift(turn)
        return events

    def pause(self) -> None:
        """Nothing is watched for a while: a lift that is over by then was cut off, not lost."""
        self._unseen = Reason.CUT_OFF

    def finish(self) -> list[Refused]:
        """Say what can be said about a lift still in progress: nothing more will be seen.

        It is refused as cut off, for the face was not seen to relax.
        """
        events = self._cut_short(Reason.CUT_OFF)
        self._watch.forget()
        return events

    # Calibration, for the session

    def begin_rest(self) -> None:
        """Forget the rest level, and a lift in progress; learn rest anew from what comes."""
        self._watch.forget()
        self._range.forget_rest()
        self._buffer.clear()
        self._rested = 0.0

    @property
    def rested(self) -> float:
        """Seconds of steady, relaxed face gathered since `begin_rest`; 0 again when disturbed."""
        return self._rested

    def adopt_lift(self) -> Calibrated:
        """Take the lift reported last as the practised one: its plateau is 1 from now on.

        Raises CalibrationError if there was none, or if its plateau cannot be a person's
        comfortable lift (under 0.35 or over 2.5 times the population's).
        """
        return self._judge.adopt_last(self._now)

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
                return self._judge.adopt(lift, self._now)
        raise CalibrationError("no lift was seen to practise with: show one that is held")

    def restart_numbers(self) -> None:
        """Number the next repetition 1."""
        self._judge.restart_numbers()

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
    def mouth_wide(self) -> bool:
        """The mouth is open wide right now, as in speech."""
        return bool(self._buffer) and self._buffer[-1].mouth_open > verdict.WIDE_MOUTH

    @property
    def counted(self) -> int:
        """Number of the last repetition of this set; 0 before the first."""
        return self._judge.counted

    # The face

    def _find_face(self) -> FaceFound:
        self._watch.find()
        self._judge.rest_begins(self._now)
        self._filter.reset()
        self._buffer.clear()
        self._facing = math.nan
        self._range.doubt(FOUND_TRUST_S)
        return FaceFound(self._now)

    def _lose_face(self) -> list[LiftEvent]:
        events = self._cut_short(self._unseen)
        self._watch.lose()
        self._rested = 0.0
        return [*events, FaceLost(self._now)]

    def _cut_short(self, reason: Reason) -> list[Refused]:
        if self._watch.plateau < REACHED_LEVEL:
            return []
        lift = measure(self._buffer, self._range.rest)
        return [self._judge.refuse(lift, reason, self._now)] if lift else []

    # Rest and lifts

    def _watch_rest(self, steady: bool, elapsed: float) -> None:
        if not self.mouth_wide and not self._turned_away(elapsed):
            self._range.watch(self._filter.value, elapsed)
        while self._buffer[0].time < self._now - BUFFER_S:
            self._buffer.popleft()
        if abs(self.level) > ROSE_LEVEL or self.mouth_wide:
            self._rested = 0.0
            return
        self._rested = self._rested + elapsed if steady else 0.0

    def _turned_away(self, elapsed: float) -> bool:
        """Whether the head is turned from where it used to be: its level may be the turn's own."""
        yaw = self._buffer[-1].yaw
        if math.isnan(yaw):
            return False
        if math.isnan(self._facing):
            self._facing = yaw
        self._facing += (yaw - self._facing) * min(1.0, elapsed / FACING_S)
        return abs(yaw - self._facing) > TURNED_AWAY_DEG

    def _come_home(self) -> None:
        """What looked like a lift was the way back from below rest."""
        self._watch.forget()
        self._range.set_rest(self._filter.value, SETTLED_TRUST_S)

    def _end_lift(self, turn: Turn) -> list[LiftEvent]:
        settled = self._filter.value if turn is Turn.SETTLED else None
        lift = measure(self._buffer, self._range.rest, settled)
        if turn is not Turn.RELAXED:
            self._range.set_rest(self._filter.value, SETTLED_TRUST_S)
        self._buffer = deque(s for s in self._buffer if s.time > self._now - CONFIRM_S)
        event = lift and self._judge.judge(lift, self._now, fell=turn is not Turn.NEVER_FELL)
        if isinstance(event, Rep) and turn is Turn.RELAXED:
            self._range.confirm()
        return [event] if event else []
