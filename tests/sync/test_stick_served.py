"""Stories of a stick that is plugged in: mounted thrice, told once, and the time it may bring."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import pwd
import queue
import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from device.clock import ClockSource
from device.coach import Coach, History, cues, device_states, events
from device.inbox import Stimulus
from device.journal import Journal, connect_to_read, faults_of_last_boot, last_copy, refuse_strange
from device.loop import Loop
from device.processes import end
from device.sync import plug, steps
from device.sync.errors import SyncError
from device.sync.generations import whole_generations
from device.sync.news import PIPE, Listener, StickNews, Word, parse, tell
from device.sync.plug import Helper, serve
from device.sync.time_file import PROBLEM, TIME_FILE, TimeFileError, named, take_time
from tests.bedroom import MONDAY_NOON, Bedroom
from tests.device.test_loop import Face, Memory, ShownPanel
from tests.folders import device, empty
from tests.journal_kit import HandClock
from tests.processes import running
from tests.virtual import VirtualClock, VirtualInbox


class Folder:
    """StickOperations whose stick is a folder; the steps are the device's own, in this process."""

    def __init__(self, data: Path, stick: Path) -> None:
        self.data, self.stick = data, stick
        self.order: list[str] = []
        self.told: list[StickNews] = []
        self.pulled_at: str | None = None

    def is_stick(self) -> bool:
        return True

    @contextlib.contextmanager
    def mounted(self, *, read_only: bool) -> Iterator[None]:
        self.order.append("read-only" if read_only else "mount")
        yield
        self.order.append("unmount")

    def step(self, name: str, export: str | None = None) -> dict[str, Any]:
        self.order.append(name)
        if name == self.pulled_at:
            raise SyncError("the stick is gone: plug it in again and wait for the signal.")
        done = steps.STEPS[name](self.stick, self.data, None if export is None else Path(export))
        return dict(done)

    def tell(self, news: StickNews) -> None:
        self.order.append(news.word)
        self.told.append(news)


@pytest.fixture
def hands(tmp_path: Path) -> Folder:
    return Folder(device(tmp_path / "data", 1), empty(tmp_path / "stick"))


def exports(stick: Path) -> list[str]:
    (home,) = stick.glob("liftlight-????????")
    return [one.folder.name for one in whole_generations(home)]


def test_done_is_told_after_the_last_unmount(hands: Folder) -> None:
    assert serve(hands) is None
    assert hands.order == [
        "working",
        "mount", "write", "unmount",
        "read-only", "check", "unmount",
        "mount", "finish", "unmount",
        "synced",
    ]  # fmt: skip
    assert exports(hands.stick) == ["export-1"]
    serve(hands)
    assert exports(hands.stick) == ["export-2"], "the older one is retired"


@pytest.mark.parametrize("step", ["write", "check", "finish"])
def test_a_stick_pulled_in_any_step_is_told_once_and_keeps_a_whole_export(
    hands: Folder, step: str
) -> None:
    serve(hands)
    hands.told.clear()
    hands.pulled_at = step
    problem = serve(hands)
    assert problem is not None
    assert [news.word for news in hands.told] == [Word.WORKING, Word.FAILED]
    assert hands.told[-1].detail == str(problem)
    assert exports(hands.stick)


def test_an_export_that_cannot_be_read_back_is_taken_away_again(hands: Folder) -> None:
    hands.pulled_at = "check"
    serve(hands)
    assert "discard" in hands.order
    assert exports(hands.stick) == []


def test_a_step_that_fails_is_one_line(hands: Folder, tmp_path: Path) -> None:
    said = steps.answer(
        {"step": "write", "folder": str(tmp_path / "nowhere"), "data": str(hands.data)}
    )
    assert said.keys() == {"problem"}
    assert "\n" not in str(said["problem"])


class TestHelper:
    """The process that does the steps."""

    @pytest.fixture
    def helper(self) -> Iterator[Helper]:
        one = Helper(pwd.getpwuid(os.getuid()))
        yield one
        one.close(patience=0.0)

    @staticmethod
    def write(helper: Helper, hands: Folder) -> str:
        done = helper.do(step="write", folder=str(hands.stick), data=str(hands.data))
        return str(done["export"])

    def test_one_process_does_all_steps(self, helper: Helper, hands: Folder) -> None:
        export, one = self.write(helper, hands), helper._process
        for step in ("check", "finish"):
            helper.do(step=step, folder=str(hands.stick), data=str(hands.data), export=export)
        assert helper._process is one is not None
        assert exports(hands.stick) == ["export-1"]

    def test_after_a_problem_it_goes_on(self, helper: Helper, hands: Folder) -> None:
        with pytest.raises(SyncError, match="take another stick"):
            helper.do(step="check", folder=str(hands.stick / "nowhere"), data=str(hands.data))
        self.write(helper, hands)

    def test_what_it_is_told_the_device_hears(self, helper: Helper, tmp_path: Path) -> None:
        heard: queue.Queue[StickNews] = queue.Queue()
        Listener(tmp_path, heard.put)
        news = StickNews(Word.FAILED, "full: free some space")
        helper.do(step="tell", folder=str(tmp_path), news=json.dumps(asdict(news)))
        assert heard.get(timeout=10) == news

    @pytest.fixture
    def hung(self, helper: Helper, hands: Folder) -> Iterator[subprocess.Popen[bytes]]:
        """Its process, which answers no more."""
        self.write(helper, hands)
        process = helper._process
        assert process is not None
        process.send_signal(signal.SIGSTOP)
        yield process
        end(process)

    def test_after_one_that_hangs_another_begins(
        self,
        helper: Helper,
        hands: Folder,
        hung: subprocess.Popen[bytes],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        with monkeypatch.context() as hasty, pytest.raises(SyncError, match="does not answer"):
            hasty.setattr(plug, "STEP_WITHIN_S", 0.2)
            self.write(helper, hands)
        assert hung.returncode == -signal.SIGKILL, "killed, and waited for"
        assert self.write(helper, hands).endswith("export-2")

    def test_one_that_answers_half_a_line_is_given_up_too(
        self, helper: Helper, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(plug, "STEP_WITHIN_S", 0.5)
        line = ["sh", "-c", "printf '{\"done\": '; read line; exec sleep 1000"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with running(line, text=False, **pipes) as half:
            helper._process = half
            with pytest.raises(SyncError, match="does not answer"):
                helper.do(step="check")
            assert half.returncode == -signal.SIGKILL

    def test_one_that_hangs_is_not_waited_for_at_the_end(
        self, helper: Helper, hung: subprocess.Popen[bytes]
    ) -> None:
        helper.close(patience=0.2)
        assert hung.returncode == -signal.SIGKILL

    def test_one_that_has_no_more_to_do_ends_by_itself(self, helper: Helper, hands: Folder) -> None:
        self.write(helper, hands)
        process = helper._process
        assert process is not None
        helper.close(patience=30.0)
        assert process.returncode == 0

    def test_one_that_dies_in_a_step_is_a_stick_that_was_not_served(
        self, helper: Helper, hands: Folder, hung: subprocess.Popen[bytes]
    ) -> None:
        death = threading.Timer(0.2, hung.kill)
        death.start()
        with pytest.raises(SyncError, match="could not be served: plug it in again"):
            self.write(helper, hands)
        death.join(10)
        assert self.write(helper, hands).endswith("export-2")

    def test_one_that_died_between_two_steps_is_not_missed(
        self, helper: Helper, hands: Folder, hung: subprocess.Popen[bytes]
    ) -> None:
        assert end(hung)
        assert self.write(helper, hands).endswith("export-2")


class TestTimeFile:
    def test_a_minute_named_by_a_file_is_told_once(self, hands: Folder) -> None:
        (hands.stick / TIME_FILE).write_text("2027-01-15 21:05+01:00\r\n")
        serve(hands)
        assert hands.told[-1] == StickNews(Word.TIME, wall=1_800_043_500.0)
        serve(hands)
        assert hands.told[-1].word is Word.SYNCED
        assert not (hands.stick / TIME_FILE).exists()

    def test_editors_of_all_kinds_may_write_it(self) -> None:
        text = "2027-01-15T21:05+01:00\r\n"
        for encoding in ("utf-8", "utf-8-sig", "utf-16"):
            assert named(text.encode(encoding)) == 1_800_043_500.0

    @pytest.mark.parametrize("text", ["2027-1-5 9:05", "2027-01-05  09:05", "2027-01-05T9:05:00"])
    def test_a_number_may_have_one_digit(self, text: str) -> None:
        assert named(text.encode()) == named(b"2027-01-05 09:05")

    def test_a_doubled_ending_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "liftlight-time.txt.txt").write_text("2027-01-15 21:05")
        assert take_time(tmp_path) is not None
        assert list(tmp_path.iterdir()) == []

    def test_of_two_files_neither_is_believed(self, tmp_path: Path) -> None:
        names = {TIME_FILE, "liftlight-time.txt.txt"}
        for name in names:
            (tmp_path / name).write_text("2027-01-15 21:05")
        assert take_time(tmp_path) is None
        assert {path.name for path in tmp_path.iterdir()} == names | {PROBLEM}
        assert "Remove one of them" in (tmp_path / PROBLEM).read_text()

    @pytest.mark.parametrize(
        "text",
        ["", "soon", "21:05", "2027-01-15", "1999-01-15 21:05", "9999-12-31 23:59", "x" * 9999,
         "2027-01-15 9:05 pm", "2027-01-15 21.05", "15.01.2027 21:05", "2027-13-1 9:05"],
    )  # fmt: skip
    def test_what_names_no_minute_stays_with_a_note_beside_it(
        self, tmp_path: Path, text: str
    ) -> None:
        (tmp_path / TIME_FILE).write_text(text)
        with pytest.raises(TimeFileError):
            named(text.encode())
        assert take_time(tmp_path) is None
        assert (tmp_path / TIME_FILE).read_text() == text
        assert "Write one line such as" in (tmp_path / PROBLEM).read_text()
        (tmp_path / TIME_FILE).write_text("2027-01-15 21:05")
        assert take_time(tmp_path) is not None
        assert not (tmp_path / PROBLEM).exists()

    def test_a_link_is_not_followed(self, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").write_text("2027-01-15 21:05")
        (tmp_path / TIME_FILE).symlink_to(tmp_path / "elsewhere")
        assert take_time(tmp_path) is None
        assert (tmp_path / "elsewhere").exists()


class TestNews:
    def test_what_is_told_is_heard(self, tmp_path: Path) -> None:
        heard: queue.Queue[StickNews] = queue.Queue()
        news = [StickNews(Word.WORKING), StickNews(Word.FAILED, "gone: plug it in ü" + "x" * 900)]
        assert not tell(tmp_path, news[0]), "a device that is off delays nobody"
        Listener(tmp_path, heard.put)
        assert all(tell(tmp_path, one) for one in news)
        assert heard.get(timeout=10) == news[0]
        assert news[1].detail.startswith(heard.get(timeout=10).detail)

    def test_a_device_that_starts_again_takes_the_pipe_of_the_last(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / PIPE)
        heard: queue.Queue[StickNews] = queue.Queue()
        Listener(tmp_path, heard.put)
        assert tell(tmp_path, StickNews(Word.SYNCED))
        assert heard.get(timeout=10).word is Word.SYNCED

    def test_something_else_in_the_way_is_neither_read_nor_written(self, tmp_path: Path) -> None:
        (tmp_path / PIPE).write_text("mine")
        with pytest.raises(OSError, match="in the way") as caught:
            Listener(tmp_path, lambda _: None)
        assert caught.value.errno == errno.EEXIST
        assert not tell(tmp_path, StickNews(Word.SYNCED))
        assert (tmp_path / PIPE).read_text() == "mine"

    @pytest.mark.parametrize(
        "line", ["", "[]", "{}", '{"word": "rm", "detail": "", "wall": 0}', "[" * 3000,
                 '{"word": "time", "detail": "", "wall": NaN}']
    )  # fmt: skip
    def test_what_is_no_news_is_none(self, line: str) -> None:
        assert parse(line) is None


class TestCoach:
    @staticmethod
    def last(room: Bedroom) -> cues.Cue:
        return room.cues()[-1]

    def test_a_copy_is_shown_from_plug_to_done_and_kept(self) -> None:
        room = Bedroom()
        room.told(room.coach.copy_begun(room.now))
        assert self.last(room).kind is cues.CueKind.WORKING
        room.wait(3.0)
        room.told(room.coach.copy_ended(room.now))
        assert self.last(room).kind is cues.CueKind.SYNCED
        assert room.events(events.Copied) == [events.Copied(room.now)]
        assert room.state() is device_states.DeviceState.READY

    def test_a_copy_that_failed_is_a_fault_that_locks_nothing(self) -> None:
        room = Bedroom()
        room.told(room.coach.copy_ended(room.now, "the stick is full: free some space"))
        assert self.last(room).kind is cues.CueKind.SYNC_FAILED
        (fault,) = room.events(events.Fault)
        assert (fault.kind, fault.detail[:9]) == (events.FaultKind.STICK, "the stick")
        assert room.state() is device_states.DeviceState.READY

    def test_it_does_not_disturb_a_session_and_is_told_after_it(self) -> None:
        room = Bedroom()
        room.begin_session()
        room.wait(20.0)
        room.told(room.coach.copy_begun(room.now))
        room.told(room.coach.copy_ended(room.now))
        kinds = {cues.CueKind.WORKING, cues.CueKind.SYNCED}
        room.until(lambda: bool(room.events(events.SessionEnded)))
        assert room.events(events.SessionEnded)[0].ending is events.Ending.DONE
        assert not kinds & {cue.kind for cue in room.cues()}
        room.wait(60.0)
        room.told(room.coach.clock(room.reading()))
        assert kinds & {cue.kind for cue in room.cues()} == {cues.CueKind.SYNCED}


def through_the_loop(*news: StickNews) -> tuple[list[cues.CueKind], list[events.Event]]:
    """What a device shows and keeps that is told `news`, one every ten seconds."""
    clock = VirtualClock(ClockSource.RTC, MONDAY_NOON)
    script: list[tuple[float, Stimulus]] = [
        (clock.now + 10.0 * number, one) for number, one in enumerate(news, start=1)
    ]
    panel, memory = ShownPanel(clock), Memory()
    inbox = VirtualInbox(clock, Face(clock), script, 10.0 * len(news) + 5.0)
    Loop(inbox, Coach(History()), panel, memory, clock).run()
    return panel.kinds(), memory.events


def test_the_loop_shows_and_keeps_what_it_is_told() -> None:
    shown, kept = through_the_loop(
        StickNews(Word.WORKING), StickNews(Word.SYNCED), StickNews(Word.TIME, wall=MONDAY_NOON)
    )
    assert shown == [
        cues.CueKind.READY,
        cues.CueKind.WORKING,
        cues.CueKind.SYNCED,
        cues.CueKind.WORKING,
    ]
    assert [type(event) for event in kept] == [events.Copied]


def test_a_time_that_comes_at_the_wrong_moment_is_one_line_and_no_crash() -> None:
    offered = StickNews(Word.TIME, wall=MONDAY_NOON)
    shown, kept = through_the_loop(offered, offered)
    assert shown[-1] is cues.CueKind.SYNC_FAILED
    (fault,) = kept
    assert isinstance(fault, events.Fault)
    assert "write the file again" in fault.detail


def test_what_came_of_sticks_is_kept_and_comes_back_with_a_restored_journal(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.db", HandClock()) as journal:
        journal.write(events.Copied(1.0))
        journal.write(
            events.Fault(2.0, events.FaultKind.STICK, "the stick is full: free some space")
        )
    refuse_strange(tmp_path / "journal.db")
    connection = connect_to_read(tmp_path / "journal.db")
    (fault,) = faults_of_last_boot(connection)
    copied = last_copy(connection)
    connection.close()
    assert fault.kind == "stick"
    assert copied is not None
