"""The bench: what it measures is what it says, and it does not flatter us."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from device.camera.subject import Subject, script
from tests.videos import write_video
from tools.bench.__main__ import main, whole_device
from tools.bench.compare import cost, per_frame, whole_lifts
from tools.bench.live import Idle, Session
from tools.bench.report import Row, Spread, beside, table
from tools.clips import frame_rate, frames
from tools.environment import ToolError

FRAMES = 45


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second and a half of the synthetic subject, sitting still."""
    picture = Subject().render(script("good").at(0.0))
    return write_video(tmp_path_factory.mktemp("bench") / "subject.mp4", [picture] * FRAMES)


def test_our_vision_is_measured_in_a_process_of_its_own(clip: Path) -> None:
    seen = cost(clip, Path(sys.executable), "ours")
    assert seen.frames == seen.faces == FRAMES
    assert seen.cpu_ms_per_frame > 0
    # Nothing that sees fits into less than what numpy alone needs.
    assert seen.peak_mb > 20
    assert seen.first_landmark_cpu_s > 0


def test_a_process_that_fails_is_named_and_measures_nothing(clip: Path) -> None:
    with pytest.raises(ToolError, match=r"tools\.bench\.child nothing"):
        cost(clip, Path(sys.executable), "nothing")


def test_a_clip_without_a_face_is_refused(tmp_path: Path) -> None:
    wall = np.full((240, 320, 3), 90, np.uint8)
    path = write_video(tmp_path / "wall.mp4", [wall] * 5)
    with pytest.raises(ToolError, match="nobody"):
        cost(path, Path(sys.executable), "ours")


def test_instructions_are_counted_over_whole_lifts_where_these_are_known(
    clip: Path, tmp_path: Path
) -> None:
    """Rest, three lifts: from the onset of the first to that of the third, two cycles."""
    lifts = [{"type": "lift", "start_s": at, "end_s": at + 0.2} for at in (0.4, 0.8, 1.2)]
    annotated = tmp_path / "set.mp4"
    annotated.write_bytes(clip.read_bytes())
    annotated.with_suffix(".json").write_text(json.dumps({"lifts": 3, "events": lifts}))
    rate = frame_rate(clip)
    assert whole_lifts(annotated) == (round(0.4 * rate), round(1.2 * rate))
    assert whole_lifts(clip) == (30, FRAMES)


def test_what_the_start_costs_is_in_no_frame(clip: Path, tmp_path: Path) -> None:
    """An emulator that counts a million for the start, and one for each byte of a picture."""
    (tmp_path / "root").mkdir()
    emulator = tmp_path / "qemu-aarch64"
    emulator.write_text(
        "#!/bin/sh\n"
        'while [ "$1" != -D ]; do shift; done\n'
        'echo "insns: $((1000000 + $(wc -c)))" > "$2"\n'
    )
    emulator.chmod(0o755)
    height, width = next(frames(clip)).pixels.shape[:2]
    assert per_frame(tmp_path, clip, "ours", (10, 40)) == 3 * width * height


def test_a_ratio_is_taken_within_a_run_and_only_its_median_is_judged() -> None:
    # The machine was busy during the second run: both took twice as long.
    row = beside("CPU", "ms", [(1.0, 4.0), (2.0, 8.0), (3.0, 4.0)], goal=0.5)
    assert row.ratio == Spread(0.25, 0.25, 0.75)
    assert row.met is True
    assert beside("CPU", "ms", [(3.0, 4.0)], goal=0.5).met is False


def test_without_a_peer_nothing_is_compared_and_no_ratio_is_claimed() -> None:
    row = beside("CPU", "ms", [(1.0, None)], goal=0.5)
    assert row.met is None
    assert row.as_json()["ratio"] is None
    assert "not judged" in table([row])


def test_a_goal_that_is_missed_says_so() -> None:
    row = Row("memory", "MB", Spread.of([119.0, 121.0, 125.0]), goal=120.0)
    assert row.met is False
    assert "missed" in table([row])
    assert json.dumps(row.as_json(), allow_nan=False)


def test_a_slow_session_is_shown_by_its_delays_and_its_dropped_frames() -> None:
    slow = Session([0.010] * 90 + [0.200] * 10, samples=60, frames=100, cpu_share=1.0, peak_mb=90)
    rows = whole_device(
        [slow], [Idle(ready_s=1.0, ready_cpu_s=0.6, cpu_share=0.001)], bound_ms=50.0
    )
    figures = {row.what: row for row in rows}
    assert figures["exposure to sample in the loop, median"].ours.median == pytest.approx(10)
    assert figures["the same, 95th percentile"].ours.median == pytest.approx(200)
    assert figures["the same, 95th percentile"].met is False
    assert figures["frames dropped"].ours.median == pytest.approx(40)


def test_what_is_measured_is_never_written(
    clip: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = clip.read_bytes()
    monkeypatch.setattr("sys.argv", ["bench", str(clip), "--json", str(clip)])
    assert main() == 2
    assert "is what is read" in capsys.readouterr().err
    assert clip.read_bytes() == before


def test_a_video_that_is_none_is_the_callers_mistake(tmp_path: Path) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("not a video")
    ran = subprocess.run(
        [sys.executable, "-m", "tools.bench", str(text), "--json", str(tmp_path / "figures.json")],
        check=False,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 2
    assert "Traceback" not in ran.stderr
    assert not (tmp_path / "figures.json").exists()
