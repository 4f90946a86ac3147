"""Stories of traces kept by choice: one a session, of the journal's time, drawn in the report."""

from __future__ import annotations

import json
import re
import threading
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from device import trace as traces
from device.cli import main
from device.coach import Coach
from device.errors import CallerError
from device.inbox import ButtonDown, ButtonUp, Stimulus
from device.journal import Journal, last_session
from device.loop import Loop
from device.sample import LiftSample
from device.sync.report import write_report
from device.trace import SessionTraces, TraceSource, TraceWriter, samples_of
from tests.device.test_loop import CALM, Face, ShownPanel
from tests.virtual import VirtualClock, VirtualInbox


class Relived(TraceSource):
    """A trace whose samples come at their times on the stage, which waits for each."""

    def __init__(self, path: Path, clock: VirtualClock) -> None:
        super().__init__(path)
        self._stage = clock
        self._began = 0.0

    def start(self) -> None:
        super().start()
        self._began = self._stage.now

    def read(self, timeout: float) -> LiftSample | None:
        sample = super().read(timeout)
        return sample and replace(sample, time=self._began + sample.time)


def a_press(clock: VirtualClock) -> list[tuple[float, Stimulus]]:
    at = clock.now + 1.0
    return [(at, ButtonDown(at)), (at + 0.1, ButtonUp(at + 0.1))]


def train(folder: Path, clock: VirtualClock, keep: bool = True) -> None:
    """A whole session through the device's own loop and journal."""
    inbox = VirtualInbox(clock, Face(clock), a_press(clock), 150.0)
    with (
        SessionTraces(folder / traces.TRACES, clock) if keep else nullcontext() as kept,
        Journal(folder / "journal.db", clock) as journal,
    ):
        Loop(inbox, Coach(journal.history()), ShownPanel(clock), journal, clock, kept).run()


def drawn(folder: Path) -> list[dict[str, Any]]:
    """What the report's last plot is given to draw."""
    write_report(folder / "journal.db", folder / "report.html")
    page = (folder / "report.html").read_text(encoding="utf-8")
    found = re.search(r'id="plots">(.*?)</script>', page, re.S)
    assert found is not None
    lifts: list[dict[str, Any]] = json.loads(found[1])["lifts"]
    return lifts


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    train(tmp_path, VirtualClock())
    return tmp_path


def test_a_trace_is_of_the_journals_time(kept: Path) -> None:
    with Journal(kept / "journal.db", VirtualClock()) as journal, journal.reading() as connection:
        session = last_session(connection)
        onset, end = connection.execute(
            "SELECT onset_s, end_s FROM lifts WHERE number = 1"
        ).fetchone()
    assert session is not None
    samples = samples_of(kept / traces.TRACES, session.started)
    before = [sample.lift for sample in samples if onset - 1.0 < sample.time < onset - 0.3]
    during = [sample.lift for sample in samples if onset + 1.0 < sample.time < end - 1.0]
    assert max(before) < 0.02
    assert min(during) > 0.14


def test_the_report_draws_each_lift_as_it_went(kept: Path) -> None:
    page = drawn(kept)
    assert len(page) == 10
    assert all(len(lift["outline"]) > 40 for lift in page)
    assert all(0.9 < max(height for _, height in lift["outline"]) < 1.1 for lift in page)
    assert "The trace of each lift" in (kept / "report.html").read_text(encoding="utf-8")


def test_without_a_trace_it_draws_what_the_journal_knows_and_says_so(tmp_path: Path) -> None:
    train(tmp_path, VirtualClock(), keep=False)
    assert all(len(lift["outline"]) == 4 for lift in drawn(tmp_path))
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "outlined from the journal" in text
    assert "keep = true under [trace]" in text


def test_a_trace_of_another_session_is_not_drawn(kept: Path) -> None:
    (trace,) = (kept / traces.TRACES).iterdir()
    trace.rename(trace.with_name("000001-boot-1.csv"))
    assert all(len(lift["outline"]) == 4 for lift in drawn(kept))


def test_a_trace_that_is_broken_costs_the_report_nothing(kept: Path) -> None:
    (trace,) = (kept / traces.TRACES).iterdir()
    trace.write_bytes(b"\x00\xff" * 100)
    assert all(len(lift["outline"]) == 4 for lift in drawn(kept))


def test_a_trace_counts_again_what_the_session_counted(kept: Path) -> None:
    (trace,) = (kept / traces.TRACES).iterdir()
    clock = VirtualClock()
    again = kept / "again"
    again.mkdir()
    with Journal(again / "journal.db", clock) as journal:
        inbox = VirtualInbox(clock, Relived(trace, clock), a_press(clock), 150.0)
        Loop(inbox, Coach(journal.history()), ShownPanel(clock), journal, clock).run()
        with journal.reading() as connection:
            session = last_session(connection)
    assert session is not None
    assert session.reps == 10


def test_any_computer_replays_a_trace_from_a_stick(kept: Path) -> None:
    (trace,) = (kept / traces.TRACES).iterdir()
    events, picture = kept / "events.jsonl", kept / "signal.png"
    asked = ["replay", str(trace), "--events", str(events)]
    assert main([*asked, "--plot", str(picture)]) == 0
    *_, summary = map(json.loads, events.read_text().splitlines())
    assert summary["reps"] == 10 + 1, "a replay does not know which lift was the practised one"
    assert picture.stat().st_size > 10_000
    assert main([*asked, "--annotate", str(kept / "film.mp4")]) == CallerError.exit_code


def seen(time: float) -> LiftSample:
    return LiftSample(time, True, brightness=1.0, lift=0.0, **CALM)


def test_a_disk_that_hangs_holds_up_no_cue_and_loses_nothing_once_it_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only what is too much to wait with is left out, and said."""
    answers, write = threading.Event(), TraceWriter.append

    def hang(self: TraceWriter, sample: LiftSample) -> None:
        assert answers.wait(60)
        write(self, sample)

    monkeypatch.setattr(TraceWriter, "append", hang)
    monkeypatch.setattr(traces, "MOST_WAITING", 100)
    monkeypatch.setattr(traces, "CLOSED_WITHIN_S", 60.0)
    with SessionTraces(tmp_path, VirtualClock()) as keeper:
        for session in (0.0, 1000.0):
            keeper.begin()
            for number in range(60):
                keeper.append(seen(session + number))
            keeper.end()
        assert capsys.readouterr().err.count("its disk is too slow") == 1
        answers.set()
    first, second = sorted(tmp_path.iterdir())
    assert len(first.read_text().splitlines()) == 2 + 60
    assert 2 < len(second.read_text().splitlines()) < 2 + 60


def test_a_stop_in_the_middle_of_a_session_keeps_all_that_was_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traces, "CLOSED_WITHIN_S", 60.0)
    with pytest.raises(SystemExit), SessionTraces(tmp_path, VirtualClock()) as keeper:
        keeper.begin()
        for number in range(2000):
            keeper.append(seen(number / 30))
        raise SystemExit
    (trace,) = tmp_path.iterdir()
    assert len(trace.read_text().splitlines()) == 2 + 2000


def test_the_oldest_goes_when_there_are_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traces, "MOST_KEPT", 3)
    clock = VirtualClock()
    with SessionTraces(tmp_path, clock) as keeper:
        for _ in range(5):
            keeper.begin()
            keeper.append(seen(clock.now))
            keeper.end()
            clock.advance_to(clock.now + 100.0)
    assert [path.name for path in sorted(tmp_path.iterdir())] == [
        "000003-boot-300000.csv", "000004-boot-400000.csv", "000005-boot-500000.csv"
    ]  # fmt: skip


def test_a_file_of_somebodys_own_among_them_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traces, "MOST_KEPT", 1)
    own = [tmp_path / "2026 in the kitchen.csv", tmp_path / "1.csv"]
    for path in own:
        path.touch()
    with SessionTraces(tmp_path, VirtualClock()) as keeper:
        keeper.begin()
        keeper.append(seen(300.0))
    assert sorted(tmp_path.iterdir()) == sorted([*own, tmp_path / "000001-boot-300000.csv"])


def test_a_disk_that_fails_costs_the_session_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / traces.TRACES).write_text("in the way")
    train(tmp_path, VirtualClock())
    assert capsys.readouterr().err.count("keeps no trace") == 1
    assert len(drawn(tmp_path)) == 10
