"""`python -m tools.harder CLIPS OUT [NAME ...]`: harder versions of annotated clips.

Writes OUT/NAME__KIND.mp4 and .json for every kind, the truth carried along: the events keep
their times, unless the kind adds a pause. Without names it takes the clips with a whole set of
lifts (8 or more). `python -m tools.harder.matrix` counts them all without writing a film.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import cv2

from device.errors import CallerError
from tools.environment import in_one_line
from tools.harder.clips import Clip, film, in_order
from tools.harder.kinds import PICTURES, ROLLS
from tools.harder.scene import Harder

A_SET = 8
_FILMED = {**PICTURES, **ROLLS}


@in_one_line
def main(argv: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.harder", description=__doc__)
    parser.add_argument("clips", type=Path, metavar="CLIPS", help="folder with X.mp4 and X.json")
    parser.add_argument("out", type=Path, metavar="OUT", help="folder to write to")
    parser.add_argument("names", nargs="*", metavar="NAME", help="clips to take, without .mp4")
    parser.add_argument("--kind", choices=_FILMED, action="append", help="only this kind (repeat)")
    given = parser.parse_args(argv)
    make(given.clips, given.out, given.names, given.kind or list(PICTURES))
    return 0


def make(folder: Path, out: Path, names: list[str], kinds: list[str]) -> None:
    """Write the harder versions of the clips `names` in `folder` to `out`.

    Raises CallerError if a clip or its annotation is missing or cannot be read.
    """
    paths = [folder / f"{name}.mp4" for name in names] or _sets(folder)
    if not paths:
        raise CallerError(f"{folder} has no clip with {A_SET} lifts or more: name some clips.")
    out.mkdir(parents=True, exist_ok=True)
    clips = []
    for path in paths:
        print(f"looking at {path.name}", file=sys.stderr)
        clips.append(film(path))
    for number, clip in enumerate(clips):
        other = somebody_else(clip, clips[number + 1 :] + clips[:number])
        for kind in kinds:
            print(f"{clip.name} {kind}", file=sys.stderr)
            _write(clip, kind, other, out)


def _sets(folder: Path) -> list[Path]:
    return [
        path.with_suffix(".mp4")
        for path in sorted(folder.glob("*.json"))
        if json.loads(path.read_text()).get("lifts", 0) >= A_SET
    ]


def somebody_else(clip: Clip, others: list[Clip]) -> Clip:
    """Return a clip of another person who lifts, if there is one."""
    return next((other for other in others if other.who != clip.who and other.lifts), clip)


def _write(clip: Clip, kind: str, other: Clip, out: Path) -> None:
    harder = _FILMED[kind](clip.scene(other.stretch(), clip.name + kind))
    name = f"{clip.name}__{kind}"
    partial = out / f"{name}.partial.mp4"
    writer = None
    frames = 0
    shape = (0, 0)
    for i, picture in enumerate(in_order(clip, harder)):
        painted = harder.paint(picture, i)
        shape = (painted.shape[0], painted.shape[1])
        if writer is None:
            codec = cv2.VideoWriter.fourcc(*"mp4v")
            writer = cv2.VideoWriter(str(partial), codec, clip.fps, (shape[1], shape[0]))
            if not writer.isOpened():
                raise CallerError(f"cannot write videos to {out}: name another folder.")
        to_bgr = cv2.COLOR_GRAY2BGR if painted.ndim == 2 else cv2.COLOR_RGB2BGR
        writer.write(cv2.cvtColor(painted, to_bgr))
        frames += 1
    if writer is not None:
        writer.release()
    truth = _moved_events(clip, harder) | {
        "clip": f"{name}.mp4",
        "harder": kind,
        "made_from": f"{clip.name}.mp4",
        "frames": frames,
        "resolution": f"{shape[1]}x{shape[0]}",
    }
    (out / f"{name}.json").write_text(json.dumps(truth, indent=1))
    partial.replace(out / f"{name}.mp4")


def _moved_events(clip: Clip, harder: Harder) -> dict[str, object]:
    """Return the truth with the events of a clip that a pause made longer where they are now."""
    longer = (len(harder.order) - len(clip.faces)) / clip.fps if harder.order else 0.0
    if harder.order is None or longer <= 0:
        return clip.truth
    jump = next(
        i for i, (a, b) in enumerate(zip(harder.order, harder.order[1:], strict=False)) if b < a
    )
    since = harder.order[jump] / clip.fps
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
