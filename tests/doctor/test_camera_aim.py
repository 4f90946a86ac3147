"""Stories of `liftlight doctor --aim`: somebody sets the camera's arm by what it says."""

from __future__ import annotations

import io
import math
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin

from device import stand
from device.camera.subject import State, SubjectCamera, script
from device.cli import main
from device.clock import SystemClock
from device.coach import aiming
from device.doctor.live import camera_aim
from device.doctor.live.camera_aim import USUAL_FIELD_DEG, WIDTH, aim, distance_cm, in_words, look
from device.doctor.machine import Machine
from device.errors import CameraError, EndOfRecording
from device.journal import Journal
from device.panel import Panel, Pins
from device.sample import LiftSample
from device.vision import VisionSource, shipped_models
from tests.conftest import ROOT
from tests.journal_kit import HandClock
from tests.subjects import small
from tests.videos import write_video

SUBJECT_FIELD_DEG = 36.0
EYES_BEFORE_HEAD_CM = 6.0
"""How far the synthetic subject's eyes are before the middle of its head."""
Captured = pytest.CaptureFixture[str]


def watched(base: State, seconds: float = 1.5, leaves: float = 0.0) -> VisionSource:
    """The synthetic subject, in one place, through the device's own vision.

    It `leaves` by so much of its nearness within the first second.
    """
    away = (lambda t: {"nearness": -leaves * min(t, 1.0)},)
    performance = replace(script("good", reps=1), base=base, duration=seconds, layers=away)
    camera = SubjectCamera(performance, fps=8.0, live=False, subject=small())
    return VisionSource(camera, *shipped_models())


def no_light(_: bool) -> None:
    pass


def lines_of(capsys: Captured) -> list[str]:
    """What was written below the columns' names."""
    written = capsys.readouterr().out.splitlines()
    (names,) = [n for n, line in enumerate(written) if line.startswith("distance ")]
    return written[names + 1 :]


@pytest.mark.parametrize(
    ("base", "said"),
    [
        (State(nearness=1.1), ["cm good ", ": good ", "  good ", "sharp"]),
        (State(nearness=1.1, yaw=35.0), [" left, ", ": good "]),
        (State(nearness=1.1, yaw=-60.0), [" right, ", ": too much "]),
        (State(nearness=1.1, pitch=20.0), [" up: good "]),
        (State(nearness=0.9, x=22.0), ["off centre "]),
        (State(nearness=1.1, gain=0.012), ["too dark "]),
        (State(nearness=1.1, blur=10.0), ["blurred"]),
        (State(x=90.0), ["no face "]),
    ],
    ids=["good", "turned", "away", "nodded", "aside", "dark", "blurred", "gone"],
)
def test_each_place_is_told_in_words(base: State, said: list[str], capsys: Captured) -> None:
    look(watched(base), SUBJECT_FIELD_DEG, no_light)
    lines = lines_of(capsys)
    assert len(lines) == 2, "one a second, and the recording lasts one and a half"
    for line in lines:
        for words in said:
            assert words in f"{line} ", line


def test_who_moves_away_is_told(capsys: Captured) -> None:
    look(watched(State(nearness=0.5), leaves=0.2), SUBJECT_FIELD_DEG, no_light)
    first, last = lines_of(capsys)
    assert "cm good" in first
    assert "cm too far" in last


@pytest.mark.parametrize("nearness", [0.8, 1.0, 1.3])
def test_the_distance_is_an_estimate_to_a_tenth(nearness: float, capsys: Captured) -> None:
    look(watched(State(nearness=nearness), seconds=0.5), SUBJECT_FIELD_DEG, no_light)
    (line,) = lines_of(capsys)
    true = 62.0 / nearness - EYES_BEFORE_HEAD_CM
    assert float(line.split()[0]) == pytest.approx(true, rel=0.1)


def seen(**figures: float) -> LiftSample:
    """A face in the middle, at the stand's place, as vision measures it."""
    there = {"lift": 0.0, "yaw": 0.0, "pitch": 0.0, "x": 0.5, "y": 0.5, "brightness": 90.0}
    # The distance and the share of the picture are each other's inverse.
    there["size"] = distance_cm(stand.DISTANCE_CM, USUAL_FIELD_DEG)
    return LiftSample(0.0, True, **there | figures)


@pytest.mark.parametrize(
    ("name", "border", "complaint"),
    [
        ("size", aiming.FAR, "too far"),
        ("size", aiming.NEAR, "too near"),
        ("yaw", aiming.TURNED, "too much"),
    ],
)
def test_the_borders_are_those_of_a_session(
    name: str, border: tuple[float, float], complaint: str
) -> None:
    begins, ends = border
    beyond = 1.01 if begins > ends else 0.99
    between = (begins + ends) / 2
    for value, word in ((begins * beyond, complaint), (between, "barely"), (ends / beyond, "good")):
        line = in_words(seen(**{name: value}), math.nan, USUAL_FIELD_DEG)
        assert (complaint in line, "barely" in line) == (word == complaint, word == "barely")
    dark = in_words(seen(brightness=aiming.TOO_DARK - 1), math.nan, USUAL_FIELD_DEG)
    assert "too dark" in dark
    aside = in_words(seen(x=0.5 + aiming.OFF[0] + 0.01), math.nan, USUAL_FIELD_DEG)
    assert "off centre" in aside
    assert "cut off" in in_words(seen(lift=math.nan), math.nan, USUAL_FIELD_DEG)


def test_the_stands_own_place_is_good() -> None:
    line = in_words(seen(yaw=stand.ON_THE_BACK_DEG), 0.02, USUAL_FIELD_DEG)
    assert " ".join(line.split()) == "45 cm good 35 left, 0 down: good good 90 good sharp"


def test_the_page_shows_what_is_written() -> None:
    page = (ROOT / "device" / "doctor" / "README.md").read_text(encoding="utf-8")
    *_, names = camera_aim.introduction(None)
    well = in_words(seen(yaw=34.0, pitch=4.0), 0.02, USUAL_FIELD_DEG)
    badly = in_words(
        seen(
            size=distance_cm(160.0, USUAL_FIELD_DEG), yaw=-8.0, pitch=-2.0, x=0.9, brightness=17.0
        ),
        0.06,
        USUAL_FIELD_DEG,
    )
    assert f"```\n{names}\n{well}\n{badly}\n```" in page
    assert f"wider than {camera_aim.BLURRED} of the distance" in " ".join(page.split())


@pytest.mark.parametrize("field_deg", [None, SUBJECT_FIELD_DEG])
def test_nothing_is_wider_than_a_terminal(field_deg: float | None) -> None:
    widest = in_words(
        seen(size=0.04, yaw=-44.0, pitch=-44.0, x=0.9, brightness=10.0), 1.0, USUAL_FIELD_DEG
    )
    for line in (widest, *camera_aim.introduction(field_deg)):
        assert len(line) < WIDTH, line


def test_a_film_is_watched_to_its_end_and_leaves_nothing_behind(
    tmp_path: Path, capsys: Captured
) -> None:
    state = State(nearness=1.1)
    pictures = [small().render(replace(state, time=n / 10)) for n in range(14)]
    film = write_video(tmp_path / "me.mp4", pictures, fps=10.0)
    data = tmp_path / "data"
    assert main(["doctor", "--aim", "--camera", f"video:{film}", "--data", str(data)]) == 0
    written = capsys.readouterr().out
    assert "cm good" in written
    assert "as if the camera saw 41 degrees" in written
    assert "The camera is on" not in written, "a film films nobody"
    assert [one.name for one in tmp_path.iterdir()] == ["me.mp4"]


class Terminal(io.StringIO):
    """A screen of 80 columns."""

    def isatty(self) -> bool:
        return True


def test_in_a_terminal_one_line_is_kept_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    look(watched(State(nearness=1.1)), SUBJECT_FIELD_DEG, no_light)
    *above, line = screen.getvalue().removesuffix("\n").split("\n")
    assert above[-1].startswith("distance ")
    assert line.count("\r\x1b[2K") == 4, "twice a second"
    assert line.count("cm good") == 4

    for columns, kind in ((WIDTH - 1, "xterm"), (WIDTH, "dumb")):
        plain = Terminal()
        monkeypatch.setattr(sys, "stdout", plain)
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("TERM", kind)
        look(watched(State(nearness=1.1)), SUBJECT_FIELD_DEG, no_light)
        assert "\r" not in plain.getvalue()


@dataclass
class Watched:
    """A source that gives what it is told to, and notes whether the light was on meanwhile."""

    lit: Callable[[], bool]
    reads: list[LiftSample | Exception | signal.Signals | None]
    stuck: bool = False
    impatient: bool = False
    """Whether somebody presses Ctrl-C again while it stops."""
    live: bool = True
    noted: list[tuple[str, bool]] = field(default_factory=list)

    def start(self) -> None:
        self.noted.append(("start", self.lit()))

    def read(self, timeout: float) -> LiftSample | None:
        self.noted.append(("read", self.lit()))
        what = self.reads.pop(0)
        if isinstance(what, signal.Signals):
            signal.raise_signal(what)
            return None
        if isinstance(what, Exception):
            raise what
        return what

    def stop(self) -> None:
        if self.impatient:
            signal.raise_signal(signal.SIGINT)
        self.noted.append(("stop", self.lit()))
        if self.stuck:
            raise CameraError("the camera does not switch off: pull the plug and try again")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()


def on_a_pi(
    monkeypatch: pytest.MonkeyPatch, *reads: LiftSample | Exception | signal.Signals | None
) -> Watched:
    """A Raspberry Pi with its panel on mock pins, and a camera that sees this."""
    factory = MockFactory(pin_class=MockPWMPin)
    camera_light = factory.pin(Pins().camera)
    panel = Panel(Pins(), SystemClock(), factory)
    source = Watched(lambda: bool(camera_light.state), list(reads))
    monkeypatch.setattr(Machine, "is_pi", True)
    monkeypatch.setattr(camera_aim, "open_panel", lambda *_: panel)
    monkeypatch.setattr(camera_aim, "open_source", lambda *_: source)
    return source


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, EndOfRecording()])
def test_the_panels_light_is_on_whenever_the_camera_is(
    end: signal.Signals | Exception,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: Captured,
) -> None:
    ends = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(one) for one in ends]
    source = on_a_pi(monkeypatch, seen(), None, end)
    source.impatient = True
    assert aim("picamera2", tmp_path) == 0
    assert source.noted == [(what, True) for what in ("start", "read", "read", "read", "stop")]
    assert not source.lit()
    assert lines_of(capsys)[1] == "no picture"
    assert [signal.getsignal(one) for one in ends] == before


def test_a_camera_that_fails_is_told_once_it_is_off(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source = on_a_pi(monkeypatch, CameraError("the camera is gone: press its cable home"))
    with pytest.raises(CameraError, match="press its cable home"):
        aim("picamera2", tmp_path)
    assert source.noted[-1] == ("stop", True)
    assert not source.lit()


def test_the_light_stays_on_over_a_camera_that_does_not_switch_off(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Captured
) -> None:
    source = on_a_pi(monkeypatch, EndOfRecording())
    source.stuck = True
    left: list[tuple[int, bool]] = []

    def leave(code: int) -> None:
        left.append((code, source.lit()))
        raise SystemExit(code)

    monkeypatch.setattr(os, "_exit", leave)
    with pytest.raises(SystemExit):
        aim("picamera2", tmp_path)
    assert left == [(1, True)]
    assert "panel-off" in capsys.readouterr().err


def test_a_webcam_at_a_desk_has_its_light_in_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Captured
) -> None:
    source = Watched(lambda: False, [seen(), EndOfRecording()])
    monkeypatch.setattr(Machine, "is_pi", False)
    monkeypatch.setattr(camera_aim, "check_present", lambda _: None)
    monkeypatch.setattr(camera_aim, "open_source", lambda *_: source)
    assert aim("v4l2:/dev/video0", tmp_path) == 0
    written = capsys.readouterr().out.splitlines()
    assert (written[0], written[-1]) == ("The camera is on.", "The camera is off.")


def test_it_leaves_a_running_device_its_camera(tmp_path: Path, capsys: Captured) -> None:
    with Journal(tmp_path / "journal.db", HandClock()):
        assert main(["doctor", "--aim", "--data", str(tmp_path)]) == 1
    assert "systemctl stop liftlight" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "cure"),
    [
        (["--aim", "--camera", "v4l2:/dev/video99"], 1, "ls /dev/video*"),
        (["--aim", "--camera", "video:nowhere.mp4"], 2, "check its name"),
        (["--aim", "--camera", "telescope"], 2, "use picamera2"),
        (["--camera", "subject"], 2, "--camera goes with --aim"),
    ],
)
def test_a_mistake_is_one_line_with_its_cure(
    arguments: list[str], code: int, cure: str, tmp_path: Path, capsys: Captured
) -> None:
    assert main(["doctor", *arguments, "--data", str(tmp_path)]) == code
    said = capsys.readouterr()
    assert cure in said.err
    assert len(said.err.splitlines()) == 1
    assert not said.out
