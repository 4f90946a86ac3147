"""The numbers and dates of the report: weeks, months, a calendar, what hurt, the last lifts."""

from __future__ import annotations

import math
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import median

from device.clock import ClockReading
from device.coach import events, history, rest
from device.doctor import Finding
from device.journal import (
    Calendar,
    PastFault,
    SessionSummary,
    hurts,
    last_session,
    latest_faults,
    load_history,
    massages,
    reading_of,
    sessions,
    stamp_columns,
    unfinished_session,
)
from device.sample import LiftSample
from device.trace import samples_of

CALENDAR_WEEKS = 6
MOST_WEEKS = 53
"""The plots show one year; sessions.csv and reps.csv hold everything."""
RECENT_DAYS = 28
MOST_YEARS = 10
"""How many years back the consistency is shown."""
MOST_SESSIONS = 3 * MOST_WEEKS
"""Without dates there are no weeks: the plots show so many of the latest sessions, one by one."""
SESSIONS_A_MONTH = 12
"""Without dates so many sessions in a row stand for a month."""
MOST_HURTS = 10
"""How many presses of "something hurts" are told, the latest ones."""
_LATEST_FAULTS = 20
"""Of so many of the latest faults each kind is told once."""

_DAY = timedelta(days=1)
_DATE_LINE = _DAY
"""How far ahead of today a date may be: where a traveller trained it may be tomorrow already."""
_SHOWN = (MOST_WEEKS + 1) * 7 * _DAY
_COUNTED = MOST_YEARS * 366 * _DAY

_AROUND_S = 0.5
"""How much of a trace is drawn before and after a lift."""
_DRAWN_EVERY_S = 0.06
"""A trace is drawn with about 15 samples a second: more make the page larger, and not clearer."""


@dataclass(slots=True)
class Tally:
    """Sums over some sessions. Holds are in seconds; `sessions` and the others are counts."""

    sessions: int = 0
    reps: int = 0
    held: float = 0.0
    shortest_hold: float = math.inf
    longest_hold: float = -math.inf
    refused: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)

    def add(self, session: SessionSummary) -> None:
        """Count one session in."""
        self.sessions += 1
        self.reps += session.reps
        self.held += sum(session.holds)
        self.shortest_hold = min(self.shortest_hold, *session.holds, math.inf)
        self.longest_hold = max(self.longest_hold, *session.holds, -math.inf)
        self.refused.update(session.refused)
        self.notes.update(session.notes)

    def merge(self, other: Tally) -> None:
        """Count in what another tally counted."""
        self.sessions += other.sessions
        self.reps += other.reps
        self.held += other.held
        self.shortest_hold = min(self.shortest_hold, other.shortest_hold)
        self.longest_hold = max(self.longest_hold, other.longest_hold)
        self.refused.update(other.refused)
        self.notes.update(other.notes)

    @property
    def judged(self) -> int:
        """How many lifts counted or were refused; a practised lift is neither."""
        return self.reps + self.refused.total()

    @property
    def steady(self) -> int:
        """How many reps were held steadily."""
        return self.reps - self.notes[events.Note.UNSTEADY]

    @property
    def mean_hold(self) -> float:
        """The mean hold of the reps, seconds; 0 without reps."""
        return self.held / self.reps if self.reps else 0.0


@dataclass(frozen=True, slots=True)
class Week:
    """A week that begins on Monday `start`.

    `training` and `massage` are the numbers of its days with either; `hurt` says whether something
    hurt in it.
    """

    start: date
    training: int
    massage: int
    hurt: bool


@dataclass(frozen=True, slots=True)
class Period:
    """What the plots and their table show side by side: a week, or a session without a date.

    `start` is the week's Monday, and None for a session; `number` is the session's, from 1 on, or
    else the week's.
    """

    start: date | None
    number: int
    tally: Tally


@dataclass(frozen=True, slots=True)
class Stretch:
    """A month, by its first day, or without dates the sessions `first` to `last`."""

    month: date | None
    first: int
    last: int
    tally: Tally


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar; `kind` is training, rest, light (below the dose) or free."""

    date: date
    kind: str
    reps: int
    hurt: bool
    massage: bool


@dataclass(frozen=True, slots=True)
class HurtStory:
    """That something hurt, and what followed.

    `day` is when it was, and `after` the number of the last session that had begun before. `next`
    is the date of the session after it, None while there is none or it has no date; `went_on` says
    whether there is one. `again` says whether something hurt during or after that one too.
    """

    day: date | None
    after: int
    went_on: bool
    next: date | None
    again: bool


@dataclass(frozen=True, slots=True)
class KnownFault:
    """A kind of fault that the journal has: the latest one, and how often it was among the latest.

    `day` is its date, if that is known. `since_start` says whether it came after the device was
    last switched on.
    """

    latest: PastFault
    day: datetime | None
    times: int
    since_start: bool


@dataclass(frozen=True, slots=True)
class Lift:
    """One lift of the last session; times in seconds.

    `number` is None if the lift was refused. `outline` holds points (time since the lift began,
    height as a share of the practised lift): the samples of its trace, if one was kept, or else
    four points from the journal's numbers: where it began, reached its height, left it and ended.
    `held` is the time from which to which it was held, on the same scale.
    """

    number: int | None
    reason: str | None
    notes: tuple[str, ...]
    rise: float | None
    hold: float
    release: float | None
    outline: tuple[tuple[float, float], ...]
    held: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that the report shows. `today` is None while the date is unknown.

    `undated` sessions have no date, and `ahead` sessions have a date that has not come yet, because
    a clock was wrong. Neither are counted in any week. If most sessions have no date, `periods` and
    `stretches` are numbered sessions, else weeks and months; `recent` and `before` sum up twelve
    sessions each, else `RECENT_DAYS`. `verdict` tells when the next session may be, None if that
    cannot be told, as while one is not over; `zone_s` is the offset of local time. `massages` took
    `massage_s` seconds in all, and `massage_days` of the latest `RECENT_DAYS` had one. `findings`
    are what doctor found at a glance, None where it was not asked.
    """

    today: date | None
    written: datetime | None
    first: date | None
    last_day: date | None
    total: Tally
    undated: int
    ahead: int
    verdict: rest.RestVerdict | None
    zone_s: int
    weeks: Sequence[Week]
    periods: Sequence[Period]
    stretches: Sequence[Stretch]
    days: Sequence[Day]
    last_seven_days: int
    recent: Tally
    before: Tally
    massages: int
    massage_s: float
    massage_days: int
    hurts: Sequence[HurtStory]
    faults: Sequence[KnownFault]
    findings: Mapping[str, Finding] | None
    last: SessionSummary | None
    lifts: Sequence[Lift]
    traced: bool


def collect(
    connection: sqlite3.Connection,
    now: ClockReading | None,
    traces: Path | None = None,
    findings: Mapping[str, Finding] | None = None,
) -> Figures:
    """Read the report's figures; without `now`, today is the last date in the journal.

    `traces` is the folder where traces are kept; `findings` are what doctor found at a glance.

    Raises sqlite3.Error if the journal cannot be read.
    """
    calendar = Calendar(connection)
    latest = now if now is not None else _last_reading(connection)
    written = calendar.date(now) if now is not None else None
    today = written.date() if written is not None else _last_date(connection, calendar)
    past = _Past.read(connection, calendar, today)
    if past.by_day:
        today = max(past.by_day) if today is None else max(today, *past.by_day)
    trained = sorted(day for day, dose in past.doses.items() if dose >= rest.TRAINING_DOSE)
    hurt_on = _days_of(hurts(connection), calendar)
    rubs = list(massages(connection))
    rubbed = _days_of((rub.ended for rub in rubs), calendar)
    last = last_session(connection)
    if last is not None:
        last = replace(last, date=_come(last.date, today))
    samples = samples_of(traces, last.started) if traces is not None and last is not None else []
    return Figures(
        today=today,
        written=written,
        first=past.first,
        last_day=max(past.by_day, default=None),
        total=past.total,
        undated=past.undated,
        ahead=past.ahead,
        verdict=_verdict(connection, latest),
        zone_s=latest.utc_offset if latest is not None else 0,
        weeks=list(_weeks(trained, rubbed, hurt_on, past.first, today)),
        periods=past.singles[::-1] if past.is_numbered else list(_periods(past.by_day, today)),
        stretches=list(_dozens(past.singles) if past.is_numbered else _months(past.by_day)),
        days=list(_days(past, trained, hurt_on, rubbed, today)) if today else [],
        last_seven_days=_within(trained, today, rest.WEEK_DAYS),
        recent=_dozen(past.singles, 0) if past.is_numbered else _sum(past.by_day, today, 0),
        before=_dozen(past.singles, 1)
        if past.is_numbered
        else _sum(past.by_day, today, RECENT_DAYS),
        massages=len(rubs),
        massage_s=sum(rub.seconds for rub in rubs),
        massage_days=_within(sorted(rubbed), today, RECENT_DAYS),
        hurts=_hurt_stories(connection, calendar, today),
        faults=known_faults(connection, calendar, today),
        findings=findings,
        last=last,
        lifts=list(lifts_of_last(connection, samples)),
        traced=bool(samples),
    )


def known_faults(
    connection: sqlite3.Connection, calendar: Calendar, today: date | None
) -> list[KnownFault]:
    """Return the kinds of faults that came of late, the latest first."""
    last = _last_reading(connection)
    by_kind: dict[str, list[PastFault]] = {}
    for fault in latest_faults(connection, _LATEST_FAULTS):
        by_kind.setdefault(fault.kind, []).append(fault)
    return [
        KnownFault(
            some[0],
            _come(calendar.date(some[0].at), today),
            len(some),
            since_start=last is not None and some[0].at.boot == last.boot,
        )
        for some in by_kind.values()
    ]


@dataclass(slots=True)
class _DayTally(Tally):
    dose: int = 0

    def add(self, session: SessionSummary) -> None:
        Tally.add(self, session)
        self.dose += session.dose


@dataclass(slots=True)
class _Past:
    """All sessions, read once, the latest first; what is older than all that is shown is summed.

    `by_day` has the days of the plots, and `doses` the dose of each day of the consistency.
    `singles` are the latest sessions, one by one, the latest first.
    """

    total: Tally = field(default_factory=Tally)
    by_day: dict[date, _DayTally] = field(default_factory=dict)
    doses: dict[date, int] = field(default_factory=dict)
    singles: list[Period] = field(default_factory=list)
    first: date | None = None
    undated: int = 0
    ahead: int = 0

    @classmethod
    def read(cls, connection: sqlite3.Connection, calendar: Calendar, today: date | None) -> _Past:
        """Read the sessions of a journal; a date after `today` is of a clock that was wrong."""
        past = cls()
        (number,) = connection.execute("SELECT count(*) FROM sessions").fetchone()
        newest: date | None = None
        for session in sessions(connection):
            past.total.add(session)
            if len(past.singles) < MOST_SESSIONS:
                alone = Tally()
                alone.add(session)
                past.singles.append(Period(None, number, alone))
            number -= 1
            ended = calendar.date(session.ended) if session.ended is not None else session.date
            if ended is None:
                past.undated += 1
                continue
            if _come(ended, today) is None:
                past.ahead += 1
                continue
            day = ended.date()
            past.first, newest = min(past.first or day, day), max(newest or day, day)
            if newest - day <= _COUNTED:
                past.doses[day] = past.doses.get(day, 0) + session.dose
            if newest - day <= _SHOWN:
                past.by_day.setdefault(day, _DayTally()).add(session)
        return past

    @property
    def is_numbered(self) -> bool:
        """Whether most sessions have no date, so that weeks would tell less than numbers do."""
        return 2 * self.undated > self.total.sessions


def monday(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - day.weekday() * _DAY


def _last_reading(connection: sqlite3.Connection) -> ClockReading | None:
    row = connection.execute(
        "SELECT boot, last_monotonic_s, last_wall_s, utc_offset_s, source FROM clock_spans"
        " ORDER BY id DESC LIMIT 1"
    ).fetchone()
    return None if row is None else reading_of(*row)


def _last_date(connection: sqlite3.Connection, calendar: Calendar) -> date | None:
    """Return the date of the journal's newest row, even if an older row has a later date."""
    row = connection.execute(
        "SELECT boot, last_monotonic_s, last_wall_s, utc_offset_s, source FROM clock_spans"
        " WHERE source <> 'untrusted' ORDER BY id DESC LIMIT 1"
    ).fetchone()
    known = calendar.date(reading_of(*row)) if row is not None else None
    return known.date() if known is not None else None


def _come(when: datetime | None, today: date | None) -> datetime | None:
    """Return a date, None if it has not come yet: then the clock that told it was wrong."""
    if when is None or today is None or when.date() <= today + _DATE_LINE:
        return when
    return None


def _days_of(readings: Iterable[ClockReading], calendar: Calendar) -> set[date]:
    known = (calendar.date(one) for one in readings)
    return {one.date() for one in known if one is not None}


def _verdict(
    connection: sqlite3.Connection, latest: ClockReading | None
) -> rest.RestVerdict | None:
    """Return when the next session may be, as of `latest`; None if that cannot be told."""
    if latest is None or unfinished_session(connection) is not None:
        return None
    try:
        return rest.decide(load_history(connection), latest)
    except history.HistoryError:
        return None


def _weeks(
    trained: Sequence[date],
    rubbed: set[date],
    hurt_on: set[date],
    first: date | None,
    today: date | None,
) -> Iterator[Week]:
    """Yield every week since the first session, empty ones too; at most `MOST_YEARS` of them."""
    if first is None or today is None:
        return
    training = Counter(map(monday, trained))
    massage = Counter(map(monday, rubbed))
    hurt = set(map(monday, hurt_on))
    start = monday(max(first, today - _COUNTED))
    while start <= today:
        yield Week(start, training[start], massage[start], start in hurt)
        start += 7 * _DAY


def _periods(by_day: dict[date, _DayTally], today: date | None) -> Iterator[Period]:
    """Yield every week since the first with a session, empty ones too; at most a year of them."""
    if not by_day or today is None:
        return
    start = max(monday(min(by_day)), monday(today) - (MOST_WEEKS - 1) * 7 * _DAY)
    number = 1
    while start <= today:
        tally = Tally()
        for weekday in range(7):
            if (one := by_day.get(start + weekday * _DAY)) is not None:
                tally.merge(one)
        yield Period(start, number, tally)
        start, number = start + 7 * _DAY, number + 1


def _months(by_day: dict[date, _DayTally]) -> Iterator[Stretch]:
    """Yield the months with a session, the earliest first; at most about a year of them."""
    tallies: dict[date, Tally] = {}
    for day in sorted(by_day):
        tallies.setdefault(day.replace(day=1), Tally()).merge(by_day[day])
    for month, tally in tallies.items():
        yield Stretch(month, 0, 0, tally)


def _dozens(singles: Sequence[Period]) -> Iterator[Stretch]:
    """Yield the sessions twelve by twelve, the earliest first."""
    tallies: dict[int, Tally] = {}
    for single in reversed(singles):
        dozen = (single.number - 1) // SESSIONS_A_MONTH
        tallies.setdefault(dozen, Tally()).merge(single.tally)
    for dozen, tally in tallies.items():
        first = dozen * SESSIONS_A_MONTH + 1
        yield Stretch(None, first, min(first + SESSIONS_A_MONTH - 1, singles[0].number), tally)


def _days(
    past: _Past,
    trained: Sequence[date],
    hurt_on: set[date],
    rubbed: set[date],
    today: date,
) -> Iterator[Day]:
    resting = _rest_days(trained, hurt_on)
    training = set(trained)
    end = monday(today) + 7 * _DAY
    day = max(end - CALENDAR_WEEKS * 7 * _DAY, monday(past.first or today))
    while day < end:
        tally = past.by_day.get(day)
        if day in training:
            kind = "training"
        elif tally is not None:
            kind = "light"
        else:
            kind = "rest" if day in resting else "free"
        reps = tally.reps if tally is not None else 0
        yield Day(day, kind, reps, day in hurt_on, day in rubbed)
        day += _DAY


def _rest_days(trained: Sequence[date], hurt_on: set[date]) -> set[date]:
    """Return the days on which the rules, reckoned by the calendar, ask for rest."""
    resting: set[date] = set()
    for number, day in enumerate(trained):
        more = 1 if day in hurt_on else 0
        resting.update(day + n * _DAY for n in range(1, rest.REST_DAYS + more))
        oldest = trained[max(0, number - rest.WEEK_SESSIONS + 1)]
        if number >= rest.WEEK_SESSIONS - 1 and day < oldest + rest.WEEK_DAYS * _DAY:
            left = (oldest + rest.WEEK_DAYS * _DAY - day).days
            resting.update(day + n * _DAY for n in range(1, left))
    for day in hurt_on:
        resting.update(day + n * _DAY for n in range(1, rest.REST_DAYS + 1))
    return resting


def _within(days: Sequence[date], today: date | None, span: int) -> int:
    return 0 if today is None else sum(1 for day in days if 0 <= (today - day).days < span)


def _dozen(singles: Sequence[Period], ago: int) -> Tally:
    """Sum up twelve sessions, of which `singles` has the latest first, `ago` times twelve back."""
    tally = Tally()
    for single in singles[ago * SESSIONS_A_MONTH : (ago + 1) * SESSIONS_A_MONTH]:
        tally.merge(single.tally)
    return tally


def _sum(by_day: dict[date, _DayTally], today: date | None, ago: int) -> Tally:
    """Sum up the `RECENT_DAYS` that ended `ago` days ago."""
    tally = Tally()
    for day, one in by_day.items():
        if today is not None and ago <= (today - day).days < ago + RECENT_DAYS:
            tally.merge(one)
    return tally


def _hurt_stories(
    connection: sqlite3.Connection, calendar: Calendar, today: date | None
) -> list[HurtStory]:
    """Return the latest presses of "something hurts", the earliest first, each with what followed.

    What came first is known by the order of the boots and the time in them, dates or not.
    """
    places = dict(connection.execute("SELECT boot, min(id) FROM clock_spans GROUP BY boot"))
    sessions = (
        "FROM sessions JOIN (SELECT boot AS b, min(id) AS place FROM clock_spans GROUP BY boot)"
        " ON b = started_boot WHERE (place, started_monotonic_s)"
    )
    stories: list[HurtStory] = []
    for at in list(hurts(connection))[: -MOST_HURTS - 1 : -1]:
        moment = (places.get(at.boot, 0), at.monotonic)
        (after,) = connection.execute(f"SELECT count(*) {sessions} <= (?, ?)", moment).fetchone()
        following = connection.execute(
            f"SELECT {stamp_columns('started_')} {sessions} > (?, ?) ORDER BY sessions.id LIMIT 1",
            moment,
        ).fetchone()
        day = _come(calendar.date(at), today)
        began = None if following is None else _come(calendar.date(reading_of(*following)), today)
        stories.append(
            HurtStory(
                day=None if day is None else day.date(),
                after=after,
                went_on=following is not None,
                next=None if began is None else began.date(),
                again=bool(stories) and stories[-1].after == after + 1,
            )
        )
    return stories[::-1]


def lifts_of_last(connection: sqlite3.Connection, samples: Sequence[LiftSample]) -> Iterator[Lift]:
    """Yield the lifts of the latest session, drawn from `samples` of it if there are any."""
    for practised, number, reason, notes, hold, peak, *phases in connection.execute(
        "SELECT s.practised, l.number, l.reason, l.notes, l.hold_s, l.peak,"
        " l.onset_s, l.apex_s, l.offset_s, l.end_s FROM lifts l"
        " JOIN sessions s ON s.id = l.session"
        " WHERE s.id = (SELECT max(id) FROM sessions) ORDER BY l.id"
    ):
        onset, apex, offset, end = phases
        rise, release = (apex - onset, end - offset) if number is not None else (None, None)
        # The journal has no apex for a refused lift: its hold is drawn in the middle.
        top = (onset + end - hold) / 2 if apex is None else apex
        drawn = list(_traced(samples, onset, end, practised)) if practised else []
        if not drawn:
            drawn = [(onset, 0.0), (top, peak), (top + hold, peak), (end, 0.0)]
        outline = tuple((round(at - onset, 2), round(height, 2)) for at, height in drawn)
        held = (round(top - onset, 2), round(top + hold - onset, 2))
        yield Lift(number, reason, tuple(notes.split()), rise, hold, release, outline, held)


def _traced(
    samples: Sequence[LiftSample], onset: float, end: float, practised: float
) -> Iterator[tuple[float, float]]:
    """Yield the samples of one lift, and a little around it, as shares of the practised lift."""
    seen = [
        sample
        for sample in samples
        if onset - _AROUND_S <= sample.time <= end + _AROUND_S and math.isfinite(sample.lift)
    ]
    calm = [sample.lift for sample in seen if sample.time <= onset]
    rest = median(calm) if calm else 0.0
    last = -math.inf
    for sample in seen if calm else ():
        if sample.time - last >= _DRAWN_EVERY_S:
            last = sample.time
            yield sample.time, (sample.lift - rest) / practised
