"""What a session has come to: repetitions, lifts, and what counts towards the dose."""

from __future__ import annotations

import math

from device.coach.events import Ending, SessionEnded
from device.coach.exercises import COUNTS_FROM_S, Dose


class Tally:
    """Counts each lift once, also one that a pause or a stop cut short; all holds in seconds."""

    def __init__(self) -> None:
        self.reps = self.lifts = self.dose = 0
        self._cut_short = 0.0
        self._cut_at = 0.0

    def judged(self, held: float) -> None:
        """A lift was judged; if something had cut it short before, this was it."""
        self._cut_short = 0.0
        self._count(held)

    def cut_short(self, held: float, time: float) -> None:
        """A lift was cut short at `time` after so long; it may yet be judged."""
        self._cut_short, self._cut_at = max(self._cut_short, held), time

    def settle(self, apex: float = math.inf) -> None:
        """Nobody will judge a lift that was cut short before `apex`: count it as far as it went.

        `apex` is when another plateau began. One that began before is of the lift itself, seen
        again so soon that it goes on.
        """
        if self._cut_at > apex:
            return
        if self._cut_short >= COUNTS_FROM_S:
            self._count(self._cut_short)
        self._cut_short = 0.0

    def is_enough(self, dose: Dose) -> bool:
        """Whether there were enough repetitions or lifts."""
        return self.reps >= dose.reps or self.dose >= dose.lifts

    def ended(self, time: float, ending: Ending) -> SessionEnded:
        """Return the end of a session that came to this."""
        return SessionEnded(time, ending, self.reps, self.lifts, self.dose)

    def _count(self, held: float) -> None:
        self.lifts += 1
        self.dose += held >= COUNTS_FROM_S
