"""sessions.csv and reps.csv: the journal as tables that any program reads. See CSV.md."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from device.clock import ClockReading
from device.coach.events import Note, Reason
from device.coach.exercises import COUNTS_FROM_S
from device.journal.history import Calendar
from device.journal.rows import reading_of, stamp_columns

SESSIONS_CSV = "sessions.csv"
REPS_CSV = "reps.csv"

SESSION_COLUMNS = (
    "session",
    "exercise",
    "started",
    "ended",
    "ending",
    "reps",
    "lifts",
    "dose_lifts",
    "mean_hold_s",
    "rest_raw",
    "practised_raw",
    *(f"refused_{reason}" for reason in Reason),
    "boot",
    "started_monotonic_s",
    "clock",
)

REP_COLUMNS = (
    "session",
    "rep",
    "counted",
    "onset_s",
    "apex_s",
    "offset_s",
    "end_s",
    "hold_s",
    "peak_of_practised",
    "left_of_practised",
    "right_of_practised",
    *Note,
)

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

_REFUSALS = ", ".join(
    f"count(CASE WHEN l.reason = '{reason}' THEN 1 END)" for reason in Reason
)  # names of ours, not of the journal's rows

# The lifts of a session come together and in order by their index, so nothing is sorted and a
# row is handed out as soon as it is read.
_SESSIONS = f"""
SELECT s.id, s.exercise, s.ending, count(l.number),
  coalesce(s.lifts, count(l.id) + (s.practised IS NOT NULL)),
  coalesce(s.dose, count(CASE WHEN l.number IS NOT NULL OR l.hold_s >= ? THEN 1 END)
    + (s.practised IS NOT NULL)),
  round(avg(CASE WHEN l.number IS NOT NULL THEN l.hold_s END), 2), round(s.rest, 4),
  round(s.practised, 4),
  {_REFUSALS},
  {stamp_columns("s.started_")}, {stamp_columns("s.ended_")}
FROM sessions s LEFT JOIN lifts l ON l.session = s.id
GROUP BY s.id ORDER BY s.id
"""

_SINCE_START = ", ".join(
    f"round(l.{name} - s.started_monotonic_s, 3)"
    for name in ("onset_s", "apex_s", "offset_s", "end_s")
)

_REPS = f"""
SELECT l.session, l.number, {_SINCE_START}, round(l.hold_s, 3), round(l.peak, 3),
  round(l.left_side, 3), round(l.right_side, 3), l.notes, {stamp_columns("l.")}
FROM lifts l JOIN sessions s ON s.id = l.session
WHERE l.number IS NOT NULL ORDER BY l.id
"""

_Cell = str | int | float | None


def write_tables(connection: sqlite3.Connection, folder: Path) -> None:
    """Write both tables into `folder`, row by row: a long journal never lies in memory.

    Raises sqlite3.Error or OSError.
    """
    calendar = Calendar(connection)
    _write(folder / SESSIONS_CSV, SESSION_COLUMNS, _sessions(connection, calendar))
    _write(folder / REPS_CSV, REP_COLUMNS, _reps(connection, calendar))


def text(value: str) -> str:
    """Return `value` such that a spreadsheet takes it for text and never for a formula."""
    return f"'{value}" if value.startswith(_FORMULA) else value


def _write(path: Path, columns: Sequence[str], rows: Iterator[Sequence[_Cell]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)


def _sessions(connection: sqlite3.Connection, calendar: Calendar) -> Iterator[list[_Cell]]:
    for row in connection.execute(_SESSIONS, (COUNTS_FROM_S,)):
        session, exercise, ending, reps, lifts, dose, hold, rest, practised, *more = row
        refused, stamps = more[: len(Reason)], more[len(Reason) :]
        started = reading_of(*stamps[:5])
        yield [
            session,
            text(exercise),
            _date(calendar, started),
            _date(calendar, reading_of(*stamps[5:])) if ending is not None else "",
            text(ending or ""),
            reps,
            lifts,
            dose,
            hold,
            rest,
            practised,
            *refused,
            text(started.boot),
            round(started.monotonic, 3),
            started.source.value,
        ]


def _reps(connection: sqlite3.Connection, calendar: Calendar) -> Iterator[list[_Cell]]:
    flags: dict[str, list[int]] = {}
    for row in connection.execute(_REPS):
        notes = row[10]
        if notes not in flags:
            flags[notes] = [int(note in notes.split()) for note in Note]
        moment = _date(calendar, reading_of(*row[11:]))
        yield [*row[:2], moment, *row[2:10], *flags[notes]]


def _date(calendar: Calendar, reading: ClockReading) -> str:
    """Return a moment in ISO 8601 with its zone, empty if nobody knows when it was."""
    date = calendar.date(reading)
    return "" if date is None else date.isoformat(timespec="milliseconds")
