"""Stories of a journal on a disk that works."""

from __future__ import annotations

import math
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from device.clock import ClockSource
from device.coach import events, history
from device.journal import (
    DiskError,
    EventOrderError,
    Journal,
    connect,
    faults_of_last_boot,
    last_time_set,
    reading_of,
    schema,
)
from device.journal.history import Calendar, last_session, sessions
from device.sync.report import words
from tests.journal_kit import NOON, HandClock, calibrated, ended, refused, rep, started


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def journal(path: Path, clock: HandClock) -> Iterator[Journal]:
    with Journal(path, clock) as journal:
        yield journal


def count(path: Path, table: str) -> int:
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
    finally:
        connection.close()


def test_a_rep_is_on_the_disk_when_it_is_acknowledged(journal: Journal, path: Path) -> None:
    journal.write(started())
    journal.write(rep(1)).result(10)
    assert count(path, "lifts") == 1


def test_a_whole_session_reads_back_as_it_was(journal: Journal, clock: HandClock) -> None:
    journal.write(started())
    journal.write(calibrated())
    clock.wait(10)
    journal.write(rep(1, 2.1))
    journal.write(rep(2, 2.6, events.Note.UNSTEADY, events.Note.LEFT_LAGS))
    journal.write(refused(0.7))
    journal.write(refused(0.2, events.Reason.TOO_FAST))
    clock.wait(60)
    journal.write(ended(2, 5, 4)).result(10)
    with journal.reading() as connection:
        session = last_session(connection)
    assert session is not None
    assert (session.exercise, session.ending) == ("cheek_lifter", "done")
    assert (session.reps, session.lifts, session.dose) == (2, 5, 4)
    assert session.holds == (2.1, 2.6)
    assert session.refused == {"too_short": 1, "too_fast": 1}
    assert session.notes == {"unsteady": 1, "left_lags": 1}
    assert session.date == datetime.fromtimestamp(NOON, UTC)
    assert session.date.utcoffset() == timedelta(hours=1)
    assert session.ended is not None
    assert session.ended.monotonic - session.started.monotonic == 70


def test_everything_else_that_happens_is_kept_too(journal: Journal, path: Path) -> None:
    journal.write(events.Massage(130.0, 10.0))
    journal.write(started())
    for event in (events.FaceLost(1), events.FaceFound(2), events.Paused(3), events.Resumed(4)):
        journal.write(event)
    journal.write(ended(0, 0, 0, events.Ending.HURT))
    journal.write(events.Hurt(5))
    journal.write(events.Fault(6, events.FaultKind.CAMERA, "no camera: plug it in")).result(10)
    with journal.reading() as connection:
        assert connection.execute("SELECT exercise, seconds FROM massages").fetchall() == [
            ("circle_up_rub", 120.0)
        ]
    assert count(path, "moments") == 5
    assert count(path, "faults") == 1
    assert len(journal.history().hurts) == 1


def test_a_lift_is_kept_with_its_phases_its_height_and_its_sides(journal: Journal) -> None:
    journal.write(started())
    journal.write(calibrated())
    journal.write(rep(1))
    journal.write(refused(0.7)).result(10)
    with journal.reading() as connection:
        lifts = connection.execute(
            "SELECT number, reason, onset_s, apex_s, offset_s, end_s, hold_s, peak, left_side,"
            " right_side FROM lifts ORDER BY id"
        ).fetchall()
        assert connection.execute("SELECT rest, practised FROM sessions").fetchall() == [
            (0.02, 0.14)
        ]
    assert lifts == [
        (1, None, 10.0, 10.5, 12.7, 13.5, 2.2, 0.98, 0.97, 0.99),
        (None, "too_short", 10.0, None, None, 12.0, 0.7, 0.9, None, None),
    ]


def test_of_a_long_explanation_a_page_is_kept(journal: Journal) -> None:
    journal.write(events.Fault(6, events.FaultKind.CAMERA, "x" * 100_000)).result(10)
    with journal.reading() as connection:
        assert connection.execute("SELECT length(detail) FROM faults").fetchone() == (4000,)


def test_history_tells_what_rest_days_are_decided_from(path: Path, clock: HandClock) -> None:
    with Journal(path, clock) as journal:
        journal.write(started())
        clock.wait(200)
        journal.write(ended(8, 9, 9))
        ended_at = clock.reading()
        clock.wait(60)
        journal.checkpoint(clock.reading())
        last = clock.reading()
    clock.reboot(7200)
    with Journal(path, clock) as journal:
        history = journal.history()
    assert [(session.ended, session.dose) for session in history.sessions] == [(ended_at, 9)]
    assert [boot.first.boot for boot in history.boots] == ["boot-1", "boot-2"]
    assert history.boots[0].last == last
    assert history.boots[1].first == clock.reading()


def test_a_year_of_checkpoints_takes_no_room(journal: Journal, clock: HandClock) -> None:
    for _ in range(500):
        clock.wait(60)
        journal.checkpoint(clock.reading())
    journal.checkpoint(clock.reading()).result(30)
    with journal.reading() as connection:
        assert connection.execute("SELECT count(*) FROM clock_spans").fetchone() == (1,)
    boot = journal.history().boots[0]
    assert boot.last.monotonic - boot.first.monotonic == 500 * 60


def test_a_clock_that_steps_or_changes_its_zone_begins_a_new_span(
    journal: Journal, clock: HandClock
) -> None:
    clock.trust(ClockSource.UNTRUSTED, NOON)
    journal.checkpoint(clock.reading())
    clock.trust(ClockSource.UNTRUSTED, NOON + 86400)
    journal.checkpoint(clock.reading())
    clock.now = replace(clock.now, utc_offset=7200)
    journal.checkpoint(clock.reading()).result(10)
    with journal.reading() as connection:
        assert connection.execute("SELECT count(*) FROM clock_spans").fetchone() == (4,)
    (boot,) = journal.history().boots
    assert (boot.first.wall, boot.last.wall) == (NOON, NOON + 86400)


def test_the_span_of_the_old_time_reaches_to_where_a_person_set_it(
    journal: Journal, clock: HandClock
) -> None:
    clock.wait(30)
    setting = clock.set_time(NOON + 86400)
    journal.set_time(setting).result(10)
    with journal.reading() as connection:
        ends = connection.execute("SELECT last_wall_s FROM clock_spans ORDER BY id").fetchall()
    assert ends == [(setting.before.wall,), (setting.after.wall,)]


def test_a_restart_of_the_program_in_one_boot_is_still_that_boot(
    path: Path, clock: HandClock
) -> None:
    Journal(path, clock).close()
    clock.wait(300)
    Journal(path, clock).close()
    clock.wait(300)
    with Journal(path, clock) as journal:
        (boot,) = journal.history().boots
    assert boot.last.monotonic - boot.first.monotonic == 600


def test_rows_from_before_the_time_was_known_are_dated_later(path: Path) -> None:
    clock = HandClock(ClockSource.UNTRUSTED)
    clock.trust(ClockSource.UNTRUSTED, 86400.0)
    with Journal(path, clock) as journal:
        journal.write(started())
        written = clock.reading()
        clock.wait(60)
        journal.write(ended(8, 9, 9)).result(10)
        with journal.reading() as connection:
            assert Calendar(connection).date(written) is None
        clock.wait(540)
        journal.set_time(clock.set_time(NOON)).result(10)
        with journal.reading() as connection:
            session = last_session(connection)
    assert session is not None
    assert session.date == datetime.fromtimestamp(NOON - 600, UTC)


def test_a_row_is_dated_by_the_nearest_time_that_was_known(path: Path) -> None:
    clock = HandClock(ClockSource.UNTRUSTED)
    with Journal(path, clock) as journal:
        clock.wait(60)
        early = clock.reading()
        clock.wait(60)
        journal.set_time(clock.set_time(NOON))
        clock.wait(600)
        journal.set_time(clock.set_time(NOON + 86400))
        clock.wait(60)
        journal.checkpoint(clock.reading()).result(10)
        with journal.reading() as connection:
            dated = Calendar(connection).date(early)
    assert dated == datetime.fromtimestamp(NOON - 60, UTC)


def test_a_boot_whose_time_was_never_known_stays_without_a_date(path: Path) -> None:
    clock = HandClock(ClockSource.UNTRUSTED)
    with Journal(path, clock) as journal:
        journal.write(started())
        journal.write(ended(1, 1, 1))
    clock.reboot(60)
    clock.trust(ClockSource.PERSON, NOON)
    with Journal(path, clock) as journal, journal.reading() as connection:
        assert [session.date for session in sessions(connection)] == [None]


@pytest.mark.parametrize(
    ("wall", "source", "believed"),
    [
        (NOON, "rtc", ClockSource.RTC),
        (NOON, "person", ClockSource.PERSON),
        (NOON, "untrusted", ClockSource.UNTRUSTED),
        (NOON, "of a later version", ClockSource.UNTRUSTED),
        (946_684_800.0, "rtc", ClockSource.UNTRUSTED),  # The year 2000.
    ],
)
def test_a_source_or_a_year_that_cannot_be_is_not_believed(
    wall: float, source: str, believed: ClockSource
) -> None:
    assert reading_of("boot-1", 100.0, wall, 3600, source).source is believed


def test_the_time_a_person_set_is_there_for_the_next_start(path: Path, clock: HandClock) -> None:
    assert last_time_set(path) is None
    with Journal(path, clock) as journal:
        for wall in (NOON + 900_000, NOON + 10):
            setting = replace(clock.set_time(wall), rtc=946_684_900.0, rtc_name="rtc-ds1307 1-0068")
            journal.set_time(setting)
        clock.wait(600)
    assert last_time_set(path) == replace(setting, counted=946_684_900.0 + 600)
    clock.reboot(60)
    with Journal(path, clock):
        clock.wait(30)
    assert last_time_set(path) == replace(setting, counted=946_684_900.0 + 690)


def test_a_time_that_cannot_be_read_for_a_moment_is_not_taken_for_none(
    path: Path, clock: HandClock
) -> None:
    """Without it, a chip three days ahead that a person had corrected would claim three days."""
    with Journal(path, clock) as journal:
        journal.set_time(replace(clock.set_time(NOON), rtc=NOON + 3 * 86400.0, rtc_name="a chip"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DiskError, match="switch off and on"):
        last_time_set(path)
    other.close()
    found = last_time_set(path)
    assert found is not None
    assert found.after.wall == NOON


@pytest.mark.parametrize("content", [b"", b"no database at all, but long enough" * 9])
def test_a_damaged_journal_has_no_time_that_was_set(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert last_time_set(path) is None


def test_a_stop_because_something_hurts_is_remembered_as_that(path: Path, clock: HandClock) -> None:
    with Journal(path, clock) as journal:
        for ending in (events.Ending.STOPPED, events.Ending.DONE, events.Ending.STOPPED):
            journal.write(started())
            journal.write(ended(1, 2, 2, ending))
        journal.write(events.Hurt(70.0)).result(10)
        with journal.reading() as connection:
            endings = [session.ending for session in sessions(connection)]
            assert "something hurts" in words.in_words(next(sessions(connection, 1)))
        assert len(journal.history().hurts) == 1
    assert endings == ["hurt", "done", "stopped"]


def test_a_set_that_was_done_stays_done_whatever_hurts_later(path: Path, clock: HandClock) -> None:
    with Journal(path, clock) as journal:
        journal.write(started())
        journal.write(ended(10, 11, 11))
        journal.write(events.Hurt(70.0)).result(10)
        with journal.reading() as connection:
            assert next(sessions(connection, 1)).ending == "done"


@pytest.mark.parametrize("again", [False, True])
def test_a_chip_that_failed_since_carries_no_time_over_a_restart(path: Path, again: bool) -> None:
    """In the same boot or the next: once nobody believed it, what it counts means nothing."""
    clock = HandClock()
    with Journal(path, clock) as journal:
        setting = replace(clock.set_time(NOON), rtc=946_684_900.0, rtc_name="rtc-ds1307 1-0068")
        journal.set_time(setting)
        clock.trust(ClockSource.RTC, NOON)
        clock.wait(600)
        journal.checkpoint(clock.reading())
    assert last_time_set(path) == replace(setting, counted=946_684_900.0 + 600)
    if again:
        clock.reboot(60)
    clock.trust(ClockSource.UNTRUSTED, 0.0)
    with Journal(path, clock):
        clock.wait(600)
    assert last_time_set(path) == replace(setting, counted=math.inf)
    clock.reboot(60)
    clock.trust(ClockSource.RTC, NOON + 1200)
    with Journal(path, clock):
        pass
    assert last_time_set(path) == replace(setting, counted=math.inf)


@pytest.mark.parametrize("again", [False, True])
def test_a_chip_that_was_only_silent_carries_the_time_over_a_restart(
    path: Path, clock: HandClock, again: bool
) -> None:
    """It was believed again in the same boot, so it had counted on."""
    with Journal(path, clock) as journal:
        setting = replace(clock.set_time(NOON), rtc=946_684_900.0, rtc_name="rtc-ds1307 1-0068")
        journal.set_time(setting)
        clock.wait(600)
        journal.checkpoint(clock.reading())
    if again:
        clock.reboot(60)
    wall = clock.reading().wall
    for source, shown in ((ClockSource.UNTRUSTED, 1e9), (ClockSource.RTC, wall + 600)):
        clock.trust(source, shown)
        with Journal(path, clock):
            clock.wait(600)
    assert last_time_set(path) == replace(setting, counted=946_684_900.0 + wall - NOON + 1200)


def test_a_session_cut_off_by_the_power_is_found_and_ended(path: Path, clock: HandClock) -> None:
    with Journal(path, clock) as journal:
        journal.write(started())
        journal.write(calibrated())
        for event in (rep(1), refused(0.6), refused(0.3)):
            journal.write(event)
        clock.wait(30)
        journal.set_time(clock.set_time(NOON + 3600))
        clock.wait(5)
    cut = clock.reading()
    clock.reboot(86400 * 3)
    with Journal(path, clock) as journal:
        unfinished = journal.unfinished_session()
        assert unfinished is not None
        assert unfinished.last == cut
        assert (unfinished.reps, unfinished.lifts, unfinished.dose) == (1, 4, 3)
        assert journal.history().sessions == ()
        journal.write(ended(1, 4, 3, events.Ending.INTERRUPTED)).result(10)
        assert journal.unfinished_session() is None
        (past,) = journal.history().sessions
    assert past.dose == 3
    # The power was on for less than a checkpoint more; rest counts from there, not from today.
    assert past.ended.boot == "boot-1"
    assert past.ended.monotonic == cut.monotonic + history.CHECKPOINT_S


def test_a_session_that_nobody_ended_is_ended_by_the_next_one(path: Path, clock: HandClock) -> None:
    with Journal(path, clock) as journal:
        journal.write(started())
        journal.write(rep(1))
    clock.reboot(60)
    with Journal(path, clock) as journal:
        journal.write(started("other")).result(10)
        with journal.reading() as connection:
            assert [session.ending for session in sessions(connection)] == [None, "interrupted"]


def test_events_out_of_their_session_are_refused_and_change_nothing(
    journal: Journal, path: Path
) -> None:
    for event in (rep(1), refused(1.0), calibrated(), ended(0, 0, 0)):
        with pytest.raises(EventOrderError):
            journal.write(event)
    with pytest.raises(EventOrderError):
        journal.write(ended(0, 0, 0, events.Ending.INTERRUPTED))
    journal.write(started())
    with pytest.raises(EventOrderError):
        journal.write(started())
    journal.write(rep(1)).result(10)
    assert count(path, "lifts") == 1


def test_closing_writes_what_waits_and_may_be_done_twice(path: Path, clock: HandClock) -> None:
    journal = Journal(path, clock)
    journal.write(started())
    pending = [journal.write(rep(number)) for number in range(1, 11)]
    journal.close()
    journal.close()
    assert all(done.done() and done.exception(0) is None for done in pending)
    assert count(path, "lifts") == 10


def test_the_faults_of_the_last_boot_are_told_without_those_before(
    path: Path, clock: HandClock
) -> None:
    for detail in ("before: a cure", "after: a cure"):
        with Journal(path, clock) as journal:
            journal.write(events.Fault(1, events.FaultKind.CAMERA, detail)).result(10)
            with journal.reading() as connection:
                assert [fault.detail for fault in faults_of_last_boot(connection)] == [detail]
        clock.reboot(60)


def test_every_connection_that_writes_flushes_and_checks_references(path: Path) -> None:
    Journal(path, HandClock()).close()
    connection = connect(path)
    try:
        found = [
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    finally:
        connection.close()
    assert found == ["wal", 2, 1], "synchronous 2 is FULL"


def test_one_that_others_could_read_is_its_owners_alone_once_it_is_opened(path: Path) -> None:
    Journal(path, HandClock()).close()
    path.chmod(0o644)
    Journal(path, HandClock()).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_only_its_owner_may_read_it(journal: Journal, path: Path) -> None:
    journal.write(started()).result(10)
    files = list(path.parent.iterdir())
    assert {"journal.db", "journal.db-wal"} <= {file.name for file in files}
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_an_older_journal_is_carried_over(
    path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Journal(path, clock) as journal:
        journal.write(started())
        journal.write(rep(1))
    newer = (*schema.MIGRATIONS, "ALTER TABLE lifts ADD COLUMN mood TEXT;")
    monkeypatch.setattr(schema, "MIGRATIONS", newer)
    with Journal(path, clock) as journal, journal.reading() as connection:
        assert connection.execute("SELECT number, mood FROM lifts").fetchall() == [(1, None)]


def test_a_step_that_fails_leaves_the_older_journal_as_it_was(
    path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    Journal(path, clock).close()
    with monkeypatch.context() as patch:
        broken = "ALTER TABLE lifts ADD COLUMN mood TEXT; SELECT no_such_column FROM lifts;"
        patch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, broken))
        with pytest.raises(Exception, match="no_such_column"):
            Journal(path, clock)
    with Journal(path, clock) as journal, journal.reading() as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(lifts)")]
    assert "mood" not in columns
