"""The scores as a table that a person reads."""

from __future__ import annotations

from collections.abc import Sequence

from tools.evaluate.score import ClipScore, quantile
from tools.evaluate.summary import Figure, figures_of, subgroups

HEAD = ("clip", "truth", "count", "", "start s", "end s", "seen", "false", "face", "refused")
GROUP_HEAD = ("", "", "count exact", "95 %", "lifts seen", "95 %", "end s", "95 %")


def table(scores: Sequence[ClipScore]) -> str:
    """Return a line for each clip, then the figures of all and of each kind, with intervals.

    Timing of a clip is given as median/95 % of the absolute error.
    """
    blocks = [
        _aligned([HEAD, *(_row(one) for one in scores)]),
        _aligned([_line(figure) for figure in figures_of(scores)]),
    ]
    groups = [
        _group_row(group, value, some)
        for group, parts in subgroups(scores).items()
        for value, some in parts.items()
    ]
    if groups:
        blocks.append(_aligned([GROUP_HEAD, *groups]))
    return "\n\n".join(blocks)


def _aligned(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = (
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


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


def _line(figure: Figure) -> tuple[str, ...]:
    sure = f"(95 %: {figure.span})" if figure.span else ""
    return figure.name, figure.text, sure, figure.on


def _group_row(group: str, value: str, some: Sequence[ClipScore]) -> tuple[str, ...]:
    exact, seen, _, _, _, end, *_ = figures_of(some)
    return group, value, exact.on, exact.span, seen.on, seen.span, end.text, end.span
