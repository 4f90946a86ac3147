"""Three ways to find held lifts in a signal, under one interface, to see which is best.

`counter` is the device's own. `hysteresis` is what most counters do: a low-pass and two
thresholds, the hold being the time between. `semi_markov` is the textbook's answer: a hidden
semi-Markov model of rest, rise, hold and fall with durations, decoded by Viterbi over the whole
set at once, which no device could do, and told the noise, which no device knows. All three ask
for the same hold, and the first and the last for the same height.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from device.coach import events
from device.coach.counting import CalibrationError, RepetitionCounter, measure, verdict
from device.sample import LiftSample
from tools.sets.generate import MadeSet

Hold = tuple[float, float]
Rival = Callable[[MadeSet], list[Hold]]

STEP_S = 1 / 15
"""The semi-Markov model's clock, seconds."""


def counter(made: MadeSet) -> list[Hold]:
    """The device: rest and a practised lift first, as in a session."""
    device = RepetitionCounter()
    device.begin_rest()
    for sample in made.shown:
        device.feed(sample)
    try:
        device.adopt_lift()
    except CalibrationError:
        return []
    happened = [event for sample in made.samples for event in device.feed(sample)]
    return [(event.apex, event.offset) for event in happened if isinstance(event, events.Rep)]


def hysteresis(made: MadeSet) -> list[Hold]:
    """Low-pass at 0.6 a frame, up at 0.5 of the range, down at 0.3, held for as long."""
    rest, span = _calibrated(made.shown)
    holds, since, level = [], None, 0.0
    for sample in made.samples:
        if not sample.face:
            continue
        level += 0.6 * ((sample.lift - rest) / span - level)
        if since is None and level > 0.5:
            since = sample.time
        elif since is not None and level < 0.3:
            if sample.time - since >= verdict.HOLD_S:
                holds.append((since, sample.time))
            since = None
    return holds


def semi_markov(made: MadeSet) -> list[Hold]:
    """Viterbi over rest, rise, hold and fall; each must last a while before it may end."""
    rest, span = _calibrated(made.shown)
    seen = [sample for sample in made.samples if sample.face]
    times = np.arange(seen[0].time, seen[-1].time, STEP_S)
    level = np.interp(times, [s.time for s in seen], [(s.lift - rest) / span for s in seen])
    slope = np.gradient(level, STEP_S)
    noise = 1.7 * made.person.noise / span
    path = _viterbi(*_likelihood(level, slope, noise))
    holds = []
    for begin, end in _runs(path == HOLD):
        height = float(np.median(level[begin:end]))
        if (end - begin) * STEP_S >= verdict.HOLD_S and height >= verdict.SMALLEST:
            holds.append((float(times[begin]), float(times[end - 1])))
    return holds


RIVALS: dict[str, Rival] = {
    "device": counter,
    "hysteresis": hysteresis,
    "semi-Markov": semi_markov,
}

REST, RISE, HOLD, FALL = range(4)
_SHORTEST_S = (0.5, 0.2, 0.1, 0.2)
_LEAVE_PER_S = (0.3, 3.0, 0.5, 3.0)


def _calibrated(shown: Sequence[LiftSample]) -> tuple[float, float]:
    first = shown[0].time
    rest = measure.median([s.lift for s in shown if s.face and s.time < first + 2.3])
    top = sorted(s.lift for s in shown if s.face)
    return rest, top[int(0.8 * len(top))] - rest


def _likelihood(
    level: NDArray[np.float64], slope: NDArray[np.float64], noise: float
) -> tuple[NDArray[np.float64], list[int]]:
    """Return log likelihoods, (times, states), and each state's kind.

    A kind is a chain of states, one a step of its shortest duration, so that durations count.
    """

    def gauss(value: NDArray[np.float64], mean: float, deviation: float) -> NDArray[np.float64]:
        return -0.5 * ((value - mean) / deviation) ** 2 - math.log(deviation)

    blur = noise / STEP_S
    kinds = np.stack(
        [
            gauss(level, 0.0, math.hypot(0.15, noise)) + gauss(slope, 0.0, math.hypot(0.3, blur)),
            gauss(level, 0.5, 0.5) + gauss(slope, 1.8, math.hypot(1.0, blur)),
            gauss(level, 1.0, math.hypot(0.25, noise)) + gauss(slope, 0.0, math.hypot(0.4, blur)),
            gauss(level, 0.5, 0.5) + gauss(slope, -1.8, math.hypot(1.0, blur)),
        ],
        axis=1,
    )
    chain = [
        kind
        for kind, seconds in enumerate(_SHORTEST_S)
        for _ in range(max(1, round(seconds / STEP_S)))
    ]
    return kinds[:, chain], chain


def _viterbi(likelihood: NDArray[np.float64], chain: list[int]) -> NDArray[np.int64]:
    """Return the likeliest kind at each time."""
    count = len(chain)
    change = np.full((count, count), -np.inf)
    for state, kind in enumerate(chain):
        if state + 1 < count and chain[state + 1] == kind:
            change[state, state + 1] = 0.0
            continue
        leave = _LEAVE_PER_S[kind] * STEP_S
        change[state, state] = math.log(1.0 - leave)
        onward = [(kind + 1) % 4, FALL] if kind == RISE else [(kind + 1) % 4]
        for target in onward:
            change[state, chain.index(target)] = math.log(leave / len(onward))
    score = np.where(np.array(chain) == REST, 0.0, -np.inf) + likelihood[0]
    back = np.zeros(likelihood.shape, dtype=np.int64)
    for step in range(1, len(likelihood)):
        ways = score[:, np.newaxis] + change
        back[step] = ways.argmax(axis=0)
        score = ways.max(axis=0) + likelihood[step]
    path = np.zeros(len(likelihood), dtype=np.int64)
    path[-1] = int(score.argmax())
    for step in range(len(likelihood) - 1, 0, -1):
        path[step - 1] = back[step, path[step]]
    return np.array(chain)[path]


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return first index and the one after the last of every run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.astype(np.int8), [0]))))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
