"""Queries: what the rest of LiftLight asks of a journal. None of them knows a rule of rest."""

from __future__ import annotations

import math
import sqlite3
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from device.clock import ClockReading, ClockSource, TimeSetting
from device.coach import History, events, exercises, history
from device.journal.errors import DiskError, disk_error, is_damage
from device.journal.rows import MOMENTS, reading_of, stamp_columns
from device.journal.store import connect_to_read

HELD = "count(CASE WHEN number IS NOT NULL OR hold_s >= :held THEN 1 END)"
"""SQL that counts the lifts that count towards the dose: the repetitions, and whatever else was
held for `:held` seconds."""


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """One session, in the journal's figures.

    `date` is when it began, in local time; None if the time was not known. `ended` and `ending` are
    None while it is unfinished. `holds` has the hold time of each repetition in seconds. `refused`
    counts the lifts that were no repetition, by their reason; `notes` counts the notes on lifts.
    """

    exercise: str
    started: ClockReading
    ended: ClockReading | None
    date: datetime | None
    ending: str | None
    reps: int
    lifts: int
    dose: int
    holds: tuple[float, ...]
    refused: Mapping[str, int]
    notes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PastMassage:
    """A massage that was timed for `seconds`, until `ended`; `exercise` is its name."""

    number: int
    exercise: str
    seconds: float
    ended: ClockReading


@dataclass(frozen=True, slots=True)
class PastFault:
    """A fault that was written down; `detail` says what happened and what to do about it."""

    at: ClockReading
    kind: str
    detail: str


class Calendar:
    """Dates the rows of a journal, also those written before the time of their boot was known.

    A row of an untrusted clock is dated by the nearest moment of the same boot at which the clock
    was trusted.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._trusted: dict[str, list[ClockReading]] = {}
        for first, last in _spans(connection):
            if first.source.trusted:
                self._trusted.setdefault(first.boot, []).extend((first, last))

    def date(self, reading: ClockReading) -> datetime | None:
        """Return the local date and time of a reading; None if they were never known."""
        if not reading.source.trusted:
            known = self._trusted.get(reading.boot)
            if known is None:
                return None
            near = min(known, key=lambda other: abs(other.monotonic - reading.monotonic))
            passed = reading.monotonic - near.monotonic
            reading = replace(near, wall=near.wall + passed)
        zone = timezone(timedelta(seconds=reading.utc_offset))
        return datetime.fromtimestamp(reading.wall, zone)


def load_history(connection: sqlite3.Connection) -> History:
    """Return all that rest days are decided from, without a session that is unfinished."""
    boots: dict[str, history.Boot] = {}
    for first, last in _spans(connection):
        begun = boots.get(first.boot)
        boots[first.boot] = history.Boot(first if begun is None else begun.first, last)
    return History(
        boots=tuple(boots.values()),
        sessions=tuple(
            history.PastSession(reading_of(*stamp), dose)
            for dose, *stamp in connection.execute(
                f"SELECT dose, {stamp_columns('ended_')} FROM sessions"
                " WHERE ending IS NOT NULL ORDER BY id"
            )
        ),
        hurts=tuple(hurts(connection)),
        time_sets=tuple(_time_settings(connection)),
        setbacks=tuple(
            history.Setback(reading_of(*stamp), history.SetbackKind(kind))
            for kind, *stamp in connection.execute(
                f"SELECT kind, {stamp_columns()} FROM setbacks ORDER BY id"
            )
        ),
    )


def unfinished_session(connection: sqlite3.Connection) -> history.UnfinishedSession | None:
    """Return the session that has begun and not ended; None if there is none."""
    row = connection.execute(
        "SELECT id, practised IS NOT NULL, started_boot FROM sessions WHERE ending IS NULL"
    ).fetchone()
    if row is None:
        return None
    session, practised, boot = row
    reps, lifts, held = connection.execute(
        f"SELECT count(number), count(*), {HELD} FROM lifts WHERE session = :session",
        {"held": exercises.COUNTS_FROM_S, "session": session},
    ).fetchone()
    last = [last for first, last in _spans(connection) if first.boot == boot][-1]
    return history.UnfinishedSession(last, reps, lifts + practised, held + practised)


def last_time_set(path: Path) -> TimeSetting | None:
    """Return the last time that a person set, with how far the clock chip has `counted` since.

    The clock needs it before the journal is opened for writing. None if no time was ever set, and
    also if there is no journal yet, or a damaged one, which opening it will report.

    Raises DiskError or NewerJournalError if the journal cannot be read. Without the setting that
    is in it a chip that a person had corrected would tell its own time again, and claim the
    difference as rest.
    """
    try:
        connection = connect_to_read(path)
    except DiskError as error:
        cause = error.__cause__
        if cause is None or (isinstance(cause, sqlite3.Error) and is_damage(cause)):
            return None
        raise
    try:
        last = next(iter(deque(_time_settings(connection), maxlen=1)), None)
        if last is None or last.rtc is None:
            return last
        return replace(last, counted=_counted_since(connection, last.after, last.rtc))
    except sqlite3.Error as error:
        has_no_tables = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
        if has_no_tables or is_damage(error):
            return None
        raise disk_error(path, error) from error
    finally:
        connection.close()


def _counted_since(connection: sqlite3.Connection, set_at: ClockReading, rtc: float) -> float:
    """Return the latest that is known of a chip that counted `rtc` at `set_at`, in its seconds.

    Infinite if the chip failed since, so that nothing it counts now is believed. It failed if a
    boot ended without it. If it was believed again before the end, it had only been silent: a chip
    that lost its time is not believed again in the same boot, by whichever run of the program.
    """
    spans = list(_spans(connection))
    boots = [first.boot for first, _ in spans]
    if set_at.boot not in boots:
        return rtc  # The setting came from an export that has no clock span of its boot.
    since = [
        last
        for _, last in spans[boots.index(set_at.boot) :]
        if last.boot != set_at.boot or last.monotonic > set_at.monotonic
    ]
    ends = {last.boot: last.source for last in since}
    if any(source is not ClockSource.RTC for source in ends.values()):
        return math.inf
    counted = (rtc + last.wall - set_at.wall for last in since if last.source is ClockSource.RTC)
    return max(counted, default=rtc)


def last_session(connection: sqlite3.Connection) -> SessionSummary | None:
    """Return the latest session, finished or not."""
    return next(sessions(connection, 1), None)


def sessions(connection: sqlite3.Connection, most: int = -1) -> Iterator[SessionSummary]:
    """Yield the sessions, the latest first: `most` of them at most, or all if that is negative."""
    calendar = Calendar(connection)
    for session, exercise, ending, lifts, dose, *stamps in connection.execute(
        "SELECT id, exercise, ending, lifts, dose,"
        f" {stamp_columns('started_')}, {stamp_columns('ended_')}"
        " FROM sessions ORDER BY id DESC LIMIT ?",
        (most,),
    ):
        holds, refused, notes = _lifts(connection, session)
        started = reading_of(*stamps[:5])
        unfinished = None if ending else unfinished_session(connection)
        yield SessionSummary(
            exercise=exercise,
            started=started,
            ended=reading_of(*stamps[5:]) if ending else None,
            date=calendar.date(started),
            ending=ending,
            reps=len(holds),
            lifts=unfinished.lifts if unfinished else lifts,
            dose=unfinished.dose if unfinished else dose,
            holds=holds,
            refused=refused,
            notes=notes,
        )


def last_copy(connection: sqlite3.Connection) -> ClockReading | None:
    """Return when the journal was last copied to a stick; None if it never was."""
    row = connection.execute(
        f"SELECT {stamp_columns()} FROM moments WHERE kind = '{MOMENTS[events.Copied]}'"
        " ORDER BY id DESC LIMIT 1"
    ).fetchone()
    return None if row is None else reading_of(*row)


def massages(connection: sqlite3.Connection) -> Iterator[PastMassage]:
    """Yield the massages, in the order of their writing."""
    # A journal that is only read may be of an older version, in which massages had no name.
    columns = [name for _, name, *_ in connection.execute("PRAGMA table_info(massages)")]
    exercise = "exercise" if "exercise" in columns else f"'{exercises.MASSAGE.name}'"
    for number, name, seconds, *stamp in connection.execute(
        f"SELECT id, {exercise}, seconds, {stamp_columns()} FROM massages ORDER BY id"
    ):
        yield PastMassage(number, name, seconds or 0.0, reading_of(*stamp))


def hurts(connection: sqlite3.Connection) -> Iterator[ClockReading]:
    """Yield when a press said that something hurts, in the order of their writing."""
    for stamp in connection.execute(
        f"SELECT {stamp_columns()} FROM moments WHERE kind = '{MOMENTS[events.Hurt]}' ORDER BY id"
    ):
        yield reading_of(*stamp)


def faults_of_last_boot(connection: sqlite3.Connection) -> list[PastFault]:
    """Return the faults since the machine was last switched on, in the order of their writing."""
    boot = connection.execute("SELECT boot FROM clock_spans ORDER BY id DESC LIMIT 1").fetchone()
    return [] if boot is None else _faults(connection, "WHERE boot = ? ORDER BY id", boot)


def latest_faults(connection: sqlite3.Connection, most: int) -> list[PastFault]:
    """Return the latest faults, `most` of them at most, the latest first."""
    return _faults(connection, "ORDER BY id DESC LIMIT ?", (most,))


def _faults(
    connection: sqlite3.Connection, which: str, values: Sequence[str | int]
) -> list[PastFault]:
    return [
        PastFault(reading_of(*stamp), kind, detail)
        for kind, detail, *stamp in connection.execute(
            f"SELECT kind, detail, {stamp_columns()} FROM faults {which}", values
        )
    ]


def _lifts(
    connection: sqlite3.Connection, session: int
) -> tuple[tuple[float, ...], Counter[str], Counter[str]]:
    """Return the hold times, the reasons and the notes of one session's lifts."""
    holds: list[float] = []
    refused: Counter[str] = Counter()
    notes: Counter[str] = Counter()
    for reason, hold, noted in connection.execute(
        "SELECT reason, hold_s, notes FROM lifts WHERE session = ? ORDER BY id", (session,)
    ):
        if reason is None:
            holds.append(hold)
        else:
            refused[reason] += 1
        notes.update(noted.split())
    return tuple(holds), refused, notes


def _spans(connection: sqlite3.Connection) -> Iterator[tuple[ClockReading, ClockReading]]:
    """Yield the first and the last reading of each clock span, in the order of their writing."""
    for boot, source, offset, mono, wall, last_mono, last_wall in connection.execute(
        "SELECT boot, source, utc_offset_s, first_monotonic_s, first_wall_s,"
        " last_monotonic_s, last_wall_s FROM clock_spans ORDER BY id"
    ):
        yield (
            reading_of(boot, mono, wall, offset, source),
            reading_of(boot, last_mono, last_wall, offset, source),
        )


def _time_settings(connection: sqlite3.Connection) -> Iterator[TimeSetting]:
    columns = f"{stamp_columns('before_')}, {stamp_columns('after_')}"
    for row in connection.execute(f"SELECT rtc_s, rtc_name, {columns} FROM time_sets ORDER BY id"):
        yield TimeSetting(reading_of(*row[2:7]), reading_of(*row[7:]), row[0], row[1])
