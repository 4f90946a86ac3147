"""What a person wrote down about a clip: the `X.json` beside `X.mp4`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from device.errors import CallerError
from tools.evaluate.groups import groups_of

NOT_REPETITIONS = ("short_lift", "partial_lift", "one_sided_lift")
"""Kinds of events that look like lifts and must not be counted."""
RESTLESS = ("rest", "no_face")
"""Kinds of events in which nothing happens that could be taken for a lift."""


class AnnotationError(CallerError):
    """An annotation that cannot be used; the message names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happens in a clip, in seconds. A hold's times are None where not annotated."""

    kind: str
    start: float
    end: float
    hold_start: float | None = None
    hold_end: float | None = None


@dataclass(frozen=True, slots=True)
class Annotation:
    """A clip's truth: between `fewest` and `most` repetitions, and what happens when.

    `groups` says what kind of clip it is, by the names of `groups.GROUPS`.
    """

    fewest: int
    most: int
    events: tuple[Event, ...]
    groups: Mapping[str, str] = field(default_factory=dict)

    @property
    def lifts(self) -> tuple[Event, ...]:
        """Every lift that is one, held or not."""
        return tuple(event for event in self.events if event.kind == "lift")

    @property
    def decoys(self) -> tuple[Event, ...]:
        """Every lift that must be refused."""
        return tuple(event for event in self.events if event.kind in NOT_REPETITIONS)


def read(path: Path) -> Annotation:
    """Read the annotation at `path`.

    A repetition is a lift held for 2 s, so `lifts_held_2s` is the truth; where the annotator
    marked the count as ambiguous, `count_range` is, its lower end no higher than that. Raises
    AnnotationError.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise AnnotationError(
            f"{path}: no annotation ({error}). Mend it or move it away."
        ) from error
    try:
        held = int(data.get("lifts_held_2s", data["lifts"]))
        fewest, most = held, held
        if data.get("count_ambiguous", False):
            low, high = data["count_range"]
            fewest, most = min(held, int(low)), max(held, int(high))
        events = tuple(_event(one) for one in data.get("events", []))
        groups = groups_of(data)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise AnnotationError(
            f"{path}: not in the format of the development clips ({error!r}). "
            "It needs lifts, count_range, count_ambiguous, lifts_held_2s and events."
        ) from error
    return Annotation(fewest, most, events, groups)


def _event(one: dict[str, Any]) -> Event:
    def time(name: str) -> float | None:
        return None if one.get(name) is None else float(one[name])

    return Event(
        str(one["type"]),
        float(one["start_s"]),
        float(one["end_s"]),
        time("hold_start_s"),
        time("hold_end_s"),
    )
