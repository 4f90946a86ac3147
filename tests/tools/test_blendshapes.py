"""What Google's smile adds to S: recordings that nobody filmed, and the network on our subject."""

from __future__ import annotations

import numpy as np
import pytest

from device.camera.subject import PEOPLE, State
from tests.subjects import small
from tools.blendshapes import (
    by_event,
    by_group,
    by_side,
    irises,
    read_smile,
    smile,
    with_curve,
)
from tools.build_models.sources import FACE_BLENDSHAPES
from tools.clips import face_tracker
from tools.environment import cache_folder
from tools.evaluate.annotations import Event
from tools.signal_comparison import Recording, Signal

TIMES = np.arange(0.0, 60.0, 1 / 15)
EVENTS = (
    *(Event("lift", at, at + 3.0, at + 0.5, at + 2.5) for at in (5.0, 10.0, 15.0)),
    Event("yawn", 25.0, 28.0, 25.5, 27.5),
    Event("one_sided_lift", 35.0, 38.0, 35.5, 37.5),
)


def went(heights: dict[str, float]) -> Signal:
    """How far a face goes that does each event by its height."""
    signal = np.zeros_like(TIMES)
    for one in EVENTS:
        assert one.hold_start is not None and one.hold_end is not None
        corners = [one.start, one.hold_start, one.hold_end, one.end]
        signal += np.interp(TIMES, corners, [0.0, 1.0, 1.0, 0.0]) * heights[one.kind]
    return np.asarray(signal)


def film(score_of: float, network: dict[str, float]) -> Recording:
    """Ada, whose S reads 0.3 of a lift in a yawn, and whose score tells of S and nothing else."""
    s = {
        "left": 0.14 * went({"lift": 1.0, "yawn": 0.3, "one_sided_lift": 1.0}),
        "right": 0.14 * went({"lift": 1.0, "yawn": 0.3, "one_sided_lift": 0.6}),
    }
    signals = {f"S, {side}": signal for side, signal in s.items()}
    for side, signal in s.items():
        signals[f"logit, {side}"] = score_of + 50.0 * signal
        signals[f"score, {side}"] = 1.0 / (1.0 + np.exp(-signals[f"logit, {side}"]))
        signals[f"network, {side}"] = went(network)
    for name in ("S", "logit", "score", "network"):
        signals[name] = (signals[f"{name}, left"] + signals[f"{name}, right"]) / 2
    return Recording("ada", "made up", "ada", TIMES, signals, EVENTS)


def test_a_smile_that_tells_of_s_alone_is_found_out() -> None:
    (ada,) = with_curve([film(-5.0, {"lift": 1.0, "yawn": 0.0, "one_sided_lift": 0.0})])
    even = TIMES < 30.0
    curve = ada.signals["S on the curve"][even]
    assert curve == pytest.approx(ada.signals["score"][even], abs=1e-3)
    assert "| made up | 1 | 1.00 |" in by_group([ada])
    (yawn,) = (one for one in by_event([ada]).splitlines() if one.startswith("| yawning"))
    reads = yawn.strip("| ").split(" | ")[2:]
    s, network, score, logit, on_the_curve = reads
    assert s == logit == "0.30 / 0.30"
    assert network == "0.00 / 0.00"
    assert score == on_the_curve == "0.05 / 0.05"


def test_the_weaker_side_is_measured_by_its_own_even_lifts() -> None:
    ada = film(-5.0, {"lift": 1.0, "yawn": 0.0, "one_sided_lift": 1.0})
    even, one_sided = by_side([ada]).splitlines()[2:]
    assert even.startswith("| even lifts | 3 | 1.00 / 1.00 / 1.00 |")
    assert one_sided.startswith("| lifts of one side | 1 | 0.60 | 1.00 |")


def test_an_iris_lies_in_the_middle_of_its_eye_whichever_way_the_face_is_turned() -> None:
    points = np.zeros((468, 2), np.float32)
    eye = {33: (0.0, 0.0), 133: (28.0, 0.0), 159: (14.0, -6.0), 145: (14.0, 6.0)}
    eye |= {362: (60.0, 0.0), 263: (88.0, 0.0), 386: (74.0, -6.0), 374: (74.0, 6.0)}
    points[list(eye)] = list(eye.values())
    right, left = irises(points).reshape(2, 5, 2)
    assert right == pytest.approx(
        np.array([[14, 0], [19.88, 0], [14, -5.88], [8.12, 0], [14, 5.88]], np.float32), abs=1e-4
    )
    assert left == pytest.approx(right + np.array([60.0, 0.0], np.float32), abs=1e-4)
    upside_down = irises(-points).reshape(2, 5, 2)
    assert upside_down[0] == pytest.approx(-right, abs=1e-4)


def test_the_network_sees_our_subject_smile() -> None:
    if not (cache_folder() / f"{FACE_BLENDSHAPES.name}-float.tflite").exists():
        pytest.skip("no such network here: run `python -m tools.blendshapes` once")
    subject, tracker = small(PEOPLE["grace"]), face_tracker()
    reads = []
    for number, state in enumerate((State(), State(lift_left=1.0, lift_right=1.0))):
        face = tracker.update(subject.render(state), float(number))
        assert face is not None
        reads.append(read_smile(face))
        assert smile(face.points) == (reads[-1]["score, left"], reads[-1]["score, right"])
    rest, lift = reads
    assert lift["logit"] > rest["logit"] + 3.0
    assert lift["score, left"] > rest["score, left"]
    assert lift["score, right"] > rest["score, right"]
