"""Stories of `liftlight status`: what a person reads when they ask why the device is locked."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from device.clock import ClockSource
from device.coach import events, history, rest
from device.journal import (
    DiskError,
    Journal,
    connect_to_read,
    is_being_written,
    load_history,
    sessions,
    unfinished_session,
)
from device.status import describe, status, with_interrupted
from device.sync import stick
from tests.journal_kit import HandClock, calibrated, ended, refused, rep, started


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def a_session(journal: Journal, clock: HandClock) -> None:
    journal.write(started())
    journal.write(calibrated())
    for number in range(1, 9):
        clock.wait(8)
        journal.write(rep(number))
    journal.write(refused(0.7))
    journal.write(refused(0.6))
    journal.write(ended(8, 11, 11)).result(10)


def what_it_says(path: Path, clock: HandClock) -> str:
    connection = connect_to_read(path)
    try:
        history = load_history(connection)
        unfinished = unfinished_session(connection)
        running = unfinished is not None and is_being_written(path)
        if unfinished is not None and not running:
            history = with_interrupted(history, unfinished)
        verdict = rest.decide(history, clock.reading())
        lines = describe(verdict, clock.reading(), list(sessions(connection, 5)), running=running)
        return "\n".join(lines)
    finally:
        connection.close()


def test_before_the_first_session_one_may_begin(path: Path) -> None:
    clock = HandClock()
    Journal(path, clock).close()
    text = what_it_says(path, clock)
    assert text.startswith("Ready. A session may begin.")
    assert "No session yet." in text


def test_after_a_session_it_says_until_when_and_what_was_done(path: Path) -> None:
    clock = HandClock()  # Friday 15 January 2027, 09:00 in a zone of UTC+1
    with Journal(path, clock) as journal:
        a_session(journal, clock)
    text = what_it_says(path, clock)
    assert "Resting until Sunday, 17 January, 00:00 (2 days)." in text
    assert "The face rests between training days." in text
    assert "  Fri 15 Jan 2027, 09:00  8 reps, done, not counted: 2 too short" in text


def test_without_a_known_time_it_counts_hours_with_the_power_on(path: Path) -> None:
    clock = HandClock(ClockSource.UNTRUSTED)
    with Journal(path, clock) as journal:
        a_session(journal, clock)
        clock.wait(3600)
        journal.checkpoint(clock.reading())
    text = what_it_says(path, clock)
    assert "Resting for 1 d 23 h more with the power on (2 days)." in text
    assert "Leave it plugged in" in text
    assert "date unknown" in text
    with Journal(path, clock) as journal:
        clock.wait(42 * 3600)
        journal.checkpoint(clock.reading())
    assert "Resting for 5 h more with the power on (1 day)." in what_it_says(path, clock)


def test_a_session_that_runs_is_told_from_one_that_was_cut_off(path: Path) -> None:
    clock = HandClock()
    with Journal(path, clock) as journal:
        journal.write(started())
        journal.write(calibrated())
        journal.write(rep(1))
        journal.write(rep(2)).result(10)
        text = what_it_says(path, clock)
        assert text.startswith("A session is running.")
        assert "2 reps, running" in text
    text = what_it_says(path, clock)
    assert text.startswith("Resting until")
    assert "2 reps, interrupted" in text


def test_a_damaged_journal_says_so_at_both_ends(path: Path) -> None:
    Journal(path, HandClock()).close()
    path.write_bytes(b"x" * 8192)
    with pytest.raises(DiskError, match="rests two days"):
        status(path.parent)
    clock = HandClock()
    with Journal(path, clock) as journal:
        assert journal.history().setbacks[0].kind is history.SetbackKind.DAMAGED
    assert "damaged and set aside" in what_it_says(path, clock)


def test_the_command_reads_a_journal_of_this_machine(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Journal(path, HandClock()).close()
    before = path.read_bytes()
    assert status(path.parent) == 0
    assert capsys.readouterr().out.startswith("Ready. A session may begin.\n")
    assert path.read_bytes() == before
    with pytest.raises(DiskError, match="there is no journal"):
        status(path.parent / "nowhere")


def test_for_programs_it_is_one_json_object(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = HandClock()  # Friday 15 January 2027, 09:00 in a zone of UTC+1
    with Journal(path, clock) as journal:
        a_session(journal, clock)
        monkeypatch.setattr("device.status.SystemClock", lambda _: clock)
        assert status(path.parent, as_json=True) == 0
    said = json.loads(capsys.readouterr().out)
    seconds = said.pop("seconds_left")
    assert 38 * 3600 < seconds < 39 * 3600
    assert said == {
        "state": "resting",
        "why": "trained",
        "sentence": "The face rests between training days.",
        "can_do": said["can_do"],
        "until": "2027-01-17T00:00+01:00",
        "days_left": 2,
        "clock": "rtc",
        "sessions": [
            {
                "began": "2027-01-15T09:00+01:00",
                "ending": "done",
                "reps": 8,
                "refused": {"too_short": 2},
            }
        ],
        "copied": False,
        "copied_at": None,
    }


def test_for_programs_an_unknown_time_is_null(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = HandClock(ClockSource.UNTRUSTED)
    with Journal(path, clock) as journal:
        a_session(journal, clock)
        journal.write(events.Copied(clock.monotonic())).result(10)
        monkeypatch.setattr("device.status.SystemClock", lambda _: clock)
        assert status(path.parent, as_json=True) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["state"], said["clock"], said["until"]) == ("resting", "untrusted", None)
    assert said["sessions"][0]["began"] is None
    assert (said["copied"], said["copied_at"]) == (True, None)


def test_what_it_says_fits_a_terminal(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = HandClock(ClockSource.UNTRUSTED)
    with Journal(path, clock) as journal:
        a_session(journal, clock)
        journal.write(events.Hurt(clock.monotonic())).result(10)
        monkeypatch.setattr("device.status.SystemClock", lambda _: clock)
        assert status(path.parent) == 0
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 80
    assert "What can you do? Leave it plugged in" in said.replace("\n", " ")


def test_it_says_when_the_log_was_copied_last(
    tmp_path: Path, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = HandClock()
    with Journal(path, clock) as journal:
        assert status(tmp_path) == 0
        assert "Last copied to a stick: never." in capsys.readouterr().out
        journal.write(events.Copied(clock.monotonic())).result(10)
        assert status(tmp_path) == 0
    assert "Last copied to a stick: Fri 15 Jan 2027, 09:00." in capsys.readouterr().out


@pytest.mark.parametrize("hours", [-1, 1])
def test_of_a_copy_by_the_device_and_one_at_a_keyboard_the_later_is_told(
    hours: int,
    tmp_path: Path,
    path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = HandClock()
    with Journal(path, clock) as journal:
        journal.write(events.Copied(clock.monotonic())).result(10)
        now = clock.reading()
    noted = replace(now, wall=now.wall + hours * 3600)
    monkeypatch.setattr(
        "device.sync.stick.SystemClock", lambda _: SimpleNamespace(reading=lambda: noted)
    )
    (tmp_path / "stick").mkdir()
    assert stick.sync_command(tmp_path, tmp_path / "stick") == 0
    assert status(tmp_path) == 0
    when = "10:00" if hours > 0 else "09:00"
    assert f"Last copied to a stick: Fri 15 Jan 2027, {when}." in capsys.readouterr().out


def test_a_copy_of_an_unknown_date_is_not_never(
    tmp_path: Path, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Journal(path, HandClock(ClockSource.UNTRUSTED)).close()
    (tmp_path / "stick").mkdir()
    assert stick.sync_command(tmp_path, tmp_path / "stick") == 0
    assert status(tmp_path) == 0
    assert "Last copied to a stick: never" not in capsys.readouterr().out
