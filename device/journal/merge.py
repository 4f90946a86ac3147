"""Another journal's rows come into this one: each once, in the order in which they happened.

Theory of operation
-------------------
Boots name themselves uniquely, so a row is known by its boot and its time in it. The boots of
both journals are brought into one order: those they share stay where they are, those that only
the other has come before what only this one has, because a restored device goes on after its
export ended. Then each table is written anew in that order, in one transaction: rows that are
there stay, rows that are not are added, and nothing is ever taken away.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from device.clock import ClockReading
from device.coach.events import Ending, SessionEnded
from device.coach.history import SetbackKind
from device.errors import LiftLightError
from device.journal import history, rows
from device.journal.examine import refuse_strange

_STAMPED = {
    "lifts": "",
    "moments": "",
    "massages": "",
    "faults": "",
    "time_sets": "before_",
    "setbacks": "",
}
"""The tables beside sessions and spans, and the prefix of the stamp that orders their rows."""


class MergeError(LiftLightError):
    """The other journal cannot be brought into this one."""


def merge(
    connection: sqlite3.Connection, other: Path, now: ClockReading, origin: str
) -> tuple[int, int]:
    """Add what only `other` has; return how many sessions and how many rows in all were added.

    `other` is a copy that may be changed. If anything was added, a setback that costs a day of
    rest says so, with `origin`. Raises StrangeJournalError or MergeError, and sqlite3.Error; the
    journal is then as it was.
    """
    refuse_strange(other)
    _close_unfinished(connection, other)
    connection.execute("ATTACH ? AS other", (str(other),))
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute("PRAGMA defer_foreign_keys = ON")
            before = _counts(connection)
            _merge(connection)
            added = {table: n - before[table] for table, n in _counts(connection).items()}
            if not any(added.values()):
                connection.execute("ROLLBACK")
                return 0, 0
            move, begin = rows.checkpoint(now)
            if connection.execute(*move).rowcount == 0:
                connection.execute(*begin)
            connection.execute(*rows.of_setback(SetbackKind.RESTORED, origin, now))
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    finally:
        connection.execute("DETACH other")
    return added["sessions"], sum(added.values())


def _close_unfinished(connection: sqlite3.Connection, other: Path) -> None:
    """End what was still running when `other` was copied, unless this journal knows better."""
    copied = sqlite3.connect(other, isolation_level=None)
    try:
        unfinished = history.unfinished_session(copied)
        if unfinished is None:
            return
        key = copied.execute(
            "SELECT started_boot, started_monotonic_s FROM sessions WHERE ending IS NULL"
        ).fetchone()
        known = connection.execute(
            "SELECT 1 FROM sessions WHERE (started_boot, started_monotonic_s) = (?, ?)", key
        ).fetchone()
        if known is None:
            end = SessionEnded(0.0, Ending.INTERRUPTED, 0, 0, 0)
            for sql, values in rows.of_event(end, unfinished.last, unfinished):
                copied.execute(sql, values)
    finally:
        copied.close()


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    tables = ("clock_spans", "sessions", *_STAMPED)
    return {
        table: int(connection.execute(f"SELECT count(*) FROM main.{table}").fetchone()[0])
        for table in tables
    }


def _merge(connection: sqlite3.Connection) -> None:
    for made in ("boots", "spans", "numbers", "merged"):
        connection.execute(f"DROP TABLE IF EXISTS temp.{made}")
    connection.execute("CREATE TEMP TABLE boots (boot TEXT PRIMARY KEY, number INTEGER NOT NULL)")
    order = _one_order(_boots(connection, "main"), _boots(connection, "other"))
    connection.executemany("INSERT INTO boots VALUES (?, ?)", [(b, n) for n, b in enumerate(order)])
    _merge_spans(connection)
    _merge_sessions(connection)
    for table, prefix in _STAMPED.items():
        _merge_table(connection, table, prefix)
    connection.execute("DROP TABLE temp.boots")
    connection.execute("DROP TABLE temp.numbers")


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
                raise MergeError(
                    "the export's boots are in another order than this journal's: "
                    "it is no export of this device. Use another one."
                )
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
    """A session that both have is ours, unless only the other saw it end."""
    names = ", ".join(_columns(connection, "sessions"))
    connection.execute(
        "CREATE TEMP TABLE numbers AS SELECT origin, id AS old,"
        " dense_rank() OVER (ORDER BY number, started_monotonic_s) AS new, row_number() OVER"
        " (PARTITION BY started_boot, started_monotonic_s ORDER BY ending IS NULL, origin)"
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

    def numbered(schema: str, origin: int, more: str) -> str:
        """Return the rows of one journal, with the merged number of their session."""
        values = ", ".join("n.new AS session" if c == "session" else c for c in columns)
        join = f"LEFT JOIN numbers n ON n.origin = {origin} AND n.old = t.session"
        return f"SELECT {values}{more} FROM {schema}.{table} t" + (
            f" {join}" if "session" in columns else ""
        )

    new = f"{numbered('other', 1, '')} EXCEPT {numbered('main', 0, '')}"
    connection.execute(
        f"CREATE TEMP TABLE merged AS {numbered('main', 0, ', t.id AS place')}"
        f" UNION ALL SELECT *, NULL FROM ({new})"
    )
    connection.execute(f"DELETE FROM main.{table}")
    connection.execute(
        f"INSERT INTO main.{table} ({names}) SELECT {', '.join(f'm.{name}' for name in columns)}"
        f" FROM merged m JOIN boots b ON b.boot = m.{prefix}boot"
        f" ORDER BY b.number, m.{prefix}monotonic_s, place IS NULL, place"
    )
    connection.execute("DROP TABLE temp.merged")


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    """Return the names of a table's columns, all but its id."""
    return [row[1] for row in connection.execute(f"PRAGMA main.table_info({table})")][1:]
