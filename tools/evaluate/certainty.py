"""How sure a figure is, from how much it was measured on: 95 % intervals.

Shares: Wilson's score interval (J. Am. Stat. Assoc. 22, 1927), which is right also for few cases
and for none or all of them. Rates: the exact interval of a Poisson count (Garwood, Biometrika 28,
1936). Medians and quantiles: the percentile bootstrap over whole clips (Efron, 1979), for errors
within one clip are of one face in one light and do not count as independent.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

LEVEL = 0.95
_Z = 1.959964
"""The normal quantile of 97.5 %."""
_RESAMPLES = 1000

Interval = tuple[float, float]


def of_share(some: int, of: int) -> Interval | None:
    """Return the interval of the share `some` of `of`; None of nothing."""
    if not of:
        return None
    share, z2 = some / of, _Z * _Z
    centre = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z / (1 + z2 / of) * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return max(0.0, centre - half), min(1.0, centre + half)


def of_rate(count: int, time: float) -> Interval | None:
    """Return the interval of the rate of `count` events in `time`, per unit of it."""
    if time <= 0.0:
        return None
    tail = (1 - LEVEL) / 2
    low = 0.0 if count == 0 else _where(lambda mean: 1 - _at_most(count - 1, mean), tail, count)
    high = _where(lambda mean: -_at_most(count, mean), -tail, count)
    return low / time, high / time


def of_quantile(clips: Sequence[Sequence[float]], share: float) -> Interval | None:
    """Return the interval of the value below which `share` of all clips' values lie.

    Each clip gives its values; clips, not values, are drawn again. None of fewer than two clips.
    """
    owners = [clip for clip, values in enumerate(clips) for _ in values]
    if len(set(owners)) < 2:
        return None
    values = np.array([value for values in clips for value in values])
    order = np.argsort(values)
    values, owner = values[order], np.array(owners)[order]
    there = [len(values) > 0 for values in clips]
    chances = np.array(there) / sum(there)
    draw = np.random.default_rng(1)  # the same clips always give the same interval
    found = np.empty(_RESAMPLES)
    for n in range(_RESAMPLES):
        times_drawn = draw.multinomial(sum(there), chances)
        so_far = np.cumsum(times_drawn[owner])
        found[n] = values[np.searchsorted(so_far, share * so_far[-1])]
    low, high = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _at_most(count: int, mean: float) -> float:
    """Return how likely a Poisson count of this mean is at most `count`."""
    term = total = math.exp(-mean)
    for number in range(1, count + 1):
        term *= mean / number
        total += term
    return total


def _where(rising: Callable[[float], float], level: float, count: int) -> float:
    """Return where a rising function of a mean reaches `level`."""
    low, high = 0.0, 10.0 + 4.0 * count
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < level else (low, middle)
    return high
