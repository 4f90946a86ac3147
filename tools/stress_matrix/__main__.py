"""`python -m tools.stress_matrix [DIR] [--write]`: everybody, under every kind of stress, counted.

Films of DIR (annotated, people's faces, not in the repository), films of rendered people seen off
axis, and our own synthetic people go through the device's own vision and counter, at 15 frames a
second. What vision saw is kept as traces in the cache folder, so that a second run costs seconds
and one that was stopped continues; a change to vision or to the pictures makes them anew. `--write`
puts the tables into README.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from device.coach import cues
from tools.clips import clips_folder
from tools.documents import head, rewrite, row
from tools.environment import argument_parser, in_one_line
from tools.processes import add_jobs
from tools.stress_matrix.cases import (
    Filmed,
    OffAxis,
    Rendered,
    Result,
    kept_in,
    result,
    see,
    vision_and_pictures,
)
from tools.stress_matrix.plan import LADDER, OFF_AXIS, Row, Table, tables

README = Path(__file__).with_name("README.md")


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argument_parser("tools.stress_matrix", __doc__)
    parser.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="annotated films")
    parser.add_argument(
        "--people",
        type=Path,
        metavar="FOLDER",
        help="annotated films of faces seen off axis (default: `people` in DIR)",
    )
    add_jobs(parser)
    parser.add_argument("--only", metavar="WORD", default="", help="rows with this in their name")
    parser.add_argument(
        "--seen", action="store_true", help="only what was seen before; the rest is left out"
    )
    parser.add_argument("--write", action="store_true", help="put the tables into README.md")
    options = parser.parse_args(arguments)
    folder = clips_folder(options.folder)
    people = folder / "people" if options.people is None else clips_folder(options.people)
    made = tables(folder, people, options.only)
    if options.seen:
        made = [only_seen(table) for table in made]
    else:
        see([case for table in made for line in table.rows for case in line.cases], options.jobs)
    for table in made:
        text = TEXTS.get(table.name, counts)(table)
        print(text)
        if options.write:
            rewrite(README, table.name, text)
    return 0


def only_seen(table: Table) -> Table:
    """Return the table without the cases that no trace was made of yet."""
    folder = kept_in() / vision_and_pictures()
    rows = [
        replace(line, cases=[c for c in line.cases if (folder / f"{c.name}.trace").exists()])
        for line in table.rows
    ]
    return Table(table.name, [line for line in rows if line.cases])


def counts(table: Table) -> str:
    """Return a line for each row: how many counts were exact, and who was counted wrongly."""
    who = ("people filmed", "rendered head", "our people", "nothing to count")
    lines = head(("made harder by", *who, "wrong: counted of true"))
    sums = [[0, 0] for _ in range(4)]
    for line in table.rows:
        results = [result(case, line.nothing) for case in line.cases]
        columns: list[list[Result]] = [[], [], [], []]
        for one in results:
            columns[_column(one, line)].append(one)
        for total, column in zip(sums, columns, strict=True):
            total[0] += sum(one.exact for one in column)
            total[1] += len(column)
        wrong = ", ".join(
            f"{one.case.who} {one.counted} of {one.truth}" for one in results if not one.exact
        )
        lines.append(row([line.about, *map(_exact, columns), wrong]))
    totals = [f"**{exact} / {of}**" if of else "" for exact, of in sums]
    lines.append(row(["**all**", *totals, ""]))
    return "\n".join(lines)


def ladder(table: Table) -> str:
    """Return a line for each level of light: frames with a face, whether it was said, counts."""
    seen = ("frames with a face, least", "`too_dark` said", "exact")
    lines = head(("grey level of the face", *seen, "wrong: counted of true"))
    for line in table.rows:
        results = [result(case) for case in line.cases]
        told = sum(one.said(cues.CueKind.TOO_DARK) for one in results)
        wrong = ", ".join(
            f"{one.case.who} {one.counted} of {one.truth}" for one in results if not one.exact
        )
        least = f"{100 * min(one.face for one in results):.0f} %"
        cells = [line.about, least, f"{told} of {len(results)}", _exact(results), wrong]
        lines.append(row(cells))
    return "\n".join(lines)


def off_axis(table: Table) -> str:
    """Return a line for each pose: exact counts, what was said, and what was counted wrongly."""
    who = ("our people", "rendered people")
    lines = head(
        ("the face is turned", *who, "`turned_away` said", "counted beside the lifts", "not exact")
    )
    sums: dict[bool, list[Result]] = {False: [], True: []}
    for line in table.rows:
        results = [result(case) for case in line.cases]
        sums[line.beyond] += results
        wrong = ", ".join(
            f"{one.case.who} {one.counted} of {one.truth}" for one in results if not one.exact
        )
        lines.append(row([line.about, *_seen_from_there(results), wrong]))
    for beyond, about in ((False, "**within reach**"), (True, "**beyond**")):
        lines.append(row([about, *_seen_from_there(sums[beyond]), ""]))
    return "\n".join(lines)


def _seen_from_there(results: Sequence[Result]) -> list[str]:
    ours = [one for one in results if isinstance(one.case, Rendered)]
    films = [one for one in results if isinstance(one.case, OffAxis)]
    said = sum(one.said(cues.CueKind.FIND_FACE, cues.Aim.TURNED_AWAY) for one in results)
    beside = sum(
        one.counted_beside(one.case.lifts())
        for one in results
        if isinstance(one.case, Rendered | OffAxis)
    )
    return [_exact(ours), _exact(films), f"{said} of {len(results)}", str(beside)]


TEXTS: dict[str, Callable[[Table], str]] = {LADDER: ladder, OFF_AXIS: off_axis}
"""How a table is written that is not one of plain counts."""


def _column(one: Result, line: Row) -> int:
    if isinstance(one.case, Filmed):
        if one.truth == 0 and not line.nothing:
            return 3
        return 1 if "ict0" in one.case.who else 0
    return 2


def _exact(results: Sequence[Result]) -> str:
    if not results:
        return ""
    return f"{sum(one.exact for one in results)} / {len(results)}"


if __name__ == "__main__":
    sys.exit(main())
