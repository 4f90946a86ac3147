"""The scores as a table of text, and as one HTML page that shows the worst clips first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from device.coach import events
from tools.documents import html_page
from tools.evaluate.annotations import Annotation, read
from tools.evaluate.replays import Replayed
from tools.evaluate.score import ClipScore, Figure, figures_of, quantile, subgroups

HEAD = ("clip", "truth", "count", "", "start s", "end s", "seen", "false", "face", "refused")
GROUP_HEAD = ("", "", "count exact", "95 %", "lifts seen", "95 %", "end s", "95 %")

_WIDTH = 1000
_SHOWN = 200
"""How many of the worst clips are shown one by one."""


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


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that lasted, drawn on a line that stands for the whole clip."""

    x: float
    width: float
    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class Case:
    """One clip on the page."""

    score: ClipScore
    path: Path
    truth: list[Bar]
    said: list[Bar]


def page(scores: Mapping[Path, ClipScore], replays: Mapping[Path, Replayed]) -> str:
    """Return the page of all clips."""
    worst_first = sorted(scores, key=lambda clip: (scores[clip].badness, clip.stem))
    cases = [_case(clip, scores[clip], replays[clip]) for clip in worst_first[:_SHOWN]]
    everything = list(scores.values())
    return html_page(
        Path(__file__).with_name("report.html"),
        cases=cases,
        clips=len(scores),
        figures=figures_of(everything),
        groups=_tables(everything),
        width=_WIDTH,
    )


def _tables(scores: Sequence[ClipScore]) -> dict[str, dict[str, list[Figure]]]:
    return {
        group: {value: figures_of(some) for value, some in parts.items()}
        for group, parts in subgroups(scores).items()
    }


def _case(clip: Path, score: ClipScore, replayed: Replayed) -> Case:
    truth = read(clip.with_suffix(".json"))
    scale = _WIDTH / max(score.seconds, 1e-3)
    return Case(score, clip, _annotated(truth, scale), _said(replayed, scale))


def _annotated(truth: Annotation, scale: float) -> list[Bar]:
    bars = []
    for event in truth.events:
        kind = "lift" if event.kind == "lift" else "decoy" if event in truth.decoys else "other"
        label = f"{event.kind} {event.start:.1f} to {event.end:.1f} s"
        bars.append(Bar(event.start * scale, (event.end - event.start) * scale, kind, label))
        if event.hold_start is not None and event.hold_end is not None:
            held = event.hold_end - event.hold_start
            label = f"held {event.hold_start:.2f} to {event.hold_end:.2f} s"
            bars.append(Bar(event.hold_start * scale, held * scale, "hold", label))
    return bars


def _said(replayed: Replayed, scale: float) -> list[Bar]:
    bars = []
    for event in replayed.events:
        length = (event.end - event.onset) * scale
        if isinstance(event, events.Rep):
            label = f"rep {event.number}: held {event.apex:.2f} to {event.offset:.2f} s"
            bars.append(Bar(event.onset * scale, length, "lift", label))
            bars.append(Bar(event.apex * scale, event.hold * scale, "hold", label))
        else:
            label = f"refused, {event.reason.value}: {event.onset:.1f} to {event.end:.1f} s"
            bars.append(Bar(event.onset * scale, length, "decoy", label))
    return bars
