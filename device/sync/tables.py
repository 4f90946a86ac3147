"""sessions.csv, reps.csv and massages.csv: the journal as tables for any program. See CSV.md."""

from __future__ import annotations

import csv
import re
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TextIO

from device.clock import ClockSource
from device.coach import events, exercises
from device.journal import Calendar, massages, reading_of, stamp_columns
from device.system import is_plausible

SESSIONS_CSV = "sessions.csv"
REPS_CSV = "reps.csv"
MASSAGES_CSV = "massages.csv"

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
    *(f"refused_{reason}" for reason in events.Reason),
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
    *events.Note,
)

MASSAGE_COLUMNS = (
    "massage",
    "exercise",
    "ended",
    "seconds",
    "boot",
    "ended_monotonic_s",
    "clock",
)

_MINUTES = len("2027-01-15T21:03")

# What a spreadsheet takes for the beginning of a formula: also after a character that ends a cell
# in some language, and in the full-width letters of East Asia.
_FORMULA = re.compile(r"^(?=[\t\r\n])|(?:^|(?<=[\t\r\n;,|\"]))(?=\s*[=+@\-＝＋＠－])")  # noqa: RUF001

_REFUSALS = ", ".join(
    f"count(CASE WHEN l.reason = '{reason}' THEN 1 END)" for reason in events.Reason
)  # The names are of this program, so nothing of a row enters the statement.

# An index gives the lifts of a session together and in order, so that nothing has to be sorted and
# each row is there as soon as it is read.
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
    f"l.{name} - s.started_monotonic_s" for name in ("onset_s", "apex_s", "offset_s", "end_s")
)

_REPS = f"""
SELECT {stamp_columns("l.")}, l.notes, l.session, l.number,
  {_SINCE_START}, l.hold_s, l.peak, l.left_side, l.right_side
FROM lifts l JOIN sessions s ON s.id = l.session
WHERE l.number IS NOT NULL ORDER BY l.id
"""

_REP_LINE = f"%d,%d,%s{',%.3f' * 8},%s\r\n"

_Cell = str | int | float | None


def write_tables(connection: sqlite3.Connection, folder: Path) -> None:
    """Write all tables into `folder`, row by row, so that a long journal takes no more memory.

    Raises sqlite3.Error or OSError.
    """
    moments = _Moments(Calendar(connection))
    with _new(folder / SESSIONS_CSV) as file:
        writer = csv.writer(file)
        writer.writerow(SESSION_COLUMNS)
        writer.writerows(_sessions(connection, moments))
    with _new(folder / REPS_CSV) as file:
        csv.writer(file).writerow(REP_COLUMNS)
        file.writelines(_reps(connection, moments))
    with _new(folder / MASSAGES_CSV) as file:
        writer = csv.writer(file)
        writer.writerow(MASSAGE_COLUMNS)
        writer.writerows(_massages(connection, moments))


def text(value: str) -> str:
    """Return `value` such that a spreadsheet takes it for text and never for a formula."""
    return _FORMULA.sub("'", value)


def _new(path: Path) -> TextIO:
    return path.open("w", encoding="utf-8", newline="")


def _sessions(connection: sqlite3.Connection, moments: _Moments) -> Iterator[list[_Cell]]:
    for row in connection.execute(_SESSIONS, (exercises.COUNTS_FROM_S,)):
        session, exercise, ending, reps, lifts, dose, hold, rest, practised, *more = row
        refused, stamps = more[: len(events.Reason)], more[len(events.Reason) :]
        began = reading_of(*stamps[:5])
        yield [
            session,
            text(exercise),
            moments.text(*stamps[:5]),
            moments.text(*stamps[5:]) if ending is not None else "",
            text(ending or ""),
            reps,
            lifts,
            dose,
            hold,
            rest,
            practised,
            *refused,
            text(began.boot),
            round(began.monotonic, 3),
            began.source.value,
        ]


def _reps(connection: sqlite3.Connection, moments: _Moments) -> Iterator[str]:
    """Yield the lines of reps.csv, which hold only numbers and dates, so that none needs quotes."""
    flags: dict[str, str] = {}
    for (
        boot,
        monotonic,
        wall,
        offset,
        source,
        notes,
        session,
        number,
        *figures,
    ) in connection.execute(_REPS):
        noted = flags.get(notes)
        if noted is None:
            noted = flags[notes] = ",".join(str(int(note in notes.split())) for note in events.Note)
        moment = moments.text(boot, monotonic, wall, offset, source)
        try:
            yield _REP_LINE % (session, number, moment, *figures, noted)
        except TypeError:  # A figure is unknown (None).
            known = ",".join("" if figure is None else f"{figure:.3f}" for figure in figures)
            yield f"{session},{number},{moment},{known},{noted}\r\n"


def _massages(connection: sqlite3.Connection, moments: _Moments) -> Iterator[list[_Cell]]:
    for massage in massages(connection):
        at = massage.ended
        yield [
            massage.number,
            text(massage.exercise),
            moments.text(at.boot, at.monotonic, at.wall, at.utc_offset, at.source.value),
            round(massage.seconds),
            text(at.boot),
            round(at.monotonic, 3),
            at.source.value,
        ]


class _Moments:
    """Writes moments in ISO 8601 with their zone; fast for moments within the same minute."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._trusted = {source.value for source in ClockSource if source.trusted}
        self._minute, self._offset = -1, 0
        self._before = self._zone = ""

    def text(self, boot: str, monotonic: float, wall: float, offset: int, source: str) -> str:
        """Return the moment of a stamp; empty if its date is unknown."""
        if source not in self._trusted or not is_plausible(wall):
            known = self._calendar.date(reading_of(boot, monotonic, wall, offset, source))
            return "" if known is None else known.isoformat(timespec="milliseconds")
        minute, second = divmod(round(wall * 1e3), 60_000)
        if minute != self._minute or offset != self._offset:
            self._minute, self._offset = minute, offset
            start = datetime.fromtimestamp(minute * 60, timezone(timedelta(seconds=offset)))
            whole = start.isoformat()
            self._before, self._zone = whole[:_MINUTES], whole[_MINUTES + 3 :]
        return f"{self._before}:{second // 1000:02}.{second % 1000:03}{self._zone}"
