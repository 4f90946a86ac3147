"""The same code on a Raspberry Pi's processor: the core's stories, and one video."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import pytest

from tests.conftest import ROOT
from tests.lab.record_session import FPS, record
from tools.lab.arm import run_on_arm

CORE = (
    "tests/coach/test_rest.py",
    "tests/coach/test_session.py",
    "tests/journal/test_journal.py",
)
SECONDS = 17.0
"""Of a session: the practised lift and some more."""
WITHIN_S = 1.5 / FPS
WITHIN_LIFT = 0.04
"""How far the two may differ: numbers are rounded otherwise on another processor, so that now and
then the landmark network looks a frame sooner or later."""


def test_the_processor_is_the_one_that_was_meant(tmp_path: Path) -> None:
    done = run_on_arm(tmp_path, "-c", "import platform; print(platform.machine())")
    assert done.stdout.strip() == "aarch64" != platform.machine()


def test_the_cores_stories_hold(tmp_path: Path) -> None:
    plugins = ("-p", "no:cacheprovider", "-p", "pytest_timeout")
    done = run_on_arm(tmp_path, "-m", "pytest", "-q", *plugins, *CORE)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-1000:]


def test_a_video_is_counted_as_it_is_here(tmp_path: Path, lab_report: list[str]) -> None:
    video = _film(tmp_path)
    replay = ["-m", "device", "replay", str(video)]
    here = subprocess.run(
        [sys.executable, *replay], cwd=ROOT, check=True, capture_output=True, text=True
    )
    there = run_on_arm(tmp_path, *replay)
    assert there.returncode == 0, there.stderr[-2000:]
    ours, theirs = _events(here.stdout), _events(there.stdout)
    reps = sum(event["event"] == "rep" for event in ours)
    assert reps >= 2
    assert [event["event"] for event in theirs] == [event["event"] for event in ours]
    pairs = [(one, other) for one, other in zip(ours, theirs, strict=True) if "peak" in one]
    apart = [
        abs(one[key] - other[key])
        for one, other in pairs
        for key in ("onset", "apex", "offset", "hold")
    ]
    assert max(apart) < WITHIN_S, pairs
    for one, other in pairs:
        assert other["peak"] == pytest.approx(one["peak"], abs=WITHIN_LIFT)
    lab_report += ["", f"aarch64: {reps} reps in {SECONDS:.0f} s, as on {platform.machine()}; "
                   f"times at most {max(apart):.2f} s apart"]  # fmt: skip


def _film(folder: Path) -> Path:
    """Film a session without loss: how it is unpacked differs from one processor to another."""
    pictures = folder / "film"
    pictures.mkdir()
    record(folder, pictures, SECONDS)
    video = folder / "session.avi"
    names = sorted(pictures.iterdir())
    first = cv2.imread(str(names[0]))
    assert first is not None
    height, width = first.shape[:2]
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*"FFV1"), FPS, (width, height))
    for name in names:
        picture = cv2.imread(str(name))
        assert picture is not None
        writer.write(picture)
    writer.release()
    return video


def _events(text: str) -> list[dict[str, Any]]:
    return [
        event for line in text.splitlines() if (event := json.loads(line))["event"] != "summary"
    ]
