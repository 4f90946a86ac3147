"""The journal's writer: it takes events, and acknowledges each once it is on the disk.

Theory of operation
-------------------
`write` reads the clock, queues the event and returns a future at once. One thread owns the
database: it commits everything that waits in one transaction, and then finishes the futures. The
cue of a repetition waits for its future, so a repetition that was heard is on the disk; the cues of
a hold wait for nothing. A commit that fails leaves the queue as it was. It is tried again each
second, on a new connection, until it succeeds or the journal is closed. Nothing is lost in silence:
what a future without an exception stands for is on the disk.

A row that the database refuses for its values would be refused every time. It fails alone: its
future gets a RowRefusedError, its text is kept as a fault in the same transaction, and the rows
after it are written as usual.
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
"""How long a row may wait for the disk before that is a fault, in seconds."""

IDLE_S = 60.0
"""How long the writer waits for a row before it looks again: checkpoints come as often."""

RETRY_S = 1.0
"""How long to wait before a failed commit is tried again, in seconds."""

CLOSE_WITHIN_S = 4.0
"""How long closing waits for a disk that does not answer, in seconds; the watchdog is not fed
meanwhile."""

MOST_WAITING = 1000
"""How many rows are kept in memory while the disk fails, which is weeks of sessions; more are
refused."""


class EventOrderError(LiftLightError):
    """An event that belongs to a session came outside one, or a session started within another."""


@dataclass(slots=True)
class _Entry:
    """One thing to write: the reading it is stamped with, how to make its SQL, and its future.

    `content` is what it was made from, an event or a reading, whose text is kept if the database
    refuses the row. The SQL is made on the writer's thread, so that a value of which none can be
    made is refused in the same way.
    """

    now: ClockReading
    statements: Callable[[], Sequence[rows.Statement]]
    content: object
    handed_over: float = field(default_factory=time.monotonic)
    done: Future[None] = field(default_factory=Future)
    refusal: RowRefusedError | None = None


class Journal:
    """Writes a journal file, of which it is the only writer.

    An event is on the disk once its future is done::

        with Journal(data / JOURNAL_NAME, clock) as journal:
            written = journal.write(event)
            written.result(timeout=10)

    Opening makes the file if the data folder never had one, sets a damaged one aside (see
    `set_aside`), and writes a first checkpoint, so that a disk that cannot be written is known at
    once. Raises DiskError, JournalBusyError or NewerJournalError.

    The methods may be called from any thread. Limits of time are in real seconds whatever `clock`
    is given, since the disk does not run on a virtual one.
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
        """Where a damaged journal was put when this one was opened; None if there was none."""
        return self._store.set_aside

    def write(self, event: events.Event) -> Future[None]:
        """Queue an event; return a future that is done once the event is on the disk. Never waits.

        The future stays undone while the disk fails. It gets a DiskError if the journal is closed
        before the disk recovers, and a RowRefusedError if the event is kept as text only. Raises
        EventOrderError for an event outside its session, DiskError if too much waits already.
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
        """Queue a note that the power was on until `reading`; return its future."""
        with self._changed:
            return self._queue(reading, tuple, reading)

    def set_time(self, setting: TimeSetting) -> Future[None]:
        """Queue a time that a person set; return its future."""
        with self._changed:
            self._queue(setting.before, tuple, setting.before)
            return self._queue(setting.after, lambda: (rows.of_time_setting(setting),), setting)

    def trouble(self) -> LiftLightError | None:
        """Return what keeps rows from reaching the disk; None if nothing does. Never waits."""
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
        """Return all that rest days are decided from, as far as it is on the disk."""
        with self.reading() as connection:
            return load_history(connection)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Open a connection for queries, to be used in a `with` block (see `history.py`).

        Raises DiskError if the journal cannot be opened, or a query in the block fails.
        """
        connection = connect_to_read(self._path)
        try:
            yield connection
        except sqlite3.Error as error:
            raise disk_error(self._path, error) from error
        finally:
            connection.close()

    def close(self) -> None:
        """Write what waits and a last checkpoint, and let go of the file; may be called twice.

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
            lost = [entry for entry in self._waiting if not isinstance(entry.content, ClockReading)]
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
        """Check that an event is in order; return whether it ends the session of an earlier run."""
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
        self, now: ClockReading, statements: Callable[[], Sequence[rows.Statement]], content: object
    ) -> Future[None]:
        if self._closing:
            raise DiskError(f"{self._path} is closed.")
        if len(self._waiting) >= MOST_WAITING:
            raise self._failure or DiskError(f"{self._path}: the disk does not keep up.")
        entry = _Entry(now, statements, content)
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
                    self._changed.wait(IDLE_S)
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
        """Finish the futures of what was written; return False if closing gave it up before."""
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
        """Try once more to write what a thread left that ended, by a failing disk or a mistake."""
        batch = list(self._waiting)
        try:
            self._commit(batch)
        except Exception as error:  # noqa: BLE001 (whatever it is: `close` reports it)
            if self._failure is None:
                again = "run the installer again"
                self._failure = DiskError(f"{self._path} was not written ({error!r}): {again}.")
        else:
            self._acknowledge(batch)

    def _commit(self, batch: Sequence[_Entry]) -> None:
        """Write a batch in one transaction; all of it is on the disk when this returns.

        An entry that the database refused is there as text, and its `refusal` says why.
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
        """Keep the failure for `trouble`, and wait; return whether the journal closes meanwhile."""
        if isinstance(error, OSError | sqlite3.Error):
            error = disk_error(self._path, error)
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        with self._changed:
            self._failure = error
            return self._changed.wait_for(lambda: self._closing, RETRY_S)


def _put(connection: sqlite3.Connection, entry: _Entry) -> RowRefusedError | None:
    """Write one entry; if the database refuses it write its text instead, and return why."""
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
        connection.execute(*rows.of_refused(entry.content, error, entry.now))
    connection.execute("RELEASE entry")
    return refusal
