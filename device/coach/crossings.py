"""When a signal passes a level, told between its samples."""

from __future__ import annotations


def reach(times: list[float], raw: list[float], start: int, level: float, step: int) -> float:
    """Return when the signal, followed from `start`, first is above `level`."""
    index = start
    while 0 <= index + step < len(raw) and raw[index] < level:
        index += step
    return between(times, raw, index - step, index, level)


def leave(times: list[float], raw: list[float], start: int, level: float, step: int) -> float:
    """Return when the signal, followed from `start`, first is below `level`."""
    index = start
    while 0 <= index + step < len(raw) and raw[index] >= level:
        index += step
    return between(times, raw, index, index - step, level)


def between(times: list[float], raw: list[float], one: int, other: int, level: float) -> float:
    """Return when the signal passes `level` between two neighbouring samples."""
    if not 0 <= one < len(raw):
        return times[other]
    if not 0 <= other < len(raw):
        return times[one]
    way = raw[other] - raw[one]
    share = 1.0 if way == 0.0 else min(1.0, max(0.0, (level - raw[one]) / way))
    return times[one] + share * (times[other] - times[one])
