"""The figures about signals: on recordings that nobody filmed, and on one film of the subject."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from device.camera.subject import PEOPLE, script
from tests import videos
from tests.subjects import small
from tools import signal_comparison
from tools.evaluate.annotations import Event
from tools.signal_comparison import (
    COMPARED,
    OUTPUTS,
    PARTS,
    READ,
    Recording,
    Signal,
    by_angle,
    by_event,
    by_part,
    compare,
    correlation,
    draw,
    leaks,
    record,
    shares,
)

TIMES = np.arange(0.0, 60.0, 1 / 15)
LIFTS = [Event("lift", at, at + 3.0, at + 0.5, at + 2.5) for at in (5.0, 10.0, 15.0, 20.0)]
NOISE = 0.01 * (np.arange(TIMES.size) % 3 - 1)


def pulse(event: Event) -> Signal:
    assert event.hold_start is not None and event.hold_end is not None
    corners = [event.start, event.hold_start, event.hold_end, event.end]
    return np.asarray(np.interp(TIMES, corners, [0.0, 1.0, 1.0, 0.0]), np.float64)


def film(
    signal: Signal, events: list[Event], group: str = "made up", rise: Signal | None = None
) -> Recording:
    signals = dict.fromkeys(READ, signal)
    return Recording("ada_lifts", group, "ada", TIMES, signals, tuple(events), rise=rise)


def lifting(height: float) -> Signal:
    return np.asarray(-0.4 + NOISE + height * sum(pulse(one) for one in LIFTS))


def test_what_is_clear_is_told_further_apart_than_what_is_not() -> None:
    large, small = (compare(film(lifting(height), LIFTS), "S") for height in (0.14, 0.07))
    assert large and small
    assert large.full == pytest.approx(0.14)
    assert large.apart == pytest.approx(0.14 / float(np.std(NOISE)), rel=0.05)
    assert small.apart == pytest.approx(large.apart / 2, rel=0.05)
    assert small.highest == pytest.approx(2 * large.highest)


def test_two_lifts_are_too_few_for_a_figure() -> None:
    assert compare(film(lifting(0.14), LIFTS[:2]), "S") is None


def test_the_table_has_a_row_for_each_angle_the_nearer_first() -> None:
    groups = ["people, beyond 45", "people, to 20", "people, in front"]
    rows = by_angle([film(lifting(0.14), LIFTS, group) for group in groups]).splitlines()[2:]
    named = [one.split(" | ")[:3] for one in rows]
    assert [group for group, *_ in named[:: len(COMPARED)]] == [
        f"| {group}" for group in reversed(groups)
    ]
    assert [signal for *_, signal in named] == list(COMPARED) * len(groups)


def test_a_film_in_which_no_face_was_followed_is_told() -> None:
    unseen = np.full(TIMES.shape, np.nan)
    table = by_angle([film(lifting(0.14), LIFTS), film(unseen, LIFTS)])
    assert "| made up | 1 of 2 | S |" in table


def test_a_leak_is_measured_in_the_persons_own_lifts() -> None:
    """Ada's lift reads 0.2; in talking it reads 0.1 now and then, and her rest is no leak."""
    talking = Event("talking", 30.0, 40.0)
    said = film(
        np.where((TIMES > 30) & (TIMES < 40) & (TIMES % 2 < 1), 0.1, 0.0),
        [talking, Event("rest", 40.0, 60.0)],
    )
    assert leaks(said, "S", ["talking"]) == [pytest.approx(0.1)]
    assert leaks(said, "S", ["yawn"]) == []
    table = by_event([film(lifting(0.2), LIFTS), said])
    assert f"| talking | 1 | {' | '.join(['0.50 / 0.50'] * len(COMPARED))} |" in table
    assert "yawn" not in table


def test_a_signal_that_tells_the_truth_has_the_shares_of_the_truth() -> None:
    heights = {"lift": 1.0, "cheek_only": 0.7, "smile_only": 0.3, "squint_only": 0.1}
    events = [
        Event(part, at, at + 3.0, at + 0.5, at + 2.5)
        for part, at in zip(PARTS, (5.0, 10.0, 15.0, 20.0), strict=True)
    ]
    rise = 5.0 * np.asarray(sum(heights[one.kind] * pulse(one) for one in events))
    seen = film(-0.4 + 0.14 * rise / 5.0, events, rise=rise)
    assert shares(seen, seen.signals["S"]) == pytest.approx(heights, abs=0.01)
    assert correlation(seen, "S") == pytest.approx(1.0)
    row = by_part([film(lifting(0.14), LIFTS), seen]).splitlines()[-1]
    assert row.startswith(f"| ada_lifts | {' / '.join(['0.70'] * len(OUTPUTS))} (0.70) |")


def test_a_plot_has_a_curve_for_each_signal_and_breaks_where_nothing_was_seen() -> None:
    signal = lifting(0.14)
    signal[100:120] = np.nan
    picture = draw(film(signal, LIFTS))
    curves = [line for line in picture.splitlines() if 'fill="none"' in line]
    assert [one.count("M") for one in curves] == [2, 2]
    assert picture.count("<rect") == 1 + len(LIFTS)
    assert "nan" not in picture


def test_a_rendering_s_table_of_frames_says_what_is_done(tmp_path: Path) -> None:
    """It may lack a part, and then nobody does that."""
    heights = [0, 0.5] * 5 + [1.0] * 20 + [0] * 15
    videos.film(tmp_path / "bo_stairs.mp4", len(heights), fps=15.0)
    lines = ["frame,t,lift_L,squint,cheek_mm_L,cheek_mm_R"]
    lines += [
        f"{n},{n / 15},{height},0,{4 * height},{2 * height}" for n, height in enumerate(heights)
    ]
    (tmp_path / "bo_stairs.csv").write_text("\n".join(lines))
    about = {"lifts": 1, "count_range": [1, 1], "events": []}
    (tmp_path / "bo_stairs.json").write_text(json.dumps(about))
    seen = record(tmp_path / "bo_stairs.mp4")
    (lift,) = seen.events
    assert lift.kind == "lift"
    assert lift.hold_start == pytest.approx(10 / 15)
    assert lift.hold_end == pytest.approx(29 / 15)
    assert seen.rise is not None
    assert float(np.max(seen.rise)) == 3.0


def test_both_signals_see_the_lifts_of_a_film(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Real models on a film that our subject made: three lifts, and then talking."""
    monkeypatch.setattr(signal_comparison, "FILMED", ())
    fps, plan, talk = 10.0, script("good", reps=3, speed=1.5), script("talking")
    subject = small(PEOPLE["grace"])
    lifts = [
        {"type": "lift", "start_s": one.start, "end_s": one.end}
        | {"hold_start_s": one.top, "hold_end_s": one.release}
        for one in plan.lifts
    ]
    about = {"lifts": 3, "count_range": [3, 3], "subject": "grace", "off_yaw_deg": 0}
    for name, acts, length, events in (
        ("grace_good", plan, plan.duration, lifts),
        ("grace_talking", talk, 8.0, []),
    ):
        times = np.arange(0.0, length, 1 / fps).tolist()
        pictures = [subject.render(acts.at(time)) for time in times]
        videos.write_video(tmp_path / f"{name}.mp4", pictures, fps=fps)
        (tmp_path / f"{name}.json").write_text(json.dumps({**about, "events": events}))

    assert signal_comparison.main([str(tmp_path), "--jobs", "1"]) == 0

    said, _ = capfd.readouterr()
    rows = said.splitlines()
    first = next(n for n, one in enumerate(rows) if one.startswith(f"| {tmp_path.name}, in front"))
    _, films, *_ = rows[first].split(" | ")
    assert films == "1 of 1"
    apart = [float(one.split(" | ")[3]) for one in rows[first : first + len(COMPARED)]]
    assert min(apart) > 3
    assert "| talking | 1 |" in said
