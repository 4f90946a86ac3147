"""The repetition counter: lift samples go in, repetitions and refusals come out. No clock, no I/O.

Theory of operation
-------------------
`phases` knows at every moment where a lift is; it needs only to be right about *that* there was
one. *What* it was is measured once it is over, over all its samples and without delay (`measure`),
and judged then by the thresholds of `verdict`: a repetition is reported at the moment at which the
face has relaxed, never before.

A lift is a rise from rest and a fall back to it, or to another level at which the face then
stays: what counts is its height above the higher of the two, so a head that turned during the
lift does not hide it. A rise that is never followed by a fall is no lift, but a new rest. Rest
itself is learnt only while nothing is lifted, the span and the balance of the sides from the lifts
(`calibration`).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Self

import numpy as np

from device.coach.counting import verdict
from device.coach.counting.calibration import NEAR_REST, Calibration, CalibrationError
from device.coach.counting.measure import Lift, measure
from device.coach.counting.phases import (
    AGAIN_SHARE,
    CONFIRM_S,
    REACHED_LEVEL,
    ROSE_LEVEL,
    STEADY_SHARE,
    LiftWatch,
    LiveFilter,
    Phase,
    Trigger,
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
"""A lift that stays above half its height for less than this is not reported, seconds."""
BUFFER_S = 2.5
"""How much of the time at rest is kept, so that a lift's beginning can be measured, seconds."""
FOUND_TRUST_S = 12.0
"""After the face was away, rest is believed as if the face had been there for so long, seconds."""
SETTLED_TRUST_S = 1.0
"""The same for a level to which a lift came back that is not the rest from which it began."""
TURNED_AWAY_DEG = 20.0
"""No rest is learnt while the head is turned further than this from its usual yaw, degrees."""
FACING_S = 10.0
"""Time constant with which the usual yaw follows the head, seconds."""
POSE_S = 1.0
"""Time constant with which the angle at which lifts are seen follows the head at rest, seconds."""
ABSURD = 3.0
"""A raw signal beyond this, either way, is no face."""
EYES_S = 1.0
"""Time constant with which eyes that shut for longer than a blink become usual, seconds. Shut
eyes read 0.5 to 0.7 of open ones, so it takes up to 0.8 of this; whatever they read, no blink is
longer."""
_SET_SIZE = 10
"""Repetitions of a set, where no session says when one is over."""
_DRAWN = ("lift", "left", "right")
"""What a blink raises."""


class RepetitionCounter:
    """Counts repetitions in a stream of lift samples.

    Deterministic: the same samples give the same events. Tolerant: samples may be dropped,
    repeated, late, out of order or full of NaN, and come at 12 to 60 a second. `set_size` is
    after how many repetitions the numbers restart; None for never::

        counter = RepetitionCounter.population()
        for sample in samples:
            for event in counter.feed(sample):  # Rep, Refused, FaceFound or FaceLost
                print(event)
    """

    def __init__(self, set_size: int | None = None) -> None:
        self._person = Calibration()
        self._watch = LiftWatch()
        self._filter = LiveFilter()
        self._buffer: deque[LiftSample] = deque()
        self._set_size = set_size
        self._counted = 0
        self._last_lift: Lift | None = None
        self._weaker: Note | None = None
        """The side that did less than its share of the last lift."""
        self._now = -math.inf
        self._seen = -math.inf
        """When a face was seen last."""
        self._relaxed_since = -math.inf
        self._rested = 0.0
        self._facing = math.nan
        """The usual yaw, degrees."""
        self._pose: tuple[float, float] | None = None
        """Yaw and pitch at rest, degrees."""
        self._blinks = _Blinks()
        self._unseen = Reason.FACE_LOST
        """Why a lift whose end nobody sees does not count."""

    @classmethod
    def population(cls) -> Self:
        """Return a counter for a person nobody has met, whose rest and span are learnt as they go.

        Numbers restart after each set of ten.
        """
        return cls(_SET_SIZE)

    def feed(self, sample: LiftSample) -> list[LiftEvent]:
        """Take the next sample; return what became known by it, in time order."""
        if not self._now < sample.time < math.inf:
            return []
        self._now = sample.time
        events: list[LiftEvent] = []
        away = self._now - self._seen
        if self.phase is not Phase.LOST and away > verdict.GAP_S:
            events += self._lose_face()
        signal = self._person.signal(sample)
        if not (sample.face and abs(sample.lift) < ABSURD and abs(signal.lift) < ABSURD):
            return events
        self._seen = self._now
        self._unseen = Reason.FACE_LOST
        if self.phase is Phase.LOST:
            events.append(self._find_face())
        seen = self._blinks.see_past(signal)
        if not seen:
            return events
        self._buffer += seen
        self._filter.feed(sample.time, signal.lift)
        swing = self._filter.swing() / self._person.whole_span
        if self.phase is Phase.REST:
            self._watch_rest(sample, swing < STEADY_SHARE, min(away, verdict.GAP_S))
        elif swing < STEADY_SHARE and self._person.is_habitual(self._filter.value, self.peak):
            events += self._come_home()
        trigger = self._watch.feed(sample.time, self.level, swing)
        if trigger and trigger is not Trigger.ROSE:
            events += self._end_lift(trigger)
        return events

    def pause(self) -> None:
        """Watch nothing for a while: a lift that is over by then was cut off, not lost."""
        self._unseen = Reason.CUT_OFF

    def finish(self) -> list[Refused]:
        """Return what can be said about a lift still in progress: nothing more will be seen.

        It is refused as cut off, for the face was not seen to relax.
        """
        events = self._cut_short(Reason.CUT_OFF)
        self._watch.forget()
        return events

    # Calibration, for the session

    def begin_rest(self) -> None:
        """Forget the rest level, and a lift in progress; learn rest anew from what comes."""
        self._watch.forget()
        self._person.forget_rest()
        self._buffer.clear()
        self._blinks.forget()
        self._rested = 0.0

    @property
    def rested(self) -> float:
        """Seconds of steady, relaxed face gathered since `begin_rest`; 0 again when disturbed."""
        return self._rested

    def adopt_lift(self) -> Calibrated:
        """Take the lift reported last as the practised one: its plateau is 1 from now on.

        The next repetition is number 1. Raises CalibrationError if there was none, or if its
        plateau cannot be a person's comfortable lift (under 0.35 or over 2.5 times the
        population's).
        """
        if self._last_lift is None:
            raise CalibrationError("no lift was seen to practise with: lift, hold, and let go")
        return self._adopt(self._last_lift)

    def practise(self, samples: Sequence[LiftSample]) -> Calibrated:
        """Take `samples`, which contain one held lift, as the practised lift.

        Raises CalibrationError as `adopt_lift` does.
        """
        blinks = _Blinks()
        seen = [
            signal
            for sample in samples
            if sample.face and abs(sample.lift) < ABSURD
            for signal in blinks.see_past(self._person.signal(sample))
        ]
        if seen:
            rest = self._person.rest
            lowest = float(np.percentile([sample.lift for sample in seen], 10))
            lift = measure(seen, lowest if math.isnan(rest) else rest, share=self._person.share)
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
        return math.nan if self.phase is Phase.LOST else self._person.level(self._filter.value)

    @property
    def apex_time(self) -> float | None:
        """When the lift in progress reached its plateau, seconds; None unless in HOLD.

        The cues of the hold are timed from it. It may still move while the plateau takes shape, to
        half a second later at most; once 1 s old it stands.
        """
        return self._watch.apex if self.phase is Phase.HOLD else None

    @property
    def peak(self) -> float:
        """The plateau of the lift in progress so far, in fractions; 0 at rest."""
        return self._watch.plateau

    @property
    def let_go(self) -> bool:
        """Whether the hold in progress is seen to be let go, though it is not over yet."""
        return self.phase is Phase.HOLD and self.level < AGAIN_SHARE * self.peak

    def refused_so_far(self) -> Reason | None:
        """Return why the lift in progress would not count if it ended now; None if it would.

        What only its end can tell is left out: how long it was held, how fast it came and went.
        """
        lift = self._measure() if self.phase is Phase.HOLD else None
        if lift is None:
            return None
        ended = replace(lift, offset=math.inf, quickest=math.inf)
        return self._refusal(ended)

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
        self._relaxed_since = self._now  # a rest that was not seen is none
        self._filter.reset()
        self._buffer.clear()
        self._blinks.forget()
        self._facing = math.nan
        self._pose = None
        self._person.doubt_rest(FOUND_TRUST_S)
        return FaceFound(self._now)

    def _lose_face(self) -> list[LiftEvent]:
        events = self._cut_short(self._unseen)
        self._watch.lose()
        self._rested = 0.0
        return [*events, FaceLost(self._now)]

    def _cut_short(self, reason: Reason) -> list[Refused]:
        if self._watch.plateau < REACHED_LEVEL:
            return []
        lift = self._measure()
        return [self._refuse(lift, reason)] if lift else []

    # Rest and the end of a lift

    def _watch_rest(self, sample: LiftSample, steady: bool, elapsed: float) -> None:
        self._follow_pose(elapsed)
        if not self.mouth_wide and not self._turned_away(elapsed):
            self._person.learn_rest(self._filter.value, elapsed)
            if abs(self.level) <= NEAR_REST:
                self._person.learn_signals(sample, elapsed)
        while self._buffer[0].time < self._now - BUFFER_S:
            self._buffer.popleft()
        if abs(self.level) > ROSE_LEVEL or self.mouth_wide:
            self._rested = 0.0
            return
        self._rested = self._rested + elapsed if steady else 0.0

    def _turned_away(self, elapsed: float) -> bool:
        """Return whether the head is turned from its usual yaw, which may change the level."""
        yaw = self._buffer[-1].yaw
        if math.isnan(yaw):
            return False
        if math.isnan(self._facing):
            self._facing = yaw
        self._facing += (yaw - self._facing) * min(1.0, elapsed / FACING_S)
        return abs(yaw - self._facing) > TURNED_AWAY_DEG

    def _follow_pose(self, elapsed: float) -> None:
        """Let the calibration know at which angle the next lift will be seen."""
        last = self._buffer[-1]
        if not math.isfinite(last.yaw + last.pitch):
            return
        if self._pose is None:
            self._pose = last.yaw, last.pitch
        yaw, pitch = self._pose
        share = min(1.0, elapsed / POSE_S)
        self._pose = yaw + (last.yaw - yaw) * share, pitch + (last.pitch - pitch) * share
        self._person.face(*self._pose)

    def _come_home(self) -> list[LiftEvent]:
        """Take the level for rest: what looked like a lift was the way back to it from below.

        Unless it went beyond it by a lift first: then that is over.
        """
        lifted = self.peak - self.level >= verdict.SMALLEST
        self._watch.forget()
        if lifted:
            return self._end_lift(Trigger.SETTLED)
        self._person.set_rest(self._filter.value, SETTLED_TRUST_S)
        return []

    def _end_lift(self, trigger: Trigger) -> list[LiftEvent]:
        settled = self._filter.value if trigger is Trigger.SETTLED else None
        lift = self._measure(settled)
        if trigger is not Trigger.RELAXED:
            self._person.set_rest(self._filter.value, SETTLED_TRUST_S)
        self._buffer = deque(s for s in self._buffer if s.time > self._now - CONFIRM_S)
        event = lift and self._judge(lift, fell=trigger is not Trigger.NEVER_FELL)
        if isinstance(event, Rep) and trigger is Trigger.RELAXED:
            self._person.confirm_rest()
        return [event] if event else []

    # What a lift was

    def _measure(self, settled: float | None = None) -> Lift | None:
        """Measure the lift in the buffer, which came to stay at `settled` if not at rest."""
        return measure(self._buffer, self._person.rest, settled, self._person.share)

    def _judge(self, lift: Lift, fell: bool) -> Rep | Refused | None:
        """Return what `lift` was, and learn from it; None if it is too small to be reported.

        `fell` says that it ended by letting go.
        """
        span, balance = self._person.span, self._person.balance
        above_half = lift.hold + (lift.rise + lift.fall) / 2
        if lift.plateau <= ROSE_LEVEL * span.whole or above_half <= MIN_REPORTED_S:
            return None
        reason = self._refusal(lift)
        if not fell:
            reason = reason if reason is Reason.HEAD_MOVED else Reason.NO_REST
        if lift.plateau >= verdict.SMALLEST * span.whole:
            self._relaxed_since = lift.relaxed
        weaker = verdict.weaker(lift, span, balance)
        event = self._refuse(lift, reason) if reason else self._count(lift)
        self._weaker = weaker
        return event

    def _refusal(self, lift: Lift) -> Reason | None:
        person, rested = self._person, lift.onset - self._relaxed_since
        return verdict.refusal(lift, person.span, person.balance, rested, person.smallest)

    def _refuse(self, lift: Lift, reason: Reason) -> Refused:
        peak = lift.plateau / self._person.whole_span
        self._last_lift = lift
        if reason is Reason.TOO_SMALL:
            self._person.learn_small_lift(lift)
        return Refused(
            time=self._now,
            reason=reason,
            onset=lift.onset,
            end=lift.end,
            hold=lift.hold,
            peak=peak,
        )

    def _count(self, lift: Lift) -> Rep:
        person = self._person
        height = verdict.heights(lift, person.span)
        self._last_lift = lift
        self._counted = (self._counted % self._set_size if self._set_size else self._counted) + 1
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
            notes=verdict.notes(lift, person.span, person.balance, person.is_own, self._weaker),
        )
        person.learn_lift(lift)
        return rep

    def _adopt(self, lift: Lift) -> Calibrated:
        self._person.adopt(lift)
        self.restart_numbers()
        return Calibrated(self._now, self._person.rest, self._person.seen_by_s(lift))


class _Blinks:
    """Sees past blinks, whose lids draw the landmarks along.

    It tells them from eyes that are shut, and from eyes that narrow.
    """

    def __init__(self) -> None:
        self._usual = math.nan
        self._time = math.nan
        self._before: LiftSample | None = None
        self._during: list[LiftSample] = []

    def see_past(self, signal: LiftSample) -> list[LiftSample]:
        """Take the next signal; return what can be measured now, in time order.

        In a blink that is nothing; once it is over, also what was seen in it, as far as it is what
        was seen around it. Without that a rise which a blink hides would seem to come at its end.
        """
        if self._blinks(signal.time, signal.eyes_open):
            self._during.append(signal)
            return []
        seen = [] if self._before is None else _between(self._before, self._during, signal)
        self._before = signal
        self._during = []
        return [*seen, signal]

    def forget(self) -> None:
        """Forget what was seen before, but not how far the eyes are open as a rule."""
        self._before = None
        self._during = []

    def _blinks(self, time: float, eyes_open: float) -> bool:
        if math.isnan(eyes_open):
            return False
        if math.isnan(self._usual):
            self._usual, self._time = eyes_open, time
        blink = eyes_open < verdict.SHUT * self._usual
        if blink and self._during and time - self._during[0].time >= EYES_S:
            self._usual, blink = eyes_open, False
        self._usual += (eyes_open - self._usual) * min(1.0, (time - self._time) / EYES_S)
        self._time = time
        return blink


def _between(
    before: LiftSample, during: Sequence[LiftSample], after: LiftSample
) -> list[LiftSample]:
    """Return what was seen during a blink, as far as it is what was seen before or after it."""
    bounds = {name: max(getattr(before, name), getattr(after, name)) for name in _DRAWN}
    return [
        replace(one, **{name: min(getattr(one, name), most) for name, most in bounds.items()})
        for one in during
    ]
