"""Films and renderings as the device sees them, with the truth beside."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.camera import Camera, VideoFileCamera
from device.camera.subject import PEOPLE, Script, State, Subject, SubjectCamera, motion
from device.vision import DETECTOR, LANDMARKS, Model, VisionSource
from tools.clips import recorded

Signal = NDArray[np.float64]
SIGNALS = ("S", "cheek", "fused")
PARTS = ("cheek", "smile", "lift", "squint")
FRAMES_PER_SECOND = 12.0
PULSES_FROM_S = 10.5


@dataclass(frozen=True)
class Recording:
    """One film. `signals` by name, (n,), NaN where there was nothing; `truth` likewise.

    The truth's parts run from 0 to 1, `rise_mm` is the mean rise of the skin under the fingertips.
    What is before `since`, in seconds, was practice.
    """

    name: str
    times: Signal
    signals: dict[str, Signal]
    belief: Signal
    truth: dict[str, Signal] = field(default_factory=dict)
    since: float = 0.0


class Recorder:
    """Watches films with the real models."""

    def __init__(self) -> None:
        self._detector, self._landmarks = Model(DETECTOR), Model(LANDMARKS)

    def clip(self, path: Path) -> Recording:
        """Return what was seen of a clip; the truth is that of the CSV beside it, if there is one.

        Raises CallerError if it is no video.
        """
        seen = self._watch(path.stem, VideoFileCamera(path))
        table = path.with_suffix(".csv")
        if not table.exists():
            return seen
        with table.open(encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))[: len(seen.times)]

        def column(name: str) -> Signal:
            return np.array([float(row.get(name, 0.0)) for row in rows])

        truth = {
            "cheek": column("cheek_only"),
            "smile": column("smile_only"),
            "lift": column("lift_L"),
            "squint": column("squint"),
            "rise_mm": (column("cheek_mm_L") + column("cheek_mm_R")) / 2,
        }
        return replace(seen, truth=truth)

    def components(self, person: str, fingers: bool) -> Recording:
        """Return what was seen of a synthetic person doing each part of a lift.

        Two whole lifts come first, as a person practises before a set.
        """
        script, subject = _components(fingers), Subject(PEOPLE[person])
        name = f"{person}, fingers" if fingers else person
        camera = SubjectCamera(script, fps=FRAMES_PER_SECOND, live=False, subject=subject)
        seen = self._watch(name, camera)
        states = [script.at(float(time)) for time in seen.times]
        truths = [subject.truth(state) for state in states]
        return replace(
            seen,
            since=PULSES_FROM_S,
            truth={
                "cheek": np.array([state.cheek for state in states]),
                "smile": np.array([state.smile for state in states]),
                "lift": np.array([state.lift_left for state in states]),
                "squint": np.array([state.squint for state in states]),
                "rise_mm": np.array([(one.rise_left + one.rise_right) / 2 for one in truths]),
            },
        )

    def _watch(self, name: str, camera: Camera) -> Recording:
        rows = list(_rows(VisionSource(camera, self._detector, self._landmarks)))
        time, s, cheek, fused, belief = np.array(rows, np.float64).T
        return Recording(name, time, {"S": s, "cheek": cheek, "fused": fused}, belief)


def _rows(watcher: VisionSource) -> Iterator[tuple[float, ...]]:
    for sample in recorded(watcher):
        yield sample.time, sample.lift, sample.cheek, watcher.fused, sample.cheek_quality


def _components(fingers: bool) -> Script:
    rng = np.random.default_rng(1)
    lifts = tuple(motion.Lift(start, 0.5, 2.0, 0.5) for start in (3.0, 7.0))
    doing: tuple[dict[str, float], ...] = (
        {"cheek": 1.0},
        {"smile": 1.0},
        {"lift_left": 1.0, "lift_right": 1.0},
        {"squint": 1.0},
    )
    starts = [PULSES_FROM_S + 3.6 * number for number in range(len(doing))]
    pulses: list[motion.Layer] = [
        motion.held(start, start + 2.5, 0.5, **doing[number]) for number, start in enumerate(starts)
    ]
    length = starts[-1] + 4.0
    layers = (motion.sway(rng, 0.3), motion.blinks(rng, length), *pulses)
    return Script("components", length, State(fingers=fingers), layers, lifts)
