"""`python -m tools.harder.matrix [DIR] [--write]`: everybody, made harder in every way, counted.

Films of DIR (annotated, people's faces, not in the repository) and our own synthetic people go
through the device's own vision and counter, at 15 frames a second. What vision saw is kept as
traces in the cache folder, so that a second run costs seconds and one that
was stopped goes on where it was; a change to vision or to the pictures makes them anew. `--write`
puts the tables into README.md.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2

from tools.clips import clips_folder
from tools.environment import in_one_line
from tools.harder.cases import Case, trace, vision_and_pictures
from tools.harder.plan import LADDER, tables
from tools.harder.report import counts, ladder, only_seen
from tools.marked import rewrite

README = Path(__file__).with_name("README.md")


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.harder.matrix", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="annotated films")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--only", metavar="WORD", default="", help="rows with this in their name")
    parser.add_argument(
        "--seen", action="store_true", help="only what was seen before; the rest is left out"
    )
    parser.add_argument("--write", action="store_true", help="put the tables into README.md")
    options = parser.parse_args(arguments)
    made = tables(clips_folder(options.folder), options.only)
    if options.seen:
        made = [only_seen(table) for table in made]
    else:
        see([case for table in made for row in table.rows for case in row.cases], options.jobs)
    for table in made:
        text = ladder(table) if table.name == LADDER else counts(table)
        print(text)
        if options.write:
            rewrite(README, table.name, text)
    return 0


def see(cases: list[Case], jobs: int) -> None:
    """Make the traces that are missing, in `jobs` processes; neighbours share their pictures."""
    cases = sorted(cases, key=lambda case: case.who)
    print(f"{len(cases)} cases, vision and pictures {vision_and_pictures()}", file=sys.stderr)
    if jobs == 1:
        for done, case in enumerate(cases, start=1):
            trace(case)
            _tell(done, len(cases), case.name)
        return
    with multiprocessing.get_context("spawn").Pool(jobs, _alone) as pool:
        for done, name in enumerate(pool.imap_unordered(_see, cases, chunksize=4), start=1):
            _tell(done, len(cases), name)


def _alone() -> None:
    cv2.setNumThreads(1)


def _see(case: Case) -> str:
    trace(case)
    return case.name


def _tell(done: int, of: int, name: str) -> None:
    print(f"{done}/{of} {name}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
