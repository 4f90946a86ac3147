"""The figures about signals, on recordings that nobody filmed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tools.signal_comparison import (
    LIFT,
    PARTS,
    Recording,
    Signal,
    correlation,
    draw,
    lags,
    leak,
    noise,
    shares,
)

TIMES = np.arange(0.0, 30.0, 1 / 15)


def pulse(start: float, end: float) -> Signal:
    return np.clip(np.minimum(TIMES - start, end - TIMES) / 0.4, 0.0, 1.0)


PULSES = {part: pulse(6 + 5 * k, 8 + 5 * k) for k, part in enumerate(PARTS)}
HEIGHTS = {"cheek": 0.7, "smile": 0.3, "lift": 1.0, "squint": 0.1}
RISE_MM = 5.0 * sum(HEIGHTS[part] * PULSES[part] for part in PARTS)


def film(fused: Signal) -> Recording:
    signals = {"S": fused, "cheek": fused, "fused": fused}
    truth = {**PULSES, "rise_mm": np.asarray(RISE_MM)}
    return Recording("made up", TIMES, signals, np.ones_like(TIMES), truth)


def test_a_signal_that_tells_the_truth_has_the_shares_of_the_truth() -> None:
    seen = film(-0.4 + LIFT * np.asarray(RISE_MM) / 5.0)
    assert shares(seen, seen.signals["fused"]) == pytest.approx(HEIGHTS, abs=0.01)
    assert correlation(seen, seen.signals["fused"]) == pytest.approx(1.0)
    assert noise(seen, seen.signals["fused"]) == pytest.approx(0.0, abs=1e-9)


def test_a_signal_that_is_late_is_told_to_be() -> None:
    late = np.interp(TIMES - 0.1, TIMES, PULSES["lift"])
    rises, falls = lags(film(late), late)
    assert rises == pytest.approx(0.1, abs=0.02)
    assert falls == pytest.approx(0.1, abs=0.02)


def test_lifts_are_no_leak(tmp_path: Path) -> None:
    annotation = tmp_path / "a.json"
    events = [{"type": "lift", "start_s": 15.0, "end_s": 19.0}]
    annotation.write_text(json.dumps({"events": events}))
    signal = LIFT * (PULSES["lift"] + 0.2 * (np.arange(TIMES.size) % 2))
    assert leak(film(signal), signal, annotation) == pytest.approx(0.2, abs=0.01)


def test_a_plot_has_a_curve_for_each_signal_and_breaks_where_nothing_was_seen() -> None:
    signal = LIFT * PULSES["lift"]
    signal[100:120] = np.nan
    picture = draw(film(signal))
    assert picture.count("<path") == 4 + 4
    assert "nan" not in picture
