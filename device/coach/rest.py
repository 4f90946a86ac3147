"""Rest days: from what is known of the past and the clocks, may a session begin?

Theory of operation
-------------------
A rest is a stretch of time that must pass after a moment: after a training day, after the third
last one (at most three in seven days), after a press that said "something hurts", after the
journal itself was restored or damaged. Each says how many calendar days and how many hours.

Time is credited, never assumed. `credited` adds up only what is certain to have passed since
that moment: the power was on (monotonic time, up to the last checkpoint of each boot), or the
power was off between two readings of one clock that could be trusted. The calendar is laid over
this credited time, not over today's wall clock: the date "now" is the date of the moment plus
the credited seconds. So no step of any clock shortens a rest, none can lock for good, and leaving
the device plugged in always ends the rest.

Where nobody knew the time of day, a day of rest is 24 h credited. Where the zone changed since,
a day must have passed by the old zone and by the new.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterator
from dataclasses import dataclass

from device.clock import ClockReading, ClockSource
from device.coach.history import Boot, History, PastSession, SetbackKind

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

RTC_DRIFT = 1e-4
"""A real-time clock may run fast by this much: ten times a poor crystal's error."""
RTC_STEP_S = 2.0
"""It is read in whole seconds, at both ends."""
PERSON_ERROR_S = 120.0
"""A person presses within a minute of the time they named, at both ends."""
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
    ClockSource.PERSON: "Leave it plugged in; after a power cut, set the time again with a stick.",
    ClockSource.UNTRUSTED: (
        "Leave it plugged in: while the time is not known, only time with the power on counts. "
        "Setting the time with a stick makes the time from then on count."
    ),
}


@dataclass(frozen=True, slots=True)
class RestVerdict:
    """Whether a session may begin, and if not, why and until when.

    `seconds_left` is how much credited time is still owed; `days_left` (0 to 9, at least 1 while
    locked) is what the bar shows: calendar days if the time is known, else days of 24 h.
    `until_wall` is when it ends, seconds since 1970 in UTC, if the time is known.
    """

    locked: bool
    days_left: int
    seconds_left: float
    until_wall: float | None
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
    """Return whether a session may begin at `now`, which is of the latest boot."""
    history = history.at(now)
    left, why = 0.0, Why.NOTHING
    for rest in _rests(history):
        owed = _length(rest, history, now) - credited(history, rest.since, now)
        if owed > left:
            left, why = owed, rest.why
    until = now.wall + left if left and now.source.trusted else None
    return RestVerdict(
        locked=left > 0,
        days_left=_days_left(left, now),
        seconds_left=left,
        until_wall=until,
        why=why,
        sentence=_SENTENCES[why],
        can_do=_CAN_DO[now.source] if left else "",
    )


def training_sessions(history: History) -> Iterator[PastSession]:
    """Yield the sessions that made, or fell on, a training day; the latest first."""
    for index in range(len(history.sessions) - 1, -1, -1):
        session = history.sessions[index]
        dose = session.dose
        earlier = index - 1
        while 0 < dose < TRAINING_DOSE and earlier >= 0:
            if not _same_day(history, history.sessions[earlier].ended, session.ended):
                break
            dose += history.sessions[earlier].dose
            earlier -= 1
        if session.dose and dose >= TRAINING_DOSE:
            yield session


def credited(history: History, since: ClockReading, until: ClockReading) -> float:
    """Return how many seconds certainly passed from `since` to `until`; never too many.

    Both are of boots that `history` knows.
    """
    if since.boot == until.boot:
        return max(0.0, until.monotonic - since.monotonic)
    boots = history.boots
    first, last = history.place(since), history.place(until)
    # When each boot began, at the earliest, on an axis that has `since` at 0.
    began = -since.monotonic
    on_until = max(0.0, began + boots[first].last.monotonic)
    person = (first, began)
    for index in range(first + 1, last + 1):
        began_before, began = began, on_until
        gap = _rtc_gap(history, boots[index - 1], boots[index])
        if gap is not None:
            began = max(began, began_before + gap)
        gap = _person_gap(history, boots[person[0]], boots[index])
        if gap is not None:
            began = max(began, person[1] + gap)
        if _set_by_person(history, boots[index]):
            person = (index, began)
        on_until = began + boots[index].last.monotonic
    return max(0.0, began + until.monotonic)


def _rests(history: History) -> Iterator[_Rest]:
    """Every rest that might still be owed."""
    trained: list[ClockReading] = []
    for session in training_sessions(history):
        trained.append(session.ended)
        if len(trained) == WEEK_SESSIONS:
            break
    more = 0
    if history.hurts:
        hurt = history.hurts[-1]
        again = len(history.hurts) > 1 and (
            credited(history, history.hurts[-2], hurt) <= HURT_AGAIN_DAYS * DAY_S
        )
        if again:
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


def _length(rest: _Rest, history: History, now: ClockReading) -> float:
    """Seconds that must pass after `rest.since`."""
    walls = _dates(history, rest.since)
    if not walls:
        return max(rest.hours * HOUR_S, rest.days * DAY_S)
    zone = _zone(rest.since)
    midnights = (
        (_day(wall + zone) + rest.days) * DAY_S - (wall + other)
        for wall in walls
        for other in (zone, _zone(now))
    )
    return max(rest.hours * HOUR_S, *midnights)


def _same_day(history: History, earlier: ClockReading, later: ClockReading) -> bool:
    """Whether both may belong to one calendar day, by the zone of either."""
    passed = credited(history, earlier, later)
    zones = (_zone(earlier), _zone(later))
    walls = _dates(history, earlier)
    if not walls:
        return passed < DAY_S
    return any(
        _day(wall + before) == _day(wall + passed + after)
        for wall in walls
        for before in zones
        for after in zones
    )


def _dates(history: History, moment: ClockReading) -> list[float]:
    """What the wall clock read at `moment`, by every trusted clock that could tell.

    A clock that became known later in the same boot dates it too. Where they disagree, rest
    lasts until all are satisfied.
    """
    readings = [moment, *_readings(history, history.boots[history.place(moment)])]
    return [
        reading.wall - (reading.monotonic - moment.monotonic)
        for reading in readings
        if reading.source.trusted and reading.monotonic >= moment.monotonic
    ]


def _rtc_gap(history: History, before: Boot, after: Boot) -> float | None:
    """Seconds from one boot's start to the next one's by the clock that ran through, if one did."""
    ran = any(reading.source is ClockSource.RTC for reading in _readings(history, before))
    if not (ran and before.last.source.trusted and after.first.source is ClockSource.RTC):
        return None
    gap = _least_gap(history, before, after)
    return gap * (1.0 - RTC_DRIFT) - RTC_STEP_S


def _person_gap(history: History, before: Boot, after: Boot) -> float | None:
    """Seconds between the starts of two boots in both of which a person set the time."""
    if not (_set_by_person(history, before) and _set_by_person(history, after)):
        return None
    return _least_gap(history, before, after) - PERSON_ERROR_S


def _least_gap(history: History, before: Boot, after: Boot) -> float:
    """The least that any two trusted readings allow, so a correction never adds time."""
    starts = [
        [r.wall - r.monotonic for r in _readings(history, boot) if r.source.trusted]
        for boot in (before, after)
    ]
    return min(starts[1]) - max(starts[0])


def _set_by_person(history: History, boot: Boot) -> bool:
    return any(reading.source is ClockSource.PERSON for reading in _readings(history, boot))


def _readings(history: History, boot: Boot) -> list[ClockReading]:
    """All readings kept of a boot."""
    sets = [
        reading
        for time_set in history.time_sets
        if time_set.after.boot == boot.first.boot
        for reading in (time_set.before, time_set.after)
    ]
    return [boot.first, *sets, boot.last]


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
