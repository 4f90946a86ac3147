"""Rest days: from what is known of the past and the clocks, may a session begin?

Theory of operation
-------------------
A rest is a stretch of time that must pass after a moment: after a training day, after the third
last one (at most three in seven days), after a press that said "something hurts", after the
journal itself was restored or damaged. Each says how many calendar days and how many hours.

Time is credited, never assumed: `credit.py` adds up only what has certainly passed since that
moment. The calendar is laid over this credited time, not over today's wall clock: the date "now"
is the date of the moment plus the credited seconds. So no step of any clock shortens a rest, none
can lock for good, and leaving the device plugged in always ends the rest.

Where nobody knew the time of day, a day of rest is 24 h credited. Where the zone changed since,
a day must have passed by the old zone and by the new.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from device.clock import ClockReading, ClockSource
from device.coach.credit import Credit
from device.coach.history import History, SetbackKind

HOUR_S = 3600.0
DAY_S = 86400.0

TRAINING_DOSE = 3
"""The third lift of a calendar day that was held makes it a training day."""
REST_DAYS = 2
"""The next session is due on the second calendar day after a training day ..."""
REST_HOURS = 36.0
"""... and not before this long after the session ended."""
WEEK_DAYS = 7
"""At most `WEEK_SESSIONS` training days in any so many calendar days."""
WEEK_SESSIONS = 3
HURT_AGAIN_DAYS = 14.0
"""A second press of "something hurts" within so many days locks for `HURT_LOCK_DAYS`."""
HURT_LOCK_DAYS = 7
SETBACK_DAYS = {SetbackKind.RESTORED: 1, SetbackKind.DAMAGED: 2}

LONGEST_DAY_S = 3 * DAY_S
"""A day with a voyage round the world in it is shorter."""
_ZONE_LIMIT_S = 14 * 3600
"""No place on earth is further from UTC; a wilder setting counts as this."""


class Why(enum.Enum):
    """What the rest is for."""

    NOTHING = "nothing"
    TRAINED = "trained"
    WEEK_FULL = "week_full"
    HURT = "hurt"
    HURT_AGAIN = "hurt_again"
    RESTORED = "restored"
    DAMAGED = "damaged"


_SENTENCES = {
    Why.NOTHING: "A session may begin.",
    Why.TRAINED: "The face rests between training days.",
    Why.WEEK_FULL: "There were three training days in the last seven.",
    Why.HURT: "Something hurt: one day of rest more.",
    Why.HURT_AGAIN: (
        "Something hurt twice within two weeks: a week of rest. "
        "The printed advice says whom to see about it."
    ),
    Why.RESTORED: "The journal was restored from an export: a day of rest first.",
    Why.DAMAGED: "The journal was damaged and set aside: two days of rest first.",
}

_CAN_DO = {
    ClockSource.RTC: "Nothing: the clock keeps counting, plugged in or not.",
    ClockSource.PERSON: "Leave it plugged in: only time with the power on counts.",
    ClockSource.UNTRUSTED: (
        "Leave it plugged in: only time with the power on counts. If it has a real-time clock, "
        "set the time with a stick: then time without power counts from then on."
    ),
}


@dataclass(frozen=True, slots=True)
class RestVerdict:
    """Whether a session may begin, and if not, why and until when.

    `seconds_left` is how much credited time is still owed; `days_left` (0 to 9, at least 1 while
    locked) is what the bar shows: calendar days if the time is known, else days of 24 h.
    `until_wall` is when it ends, seconds since 1970 in UTC, if the time is known. `stay_on`: time
    without power will not count, for no clock runs on.
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
    """Return whether a session may begin at `now`, which is of the latest boot.

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
    """Every rest that might still be owed."""
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
        if session.dose and dose >= TRAINING_DOSE:
            yield session.ended


def _hurt_again(history: History, credit: Credit) -> bool:
    if len(history.hurts) < 2:
        return False
    before, last = history.hurts[-2:]
    return credit.passed(before, last) <= HURT_AGAIN_DAYS * DAY_S


def _length(rest: _Rest, credit: Credit, now: ClockReading) -> float:
    """Seconds that must pass after `rest.since`."""
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
    """Whether both may belong to one calendar day, by the zone of either."""
    passed = credit.passed(earlier, later)
    if passed > LONGEST_DAY_S:
        return False
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
    """Number of the calendar day of a local wall time."""
    return math.floor(local / DAY_S)


def _days_left(left: float, now: ClockReading) -> int:
    if left <= 0:
        return 0
    if not now.source.trusted:
        return math.ceil(left / DAY_S)
    local = now.wall + _zone(now)
    return max(1, _day(local + left) - _day(local))
