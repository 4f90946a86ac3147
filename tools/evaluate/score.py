"""Scores: a clip's events against its annotation, and figures of many clips with 95 % intervals.

Intervals of shares are Wilson's score intervals (J. Am. Stat. Assoc. 22, 1927), which hold for few
cases and for none or all of them, too. Those of rates are the exact intervals of a Poisson count
(Garwood, Biometrika 28, 1936). Those of medians and quantiles come from the percentile bootstrap
(Efron, 1979) over whole clips: errors within one clip are of one face in one light, and so they do
not count as independent.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from device.coach import events
from tools.evaluate.annotations import (
    ANGLES,
    FILM,
    GROUPS,
    KEPT_AS,
    NOT_SAID,
    RESTLESS,
    Annotation,
    Event,
)

LEVEL = 0.95
_Z = 1.959964
"""The normal quantile of 97.5 %."""
_RESAMPLES = 1000

Interval = tuple[float, float]

SLACK_S = 0.3
"""How far off an annotation made by eye may be, seconds."""


# Intervals


def share_interval(some: int, of: int) -> Interval | None:
    """Return the interval of the share `some` of `of`; None if `of` is 0."""
    if not of:
        return None
    share, z2 = some / of, _Z * _Z
    centre = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z / (1 + z2 / of) * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return max(0.0, centre - half), min(1.0, centre + half)


def rate_interval(count: int, time: float) -> Interval | None:
    """Return the interval of the rate of `count` events in `time`, per unit of it."""
    if time <= 0.0:
        return None
    tail = (1 - LEVEL) / 2
    low = 0.0 if count == 0 else _where(lambda mean: 1 - _at_most(count - 1, mean), tail, count)
    high = _where(lambda mean: -_at_most(count, mean), -tail, count)
    return low / time, high / time


def quantile_interval(clips: Sequence[Sequence[float]], share: float) -> Interval | None:
    """Return the interval of the value below which `share` of all clips' values lie.

    Clips, not their values, are drawn again. None if fewer than two clips have values.
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
    """Return how likely a Poisson count of this mean, which is above 0, is at most `count`."""
    # By logarithms: exp(-mean) alone is 0 for means above 745.
    terms = (
        number * math.log(mean) - mean - math.lgamma(number + 1) for number in range(count + 1)
    )
    return math.fsum(map(math.exp, terms))


def _where(rising: Callable[[float], float], level: float, count: int) -> float:
    """Return where a rising function of a mean reaches `level`."""
    low, high = 0.0, 10.0 + 4.0 * count
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < level else (low, middle)
    return high


# Scores


@dataclass(frozen=True, slots=True)
class ClipScore:
    """How the counter did on one clip. Errors in seconds, ours minus the annotation's."""

    name: str
    seconds: float
    fewest: int
    most: int
    counted: int
    refused: dict[str, int]
    start_errors: tuple[float, ...]
    end_errors: tuple[float, ...]
    lifts: int
    """Annotated lifts, held or not."""
    seen: int
    """Of these, how many were counted or refused."""
    decoys: int
    """Annotated lifts that must not be counted: short, partial, one-sided."""
    decoys_counted: int
    """Of these, how many were counted, once or more often."""
    false_reps: int
    """Repetitions where no lift was annotated."""
    face: float
    """Share of the frames in which a face was followed."""
    groups: Mapping[str, str] = field(default_factory=dict)
    """What kind of clip it is, by the names of `GROUPS`, and how it is kept."""

    @property
    def exact(self) -> bool:
        """Whether the count is what the annotation says, and each repetition is of a lift.

        So a false repetition does not make up for a missed lift. Where the annotation accepts more
        repetitions than it has lifts, so many may be of what it does not call a lift.
        """
        beside = max(0, self.most - self.lifts)
        return self.fewest <= self.counted <= self.most and self.false_reps <= beside

    @property
    def error(self) -> int:
        """How many repetitions the count is off by."""
        return max(self.fewest - self.counted, self.counted - self.most, 0)

    @property
    def badness(self) -> tuple[float, ...]:
        """Sorts the worst clips first: wrong counts, false repetitions, then bad timing."""
        timing = max((abs(error) for error in (*self.start_errors, *self.end_errors)), default=0.0)
        return (-self.error, -self.false_reps, -(self.lifts - self.seen), -timing)

    @property
    def negative(self) -> bool:
        """Whether nothing in the clip may be counted."""
        return self.most == 0

    @property
    def knows_lifts(self) -> bool:
        """Whether the annotation tells which repetitions are of lifts."""
        return self.lifts > 0 or self.negative

    @property
    def face_minutes(self) -> float:
        """For how long a face was followed, minutes."""
        return self.face * self.seconds / 60


@dataclass(frozen=True, slots=True)
class Totals:
    """All clips together. Errors in seconds; `off_by_one` is the share off by one at most.

    `ranges` are the clips whose annotation accepts more than one count. `negative_minutes` are
    those in which a face was followed in clips in which nothing may be counted.
    """

    clips: int
    exact: int
    ranges: int
    mean_error: float
    off_by_one: float
    start_median: float
    start_95: float
    end_median: float
    end_95: float
    lifts: int
    seen: int
    decoys: int
    decoys_counted: int
    negative_minutes: float
    negative_false_reps: int


def score(
    name: str, truth: Annotation, happened: Sequence[events.LiftEvent], seconds: float, face: float
) -> ClipScore:
    """Score what the counter said about one clip of `seconds`."""
    reps = [event for event in happened if isinstance(event, events.Rep)]
    refused = [event for event in happened if isinstance(event, events.Refused)]
    starts, ends = [], []
    for lift in truth.lifts:
        if lift.hold_start is None or lift.hold_end is None:
            continue
        rep = _best(reps, lift.hold_start, lift.hold_end)
        if rep:
            starts.append(rep.apex - lift.hold_start)
            ends.append(rep.offset - lift.hold_end)
    happening = [event for event in truth.events if event.kind not in RESTLESS]
    owners = [_owner(rep, happening) for rep in reps]
    return ClipScore(
        name=name,
        seconds=seconds,
        fewest=truth.fewest,
        most=truth.most,
        counted=len(reps),
        refused=dict(sorted(Counter(event.reason.value for event in refused).items())),
        start_errors=tuple(starts),
        end_errors=tuple(ends),
        lifts=len(truth.lifts),
        seen=sum(_is_seen(lift, [*reps, *refused]) for lift in truth.lifts),
        decoys=len(truth.decoys),
        decoys_counted=sum(decoy in owners for decoy in truth.decoys),
        false_reps=sum(owner is None or owner.kind != "lift" for owner in owners),
        face=face,
        groups=truth.groups,
    )


def total(scores: Sequence[ClipScore]) -> Totals:
    """Put the scores of all clips together."""
    starts = [abs(error) for one in scores for error in one.start_errors]
    ends = [abs(error) for one in scores for error in one.end_errors]
    clips = max(1, len(scores))
    return Totals(
        clips=len(scores),
        exact=sum(one.exact for one in scores),
        ranges=sum(one.fewest < one.most for one in scores),
        mean_error=sum(one.error for one in scores) / clips,
        off_by_one=sum(one.error <= 1 for one in scores) / clips,
        start_median=quantile(starts, 0.5),
        start_95=quantile(starts, 0.95),
        end_median=quantile(ends, 0.5),
        end_95=quantile(ends, 0.95),
        lifts=sum(one.lifts for one in scores),
        seen=sum(one.seen for one in scores),
        decoys=sum(one.decoys for one in scores),
        decoys_counted=sum(one.decoys_counted for one in scores),
        negative_minutes=sum(one.face_minutes for one in scores if one.negative),
        negative_false_reps=sum(one.counted for one in scores if one.negative),
    )


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` of `values` lie, interpolated; NaN if there are none."""
    return float(np.quantile(values, share)) if values else math.nan


def _overlap(start: float, end: float, other_start: float, other_end: float) -> float:
    return max(0.0, min(end, other_end) - max(start, other_start))


def _best(reps: Sequence[events.Rep], start: float, end: float) -> events.Rep | None:
    """Return the repetition whose hold overlaps most with `start` to `end`."""
    best = max(reps, key=lambda rep: _overlap(rep.apex, rep.offset, start, end), default=None)
    return best if best and _overlap(best.apex, best.offset, start, end) > 0.0 else None


def _is_seen(lift: Event, said: Sequence[events.Rep | events.Refused]) -> bool:
    return any(_overlap(one.onset, one.end, lift.start, lift.end) > 0.0 for one in said)


def _owner(rep: events.Rep, happening: Sequence[Event]) -> Event | None:
    """Return what was going on in the picture while `rep` was held; None if nothing was."""
    overlaps = [
        (_overlap(rep.apex, rep.offset, event.start - SLACK_S, event.end + SLACK_S), event)
        for event in happening
    ]
    most, event = max(overlaps, key=lambda pair: pair[0], default=(0.0, None))
    return event if most > 0.0 else None


# Figures


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure with its unit, its value and its 95 % interval.

    `value` and `interval` are None where there was nothing to measure it on, or too little.
    """

    name: str
    unit: str
    value: float | None
    interval: Interval | None
    on: str
    """What it was measured on, in words."""

    @property
    def text(self) -> str:
        """The figure as a person reads it."""
        if self.value is None:
            return "-"
        return f"{self._number(self.value)} {self.unit}"

    @property
    def span(self) -> str:
        """The interval as a person reads it; nothing if there is none."""
        if self.interval is None:
            return ""
        return f"{self._number(self.interval[0])} to {self._number(self.interval[1])}"

    def _number(self, value: float) -> str:
        return f"{100 * value:.0f}" if self.unit == "%" else f"{value:.2f}"


def figures_of(scores: Sequence[ClipScore]) -> list[Figure]:
    """Return all figures of these clips."""
    decoys = sum(one.decoys for one in scores)
    not_counted = decoys - sum(one.decoys_counted for one in scores)
    lifts, seen = sum(one.lifts for one in scores), sum(one.seen for one in scores)
    starts = [[abs(error) for error in one.start_errors] for one in scores]
    ends = [[abs(error) for error in one.end_errors] for one in scores]
    known = [one for one in scores if one.knows_lifts]
    no_lift, counted = sum(one.false_reps for one in known), sum(one.counted for one in known)
    hours = sum(one.face_minutes for one in scores if one.negative) / 60
    false = sum(one.counted for one in scores if one.negative)
    return [
        _share("count exact", sum(one.exact for one in scores), len(scores), "clips"),
        _share("lifts seen", seen, lifts, "lifts"),
        _share("short, partial, one-sided lifts not counted", not_counted, decoys, "lifts"),
        _quantile("hold start off by, median", starts, 0.5),
        _quantile("hold start off by, 95 %", starts, 0.95),
        _quantile("hold end off by, median", ends, 0.5),
        _quantile("hold end off by, 95 %", ends, 0.95),
        Figure(
            "false repetitions where there are none to count",
            "an hour",
            false / hours if hours else None,
            rate_interval(false, hours),
            f"{false} in {60 * hours:.1f} min with a face",
        ),
        _share("repetitions that were no lift", no_lift, counted, "repetitions"),
    ]


def subgroups(scores: Sequence[ClipScore]) -> dict[str, dict[str, list[ClipScore]]]:
    """Return the clips by each group's values: the largest part first, those not said last.

    Angles come in their own order. A group about which no annotation says anything is left out, and
    so is how the clips are kept if all are films.
    """
    found: dict[str, dict[str, list[ClipScore]]] = {}
    angles = {angle: place for place, angle in enumerate(ANGLES)}
    for group in (*GROUPS, KEPT_AS):
        parts: dict[str, list[ClipScore]] = {}
        for one in scores:
            parts.setdefault(one.groups.get(group, NOT_SAID), []).append(one)
        if set(parts) not in ({NOT_SAID}, {FILM}):
            places = {part: -len(some) for part, some in parts.items()} | angles
            ordered = sorted(parts, key=lambda part: (part == NOT_SAID, places[part], part))
            found[group] = {part: parts[part] for part in ordered}
    return found


def _share(name: str, some: int, of: int, what: str) -> Figure:
    value = some / of if of else None
    return Figure(name, "%", value, share_interval(some, of), f"{some} of {of} {what}")


def _quantile(name: str, clips: Sequence[Sequence[float]], share: float) -> Figure:
    values = [value for values in clips for value in values]
    if not values:
        return Figure(name, "s", None, None, "no lifts")
    clips_with = sum(bool(values) for values in clips)
    on = f"{len(values)} lifts, {clips_with} clips"
    return Figure(name, "s", quantile(values, share), quantile_interval(clips, share), on)
