"""The scores as one HTML page, the worst clips first, each with what was annotated and what was
counted on one line of time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from device.coach import events
from tools.evaluate.annotations import Annotation, read
from tools.evaluate.clip import Replayed
from tools.evaluate.score import ClipScore
from tools.evaluate.summary import Figure, figures_of, subgroups
from tools.page import rendered

_WIDTH = 1000
_SHOWN = 200
"""So many of the worst clips are shown one by one."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that lasted, as parts of a thousand of the clip."""

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
    return rendered(
        Path(__file__).with_name("page.html"),
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
