"""Rest days: from what is known of the past and the clocks, may a session begin?

Theory of operation
-------------------
A rest is a stretch of time that must pass after a moment: after a training day, after the third
last one (at most three in seven days), after a press that said "something hurts", after the
journal itself was restored or damaged. Each asks for so many calendar days and so many hours, and
a session may begin once every one is over.

Time is credited, never assumed: what counts is how many seconds have certainly passed since that
moment. The calendar is laid over these, not over today's wall clock: the date "now" is the date of
the moment plus the credited seconds. So no step of a clock shortens a rest, none can lock for
good, and leaving the device plugged in always ends a rest. Where nobody knew the time of day, a
day of rest is 24 hours credited. Where the zone has changed since, a day must have passed by the
old zone and by the new.

While the power was on, monotonic time is credited, up to the last checkpoint of each boot. While
it was off, time is credited only by a real-time clock that ran through: one that was trusted when
the power went and when it came back. Of several readings of a boot the least favourable ones are
taken, so that a correction, a mistake or a lie told while the power is on adds nothing; and what
the clock itself may be wrong by is taken off. A clock that claims more than `LONGEST_GAP_S`
without power is not believed, and nothing is credited for that gap. A time that a person sets
gives dates, but is never credited: two of them, with a power cut between, can claim any time.

`decide` applies the rules to a `History`, by the sums of `Credit`. `Past` carries the history on
while the device is awake.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from device.clock import ClockReading, ClockSource, TimeSetting
from device.coach.agenda import IllegalInput
from device.coach.events import Ending, SessionEnded
from device.coach.history import (
    CHECKPOINT_S,
    History,
    PastSession,
    SetbackKind,
    UnfinishedSession,
    interrupted_end,
)
from device.language import N_

HOUR_S = 3600.0
DAY_S = 86400.0

TRAINING_DOSE = 3
"""So many lifts on one calendar day, held 0.5 s or longer, make it a training day."""
REST_DAYS = 2
"""The next session is due on the second calendar day after a training day."""
REST_HOURS = 36.0
"""It is not due sooner than this after a session of that day ended, though it was late, hours."""
WEEK_DAYS, WEEK_SESSIONS = 7, 3
"""In any seven calendar days there are at most three training days."""
HURT_AGAIN_DAYS, HURT_LOCK_DAYS = 14.0, 7
"""A second press of "something hurts" within two weeks asks for a week of rest."""
SETBACK_DAYS = {SetbackKind.RESTORED: 1, SetbackKind.DAMAGED: 2}
"""Days of rest after the journal was restored or damaged. The latest sessions may not be in a
restored export, and none is in a new journal."""
NIGHT = (22, 7)
"""From and to which hour, local time, it is night."""

_ZONE_LIMIT_S = 14 * 3600
"""No place on earth is further from UTC, seconds; a zone that claims more counts as this."""


class Why(enum.Enum):
    """Why there is a rest."""

    NOTHING = "nothing"
    TRAINED = "trained"
    WEEK_FULL = "week_full"
    HURT = "hurt"
    HURT_AGAIN = "hurt_again"
    RESTORED = "restored"
    DAMAGED = "damaged"


_SENTENCES = {
    Why.NOTHING: N_("A session may begin."),
    Why.TRAINED: N_("The face rests between training days."),
    Why.WEEK_FULL: N_("There were three training days in the last seven."),
    Why.HURT: N_("Something hurt: one day of rest more."),
    Why.HURT_AGAIN: N_(
        "Something hurt twice within two weeks: a week of rest. "
        "The printed advice says whom to see about it."
    ),
    Why.RESTORED: N_("The journal was restored from an export: a day of rest first."),
    Why.DAMAGED: N_("The journal was damaged and set aside: two days of rest first."),
}

_CAN_DO = {
    ClockSource.RTC: N_("Nothing: the clock keeps counting, plugged in or not."),
    ClockSource.PERSON: N_("Leave it plugged in: only time with the power on counts."),
    ClockSource.UNTRUSTED: N_(
        "Leave it plugged in: only time with the power on counts. If it has a real-time clock, "
        "set the time with a stick: then time without power counts from then on."
    ),
}


@dataclass(frozen=True, slots=True)
class RestVerdict:
    """Whether a session may begin, and if not, why and until when.

    `seconds_left` is how much time must still be credited. `days_left` (0 to 9, at least 1 while
    locked) is what the bar shows: calendar days if the time is known, else days of 24 hours.
    `until_wall` is when the rest ends, seconds since 1970, UTC, if the time is known. `stay_on`
    says that time without power will not count, because no clock runs on. `sentence` and `can_do`
    tell the person why, and what they can do about it.
    """

    locked: bool
    days_left: int
    seconds_left: float
    until_wall: float | None
    stay_on: bool
    why: Why
    sentence: str
    can_do: str


@dataclass(frozen=True, slots=True)
class _Rest:
    """`days` calendar days, and at least `hours`, must pass after `since`."""

    since: ClockReading
    days: int
    hours: float
    why: Why


def decide(history: History, now: ClockReading) -> RestVerdict:
    """Return whether a session may begin at `now`, a reading of the latest boot.

        verdict = decide(journal.history(), clock.reading())
        if verdict.locked:
            print(verdict.sentence, verdict.can_do)

    Raises HistoryError if a row is of no boot that the history knows.
    """
    history = history.at(now)
    credit = Credit(history)
    left, why = 0.0, Why.NOTHING
    for rest in _rests(history, credit):
        owed = _length(rest, credit, now) - credit.passed(rest.since, now)
        if owed > left:
            left, why = owed, rest.why
    until = now.wall + left if left and now.source.trusted else None
    return RestVerdict(
        locked=left > 0,
        days_left=_days_left(left, now),
        seconds_left=left,
        until_wall=until,
        stay_on=left > 0 and now.source is not ClockSource.RTC,
        why=why,
        sentence=_SENTENCES[why],
        can_do=_CAN_DO[now.source] if left else "",
    )


def _rests(history: History, credit: Credit) -> Iterator[_Rest]:
    """Yield every rest that might not be over."""
    trained = list(islice(_training_days(history, credit), WEEK_SESSIONS))
    more = 0
    if history.hurts:
        hurt = history.hurts[-1]
        if _hurt_again(history, credit):
            yield _Rest(hurt, HURT_LOCK_DAYS, 24.0 * HURT_LOCK_DAYS, Why.HURT_AGAIN)
        else:
            yield _Rest(hurt, REST_DAYS + 1, REST_HOURS + 24.0, Why.HURT)
        if trained and _order(history, hurt) >= _order(history, trained[0]):
            more = 1
    if trained:
        yield _Rest(trained[0], REST_DAYS + more, REST_HOURS + 24.0 * more, Why.TRAINED)
    if len(trained) == WEEK_SESSIONS:
        yield _Rest(trained[-1], WEEK_DAYS + more, 0.0, Why.WEEK_FULL)
    for setback in history.setbacks:
        days = SETBACK_DAYS[setback.kind]
        yield _Rest(setback.at, days, 24.0 * days, Why(setback.kind.value))


def _training_days(history: History, credit: Credit) -> Iterator[ClockReading]:
    """Yield the ends of the sessions that made a day a training day, the latest first."""
    for index in range(len(history.sessions) - 1, -1, -1):
        session = history.sessions[index]
        dose = session.dose
        for other in reversed(history.sessions[:index] if 0 < dose < TRAINING_DOSE else ()):
            if not _same_day(other.ended, session.ended, credit):
                break
            dose += other.dose
        if dose >= TRAINING_DOSE:
            yield session.ended


def _hurt_again(history: History, credit: Credit) -> bool:
    if len(history.hurts) < 2:
        return False
    before, last = history.hurts[-2:]
    return credit.passed(before, last) <= HURT_AGAIN_DAYS * DAY_S


def _length(rest: _Rest, credit: Credit, now: ClockReading) -> float:
    """Return how many seconds must pass after `rest.since`."""
    walls = credit.dates(rest.since)
    if not walls:
        return max(rest.hours * HOUR_S, rest.days * DAY_S)
    zone = _zone(rest.since)
    midnights = (
        (_day(wall + zone) + rest.days) * DAY_S - (wall + other)
        for wall in walls
        for other in (zone, _zone(now))
    )
    return max(rest.hours * HOUR_S, *midnights)


def _same_day(earlier: ClockReading, later: ClockReading, credit: Credit) -> bool:
    """Return whether both may belong to one calendar day, by the zone of either."""
    passed = credit.passed(earlier, later)
    zones = (_zone(earlier), _zone(later))
    walls = credit.dates(earlier)
    if not walls:
        return passed < DAY_S
    return any(
        _day(wall + passed + after) <= _day(wall + before)
        for wall in walls
        for before in zones
        for after in zones
    )


def _order(history: History, reading: ClockReading) -> tuple[int, float]:
    return history.place(reading), reading.monotonic


def _zone(reading: ClockReading) -> int:
    return max(-_ZONE_LIMIT_S, min(_ZONE_LIMIT_S, reading.utc_offset))


def _day(local: float) -> int:
    """Return the number of the calendar day of a local wall time."""
    return math.floor(local / DAY_S)


def _days_left(left: float, now: ClockReading) -> int:
    if left <= 0:
        return 0
    if not now.source.trusted:
        return math.ceil(left / DAY_S)
    local = now.wall + _zone(now)
    return max(1, _day(local + left) - _day(local))


RTC_DRIFT = 1e-4
"""A real-time clock may run fast by this fraction, several times the error of a poor crystal."""
RTC_STEP_S = 2.0
"""A real-time clock is read in whole seconds, at both ends of a gap."""
LONGEST_GAP_S = 8 * 86400.0
"""Longest time without power that a clock is believed, seconds. No rest is longer (a week, and a
day more after a hurt), so nobody needs more. Longer gaps are claimed by clocks with an upset digit;
who was truly away rests the ordinary days again."""
UNWRITTEN_S = 2 * CHECKPOINT_S
"""A row may be of so long after its boot's last checkpoint, seconds: it comes within one
checkpoint, and the end of an interrupted session is guessed one later."""


class Credit:
    """How much time has certainly passed, by the clocks of one history.

    The latest boot of `history` ends with the present::

        credit = Credit(history.at(now))
        credit.passed(session.ended, now)  # seconds
    """

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

        The sum may be a little below 0 if `since` is the guessed end of an interrupted session.
        """
        if since.boot == until.boot:
            return until.monotonic - since.monotonic
        boots = self._history.boots
        first, last = self._history.place(since), self._history.place(until)
        # When each boot began, at the earliest, on an axis that has `since` at 0.
        began = -since.monotonic
        for index in range(first + 1, last + 1):
            earliest = max(began + boots[index - 1].last.monotonic, -UNWRITTEN_S)
            if self._is_gap_known(index):
                claimed = self._run(index).earliest - self._run(index - 1).latest
                earliest = max(earliest, began + claimed * (1.0 - RTC_DRIFT) - RTC_STEP_S)
            began = earliest
        return began + until.monotonic

    def dates(self, moment: ClockReading) -> list[float]:
        """Return the wall time of `moment` by every trusted clock, seconds since 1970, UTC.

        A clock that was trusted only later in the same boot dates the moment too.
        """
        readings = (moment, *self._run(self._history.place(moment)).readings)
        return [
            reading.wall - (reading.monotonic - moment.monotonic)
            for reading in readings
            if reading.source.trusted and reading.monotonic >= moment.monotonic
        ]

    def _is_gap_known(self, index: int) -> bool:
        """Return whether a real-time clock ran through the gap before this boot, and is believed.

        A clock is not believed after a restore: the export may bring along a time that a person
        set, by which the chip is read from the next boot on.
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


@dataclass(frozen=True, slots=True)
class _Run:
    """What is known of the clocks during one boot.

    By its trusted `readings` it began between `earliest` and `latest`, seconds since 1970; both are
    0 if no reading is trusted.
    """

    readings: tuple[ClockReading, ...]
    earliest: float
    latest: float


class Past:
    """The journal's history, carried on with what has happened since it was read.

    Times are monotonic seconds. Before the first `read_clock` the time is not known, and `now` and
    all that needs it raise IllegalInput::

        past = Past(journal.history())
        past.read_clock(clock.reading())
        past.verdict(time).locked  # whether a session may not begin
    """

    def __init__(self, history: History) -> None:
        self.history = history
        self._reading: ClockReading | None = None

    @property
    def knows_the_time(self) -> bool:
        """Whether there has been a clock reading."""
        return self._reading is not None

    def read_clock(self, reading: ClockReading) -> None:
        """Take a reading of all clocks."""
        self._reading = reading
        self.history = self.history.at(reading)

    def now(self, time: float) -> ClockReading:
        """Return the last reading, carried on to `time`, in monotonic seconds.

        Raises IllegalInput before the first reading.
        """
        last = self._reading
        if last is None:
            raise IllegalInput("coach: no clock reading yet, so no time can be told")
        return replace(last, monotonic=time, wall=last.wall + time - last.monotonic)

    def verdict(self, time: float) -> RestVerdict:
        """Return whether a session may begin at `time`, and if not, why; raises what `now` does."""
        return decide(self.history, self.now(time))

    def add_session(self, ended: ClockReading, dose: int) -> None:
        """Add a session that ended at `ended`."""
        sessions = (*self.history.sessions, PastSession(ended, dose))
        self.history = replace(self.history, sessions=sessions)

    def close(self, unfinished: UnfinishedSession) -> SessionEnded:
        """Add a session that the power cut short, and return its end: the latest there can be."""
        ended = interrupted_end(unfinished.last)
        self.add_session(ended, unfinished.dose)
        lifts = (unfinished.reps, unfinished.lifts, unfinished.dose)
        return SessionEnded(ended.monotonic, Ending.INTERRUPTED, *lifts)

    def add_hurt(self, time: float) -> None:
        """Add a press at `time` that said that something hurts."""
        self.history = replace(self.history, hurts=(*self.history.hurts, self.now(time)))

    def add_time_setting(self, setting: TimeSetting) -> None:
        """Add a time that a person set."""
        self.read_clock(setting.after)
        self.history = replace(self.history, time_sets=(*self.history.time_sets, setting))

    def is_night(self, time: float) -> bool | None:
        """Return whether it is night at `time`; None if the hour is not known."""
        return None if self._reading is None else is_night(self.now(time))


def is_night(now: ClockReading) -> bool | None:
    """Return whether it is night at `now`; None if that clock does not know the hour."""
    if not now.source.trusted:
        return None
    hour = (now.wall + now.utc_offset) % DAY_S / HOUR_S
    return hour >= NIGHT[0] or hour < NIGHT[1]
