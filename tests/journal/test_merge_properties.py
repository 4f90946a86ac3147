"""Exports of one device, made whenever a stick was plugged in, restored in any order.

The invariant: every order gives the journal that the last of them alone gives, with repeats too,
and so the same rest and the same dose; and whatever somebody changes in an export of a journal,
restoring it there shortens no rest.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from device.clock import ClockReading, ClockSource, TimeSetting
from device.coach import events, rest
from device.errors import LiftLightError
from device.journal import Store, load_history, merge_export, open_store, rows, unfinished_session

WALL = 1_800_000_000.0
TABLES = ("clock_spans", "sessions", "lifts", "moments", "massages", "faults", "time_sets")


@dataclass(frozen=True)
class Evening:
    """A session, when sticks are plugged in, how it ends, and what comes until the next one."""

    lifts: int
    plugged_after_lift: int | None
    ending: Literal["stop", "hurt", "power cut", "goes on"]
    between: tuple[tuple[str, float], ...]


between = st.one_of(
    st.tuples(st.just("plug"), st.just(0.0)),
    st.tuples(st.just("beside"), st.sampled_from((0.0, 1.0, 2.0))),
    st.tuples(st.just("set"), st.sampled_from((-90_000.0, 40.0, 500_000.0))),
    st.tuples(st.just("wait"), st.sampled_from((0.0, 60.0, 30_000.0, 200_000.0))),
    st.tuples(st.just("off"), st.sampled_from((60.0, 40_000.0, 200_000.0, 900_000.0))),
)
evenings = st.lists(
    st.builds(
        Evening,
        st.integers(0, 5),
        st.none() | st.integers(0, 5),
        st.sampled_from(("stop", "hurt", "power cut", "goes on")),
        st.lists(between, max_size=3).map(tuple),
    ),
    min_size=1,
    max_size=4,
)


def open_in_haste(path: Path, now: ClockReading) -> Store:
    """Open a journal that no power cut will come to."""
    store = open_store(path, now)
    store.connection.execute("PRAGMA synchronous = OFF")
    return store


class Device:
    """A journal written as the device writes it, and the exports that were made of it."""

    def __init__(self, folder: Path, source: ClockSource) -> None:
        self.folder = folder
        self.now = ClockReading("boot-1", 20.0, WALL, 3600, source)
        self.store = open_in_haste(folder / "journal.db", self.now)
        self._boots = 1
        self._in_session = False
        self._lifts = 0
        self.exports: list[Path] = []
        self._write(())

    def live(self, life: Sequence[Evening]) -> None:
        """Do one thing after another, each a while after the one before; plug in at the end."""
        for evening in life:
            self._train(evening)
            for what, figure in evening.between:
                self._wait(7.0)
                match what:
                    case "plug":
                        self._export()
                    case "off":
                        self._turn_off_and_on(figure)
                    case "set":
                        self._set_time(figure)
                    case "beside":
                        self._beside(int(figure))
                    case _:
                        self._wait(figure)
                        self._write(())
        self._wait(7.0)
        self._export()

    def close(self) -> None:
        self.store.close()

    def _wait(self, seconds: float) -> None:
        monotonic, wall = self.now.monotonic + seconds, self.now.wall + seconds
        self.now = replace(self.now, monotonic=monotonic, wall=wall)

    def _write(self, statements: Sequence[rows.Statement]) -> None:
        connection = self.store.connection
        move, begin = rows.checkpoint(self.now)
        if connection.execute(*move).rowcount == 0:
            connection.execute(*begin)
        for sql, values in statements:
            connection.execute(sql, values)

    def _event(self, event: events.Event) -> None:
        self._write(rows.of_event(event, self.now))

    def _train(self, evening: Evening) -> None:
        self._wait(7.0)
        self._end()
        self._wait(7.0)
        self._event(events.SessionStarted(self.now.monotonic, "cheek_lifter"))
        self._in_session, self._lifts = True, 0
        for number in range(evening.lifts + 1):
            self._wait(9.0)
            at = self.now.monotonic
            if number == 1:
                self._event(events.Calibrated(at, 0.02, 0.14))
            elif number:
                rep = events.Rep(at, number - 1, at - 5, at - 4, at - 1, at, 2.5, 1.0, 0.9, 1.1, ())
                self._event(rep)
                self._event(events.Refused(at, events.Reason.TOO_SHORT, at - 5, at, 0.2, 0.9))
            self._lifts = number
            if number == evening.plugged_after_lift:
                self._export()
        self._wait(5.0)
        if evening.ending == "power cut":
            self._turn_off_and_on(60.0)
        elif evening.ending != "goes on":
            self._end()
        if evening.ending == "hurt":
            self._export()
            self._wait(3.0)
            self._event(events.Hurt(self.now.monotonic))

    def _end(self) -> None:
        if self._in_session:
            self._in_session = False
            reps = max(self._lifts - 1, 0)
            sums = (reps, 2 * reps + min(self._lifts, 1), self._lifts)
            self._event(events.SessionEnded(self.now.monotonic, events.Ending.STOPPED, *sums))

    def _beside(self, figure: int) -> None:
        at = self.now.monotonic
        happened: tuple[events.Event, ...] = (
            events.Massage(at, at - 3.0),
            events.Fault(at, events.FaultKind.CLOCK, "it stepped"),
            events.Paused(at) if self._in_session else events.Copied(at),
        )
        self._event(happened[figure])

    def _set_time(self, jump: float) -> None:
        before = self.now
        self._write(())
        self.now = replace(before, wall=before.wall + jump)
        setting = TimeSetting(before, self.now, before.wall, "rtc-ds1307 1-0068")
        self._write([rows.of_time_setting(setting)])

    def _turn_off_and_on(self, seconds: float) -> None:
        """A session that was running is found unfinished and closed."""
        unfinished = unfinished_session(self.store.connection)
        self._boots += 1
        self.now = replace(
            self.now, boot=f"boot-{self._boots}", monotonic=20.0, wall=self.now.wall + seconds
        )
        self._write(())
        self._in_session = False
        if unfinished is not None:
            end = events.SessionEnded(0.0, events.Ending.INTERRUPTED, 0, 0, 0)
            self._write(rows.of_event(end, self.now, unfinished))

    def _export(self) -> None:
        """Copy the journal, and note that it was copied, as a plugged stick does."""
        copy = self.folder / f"export-{len(self.exports)}.db"
        self.store.connection.execute("VACUUM INTO ?", (str(copy),))
        self.exports.append(copy)


@contextmanager
def a_life(life: Sequence[Evening], source: ClockSource) -> Iterator[Device]:
    with tempfile.TemporaryDirectory() as name:
        device = Device(Path(name), source)
        try:
            device.live(life)
            yield device
        finally:
            device.close()


def restored(device: Device, exports: Sequence[Path], now: ClockReading) -> tuple[object, object]:
    """Restore exports on a new card; return what its journal has, and how long it rests."""
    with tempfile.TemporaryDirectory(dir=device.folder) as name:
        store = open_in_haste(Path(name) / "journal.db", now)
        try:
            for export in exports:
                copy = Path(name) / "copy.db"
                copy.write_bytes(export.read_bytes())
                merge_export(store.connection, copy, now, "from a stick")
            journal = {
                table: store.connection.execute(f"SELECT * FROM {table}").fetchall()
                for table in TABLES
            }
            history = load_history(store.connection)
            later = (0.0, 90_000.0, 140_000.0, 400_000.0)
            verdicts = [
                rest.decide(history, replace(now, monotonic=now.monotonic + s, wall=now.wall + s))
                for s in later
            ]
        finally:
            store.close()
    return journal, verdicts


@settings(max_examples=40, deadline=None)
@given(evenings, st.sampled_from(ClockSource), st.data())
def test_exports_in_any_order_give_the_journal_that_the_last_one_gives(
    life: list[Evening], source: ClockSource, data: st.DataObject
) -> None:
    with a_life(life, source) as device:
        now = replace(device.now, boot="new card", monotonic=40.0, wall=device.now.wall + 7200.0)
        last = device.exports[-1]
        repeated = data.draw(st.lists(st.sampled_from(device.exports), max_size=2))
        order = data.draw(st.permutations([*device.exports, *repeated]))
        assert restored(device, order, now) == restored(device, [last], now)


moves = st.floats(-1e6, 1e6)
changes = st.lists(
    st.one_of(
        st.tuples(st.just("end"), moves),
        st.tuples(st.just("begin"), moves),
        st.tuples(st.just("wall"), moves),
        st.tuples(st.just("dose"), moves),
        st.tuples(st.just("ended"), moves),
        st.tuples(st.just("hurt"), moves),
        st.tuples(st.just("boot"), moves),
        st.tuples(st.just("session"), moves),
        st.tuples(st.just("source"), moves),
        st.tuples(st.just("no lifts"), moves),
        st.tuples(st.just("time"), moves),
    ),
    min_size=1,
    max_size=4,
)


def change(export: Path, what: str, figure: float) -> None:
    """Change an export as somebody with an editor for databases might."""
    statements = {
        "end": "UPDATE clock_spans SET last_monotonic_s = last_monotonic_s + abs(?1),"
        " last_wall_s = last_wall_s + abs(?1)",
        "begin": "UPDATE clock_spans SET first_monotonic_s = 0, first_wall_s = first_wall_s + ?1",
        "wall": "UPDATE clock_spans SET first_wall_s = first_wall_s + ?1,"
        " last_wall_s = last_wall_s + ?1",
        "dose": "UPDATE sessions SET dose = 0, lifts = 0, reps = 0 WHERE dose < abs(?1)",
        "ended": "UPDATE sessions SET ended_monotonic_s = started_monotonic_s, ending = 'done'"
        " WHERE ended_monotonic_s < abs(?1)",
        "hurt": "UPDATE moments SET monotonic_s = monotonic_s / 2, wall_s = wall_s + ?1",
        "boot": "INSERT INTO clock_spans SELECT max(id) + 1, 'made', 'rtc', 0, 0, 1.8e9, abs(?1),"
        " 1.8e9 + abs(?1) FROM clock_spans",
        "session": "INSERT INTO sessions SELECT max(id) + 1, 'x', 'made', 1, 1.8e9, 0, 'rtc', 0, 0,"
        " 'done', 9, 9, 9, 'made', 5, 1.8e9 + ?1, 0, 'rtc' FROM sessions",
        "source": "UPDATE clock_spans SET source = 'rtc' WHERE last_monotonic_s > ?1",
        "no lifts": "DELETE FROM lifts WHERE monotonic_s > ?1",
        "time": "INSERT INTO time_sets SELECT 1000, a.boot, a.first_monotonic_s, a.first_wall_s, 0,"
        " 'rtc', b.boot, b.last_monotonic_s, b.last_wall_s + ?1, 0, 'rtc', b.last_wall_s,"
        " 'rtc-ds1307 1-0068' FROM clock_spans a, clock_spans b"
        " ORDER BY a.id + abs(?1) % 2, b.id DESC LIMIT 1",
    }
    connection = sqlite3.connect(export, isolation_level=None)
    try:
        connection.execute(statements[what], (figure,))
    except sqlite3.IntegrityError:
        pass  # The same made row twice.
    finally:
        connection.close()


@settings(max_examples=80, deadline=None)
@given(evenings, st.sampled_from(ClockSource), changes, changes)
def test_no_changed_export_of_ones_own_shortens_a_rest(
    life: list[Evening],
    source: ClockSource,
    first: list[tuple[str, float]],
    second: list[tuple[str, float]],
) -> None:
    """Nor do two of them, one after the other, whatever the first has added."""
    with a_life(life, source) as device:
        now = device.now
        connection = device.store.connection
        before = rest.decide(load_history(connection), now)
        for changed in (first, second):
            copy = device.folder / "changed.db"
            copy.write_bytes(device.exports[-1].read_bytes())
            for what, figure in changed:
                change(copy, what, figure)
            try:
                merge_export(connection, copy, now, "from a changed stick")
            except LiftLightError as error:
                assert "\n" not in str(error)
            after = rest.decide(load_history(connection), now)
            assert after.seconds_left >= before.seconds_left
