"""The hardest of the harder versions, counted: painted over real faces and over our own people."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.coach import cues
from device.errors import CallerError
from tools.harder.__main__ import make
from tools.harder.cases import Case, Filmed, Painted
from tools.harder.kinds import KINDS
from tools.harder.report import result

REPS = 2


def _film(clips: Path, name: str, kind: str) -> Filmed:
    return Filmed(clips / f"{name}.mp4", kind, clips / "comp_dev_d13_teeth9.mp4", REPS)


@pytest.fixture(autouse=True)
def kept_here(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep traces for this run only, so that no test passes by what another day saw."""
    folder = tmp_path_factory.getbasetemp() / "harder"
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


def test_a_harder_film_keeps_its_truth_and_tells_of_it(clips: Path, tmp_path: Path) -> None:
    with pytest.raises(CallerError, match="missing"):
        make(clips, tmp_path, ["nobody"], ["grey"])
    assert set(KINDS) >= {"grey", "passer_by", "at_12_fps"}
