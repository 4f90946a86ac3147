"""Stories of a journal on a disk that does not work, and of a file that is damaged."""

from __future__ import annotations

import errno
import fcntl
import math
import os
import random
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from device.clock import ClockReading
from device.coach import events, history
from device.errors import LiftLightError
from device.journal import (
    DiskError,
    EventOrderError,
    Journal,
    JournalBusyError,
    NewerJournalError,
    RowRefusedError,
    connect_to_read,
    is_being_written,
    last_time_set,
    rows,
    schema,
    store,
    writer,
)
from device.journal.history import faults_of_last_boot
from device.journal.store import problem_with
from tests.journal_kit import HandClock, calibrated, rep, started

LONG_S = 30.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of half a megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("cannot mount a small disk here: run the tests as root")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def eventually(what: Callable[[], bool]) -> bool:
    """Wait for what another thread is about to do; the limit is only there to fail."""
    for _ in range(3000):
        if what():
            return True
        time.sleep(0.01)
    return False


def a_session(path: Path) -> None:
    with Journal(path, HandClock()) as journal:
        journal.write(started())
        journal.write(calibrated())
        journal.write(rep(1))


def refusal(path: Path, kind: type[LiftLightError]) -> str:
    with pytest.raises(kind) as raised:
        Journal(path, HandClock())
    return str(raised.value)


def test_without_a_data_folder_nothing_is_begun(tmp_path: Path) -> None:
    message = refusal(tmp_path / "nowhere" / "journal.db", DiskError)
    assert "mount the data partition" in message
    assert list(tmp_path.iterdir()) == []


def test_a_read_only_folder_begins_nothing_and_says_what_to_do(small_disk: Path) -> None:
    path = small_disk / "journal.db"
    a_session(path)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    try:
        assert "mounted read-write" in refusal(path, DiskError)
        assert "mounted read-write" in refusal(small_disk / "other.db", DiskError)
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    with Journal(path, HandClock()) as journal:
        assert journal.unfinished_session() is not None


def test_a_card_that_became_read_only_still_gives_the_log(small_disk: Path) -> None:
    """What was not yet moved into the journal too: it is copied to a stick before the card goes."""
    path = small_disk / "journal.db"
    left = small_disk / "journal.db-wal"
    with Journal(path, HandClock()) as journal:
        journal.write(started())
        journal.write(rep(1)).result(LONG_S)
        as_it_was = {file: file.read_bytes() for file in (path, left)}
    for file, content in as_it_was.items():
        file.write_bytes(content)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert problem_with(path) is None
    assert last_time_set(path) is None
    with closing(connect_to_read(path)) as connection:
        assert connection.execute("SELECT number FROM lifts").fetchall() == [(1,)]
    assert {file.name for file in small_disk.iterdir()} == {
        path.name,
        left.name,
        f"{path.name}.lock",
    }


def test_a_disk_so_full_that_nobody_can_even_read_is_called_full_and_not_broken(
    tmp_path: Path,
) -> None:
    # As the data partition is: memory would hand out room for the shared file that is not there.
    image, folder = tmp_path / "disk.img", tmp_path / "ext4"
    folder.mkdir()
    image.write_bytes(bytes(8 << 20))
    try:
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", image], check=True)
        subprocess.run(["mount", "-o", "loop", image, folder], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("cannot mount a disk here: run the tests as root, with e2fsprogs installed")
    try:
        path = folder / "journal.db"
        a_session(path)
        with suppress(OSError), (folder / "film.mp4").open("wb", buffering=0) as film:
            while True:
                film.write(bytes(1024))
        with pytest.raises(DiskError, match="is full"):
            problem_with(path)
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_told_and_what_waits_is_written_once_there_is_room(
    small_disk: Path,
) -> None:
    path = small_disk / "journal.db"
    filler = small_disk / "filler"
    with Journal(path, HandClock()) as journal:
        journal.write(started()).result(10)
        with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
            while True:
                file.write(b"\0" * 4096)
        # Some rows still fit into pages that the log has already.
        waiting = [journal.write(rep(number)) for number in range(1, 200)]
        assert eventually(lambda: journal.trouble() is not None)
        assert "full: free some space" in str(journal.trouble())
        assert not waiting[-1].done()
        filler.unlink()
        waiting[-1].result(30)
        assert journal.trouble() is None
        with journal.reading() as connection:
            assert connection.execute("SELECT count(*) FROM lifts").fetchone() == (199,)


class SlowDisk:
    """Holds up every commit that begins until it `answers`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked, self.answers = threading.Event(), threading.Event()
        self._checkpoint = rows.checkpoint
        monkeypatch.setattr(rows, "checkpoint", self._wait)

    def _wait(self, reading: ClockReading) -> tuple[rows.Statement, rows.Statement]:
        self.asked.set()
        self.answers.wait(LONG_S)
        return self._checkpoint(reading)


def test_a_card_that_fails_at_the_first_look_is_the_disks_fault(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The device shows the light of the disk, and `liftlight status` says it in a line."""
    a_session(path)
    look = Path.stat

    def fail(file: Path, **how: bool) -> os.stat_result:
        if file in (path, path.parent):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return look(file, **how)

    monkeypatch.setattr(Path, "stat", fail)
    with pytest.raises(DiskError, match="replace the card"):
        last_time_set(path)
    assert "replace the card" in refusal(path, DiskError)
    with pytest.raises(DiskError, match="replace the card"):
        connect_to_read(path)


def test_a_disk_that_does_not_answer_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "COMMIT_WITHIN_S", 0.0)
    with Journal(path, HandClock()) as journal:
        assert journal.trouble() is None
        disk = SlowDisk(monkeypatch)
        done = journal.write(started())
        assert "has not answered" in str(journal.trouble())
        disk.answers.set()
        done.result(10)
        assert eventually(lambda: journal.trouble() is None)


def test_what_comes_during_a_commit_is_written_by_the_next(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Journal(path, HandClock()) as journal:
        disk = SlowDisk(monkeypatch)
        journal.write(started())
        assert disk.asked.wait(LONG_S)
        later = journal.write(rep(1))
        disk.answers.set()
        later.result(LONG_S)
        with journal.reading() as connection:
            assert connection.execute("SELECT number FROM lifts").fetchall() == [(1,)]


def test_a_failed_commit_is_tried_again_on_a_new_connection(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint, opened = rows.checkpoint, []

    def fail_once(_: ClockReading) -> tuple[rows.Statement, rows.Statement]:
        monkeypatch.setattr(rows, "checkpoint", checkpoint)
        raise sqlite3.OperationalError("disk I/O error")

    def connect(path: Path) -> sqlite3.Connection:
        opened.append(path)
        return store.connect(path)

    monkeypatch.setattr(writer, "connect", connect)
    monkeypatch.setattr(writer, "RETRY_S", 0.01)
    with Journal(path, HandClock()) as journal:
        monkeypatch.setattr(rows, "checkpoint", fail_once)
        journal.write(started()).result(LONG_S)
    assert opened == [path]


def test_a_session_that_could_not_be_queued_has_not_begun(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Journal(path, HandClock()) as journal:
        with monkeypatch.context() as patch:
            patch.setattr(writer, "MOST_WAITING", 0)
            with pytest.raises(DiskError, match="does not keep up"):
                journal.write(started())
        with pytest.raises(EventOrderError):
            journal.write(rep(1))
        journal.write(started()).result(LONG_S)


def test_rows_that_could_not_be_written_are_not_lost_in_silence(path: Path) -> None:
    journal = Journal(path, HandClock())
    journal.write(started()).result(10)
    path.unlink()
    lost = journal.write(rep(1))
    assert eventually(lambda: journal.trouble() is not None)
    with pytest.raises(DiskError, match="1 rows of the journal were lost"):
        journal.close()
    assert isinstance(lost.exception(10), DiskError)
    journal.close()


def test_memory_is_not_filled_for_ever(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MOST_WAITING", 5)
    journal = Journal(path, HandClock())
    path.unlink()
    with pytest.raises(DiskError):
        for _ in range(10):
            journal.checkpoint(HandClock().reading())
            assert eventually(lambda: journal.trouble() is not None)
    journal.close()


def test_two_at_once_are_one_too_many(path: Path) -> None:
    with Journal(path, HandClock()) as journal:
        assert "another LiftLight" in refusal(path, JournalBusyError)
        journal.write(started()).result(10)
    Journal(path, HandClock()).close()


@pytest.fixture
def probe(path: Path) -> Iterator[int]:
    """Somebody who asks at this moment whether the journal is being written."""
    Journal(path, HandClock()).close()
    lock = os.open(path.with_name("journal.db.lock"), os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_SH)
    yield lock
    with suppress(OSError):
        os.close(lock)


def test_who_asks_whether_it_is_written_is_not_taken_for_a_writer(path: Path, probe: int) -> None:
    del probe
    assert not is_being_written(path)


def test_who_asks_whether_it_is_written_does_not_keep_it_from_being_opened(
    path: Path, probe: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("time.sleep", lambda _: fcntl.flock(probe, fcntl.LOCK_UN))
        journal = Journal(path, HandClock())
    assert is_being_written(path)
    journal.close()


def test_a_newer_journal_is_left_alone(path: Path) -> None:
    Journal(path, HandClock()).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert "newer LiftLight (schema 99" in refusal(path, NewerJournalError)
    assert sorted(file.name for file in path.parent.iterdir()) == ["journal.db", "journal.db.lock"]


def truncate_to_nothing(path: Path) -> None:
    path.write_bytes(b"")


def overwrite_with_noise(path: Path) -> None:
    path.write_bytes(os.urandom(path.stat().st_size))


def spoil_the_middle(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for page in range(1, len(content) // 4096):
        content[page * 4096 : page * 4096 + 100] = b"\xff" * 100
    path.write_bytes(content)


def cut_off_the_end(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: 5 * 4096])


def put_another_database_there(path: Path) -> None:
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()


@pytest.mark.parametrize(
    "damage",
    [
        truncate_to_nothing,
        overwrite_with_noise,
        spoil_the_middle,
        cut_off_the_end,
        put_another_database_there,
    ],
)
def test_a_damaged_journal_is_set_aside_kept_and_told(
    path: Path, damage: Callable[[Path], None]
) -> None:
    a_session(path)
    damage(path)
    spoiled = path.read_bytes()
    clock = HandClock()
    with Journal(path, clock) as journal:
        assert journal.set_aside is not None
        assert journal.set_aside.read_bytes() == spoiled
        (setback,) = journal.history().setbacks
        assert journal.unfinished_session() is None
    assert setback.kind is history.SetbackKind.DAMAGED
    assert setback.at == clock.reading()
    # It is told once; the new journal is an ordinary one.
    with Journal(path, clock) as journal:
        assert journal.set_aside is None
        assert len(journal.history().setbacks) == 1


def test_what_was_not_yet_moved_into_a_damaged_journal_is_kept_beside_it(path: Path) -> None:
    Journal(path, HandClock()).close()
    path.write_bytes(b"noise")
    path.with_name("journal.db-wal").write_bytes(b"log")
    Journal(path, HandClock()).close()
    assert path.with_name("journal-damaged-1.db-wal").read_bytes() == b"log"


def test_a_second_damaged_journal_does_not_replace_the_first(path: Path) -> None:
    names = []
    for content in (b"first", b"second"):
        Journal(path, HandClock()).close()
        path.write_bytes(content)
        with Journal(path, HandClock()) as journal:
            assert journal.set_aside is not None
            names.append(journal.set_aside)
    assert [name.read_bytes() for name in names] == [b"first", b"second"]


def test_a_journal_that_vanished_costs_as_much_as_a_damaged_one(path: Path) -> None:
    a_session(path)
    path.unlink()
    with Journal(path, HandClock()) as journal:
        assert [setback.kind for setback in journal.history().setbacks] == [
            history.SetbackKind.DAMAGED
        ]


def test_a_journal_that_was_carried_to_a_new_folder_is_missed_there_too(path: Path) -> None:
    a_session(path)
    path.with_name("journal.db.lock").unlink()
    a_session(path)
    path.unlink()
    with Journal(path, HandClock()) as journal:
        assert len(journal.history().setbacks) == 1


def test_what_another_journal_left_is_no_part_of_a_new_one(path: Path, tmp_path: Path) -> None:
    """A journal and its lock were taken away by hand; what was not yet moved into it stayed."""
    left = tmp_path / "journal.db-wal"
    with Journal(path, HandClock()) as journal:
        journal.write(started()).result(LONG_S)
        not_moved = left.read_bytes()
    for file in (path, path.with_name("journal.db.lock")):
        file.unlink()
    left.write_bytes(not_moved)
    with Journal(path, HandClock()) as journal:
        assert journal.unfinished_session() is None
        assert len(journal.history().setbacks) == 1
    assert (tmp_path / "journal-damaged-1.db-wal").read_bytes() == not_moved


def test_a_power_cut_between_setting_aside_and_beginning_anew_is_not_forgotten(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PowerCutError(Exception):
        pass

    def cut(*_: object) -> None:
        raise PowerCutError

    a_session(path)
    path.write_bytes(b"")
    with monkeypatch.context() as patch:
        patch.setattr(schema, "migrate", cut)
        with pytest.raises(PowerCutError):
            Journal(path, HandClock())
    assert not path.exists()
    with Journal(path, HandClock()) as journal:
        assert [setback.kind for setback in journal.history().setbacks] == [
            history.SetbackKind.DAMAGED
        ]


def test_a_power_cut_while_a_journal_is_begun_leaves_nothing_half_made(path: Path) -> None:
    path.with_name("journal.db.new").write_bytes(b"half")
    with Journal(path, HandClock()) as journal:
        assert journal.history().setbacks == ()


def test_an_unreadable_journal_locks_and_is_not_replaced(path: Path) -> None:
    path.mkdir()
    refusal(path, DiskError)
    assert path.is_dir()


ODD_ROWS: dict[str, events.Fault | events.Rep] = {
    "a text that is no Unicode": events.Fault(
        1.0, events.FaultKind.STICK, "a file named \udcff on the stick"
    ),
    "a value missing": events.Fault(1.0, events.FaultKind.STICK, cast(str, None)),
    "a number too large": replace(rep(1), number=2**63),
    "a kind that SQLite has not": replace(rep(1), hold=cast(float, 1j)),
}


@pytest.mark.parametrize("odd", ODD_ROWS.values(), ids=ODD_ROWS)
def test_a_row_that_the_database_refuses_fails_alone_and_is_kept_as_text(
    path: Path, odd: events.Fault | events.Rep
) -> None:
    with Journal(path, HandClock()) as journal:
        journal.write(started())
        refused = journal.write(odd)
        later = journal.write(rep(2))
        later.result(LONG_S)

        assert isinstance(refused.exception(LONG_S), RowRefusedError)
        assert "card" not in str(refused.exception())
        assert journal.trouble() is None
        with journal.reading() as connection:
            assert connection.execute("SELECT number FROM lifts").fetchall() == [(2,)]
            (kept,) = faults_of_last_boot(connection)
    assert kept.kind == "unknown"
    assert repr(odd) in kept.detail
    assert "card" not in kept.detail


def test_of_a_row_that_is_refused_nothing_is_written_but_its_text(path: Path) -> None:
    a_session(path)
    with Journal(path, HandClock()) as journal:
        # Starting would also end the session that was left open.
        refused = journal.write(started(cast(str, None)))
        assert isinstance(refused.exception(LONG_S), RowRefusedError)
        with journal.reading() as connection:
            assert connection.execute("SELECT ending FROM sessions").fetchall() == [(None,)]


def test_whatever_is_handed_over_everything_else_is_written_in_its_order(path: Path) -> None:
    chosen = random.Random(14)
    odd: list[events.Fault | events.Rep] = list(ODD_ROWS.values())
    with Journal(path, HandClock()) as journal:
        journal.write(started())
        handed = [chosen.choice([*odd, *map(rep, range(1, 9))]) for _ in range(60)]
        done = [journal.write(event) for event in handed]
        for event, future in zip(handed, done, strict=True):
            assert (future.exception(LONG_S) is not None) == (event in odd)
        good = [
            (event.number,)
            for event in handed
            if isinstance(event, events.Rep) and event not in odd
        ]
        with journal.reading() as connection:
            assert connection.execute("SELECT number FROM lifts ORDER BY id").fetchall() == good
            assert len(faults_of_last_boot(connection)) == len(handed) - len(good)


def test_a_clock_that_says_no_number_keeps_no_journal_from_opening(path: Path) -> None:
    clock = HandClock()
    clock.now = replace(clock.now, wall=math.nan)
    with Journal(path, clock) as journal:
        assert isinstance(journal.write(started()).exception(LONG_S), RowRefusedError)
        assert journal.trouble() is None
        with journal.reading() as connection:
            (kept,) = connection.execute("SELECT detail FROM faults ORDER BY id DESC").fetchone()
    assert "SessionStarted" in kept


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_a_writer_left_that_died_is_written_when_the_journal_is_closed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise RuntimeError("a mistake of ours")

    journal = Journal(path, HandClock())
    with monkeypatch.context() as patch:
        patch.setattr(rows, "checkpoint", die)
        waiting = journal.write(started())
        assert eventually(
            lambda: "journal" not in {thread.name for thread in threading.enumerate()}
        )
    journal.close()

    waiting.result(0)
    with Journal(path, HandClock()) as journal:
        assert journal.unfinished_session() is not None
