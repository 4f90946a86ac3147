"""The last session lift by lift: from its trace if one was kept, else as the journal has it."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from device.sample import LiftSample

_AROUND_S = 0.5
_DRAWN_EVERY_S = 0.06
"""A trace is drawn with about 15 samples a second: more would not be seen, and weighs."""


@dataclass(frozen=True, slots=True)
class Lift:
    """One lift of the last session; times in seconds.

    `number` is None if it was refused. `outline` is its height as a share of the practised lift,
    against the time since it began: every sample of it if a trace was kept, or else where it
    began, reached its height, left it and ended, drawn from the journal's numbers. `held` is from
    when to when it was held, on the same scale.
    """

    number: int | None
    reason: str | None
    notes: tuple[str, ...]
    rise: float | None
    hold: float
    release: float | None
    outline: tuple[tuple[float, float], ...]
    held: tuple[float, float]


def lifts_of_last(connection: sqlite3.Connection, samples: Sequence[LiftSample]) -> Iterator[Lift]:
    """Yield the lifts of the latest session, drawn from `samples` of it if there are any."""
    for practised, number, reason, notes, hold, peak, *phases in connection.execute(
        "SELECT s.practised, l.number, l.reason, l.notes, l.hold_s, l.peak,"
        " l.onset_s, l.apex_s, l.offset_s, l.end_s FROM lifts l"
        " JOIN sessions s ON s.id = l.session"
        " WHERE s.id = (SELECT max(id) FROM sessions) ORDER BY l.id"
    ):
        onset, apex, offset, end = phases
        rise, release = (apex - onset, end - offset) if number is not None else (None, None)
        # Of a refused lift the journal knows no apex: its hold is drawn in the middle.
        top = (onset + end - hold) / 2 if apex is None else apex
        drawn = list(_traced(samples, onset, end, practised)) if practised else []
        if not drawn:
            drawn = [(onset, 0.0), (top, peak), (top + hold, peak), (end, 0.0)]
        outline = tuple((round(at - onset, 2), round(height, 2)) for at, height in drawn)
        held = (round(top - onset, 2), round(top + hold - onset, 2))
        yield Lift(number, reason, tuple(notes.split()), rise, hold, release, outline, held)


def _traced(
    samples: Sequence[LiftSample], onset: float, end: float, practised: float
) -> Iterator[tuple[float, float]]:
    """Yield the samples of one lift and a little around it, as shares of the practised one."""
    seen = [
        sample
        for sample in samples
        if onset - _AROUND_S <= sample.time <= end + _AROUND_S and math.isfinite(sample.lift)
    ]
    calm = [sample.lift for sample in seen if sample.time <= onset]
    rest = median(calm) if calm else 0.0
    last = -math.inf
    for sample in seen if calm else ():
        if sample.time - last >= _DRAWN_EVERY_S:
            last = sample.time
            yield sample.time, (sample.lift - rest) / practised
