"""Three ways to find held lifts in a signal, under one interface, and figures of how each did.

`counter` is the device's own. `hysteresis` is what most counters do: a low-pass and two thresholds,
the hold being the time between. `semi_markov` is the textbook's answer: a hidden semi-Markov model
of rest, rise, hold and fall with durations, decoded by Viterbi over the whole set at once, which no
device could do, and told the noise, which no device knows. All three ask for the same hold, and the
first and the last for the same height.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from device.coach import events
from device.coach.counting import CalibrationError, RepetitionCounter, verdict
from device.sample import LiftSample
from tools.evaluate.score import quantile, share_interval
from tools.sets.generate import MadeSet

Hold = tuple[float, float]
Rival = Callable[[MadeSet], list[Hold]]

STEP_S = 1 / 15
"""The semi-Markov model's clock, seconds."""

REST, RISE, HOLD, FALL = range(4)
_SHORTEST_S = (0.5, 0.2, 0.1, 0.2)
"""Shortest duration of each of these states, seconds."""
_LEAVE_PER_S = (0.3, 3.0, 0.5, 3.0)
"""How often each is left once that is over, times a second."""
HEAD = ("exact", "start s", "end s")
"""The columns of `Figures.cells`."""


def counter(made: MadeSet) -> list[Hold]:
    """Count as the device does: rest and a practised lift first, as in a session."""
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
    """Count with a low-pass (0.6 a frame) and two thresholds, 0.5 of the range up and 0.3 down."""
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
    """Count by Viterbi over rest, rise, hold and fall, each with a shortest duration."""
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


def _calibrated(shown: Sequence[LiftSample]) -> tuple[float, float]:
    first = shown[0].time
    rest = float(np.median([s.lift for s in shown if s.face and s.time < first + 2.3]))
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
    """Return every run of True: its first index, and the index after its last."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.astype(np.int8), [0]))))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


@dataclass(slots=True)
class Figures:
    """How one rival did on some sets; timing errors are absolute, in seconds."""

    sets: int = 0
    exact: int = 0
    start_errors: list[float] = field(default_factory=list)
    end_errors: list[float] = field(default_factory=list)

    def add(self, made: MadeSet, holds: Sequence[Hold]) -> None:
        """Add one counted set."""
        self.sets += 1
        matched = 0
        for true in made.holds:
            found = [h for h in holds if h[0] < true[1] and h[1] > true[0]]
            if len(found) == 1:
                matched += 1
                self.start_errors.append(abs(found[0][0] - true[0]))
                self.end_errors.append(abs(found[0][1] - true[1]))
        self.exact += matched == len(made.holds) == len(holds)

    def join(self, other: Figures) -> None:
        """Add all that `other` has."""
        self.sets += other.sets
        self.exact += other.exact
        self.start_errors += other.start_errors
        self.end_errors += other.end_errors

    def cells(self) -> list[str]:
        """Return the share exact, and median/95 % of the errors of start and end."""
        return [
            self.percent(),
            *(
                f"{quantile(errors, 0.5):.2f}/{quantile(errors, 0.95):.2f}"
                for errors in (self.start_errors, self.end_errors)
            ),
        ]

    def percent(self) -> str:
        """Return the share exact, which is 100 % only if all are."""
        if self.exact == self.sets:
            return "100 %"
        return f"{100 * self.exact / self.sets:.1f} %"

    def surely(self) -> str:
        """Return the share exact with its 95 % interval."""
        interval = share_interval(self.exact, self.sets)
        if interval is None:
            return "-"
        low, high = (100 * end for end in interval)
        return f"{100 * self.exact / self.sets:.1f} % ({low:.1f} to {high:.1f})"
