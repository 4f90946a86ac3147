"""Scores: one clip's events against its annotation, and all clips together."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from device.coach import events
from tools.evaluate.annotations import RESTLESS, Annotation, Event

SLACK_S = 0.3
"""Annotations made by eye are this exact, seconds."""


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
    """Annotated lifts that must be refused: short, partial, one-sided."""
    decoys_counted: int
    false_reps: int
    """Repetitions where no lift was annotated."""
    face: float
    """Share of the frames in which a face was followed."""
    groups: Mapping[str, str] = field(default_factory=dict)
    """What kind of clip it is: light, roll, fingers, mouth, subject."""

    @property
    def exact(self) -> bool:
        """Whether the count is what the annotation says."""
        return self.fewest <= self.counted <= self.most

    @property
    def error(self) -> int:
        """By how many the count is off."""
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


@dataclass(frozen=True, slots=True)
class Totals:
    """All clips together. Errors in seconds; `off_by_one` is the share off by one at most."""

    clips: int
    exact: int
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
        decoys_counted=sum(_owner(rep, happening) in truth.decoys for rep in reps),
        false_reps=sum(
            (owner := _owner(rep, happening)) is None or owner.kind != "lift" for rep in reps
        ),
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
        negative_minutes=sum(one.seconds for one in scores if one.negative) / 60,
        negative_false_reps=sum(one.counted for one in scores if one.negative),
    )


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` of `values` lie, interpolated; NaN if there are none."""
    if not values:
        return math.nan
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


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
