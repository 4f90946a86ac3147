"""Figures with their spread, as a table for people and as JSON for programs."""

from __future__ import annotations

import statistics
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """Least, middle and greatest of several measurements."""

    least: float
    median: float
    most: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        """Return the spread of `values`, of which there is at least one."""
        return cls(min(values), statistics.median(values), max(values))

    def as_json(self) -> dict[str, float]:
        """Return min, median and max, to four significant digits."""
        names = {"min": self.least, "median": self.median, "max": self.most}
        return {name: float(f"{value:.4g}") for name, value in names.items()}

    def __str__(self) -> str:
        return " / ".join(f"{value:.3g}" for value in (self.least, self.median, self.most))


@dataclass(frozen=True, slots=True)
class Row:
    """One quantity: ours, MediaPipe's where it has one, and the goal, if there is one.

    `goal` bounds the median of `ratio` if `of_ratio`, else that of `ours`.
    """

    what: str
    unit: str
    ours: Spread
    theirs: Spread | None = None
    ratio: Spread | None = None
    goal: float | None = None
    of_ratio: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None if there is none, or nothing to compare with."""
        judged = self.ratio if self.of_ratio else self.ours
        return None if self.goal is None or judged is None else judged.median <= self.goal

    def as_json(self) -> dict[str, object]:
        """Return the row under plain names."""
        return {
            "what": self.what,
            "unit": self.unit,
            "ours": self.ours.as_json(),
            "mediapipe": self.theirs and self.theirs.as_json(),
            "ratio": self.ratio and self.ratio.as_json(),
            "goal": self.goal,
            "goal_is_for": "ratio" if self.of_ratio else "ours",
            "met": self.met,
        }


def beside(
    what: str, unit: str, pairs: list[tuple[float, float | None]], goal: float | None = None
) -> Row:
    """Return a row from pairs of ours and MediaPipe's; ratios are taken within each pair."""
    both = [(ours, theirs) for ours, theirs in pairs if theirs is not None]
    return Row(
        what,
        unit,
        Spread.of([ours for ours, _ in pairs]),
        Spread.of([theirs for _, theirs in both]) if both else None,
        Spread.of([ours / theirs for ours, theirs in both]) if both else None,
        goal,
        of_ratio=True,
    )


def table(rows: list[Row]) -> str:
    """Return the rows as a Markdown table; each cell is min / median / max."""
    text = "| | unit | ours | MediaPipe | ratio | goal |\n|---|---|---|---|---|---|\n"
    for row in rows:
        goal = ""
        if row.goal is not None:
            judged = "ratio" if row.of_ratio else "ours"
            verdict = {True: "met", False: "missed", None: "not judged"}[row.met]
            goal = f"{judged} at most {row.goal:.3g}: {verdict}"
        text += (
            f"| {row.what} | {row.unit} | {row.ours} | {row.theirs or ''} | {row.ratio or ''} "
            f"| {goal} |\n"
        )
    return text
