"""How a lift was done, told from its samples: its speed, its sides, the lips and the head."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from device.coach.crossings import leave, reach
from device.coach.smoothing import REACH_S, median, smooth
from device.vision.sample import LiftSample

QUICK_LOW, QUICK_HIGH = 0.2, 0.8
"""Between these shares of the way a movement's speed is judged."""


def quickest(
    samples: Sequence[LiftSample], core: tuple[int, int], base: float, height: float
) -> float:
    """Return an upper bound of the time that the slower of rise and fall took, 20 to 80 %.

    Taken between samples as they came: smoothing would make every movement slow.
    """
    low, high = base + QUICK_LOW * height, base + QUICK_HIGH * height
    slower = 0.0
    for start, step in ((core[0], 1), (core[1], -1)):
        inner = start
        while samples[inner].lift < high and 0 <= inner + step < len(samples):
            inner += step
        outer = inner
        while samples[outer].lift > low and 0 <= outer - step < len(samples):
            outer -= step
        slower = max(slower, abs(samples[inner].time - samples[outer].time))
    return slower


def change(before: Sequence[LiftSample], during: Sequence[LiftSample], name: str) -> float:
    """Return how much more a figure was than before, by medians."""
    return median([getattr(s, name) for s in during]) - median([getattr(s, name) for s in before])


def scatter(during: Sequence[LiftSample], name: str) -> float:
    """Return the deviation of a figure, told from the median one so that outliers do not count."""
    middle = median([getattr(s, name) for s in during])
    return 1.48 * median([abs(getattr(s, name) - middle) for s in during])


def travel(during: Sequence[LiftSample], name: str) -> float:
    """Return how far a figure goes to and fro, less its noise, in its unit a second."""
    seen = [(s.time, v) for s in during if not math.isnan(v := getattr(s, name))]
    if len(seen) < 2:
        return 0.0
    times = [time for time, _ in seen]
    values = smooth(times, [value for _, value in seen], REACH_S)
    # Over a second at least: one movement alone is no speech.
    return sum(abs(b - a) for a, b in pairwise(values)) / max(1.0, times[-1] - times[0])


def turn(before: Sequence[LiftSample], during: Sequence[LiftSample], name: str) -> float:
    """Return how far an angle went from where it was before, short outliers aside."""
    origin = median([getattr(s, name) for s in before])
    ordered = sorted(abs(v) for s in during if not math.isnan(v := getattr(s, name) - origin))
    return ordered[(9 * len(ordered)) // 10] if ordered else 0.0


def half_way(
    samples: Sequence[LiftSample], name: str, onset: float, offset: float
) -> tuple[float, float]:
    """Return when one side passed half its way up, and half its way down."""
    seen = [(s.time, v) for s in samples if not math.isnan(v := getattr(s, name))]
    if len(seen) < 3:
        return math.nan, math.nan
    times = [time for time, _ in seen]
    raw = smooth(times, [value for _, value in seen], REACH_S)
    rest = median([v for t, v in zip(times, raw, strict=True) if t < onset] or raw[:1])
    held = median([v for t, v in zip(times, raw, strict=True) if onset < t < offset] or raw[-1:])
    if not held > rest:
        return math.nan, math.nan
    middle = (rest + held) / 2
    first = next((i for i, t in enumerate(times) if t >= onset), len(times) - 1)
    last = next((i for i, t in enumerate(times) if t >= offset), len(times) - 1)
    return reach(times, raw, first, middle, 1), leave(times, raw, last, middle, 1)
