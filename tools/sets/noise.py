"""The noise of the landmarks: as recorded from the real models, white, or 1/f.

`residuals.npz` holds what the real models added to the truth on films of the synthetic subject and
on rendered clips of another head: no figures of a real person. How strong it is in a made set is
another matter: that was measured on real faces (`tools.sets.generate.NOISE`).
"""

from __future__ import annotations

import functools
import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

RESIDUALS = Path(__file__).with_name("residuals.npz")
CHANNELS = ("lift", "left", "right", "mouth_open")
"""The figures of a sample that are noisy, in the order in which noise is given."""
UNIT = 1e-5
"""What 1 in the file stands for, in raw units of the signal."""
PINK_S = (0.03, 0.12, 0.5, 2.0)
"""Memories whose equal parts add up to 1/f over the frequencies that matter here, seconds."""


class Noise(Protocol):
    """Noise of mean 0 and deviation 1 on each of the four channels."""

    def step(self, seconds: float) -> Sequence[float]:
        """Return the noise of a frame so much later than the last."""
        ...


class White:
    """Every frame for itself."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def step(self, seconds: float) -> Sequence[float]:
        """Return the noise of the next frame."""
        del seconds
        return [self._chance.gauss(0.0, 1.0) for _ in CHANNELS]


class Pink:
    """1/f: as much in every octave, so that it looks like a slow drift and a hiss at once."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._parts = [[chance.gauss(0.0, 1.0) for _ in CHANNELS] for _ in PINK_S]

    def step(self, seconds: float) -> Sequence[float]:
        """Return the noise of a frame so much later than the last."""
        for memory, part in zip(PINK_S, self._parts, strict=True):
            kept = math.exp(-seconds / memory)
            new = math.sqrt(1.0 - kept * kept)
            part[:] = [kept * value + new * self._chance.gauss(0.0, 1.0) for value in part]
        size = math.sqrt(len(PINK_S))
        return [sum(values) / size for values in zip(*self._parts, strict=True)]


class Recorded:
    """Stretches of recordings, one after the other, played at whatever rate they are asked for."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._recordings, self._step_s = recordings()
        self._begin()

    def _begin(self) -> None:
        self._playing = self._chance.choice(self._recordings)
        self._at = self._chance.uniform(0.0, len(self._playing) / 2.0)

    def step(self, seconds: float) -> Sequence[float]:
        """Return the noise of a frame so much later than the last."""
        self._at += seconds / self._step_s
        if self._at >= len(self._playing) - 1:
            self._begin()
        index = int(self._at)
        share = self._at - index
        before, after = self._playing[index], self._playing[index + 1]
        return [a + share * (b - a) for a, b in zip(before, after, strict=True)]


KINDS: dict[str, Callable[[random.Random], Noise]] = {
    "recorded": Recorded,
    "white": White,
    "1/f": Pink,
}


@functools.cache
def recordings() -> tuple[list[list[list[float]]], float]:
    """Return the recorded residuals, each a list of frames, and the time between two, seconds.

    All together they have mean 0 and deviation 1 on every channel; one taken in the dark is
    louder than one taken in daylight, as it was.
    """
    with np.load(RESIDUALS) as stored:
        residuals: NDArray[np.float64] = stored["residuals"].astype(np.float64)
        step_s = float(stored["step_s"])
    residuals -= residuals.mean(axis=1, keepdims=True)
    residuals /= residuals.std(axis=(0, 1))
    return residuals.tolist(), step_s
