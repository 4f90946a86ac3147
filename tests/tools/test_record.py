"""Recording a set at a desk: nothing without a word, and what is kept is exact and is scored."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from device.camera import VideoFileCamera
from device.trace import TraceSource
from tests.processes import running
from tests.recording import annotation, desk
from tools.clips import recorded
from tools.evaluate.__main__ import main as evaluate
from tools.record.__main__ import WHAT_IS_KEPT, main

REPS = 3
WITHIN_S = 240.0
"""For what takes seconds on a machine that is not busy."""


@dataclass
class Recorded:
    folder: Path
    lifts: list[dict[str, float]]
    said: str


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """A set of three that somebody let be shared, and be filmed."""
    folder = tmp_path_factory.mktemp("desk") / "sets"
    with pytest.MonkeyPatch.context() as patch, desk(REPS) as here:
        said: list[str] = []
        patch.setattr("builtins.print", lambda *parts, **_: said.append(" ".join(map(str, parts))))
        assert here.run(folder, "share\nkeep\n") == 0
    return Recorded(folder, here.lifts, "\n".join(said))


@pytest.mark.parametrize("typed", ["", "\n", "no\n", "yes\n", "kep\nkeep\n"])
def test_without_the_word_nothing_is_written_and_nobody_is_filmed(
    typed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "sets"
    with desk(REPS) as here:
        assert here.run(out, typed) == 0
        assert not here.players[-1].seen, "the camera was never on"
    said = capsys.readouterr().out
    assert WHAT_IS_KEPT.format(out=out) in said
    assert "nothing is recorded" in said
    assert not out.exists()


def test_who_keeps_the_numbers_alone_is_in_no_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    opened: list[str] = []
    monkeypatch.setattr("tools.record.keep.av.open", lambda name, *_, **__: opened.append(name))
    out = tmp_path / "sets"
    with desk(1) as here:
        assert here.run(out, "keep\n\n") == 0
    assert not opened
    kept = sorted(path.name for path in out.iterdir())
    assert kept == ["annotate.html", "set-001.consent.txt", "set-001.csv"]
    assert list((tmp_path / "tmp").iterdir()) == []
    word = (out / "set-001.consent.txt").read_text()
    assert "`share`, if they may be given to others, too: keep" in word
    assert word.endswith("Type `keep`: no\n")


def test_the_film_has_a_picture_for_every_line_of_numbers_at_the_same_time(
    recording: Recorded,
) -> None:
    film = [one.time for one in recorded(VideoFileCamera(recording.folder / "set-001.mp4"))]
    numbers = [one.time for one in recorded(TraceSource(recording.folder / "set-001.csv"))]
    assert film == pytest.approx(numbers, abs=1e-6)
    assert len(film) > 100


@pytest.mark.parametrize("kept", ["film", "numbers alone"])
def test_the_annotated_set_is_scored_at_once_with_and_without_its_film(
    recording: Recorded, kept: str, tmp_path: Path
) -> None:
    folder = tmp_path / "sets"
    shutil.copytree(recording.folder, folder)
    if kept == "numbers alone":
        (folder / "set-001.mp4").unlink()
    note = annotation(recording.lifts)
    (folder / "set-001.json").write_text(json.dumps(note))

    figures = tmp_path / "figures.out"
    assert evaluate([str(folder), "--jobs", "1", "--json", str(figures)]) == 0

    found = json.loads(figures.read_text())
    (clip,) = found["clips"]
    assert (clip["name"], clip["groups"]["kept as"]) == ("set-001", kept)
    assert len(recording.lifts) == REPS + 1, "the practised one, too"
    assert (clip["counted"], clip["exact"], clip["false_reps"]) == (REPS + 1, True, 0)
    assert (clip["seen"], clip["face"]) == (REPS + 1, 1.0)
    assert len(clip["start_errors"]) == len(clip["end_errors"]) == REPS + 1
    # Two pictures of the film, which has fewer than a camera's.
    assert max(map(abs, clip["start_errors"] + clip["end_errors"])) < 0.2
    assert list(found["groups"].get("kept as", {})) == ([] if kept == "film" else [kept])


def test_it_says_what_was_kept_and_what_comes_next(recording: Recorded) -> None:
    names = ["set-001.csv", "set-001.mp4", "set-001.consent.txt", "annotate.html", "set-001.json"]
    assert all(f"{name}" in recording.said for name in names)
    assert "may be shared" in recording.said
    assert "tools.evaluate" in recording.said


def test_a_set_that_is_left_midway_keeps_what_there_is_of_it(
    recording: Recorded, tmp_path: Path
) -> None:
    out = tmp_path / "sets"
    # A film in place of a webcam: live, in real time, and deaf to cues.
    camera = f"video:{recording.folder}/set-001.mp4"
    command = [sys.executable, "-m", "tools.record", str(out), "--camera", camera]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with running(command, **pipes, text=True) as process:
        assert process.stdin is not None
        process.stdin.write("keep\nkeep\n")
        process.stdin.flush()
        trace, until = out / "set-001.csv", time.monotonic() + WITHIN_S
        while not (trace.exists() and trace.read_text().count("\n") > 10):
            assert time.monotonic() < until and process.poll() is None
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=WITHIN_S)
    assert process.returncode == 0, said
    assert "set-001.csv" in said
    film = [one.time for one in recorded(VideoFileCamera(out / "set-001.mp4"))]
    numbers = [one.time for one in recorded(TraceSource(trace))]
    assert film == pytest.approx(numbers, abs=1e-6)


def test_the_next_set_gets_a_name_of_its_own(tmp_path: Path) -> None:
    out = tmp_path / "sets"
    out.mkdir()
    (out / "set-001.csv").write_text("of somebody else")
    with desk(1) as here:
        assert here.run(out, "keep\n") == 0
    assert (out / "set-002.csv").exists()
    assert (out / "set-001.csv").read_text() == "of somebody else"


def test_a_webcam_that_is_not_there_is_said_before_anything_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    camera = f"v4l2:{tmp_path}/video9"
    assert main([str(tmp_path / "sets"), "--camera", camera]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "video9 is not there" in said.err
