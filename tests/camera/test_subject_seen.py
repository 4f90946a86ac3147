"""The real models see the synthetic subject, in every light and from every side.

That says that the plumbing holds, not how well the models see people.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from device.camera.subject import (
    DEFAULT,
    PEOPLE,
    Person,
    Script,
    State,
    SubjectCamera,
    script,
)
from device.sample import LiftSample
from device.vision import Model, VisionSource, shipped_models
from tests.subjects import gap, landmarks, small


@cache
def models() -> tuple[Model, Model, Model]:
    return shipped_models()


def watch(plan: Script, person: Person, seconds: float, fps: float = 6) -> list[LiftSample]:
    """What vision sees of the beginning of a script."""
    camera = SubjectCamera(plan, fps=fps, live=False, subject=small(person))
    watcher = VisionSource(camera, *models())
    samples = []
    with watcher:
        watcher.start()
        for _ in range(round(seconds * fps)):
            sample = watcher.read(0)
            assert sample is not None
            samples.append(sample)
            if watcher.landmarks is not None:
                seen, truth = (
                    watcher.landmarks.points,
                    landmarks(plan.at(sample.time), small(person)),
                )
                error = np.linalg.norm(seen[:, :2] - truth[:, :2], axis=1).mean()
                assert error < 0.08 * gap(truth, 33, 263), f"at {sample.time:.2f} s"
    return samples


@pytest.mark.parametrize("name", PEOPLE)
def test_the_models_see_everybody_and_their_lift(name: str) -> None:
    plan = script("fingers", reps=1)
    samples = watch(plan, PEOPLE[name], plan.duration)

    assert all(sample.face for sample in samples)
    seen = [sample.lift for sample in samples]
    meant = [plan.at(sample.time).lift_left for sample in samples]
    assert np.corrcoef(seen, meant)[0, 1] > 0.97
    rest, lifted = (
        np.mean([s for s, m in zip(seen, meant, strict=True) if (m > 0.9) is up])
        for up in (False, True)
    )
    assert 0.06 < lifted - rest < 0.25


@pytest.mark.parametrize(
    "name",
    [
        *("lying_left", "lying_right", "upside_down", "dark", "bed", "tv", "headmove"),
        *("head_turn", "nodding", "talking", "blink_brow", "chewing", "yawning", "rubbing"),
        "turning_over",
    ],
)
def test_the_models_follow_it_through(name: str) -> None:
    samples = watch(script(name, reps=1), DEFAULT, seconds=6, fps=5)

    assert all(sample.face for sample in samples)


def test_the_models_lose_it_when_it_leaves_and_find_it_again() -> None:
    plan = script("leaves", reps=2)
    samples = watch(plan, DEFAULT, plan.duration, fps=3)

    seen = "".join("x" if sample.face else "." for sample in samples)
    assert seen.strip("x").strip(".") == ""
    assert 12 < seen.count(".") < 24
    assert seen.endswith("x")


def test_the_models_call_its_left_left_and_its_turn_a_turn() -> None:
    sample = watch(Script("", 1.0, State(lift_left=1, yaw=15, roll=30), ()), DEFAULT, seconds=1)[-1]
    rest = watch(Script("", 1.0, State(yaw=15, roll=30), ()), DEFAULT, seconds=1)[-1]

    assert sample.left - rest.left > 1.5 * (sample.right - rest.right)
    assert sample.yaw == pytest.approx(15, abs=5)
    assert sample.roll == pytest.approx(30, abs=4)
