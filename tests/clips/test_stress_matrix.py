"""The hardest kinds of stress, counted: painted over real faces and over our own people."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest

from device.coach import cues
from device.errors import CallerError
from tools.stress_matrix.cases import Case, Filmed, Painted, result
from tools.stress_matrix.films import make

REPS = 2


def _film(clips: Path, name: str, kind: str) -> Filmed:
    return Filmed(clips / f"{name}.mp4", kind, clips / "comp_dev_d13_teeth9.mp4", REPS)


@pytest.fixture(autouse=True)
def kept_here(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep traces for this run only, so that no test passes by what another day saw."""
    folder = tmp_path_factory.getbasetemp() / "stress"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))


@pytest.mark.parametrize(
    "kind", ["infrared", "somebody_lifts_in_front", "half_out_and_back", "uneven"]
)
def test_a_person_is_counted_exactly(clips: Path, kind: str) -> None:
    case: Case = _film(clips, "comp_dev_d9_closed10", kind)
    assert result(case).counted == REPS


@pytest.mark.parametrize("kind", ["rolled_150", "fingers_come", "sunglasses"])
def test_one_of_our_own_people_is_counted_exactly(kind: str) -> None:
    assert result(Painted("emil", kind)).counted == 2


def test_half_a_face_counts_nothing(clips: Path) -> None:
    seen = result(_film(clips, "comp_dev_d9_closed10", "half_out"), nothing=True)
    assert seen.counted == 0
    assert not seen.said(cues.CueKind.FIND_FACE, cues.Aim.FOUND)


def test_too_dark_is_said_before_a_face_is_lost_in_the_dark(clips: Path) -> None:
    dim = result(_film(clips, "comp_dev_d9_closed10", "dark_at_12"))
    assert dim.said(cues.CueKind.TOO_DARK)
    assert dim.face > 0.98


def test_a_film_under_stress_carries_its_truth_along(clips: Path, tmp_path: Path) -> None:
    make(clips, tmp_path, ["lp_d9"], ["turned_over"])
    before, after = (
        json.loads(path.read_text())
        for path in (clips / "lp_d9.json", tmp_path / "lp_d9__turned_over.json")
    )
    assert (after["stress"], after["made_from"]) == ("turned_over", "lp_d9.mp4")
    assert after["frames"] > before["frames"]
    video = cv2.VideoCapture(str(tmp_path / after["clip"]))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == after["frames"]
    video.release()
    with pytest.raises(CallerError, match="missing"):
        make(clips, tmp_path, ["nobody"], ["grey"])
