"""Evaluating annotated clips: scores, how sure they are, many at once, interrupted and resumed."""

from __future__ import annotations

import importlib
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import device
from device.camera.subject import Subject, script
from device.coach import events
from tests.processes import running
from tests.videos import write_video
from tools import readme_figures
from tools.environment import ROOT, how_to_install
from tools.evaluate import replays
from tools.evaluate.__main__ import main
from tools.evaluate.annotations import Annotation, AnnotationError, Event, groups_of, read
from tools.evaluate.report import table
from tools.evaluate.score import (
    ClipScore,
    figures_of,
    quantile_interval,
    rate_interval,
    score,
    share_interval,
    total,
)

FPS = 12.0
PATIENCE_S = 120.0
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


def test_a_false_repetition_does_not_pay_for_a_missed_lift() -> None:
    """One lift was missed and one counted in talk: the number is right, and the count is not."""
    one = scored(rep(14.0, 16.0))
    assert (one.counted, one.error, one.false_reps) == (1, 0, 1)
    assert not one.exact
    figures = {figure.name: figure for figure in figures_of([one, scored(rep(2.7, 5.1))])}
    assert figures["count exact"].on == "1 of 2 clips"
    assert figures["repetitions that were no lift"].on == "1 of 2 repetitions"


def test_what_the_annotator_accepted_beside_the_lifts_is_no_mistake() -> None:
    """The range goes to two repetitions and names one lift: the partial one may count as well."""
    truth = Annotation(1, 2, (HELD, Event("partial_lift", 8.0, 11.0)))
    both = [rep(2.7, 5.1), rep(8.5, 10.5)]
    assert score("range", truth, both, seconds=30.0, face=1.0).exact
    assert not score("range", truth, [both[1], both[1]], seconds=30.0, face=1.0).exact


def test_a_count_without_annotated_lifts_is_judged_by_its_number_alone() -> None:
    one = score("number", Annotation(1, 1, ()), [rep(2.7, 5.1)], seconds=30.0, face=1.0)
    assert one.exact
    assert figures_of([one])[-1].on == "0 of 0 repetitions"


def test_a_decoy_that_counts_twice_is_one_decoy() -> None:
    truth = Annotation(0, 0, (Event("partial_lift", 5.0, 25.0), SHORT))
    one = score("twice", truth, [rep(6.0, 9.0), rep(14.0, 17.0)], seconds=30.0, face=1.0)
    assert (one.decoys_counted, one.decoys) == (1, 2)
    figures = {figure.name: figure for figure in figures_of([one])}
    assert figures["short, partial, one-sided lifts not counted"].on == "1 of 2 lifts"


def test_minutes_without_a_face_promise_nothing() -> None:
    """Two minutes of film, a face in a quarter of them: nothing was counted in half a minute."""
    quiet = score("quiet", Annotation(0, 0, ()), [], seconds=120.0, face=0.25)
    assert total([quiet]).negative_minutes == pytest.approx(0.5)
    false = next(one for one in figures_of([quiet]) if one.name.startswith("false repetitions"))
    assert false.on == "0 in 0.5 min with a face"
    assert false.interval == pytest.approx((0.0, 3.689 * 120), rel=1e-3)


def test_the_readmes_table_says_how_sure_it_is_and_how_many_clips_take_a_range() -> None:
    quiet = score("quiet", Annotation(0, 0, ()), [], seconds=120.0, face=0.5)
    vague = score("vague", Annotation(0, 1, ()), [], seconds=60.0, face=1.0)
    text = readme_figures.table({"ada": [quiet, vague, scored(rep(2.7, 5.1))]})
    assert "3 of 3" in text
    assert "0 in 1.0 minutes (0 to 221 an hour)" in text
    assert text.splitlines()[-1].startswith("1 of the 3 clips accept a range of counts")


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


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"events": [{"type": "lift", "start_s": 5, "end_s": 1}]}, "ends before it begins"),
        (
            {
                "events": [
                    {"type": "lift", "start_s": 1, "end_s": 5, "hold_start_s": 4, "hold_end_s": 2}
                ]
            },
            "ends before it begins",
        ),
        ({"events": [{"type": "lift", "start_s": math.nan, "end_s": 1}]}, "no number"),
        ({"events": [{"type": "lift", "start_s": 1, "end_s": math.inf}]}, "no number"),
        ({"lifts_held_2s": 2.7}, "2.7 is no number of lifts"),
        ({"lifts_held_2s": -1}, "-1 is no number of lifts"),
        ({"lifts_held_2s": True}, "True is no number of lifts"),
        ({"count_ambiguous": True, "count_range": "12"}, "'1' is no number of lifts"),
    ],
)
def test_an_annotation_that_cannot_be_true_is_found_before_any_clip_is_replayed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, object], says: str
) -> None:
    annotation(tmp_path, **changes)
    (tmp_path / "clip.mp4").write_bytes(b"no video: replayed, it would be what is wrong")
    assert main([str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "clip.json" in line
    assert says in line


def test_an_annotation_that_a_windows_editor_saved_is_read(tmp_path: Path) -> None:
    path = annotation(tmp_path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b", ", b",\r\n"))
    assert read(path).fewest == 1


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


# Many clips


@pytest.fixture(scope="module")
def lift(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One good lift by the synthetic subject, as a video."""
    performance = script("good", reps=1)
    subject = Subject(width=240, height=180)
    times = [n / FPS for n in range(int(performance.duration * FPS))]
    path = tmp_path_factory.mktemp("lift") / "lift.mp4"
    return write_video(path, [subject.render(performance.at(t)) for t in times], fps=FPS)


def clip(folder: Path, name: str, video: Path, **changes: object) -> Path:
    """Put a clip of one lift into `folder`, with an annotation."""
    path = folder / f"{name}.mp4"
    shutil.copy(video, path)
    about = {"lifts": 1, "lifts_held_2s": 1, "count_range": [1, 1], "count_ambiguous": False}
    path.with_suffix(".json").write_text(json.dumps(about | changes))
    return path


def figures(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text()))


# How sure


def test_the_interval_of_a_share_is_wilsons() -> None:
    # Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263, and 0 of 20.
    assert share_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert share_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert share_interval(0, 0) is None


def test_nothing_seen_in_an_hour_does_not_mean_never() -> None:
    assert rate_interval(0, 1.0) == pytest.approx((0.0, 3.689), abs=1e-3)
    assert rate_interval(5, 2.0) == pytest.approx((1.6235 / 2, 11.6683 / 2), abs=1e-3)
    assert rate_interval(0, 0.0) is None


def test_a_rate_of_hundreds_has_its_interval_too() -> None:
    # Computed with sixty decimal digits.
    assert rate_interval(250, 1.0) == pytest.approx((219.968, 282.988), abs=1e-3)
    assert rate_interval(900, 1.0) == pytest.approx((842.154, 960.773), abs=1e-3)


def test_ten_errors_in_one_clip_are_no_more_certain_than_one() -> None:
    assert quantile_interval([[0.1] * 10, []], 0.5) is None
    interval = quantile_interval([[0.1] * 10, [0.3] * 10], 0.5)
    assert interval == pytest.approx((0.1, 0.3))


# What kind of clip


def test_a_clips_kind_is_what_its_annotation_says() -> None:
    said = groups_of({"light": "lamp", "roll": 90, "fingers": True, "mouth": "closed"})
    assert said == {
        "angle": "not said",
        "light": "lamp",
        "roll": "90",
        "fingers": "yes",
        "mouth": "closed",
        "subject": "not said",
    }


def test_a_renderings_scenario_tells_its_kind() -> None:
    lift = {"type": "lift", "mouth": "closed"}
    about = {"scenario": "lying_fingers_dark", "subject": "ict0", "lifts": 1, "events": [lift]}
    assert list(groups_of(about).values()) == ["not said", "dark", "lying", "yes", "closed", "ict0"]
    assert set(groups_of({"lifts": 2}).values()) == {"not said"}


@pytest.mark.parametrize(
    ("about", "group"),
    [
        ({"off_yaw_deg": 0.0, "off_pitch_deg": 0.0}, "in front"),
        ({"off_yaw_deg": -20.0, "off_pitch_deg": 0.0}, "to 20"),
        ({"off_pitch_deg": 30.0}, "to 35"),
        ({"off_yaw_deg": 35.0, "off_pitch_deg": -20.0}, "to 45"),  # together 40
        ({"off_yaw_deg": -35.0, "off_pitch_deg": 35.0}, "beyond 45"),  # together 48
        ({"off_yaw_deg": 35.0, "pose0": {"yaw": 0.05, "pitch": 0.0}}, "to 45"),
        ({"pose0": {"yaw": -0.09, "pitch": 0.05}}, "in front"),
        ({"off_yaw_deg": float("nan")}, "not said"),
        ({"scenario": "head_turn"}, "not said"),
    ],
)
def test_yaw_and_pitch_together_say_how_far_off_axis_a_face_is(
    about: dict[str, object], group: str
) -> None:
    assert groups_of(about)["angle"] == group


# Many


def test_two_processes_say_what_one_says(lift: Path, tmp_path: Path) -> None:
    for name, yaw in (("one", 60.0), ("two", 0.0), ("three", 40.0)):
        clip(tmp_path, name, lift, light="dark" if name == "one" else "room", off_yaw_deg=yaw)

    assert main([str(tmp_path), "--jobs", "1", "--json", str(tmp_path / "1.out")]) == 0
    assert main([str(tmp_path), "--jobs", "2", "--json", str(tmp_path / "2.out")]) == 0

    alone = figures(tmp_path / "1.out")
    assert alone == figures(tmp_path / "2.out")
    assert [one["counted"] for one in alone["clips"]] == [1, 1, 1]
    assert list(alone["groups"]["angle"]) == ["in front", "to 45", "beyond 45"]
    dark = alone["groups"]["light"]["dark"][0]
    assert (dark["value"], dark["on"]) == (1.0, "1 of 1 clips")
    assert dark["interval_95"][0] < 0.5


def test_the_page_shows_the_worst_clip_first_and_no_name_is_markup(
    lift: Path, tmp_path: Path
) -> None:
    clip(tmp_path, "a fine one", lift)
    clip(tmp_path, "<b>wrong", lift, lifts_held_2s=2, count_range=[2, 2])
    page = tmp_path / "page.html"

    assert main([str(tmp_path), "--jobs", "1", "--html", str(page)]) == 0

    text = page.read_text()
    assert "<b>" not in text
    assert text.index("&lt;b&gt;wrong") < text.index("a fine one")
    assert "counted 1 for" in text


def test_a_clip_that_is_no_video_costs_only_itself(
    lift: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip(tmp_path, "good", lift)
    broken = clip(tmp_path, "broken", lift)
    broken.write_bytes(b"no video")
    command = [str(tmp_path), "--jobs", "1", "--json", str(tmp_path / "figures.out")]

    assert main(command) == 2
    said = capsys.readouterr()
    assert "broken.mp4" in said.err.splitlines()[-1]
    assert not said.out
    assert not (tmp_path / "figures.out").exists()

    shutil.copy(lift, broken)
    assert main(command) == 0
    assert "1 of 2 clips were replayed before" in capsys.readouterr().err


def test_an_evaluation_that_was_killed_goes_on_where_it_was(lift: Path, tmp_path: Path) -> None:
    for number in range(3):
        clip(tmp_path, f"clip {number}", lift)
    kept = tmp_path / "kept"
    command = [sys.executable, "-m", "tools.evaluate", str(tmp_path)]
    command += ["--jobs", "1", "--keep", str(kept)]

    with running(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        wait_for(kept, 1)
    before = len(finished(kept))
    again = subprocess.run(command, capture_output=True, text=True, check=True)

    assert f"{before} of 3 clips were replayed before" in again.stderr
    assert again.stdout.count("exact") >= 3
    assert len(finished(kept)) == 3


def test_another_counter_or_clip_is_not_taken_for_what_was_kept(
    lift: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = clip(tmp_path, "clip", lift)
    kept = tmp_path / "kept"
    command = [str(tmp_path), "--jobs", "1", "--keep", str(kept)]
    assert main(command) == 0
    path.write_bytes(path.read_bytes() + b"\0\0\0\x08free")
    assert main(command) == 0
    assert "replayed before" not in capsys.readouterr().err
    for one in finished(kept):
        one.write_text("{")
    assert main(command) == 0
    assert "replayed before" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "source", ["coach/counting/counter.py", "vision/landmarks.py", "desk/replay.py", "sample.py"]
)
def test_a_changed_source_of_the_counter_is_another_counter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    package = tmp_path / "device"
    shutil.copytree(ROOT / "device", package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(device, "__file__", str(package / "__init__.py"))
    code_version = replays.code_version.__wrapped__
    before = code_version()
    changed = (package / source).read_text(encoding="utf-8") + "# changed\n"
    (package / source).write_text(changed, encoding="utf-8")
    assert code_version() != before


def test_a_cluster_that_is_not_there_is_the_callers_mistake(
    lift: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    clip(tmp_path, "clip", lift)
    assert main([str(tmp_path), "--cluster", "tcp://127.0.0.1:1"]) == 2
    assert "requirements-scale" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_of_two_workers_one_of_them_killed_midway_says_the_same(
    lift: Path, tmp_path: Path
) -> None:
    try:
        distributed = importlib.import_module("distributed")
    except ImportError:
        pytest.skip(f"Dask distributed is not installed: {how_to_install()}")
    for number in range(6):
        clip(tmp_path, f"clip {number}", lift)
    kept, out = tmp_path / "kept", tmp_path / "figures.out"
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        victim = next(iter(cluster.workers.values())).pid
        killer = threading.Thread(target=kill_after_the_first, args=(victim, kept))
        killer.start()
        command = [str(tmp_path), "--keep", str(kept), "--json", str(out)]
        assert main([*command, "--cluster", cluster.scheduler_address]) == 0
        killer.join(PATIENCE_S)

    assert [one["counted"] for one in figures(out)["clips"]] == [1] * 6
    assert len(finished(kept)) == 6


def finished(kept: Path) -> list[Path]:
    return [path for path in kept.glob("*.json") if not path.name.startswith(".")]


def wait_for(kept: Path, some: int) -> None:
    end = time.monotonic() + PATIENCE_S
    while len(finished(kept)) < some:
        assert time.monotonic() < end, f"nothing was finished in {PATIENCE_S} s"
        time.sleep(0.02)


def kill_after_the_first(process: int, kept: Path) -> None:
    wait_for(kept, 1)
    os.kill(process, signal.SIGKILL)
