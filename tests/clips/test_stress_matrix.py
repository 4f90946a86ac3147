"""The hardest kinds of stress, counted: painted over real faces and over our own people."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.camera.subject import Subject, script
from device.coach import cues, events
from device.errors import CallerError
from tests.videos import write_video
from tools.stress_matrix.cases import Case, Filmed, OffAxis, Painted, Rendered, Result, result
from tools.stress_matrix.clips import look_through
from tools.stress_matrix.films import make
from tools.stress_matrix.plan import tables

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


# Off axis: these hold whatever counts there, and more may be counted beyond than is promised.


def told_to_turn(seen: Result) -> bool:
    return seen.said(cues.CueKind.FIND_FACE, cues.Aim.TURNED_AWAY)


@pytest.mark.parametrize(
    "case",
    [
        Rendered("henk", yaw=20),
        Rendered("bola", yaw=-35, roll=90),
        Rendered("ada", yaw=35, pitch=20),
    ],
    ids=lambda case: case.name,
)
def test_one_of_our_own_people_is_counted_off_axis_within_reach(case: Rendered) -> None:
    seen = result(case)
    assert seen.exact
    assert not told_to_turn(seen)


def test_far_off_axis_one_is_told_to_turn_and_nothing_is_counted_beside_the_lifts() -> None:
    case = Rendered("henk", yaw=-65, roll=90)
    seen = result(case)
    assert told_to_turn(seen)
    assert not seen.said(cues.CueKind.FIND_FACE, cues.Aim.FOUND)
    assert seen.counted_beside(case.lifts()) == 0


@pytest.mark.parametrize(("name", "lying"), [("e1_offp20p0", True), ("e2_offm50p0", False)])
def test_a_rendered_persons_film_is_counted_within_reach_and_told_to_turn_beyond(
    clips: Path, name: str, lying: bool
) -> None:
    case = OffAxis(clips / "people" / f"{name}.mp4", lying)
    if not case.path.exists():
        pytest.skip(f"no films of rendered people in {case.path.parent}")
    seen = result(case)
    beyond = "50" in name
    assert told_to_turn(seen) is beyond
    assert seen.exact or beyond
    assert seen.counted_beside(case.lifts()) == 0


def test_every_pose_has_its_row_lying_too_and_every_film_that_tells_its_angle(
    clips: Path, tmp_path: Path
) -> None:
    about = {"off_yaw_deg": -42.0, "off_pitch_deg": 0.0}
    (tmp_path / "x.json").write_text(json.dumps(about))
    (tmp_path / "in_front.json").write_text("{}")

    (table,) = tables(clips, tmp_path, "off_axis")

    upright = [row for row in table.rows if not row.name.endswith("lying")]
    assert len(table.rows) == 2 * len(upright)
    for yaw, pitch in ((20, 0), (35, 0), (50, 0), (65, 0), (0, 30), (0, -30), (35, 20), (35, -20)):
        assert any(row.name == f"off_axis_{yaw}_{pitch}" for row in upright)
    (own,) = [row for row in upright if row.name == "off_axis_42_0"]
    assert [case.who for case in own.cases] == ["x"]
    assert {row.name for row in upright if row.beyond} == {"off_axis_50_0", "off_axis_65_0"}


def test_another_film_of_the_same_name_is_never_taken_for_the_one_that_was_seen(
    tmp_path: Path,
) -> None:
    """Ada is filmed again, in the dark, and the new film lies where the old one was."""
    bright = Subject(width=320, height=240).render(script("good").at(0.0))
    film = tmp_path / "ada.mp4"
    film.with_suffix(".json").write_text(json.dumps({"fps": 15.0, "lifts": 0, "events": []}))
    levels, names = [], set()
    for picture in (bright, np.asarray(bright // 2, np.uint8)):
        write_video(film, [picture] * 3, fps=15.0)
        seen = look_through(film, cache=tmp_path)
        levels.append(float(next(seen.pictures()).mean()))
        names.add(Filmed(film, "grey", film).name)
    film.with_suffix(".json").write_text(json.dumps({"fps": 15.0, "lifts": 1, "events": []}))
    names.add(Filmed(film, "grey", film).name)
    assert levels[1] == pytest.approx(levels[0] / 2, rel=0.1)
    assert len(names) == 3


def test_a_right_number_beside_the_lifts_is_not_exact() -> None:
    case = Rendered("ada")
    (first, second) = case.lifts()
    assert Result(case, 2, [rep(*first), rep(*second)], 1.0, []).exact
    assert not Result(case, 2, [rep(*first), rep(second[1] + 1, second[1] + 4)], 1.0, []).exact


def rep(onset: float, end: float) -> events.Rep:
    return events.Rep(
        time=end,
        number=1,
        onset=onset,
        apex=onset + 0.5,
        offset=end - 0.5,
        end=end,
        hold=end - onset - 1.0,
        peak=1.0,
        left=1.0,
        right=1.0,
    )


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
