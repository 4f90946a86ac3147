"""The judge: measured lifts in, repetitions and refusals out; what they teach is learnt here."""

from __future__ import annotations

import math

from device.coach import verdict
from device.coach.events import Calibrated, Note, Reason, Refused, Rep
from device.coach.own_range import CalibrationError, OwnRange
from device.coach.segmentation import Lift
from device.vision.personal_range import PersonalRange

WORTH_A_WORD_S = 0.15
"""A shorter stay above half its height is no lift that anyone wants to hear about, seconds ..."""
WORTH_A_WORD = 0.35
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
        high = lift.plateau > WORTH_A_WORD * self._person.span.whole
        return high and above_half > WORTH_A_WORD_S

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
