"""The figures of some clips with their 95 % intervals, and the clips by kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tools.evaluate import certainty
from tools.evaluate.certainty import Interval
from tools.evaluate.groups import GROUPS, NOT_SAID
from tools.evaluate.score import ClipScore, quantile


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: what it is, what it is worth, and between what it may lie.

    `value` and `interval` are None where there was nothing to measure it on, or too little.
    """

    name: str
    unit: str
    value: float | None
    interval: Interval | None
    on: str
    """On how much it was measured."""

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
    """Return what there is to say of these clips."""
    decoys = sum(one.decoys for one in scores)
    refused = decoys - sum(one.decoys_counted for one in scores)
    lifts, seen = sum(one.lifts for one in scores), sum(one.seen for one in scores)
    starts = [[abs(error) for error in one.start_errors] for one in scores]
    ends = [[abs(error) for error in one.end_errors] for one in scores]
    hours = sum(one.seconds for one in scores if one.negative) / 3600
    false = sum(one.counted for one in scores if one.negative)
    return [
        _share("count exact", sum(one.exact for one in scores), len(scores), "clips"),
        _share("lifts seen", seen, lifts, "lifts"),
        _share("short, partial, one-sided lifts refused", refused, decoys, "lifts"),
        _quantile("hold start off by, median", starts, 0.5),
        _quantile("hold start off by, 95 %", starts, 0.95),
        _quantile("hold end off by, median", ends, 0.5),
        _quantile("hold end off by, 95 %", ends, 0.95),
        Figure(
            "false repetitions where there are none to count",
            "an hour",
            false / hours if hours else None,
            certainty.of_rate(false, hours),
            f"{false} in {60 * hours:.1f} min",
        ),
    ]


def subgroups(scores: Sequence[ClipScore]) -> dict[str, dict[str, list[ClipScore]]]:
    """Return the clips by each group's values, the largest part first, what was not said last.

    A group about which no annotation says anything is left out.
    """
    found: dict[str, dict[str, list[ClipScore]]] = {}
    for group in GROUPS:
        parts: dict[str, list[ClipScore]] = {}
        for one in scores:
            parts.setdefault(one.groups.get(group, NOT_SAID), []).append(one)
        if set(parts) != {NOT_SAID}:
            ordered = sorted(parts, key=lambda part: (part == NOT_SAID, -len(parts[part]), part))
            found[group] = {part: parts[part] for part in ordered}
    return found


def _share(name: str, some: int, of: int, what: str) -> Figure:
    value = some / of if of else None
    return Figure(name, "%", value, certainty.of_share(some, of), f"{some} of {of} {what}")


def _quantile(name: str, clips: Sequence[Sequence[float]], share: float) -> Figure:
    values = [value for values in clips for value in values]
    if not values:
        return Figure(name, "s", None, None, "no lifts")
    clips_with = sum(bool(values) for values in clips)
    on = f"{len(values)} lifts, {clips_with} clips"
    return Figure(name, "s", quantile(values, share), certainty.of_quantile(clips, share), on)
