"""An independent, plain statement of the rest rules, by someone who knows the true time.

It shares no code with the device. It says whether a session may begin, given what really
happened, and it names the rule that forbids it. Where the device had no clock to believe, a day
of rest is 24 hours; where it had one, the calendar is that clock's, right or wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

HOUR = 3600.0
DAY = 24 * HOUR
LONGEST_DAY = 50 * HOUR
"""No calendar day lasts longer, even for a person who travels round the world in it, seconds."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Moment:
    """When something really happened, in which zone, and how wrong the clock was, if any was."""

    time: float
    zone: int
    clock_error: float | None

    def date(self, later: float = 0.0, zone: int | None = None) -> date:
        """Return the date that this moment's clock shows so much later, here or in `zone`."""
        seconds = self.time + later + (self.clock_error or 0.0)
        return (_EPOCH + timedelta(seconds=seconds + (self.zone if zone is None else zone))).date()


@dataclass
class Oracle:
    """Everything that really happened to one device."""

    sessions: list[tuple[Moment, int]] = field(default_factory=list)
    hurts: list[Moment] = field(default_factory=list)
    setbacks: list[tuple[float, int]] = field(default_factory=list)
    fooled: list[tuple[float, float]] = field(default_factory=list)
    """When the only clock that could be believed gained on the true time, and how much."""

    def copy(self) -> Oracle:
        """Return what an export of the journal would bring back."""
        return Oracle([*self.sessions], [*self.hurts], [*self.setbacks], [*self.fooled])

    def forbids(self, now: float, zone: int) -> str | None:
        """Return the rule that forbids a session at the true time `now`, or None."""
        return next((rule for rule, kept in self.rules(now, zone) if not kept), None)

    def rules(self, now: float, zone: int) -> Iterator[tuple[str, bool]]:
        """Yield each rule that has something to say, and whether a session now would keep it."""
        trained = self._training_days()
        more = 1 if self.hurts and trained and self.hurts[-1].time >= trained[-1].time else 0
        if trained:
            kept = self._passed(trained[-1], 2 + more, 36 + 24 * more, now, zone)
            yield "the second calendar day and 36 hours after a training day", kept
        if len(trained) >= 3:
            kept = self._passed(trained[-3], 7 + more, 0, now, zone)
            yield "three training days in seven", kept
        if self.hurts:
            times = [hurt.time for hurt in self.hurts[-2:]]
            if len(times) > 1 and self._elapsed(*times) <= 14 * DAY:
                kept = self._passed(self.hurts[-1], 7, 7 * 24, now, zone)
                yield "something hurt twice in two weeks", kept
            else:
                kept = self._passed(self.hurts[-1], 3, 60, now, zone)
                yield "something hurt", kept
        for time, days in self.setbacks:
            kept = self._elapsed(time, now) >= days * DAY
            yield "the journal was restored or damaged", kept

    def _training_days(self) -> list[Moment]:
        """The last three sessions with which, or after which, a day had three lifts."""
        trained: list[Moment] = []
        for index in range(len(self.sessions) - 1, -1, -1):
            moment, dose = self.sessions[index]
            if dose and self._lifts_of_the_day(index) >= 3:
                trained.insert(0, moment)
            if len(trained) == 3:
                break
        return trained

    def _lifts_of_the_day(self, index: int) -> int:
        """The lifts of a session and of those before it on the same day.

        What came before a session of an earlier day was on an earlier day too, whether or not
        anybody knew its date.
        """
        moment, lifts = self.sessions[index]
        for other, dose in reversed(self.sessions[:index]):
            if other.time < moment.time - LONGEST_DAY or not self._same_day(other, moment):
                break
            lifts += dose
        return lifts

    def _passed(self, since: Moment, days: int, hours: float, now: float, zone: int) -> bool:
        elapsed = self._elapsed(since.time, now)
        if elapsed < hours * HOUR:
            return False
        if since.clock_error is None:
            return elapsed >= days * DAY
        first = since.date() + timedelta(days=days)
        return all(since.date(elapsed, z) >= first for z in (since.zone, zone))

    def _same_day(self, earlier: Moment, later: Moment) -> bool:
        passed = self._elapsed(earlier.time, later.time)
        if earlier.clock_error is None:
            return passed < DAY
        return earlier.date() == earlier.date(passed, later.zone)

    def _elapsed(self, since: float, until: float) -> float:
        """How much time passed, as far as anyone could believe."""
        return until - since + sum(gain for at, gain in self.fooled if since <= at <= until)
