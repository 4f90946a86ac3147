"""The journal: events go in from the loop, and are acknowledged once they are on the disk.

Theory of operation
-------------------
`write` stamps an event with the clock, queues it and returns at once; one thread owns the
database and commits whatever waits in one transaction. So a rep is durable before its cue, and
a hold cue never waits for a disk. A commit that fails leaves the queue as it was; it is tried
again each second, on a connection opened anew, until it succeeds or the journal is closed.
Nothing is dropped in silence: a future that is done without an exception is on the disk.

A row that the database refuses for what is in it would be refused for ever. It fails alone: its
future gets a RowRefusedError, its text is kept as a fault in the same transaction, and the rows
after it are written as if nothing had happened.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Self

from device.clock import Clock, ClockReading, TimeSetting
from device.coach import History, events, history
from device.errors import LiftLightError
from device.journal import rows
from device.journal.errors import REFUSALS, DiskError, RowRefusedError, disk_error
from device.journal.history import load_history, unfinished_session
from device.journal.store import connect, connect_to_read, open_store

COMMIT_WITHIN_S = 1.0
"""A row that is not on the disk after this long is a disk fault."""

RETRY_S = 1.0
"""How long to wait before a failed commit is tried again."""

CLOSE_WITHIN_S = 4.0
"""How long closing waits for a disk that does not answer: nobody feeds the watchdog meanwhile."""

MOST_WAITING = 1000
"""Rows kept in memory while the disk fails: weeks of sessions. More are refused."""


class EventOrderError(LiftLightError):
    """An event that belongs to a session came without one, or a session began in another."""


@dataclass(slots=True)
class _Entry:
    """One thing to write, what it says, and whom to tell.

    Its statements are made where they are run, so that a value that no statement can be made of
    fails as one that the database refuses.
    """

    now: ClockReading
    statements: Callable[[], Sequence[rows.Statement]]
    says: object
    handed_over: float = field(default_factory=time.monotonic)
    done: Future[None] = field(default_factory=Future)
    refusal: RowRefusedError | None = None


class Journal:
    """The one writer of a journal file; a context manager, and `close` may be called twice.

    Opening makes the file if the data folder never had one, sets a damaged one aside (see
    `set_aside`), and writes a first checkpoint, so that a disk that cannot be written is known
    at once. Raises DiskError, JournalBusyError or NewerJournalError.

    Deadlines are in real seconds whatever clock is given: no disk runs on a virtual one.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        now = clock.reading()
        self._path = path
        self._clock = clock
        self._store = open_store(path, now)
        self._connection: sqlite3.Connection | None = self._store.connection
        self._waiting: deque[_Entry] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._closed = False
        self._failure: LiftLightError | None = None
        self._in_session = False
        self._unfinished: history.UnfinishedSession | None = None
        try:
            self._unfinished = unfinished_session(self._store.connection)
            self._inode = path.stat().st_ino
            self._commit([_Entry(now, tuple, now)])
        except (OSError, sqlite3.Error) as error:
            self._store.close()
            raise disk_error(path, error) from error
        self._thread = self._begin(self._run)

    @property
    def path(self) -> Path:
        """The database file."""
        return self._path

    @property
    def set_aside(self) -> Path | None:
        """Where a damaged journal was put when this one was opened; None if it was whole."""
        return self._store.set_aside

    def write(self, event: events.Event) -> Future[None]:
        """Queue an event; the future is done once it is on the disk. Never waits.

        It stays undone while the disk fails, and gets a DiskError if the journal is closed
        before the disk recovered, or a RowRefusedError if the event is kept as text only. Raises
        EventOrderError for an event out of its session, DiskError if too much waits already.
        """
        with self._changed:
            was_in_session = self._in_session
            closes_earlier = self._follow(event)
            unfinished = self._unfinished if closes_earlier else None
            now = self._clock.reading()
            try:
                done = self._queue(now, partial(rows.of_event, event, now, unfinished), event)
            except DiskError:
                self._in_session = was_in_session
                raise
            if closes_earlier:
                self._unfinished = None
            return done

    def checkpoint(self, reading: ClockReading) -> Future[None]:
        """Queue a note that the machine has been powered until `reading`."""
        with self._changed:
            return self._queue(reading, tuple, reading)

    def set_time(self, setting: TimeSetting) -> Future[None]:
        """Queue a time that a person set."""
        with self._changed:
            self._queue(setting.before, tuple, setting.before)
            return self._queue(setting.after, lambda: (rows.of_time_setting(setting),), setting)

    def trouble(self) -> LiftLightError | None:
        """Return what keeps rows from reaching the disk, or None if all is well."""
        with self._changed:
            if self._failure is not None:
                return self._failure
            waited = time.monotonic() - self._waiting[0].handed_over if self._waiting else 0.0
        if waited <= COMMIT_WITHIN_S:
            return None
        return DiskError(
            f"the disk of {self._path} has not answered for {waited:.0f} s: "
            "switch off and on; if it stays, copy the data folder and replace the card."
        )

    def unfinished_session(self) -> history.UnfinishedSession | None:
        """Return the session that an earlier run began and did not end, until it is ended."""
        return self._unfinished

    def history(self) -> History:
        """Return what rest days are decided from, as far as it is on the disk."""
        with self.reading() as connection:
            return load_history(connection)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Open a connection of its own for queries (`device.journal.history`)."""
        connection = connect_to_read(self._path)
        try:
            yield connection
        except sqlite3.Error as error:
            raise disk_error(self._path, error) from error
        finally:
            connection.close()

    def close(self) -> None:
        """Write what waits, with a last checkpoint, and let go of the file.

        Raises DiskError if rows were lost because the disk failed to the end.
        """
        if self._closed:
            return
        self._closed = True
        with self._changed:
            if len(self._waiting) < MOST_WAITING:
                now = self._clock.reading()
                self._queue(now, tuple, now)
            self._closing = True
            self._changed.notify()
        end = time.monotonic() + CLOSE_WITHIN_S
        self._thread.join(CLOSE_WITHIN_S)
        if self._waiting and not self._thread.is_alive():
            self._thread = self._begin(self._write_what_is_left)
            self._thread.join(max(0.0, end - time.monotonic()))
        trouble = self.trouble()
        with self._changed:
            lost = [entry for entry in self._waiting if not isinstance(entry.says, ClockReading)]
            self._waiting.clear()
        if not self._thread.is_alive():
            if self._connection is not None:
                self._connection.close()
            os.close(self._store.lock)
        if lost:
            error = DiskError(f"{len(lost)} rows of the journal were lost: {trouble}")
            for entry in lost:
                entry.done.set_exception(error)
            raise error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _follow(self, event: events.Event) -> bool:
        """Check an event against the session; return whether it closes one of an earlier run."""
        match event:
            case events.SessionStarted():
                if self._in_session:
                    raise EventOrderError("a session began while another was running.")
                self._in_session = True
                return self._unfinished is not None
            case events.SessionEnded(ending=events.Ending.INTERRUPTED) if not self._in_session:
                if self._unfinished is None:
                    raise EventOrderError("no session was interrupted.")
                return True
            case events.Rep() | events.Refused() | events.Calibrated() | events.SessionEnded():
                if not self._in_session:
                    raise EventOrderError(f"{type(event).__name__} came outside a session.")
                self._in_session = not isinstance(event, events.SessionEnded)
        return False

    def _queue(
        self, now: ClockReading, statements: Callable[[], Sequence[rows.Statement]], says: object
    ) -> Future[None]:
        if self._closing:
            raise DiskError(f"{self._path} is closed.")
        if len(self._waiting) >= MOST_WAITING:
            raise self._failure or DiskError(f"{self._path}: the disk does not keep up.")
        entry = _Entry(now, statements, says)
        self._waiting.append(entry)
        self._changed.notify()
        return entry.done

    @staticmethod
    def _begin(work: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=work, name="journal", daemon=True)
        thread.start()
        return thread

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._closing:
                    self._changed.wait()  # Ended by the next checkpoint, or by closing.
                batch = list(self._waiting)
            if not batch:
                return
            try:
                self._commit(batch)
            except (OSError, sqlite3.Error, LiftLightError) as error:
                if self._gave_up(error):
                    return
                continue
            if not self._acknowledge(batch):
                return

    def _acknowledge(self, batch: Sequence[_Entry]) -> bool:
        """Finish the futures of what was written; False if closing had given it up already."""
        with self._changed:
            self._failure = None
            if not self._waiting:
                return False
            for _ in batch:
                self._waiting.popleft()
        for entry in batch:
            if entry.refusal is None:
                entry.done.set_result(None)
            else:
                entry.done.set_exception(entry.refusal)
        return True

    def _write_what_is_left(self) -> None:
        """Try once more for the rows of a thread that ended, by a failing disk or a mistake."""
        batch = list(self._waiting)
        try:
            self._commit(batch)
        except Exception as error:  # noqa: BLE001 (whatever it was: `close` tells of the rows)
            if self._failure is None:
                again = "run the installer again"
                self._failure = DiskError(f"{self._path} was not written ({error!r}): {again}.")
        else:
            self._acknowledge(batch)

    def _commit(self, batch: Sequence[_Entry]) -> None:
        """Write a batch in one transaction; all of it is on the disk when this returns.

        What the database refused is there as text, and has its `refusal`.
        """
        if self._path.stat().st_ino != self._inode:
            raise FileNotFoundError(f"{self._path} was replaced while it was in use")
        if self._connection is None:
            self._connection = connect(self._path)
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            for entry in batch:
                entry.refusal = _put(connection, entry)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def _gave_up(self, error: OSError | sqlite3.Error | LiftLightError) -> bool:
        """Keep the failure, and wait a while; return whether the journal closes instead."""
        if isinstance(error, OSError | sqlite3.Error):
            error = disk_error(self._path, error)
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        with self._changed:
            self._failure = error
            return self._changed.wait_for(lambda: self._closing, RETRY_S)


def _put(connection: sqlite3.Connection, entry: _Entry) -> RowRefusedError | None:
    """Write one entry; return why, if the database refused it and has its text instead."""
    refusal = None
    connection.execute("SAVEPOINT entry")
    try:
        move, begin = rows.checkpoint(entry.now)
        if connection.execute(*move).rowcount == 0:
            connection.execute(*begin)
        for sql, values in entry.statements():
            connection.execute(sql, values)
    except REFUSALS as error:
        connection.execute("ROLLBACK TO entry")
        refusal = RowRefusedError(
            f"the journal could not take what it was given ({error!a}) and keeps it as text "
            "among the faults: run the installer again if it happens again."
        )
        connection.execute(*rows.of_refused(entry.says, error, entry.now))
    connection.execute("RELEASE entry")
    return refusal
