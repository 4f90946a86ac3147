"""One lift, measured after it is over: when its phases began, how high it was, how it was done.

The counter only needs to know that a lift happened; when its hold began and ended is measured
here, over all of its samples at once, with smoothing that has no delay.

Where a movement begins and ends cannot be seen in noise, but its middle can. Voluntary movements
between two postures have nearly the same course, the one of least jerk (Flash and Hogan, The
coordination of arm movements, J Neurosci 5:1688, 1985): x(u) = 10 u^3 - 15 u^4 + 6 u^5. So the
times at which the rise passes 25 % and 80 % of the way tell when it began and when it reached its
plateau, and the same holds for the fall. Against a plain crossing of 90 %, this brought the error
of the hold's start and end from about 0.15 s to 0.05 s on rendered lifts and on real faces.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from device.coach import manner
from device.coach.crossings import leave, reach
from device.coach.smoothing import REACH_S, median, smooth
from device.vision.sample import LiftSample

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
    left, right = (manner.half_way(samples, side, onset, offset) for side in ("left", "right"))
    held_raw = [v for t, v in zip(times, raw, strict=True) if apex <= t <= offset]
    inside = [t for t in times if onset <= t <= fell_low]
    return Lift(
        onset=onset,
        apex=apex,
        offset=offset,
        relaxed=min(times[-1], relaxed),
        end=times[-1],
        plateau=height,
        left=manner.change(resting, holding, "left"),
        right=manner.change(resting, holding, "right"),
        left_noise=manner.scatter(holding, "left"),
        right_noise=manner.scatter(holding, "right"),
        rise=rise,
        fall=fall,
        quickest=manner.quickest(samples, core, base, height),
        mouth_open=median([s.mouth_open for s in holding]),
        mouth_opened=manner.change(resting, holding, "mouth_open"),
        lips_before=manner.travel(resting, "mouth_open"),
        lips_during=manner.travel(holding, "mouth_open"),
        turned=max(manner.turn(resting, holding, "yaw"), manner.turn(resting, holding, "pitch")),
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
