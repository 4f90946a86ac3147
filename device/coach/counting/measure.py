"""One lift, measured after it is over: when its phases began, how high it was, how it was done.

The live watch (`phases`) only needs to know that a lift happened. When its hold began and ended is
measured here, over all of its samples at once, as numpy arrays and with smoothing that has no
delay.

Where a movement begins and ends cannot be seen in noise, but its middle can. Voluntary movements
between two postures have nearly the same course, the one of least jerk (Flash and Hogan, The
coordination of arm movements, J Neurosci 5:1688, 1985): x(u) = 10 u^3 - 15 u^4 + 6 u^5. So the
times at which the rise passes 25 % and 80 % of the way tell when it began and when it reached its
plateau. The fall is a rise in a mirror: it is measured by the same function with time reversed.
Against a plain crossing of 90 %, this brought the error of the hold's start and end from about
0.15 s to 0.05 s on rendered lifts and on real faces.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from device.sample import POPULATION_LIFT, LiftSample

REACH_S = 0.1
"""Reach of the smoothing to either side, seconds."""
LOW, HIGH = 0.25, 0.8
"""The shares of the way at which a rise and a fall are timed."""
_U_LOW, _U_HIGH = 0.3594, 0.6734
"""The shares of its duration at which a movement of least jerk passes LOW and HIGH."""
_U_APEX, _U_OFFSET = 0.95, 1.05
"""Where in the rise the plateau begins, and in the mirrored fall where it ends: at 0.95 the way is
done to 99.9 %, and letting go begins more softly than least jerk; both brought rendered and real
clips nearer."""
TO_PLATEAU = (_U_APEX - _U_HIGH) / (_U_HIGH - _U_LOW)
"""Time from HIGH to the plateau, in times from LOW to HIGH."""
RESTING_S = 1.0
"""How long before the onset the face is taken to be at rest, seconds."""
CORE = 0.65
"""A hold lasts while the lift stays above this share of the plateau."""
INNER = 0.7
"""The plateau's height is the median of what lies above this share of it."""
NEAR = 0.9
"""Whatever the movements tell, a plateau begins and ends near where the lift reaches this share of
it, and rest near where the lift is as close to rest."""
NEAR_S = 0.2
"""The plateau begins and ends no further than this from there, seconds."""
FAR_S = 0.3
"""Rest begins and ends no further than this from there, seconds."""
BESIDE_S = (0.4, 1.0)
"""From when until when, after half the rise and before half the fall, the plateau's height is taken
for that movement, seconds."""
LASTING_S = 1.0
"""What a signal reaches for less than this in all does not tell how high its plateau is, seconds,
unless it is over sooner: landmarks that a blink drew up during the rise may take 0.8 s to come
down again."""
DIP_S = 0.25
"""A shorter visit below a threshold does not end a stay above it, seconds."""
BEFORE_S = (1.5, 0.3)
"""From when until when, before the middle of the rise, the level before it is taken, seconds."""
QUICK_LOW, QUICK_HIGH = 0.2, 0.8
"""Between these shares of the way a movement's speed is judged."""
SIDE_SLOPE_DEG = 25.0
"""How far each half of a face looks away from where the face looks, degrees: the slope of the
plane through outer eye corner, corner of the mouth and bridge of the nose, whose distances tell
what that side does, in the canonical face mesh (`device/vision/landmarks.py`)."""
POPULATION_SIDE = 0.3
"""How far one side's signal goes in a lift, as a share of how far the whole signal goes."""
SIDES_SHARE = 0.45
"""So much of the signal of each side is what the network sees of it, everywhere: lifts of one side
alone read less even with it, and even lifts of people whose landmarks are uneven more even. The
network sees a foreshortened side as well; what is hidden is hidden from S."""
_TRAVEL_S = 1.0
"""How far the lips travel is shared out over this time at least: one movement alone is no speech,
seconds."""
_DEVIATIONS = 1.48
"""Standard deviation of normal noise, in medians of its absolute values."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lift:
    """What a lift was like. Heights are in raw units above the level before it, times in seconds.

    `rise` and `fall` are the durations of the two movements, from rest to plateau and back, and
    `relaxed` is when the second was over; `end` is when that was known.
    `quickest` is the longest that the slower of the two can have taken from 20 to 80 % of the way.
    `mouth_open` is the opening on the plateau and `mouth_opened` its change, as in `LiftSample`;
    `jaw_dropped` is how much further the chin is from the bridge of the nose, NaN if unknown;
    `lips_before` and `lips_during` are how far the lips went to and fro in a second, before the
    lift and in its hold.
    `left` and `right` are the most that each side can have done, as far as it was seen: what a
    foreshortened side hides from S is taken to have gone as far as the stronger one. `seen` is the
    share of the less visible side that was seen, 0 to 1, and 1 from in front.
    `corners` is how far both sides went together, as those see it who see the whole lift: S alone
    in front, S and the network off axis; `corners_noise` is its deviation during the hold.
    `network` is how far the network that looks at the picture saw the lift go, in lifts; NaN if it
    was not asked.
    `eyes` is how far the eyes are open in the hold, as a share of before; NaN if unknown.
    `left_noise` and `right_noise` are the sides' deviations during the hold, in raw units.
    `turned` is how far yaw or pitch went from where it was before, degrees. `sway` is the mean
    deviation from the plateau, as a share of it. `left_lag` is by how much the left side passed
    half its own way up later than the right, `left_lag_end` half its way down; NaN if unknown. Half
    the way is where noise shifts a time least: the onset of one side cannot be seen.
    """

    onset: float
    apex: float
    offset: float
    relaxed: float
    end: float
    plateau: float
    left: float
    right: float
    seen: float
    corners: float
    corners_noise: float
    network: float
    eyes: float
    left_noise: float
    right_noise: float
    rise: float
    fall: float
    quickest: float
    mouth_open: float
    mouth_opened: float
    jaw_dropped: float
    lips_before: float
    lips_during: float
    turned: float
    sway: float
    left_lag: float
    left_lag_end: float

    @property
    def hold(self) -> float:
        """From apex to offset, seconds."""
        return self.offset - self.apex


_FIGURES = attrgetter(
    *("time", "lift", "left", "right", "seen_left", "seen_right"),
    *("mouth_open", "jaw", "eyes_open", "yaw", "pitch"),
)


# A stream may hold infinities, whose differences are NaN: they are no reason for a warning.
@np.errstate(invalid="ignore", over="ignore")
def measure(
    samples: Iterable[LiftSample], rest: float, settled: float | None = None, share: float = 0.0
) -> Lift | None:
    """Measure the lift in `samples`, which begin before it and end when it is over.

    `rest` is the raw level before it as far as is known; `settled` is the level at which it came
    to stay if that is not rest; `share` is the network's share of `lift` in the samples, whose
    `left` and `right` are S alone. All samples must show a face, at least one of them, in order of
    time. Returns None if there is no lift in them.
    """
    seen = np.array([_FIGURES(sample) for sample in samples], dtype=np.float64)
    times, lift, s_left, s_right, seen_left, seen_right, lips, jaw, eyes, yaw, pitch = seen.T
    network = (seen_left + seen_right) / 2
    side = POPULATION_SIDE * POPULATION_LIFT
    left, right = (
        np.where(np.isfinite(network), by_s + SIDES_SHARE * (side * by_network - by_s), by_s)
        for by_s, by_network in ((s_left, seen_left), (s_right, seen_right))
    )
    kernel = _kernel(times)
    raw = _smooth(kernel, lift)

    base = _level_before(times, raw, rest if settled is None else max(rest, settled))
    if np.max(raw) <= base:
        return None
    plateau = _plateau(times, raw, base)
    height = plateau - base

    core, rise, fall = _movements(times, raw, lift, base, plateau)
    timed = _timed(lift, network, times < rise.begin, core, base, plateau)
    if timed is not lift:
        core, rise, fall = _movements(times, _smooth(kernel, timed), timed, base, plateau)
    onset, relaxed = rise.begin, min(-fall.begin, float(times[-1]))
    apex, offset = rise.plateau, -fall.plateau
    if offset < apex:  # released before the plateau took shape
        apex = offset = (max(apex, rise.high) + min(offset, -fall.high)) / 2

    holding = (times >= apex) & (times <= offset)
    sway = float(np.abs(raw[holding] - plateau).mean()) / height if holding.any() else 0.0
    if not holding.any():
        holding[core] = True
    resting = (times >= onset - RESTING_S) & (times < onset)
    if not resting.any():
        resting[0] = True
    lips_seen = _smooth(kernel, lips)

    def rose(signal: Array) -> float:
        return _median(signal[holding]) - _median(signal[resting])

    by_network = rose(network)
    sides_seen = _sides_seen(_median(yaw[holding]), _median(pitch[holding]))
    by_s = 1.0 if math.isnan(by_network) else 1.0 - SIDES_SHARE
    left_did, right_did = _most_done((rose(left), rose(right)), sides_seen, by_s)
    corners = sum(_most_done((rose(s_left), rose(s_right)), sides_seen, 1.0))
    if not math.isnan(by_network):
        corners += share * (2.0 * side * by_network - corners)
    left_up, left_down = _half_way(times, _smooth(kernel, left), onset, offset)
    right_up, right_down = _half_way(times, _smooth(kernel, right), onset, offset)
    return Lift(
        onset=onset,
        apex=apex,
        offset=offset,
        relaxed=relaxed,
        end=float(times[-1]),
        plateau=height,
        left=left_did,
        right=right_did,
        seen=min(sides_seen),
        corners=corners,
        corners_noise=_deviation((s_left + s_right)[holding]),
        network=by_network,
        eyes=_median(eyes[holding]) / (_median(eyes[resting]) or np.nan),
        left_noise=_deviation(left[holding]),
        right_noise=_deviation(right[holding]),
        rise=rise.seconds,
        fall=fall.seconds,
        quickest=max(rise.quickest, fall.quickest),
        mouth_open=_median(lips[holding]),
        mouth_opened=rose(lips),
        jaw_dropped=rose(jaw),
        lips_before=_travel(times[resting], lips_seen[resting]),
        lips_during=_travel(times[holding], lips_seen[holding]),
        turned=max(_turned(angle[resting], angle[holding]) for angle in (yaw, pitch)),
        sway=sway,
        left_lag=left_up - right_up,
        left_lag_end=left_down - right_down,
    )


def _sides_seen(yaw: float, pitch: float) -> tuple[float, float]:
    """Return how much of the left and of the right side is seen at a pose, degrees, in shares.

    It is the foreshortening of each side's plane against the same plane seen from in front, and 1
    for the side that is turned towards the camera. A pose that is not known hides nothing.
    """
    if not math.isfinite(yaw + pitch):
        return 1.0, 1.0
    slope, turned, nodded = (math.radians(angle) for angle in (SIDE_SLOPE_DEG, yaw, pitch))
    left, right = (
        math.cos(nodded) * math.cos(slope + away) / math.cos(slope) for away in (turned, -turned)
    )
    return min(1.0, max(0.0, left)), min(1.0, max(0.0, right))


def _most_done(
    rose: tuple[float, float], seen: tuple[float, float], by_s: float
) -> tuple[float, float]:
    """Return the most that the left and the right side can have done, in raw units.

    `rose` is what was measured of each, `seen` the share that was seen of it, and `by_s` the share
    of S in its signal. What is hidden from S is taken to have gone as far as the stronger side.
    """
    stronger = max(rose)
    left, right = (
        min(stronger, side + by_s * (1.0 - share) * max(0.0, stronger))
        for side, share in zip(rose, seen, strict=True)
    )
    return left, right


def _plateau(times: Array, raw: Array, base: float) -> float:
    """Return the level of the plateau of a signal that comes to lie above `base`.

    It is the median of the hold above INNER of the height, found from a first guess in two rounds.
    """
    top = max(_lasting(times, raw), (base + float(np.max(raw))) / 2)
    plateau = float(np.median(raw[_longest_stay(times, raw, (base + top) / 2)]))
    for _ in range(2):
        height = plateau - base
        core = _longest_stay(times, raw, base + height / 2)
        inner = core.start + np.flatnonzero(raw[core] >= base + INNER * height)
        plateau = float(np.median(raw[inner[0] : inner[-1] + 1] if inner.size else raw[core]))
    return plateau


def _lasting(times: Array, raw: Array) -> float:
    """Return the level at which the signal is, or above it, for LASTING_S in all."""
    highest = np.argsort(raw)[::-1]
    lasted = np.cumsum(np.diff(times, append=times[-1])[highest])
    return float(raw[highest[min(int(np.searchsorted(lasted, LASTING_S)), len(highest) - 1)]])


def _level_before(times: Array, raw: Array, base: float) -> float:
    """Return the higher of `base` and the level just before the signal rose, its lower quartile."""
    middle = times[np.argmax(raw >= (base + np.max(raw)) / 2)]
    before = raw[(times >= middle - BEFORE_S[0]) & (times <= middle - BEFORE_S[1])]
    return max(base, float(np.sort(before)[before.size // 4])) if before.size else base


@dataclass(frozen=True, slots=True)
class _Movement:
    """A rise. Times in seconds: when it left rest, passed 80 % of its way, reached its plateau.

    `seconds` is the duration of the movement of least jerk that fits, `quickest` an upper bound of
    its time from 20 to 80 % of the way.
    """

    begin: float
    high: float
    plateau: float
    seconds: float
    quickest: float


def _movements(
    times: Array, raw: Array, lift: Array, base: float, plateau: float
) -> tuple[slice, _Movement, _Movement]:
    """Return the samples of the hold, and the movements into it and, in a mirror, out of it."""
    core = _longest_stay(times, raw, base + CORE * (plateau - base))
    rise = _movement(times, raw, lift, core, base, plateau, math.inf, _U_APEX)
    mirrored = slice(len(times) - core.stop, len(times) - core.start)
    # Holds sink: what is higher than the plateau before the fall is no lift, but a blink's edge.
    fall = _movement(
        -times[::-1], raw[::-1], lift[::-1], mirrored, base, plateau, plateau, _U_OFFSET
    )
    return core, rise, fall


def _timed(
    lift: Array, network: Array, before: Array, core: slice, base: float, plateau: float
) -> Array:
    """Return the signal that shows best when a lift began and ended, from `base` to `plateau`.

    Either may be the steadier: both signals, each as a share of its own way, are joined by their
    inverse variances at rest (`before`) and in the hold (`core`). It is `lift` itself if the
    network saw no rise.
    """
    rest = _median(network[before])
    way = _median(network[core]) - rest
    if not 0.0 < way < math.inf:
        return lift
    by_lift, by_network = (lift - base) / (plateau - base), (network - rest) / way
    known = np.isfinite(by_network)
    noise, other = (
        float(np.var(share[before & known]) + np.var(share[core][known[core]]))
        for share in (by_lift, by_network)
    )
    weight = noise / (noise + other) if noise + other > 0.0 else 0.5
    joined = (1.0 - weight) * by_lift + weight * by_network
    return np.asarray(base + (plateau - base) * np.where(known, joined, by_lift))


def _movement(
    times: Array,
    raw: Array,
    lift: Array,
    core: slice,
    base: float,
    plateau: float,
    highest: float,
    done: float,
) -> _Movement:
    """Measure the rise that leads from the level `base` into the hold `core`, a slice of samples.

    `raw` is smoothed, `lift` is not. `highest` is how high the plateau beside the movement may be;
    `done` is the share of the movement's duration at which the plateau begins. For a fall, time
    runs backwards.
    """
    height = plateau - base
    # From the first sample of the hold back to rest, and on to the plateau.
    back = slice(core.start, None, -1)

    def came_from(level: float) -> float:
        return _first(times[back], -raw[back], -level)

    def came_to(level: float) -> float:
        return _first(times, raw, level, core.start)

    # A hold sinks towards its end, so each movement is timed against the plateau beside it.
    half = came_from(base + height / 2)
    beside = raw[core][(times[core] >= half + BESIDE_S[0]) & (times[core] <= half + BESIDE_S[1])]
    risen = min(float(np.median(beside)) if beside.size else plateau, highest) - base
    low, high = came_from(base + LOW * risen), came_to(base + HIGH * risen)
    seconds = max(0.0, high - low) / (_U_HIGH - _U_LOW)
    # Smoothing would make every movement slow: its speed is told from the samples as they came.
    top = core.start + int(np.argmax(lift[core.start :] >= base + QUICK_HIGH * height))
    bottom = np.flatnonzero(lift[:top] <= base + QUICK_LOW * height)
    return _Movement(
        begin=max(low - _U_LOW * seconds, came_from(base + (1.0 - NEAR) * height) - FAR_S),
        high=high,
        plateau=min(high + (done - _U_HIGH) * seconds, came_to(base + NEAR * risen) + NEAR_S),
        seconds=seconds,
        quickest=float(times[top] - times[bottom[-1] if bottom.size else 0]),
    )


def _kernel(times: Array) -> Array:
    """Return the weight of each sample (columns) in the smoothed signal at each time (rows).

    The kernel is a triangle that reaches REACH_S either way. It weighs by time, so dropped and
    uneven samples shift nothing.
    """
    away: Array = np.abs(times[:, np.newaxis] - times)
    return np.maximum(0.0, 1.0 - away / REACH_S)


def _smooth(kernel: Array, values: Array) -> Array:
    """Return `values` smoothed over those that are numbers; NaN where none is within reach."""
    known = ~np.isnan(values)
    smoothed: Array = (kernel @ np.where(known, values, 0.0)) / (kernel @ known)
    return smoothed


def _first(times: Array, values: Array, level: float, start: int = 0) -> float:
    """Return when a signal, followed from sample `start`, first is at `level` or above it.

    The time is told between samples; if the signal never comes so high, it is the last one.
    `times` may run backwards.
    """
    reached = np.flatnonzero(values[start:] >= level)
    if not reached.size:
        return float(times[-1])
    at = start + int(reached[0])
    step = slice(max(0, at - 1), at + 1)
    return float(np.interp(level, values[step], times[step]))


def _longest_stay(times: Array, values: Array, level: float) -> slice:
    """Return the samples of the longest stay at `level` or above it, short dips included.

    Of stays of the same length it is the last.
    """
    above = np.flatnonzero(values >= level)
    dips = np.flatnonzero(times[above[1:] - 1] - times[above[:-1]] > DIP_S)
    first, last = above[np.append(0, dips + 1)], above[np.append(dips, -1)]
    stays = times[last] - times[first]
    longest = np.flatnonzero(stays == np.max(stays))[-1]
    return slice(int(first[longest]), int(last[longest]) + 1)


def _median(values: Array) -> float:
    """Return the median of the values that are numbers; NaN if none is."""
    known = values[~np.isnan(values)]
    return float(np.median(known)) if known.size else np.nan


def _deviation(values: Array) -> float:
    """Return the standard deviation, told from medians so that outliers do not count."""
    return _DEVIATIONS * _median(np.abs(values - _median(values)))


def _travel(times: Array, values: Array) -> float:
    """Return how far a smoothed figure goes to and fro, in its unit a second."""
    way = float(np.nansum(np.abs(np.diff(values))))
    return way / max(_TRAVEL_S, float(times[-1] - times[0]))


def _turned(before: Array, during: Array) -> float:
    """Return how far an angle went from where it was before, short outliers aside, degrees."""
    away = np.abs(during - _median(before))
    away = away[~np.isnan(away)]
    return float(np.percentile(away, 90, method="higher")) if away.size else 0.0


def _half_way(times: Array, side: Array, onset: float, offset: float) -> tuple[float, float]:
    """Return when one side, smoothed, passed half its way up and half its way down; NaN if unknown.

    NaN if it is not seen at rest and in the hold, or is no higher in the hold.
    """
    rose, fell = np.searchsorted(times, (onset, offset))
    rest = _median(side[: max(1, rose)])
    held = _median(side[(times > onset) & (times < offset)])
    if not held > rest:
        return np.nan, np.nan
    half, last = (rest + held) / 2, len(times) - 1
    up = _first(times, side, half, min(int(rose), last))
    down = _first(times, -side, -half, min(int(fell), last))
    return up, down
