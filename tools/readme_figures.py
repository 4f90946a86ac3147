"""`python -m tools.readme_figures [CLIPS]`: the README's table of how well LiftLight counts.

Evaluates the annotated development clips in the folder and in its `synthetic` folder, and those in
its `people` folder that were filmed off axis within reach, and puts the table, with how many clips
accept a range of counts, between its marks in README.md.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.clips import clips_folder
from tools.documents import rewrite, row
from tools.environment import ROOT, argument_parser, in_one_line
from tools.evaluate.annotations import ANGLES, off_axis
from tools.evaluate.replays import annotated_clips, evaluate
from tools.evaluate.score import ClipScore, Totals, rate_interval, total

COMPOSITES = "sets of 8 to 10 held lifts, put together from real frames"
RECORDINGS = "short recordings of real people, mostly not exercising"
RENDERINGS = "renderings of one head: good, short, jerky, weak, dark, lying, turning, talking"
OFF_AXIS = "off axis: renderings of three more heads, 10 to 45 degrees past the camera"
HEAD = (
    "| clips | count exact | hold start, median / 95 % | hold end, median / 95 % "
    "| short, partial, one-sided lifts not counted | false reps where there is nothing to count |\n"
    "|---|---|---|---|---|---|"
)


def measure(folder: Path) -> dict[str, list[ClipScore]]:
    """Evaluate every clip; return the scores by kind of clip."""
    kinds = (COMPOSITES, RECORDINGS, RENDERINGS, OFF_AXIS)
    groups: dict[str, list[ClipScore]] = {kind: [] for kind in kinds}
    clips = [*annotated_clips(folder), *annotated_clips(folder / "synthetic")]
    clips += filter(_off_axis_within_reach, annotated_clips(folder / "people"))
    for clip in clips:
        print(f"{clip.stem} ...", file=sys.stderr, flush=True)
        groups[_kind(clip)].append(evaluate(clip))
    return groups


def _about(clip: Path) -> dict[str, Any]:
    about: dict[str, Any] = json.loads(clip.with_suffix(".json").read_text(encoding="utf-8"))
    return about


def _off_axis_within_reach(clip: Path) -> bool:
    return ANGLES["in front"] < (off_axis(_about(clip)) or 0.0) <= ANGLES["to 45"]


def _kind(clip: Path) -> str:
    about = _about(clip)
    if about.get("set") == "people":
        return OFF_AXIS
    if about.get("synthetic"):
        return RENDERINGS
    return COMPOSITES if about.get("semi_synthetic") else RECORDINGS


def table(groups: dict[str, list[ClipScore]]) -> str:
    """Return the table in Markdown, a row a kind of clip, and below it how many accept a range."""
    totals = total([one for scores in groups.values() for one in scores])
    below = (
        f"{totals.ranges} of the {totals.clips} clips accept a range of counts, because the "
        "annotator could not tell."
    )
    return "\n".join([HEAD, *(_row(kind, scores) for kind, scores in groups.items()), "", below])


def _row(kind: str, scores: Sequence[ClipScore]) -> str:
    totals = total(scores)
    cells = (
        kind,
        f"{totals.exact} of {totals.clips}",
        _pair(totals.start_median, totals.start_95),
        _pair(totals.end_median, totals.end_95),
        f"{totals.decoys - totals.decoys_counted} of {totals.decoys}" if totals.decoys else "",
        _negatives(totals),
    )
    return row(cells)


def _pair(median: float, high: float) -> str:
    return "" if math.isnan(median) else f"{median:.2f} s / {high:.2f} s"


def _negatives(totals: Totals) -> str:
    if not totals.negative_minutes:
        return ""
    text = f"{totals.negative_false_reps} in {totals.negative_minutes:.1f} minutes"
    interval = rate_interval(totals.negative_false_reps, totals.negative_minutes / 60)
    return text if interval is None else f"{text} ({interval[0]:.0f} to {interval[1]:.0f} an hour)"


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Rewrite the table; return the exit code."""
    parser = argument_parser("tools.readme_figures", __doc__)
    parser.add_argument("folder", nargs="?", type=Path, metavar="CLIPS", help="annotated clips")
    folder = clips_folder(parser.parse_args(arguments).folder)
    text = table(measure(folder))
    rewrite(ROOT / "README.md", "figures", text)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
