"""Merging an exported journal into this one: each row once, in the order in which it happened.

Theory of operation
-------------------
The kernel gives each boot a unique id, so a row is identified by its boot and its time in it. The
moment at which this journal was begun (`own_since`) divides it in two:

- From that moment on the journal was written by its own device and has everything. Nothing that an
  export says about this time is taken.
- Before it everything came from exports, and another export may know more. Rows that are missing
  are added; a boot lasts until the latest moment that any export knows; and the real end of a
  session replaces a guessed one, which an export has of a session that was still running when the
  stick was plugged in.

So the same exports give the same journal in any order.

The boots of both journals are brought into one order. Boots that both have keep their order;
between two of these, boots that only the export has come before those that only this journal has,
because a restored device goes on after its export ended; the journal's own boots come last. Then
each table is rewritten in that order, in one transaction. A row may become better known, and none
is ever removed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from device.clock import ClockReading
from device.coach import events, exercises, history
from device.errors import LiftLightError
from device.journal import rows, schema
from device.journal.examine import refuse_strange
from device.journal.history import HELD, unfinished_session
from device.journal.store import uri_of

_STAMPED = {
    "lifts": "",
    "moments": "",
    "massages": "",
    "faults": "",
    "time_sets": "before_",
    "setbacks": "",
}
"""The tables that only gain rows, and the prefix of the stamp that orders their rows."""

_REWRITTEN = (("clock_spans", "was_spans"), ("sessions", "was_sessions"))
"""The tables whose rows may become better known, and the copy of each from before the merge."""

_RECOUNT = f"""
UPDATE main.sessions SET reps = max(reps, n), lifts = max(lifts, seen + (practised IS NOT NULL)),
  dose = max(dose, held + (practised IS NOT NULL))
  FROM (SELECT session, count(number) AS n, count(*) AS seen,
          {HELD} AS held
        FROM main.lifts GROUP BY session)
  WHERE session = sessions.id AND ending IS NOT NULL
"""
"""Raises the sums of each session to what its lifts come to. They may be more than that already: a
lift that a pause or a stop cut short is counted and has no row."""

_ANOTHER_ORDER = (
    "the export's boots are in another order than this journal's: it is no export of this device. "
    "Use another one."
)


class MergeError(LiftLightError):
    """The exported journal cannot be merged into this one."""


def merge_export(
    connection: sqlite3.Connection, other: Path, now: ClockReading, origin: str
) -> tuple[int, int]:
    """Add to an open journal what only the journal at `other` has; return what that came to.

    The first number is of the sessions that were added, the second of all rows that were added or
    are now better known. If there are any, a setback is written too, which costs a day of rest;
    `origin` is its explanation. The file at `other` is changed, so it must be a copy.

    Raises StrangeJournalError if `other` is no valid journal, MergeError if its boots are in
    another order than this journal's, and sqlite3.Error if the disk fails. The journal is then as
    it was.
    """
    refuse_strange(other)
    boot, monotonic = _own_since(connection, now)
    boots = _boots(connection, "main")
    own = boots[boots.index(boot) :] if boot in boots else [boot]
    _prepare(other, own, monotonic)
    connection.execute("ATTACH ? AS other", (uri_of(other),))
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute("PRAGMA defer_foreign_keys = ON")
            before = _counts(connection)
            better = _merge(connection, own)
            added = {table: n - before[table] for table, n in _counts(connection).items()}
            if not (better or any(added.values())):
                connection.execute("ROLLBACK")
                return 0, 0
            connection.execute("DELETE FROM own_since")
            connection.execute("INSERT INTO own_since VALUES (?, ?)", (boot, monotonic))
            move, begin = rows.checkpoint(now)
            if connection.execute(*move).rowcount == 0:
                connection.execute(*begin)
            connection.execute(*rows.of_setback(history.SetbackKind.RESTORED, origin, now))
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    finally:
        connection.execute("DETACH other")
    return added["sessions"], better + sum(added.values())


def _own_since(connection: sqlite3.Connection, now: ClockReading) -> tuple[str, float]:
    """Return the boot and monotonic time at which the journal was begun."""
    known = connection.execute("SELECT boot, monotonic_s FROM own_since").fetchone()
    first = connection.execute(
        "SELECT boot, first_monotonic_s FROM clock_spans ORDER BY id LIMIT 1"
    ).fetchone()
    boot, monotonic = known or first or (now.boot, now.monotonic)
    return str(boot), float(monotonic)


def _prepare(other: Path, own: Sequence[str], since: float) -> None:
    """Prepare an export for merging: migrate it, end its running session, drop what is not taken.

    `own` are the boots that the journal has all of, the first of them from `since` on. What the
    export has of them is dropped.
    """
    copied = sqlite3.connect(uri_of(other), uri=True, isolation_level=None)
    try:
        schema.migrate(copied)
        shared = [boot for boot in _boots(copied, "main") if boot in own]
        if shared != [boot for boot in own if boot in shared]:
            raise MergeError(_ANOTHER_ORDER)
        unfinished = unfinished_session(copied)
        if unfinished is not None:
            end = events.SessionEnded(0.0, events.Ending.INTERRUPTED, 0, 0, 0)
            for sql, values in rows.of_event(end, unfinished.last, unfinished):
                copied.execute(sql, values)
        stamped = {"clock_spans": ("", "first_"), "sessions": ("started_", "started_")}
        stamped |= {table: (prefix, prefix) for table, prefix in _STAMPED.items()}
        for table, (named, timed) in stamped.items():
            copied.executemany(
                f"DELETE FROM {table} WHERE {named}boot = ? AND {timed}monotonic_s >= ?",
                [(boot, 0.0 if index else since) for index, boot in enumerate(own)],
            )
        for table in ("lifts", "moments"):
            copied.execute(f"DELETE FROM {table} WHERE session NOT IN (SELECT id FROM sessions)")
    finally:
        copied.close()


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    tables = ("clock_spans", "sessions", *_STAMPED)
    return {
        table: int(connection.execute(f"SELECT count(*) FROM main.{table}").fetchone()[0])
        for table in tables
    }


def _merge(connection: sqlite3.Connection, own: Sequence[str]) -> int:
    """Merge all tables; return how many rows the journal had already and now knows better."""
    for made in ("boots", "spans", "numbers", "merged", "was_spans", "was_sessions"):
        connection.execute(f"DROP TABLE IF EXISTS temp.{made}")
    connection.execute("CREATE TEMP TABLE was_spans AS SELECT * FROM main.clock_spans")
    connection.execute("CREATE TEMP TABLE was_sessions AS SELECT * FROM main.sessions")
    connection.execute("CREATE TEMP TABLE boots (boot TEXT PRIMARY KEY, number INTEGER NOT NULL)")
    mine = [boot for boot in _boots(connection, "main") if boot not in own]
    others = [boot for boot in _boots(connection, "other") if boot not in own]
    order = [*one_order(mine, others), *own]
    connection.executemany("INSERT INTO boots VALUES (?, ?)", [(b, n) for n, b in enumerate(order)])
    _merge_spans(connection)
    _merge_sessions(connection)
    for table, prefix in _STAMPED.items():
        _merge_table(connection, table, prefix)
    connection.execute(_RECOUNT, {"held": exercises.COUNTS_FROM_S})
    better = sum(_known_better(connection, *pair) for pair in _REWRITTEN)
    for made in ("boots", "numbers", "was_spans", "was_sessions"):
        connection.execute(f"DROP TABLE temp.{made}")
    return better


def _known_better(connection: sqlite3.Connection, table: str, was: str) -> int:
    """Return how many rows of a table differ from what they were before the merge."""
    names = ", ".join(_columns(connection, table))
    return int(
        connection.execute(
            f"SELECT count(*) FROM (SELECT {names} FROM temp.{was}"
            f" EXCEPT SELECT {names} FROM main.{table})"
        ).fetchone()[0]
    )


def _boots(connection: sqlite3.Connection, schema: str) -> list[str]:
    return [
        boot
        for (boot,) in connection.execute(
            f"SELECT boot FROM {schema}.clock_spans GROUP BY boot ORDER BY min(id)"
        )
    ]


def one_order(mine: Sequence[str], others: Sequence[str]) -> list[str]:
    """Return the boots of both lists in one order; raises MergeError if the two contradict."""
    place = {boot: index for index, boot in enumerate(mine)}
    order: list[str] = []
    next_of_mine = 0
    for boot in others:
        index = place.get(boot)
        if index is not None:
            if index < next_of_mine:
                raise MergeError(_ANOTHER_ORDER)
            order += mine[next_of_mine:index]
            next_of_mine = index + 1
        order.append(boot)
    return [*order, *mine[next_of_mine:]]


def _merge_spans(connection: sqlite3.Connection) -> None:
    """Merge the clock spans: one that both journals have ends at the later of the two ends."""
    key = "boot, source, utc_offset_s, first_monotonic_s, first_wall_s"
    ends = "last_monotonic_s, last_wall_s"
    connection.execute(
        f"CREATE TEMP TABLE spans AS SELECT {key}, max(last_monotonic_s) AS last_monotonic_s,"
        " max(last_wall_s) AS last_wall_s, min(origin) AS origin, min(id) AS id FROM"
        f" (SELECT {key}, {ends}, 0 AS origin, id FROM main.clock_spans UNION ALL"
        f" SELECT {key}, {ends}, 1, id FROM other.clock_spans) GROUP BY {key}"
    )
    connection.execute("DELETE FROM main.clock_spans")
    connection.execute(
        f"INSERT INTO main.clock_spans ({key}, {ends}) SELECT {key}, {ends} FROM spans"
        " JOIN boots USING (boot) ORDER BY number, first_monotonic_s, origin, spans.id"
    )
    connection.execute("DROP TABLE temp.spans")


def _merge_sessions(connection: sqlite3.Connection) -> None:
    """Merge the sessions, and number them anew; the table `numbers` has the old and new numbers.

    Of a session that both journals have, a real end is kept rather than a guessed one, the latest
    guess rather than an earlier one, and a stop of which somebody said later that something hurt
    rather than the plain stop.
    """
    names = ", ".join(_columns(connection, "sessions"))
    connection.execute(
        "CREATE TEMP TABLE numbers AS SELECT origin, id AS old,"
        " dense_rank() OVER (ORDER BY number, started_monotonic_s) AS new, row_number() OVER"
        f" (PARTITION BY started_boot, started_monotonic_s ORDER BY ending IS NULL,"
        f" ending = '{events.Ending.INTERRUPTED}', ending = '{events.Ending.STOPPED}',"
        " ended_monotonic_s DESC,"
        " practised IS NULL, origin)"
        " AS choice FROM"
        " (SELECT 0 AS origin, * FROM main.sessions UNION ALL SELECT 1, * FROM other.sessions)"
        " JOIN boots ON boots.boot = started_boot"
    )
    connection.execute(
        f"CREATE TEMP TABLE merged AS SELECT new AS id, {names} FROM numbers JOIN"
        " (SELECT 0 AS origin, * FROM main.sessions UNION ALL SELECT 1, * FROM other.sessions) s"
        " ON s.origin = numbers.origin AND s.id = old WHERE choice = 1"
    )
    connection.execute("DELETE FROM main.sessions")
    connection.execute(
        f"INSERT INTO main.sessions (id, {names}) SELECT id, {names} FROM merged ORDER BY id"
    )
    connection.execute("DROP TABLE temp.merged")


def _merge_table(connection: sqlite3.Connection, table: str, prefix: str) -> None:
    """Merge a table whose rows never change, in the order of the stamp with `prefix`."""
    columns = _columns(connection, table)
    names = ", ".join(columns)

    def numbered(schema: str, origin: int) -> str:
        """Return SQL for the rows of one journal, with the new number of their session."""
        values = ", ".join("n.new AS session" if c == "session" else c for c in columns)
        join = f"LEFT JOIN numbers n ON n.origin = {origin} AND n.old = t.session"
        return f"SELECT {values}, {origin} AS came_from, t.id AS place FROM {schema}.{table} t" + (
            f" {join}" if "session" in columns else ""
        )

    # The same row in both journals is one. Equal rows within one journal are several: `nth`.
    connection.execute(
        f"CREATE TEMP TABLE merged AS SELECT {names}, min(came_from) AS came_from,"
        f" min(place) AS place FROM (SELECT *, row_number() OVER"
        f" (PARTITION BY came_from, {names} ORDER BY place) AS nth FROM"
        f" ({numbered('main', 0)} UNION ALL {numbered('other', 1)})) GROUP BY {names}, nth"
    )
    connection.execute(f"DELETE FROM main.{table}")
    connection.execute(
        f"INSERT INTO main.{table} ({names}) SELECT {', '.join(f'm.{name}' for name in columns)}"
        f" FROM merged m JOIN boots b ON b.boot = m.{prefix}boot"
        f" ORDER BY b.number, m.{prefix}monotonic_s, came_from, place"
    )
    connection.execute("DROP TABLE temp.merged")


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    """Return the names of all columns of a table but its id."""
    return [row[1] for row in connection.execute(f"PRAGMA main.table_info({table})")][1:]
