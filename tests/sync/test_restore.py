"""Stories of a device whose card died: its past comes back, once, and it rests a day first."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from device.clock import ClockReading, ClockSource
from device.coach import history, rest
from device.errors import CallerError, LiftLightError
from device.journal import (
    DiskError,
    Journal,
    JournalBusyError,
    MergeError,
    StrangeJournalError,
    connect,
    connect_to_read,
    load_history,
    sessions,
    unfinished_session,
)
from device.sync.errors import DamagedExportError
from device.sync.export import MANIFEST, device_name
from device.sync.restore import restore
from device.sync.stick import sync
from tests.folders import device, empty
from tests.journal_kit import HandClock, calibrated, ended, refused, rep, started
from tools.long_log import reading

EXPORTED = reading(30 * 86400.0)
LATER = replace(reading(40 * 86400.0), boot="boot-9", monotonic=50.0)
TABLES = ("clock_spans", "sessions", "lifts", "moments", "massages", "faults", "time_sets")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return device(tmp_path / "data", 2, hurt_in=1)


@pytest.fixture
def plugged(tmp_path: Path) -> Path:
    return empty(tmp_path / "stick")


@pytest.fixture
def card(tmp_path: Path) -> Path:
    return empty(tmp_path / "new-card")


def contents(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    connection = connect_to_read(folder / "journal.db")
    try:
        return {t: connection.execute(f"SELECT * FROM {t}").fetchall() for t in TABLES}
    finally:
        connection.close()


def name_of(folder: Path) -> str:
    connection = connect_to_read(folder / "journal.db")
    try:
        return device_name(connection)
    finally:
        connection.close()


def clock_at(now: ClockReading) -> HandClock:
    clock = HandClock()
    clock.now = now
    return clock


def train(folder: Path, now: ClockReading) -> None:
    clock = clock_at(now)
    with Journal(folder / "journal.db", clock) as journal:
        journal.write(started())
        journal.write(calibrated())
        for number in range(1, 9):
            clock.wait(9)
            journal.write(rep(number))
        clock.wait(3)
        journal.write(refused(0.4))
        journal.write(ended(8, 10, 9))


def test_a_new_card_gets_everything_back_under_its_old_name(
    data: Path, plugged: Path, card: Path
) -> None:
    sync(data, plugged, EXPORTED)

    added, _ = restore(card, plugged, LATER)

    assert added == 6
    before, after = contents(data), contents(card)
    assert after["clock_spans"][:-1] == before["clock_spans"]
    del before["clock_spans"], after["clock_spans"]
    assert after == before
    assert name_of(card) == name_of(data)


def test_a_restored_device_rests_a_day_first(data: Path, plugged: Path, card: Path) -> None:
    sync(data, plugged, EXPORTED)
    soon = replace(reading(17 * 86400.0), boot="boot-9", monotonic=50.0)
    restore(card, plugged, soon)
    connection = connect_to_read(card / "journal.db")
    past = load_history(connection)
    connection.close()
    assert [setback.kind for setback in past.setbacks] == [history.SetbackKind.RESTORED]
    verdict = rest.decide(past, soon)
    assert (verdict.locked, verdict.why) == (True, rest.Why.RESTORED)
    day_later = replace(soon, monotonic=soon.monotonic + 86401, wall=soon.wall + 86401)
    assert not rest.decide(past, day_later).locked


def test_nothing_is_ever_there_twice(data: Path, plugged: Path, card: Path) -> None:
    sync(data, plugged, EXPORTED)
    restore(card, plugged, LATER)
    once = contents(card)

    assert restore(card, plugged, LATER) == (0, 0)
    assert restore(data, plugged, LATER) == (0, 0)

    assert contents(card) == once


def test_what_was_trained_since_comes_after_what_is_restored(
    data: Path, plugged: Path, card: Path
) -> None:
    sync(data, plugged, EXPORTED)
    train(card, LATER)
    mine = contents(card)

    restore(card, plugged, replace(LATER, monotonic=500.0, wall=LATER.wall + 450))

    merged = contents(card)
    assert len(merged["sessions"]) == 7
    assert [row[1:] for row in merged["sessions"]][-1] == mine["sessions"][0][1:]
    assert [row[2:] for row in merged["lifts"]][-9:] == [row[2:] for row in mine["lifts"]]
    assert {row[1] for row in merged["lifts"][-9:]} == {7}
    connection = connect_to_read(card / "journal.db")
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert [s.reps for s in sessions(connection)] == [8] + [10] * 6
    connection.close()


def test_an_older_export_after_a_newer_one_changes_nothing(
    data: Path, plugged: Path, card: Path, tmp_path: Path
) -> None:
    sync(data, plugged, EXPORTED)
    old = tmp_path / "old"
    shutil.copytree(plugged, old)
    train(data, LATER)
    sync(data, plugged, LATER)
    much_later = replace(LATER, boot="boot-10", wall=LATER.wall + 9e5)

    restore(card, old, much_later)
    added, _ = restore(card, plugged, much_later)
    assert added == 1
    assert restore(card, old, much_later) == (0, 0)

    assert [row[1:] for row in contents(card)["sessions"]] == [
        row[1:] for row in contents(data)["sessions"]
    ]


@pytest.mark.parametrize("order", ["AB", "BA", "ABAB", "B"])
def test_a_stick_plugged_in_during_a_session_and_one_after_it_in_any_order(
    data: Path, card: Path, tmp_path: Path, order: str
) -> None:
    """No row comes after the first of them: the session only ends."""
    sticks = {name: empty(tmp_path / name) for name in "AB"}
    clock = clock_at(LATER)
    with Journal(data / "journal.db", clock) as journal:
        journal.write(started())
        journal.write(calibrated())
        for number in range(1, 9):
            clock.wait(9)
            journal.write(rep(number)).result(10)
        sync(data, sticks["A"], clock.reading(), lambda: None)
        clock.wait(3)
        journal.write(ended(8, 9, 9)).result(10)
        sync(data, sticks["B"], clock.reading(), lambda: None)
    new = replace(LATER, boot="boot-10", monotonic=7.0, wall=LATER.wall + 9e4)
    for name in order:
        restore(card, sticks[name], new)
    assert contents(card)["sessions"] == contents(data)["sessions"]
    connection = connect_to_read(card / "journal.db")
    assert load_history(connection).sessions[-1].dose == 9
    connection.close()


def test_an_export_of_an_older_journal_comes_back(data: Path, plugged: Path, card: Path) -> None:
    """From before a journal noted since when it is its device's own."""
    folder = sync(data, plugged, EXPORTED).folder
    older = sqlite3.connect(folder / "journal.db")
    older.executescript(
        "DROP TABLE own_since; ALTER TABLE massages DROP COLUMN exercise;"
        " PRAGMA user_version = 1; VACUUM"
    )
    older.close()
    reseal(folder)
    assert restore(card, plugged, LATER)[0] == 6


def test_an_export_from_before_there_was_a_table_of_massages_comes_back(
    data: Path, plugged: Path, card: Path
) -> None:
    folder = sync(data, plugged, EXPORTED).folder
    whole = json.loads((folder / "manifest.json").read_text())
    del whole["files"]["massages.csv"]
    (folder / "manifest.json").write_text(json.dumps(whole))
    (folder / "massages.csv").unlink()
    assert restore(card, plugged, LATER)[0] == 6


def test_a_journal_begun_anew_in_the_same_boot_gets_the_rows_from_before(
    data: Path, plugged: Path, card: Path
) -> None:
    """One boot for months, and the journal was damaged in it."""
    sync(data, plugged, EXPORTED)
    train(card, reading(31 * 86400.0))
    assert restore(card, plugged, reading(31 * 86400.0 + 900))[0] == 6
    connection = connect_to_read(card / "journal.db")
    assert [s.reps for s in sessions(connection)] == [8] + [10] * 6
    connection.close()


@pytest.mark.parametrize("times", [1, 2])
def test_an_export_that_says_a_boot_of_this_journal_was_longer_is_not_believed(
    data: Path, plugged: Path, times: int
) -> None:
    """Its power was off then, so nobody rested; nor after another change that was taken."""
    now = replace(EXPORTED, boot="boot-2", monotonic=60.0, source=ClockSource.UNTRUSTED)
    clock = clock_at(replace(now, monotonic=5.0))
    with Journal(data / "journal.db", clock) as journal:
        journal.checkpoint(clock.reading()).result(10)
    folder = sync(data, plugged, now).folder

    def left() -> float:
        connection = connect_to_read(data / "journal.db")
        try:
            return rest.decide(load_history(connection), now).seconds_left
        finally:
            connection.close()

    before = left()
    assert before > 86400.0
    for change in (
        "INSERT INTO clock_spans SELECT 1000, 'made', 'rtc', 0, 0, 1.8e9, 60, 1.8e9 + 60",
        "UPDATE clock_spans SET last_monotonic_s = last_monotonic_s + 8 * 86400",
    )[-times:]:
        forged = sqlite3.connect(folder / "journal.db")
        forged.execute(change)
        forged.commit()
        forged.close()
        reseal(folder)
        restore(data, plugged, now)
        assert left() >= before


def test_a_session_comes_to_no_less_than_its_lifts(data: Path, plugged: Path, card: Path) -> None:
    folder = sync(data, plugged, EXPORTED).folder
    forged = sqlite3.connect(folder / "journal.db")
    forged.execute("UPDATE sessions SET reps = 0, lifts = 0, dose = 0")
    forged.commit()
    forged.close()
    reseal(folder)
    restore(card, plugged, LATER)
    connection = connect_to_read(card / "journal.db")
    assert {session.dose for session in load_history(connection).sessions} == {14}
    connection.close()


def test_a_session_cut_off_by_the_cards_death_is_kept_as_interrupted(
    data: Path, plugged: Path, card: Path
) -> None:
    with Journal(data / "journal.db", clock_at(LATER)) as journal:
        journal.write(started())
        journal.write(rep(1))
    sync(data, plugged, LATER)

    restore(card, plugged, replace(LATER, boot="boot-10", monotonic=7.0, wall=LATER.wall + 9e5))

    connection = connect_to_read(card / "journal.db")
    assert unfinished_session(connection) is None
    latest = next(sessions(connection))
    connection.close()
    assert (latest.ending, latest.reps) == ("interrupted", 1)


def test_settings_come_along_only_where_there_are_none(
    data: Path, plugged: Path, card: Path
) -> None:
    (data / "settings.toml").write_text("[session]\nreps = 8\n")
    sync(data, plugged, EXPORTED)
    restore(card, plugged, LATER)
    assert (card / "settings.toml").read_text() == "[session]\nreps = 8\n"
    (card / "settings.toml").write_text("[session]\nreps = 9\n")
    restore(card, plugged, LATER)
    assert (card / "settings.toml").read_text() == "[session]\nreps = 9\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can restore for somebody else")
def test_what_root_restores_belongs_to_the_devices_user(
    data: Path, plugged: Path, card: Path
) -> None:
    (data / "settings.toml").write_text("[session]\nreps = 8\n")
    sync(data, plugged, EXPORTED)
    os.chown(card, 4321, 8765)
    mask = os.umask(0o077)
    try:
        restore(card, plugged, LATER)
        with Journal(card / "journal.db", clock_at(LATER)):
            found = {path.name: path.stat() for path in card.iterdir()}
    finally:
        os.umask(mask)
    assert {"journal.db", "journal.db.lock", "journal.db-wal", "settings.toml"} <= set(found)
    assert {(one.st_uid, one.st_gid) for one in found.values()} == {(4321, 8765)}


@pytest.mark.parametrize("text", ["[pins]\nbutton = 3\n", "[session]\nreps = " + "9" * 5000])
def test_settings_that_are_refused_are_a_note_and_the_log_is_restored(
    data: Path, plugged: Path, card: Path, text: str
) -> None:
    home = sync(data, plugged, EXPORTED).folder.parent
    (home / "settings.toml").write_text(text)
    line = [sys.executable, "-m", "device", "restore", str(plugged), "--data", str(card)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "Sessions added: 6." in done.stdout
    assert done.stderr.startswith("The log was restored, but not the settings beside it. ")
    assert done.stderr.count("\n") == 1
    assert not (card / "settings.toml").exists()


@pytest.mark.parametrize("name", ["journal.db", "reps.csv", "report.html", "sessions.csv"])
def test_one_flipped_bit_anywhere_and_nothing_is_taken(
    data: Path, plugged: Path, card: Path, name: str
) -> None:
    folder = sync(data, plugged, EXPORTED).folder
    spoilt = bytearray((folder / name).read_bytes())
    spoilt[len(spoilt) // 2] ^= 1
    (folder / name).write_bytes(spoilt)

    with pytest.raises(DamagedExportError, match="is not what was written"):
        restore(card, plugged, LATER)

    assert list(card.iterdir()) == []


def test_an_unfinished_export_and_none_at_all_are_refused(
    data: Path, plugged: Path, card: Path
) -> None:
    with pytest.raises(CallerError, match="there is no export"):
        restore(card, plugged, LATER)
    folder = sync(data, plugged, EXPORTED).folder
    (folder / MANIFEST).unlink()
    with pytest.raises(DamagedExportError, match="never finished"):
        restore(card, plugged, LATER)


def test_with_two_devices_on_a_stick_one_must_be_named(
    data: Path, plugged: Path, card: Path, tmp_path: Path
) -> None:
    home = sync(data, plugged, EXPORTED).folder.parent
    other = tmp_path / "other"
    other.mkdir()
    train(other, LATER)
    sync(other, plugged, LATER)
    with pytest.raises(CallerError, match=home.name):
        restore(card, plugged, LATER)
    assert restore(card, home, LATER)[0] == 6


def test_a_folder_that_is_no_devices_hides_no_export(data: Path, plugged: Path, card: Path) -> None:
    sync(data, plugged, EXPORTED)
    (plugged / "liftlight-photos").mkdir()
    assert restore(card, plugged, LATER)[0] == 6


def test_a_folder_may_have_any_name(data: Path, tmp_path: Path) -> None:
    """A label in an old encoding, on the stick and on the card, and one that SQLite reads."""
    for name in (os.fsdecode(b"caf\xe9"), "file:a?b#c%20"):
        plugged, card = empty(tmp_path / name), empty(tmp_path / f"{name}-card")
        sync(data, plugged, EXPORTED)
        assert restore(card, plugged, LATER)[0] == 6
        sync(card, plugged, LATER)


def test_who_stands_in_the_export_gets_the_settings_too(
    data: Path, plugged: Path, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (data / "settings.toml").write_text("[session]\nreps = 8\n")
    monkeypatch.chdir(sync(data, plugged, EXPORTED).folder)
    restore(card, Path(), LATER)
    assert (card / "settings.toml").read_text() == "[session]\nreps = 8\n"


def reseal(folder: Path) -> None:
    """Write a manifest that agrees with a changed journal, as somebody could."""
    manifest = json.loads((folder / MANIFEST).read_text())
    found = (folder / "journal.db").read_bytes()
    manifest["files"]["journal.db"] = {
        "sha256": hashlib.sha256(found).hexdigest(),
        "bytes": len(found),
    }
    (folder / MANIFEST).write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TRIGGER evil AFTER INSERT ON sessions BEGIN DELETE FROM lifts; END",
        "CREATE VIEW evil AS SELECT 1",
        "ALTER TABLE lifts ADD COLUMN evil TEXT",
        "UPDATE sessions SET started_boot = 'nowhere'",
        "UPDATE sessions SET ended_wall_s = 9e999",
        "UPDATE sessions SET ending = 'evil' WHERE id = 1",
        "UPDATE sessions SET dose = NULL",
        "UPDATE sessions SET started_utc_offset_s = 999999",
        "UPDATE lifts SET hold_s = NULL",
        "UPDATE lifts SET peak = -9e999",
        "UPDATE lifts SET notes = 'evil'",
        "UPDATE lifts SET session = 4711",
        "UPDATE lifts SET reason = 'evil' WHERE reason IS NOT NULL",
        "UPDATE clock_spans SET source = 'sundial'",
        "UPDATE clock_spans SET last_monotonic_s = -1",
        "UPDATE moments SET kind = 'evil'",
        "UPDATE sessions SET practised = 9e999, rest = -9e999",
        "UPDATE sessions SET exercise = CAST(x'fffe80' AS TEXT)",
        "UPDATE sessions SET exercise = CAST(x'eda080' AS TEXT)",
        "UPDATE sessions SET exercise = 'a' || char(0) || 'b'",
        "UPDATE sessions SET exercise = hex(zeroblob(5000000))",
        "UPDATE sessions SET ended_monotonic_s = 1e9",
        "UPDATE sessions SET ended_monotonic_s = started_monotonic_s - 1",
        "UPDATE sessions SET id = 9223372036854775807 WHERE id = 6",
        "UPDATE lifts SET left_side = 9e999",
        "UPDATE lifts SET number = 9223372036854775807 WHERE number = 2",
        "UPDATE lifts SET notes = CAST(x'ff' AS TEXT) WHERE id = 1",
        "UPDATE clock_spans SET last_monotonic_s = 1e10",
        "INSERT INTO massages SELECT 1, 9e999, boot, 5, 1.8e9, 0, 'rtc', 'circle_up_rub'"
        " FROM clock_spans LIMIT 1",
        "INSERT INTO faults SELECT 1, 'disk', CAST(x'ff' AS TEXT), boot, 5, 1.8e9, 0, 'rtc'"
        " FROM clock_spans LIMIT 1",
        *(
            "INSERT INTO time_sets SELECT 1, boot, 5, 1.8e9, 0, 'rtc', boot, 5, 1.8e9, 0, 'rtc',"
            f" {rtc}, {name} FROM clock_spans LIMIT 1"
            for rtc, name in (("-1e300", "''"), ("9e999", "''"), ("5", "CAST(x'ff' AS TEXT)"))
        ),
        "PRAGMA user_version = 99",
        "PRAGMA application_id = 1",
    ],
)
def test_a_journal_that_no_liftlight_wrote_is_refused(
    data: Path, plugged: Path, card: Path, change: str
) -> None:
    folder = sync(data, plugged, EXPORTED).folder
    train(card, LATER)
    before = contents(card)
    forged = sqlite3.connect(folder / "journal.db")
    forged.execute(change)
    forged.commit()
    forged.close()
    reseal(folder)

    with pytest.raises(StrangeJournalError):
        restore(card, plugged, LATER)

    assert contents(card) == before


def test_boots_in_a_contradicting_order_are_refused(data: Path, plugged: Path, card: Path) -> None:
    train(data, LATER)
    folder = sync(data, plugged, LATER).folder
    much_later = replace(LATER, boot="boot-10", wall=LATER.wall + 9e5)
    restore(card, plugged, much_later)
    before = contents(card)
    forged = connect(folder / "journal.db")
    forged.execute("UPDATE clock_spans SET id = 100 - id")
    forged.execute("PRAGMA journal_mode = DELETE")
    forged.close()
    reseal(folder)
    with pytest.raises(MergeError, match="another order"):
        restore(card, plugged, much_later)
    assert contents(card) == before


def test_what_a_power_cut_left_of_a_restore_is_removed_by_the_next_one(
    data: Path, plugged: Path, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync(data, plugged, EXPORTED)
    cut = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from device.sync import restore\n"
        "from tests.sync.test_restore import LATER\n"
        "restore.merge_export = lambda *_: os._exit(9)\n"
        "restore.restore(Path(sys.argv[1]), Path(sys.argv[2]), LATER)\n"
    )
    names = set()
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", cut, card, plugged], check=False, timeout=60)
        assert done.returncode == 9
        names |= {path.name for path in card.iterdir() if path.is_dir()}
    assert len(names) == 1
    added, _ = restore(card, plugged, LATER)
    assert added == 6
    assert not any(path.is_dir() for path in card.iterdir())


def test_a_card_that_cannot_even_be_looked_at_is_one_line(data: Path, plugged: Path) -> None:
    sync(data, plugged, EXPORTED)
    with pytest.raises(DiskError, match="name too long"):
        restore(data / ("long" * 100), plugged, LATER)


def test_a_running_device_is_not_restored_under_its_feet(
    data: Path, plugged: Path, card: Path
) -> None:
    sync(data, plugged, EXPORTED)
    with Journal(card / "journal.db", clock_at(LATER)), pytest.raises(JournalBusyError):
        restore(card, plugged, LATER)


def test_the_command_says_what_it_did_in_one_line(data: Path, plugged: Path, card: Path) -> None:
    folder = sync(data, plugged, EXPORTED).folder

    def command() -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "device", "restore", str(plugged), "--data", str(card)]
        return subprocess.run(line, capture_output=True, text=True, check=False)

    done = command()
    assert (done.returncode, done.stderr) == (0, "")
    assert "Sessions added: 6." in done.stdout
    (folder / "reps.csv").write_bytes(b"")
    refused_one = command()
    assert refused_one.returncode == LiftLightError.exit_code + 1
    assert refused_one.stderr.count("\n") == 1
