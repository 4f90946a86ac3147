"""How much time has certainly passed: credited, never assumed.

While the power was on, monotonic time counts, up to the last checkpoint of each boot. While it
was off, time counts only by a real-time clock that ran through: it was believed when the power
went and when it came back. What a person says the time is gives dates and is never credited, for
two such words with a power cut between them can claim any time at all. Of several readings of a
boot the least favourable ones are taken, so that a correction, a mistake or a lie told while the
power is on adds nothing; and what the clock itself may be wrong by is taken off.

A clock that claims more than `LONGEST_GAP_S` without power is doubted, and that gap is credited
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from device.clock import ClockReading, ClockSource
from device.coach.history import CHECKPOINT_S, History, SetbackKind

RTC_DRIFT = 1e-4
"""A real-time clock may run fast by this much: several times a poor crystal's error."""
RTC_STEP_S = 2.0
"""It is read in whole seconds, at both ends."""
LONGEST_GAP_S = 8 * 86400.0
"""No rest is longer (a week, and a day more after a hurt), so nobody needs more of one gap. Longer
ones are claimed by clocks with an upset digit; who was truly away rests the ordinary days again."""


@dataclass(frozen=True, slots=True)
class _Run:
    """What is known of the clocks during one boot.

    It began between `earliest` and `latest`, seconds since 1970, by the trusted ones of its
    `readings`; both are 0 if there are none.
    """

    readings: tuple[ClockReading, ...]
    earliest: float
    latest: float


UNWRITTEN_S = 2 * CHECKPOINT_S
"""A row comes at most one checkpoint after its boot's last, the end guessed from it another."""


class Credit:
    """Reckons with the clocks of one history, whose latest boot ends with the present."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._runs: dict[int, _Run] = {}
        self._sets: dict[str, list[ClockReading]] = {}
        for setting in history.time_sets:
            self._sets.setdefault(setting.after.boot, []).extend((setting.before, setting.after))
        restored = (s.at.boot for s in history.setbacks if s.kind is SetbackKind.RESTORED)
        self._restored_in = frozenset(restored)

    def passed(self, since: ClockReading, until: ClockReading) -> float:
        """Return how many seconds certainly passed between two readings; never too many.

        It may be a little under 0 if `since` is the guessed end of an interrupted session.
        """
        if since.boot == until.boot:
            return until.monotonic - since.monotonic
        boots = self._history.boots
        first, last = self._history.place(since), self._history.place(until)
        # When each boot began, at the earliest, on an axis that has `since` at 0.
        began = -since.monotonic
        for index in range(first + 1, last + 1):
            earliest = max(began + boots[index - 1].last.monotonic, -UNWRITTEN_S)
            if self._may_tell_of_the_gap(index):
                claimed = self._run(index).earliest - self._run(index - 1).latest
                earliest = max(earliest, began + claimed * (1.0 - RTC_DRIFT) - RTC_STEP_S)
            began = earliest
        return began + until.monotonic

    def dates(self, moment: ClockReading) -> list[float]:
        """Return what the wall clock read at `moment`, by every trusted clock that could tell.

        A clock that became known later in the same boot dates it too. Seconds since 1970, UTC.
        """
        readings = (moment, *self._run(self._history.place(moment)).readings)
        return [
            reading.wall - (reading.monotonic - moment.monotonic)
            for reading in readings
            if reading.source.trusted and reading.monotonic >= moment.monotonic
        ]

    def _may_tell_of_the_gap(self, index: int) -> bool:
        """Whether a real-time clock ran through the gap before this boot, and claims no wonder.

        A restore may bring a time that a person set along: the clock then tells another time at
        the next boot than in the one in which the journal was restored.
        """
        last, first = self._history.boots[index - 1].last, self._history.boots[index].first
        ran_through = last.source is first.source is ClockSource.RTC
        claimed = (first.wall - first.monotonic) - last.wall
        return ran_through and claimed <= LONGEST_GAP_S and last.boot not in self._restored_in

    def _run(self, index: int) -> _Run:
        if index not in self._runs:
            boot = self._history.boots[index]
            sets = self._sets.get(boot.first.boot, ())
            self._runs[index] = _run((boot.first, *sets, boot.last))
        return self._runs[index]


def _run(readings: tuple[ClockReading, ...]) -> _Run:
    starts = [r.wall - r.monotonic for r in readings if r.source.trusted]
    return _Run(readings, min(starts, default=0.0), max(starts, default=0.0))
