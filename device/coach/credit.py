"""How much time has certainly passed: credited, never assumed.

While the power was on, monotonic time counts, up to the last checkpoint of each boot. While it
was off, time counts only between two readings of one clock that could be trusted: a real-time
clock that still runs at the next boot, or a person who set the time in both. Of several readings
of a boot the least favourable ones are taken, so that a correction, a mistake or a lie told while
the power is on adds nothing; and what the clock itself may be wrong by is taken off.
"""

from __future__ import annotations

from dataclasses import dataclass

from device.clock import ClockReading, ClockSource
from device.coach.history import CHECKPOINT_S, History

RTC_DRIFT = 1e-4
"""A real-time clock may run fast by this much: several times a poor crystal's error."""
RTC_STEP_S = 2.0
"""It is read in whole seconds, at both ends."""
PERSON_ERROR_S = 120.0
"""A person presses within a minute of the time they named, at both ends."""


@dataclass(frozen=True, slots=True)
class _Run:
    """What is known of the clocks during one boot.

    It began between `earliest` and `latest`, seconds since 1970, by the trusted ones of its
    `readings`; both are 0 if there are none.
    """

    readings: tuple[ClockReading, ...]
    earliest: float
    latest: float
    by_rtc: bool
    by_person: bool


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
        run = self._run(first)
        set_by_person = (run, began) if run.by_person else None
        for index in range(first + 1, last + 1):
            before, run = run, self._run(index)
            earliest = max(began + boots[index - 1].last.monotonic, -UNWRITTEN_S)
            if before.by_rtc and self._rtc_ran_through(index):
                gap = (run.earliest - before.latest) * (1.0 - RTC_DRIFT) - RTC_STEP_S
                earliest = max(earliest, began + gap)
            if run.by_person:
                if set_by_person is not None:
                    then, at = set_by_person
                    gap = run.earliest - then.latest - PERSON_ERROR_S
                    earliest = max(earliest, at + gap)
                set_by_person = (run, earliest)
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

    def _rtc_ran_through(self, index: int) -> bool:
        """Whether the clock that the boot before ended with still ran when this one began."""
        before, after = self._history.boots[index - 1], self._history.boots[index]
        return before.last.source.trusted and after.first.source is ClockSource.RTC

    def _run(self, index: int) -> _Run:
        if index not in self._runs:
            boot = self._history.boots[index]
            sets = self._sets.get(boot.first.boot, ())
            self._runs[index] = _run((boot.first, *sets, boot.last))
        return self._runs[index]


def _run(readings: tuple[ClockReading, ...]) -> _Run:
    starts = [r.wall - r.monotonic for r in readings if r.source.trusted]
    sources = {reading.source for reading in readings}
    return _Run(
        readings,
        min(starts, default=0.0),
        max(starts, default=0.0),
        ClockSource.RTC in sources,
        ClockSource.PERSON in sources,
    )
