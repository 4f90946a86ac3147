"""One lift, measured after it is over: when its phases began, how high it was, how it was done.

The counter only needs to know that a lift happened; when its hold began and ended is measured
here, over all of its samples at once, with smoothing that has no delay.

Where a movement begins and ends cannot be seen in noise, but its middle can. Voluntary movements
between two postures have nearly the same course, the one of least jerk (Flash and Hogan, The
coordination of arm movements, J Neurosci 5:1688, 1985): x(u) = 10 u^3 - 15 u^4 + 6 u^5. So the
times at which the rise passes 25 % and 80 % of the way tell when it began and when it reached its
plateau, and the same holds for the fall. Against a plain crossing of 90 %, this brought the error
of the hold's start and end from about 0.15 s to 0.05 s on rendered lifts and on real faces.

Smoothing: a causal filter for what must be known now, one without delay for what is over.

When a signal passes a level, told between its samples.

How a lift was done, told from its samples: its speed, its sides, the lips and the head.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from device.sample import LiftSample

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


LOW, HIGH = 0.25, 0.8
"""The shares of the way at which a rise and a fall are timed ..."""
_U_LOW, _U_HIGH = 0.3594, 0.6734
"""... and the shares of its duration at which a movement of least jerk passes them."""
_U_APEX, _U_OFFSET = 0.95, -0.05
"""Where in the rise the plateau begins and in the fall it ends: at 0.95 the way is done to 99.9 %,
and letting go begins more softly than least jerk; both brought rendered and real clips nearer."""
TO_PLATEAU = (_U_APEX - _U_HIGH) / (_U_HIGH - _U_LOW)
"""Time from HIGH to the plateau, in times from LOW to HIGH."""
RESTING_S = 1.0
"""How long before the onset what is not the lift itself is taken for the face at rest, seconds."""
CORE = 0.65
"""A hold lasts while the lift stays above this share of the plateau."""
INNER = 0.7
"""The plateau's height is the median of what lies above this share of it."""
NEAR = 0.9
"""Whatever the movements tell, a plateau begins and ends near where the lift comes this near to
it, and rest where it comes as near to rest: ..."""
NEAR_S = 0.2
"""... the plateau no further than this away, seconds ..."""
FAR_S = 0.3
"""... and rest no further than this."""
BESIDE_S = (0.4, 1.0)
"""From when until when, after half the rise and before half the fall, the plateau's height is taken
for that movement, seconds."""
DIP_S = 0.25
"""A shorter visit below half the height does not end a plateau, seconds."""
BEFORE_S = (1.5, 0.3)
"""From when until when, before the middle of the rise, the level before it is taken, seconds."""


@dataclass(frozen=True, slots=True)
class Lift:
    """What a lift was like. Heights are in raw units above the level before it, times in seconds.

    `rise` and `fall` are the durations of the two movements, from rest to plateau and back, and
    `relaxed` is when the second was over; `end` is when that was known.
    `quickest` is the longest that the slower of the two can have taken from 20 to 80 % of the way.
    `mouth_open` is the opening on the plateau and `mouth_opened` its change, as in `LiftSample`;
    `lips_before` and `lips_during` are how far the lips went to and fro in a second, before the
    lift and in its hold.
    `left_noise` and `right_noise` are the sides' deviations during the hold, in raw units.
    `turned` is how far yaw or pitch went from where it was before, degrees. `sway` is the mean
    deviation from the plateau, as a share of it. `left_lag` is by how much the left side passed
    half its own way up later than the right, `left_lag_end` half its way down; NaN if unknown. Half
    the way is where noise shifts a time least: the onset of one side cannot be seen. `gap` is the
    longest time between two samples.
    """

    onset: float
    apex: float
    offset: float
    relaxed: float
    end: float
    plateau: float
    left: float
    right: float
    left_noise: float
    right_noise: float
    rise: float
    fall: float
    quickest: float
    mouth_open: float
    mouth_opened: float
    lips_before: float
    lips_during: float
    turned: float
    sway: float
    left_lag: float
    left_lag_end: float
    gap: float

    @property
    def hold(self) -> float:
        """From apex to offset, seconds."""
        return self.offset - self.apex


def measure(
    samples: Collection[LiftSample], rest: float, settled: float | None = None
) -> Lift | None:
    """Measure the lift in `samples`, which begin before it and end when it is over.

    `rest` is the raw level before it as far as is known; `settled` is the level at which it came
    to stay if that is not rest. All samples must show a face. None if there is no lift in them.
    """
    samples = list(samples)
    times = [sample.time for sample in samples]
    raw = smooth(times, [sample.lift for sample in samples], REACH_S)
    base = rest if settled is None else max(rest, settled)
    top = max(raw)
    middle = next(i for i, value in enumerate(raw) if value >= base + (top - base) / 2)
    before = [
        value
        for time, value in zip(times, raw, strict=True)
        if -BEFORE_S[0] <= time - times[middle] <= -BEFORE_S[1]
    ]
    if before:
        base = max(base, sorted(before)[len(before) // 4])
    if top <= base:
        return None
    core = _longest_above(times, raw, base + (top - base) / 2)
    plateau = sorted(raw[core[0] : core[1] + 1])[-1 - (core[1] - core[0]) // 10]
    for _ in range(2):
        height = plateau - base
        core = _longest_above(times, raw, base + height / 2)
        inner = _inside(raw, core, base + INNER * height)
        plateau = median(raw[inner[0] : inner[1] + 1])
    height = plateau - base
    core = _longest_above(times, raw, base + CORE * height)
    return _describe(samples, times, raw, base, plateau, core)


def _describe(
    samples: Sequence[LiftSample],
    times: list[float],
    raw: list[float],
    base: float,
    plateau: float,
    core: tuple[int, int],
) -> Lift:
    height = plateau - base
    rose_to = _beside(times, raw, core, base, plateau, 1) - base
    fell_from = _beside(times, raw, core, base, plateau, -1) - base
    rose_low = leave(times, raw, core[0], base + LOW * rose_to, -1)
    rose_high = reach(times, raw, core[0], base + HIGH * rose_to, 1)
    fell_high = reach(times, raw, core[1], base + HIGH * fell_from, -1)
    fell_low = leave(times, raw, core[1], base + LOW * fell_from, 1)
    rise = max(0.0, rose_high - rose_low) / (_U_HIGH - _U_LOW)
    fall = max(0.0, fell_low - fell_high) / (_U_HIGH - _U_LOW)
    far = base + (1.0 - NEAR) * height
    onset = max(rose_low - _U_LOW * rise, leave(times, raw, core[0], far, -1) - FAR_S)
    relaxed = min(fell_low + _U_LOW * fall, leave(times, raw, core[1], far, 1) + FAR_S)
    apex = rose_high + (_U_APEX - _U_HIGH) * rise
    apex = min(apex, reach(times, raw, core[0], base + NEAR * rose_to, 1) + NEAR_S)
    offset = fell_high - (1.0 - _U_HIGH - _U_OFFSET) * fall
    offset = max(offset, reach(times, raw, core[1], base + NEAR * fell_from, -1) - NEAR_S)
    if offset < apex:  # released before the plateau took shape
        apex = offset = (max(apex, rose_high) + min(offset, fell_high)) / 2
    holding = [s for s in samples if apex <= s.time <= offset] or [
        samples[i] for i in range(core[0], core[1] + 1)
    ]
    resting = [s for s in samples if onset - RESTING_S <= s.time < onset] or [samples[0]]
    left, right = (half_way(samples, side, onset, offset) for side in ("left", "right"))
    held_raw = [v for t, v in zip(times, raw, strict=True) if apex <= t <= offset]
    inside = [t for t in times if onset <= t <= fell_low]
    return Lift(
        onset=onset,
        apex=apex,
        offset=offset,
        relaxed=min(times[-1], relaxed),
        end=times[-1],
        plateau=height,
        left=change(resting, holding, "left"),
        right=change(resting, holding, "right"),
        left_noise=scatter(holding, "left"),
        right_noise=scatter(holding, "right"),
        rise=rise,
        fall=fall,
        quickest=quickest(samples, core, base, height),
        mouth_open=median([s.mouth_open for s in holding]),
        mouth_opened=change(resting, holding, "mouth_open"),
        lips_before=travel(resting, "mouth_open"),
        lips_during=travel(holding, "mouth_open"),
        turned=max(turn(resting, holding, "yaw"), turn(resting, holding, "pitch")),
        sway=sum(abs(v - plateau) for v in held_raw) / max(1, len(held_raw)) / height,
        left_lag=left[0] - right[0],
        left_lag_end=left[1] - right[1],
        gap=max((b - a for a, b in pairwise(inside)), default=0.0),
    )


def _longest_above(times: list[float], raw: list[float], threshold: float) -> tuple[int, int]:
    """Return first and last index of the longest stay above `threshold`, short dips ignored."""
    best = (0, 0)
    begin: int | None = None
    last = 0
    for index, value in enumerate(raw):
        if value < threshold:
            continue
        if begin is None or times[index] - times[last] > DIP_S + (times[index] - times[index - 1]):
            begin = index
        last = index
        if times[last] - times[begin] >= times[best[1]] - times[best[0]]:
            best = (begin, last)
    return best


def _beside(
    times: list[float],
    raw: list[float],
    core: tuple[int, int],
    base: float,
    plateau: float,
    step: int,
) -> float:
    """Return the plateau's height beside its rise (`step` 1) or its fall (-1).

    A hold sinks towards its end: a fall begins from where it is by then.
    """
    edge = core[0] if step > 0 else core[1]
    half = leave(times, raw, edge, base + (plateau - base) / 2, -step)
    near, far = sorted(half + step * seconds for seconds in BESIDE_S)
    return median(
        [raw[i] for i in range(core[0], core[1] + 1) if near <= times[i] <= far] or [plateau]
    )


def _inside(raw: list[float], core: tuple[int, int], threshold: float) -> tuple[int, int]:
    """Return the part of `core` from first to last value above `threshold`."""
    above = [i for i in range(core[0], core[1] + 1) if raw[i] >= threshold]
    return (above[0], above[-1]) if above else core


POPULATION_LIFT = 0.14
"""The raw signal's change in a full lift, for a person nobody has met (0.11 to 0.18 measured)."""
POPULATION_SIDE = 0.3
"""The change in a one-sided signal, as a share of the change in the whole one."""


@dataclass(frozen=True, slots=True)
class Span:
    """How far the raw signals go from rest to the practised lift."""

    whole: float
    left: float
    right: float

    @classmethod
    def typical(cls, whole: float = POPULATION_LIFT) -> Span:
        """Return the span of a person whose sides are alike."""
        return cls(whole, POPULATION_SIDE * whole, POPULATION_SIDE * whole)

    def toward(self, other: Span, share: float) -> Span:
        """Return the span that lies `share` of the way from this one to `other`, by ratio."""
        return Span(
            _between(self.whole, other.whole, share),
            _between(self.left, other.left, share),
            _between(self.right, other.right, share),
        )

    def within(self, other: Span, factor: float) -> Span:
        """Return this span, no further from `other` than by `factor` in either direction."""

        def bounded(one: float, centre: float) -> float:
            return min(centre * factor, max(centre / factor, one))

        return Span(
            bounded(self.whole, other.whole),
            bounded(self.left, other.left),
            bounded(self.right, other.right),
        )


def _between(one: float, other: float, share: float) -> float:
    """Geometric interpolation, for what is only ever known as a ratio; keeps `one` if it cannot."""
    if not (one > 0.0 and other > 0.0):
        return one
    return one * math.pow(other / one, share)
