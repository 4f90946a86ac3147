"""The scores as a table that a person reads."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tools.evaluate.score import ClipScore, Totals, quantile

HEAD = ("clip", "truth", "count", "", "start s", "end s", "seen", "false", "face", "refused")


def table(scores: Sequence[ClipScore], totals: Totals) -> str:
    """Return a line for each clip and the totals; timing as median/95 % of the absolute error."""
    rows = [HEAD, *(_row(one) for one in scores)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return "\n".join([*(line.rstrip() for line in lines), "", *_totals(totals)])


def _row(one: ClipScore) -> tuple[str, ...]:
    truth = str(one.fewest) if one.fewest == one.most else f"{one.fewest}-{one.most}"
    return (
        one.name,
        truth,
        str(one.counted),
        "exact" if one.exact else "WRONG",
        _errors(one.start_errors),
        _errors(one.end_errors),
        f"{one.seen}/{one.lifts}" if one.lifts else "",
        str(one.false_reps) if one.false_reps else "",
        f"{100 * one.face:.1f} %",
        ", ".join(f"{reason} {count}" for reason, count in one.refused.items()),
    )


def _errors(errors: Sequence[float]) -> str:
    if not errors:
        return ""
    sizes = [abs(error) for error in errors]
    return f"{quantile(sizes, 0.5):.2f}/{quantile(sizes, 0.95):.2f}"


def _totals(totals: Totals) -> list[str]:
    lines = [
        f"clips exact {totals.exact} of {totals.clips}, count off by {totals.mean_error:.2f} "
        f"on average, {100 * totals.off_by_one:.0f} % within one",
    ]
    if not math.isnan(totals.start_median):
        lines.append(
            f"hold start off by {totals.start_median:.3f} s (median), {totals.start_95:.3f} s "
            f"(95 %); hold end {totals.end_median:.3f} s, {totals.end_95:.3f} s"
        )
    lines.append(
        f"lifts seen {totals.seen} of {totals.lifts}; short, partial and one-sided lifts refused "
        f"{totals.decoys - totals.decoys_counted} of {totals.decoys}"
    )
    lines.append(
        f"false repetitions in {totals.negative_minutes:.1f} minutes without any: "
        f"{totals.negative_false_reps}"
    )
    return lines
