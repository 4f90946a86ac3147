"""`python -m tools.harder CLIPS OUT [NAME ...]`: harder versions of annotated clips.

Writes OUT/NAME__KIND.mp4 and .json for every kind, the truth carried along: the events keep
their times. Without names it takes the clips with a whole set of lifts (8 or more).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from device.errors import CallerError, LiftLightError
from device.vision.detector import FaceDetector
from device.vision.landmarker import FaceLandmarker
from device.vision.runtime import DETECTOR, LANDMARKS, Model
from device.vision.tracker import FaceTracker
from tools.harder.kinds import KINDS, Harder, Scene
from tools.harder.paint import Picture, Points

A_SET = 8
_PASSER_BY_S = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """One annotated clip, looked through once."""

    path: Path
    truth: dict[str, Any]
    fps: float
    faces: list[Points | None]
    level: float
    shape: tuple[int, int]


def main(argv: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.harder", description=__doc__)
    parser.add_argument("clips", type=Path, metavar="CLIPS", help="folder with X.mp4 and X.json")
    parser.add_argument("out", type=Path, metavar="OUT", help="folder to write to")
    parser.add_argument("names", nargs="*", metavar="NAME", help="clips to take, without .mp4")
    parser.add_argument("--kind", choices=KINDS, action="append", help="only this kind (repeat)")
    given = parser.parse_args(argv)
    try:
        make(given.clips, given.out, given.names, given.kind or list(KINDS))
    except LiftLightError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
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
        clips.append(_look(path))
    for number, clip in enumerate(clips):
        other = _somebody_else(clip, clips[number + 1 :] + clips[:number])
        for kind in kinds:
            print(f"{clip.path.stem} {kind}", file=sys.stderr)
            _write(clip, kind, other, out)


def _sets(folder: Path) -> list[Path]:
    return [
        path.with_suffix(".mp4")
        for path in sorted(folder.glob("*.json"))
        if json.loads(path.read_text()).get("lifts", 0) >= A_SET
    ]


def _pictures(path: Path) -> Iterator[Picture]:
    video = cv2.VideoCapture(str(path))
    try:
        while True:
            more, picture = video.read()
            if not more:
                return
            yield np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
    finally:
        video.release()


def _look(path: Path) -> Clip:
    annotation = path.with_suffix(".json")
    if not path.is_file() or not annotation.is_file():
        raise CallerError(f"{path} or its .json is missing: name a clip of that folder.")
    truth = json.loads(annotation.read_text())
    tracker = FaceTracker(FaceDetector(Model(DETECTOR)), FaceLandmarker(Model(LANDMARKS)))
    faces: list[Points | None] = []
    levels: list[float] = []
    shape = (0, 0)
    for i, picture in enumerate(_pictures(path)):
        shape = (picture.shape[0], picture.shape[1])
        face = tracker.update(picture, i / truth["fps"])
        faces.append(None if face is None else face.points)
        if face is not None:
            levels.append(face.brightness)
    if not levels:
        raise CallerError(f"{path} shows no face: name another clip.")
    return Clip(path, truth, truth["fps"], faces, float(np.mean(levels)), shape)


def _somebody_else(clip: Clip, others: list[Clip]) -> Clip:
    """Return a clip of another person if there is one."""
    source = clip.truth.get("composed_from", clip.path.name)
    for other in others:
        if other.truth.get("composed_from", other.path.name) != source:
            return other
    return clip


def _write(clip: Clip, kind: str, other: Clip, out: Path) -> None:
    # The same clip and kind always give the same pictures.
    noise = np.random.default_rng(sum((clip.path.stem + kind).encode()))
    harder = KINDS[kind](_scene(clip, other if kind == "passer_by" else None, noise))
    name = f"{clip.path.stem}__{kind}"
    partial = out / f"{name}.partial.mp4"
    writer = None
    frames = 0
    shape = (0, 0)
    for i, picture in enumerate(_in_order(clip.path, harder, len(clip.faces))):
        painted = harder.paint(picture, i)
        shape = (painted.shape[0], painted.shape[1])
        if writer is None:
            codec = cv2.VideoWriter.fourcc(*"mp4v")
            writer = cv2.VideoWriter(str(partial), codec, clip.fps, (shape[1], shape[0]))
            if not writer.isOpened():
                raise CallerError(f"cannot write videos to {out}: name another folder.")
        writer.write(cv2.cvtColor(painted, cv2.COLOR_RGB2BGR))
        frames += 1
    if writer is not None:
        writer.release()
    truth = clip.truth | {
        "clip": f"{name}.mp4",
        "harder": kind,
        "made_from": clip.path.name,
        "frames": frames,
        "resolution": f"{shape[1]}x{shape[0]}",
    }
    (out / f"{name}.json").write_text(json.dumps(truth, indent=1))
    partial.replace(out / f"{name}.mp4")


def _scene(clip: Clip, other: Clip | None, noise: np.random.Generator) -> Scene:
    passer_by = []
    if other is not None:
        for picture, face in zip(_pictures(other.path), other.faces, strict=False):
            if face is not None:
                passer_by.append((picture, face))
            if len(passer_by) >= _PASSER_BY_S * other.fps:
                break
    lift = next((event for event in clip.truth["events"] if "hold_start_s" in event), None)
    phases = ("start_s", "hold_start_s", "hold_end_s", "end_s")
    return Scene(
        fps=clip.fps,
        width=clip.shape[1],
        height=clip.shape[0],
        faces=clip.faces,
        first_lift=lift and tuple(lift[phase] for phase in phases),
        face_level=clip.level,
        passer_by=passer_by,
        noise=noise,
    )


def _in_order(path: Path, harder: Harder, frames: int) -> Iterator[Picture]:
    """Yield the source's pictures in the order asked for, keeping those still to come."""
    order = harder.order or list(range(frames))
    last_use = {source: place for place, source in enumerate(order)}
    kept: dict[int, Picture] = {}
    pictures = enumerate(_pictures(path))
    for place, source in enumerate(order):
        while source not in kept:
            number, picture = next(pictures)
            if number in last_use:
                kept[number] = picture
        yield kept[source]
        if last_use[source] == place:
            del kept[source]


if __name__ == "__main__":
    sys.exit(main())
