"""The demo: a synthetic person answers the cues, through the real models, loop and journal."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import select
import struct
import sys
import termios
import threading
import time
from concurrent.futures import Future
from pathlib import Path

import cv2
import pytest

from device.camera import Frame
from device.camera.subject import CHARACTERS, SubjectCamera
from device.cli import main
from device.coach import cues
from device.desk import simulated_time
from device.desk.simulated_time import SimulatedClock, SimulatedInbox
from device.desk.window import FPS
from device.errors import CameraError, EndOfRecording
from device.inbox import Committed, SourceEnded, Stop
from device.sample import LiftSample
from tests.processes import running

WITHIN_S = 300.0
"""For what takes seconds on a machine that is not busy."""


class Recording:
    """A source with three samples."""

    live = False

    def __init__(self) -> None:
        self._samples = [LiftSample(at, face=True) for at in (1.0, 1.1, 1.2)]
        self.started = 0

    def start(self) -> None:
        self.started += 1

    def read(self, timeout: float) -> LiftSample | None:
        if not self._samples:
            raise EndOfRecording("over")
        return self._samples.pop(0)

    def stop(self) -> None:
        pass

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, *exc: object) -> None:
        pass


def test_the_hasty_one_learns_and_the_session_is_on_film(
    small_people: None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    film = tmp_path / "film.mp4"

    assert main(["demo", "hasty", "--record", str(film)]) == 0

    said = capsys.readouterr().out
    assert "10 calm lifts counted" in said
    assert "let go a little early" in said
    assert "softer" in said
    report = said.split("any browser: ")[1].splitlines()[0]
    assert "<html" in Path(report).read_text()
    video = cv2.VideoCapture(str(film))
    seconds = video.get(cv2.CAP_PROP_FRAME_COUNT) / FPS
    video.release()
    last_cue = float(said.split(" s  done")[0].splitlines()[-1])
    assert last_cue + 2.0 < seconds < last_cue + 6.0


def test_in_a_terminal_the_lift_is_drawn_as_it_rises_and_q_leaves() -> None:
    master, terminal = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    demo = [sys.executable, "-m", "device", "demo"]
    screen = {"stdin": terminal, "stdout": terminal, "stderr": terminal}
    drawn, until = "", time.monotonic() + WITHIN_S
    with running(demo, **screen, env={**os.environ, "TERM": "xterm"}) as process:
        os.close(terminal)
        while not re.search(r"lift \|.*█", drawn) and time.monotonic() < until:
            if select.select([master], [], [], 1.0)[0]:
                drawn += os.read(master, 65536).decode(errors="replace")
        assert "practise" in drawn, drawn[-2000:]
        os.write(master, b"q")
        drained = threading.Thread(target=drain, args=(master,), daemon=True)
        drained.start()
        assert process.wait(WITHIN_S) == 0
        drained.join(WITHIN_S)
    os.close(master)
    said = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn).replace("\r", "")
    assert re.search(r"^lift \|.*█", said, re.MULTILINE)
    assert max(map(len, said.splitlines())) <= 80


def drain(terminal: int) -> None:
    """Read what is written, so that nobody waits for it to be read; until nobody writes."""
    with contextlib.suppress(OSError):
        while os.read(terminal, 65536):
            pass


def test_a_demo_whose_device_fails_says_so_to_who_started_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def read(self: SubjectCamera, timeout: float) -> Frame | None:
        raise CameraError("the camera is gone")

    monkeypatch.setattr(SubjectCamera, "read", read)
    assert main(["demo"]) == 1
    assert "failed" in capsys.readouterr().out


def test_somebody_who_is_not_there_is_the_callers_mistake(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["demo", "nobody"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert all(name in said for name in CHARACTERS)


def test_without_a_screen_the_window_names_what_to_do_instead(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    assert main(["demo", "--window"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "--record" in said


def test_on_the_stage_every_frame_comes_at_its_time_and_deadlines_between_them() -> None:
    clock = SimulatedClock()
    inbox = SimulatedInbox(Recording(), clock, paced=False)
    assert inbox.wait(0.5) is None
    assert clock.monotonic() == 0.5
    inbox.watch(True)

    first = inbox.wait(9.0)
    assert isinstance(first, LiftSample)
    assert (first.time, clock.monotonic()) == (1.0, 1.0)
    assert inbox.wait(1.05) is None
    assert clock.reading().monotonic == clock.monotonic() == 1.05
    assert isinstance(inbox.wait(9.0), LiftSample)
    assert isinstance(inbox.wait(9.0), LiftSample)
    assert isinstance(inbox.wait(9.0), SourceEnded)
    assert inbox.wait(9.0) is None
    assert clock.monotonic() == 9.0


def test_what_waits_for_the_disk_comes_once_it_is_there_and_no_time_passes() -> None:
    clock = SimulatedClock()
    inbox = SimulatedInbox(Recording(), clock, paced=False)
    done: Future[None] = Future()
    cue = cues.Cue(cues.CueKind.REP, 0.0, count=1, durable=True)
    inbox.expect(done, cue)
    threading.Timer(0.05, done.set_result, (None,)).start()

    assert inbox.wait(60.0) == Committed(cue)
    assert clock.monotonic() == 0.0


def test_a_disk_that_hangs_is_a_fault_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulated_time, "PATIENCE_S", 0.05)
    inbox = SimulatedInbox(Recording(), SimulatedClock(), paced=False)
    inbox.expect(Future(), cues.Cue(cues.CueKind.REP, 0.0, count=1, durable=True))
    told = inbox.wait(60.0)
    assert isinstance(told, Committed)
    assert "the disk took nothing" in str(told.error)


def test_a_stage_that_is_watched_goes_no_faster_than_life_and_hears_at_once() -> None:
    clock = SimulatedClock()
    inbox = SimulatedInbox(Recording(), clock, paced=True)
    began = time.monotonic()
    assert inbox.wait(0.2) is None
    assert time.monotonic() - began >= 0.19

    threading.Timer(0.05, inbox.put, (Stop(),)).start()
    assert inbox.wait(3600.0) == Stop()
    assert clock.monotonic() == 0.2
