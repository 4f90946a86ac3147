"""Validation of a database that came from elsewhere: is it a journal, and is every value sane?"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from device.clock import ClockSource
from device.coach import events, history, rest
from device.errors import LiftLightError
from device.journal import schema
from device.journal.rows import MOMENTS
from device.journal.store import problem_with, uri_of

_STAMPS = (
    ("sessions", "started_"),
    ("sessions", "ended_"),
    ("lifts", ""),
    ("moments", ""),
    ("massages", ""),
    ("faults", ""),
    ("time_sets", "before_"),
    ("time_sets", "after_"),
    ("setbacks", ""),
)
"""Each table with a stamp, and the prefix of the stamp's columns."""

_SOURCES = frozenset(source.value for source in ClockSource)

_WORDS = (
    ("clock_spans", "source", _SOURCES),
    *((table, f"{prefix}source", _SOURCES) for table, prefix in _STAMPS),
    ("sessions", "ending", frozenset(events.Ending)),
    ("lifts", "reason", frozenset(events.Reason)),
    ("moments", "kind", frozenset(MOMENTS.values())),
    ("faults", "kind", frozenset(events.FaultKind)),
    ("setbacks", "kind", frozenset(kind.value for kind in history.SetbackKind)),
)
"""Columns that hold one of a fixed set of words: table, column, and the words."""

_CENTURY_S = 3.2e9
_HOUR_S = 3600
_DAY_S = 24 * _HOUR_S

_RANGES = {
    "id": (1, 10**9),  # A million repetitions are no more than 10**8 rows.
    "session": (1, 10**9),
    "monotonic_s": (0, _CENTURY_S),  # No machine runs for longer in one boot.
    "wall_s": (0, 1e10),  # What no kernel's clock can be set to: the year 2286.
    "utc_offset_s": (-15 * _HOUR_S, 15 * _HOUR_S),  # UTC+14 is the furthest there is.
    "number": (1, 1000),  # A session has fifteen lifts at most.
    "reps": (0, 1000),
    "lifts": (0, 1000),
    "dose": (0, 1000),
    "rest": (-1000, 1000),  # The signal is a fraction of the eyes' distance, about 0.1.
    "practised": (-1000, 1000),
    "onset_s": (-_DAY_S, _CENTURY_S),  # A film's own time may begin a little below 0.
    "apex_s": (-_DAY_S, _CENTURY_S),
    "offset_s": (-_DAY_S, _CENTURY_S),
    "end_s": (-_DAY_S, _CENTURY_S),
    "hold_s": (-1, _DAY_S),
    "peak": (-1000, 1000),  # Fractions of the practised lift, about 1.
    "left_side": (-1000, 1000),
    "right_side": (-1000, 1000),
    "seconds": (0, _DAY_S),
    "rtc_s": (0, 1e10),
}
"""The range of each number in a journal, by its column's name without the prefix of a stamp."""

_NAME = 64
_LENGTHS = {"exercise": _NAME, "boot": _NAME, "rtc_name": 256, "detail": 1 << 16, "notes": 256}
"""How many bytes each text may have at most; a column that is not here may have `_NAME`."""

_PRINTABLE = frozenset({"exercise", "boot", "rtc_name"})
"""Columns whose text is shown on a line, and so may have no control characters."""

_IMPOSSIBLE = (
    (
        "sessions has one that ended without sums or a time",
        "SELECT 1 FROM sessions WHERE ending IS NOT NULL AND (reps IS NULL OR lifts IS NULL"
        " OR dose IS NULL OR ended_boot IS NULL OR ended_monotonic_s IS NULL"
        " OR ended_wall_s IS NULL OR ended_utc_offset_s IS NULL OR ended_source IS NULL)",
    ),
    (
        "sessions has one that ended before it began, or in another boot",
        "SELECT 1 FROM sessions WHERE ended_monotonic_s < started_monotonic_s"
        " OR ended_boot <> started_boot",
    ),
    (
        "lifts has one without its figures",
        "SELECT 1 FROM lifts WHERE onset_s IS NULL OR end_s IS NULL OR hold_s IS NULL"
        " OR peak IS NULL OR number IS NOT NULL AND (apex_s IS NULL OR offset_s IS NULL)",
    ),
    (
        "lifts has one of no session",
        "SELECT 1 FROM lifts LEFT JOIN sessions s ON s.id = session"
        " WHERE s.id IS NULL OR started_boot <> boot OR started_monotonic_s > monotonic_s",
    ),
    (
        "moments has one of no session",
        "SELECT 1 FROM moments WHERE session IS NOT NULL"
        " AND session NOT IN (SELECT id FROM sessions)",
    ),
    (
        "time_sets has one whose two moments are not the same",
        "SELECT 1 FROM time_sets WHERE before_boot <> after_boot"
        " OR before_monotonic_s <> after_monotonic_s",
    ),
    (
        "clock_spans has one that ends before it begins",
        "SELECT 1 FROM clock_spans WHERE last_monotonic_s < first_monotonic_s",
    ),
)
"""Queries for rows that contradict themselves or others, each after what is wrong with such rows.
A comparison with NULL finds nothing, so what must be present is asked for explicitly."""


class StrangeJournalError(LiftLightError):
    """A database is not a journal that a LiftLight wrote."""

    exit_code = 2


def refuse_strange(path: Path) -> None:
    """Raise StrangeJournalError unless the database at `path` is a valid journal.

    A valid journal is undamaged, of a version that this program knows, and has the tables of that
    version and nothing else, such as a trigger or a view. Every value in it is one that the rest of
    LiftLight can deal with: numbers are in their range, texts are UTF-8 and not too long, and rows
    fit together. Raises DiskError if the disk does not let the file be read.
    """
    problem = problem_with(path)
    if problem is None:
        connection = sqlite3.connect(f"{uri_of(path)}?mode=ro", uri=True)
        try:
            connection.execute("PRAGMA trusted_schema = OFF")
            problem = next(_strangeness(connection), None)
        except sqlite3.Error as error:
            problem = " ".join(str(error).split())
        finally:
            connection.close()
    if problem is not None:
        raise StrangeJournalError(
            f"the journal in the export cannot be used ({problem}): use another export."
        )


def _strangeness(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield what is wrong. After the first finding no further query is safe."""
    if schema.version(connection) > len(schema.MIGRATIONS):
        yield "a newer LiftLight wrote it"
    if connection.execute("PRAGMA encoding").fetchone()[0] != "UTF-8":
        yield "its texts are not UTF-8"
    if _schema(connection) != _our_schema(schema.version(connection)):
        yield "its tables are not ours"
    # The quick_check of `problem_with` does not compare indexes with their tables; this does.
    found = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
    if found != "ok":
        yield " ".join(found.split())
    columns = _columns(connection)
    for table, column in columns:
        yield from _strange_number(connection, table, column)
        yield from _strange_text(connection, table, column)
    for table, column, known in _WORDS:
        words = connection.execute(f"SELECT DISTINCT {column} FROM {table} LIMIT 100")
        if {word for (word,) in words} - known - {None}:
            yield f"{table}.{column} is a word that is not ours"
    notes = connection.execute("SELECT DISTINCT notes FROM lifts LIMIT 1000").fetchall()
    if {note for (noted,) in notes for note in noted.split()} - set(events.Note):
        yield "lifts.notes has a word that is not ours"
    for table, prefix in _STAMPS:
        # Every row that is written moves the end of its boot's clock span to the same moment.
        late = connection.execute(
            f"SELECT 1 FROM {table} LEFT JOIN (SELECT boot AS b, max(last_monotonic_s) AS ended"
            f" FROM clock_spans GROUP BY boot) ON b = {prefix}boot WHERE {prefix}boot IS NOT NULL"
            f" AND (b IS NULL OR {prefix}monotonic_s > ended + {rest.UNWRITTEN_S})"
        )
        if late.fetchone() is not None:
            yield f"{table} has a row of a time at which the power was off"
    for problem, query in _IMPOSSIBLE:
        if connection.execute(query).fetchone() is not None:
            yield problem


def _columns(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    return [
        (table, column)
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for _, column, *_ in connection.execute(f"PRAGMA table_info({table})").fetchall()
    ]


def _strange_number(connection: sqlite3.Connection, table: str, column: str) -> Iterator[str]:
    bounds = _RANGES.get(_kind(column))
    if bounds is not None:
        low, high = bounds
        wild = connection.execute(
            f"SELECT 1 FROM {table} WHERE NOT ({column} BETWEEN {low!r} AND {high!r})"
        )
        if wild.fetchone() is not None:
            yield f"{table}.{column} is out of its range"


def _strange_text(connection: sqlite3.Connection, table: str, column: str) -> Iterator[str]:
    kind = _kind(column)
    if kind in _RANGES:
        return
    most = _LENGTHS.get(kind, _NAME)
    size = f"length(CAST({column} AS BLOB))"
    if connection.execute(f"SELECT 1 FROM {table} WHERE {size} > {most}").fetchone() is not None:
        yield f"{table}.{column} is longer than {most} bytes"
    for (raw,) in connection.execute(f"SELECT DISTINCT CAST({column} AS BLOB) FROM {table}"):
        try:
            text = "" if raw is None else raw.decode("utf-8")
        except UnicodeDecodeError:
            yield f"{table}.{column} is not UTF-8"
            return
        if "\0" in text or (kind in _PRINTABLE and not text.isprintable()):
            yield f"{table}.{column} has characters that are no text"
            return
    if (
        kind == "boot"
        and connection.execute(f"SELECT 1 FROM {table} WHERE {column} = ''").fetchone()
    ):
        yield f"{table}.{column} is empty"


def _kind(column: str) -> str:
    """Return a column's name without the prefix of a stamp or span."""
    for prefix in ("started_", "ended_", "before_", "after_", "first_", "last_"):
        column = column.removeprefix(prefix)
    return column


def _schema(connection: sqlite3.Connection) -> set[tuple[str, ...]]:
    found = connection.execute(
        "SELECT type, name, tbl_name, substr(coalesce(sql, ''), 1, 10000) FROM sqlite_master"
        " LIMIT 100"
    )
    return {tuple(map(str, row)) for row in found}


def _our_schema(version: int) -> set[tuple[str, ...]]:
    """Return the tables and indexes of a journal of this version."""
    empty = sqlite3.connect(":memory:", isolation_level=None)
    try:
        for script in schema.MIGRATIONS[: max(version, 0)]:
            empty.executescript(script)
        return _schema(empty)
    finally:
        empty.close()
