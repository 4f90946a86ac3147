"""Scoring a counter against annotations, on made-up clips and made-up events."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from device.coach import events
from tools.evaluate.__main__ import main
from tools.evaluate.annotations import Annotation, AnnotationError, Event, read
from tools.evaluate.score import ClipScore, score, total
from tools.evaluate.table import table

HELD = Event("lift", 2.0, 6.0, 2.6, 5.2)
SHORT = Event("short_lift", 8.0, 10.0, 8.5, 9.2)
TALK = Event("talking", 12.0, 20.0)


def rep(apex: float, offset: float) -> events.Rep:
    return events.Rep(
        time=offset + 0.6,
        number=1,
        onset=apex - 0.6,
        apex=apex,
        offset=offset,
        end=offset + 0.6,
        hold=offset - apex,
        peak=1.0,
        left=1.0,
        right=1.0,
    )


def refused(onset: float, end: float) -> events.Refused:
    return events.Refused(
        time=end, reason=events.Reason.TOO_SHORT, onset=onset, end=end, hold=0.7, peak=1.0
    )


def scored(*events: events.LiftEvent) -> ClipScore:
    truth = Annotation(1, 1, (HELD, SHORT, TALK))
    return score("clip", truth, events, seconds=30.0, face=1.0)


def test_a_repetition_on_the_annotated_lift_is_exact_and_timed() -> None:
    one = scored(rep(2.7, 5.1), refused(8.0, 10.0))
    assert one.exact
    assert one.start_errors == pytest.approx((0.1,))
    assert one.end_errors == pytest.approx((-0.1,))
    assert (one.seen, one.lifts) == (1, 1)
    assert (one.decoys_counted, one.decoys) == (0, 1)
    assert one.false_reps == 0
    assert one.refused == {"too_short": 1}


def test_a_short_lift_that_is_counted_is_told_from_one_in_talk() -> None:
    one = scored(rep(2.7, 5.1), rep(8.5, 10.3), rep(14.0, 16.0))
    assert one.counted == 3
    assert one.error == 2
    assert one.decoys_counted == 1
    assert one.false_reps == 2


def test_a_lift_that_was_refused_was_seen() -> None:
    one = scored(refused(2.0, 6.0))
    assert not one.exact
    assert one.seen == 1


def test_a_lift_that_nobody_mentioned_was_not_seen() -> None:
    assert scored().seen == 0


def test_totals_put_all_clips_together() -> None:
    silent = score("quiet", Annotation(0, 0, (TALK,)), [rep(13.0, 15.0)], 60.0, 1.0)
    totals = total([scored(rep(2.7, 5.1)), silent])
    assert (totals.clips, totals.exact) == (2, 1)
    assert totals.mean_error == pytest.approx(0.5)
    assert totals.off_by_one == 1.0
    assert totals.negative_minutes == pytest.approx(1.0)
    assert totals.negative_false_reps == 1
    text = table([scored(rep(2.7, 5.1)), silent])
    assert "exact" in text
    assert "WRONG" in text


def annotation(folder: Path, **changes: object) -> Path:
    path = folder / "clip.json"
    figures = {
        "lifts": 3,
        "lifts_held_2s": 1,
        "count_range": [2, 4],
        "count_ambiguous": False,
        "events": [{"type": "lift", "start_s": 1, "end_s": 4, "hold_start_s": 2, "hold_end_s": 3}],
    }
    path.write_text(json.dumps(figures | changes))
    return path


def test_only_lifts_held_long_enough_are_repetitions(tmp_path: Path) -> None:
    truth = read(annotation(tmp_path))
    assert (truth.fewest, truth.most) == (1, 1)
    assert truth.lifts == (Event("lift", 1.0, 4.0, 2.0, 3.0),)


def test_an_ambiguous_clip_has_a_range(tmp_path: Path) -> None:
    truth = read(annotation(tmp_path, count_ambiguous=True))
    assert (truth.fewest, truth.most) == (1, 4)


@pytest.mark.parametrize(
    "damage",
    [
        "{", "[]", '{"lifts": 1, "events": [{}]}', '{"lifts": "x"}', '{"lifts": Infinity}',
        "[" * 100_000, '{"lifts": 1' + "0" * 5000 + "}",
    ],
    ids=range(7),
)  # fmt: skip
def test_a_broken_annotation_names_the_file(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "clip.json"
    path.write_text(damage)
    with pytest.raises(AnnotationError, match=r"clip\.json"):
        read(path)


def test_a_figure_on_stdout_is_all_that_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    annotation(tmp_path)
    (tmp_path / "clip.mp4").touch()
    monkeypatch.setattr("tools.evaluate.__main__.replay_all", lambda clips, *_: clips and {})
    assert main([str(tmp_path), "--json", "-"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["clips"] == []
    assert said.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.json", "clip.mp4"]


@pytest.mark.parametrize("option", ["--json", "--html"])
def test_what_is_scored_is_never_written(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    annotation(tmp_path)
    clip, truth = tmp_path / "clip.mp4", tmp_path / "clip.json"
    clip.write_bytes(b"no video")
    before = truth.read_bytes()
    for path in (clip, truth):
        assert main([str(tmp_path), option, str(path)]) == 2
        assert "is what is read" in capsys.readouterr().err
    assert (clip.read_bytes(), truth.read_bytes()) == (b"no video", before)


def test_mistakes_of_the_caller_are_one_line_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "nowhere")]) == 2
    assert main([str(tmp_path)]) == 2
    annotation(tmp_path)
    (tmp_path / "clip.mp4").write_bytes(b"no video")
    figures = tmp_path / "figures.json"
    assert main([str(tmp_path), "--json", str(figures)]) == 2
    said = capsys.readouterr()
    assert not said.out
    assert all("Traceback" not in line for line in said.err.splitlines())
    assert not figures.exists()
