"""The real models on real faces: composites are counted exactly, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.evaluate.replays import evaluate
from tools.evaluate.score import ClipScore


def scored(folder: Path, name: str) -> ClipScore:
    return evaluate(folder / f"{name}.mp4")


def test_a_set_with_short_and_partial_lifts_and_nods_is_counted_exactly(clips: Path) -> None:
    score = scored(clips, "comp_dev_d9_distractors8")
    assert score.counted == 8
    assert score.decoys_counted == 0
    assert score.false_reps == 0
    assert max(abs(error) for error in score.start_errors) < 0.25
    assert sorted(abs(error) for error in score.end_errors)[4] < 0.15


@pytest.mark.parametrize("name", ["lp_d9", "lp_d13"])
def test_a_lift_held_once_on_a_moving_face_is_seen(clips: Path, name: str) -> None:
    score = scored(clips, name)
    assert score.exact
    assert score.seen == score.lifts


@pytest.mark.parametrize("name", ["clm_cap13", "intel_asl_mix", "intel_headpose_male"])
def test_talking_signing_and_turning_count_nothing(clips: Path, name: str) -> None:
    assert scored(clips, name).counted == 0


@pytest.mark.parametrize(
    ("name", "count"), [("ict0_lying_fingers_dark", 10), ("ict0_jerky", 0), ("ict0_talking", 0)]
)
def test_rendered_faces_are_counted_exactly(clips: Path, name: str, count: int) -> None:
    assert scored(clips / "synthetic", name).counted == count
