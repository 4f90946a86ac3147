"""Smoothing: a causal filter for what must be known now, one without delay for what is over."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

SETTLE_S = 0.05
"""Time constant of the causal filter, seconds; with the median it lags by about 0.1 s."""
REACH_S = 0.1
"""Reach of the smoothing without delay to either side, seconds."""
STEADY_WINDOW_S = 0.6
"""How long a signal must keep within bounds to be called steady, seconds."""


class LiveFilter:
    """A median of three against single outliers, then a first-order low-pass.

    Samples may come at uneven times. `value` is NaN before the first.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.value = math.nan
        self._last: deque[float] = deque(maxlen=3)
        self._recent: deque[tuple[float, float]] = deque()
        self._time = math.nan

    def feed(self, time: float, raw: float) -> float:
        """Take the next sample; return the filtered value."""
        self._last.append(raw)
        median = sorted(self._last)[len(self._last) // 2]
        if math.isnan(self.value):
            self.value = median
        else:
            gone = time - self._time
            self.value += (median - self.value) * (1.0 - math.exp(-gone / SETTLE_S))
        self._time = time
        self._recent.append((time, self.value))
        while self._recent[0][0] < time - STEADY_WINDOW_S:
            self._recent.popleft()
        return self.value

    def swing(self) -> float:
        """Return how far the value went up and down in the last 0.6 s; infinite if unknown."""
        if not self._recent or self._recent[-1][0] - self._recent[0][0] < STEADY_WINDOW_S / 2:
            return math.inf
        values = [value for _, value in self._recent]
        return max(values) - min(values)


def smooth(times: Sequence[float], values: Sequence[float], reach: float) -> list[float]:
    """Return `values` averaged with a triangular kernel that reaches `reach` seconds either way.

    It has no delay, and weighs by time, so dropped and uneven samples do not shift anything.
    `times` in seconds, ascending; all values finite.
    """
    smoothed = []
    first = 0
    for index, time in enumerate(times):
        while times[first] <= time - reach:
            first += 1
        total = weight = 0.0
        other = first
        while other < len(times) and times[other] < time + reach:
            share = 1.0 - abs(times[other] - time) / reach
            total += share * values[other]
            weight += share
            other += 1
        smoothed.append(total / weight if weight else values[index])
    return smoothed


def median(values: Sequence[float]) -> float:
    """Return the median of the values that are numbers; NaN if none is."""
    known = sorted(value for value in values if not math.isnan(value))
    if not known:
        return math.nan
    middle = len(known) // 2
    if len(known) % 2:
        return known[middle]
    return (known[middle - 1] + known[middle]) / 2
