"""What came of the cases, as tables of a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from device.coach import cues, events, exercises, session
from device.coach.counting import RepetitionCounter
from device.sample import LiftSample
from tools.harder.cases import Case, Filmed, kept_in, samples, trace, vision_and_pictures
from tools.harder.plan import Row, Table


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one case: repetitions counted of those there were, and what was said."""

    case: Case
    truth: int
    counted: int
    face: float
    """Share of the samples with a face."""
    shown: list[cues.Cue]

    @property
    def exact(self) -> bool:
        """Whether the count is right."""
        return self.counted == self.truth

    def said(self, kind: cues.CueKind, aim: cues.Aim | None = None) -> bool:
        """Whether the session said this."""
        return any(cue.kind is kind and cue.aim is aim for cue in self.shown)


def result(case: Case, nothing: bool = False) -> Result:
    """Count a case, as a replay does, and let a session watch it."""
    seen = samples(trace(case))
    counter = RepetitionCounter.population()
    counted = sum(
        isinstance(event, events.Rep) for sample in seen for event in counter.feed(sample)
    )
    truth = 0 if nothing else case.count()
    face = sum(sample.face for sample in seen) / max(1, len(seen))
    return Result(case, truth, counted, face, cues_of(seen))


def cues_of(seen: Sequence[LiftSample]) -> list[cues.Cue]:
    """Return what a session says that begins with the first sample."""
    lived = session.Session(exercises.CHEEK_LIFTER, RepetitionCounter())
    said = lived.start(seen[0].time)
    for sample in seen:
        said += lived.feed(sample)
    return [output for output in said if isinstance(output, cues.Cue)]


def only_seen(table: Table) -> Table:
    """Return the table without what no trace was made of yet."""
    folder = kept_in() / vision_and_pictures()
    rows = [
        replace(row, cases=[c for c in row.cases if (folder / f"{c.name}.trace").exists()])
        for row in table.rows
    ]
    return Table(table.name, [row for row in rows if row.cases])


def counts(table: Table) -> str:
    """Return a line for each row: how many counts were exact, and who was counted wrongly."""
    head = ("made harder by", "people filmed", "rendered head", "our people", "nothing to count")
    lines = [_line((*head, "wrong: counted of true")), _line(["---"] * 6)]
    sums = [[0, 0] for _ in range(4)]
    for row in table.rows:
        results = [result(case, row.nothing) for case in row.cases]
        columns: list[list[Result]] = [[], [], [], []]
        for one in results:
            columns[_column(one, row)].append(one)
        for total, column in zip(sums, columns, strict=True):
            total[0] += sum(one.exact for one in column)
            total[1] += len(column)
        wrong = ", ".join(
            f"{one.case.who} {one.counted} of {one.truth}" for one in results if not one.exact
        )
        lines.append(_line([row.about, *map(_exact, columns), wrong]))
    totals = [f"**{exact} / {of}**" if of else "" for exact, of in sums]
    lines.append(_line(["**all**", *totals, ""]))
    return "\n".join(lines)


def ladder(table: Table) -> str:
    """Return a line for each level of light: faces followed, cue or not, counts."""
    head = ("grey level of the face", "frames with a face, least", "`too_dark` said", "exact")
    lines = [_line((*head, "wrong: counted of true")), _line(["---"] * 5)]
    for row in table.rows:
        results = [result(case) for case in row.cases]
        told = sum(one.said(cues.CueKind.TOO_DARK) for one in results)
        wrong = ", ".join(
            f"{one.case.who} {one.counted} of {one.truth}" for one in results if not one.exact
        )
        least = f"{100 * min(one.face for one in results):.0f} %"
        cells = [row.about, least, f"{told} of {len(results)}", _exact(results), wrong]
        lines.append(_line(cells))
    return "\n".join(lines)


def _column(one: Result, row: Row) -> int:
    if isinstance(one.case, Filmed):
        if one.truth == 0 and not row.nothing:
            return 3
        return 1 if "ict0" in one.case.who else 0
    return 2


def _exact(results: Sequence[Result]) -> str:
    if not results:
        return ""
    return f"{sum(one.exact for one in results)} / {len(results)}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
