"""Is a database that came from elsewhere really a journal, and one that nothing stumbles over?"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from device.clock import ClockSource
from device.coach.events import Ending, FaultKind, Note, Reason
from device.coach.history import SetbackKind
from device.errors import LiftLightError
from device.journal import schema
from device.journal.rows import MOMENTS
from device.journal.store import problem_with

# The prefix of each stamp, by table.
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

_WORDS = (
    ("clock_spans", "source", frozenset(ClockSource(source).value for source in ClockSource)),
    ("sessions", "ending", frozenset(Ending)),
    ("lifts", "reason", frozenset(Reason)),
    ("moments", "kind", frozenset(MOMENTS.values())),
    ("faults", "kind", frozenset(FaultKind)),
    ("setbacks", "kind", frozenset(kind.value for kind in SetbackKind)),
)

_LATEST_S = 1e10
_ZONE_S = 15 * 3600

# Each names a row that cannot be; NULL fails a comparison, so presence is asked for by itself.
_IMPOSSIBLE = (
    "SELECT 1 FROM sessions WHERE ending IS NOT NULL AND"
    " (reps IS NULL OR lifts IS NULL OR dose IS NULL OR ended_boot IS NULL"
    " OR NOT (reps BETWEEN 0 AND 1000 AND lifts BETWEEN 0 AND 1000 AND dose BETWEEN 0 AND 1000))",
    "SELECT 1 FROM lifts WHERE onset_s IS NULL OR end_s IS NULL OR hold_s IS NULL OR peak IS NULL"
    " OR number IS NOT NULL AND (apex_s IS NULL OR offset_s IS NULL)",
    "SELECT 1 FROM lifts WHERE NOT (abs(onset_s) < 1e10 AND abs(end_s) < 1e10"
    " AND abs(hold_s) < 1e6 AND abs(peak) < 1e6)"
    " OR number IS NOT NULL AND NOT (abs(apex_s) < 1e10 AND abs(offset_s) < 1e10)",
    "SELECT 1 FROM lifts WHERE session NOT IN (SELECT id FROM sessions)",
    "SELECT 1 FROM moments WHERE session IS NOT NULL AND session NOT IN (SELECT id FROM sessions)",
)


class StrangeJournalError(LiftLightError):
    """A database is no journal, or not one that a LiftLight wrote."""

    exit_code = 2


def refuse_strange(path: Path) -> None:
    """Raise StrangeJournalError unless the database at `path` is a journal through and through.

    It has our tables and nothing else (no trigger, no view), is whole, and every value in it is
    one that the rest of LiftLight expects. Raises DiskError if the disk does not let it be read.
    """
    problem = problem_with(path)
    if problem is None:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
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
    """Yield what is wrong; after the first, nothing more is safe to ask."""
    if schema.version(connection) > len(schema.MIGRATIONS):
        yield "a newer LiftLight wrote it"
    if _schema(connection) != _our_schema():
        yield "its tables are not ours"
    for table, column, known in _WORDS:
        found = connection.execute(f"SELECT DISTINCT {column} FROM {table} LIMIT 100")
        if {word for (word,) in found} - known - {None}:
            yield f"{table} has an unknown {column}"
    notes = connection.execute("SELECT DISTINCT notes FROM lifts LIMIT 1000").fetchall()
    if {note for (noted,) in notes for note in noted.split()} - set(Note):
        yield "lifts has an unknown note"
    spans = connection.execute(
        "SELECT 1 FROM clock_spans WHERE last_monotonic_s < first_monotonic_s"
        f" OR {_wild('first_')} OR {_wild('last_')} OR length(boot) NOT BETWEEN 1 AND 64"
        f" OR abs(utc_offset_s) > {_ZONE_S}"
    )
    if spans.fetchone() is not None:
        yield "clock_spans has an impossible row"
    sources = ", ".join(f"'{source.value}'" for source in ClockSource)
    for table, prefix in _STAMPS:
        wrong = connection.execute(
            f"SELECT 1 FROM {table} WHERE {_wild(prefix)} OR abs({prefix}utc_offset_s) > {_ZONE_S}"
            f" OR {prefix}source NOT IN ({sources})"
            f" OR {prefix}boot NOT IN (SELECT boot FROM clock_spans)"
        )
        if wrong.fetchone() is not None:
            yield f"{table} has an impossible time"
    for query in _IMPOSSIBLE:
        if connection.execute(query).fetchone() is not None:
            yield f"{query.split()[3]} has an impossible row"


def _wild(prefix: str) -> str:
    """Return the condition of a reading that no clock ever gave."""
    return (
        f"NOT ({prefix}monotonic_s BETWEEN 0 AND {_LATEST_S})"
        f" OR NOT ({prefix}wall_s BETWEEN 0 AND {_LATEST_S})"
    )


def _schema(connection: sqlite3.Connection) -> set[tuple[str, ...]]:
    found = connection.execute("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master")
    return {tuple(map(str, row)) for row in found}


def _our_schema() -> set[tuple[str, ...]]:
    empty = sqlite3.connect(":memory:", isolation_level=None)
    try:
        schema.migrate(empty)
        return _schema(empty)
    finally:
        empty.close()
