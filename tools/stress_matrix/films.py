"""`python -m tools.stress_matrix.films CLIPS OUT [NAME ...]`: write films under stress.

Writes OUT/NAME__KIND.mp4 and .json for every kind, to be looked at, or to be scored with
`python -m tools.evaluate OUT`. The truth is carried along: the events keep their times, unless the
kind adds a pause. Without names it takes the clips with a whole set of lifts (8 or more).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from device.desk import film
from device.errors import CallerError
from tools.clips import A_SET, whole_sets
from tools.documents import write_json
from tools.environment import argument_parser, in_one_line
from tools.stress_matrix.clips import Clip, in_order, look_through
from tools.stress_matrix.kinds import PICTURES, ROLLS
from tools.stress_matrix.scene import Recipe

_FILMED = {**PICTURES, **ROLLS}


@in_one_line
def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argument_parser("tools.stress_matrix.films", __doc__)
    parser.add_argument("clips", type=Path, metavar="CLIPS", help="folder with X.mp4 and X.json")
    parser.add_argument("out", type=Path, metavar="OUT", help="folder to write to")
    parser.add_argument("names", nargs="*", metavar="NAME", help="clips to take, without .mp4")
    parser.add_argument("--kind", choices=_FILMED, action="append", help="only this kind (repeat)")
    given = parser.parse_args(argv)
    make(given.clips, given.out, given.names, given.kind or list(PICTURES))
    return 0


def make(folder: Path, out: Path, names: list[str], kinds: list[str]) -> None:
    """Write the clips `names` of `folder` under each of `kinds` to `out`.

    Raises CallerError if a clip or its annotation is missing or cannot be read.
    """
    paths = [folder / f"{name}.mp4" for name in names] or whole_sets(folder)
    if not paths:
        raise CallerError(f"{folder} has no clip with {A_SET} lifts or more: name some clips.")
    out.mkdir(parents=True, exist_ok=True)
    clips = []
    for path in paths:
        print(f"looking at {path.name}", file=sys.stderr)
        clips.append(look_through(path))
    for number, clip in enumerate(clips):
        other = somebody_else(clip, clips[number + 1 :] + clips[:number])
        for kind in kinds:
            print(f"{clip.name} {kind}", file=sys.stderr)
            _write(clip, kind, other, out)


def somebody_else(clip: Clip, others: list[Clip]) -> Clip:
    """Return a clip of another person who lifts, if there is one."""
    return next((other for other in others if other.who != clip.who and other.lifts), clip)


def _write(clip: Clip, kind: str, other: Clip, out: Path) -> None:
    recipe = _FILMED[kind](clip.scene(other.stretch(), clip.name + kind))
    name = f"{clip.name}__{kind}"
    frames = 0
    shape: tuple[int, ...] = ()
    with film.Film(out / f"{name}.mp4", clip.fps) as target:
        for picture in in_order(clip, recipe):
            painted = recipe.paint(picture, frames)
            if painted.ndim == 2:
                painted = np.repeat(painted[..., np.newaxis], 3, axis=2)
            target.add(painted)
            shape = painted.shape
            frames += 1
    truth = _moved_events(clip, recipe) | {
        "clip": f"{name}.mp4",
        "stress": kind,
        "made_from": f"{clip.name}.mp4",
        "frames": frames,
        "resolution": f"{shape[1]}x{shape[0]}",
    }
    write_json(out / f"{name}.json", truth)


def _moved_events(clip: Clip, recipe: Recipe) -> dict[str, object]:
    """Return the truth; events after a pause that was added are as much later as it is long."""
    longer = (len(recipe.order) - len(clip.faces)) / clip.fps if recipe.order else 0.0
    if recipe.order is None or longer <= 0:
        return clip.truth
    jump = next(
        i for i, (a, b) in enumerate(zip(recipe.order, recipe.order[1:], strict=False)) if b < a
    )
    since = recipe.order[jump] / clip.fps
    events = []
    for event in clip.truth["events"]:
        by = longer if event["start_s"] >= since else 0.0
        times = {
            key: value + by
            for key, value in event.items()
            if key.endswith("_s") and key != "hold_s"
        }
        events.append(event | times)
    return clip.truth | {"events": events}


if __name__ == "__main__":
    sys.exit(main())
