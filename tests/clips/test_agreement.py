"""Our tracker against MediaPipe Face Mesh, on a real person: must not lose or misplace the face."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import tools.peer
from tools.landmark_agreement import compare, main
from tools.peer import peer_is_here


def test_we_see_the_face_wherever_mediapipe_does_and_at_the_same_place(clips: Path) -> None:
    if not peer_is_here():
        pytest.skip("no MediaPipe here: run `python -m tools.landmark_agreement` once")
    agreement = compare(clips / "pyfeat_single_face.mp4")
    assert agreement.theirs > 60
    assert agreement.share >= 0.99
    assert agreement.differences.mean() <= 2.0


def test_without_python_3_11_the_tool_says_so_and_writes_nothing(
    clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tools.peer, "_python", lambda: None)
    assert main([str(clips), "--json", str(tmp_path / "figures.json")]) == 1
    assert "python3.11" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_clip_in_which_nobody_is_seen_has_no_figures(clips: Path) -> None:
    if not peer_is_here():
        pytest.skip("no MediaPipe here: run `python -m tools.landmark_agreement` once")
    figures = compare(clips / "pyfeat_no_face.mp4").as_json()
    assert figures["share"] is None
    assert figures["difference_mean"] is None
    assert json.dumps(figures, allow_nan=False)
