"""The numbers and dates of the report: weeks, a calendar, both sides, the last session's lifts."""

from __future__ import annotations

import math
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import median

from device.clock import ClockReading
from device.coach import events, rest
from device.journal import (
    Calendar,
    SessionSummary,
    last_session,
    reading_of,
    sessions,
    stamp_columns,
)
from device.sample import LiftSample
from device.trace import samples_of

CALENDAR_WEEKS = 6
MOST_WEEKS = 53
"""The plots show one year; sessions.csv and reps.csv hold everything."""
RECENT_DAYS = 28

_DAY = timedelta(days=1)
_DATE_LINE = _DAY
"""How far ahead of today a date may be: where a traveller trained it may be tomorrow already."""
_SHOWN = (MOST_WEEKS + 1) * 7 * _DAY

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
    a clock was wrong. Neither are counted in any week.
    """

    today: date | None
    written: datetime | None
    first: date | None
    total: Tally
    undated: int
    ahead: int
    weeks: Sequence[Week]
    days: Sequence[Day]
    last_seven_days: int
    recent: Tally
    before: Tally
    last: SessionSummary | None
    lifts: Sequence[Lift]
    traced: bool


def collect(
    connection: sqlite3.Connection, now: ClockReading | None, traces: Path | None = None
) -> Figures:
    """Read the report's figures; without `now`, today is the last date in the journal.

    `traces` is the folder where traces are kept.

    Raises sqlite3.Error if the journal cannot be read.
    """
    calendar = Calendar(connection)
    written = calendar.date(now) if now is not None else None
    today = written.date() if written is not None else _last_date(connection, calendar)
    total, by_day, undated, ahead, first = Tally(), dict[date, _DayTally](), 0, 0, None
    newest: date | None = None
    for session in sessions(connection):
        total.add(session)
        ended = calendar.date(session.ended) if session.ended is not None else session.date
        if ended is None:
            undated += 1
            continue
        day = ended.date()
        if today is not None and day > today + _DATE_LINE:
            ahead += 1
            continue
        first, newest = min(first or day, day), max(newest or day, day)
        # The latest sessions come first. Those older than all that is shown would only take memory.
        if newest - day <= _SHOWN:
            by_day.setdefault(day, _DayTally()).add(session)
    if by_day:
        today = max(by_day) if today is None else max(today, *by_day)
    trained = sorted(day for day, tally in by_day.items() if tally.dose >= rest.TRAINING_DOSE)
    hurts = set(_hurts(connection, calendar))
    last = last_session(connection)
    samples = samples_of(traces, last.started) if traces is not None and last is not None else []
    return Figures(
        today=today,
        written=written,
        first=first,
        total=total,
        undated=undated,
        ahead=ahead,
        weeks=list(_weeks(by_day, today)) if today is not None else [],
        days=list(_days(by_day, trained, hurts, today)) if today is not None else [],
        last_seven_days=_within(trained, today, rest.WEEK_DAYS),
        recent=_sum(by_day, today, 0),
        before=_sum(by_day, today, RECENT_DAYS),
        last=last,
        lifts=list(lifts_of_last(connection, samples)),
        traced=bool(samples),
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
    """Return the date of the journal's newest row, even if an older row has a later date."""
    row = connection.execute(
        "SELECT boot, last_monotonic_s, last_wall_s, utc_offset_s, source FROM clock_spans"
        " WHERE source <> 'untrusted' ORDER BY id DESC LIMIT 1"
    ).fetchone()
    known = calendar.date(reading_of(*row)) if row is not None else None
    return known.date() if known is not None else None


def _weeks(by_day: dict[date, _DayTally], today: date) -> Iterator[Week]:
    """Yield every week since the first with a session, empty ones too; at most a year of them."""
    if not by_day:
        return
    start = max(monday(min(by_day)), monday(today) - (MOST_WEEKS - 1) * 7 * _DAY)
    while start <= today:
        tally = Tally()
        for number in range(7):
            if (one := by_day.get(start + number * _DAY)) is not None:
                tally.merge(one)
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
    """Return the days on which the rules, reckoned by the calendar, ask for rest."""
    resting: set[date] = set()
    for number, day in enumerate(trained):
        more = 1 if day in hurts else 0
        resting.update(day + n * _DAY for n in range(1, rest.REST_DAYS + more))
        oldest = trained[max(0, number - rest.WEEK_SESSIONS + 1)]
        if number >= rest.WEEK_SESSIONS - 1 and day < oldest + rest.WEEK_DAYS * _DAY:
            left = (oldest + rest.WEEK_DAYS * _DAY - day).days
            resting.update(day + n * _DAY for n in range(1, left))
    for day in hurts:
        resting.update(day + n * _DAY for n in range(1, rest.REST_DAYS + 1))
    return resting


def _within(days: Sequence[date], today: date | None, span: int) -> int:
    return 0 if today is None else sum(1 for day in days if 0 <= (today - day).days < span)


def _sum(by_day: dict[date, _DayTally], today: date | None, ago: int) -> Tally:
    """Sum up the `RECENT_DAYS` that ended `ago` days ago."""
    tally = Tally()
    for day, one in by_day.items():
        if today is not None and ago <= (today - day).days < ago + RECENT_DAYS:
            tally.merge(one)
    return tally


def _hurts(connection: sqlite3.Connection, calendar: Calendar) -> Iterator[date]:
    for stamp in connection.execute(
        f"SELECT {stamp_columns()} FROM moments WHERE kind = 'hurt' ORDER BY id"
    ):
        known = calendar.date(reading_of(*stamp))
        if known is not None:
            yield known.date()


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
