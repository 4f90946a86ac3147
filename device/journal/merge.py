"""Another journal's rows come into this one: each once, in the order in which they happened.

Theory of operation
-------------------
Boots name themselves uniquely, so a row is known by its boot and its time in it. A journal has two
parts. From the moment it was begun (`own_since`) it is its device's own: it has all of that time,
so nothing that an export says of it is taken. What lies before came from exports, and another one
may know more of it: rows that are not there are added, a boot lasts until the latest moment that
any of them knows, and a session's real end comes instead of one that was guessed because it was
still running when its stick was plugged in. So any order of exports gives the same journal.

The boots are brought into one order: those that both have stay where they are, those that only the
other has come before what only this one has, because a restored device goes on after its export
ended, and all of them before the journal's own. Then each table is written anew in that order, in
one transaction: rows that are there stay, and nothing is ever taken away.
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
from device.journal.history import unfinished_session

_STAMPED = {
    "lifts": "",
    "moments": "",
    "massages": "",
    "faults": "",
    "time_sets": "before_",
    "setbacks": "",
}
"""The tables beside sessions and spans, and the prefix of the stamp that orders their rows."""

_REWRITTEN = (("clock_spans", "was_spans"), ("sessions", "was_sessions"))
"""The tables whose rows may become better known, and what they were before."""

_RECOUNT = """
UPDATE main.sessions SET reps = max(reps, n), lifts = max(lifts, seen + (practised IS NOT NULL)),
  dose = max(dose, held + (practised IS NOT NULL))
  FROM (SELECT session, count(number) AS n, count(*) AS seen,
          count(CASE WHEN number IS NOT NULL OR hold_s >= :held THEN 1 END) AS held
        FROM main.lifts GROUP BY session)
  WHERE session = sessions.id AND ending IS NOT NULL
"""
"""No session comes to less than its lifts. It may come to more: a lift that a pause or a stop cut
short counts and has no row."""

_ANOTHER_ORDER = (
    "the export's boots are in another order than this journal's: it is no export of this device. "
    "Use another one."
)


class MergeError(LiftLightError):
    """The other journal cannot be brought into this one."""


def merge(
    connection: sqlite3.Connection, other: Path, now: ClockReading, origin: str
) -> tuple[int, int]:
    """Add what only `other` has; return how many sessions were added, and how many rows in all
    were added or are now known better.

    `other` is a copy that may be changed. If there are any, a setback that costs a day of rest
    says so, with `origin`. Raises StrangeJournalError or MergeError, and sqlite3.Error; the
    journal is then as it was.
    """
    refuse_strange(other)
    boot, monotonic = _own_since(connection, now)
    boots = _boots(connection, "main")
    own = boots[boots.index(boot) :] if boot in boots else [boot]
    _prepare(other, own, monotonic)
    connection.execute("ATTACH ? AS other", (str(other),))
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
    """Return the boot and the monotonic time from which on the journal is its device's own."""
    known = connection.execute("SELECT boot, monotonic_s FROM own_since").fetchone()
    first = connection.execute(
        "SELECT boot, first_monotonic_s FROM clock_spans ORDER BY id LIMIT 1"
    ).fetchone()
    boot, monotonic = known or first or (now.boot, now.monotonic)
    return str(boot), float(monotonic)


def _prepare(other: Path, own: Sequence[str], since: float) -> None:
    """Bring a copy up to date, end what was still running in it, and forget the journal's own.

    `own` are the boots that the journal itself knows all of, its first one from `since` on.
    """
    copied = sqlite3.connect(other, isolation_level=None)
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
    """Merge all tables; return how many rows were there and are now known better."""
    for made in ("boots", "spans", "numbers", "merged", "was_spans", "was_sessions"):
        connection.execute(f"DROP TABLE IF EXISTS temp.{made}")
    connection.execute("CREATE TEMP TABLE was_spans AS SELECT * FROM main.clock_spans")
    connection.execute("CREATE TEMP TABLE was_sessions AS SELECT * FROM main.sessions")
    connection.execute("CREATE TEMP TABLE boots (boot TEXT PRIMARY KEY, number INTEGER NOT NULL)")
    mine = [boot for boot in _boots(connection, "main") if boot not in own]
    others = [boot for boot in _boots(connection, "other") if boot not in own]
    order = [*_one_order(mine, others), *own]
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
    """Return how many rows that a table already had are another now."""
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


def _one_order(mine: Sequence[str], others: Sequence[str]) -> list[str]:
    """Return all boots in one order; raises MergeError if the two contradict each other."""
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
    """A stretch that both know ends where the longer of the two ends."""
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
    """Of a session that both have, a real end is kept rather than a guessed one, and the latest
    guess rather than an earlier one; a stop that turned out to hurt is the same end.
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
    columns = _columns(connection, table)
    names = ", ".join(columns)

    def numbered(schema: str, origin: int) -> str:
        """Return the rows of one journal, with the merged number of their session."""
        values = ", ".join("n.new AS session" if c == "session" else c for c in columns)
        join = f"LEFT JOIN numbers n ON n.origin = {origin} AND n.old = t.session"
        return f"SELECT {values}, {origin} AS came_from, t.id AS place FROM {schema}.{table} t" + (
            f" {join}" if "session" in columns else ""
        )

    # Two rows of one journal that are the same in everything are two all the same.
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
    """Return the names of a table's columns, all but its id."""
    return [row[1] for row in connection.execute(f"PRAGMA main.table_info({table})")][1:]
