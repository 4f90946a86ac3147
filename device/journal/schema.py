"""The tables, and how an older journal becomes a newer one.

Each step of `MIGRATIONS` takes the schema from one version to the next and is never edited once
a journal may have been written with it; a change is a new step. The version is in SQLite's
`user_version`, and `APPLICATION_ID` in its header tells a journal from any other database.

A stamp is a reading of the clock at the moment at which an event was handed to the journal, in
five columns: the boot of the machine, the seconds since that boot began, the wall clock in seconds
since 1970 UTC, the offset of local time in seconds, and the source that the clock was set from. A
wall time from an `untrusted` source is never shown as a date: such a row is dated from
`clock_spans` once its boot has a trusted one.
"""

from __future__ import annotations

import sqlite3

APPLICATION_ID = 0x4C4C4A4C
"""The letters LLJL: LiftLight's journal of lifts."""


def stamp(prefix: str = "", null: str = " NOT NULL") -> str:
    """Return the definitions of the five columns of a stamp."""
    kinds = {
        "boot": "TEXT",
        "monotonic_s": "REAL",
        "wall_s": "REAL",
        "utc_offset_s": "INTEGER",
        "source": "TEXT",
    }
    return ", ".join(f"{prefix}{name} {kind}{null}" for name, kind in kinds.items())


_FIRST = f"""
-- A stretch of one boot in which one clock ran on without a step. Every row written, and a
-- checkpoint each minute, moves the end of the latest stretch; so this is all that is known
-- about how long the power was on, and when.
CREATE TABLE clock_spans (
  id INTEGER PRIMARY KEY,
  boot TEXT NOT NULL,
  source TEXT NOT NULL,
  utc_offset_s INTEGER NOT NULL,
  first_monotonic_s REAL NOT NULL,
  first_wall_s REAL NOT NULL,
  last_monotonic_s REAL NOT NULL,
  last_wall_s REAL NOT NULL
) STRICT;
CREATE INDEX clock_spans_boot ON clock_spans (boot);

-- `rest` and `practised` are raw units of the lift signal. A session without an `ending` is
-- running, or was cut off; `dose` counts the lifts held 0.5 s or more.
CREATE TABLE sessions (
  id INTEGER PRIMARY KEY,
  exercise TEXT NOT NULL,
  {stamp("started_")},
  rest REAL,
  practised REAL,
  ending TEXT,
  reps INTEGER,
  lifts INTEGER,
  dose INTEGER,
  {stamp("ended_", "")}
) STRICT;
CREATE UNIQUE INDEX one_unfinished_session ON sessions (ending IS NULL) WHERE ending IS NULL;

-- A rep has a number; a lift that is not a rep has the reason. Times are monotonic seconds of
-- the same boot; `peak` and the sides are fractions of the practised lift.
CREATE TABLE lifts (
  id INTEGER PRIMARY KEY,
  session INTEGER NOT NULL REFERENCES sessions (id),
  number INTEGER,
  reason TEXT,
  onset_s REAL,
  apex_s REAL,
  offset_s REAL,
  end_s REAL,
  hold_s REAL,
  peak REAL,
  left_side REAL,
  right_side REAL,
  notes TEXT NOT NULL DEFAULT '',
  {stamp()},
  CHECK ((number IS NULL) <> (reason IS NULL))
) STRICT;
CREATE INDEX lifts_session ON lifts (session);

-- face_lost, face_found, paused, resumed, hurt. Something may hurt after the session, too.
CREATE TABLE moments (
  id INTEGER PRIMARY KEY,
  session INTEGER REFERENCES sessions (id),
  kind TEXT NOT NULL,
  {stamp()}
) STRICT;
CREATE INDEX moments_kind ON moments (kind);

CREATE TABLE massages (id INTEGER PRIMARY KEY, seconds REAL, {stamp()}) STRICT;

CREATE TABLE faults (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, detail TEXT NOT NULL, {stamp()}
) STRICT;

-- A person set the time: the clock just before and just after, and what the chip counted.
CREATE TABLE time_sets (
  id INTEGER PRIMARY KEY,
  {stamp("before_")},
  {stamp("after_")},
  rtc_s REAL,
  rtc_name TEXT NOT NULL
) STRICT;

-- What happened to the journal itself: damaged (set aside, this is a new one), restored.
CREATE TABLE setbacks (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, detail TEXT NOT NULL, {stamp()}
) STRICT;
"""

_OWN_SINCE = """
-- The moment from which on this journal was written by its own device, in one row: all that lies
-- before came back from exports, and another export may know more of it. Without a row nothing
-- ever came back.
CREATE TABLE own_since (boot TEXT NOT NULL, monotonic_s REAL NOT NULL) STRICT;
"""

_NAMED_MASSAGES = """
-- A massage has a name, as a session has. There was only one kind before.
ALTER TABLE massages ADD COLUMN exercise TEXT NOT NULL DEFAULT 'circle_up_rub';
"""

MIGRATIONS: tuple[str, ...] = (_FIRST, _OWN_SINCE, _NAMED_MASSAGES)


def version(connection: sqlite3.Connection) -> int:
    """Return the schema version of an open database."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the schema up to the latest version, one step in one transaction.

    Raises sqlite3.Error if the disk fails; the journal is then as it was before that step.
    """
    for number, script in enumerate(MIGRATIONS, start=1):
        if number <= version(connection):
            continue
        try:
            connection.executescript(
                f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;"
            )
        except sqlite3.Error:
            if connection.in_transaction:
                connection.rollback()
            raise
