"""`python -m tools.evaluate DIR [--json FILE]`: score every `X.mp4` with an `X.json` beside it.

Each clip is replayed through the device's own vision and counter, as `liftlight replay` does it,
and compared with what a person wrote down about it. A trace `X.csv` without a film beside it, which
has no pictures, is replayed through the counter. The table goes to stdout, or to stderr if `-`
sends a file to stdout; progress goes to stderr. With --json or --keep, an interrupted evaluation
continues where it stopped: the replays that were finished are kept beside FILE.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from device.files import STDOUT, keep_apart, text_file
from tools.documents import as_json, console
from tools.environment import argument_parser, in_one_line
from tools.evaluate.annotations import read
from tools.evaluate.replays import Kept, Progress, annotated_clips, replay_all, scored
from tools.evaluate.report import page, table
from tools.evaluate.score import ClipScore, Figure, figures_of, subgroups, total
from tools.processes import add_jobs


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    options = _options(arguments)
    to_file = options.json not in (None, STDOUT)
    keep = options.keep or (options.json.with_suffix(".kept") if to_file else None)
    try:
        clips = annotated_clips(options.folder)
        for clip in clips:
            read(clip.with_suffix(".json"))  # A broken one is found before hours of work.
        keep_apart(
            [*clips, *(clip.with_suffix(".json") for clip in clips)], [options.json, options.html]
        )
        with ExitStack() as files:
            # Found out before the work rather than after it, if they cannot be written.
            figures = options.json and files.enter_context(text_file(options.json))
            pages = options.html and files.enter_context(text_file(options.html))
            with Progress() as progress:
                replays = replay_all(clips, Kept(keep), progress, options.jobs, options.cluster)
            scores = {clip: scored(clip, replayed) for clip, replayed in replays.items()}
            if figures:
                figures.write(as_json(_figures(scores)))
            if pages:
                pages.write(page(scores, replays))
    except KeyboardInterrupt:
        what = f"what is finished is kept in {keep}" if keep else "nothing was kept"
        print(f"interrupted; {what}", file=sys.stderr)
        return 1
    print(table(list(scores.values())), file=console(options.json, options.html))
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argument_parser("tools.evaluate", __doc__)
    parser.add_argument("folder", metavar="DIR", type=Path)
    parser.add_argument(
        "--json", metavar="FILE", type=Path, help="every figure goes there; - is stdout"
    )
    parser.add_argument(
        "--html", metavar="FILE", type=Path, help="a page goes there, the worst clips first"
    )
    parser.add_argument(
        "--keep",
        metavar="FOLDER",
        type=Path,
        help="keep each clip's replay there (FILE.kept beside the JSON, if there is one)",
    )
    add_jobs(parser)
    parser.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="let the workers of this Dask scheduler do it, as in tcp://10.0.0.1:8786; they need "
        "this same LiftLight and the clips under the same paths",
    )
    return parser.parse_args(arguments)


def _figures(scores: Mapping[Path, ClipScore]) -> dict[str, Any]:
    everything = list(scores.values())
    return {
        "clips": [{**asdict(one), "exact": one.exact, "error": one.error} for one in everything],
        "totals": {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in asdict(total(everything)).items()
        },
        "figures": _listed(figures_of(everything)),
        "groups": {
            group: {value: _listed(figures_of(some)) for value, some in parts.items()}
            for group, parts in subgroups(everything).items()
        },
    }


def _listed(figures: Sequence[Figure]) -> list[dict[str, Any]]:
    return [
        {
            "name": one.name,
            "unit": one.unit,
            "value": one.value,
            "interval_95": one.interval,
            "on": one.on,
        }
        for one in figures
    ]


if __name__ == "__main__":
    sys.exit(main())
