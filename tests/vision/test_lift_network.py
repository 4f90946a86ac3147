"""The lift network on our own subject, who is none of those it was taught on."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from device.camera.subject import PEOPLE, Script, State, SubjectCamera, motion
from device.sample import LiftSample
from device.vision.lift_network import LIFT_SIDE, standardize
from tests.subjects import small
from tools.clips import recorded, vision

RISE_S, HOLD_S, START_S = 0.6, 2.4, 2.0
FPS = 10.0


def watch(who: str, base: State, left: float = 1.0, right: float = 1.0) -> list[LiftSample]:
    """What is seen of somebody who looks like this all the time, and lifts once."""
    course = (motion.Lift(START_S, RISE_S, HOLD_S, RISE_S, left=left, right=right),)
    plan = Script("one lift", 7.0, base, (), course)
    camera = SubjectCamera(plan, fps=FPS, live=False, subject=small(PEOPLE[who]))
    return list(recorded(vision(camera)))


def rise(samples: list[LiftSample], name: str) -> float:
    """How far a figure goes from rest to the hold, in medians."""
    hold = median(samples, name, START_S + RISE_S + 0.4, START_S + RISE_S + HOLD_S)
    return hold - median(samples, name, 0.5, START_S)


def median(samples: list[LiftSample], name: str, begin: float, end: float) -> float:
    """The median of a figure between two times."""
    return float(np.median([getattr(one, name) for one in samples if begin <= one.time < end]))


@pytest.mark.parametrize(
    ("who", "yaw", "pitch", "roll"),
    [
        ("ada", 0.0, 0.0, 0.0),
        ("ada", 45.0, 0.0, 0.0),
        ("bola", -45.0, 0.0, 0.0),
        ("carl", 30.0, 20.0, 90.0),
    ],
)
def test_a_lift_is_seen_from_in_front_and_from_the_side(
    who: str, yaw: float, pitch: float, roll: float
) -> None:
    seen = watch(who, State(yaw=yaw, pitch=pitch, roll=roll))
    rose = rise(seen, "seen")
    assert rose > 0.25
    relaxed = median(seen, "seen", START_S + 2 * RISE_S + HOLD_S + 0.6, 7.0)
    assert abs(relaxed - median(seen, "seen", 0.5, START_S)) < 0.4 * rose


@pytest.mark.parametrize(("left", "right"), [(1.0, 0.0), (0.0, 1.0)])
def test_a_lift_of_one_side_is_seen_on_that_side(left: float, right: float) -> None:
    seen = watch("ada", State(), left, right)
    lifted, idle = ("seen_left", "seen_right") if left else ("seen_right", "seen_left")
    assert rise(seen, lifted) > 1.5 * rise(seen, idle)


def test_the_light_does_not_matter() -> None:
    random = np.random.default_rng(3)
    picture: NDArray[np.uint8] = random.integers(60, 120, (LIFT_SIDE, LIFT_SIDE), np.uint8)
    brighter = np.asarray(picture * 2, np.uint8)
    assert np.abs(standardize(brighter) - standardize(picture)).mean() < 0.1
    assert np.all(np.isfinite(standardize(np.zeros_like(picture))))
