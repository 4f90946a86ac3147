"""What the report shows, as numbers and dates: weeks, a calendar, both sides, the last session."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from device.clock import ClockReading
from device.coach.events import Note
from device.coach.rest import REST_DAYS, TRAINING_DOSE, WEEK_DAYS, WEEK_SESSIONS
from device.journal.history import Calendar, SessionSummary, last_session, sessions
from device.journal.rows import reading_of, stamp_columns

CALENDAR_WEEKS = 6
MOST_WEEKS = 53
"""The plots show a year; the tables on the stick have everything."""
RECENT_DAYS = 28

_DAY = timedelta(days=1)


@dataclass(slots=True)
class Tally:
    """Sums over some sessions. `holds` are seconds; the rest are counts of lifts."""

    sessions: int = 0
    holds: list[float] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)

    def add(self, session: SessionSummary) -> None:
        """Count one session in."""
        self.sessions += 1
        self.holds += session.holds
        self.refused.update(session.refused)
        self.notes.update(session.notes)

    @property
    def reps(self) -> int:
        """Lifts that counted."""
        return len(self.holds)

    @property
    def judged(self) -> int:
        """Lifts that counted or were refused; the practised ones are neither."""
        return self.reps + self.refused.total()

    @property
    def steady(self) -> int:
        """Reps whose hold was steady."""
        return self.reps - self.notes[Note.UNSTEADY]

    @property
    def mean_hold(self) -> float:
        """Seconds; 0 without reps."""
        return sum(self.holds) / len(self.holds) if self.holds else 0.0


@dataclass(frozen=True, slots=True)
class Week:
    """A week that begins on Monday `start`."""

    start: date
    tally: Tally


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar; `kind` is training, rest, light (below the dose) or free."""

    date: date
    kind: str
    reps: int
    hurt: bool


@dataclass(frozen=True, slots=True)
class Lift:
    """One lift of the last session; times in seconds since it began.

    `number` is None if it was refused. `outline` is where the lift began, reached its height,
    left it and ended, drawn from the journal's numbers.
    """

    number: int | None
    reason: str | None
    notes: tuple[str, ...]
    rise: float | None
    hold: float
    release: float | None
    outline: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """All of the report. `today` is None while nobody knows the date."""

    today: date | None
    written: datetime | None
    first: date | None
    total: Tally
    undated: int
    weeks: Sequence[Week]
    days: Sequence[Day]
    last_seven_days: int
    recent: Tally
    before: Tally
    last: SessionSummary | None
    lifts: Sequence[Lift]


def collect(connection: sqlite3.Connection, now: ClockReading | None) -> Figures:
    """Read the report's figures; without `now`, today is the journal's own last date.

    Raises sqlite3.Error if the journal cannot be read.
    """
    calendar = Calendar(connection)
    written = calendar.date(now) if now is not None else None
    total, by_day, undated, first = Tally(), dict[date, _DayTally](), 0, None
    for session in sessions(connection):
        total.add(session)
        ended = calendar.date(session.ended) if session.ended is not None else session.date
        if ended is None:
            undated += 1
            continue
        day = ended.date()
        by_day.setdefault(day, _DayTally()).add(session)
        first = min(first or day, day)
    today = written.date() if written is not None else _last_date(connection, calendar)
    if by_day:
        today = max(by_day) if today is None else max(today, *by_day)
    trained = sorted(day for day, tally in by_day.items() if tally.dose >= TRAINING_DOSE)
    hurts = set(_hurts(connection, calendar))
    return Figures(
        today=today,
        written=written,
        first=first,
        total=total,
        undated=undated,
        weeks=list(_weeks(by_day, today)) if today is not None else [],
        days=list(_days(by_day, trained, hurts, today)) if today is not None else [],
        last_seven_days=_within(trained, today, WEEK_DAYS),
        recent=_sum(by_day, today, 0),
        before=_sum(by_day, today, RECENT_DAYS),
        last=last_session(connection),
        lifts=list(_lifts(connection)),
    )


@dataclass(slots=True)
class _DayTally(Tally):
    dose: int = 0

    def add(self, session: SessionSummary) -> None:
        Tally.add(self, session)
        self.dose += session.dose


def monday(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - day.weekday() * _DAY


def _last_date(connection: sqlite3.Connection, calendar: Calendar) -> date | None:
    row = connection.execute(
        "SELECT boot, last_monotonic_s, last_wall_s, utc_offset_s, source FROM clock_spans"
        " WHERE source <> 'untrusted' ORDER BY last_wall_s DESC LIMIT 1"
    ).fetchone()
    known = calendar.date(reading_of(*row)) if row is not None else None
    return known.date() if known is not None else None


def _weeks(by_day: dict[date, _DayTally], today: date) -> Iterator[Week]:
    """Every week from the first with a session, also the empty ones; at most a year of them."""
    if not by_day:
        return
    start = max(monday(min(by_day)), monday(today) - (MOST_WEEKS - 1) * 7 * _DAY)
    while start <= today:
        tally = Tally()
        for number in range(7):
            _merge(tally, by_day.get(start + number * _DAY))
        yield Week(start, tally)
        start += 7 * _DAY


def _days(
    by_day: dict[date, _DayTally], trained: Sequence[date], hurts: set[date], today: date
) -> Iterator[Day]:
    resting = _rest_days(trained, hurts)
    begin = monday(today) - (CALENDAR_WEEKS - 1) * 7 * _DAY
    for number in range(7 * CALENDAR_WEEKS):
        day = begin + number * _DAY
        tally = by_day.get(day)
        if day in trained:
            kind = "training"
        elif tally is not None:
            kind = "light"
        else:
            kind = "rest" if day in resting else "free"
        yield Day(day, kind, tally.reps if tally is not None else 0, day in hurts)


def _rest_days(trained: Sequence[date], hurts: set[date]) -> set[date]:
    """The days on which the rules by the calendar ask for rest."""
    resting: set[date] = set()
    for number, day in enumerate(trained):
        more = 1 if day in hurts else 0
        resting.update(day + n * _DAY for n in range(1, REST_DAYS + more))
        oldest = trained[max(0, number - WEEK_SESSIONS + 1)]
        if number >= WEEK_SESSIONS - 1 and day < oldest + WEEK_DAYS * _DAY:
            left = (oldest + WEEK_DAYS * _DAY - day).days
            resting.update(day + n * _DAY for n in range(1, left))
    for day in hurts:
        resting.update(day + n * _DAY for n in range(1, REST_DAYS + 1))
    return resting


def _within(days: Sequence[date], today: date | None, span: int) -> int:
    return 0 if today is None else sum(1 for day in days if 0 <= (today - day).days < span)


def _sum(by_day: dict[date, _DayTally], today: date | None, ago: int) -> Tally:
    """Sum up the `RECENT_DAYS` that ended `ago` days ago."""
    tally = Tally()
    for day, one in by_day.items():
        if today is not None and ago <= (today - day).days < ago + RECENT_DAYS:
            _merge(tally, one)
    return tally


def _merge(into: Tally, other: Tally | None) -> None:
    if other is not None:
        into.sessions += other.sessions
        into.holds += other.holds
        into.refused.update(other.refused)
        into.notes.update(other.notes)


def _hurts(connection: sqlite3.Connection, calendar: Calendar) -> Iterator[date]:
    for stamp in connection.execute(
        f"SELECT {stamp_columns()} FROM moments WHERE kind = 'hurt' ORDER BY id"
    ):
        known = calendar.date(reading_of(*stamp))
        if known is not None:
            yield known.date()


def _lifts(connection: sqlite3.Connection) -> Iterator[Lift]:
    """Yield the lifts of the latest session."""
    for start, number, reason, notes, hold, peak, *phases in connection.execute(
        "SELECT s.started_monotonic_s, l.number, l.reason, l.notes, l.hold_s, l.peak,"
        " l.onset_s, l.apex_s, l.offset_s, l.end_s FROM lifts l"
        " JOIN sessions s ON s.id = l.session"
        " WHERE s.id = (SELECT max(id) FROM sessions) ORDER BY l.id"
    ):
        onset, apex, offset, end = phases
        rise, release = (apex - onset, end - offset) if number is not None else (None, None)
        # Of a refused lift the journal knows no apex: its hold is drawn in the middle.
        top = (onset + end - hold) / 2 if apex is None else apex
        corners = ((onset, 0.0), (top, peak), (top + hold, peak), (end, 0.0))
        outline = tuple((round(at - start, 2), round(height, 2)) for at, height in corners)
        yield Lift(number, reason, tuple(notes.split()), rise, hold, release, outline)
