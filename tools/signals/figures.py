"""The figures: shares of a full lift, leak, noise, lag, correlation."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.signals.record import PARTS, Recording, Signal

LIFT = 0.14
"""Leak is told in lifts of the population, S."""
WAIT_S = 1.0
BEFORE_S = 0.4
"""A pulse is measured against what was so long before it, seconds."""


def shares(film: Recording, signal: Signal) -> dict[str, float]:
    """Return the median height of each part's pulses as a share of the lift's own."""
    heights = {part: _heights(film, signal, part) for part in PARTS}
    full = _middle(heights["lift"])
    return {part: _middle(found) / full for part, found in heights.items()}


def correlation(film: Recording, signal: Signal) -> float:
    """Return how the signal goes with the true rise of the cheeks."""
    known = np.isfinite(signal) & (film.times > WAIT_S)
    return float(np.corrcoef(signal[known], film.truth["rise_mm"][known])[0, 1])


def noise(film: Recording, signal: Signal) -> float:
    """Return the deviation within a rest, median over the rests, in the signal's own lifts."""
    spread = [
        float(np.nanstd(signal[rest])) for rest in _stretches(_resting(film)) if len(rest) > 5
    ]
    return _middle(spread) / _middle(_heights(film, signal, "lift"))


def lags(film: Recording, signal: Signal) -> tuple[float, float]:
    """Return by how much the signal passes half of its way late: rising, falling; seconds."""
    rising: list[float] = []
    falling: list[float] = []
    held = film.truth["lift"] > 0.5
    for during in _stretches(held):
        low, high = max(0, during[0] - 12), min(len(held) - 1, during[-1] + 12)
        if film.times[during[0]] < WAIT_S + 1 or not np.isfinite(signal[low:high]).all():
            continue
        top = float(np.median(signal[during]))
        half = (float(np.median(signal[low : low + 4])) + top) / 2
        true_half = float(np.median(film.truth["lift"][during])) / 2
        for late, start, step in ((rising, low, 1), (falling, high, -1)):
            seen = _passes(film.times, signal, start, step, half)
            true = _passes(film.times, film.truth["lift"], start, step, true_half)
            late.append(seen - true)
    return _middle(rising), _middle(falling)


def leak(film: Recording, signal: Signal, annotation: Path | None) -> float:
    """Return the 95th percentile of the signal's distance from rest outside annotated lifts.

    Rest is the signal's median; the figure is in lifts of the population.
    """
    quiet = np.isfinite(signal) & (film.times > WAIT_S)
    if annotation is not None:
        for event in json.loads(annotation.read_text(encoding="utf-8"))["events"]:
            if "lift" in event["type"] or "smile" in event["type"]:
                quiet &= (film.times < event["start_s"]) | (film.times > event["end_s"])
    if not quiet.any():
        return math.nan
    off = np.abs(signal[quiet] - np.median(signal[quiet]))
    return float(np.percentile(off, 95)) / LIFT


def _heights(film: Recording, signal: Signal, part: str) -> list[float]:
    heights = []
    doing = (film.truth[part] > 0.95) & (film.times >= film.since)
    for during in _stretches(doing):
        start = film.times[during[0]] - 0.6
        before = (film.times > start - BEFORE_S) & (film.times < start)
        heights.append(float(np.nanmedian(signal[during]) - np.nanmedian(signal[before])))
    return heights


def _resting(film: Recording) -> NDArray[np.bool_]:
    busy = np.max([film.truth[part] for part in PARTS], axis=0)
    return np.asarray((busy < 0.02) & (film.times > WAIT_S + 1))


def _stretches(holds: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    where = np.flatnonzero(holds)
    if where.size == 0:
        return []
    return list(np.split(where, np.flatnonzero(np.diff(where) > 1) + 1))


def _passes(times: Signal, signal: Signal, start: int, step: int, level: float) -> float:
    index = start
    while 0 < index + step < len(signal) - 1 and signal[index] < level:
        index += step
    before, after = signal[index - step], signal[index]
    share = (level - before) / (after - before) if after != before else 1.0
    return float(times[index - step] + share * (times[index] - times[index - step]))


def _middle(values: list[float]) -> float:
    return float(np.nanmedian(values)) if values else math.nan
