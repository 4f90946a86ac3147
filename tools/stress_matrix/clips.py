"""What is put under stress: annotated films and our own synthetic people, looked through once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from device.camera.subject import Person, Subject, script
from device.errors import CallerError
from tools.clips import face_tracker, kept_whole
from tools.evaluate.replays import content_hash
from tools.stress_matrix.kinds import STRANGER_RESTS_S
from tools.stress_matrix.scene import Lift, Picture, Points, Recipe, Scene, Stranger

SMALL = (320, 240)
_PHASES = ("start_s", "hold_start_s", "hold_end_s", "end_s")


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """One clip with its truth: the annotation, and where the face is in each frame.

    `pictures` gives its frames anew each time. `who` tells people apart.
    """

    name: str
    who: str
    truth: dict[str, Any]
    fps: float
    faces: list[Points | None]
    level: float
    shape: tuple[int, int]
    pictures: Callable[[], Iterator[Picture]]

    @property
    def count(self) -> int:
        """How many repetitions are in it."""
        return int(self.truth.get("lifts_held_2s", self.truth["lifts"]))

    @property
    def lifts(self) -> list[Lift]:
        """Every lift that was held."""
        held = [e for e in self.truth["events"] if e["type"] == "lift" and "hold_start_s" in e]
        return [(e[_PHASES[0]], e[_PHASES[1]], e[_PHASES[2]], e[_PHASES[3]]) for e in held]

    def scene(self, stranger: list[Stranger], seed: str) -> Scene:
        """Return this clip as the kinds want it; the same `seed` always draws the same noise."""
        return Scene(
            fps=self.fps,
            width=self.shape[1],
            height=self.shape[0],
            faces=self.faces,
            lifts=self.lifts,
            face_level=self.level,
            stranger=stranger,
            noise=np.random.default_rng(list(seed.encode())),
        )

    def stretch(self) -> list[Stranger]:
        """Return this person as somebody else's stranger: at rest, one lift, and at rest again."""
        if not self.lifts:
            return []
        onset, end = self.lifts[0][0] - STRANGER_RESTS_S, self.lifts[0][3] + 1.0
        first, last = round(onset * self.fps), round(end * self.fps)
        shown: list[Stranger] = []
        for i, (picture, face) in enumerate(zip(self.pictures(), self.faces, strict=False)):
            if i > last:
                break
            if i >= first and face is not None:
                shown.append((picture, face))
        return shown


def look_through(
    path: Path, every: int = 1, lifts: int | None = None, cache: Path | None = None
) -> Clip:
    """Look through an annotated film.

    Only one in `every` frames is taken, and the film ends after so many `lifts` unless that is
    None. With a `cache` its pictures are kept there, half as wide and high, and so is the place of
    the face in them, under a name that changes with the film and with its annotation.
    Raises CallerError if the film or its annotation is missing or shows no face.
    """
    annotation = path.with_suffix(".json")
    if not path.is_file() or not annotation.is_file():
        raise CallerError(f"{path} or its .json is missing: name a clip of that folder.")
    truth = json.loads(annotation.read_text())
    fps = truth["fps"] / every
    end = _end_after(truth, lifts)
    if end is not None:
        events = [event for event in truth["events"] if event["end_s"] <= end]
        truth = truth | {"events": events, "lifts": lifts, "lifts_held_2s": lifts}

    def pictures() -> Iterator[Picture]:
        for number, picture in enumerate(pictures_of(path)):
            if end is not None and number / truth["fps"] > end:
                return
            if number % every == 0:
                yield picture

    def halved() -> Iterator[Picture]:
        for picture in pictures():
            size = (picture.shape[1] // 2, picture.shape[0] // 2)
            yield np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)

    shown, places = pictures, None
    if cache is not None:
        name = f"{path.stem}_{content_of(path)}_{every}_{lifts or 'whole'}"
        shown, places = _kept(cache / f"{name}.npy", halved), cache / f"{name}.npz"
    faces, levels, shape = _look(shown, fps, places)
    if not levels:
        raise CallerError(f"{path} shows no face: name another clip.")
    who = truth.get("composed_from", path.name)
    level = float(np.mean(levels))
    return Clip(path.stem, who, truth, fps, faces, level, shape, shown)


def content_of(*films: Path) -> str:
    """Return a short hash of annotated films and of their annotations; CallerError without them."""
    files = [file for film in films for file in (film, film.with_suffix(".json"))]
    return hashlib.sha256("".join(map(content_hash, files)).encode()).hexdigest()[:8]


def _kept(path: Path, make: Callable[[], Iterator[Picture]]) -> Callable[[], Iterator[Picture]]:
    """Keep pictures in a file, and return what gives them anew each time."""
    if not path.exists():
        frames = np.stack(list(make()))
        with kept_whole(path) as partial, partial.open("wb") as file:
            np.save(file, frames)

    def pictures() -> Iterator[Picture]:
        for picture in np.load(path, mmap_mode="r"):
            yield np.array(picture)

    return pictures


def _end_after(truth: dict[str, Any], lifts: int | None) -> float | None:
    """Return a moment at rest after so many lifts; None for the end of the clip."""
    held = [event for event in truth["events"] if event["type"] == "lift"]
    if lifts is None or lifts >= len(held):
        return None
    return float(held[lifts - 1]["end_s"] + held[lifts]["start_s"]) / 2


def person(who: Person, reps: int, fps: float, cache: Path) -> Clip:
    """Film one of our own people doing `reps` lifts; the pictures are kept in `cache`."""
    plan = script("good", reps=reps)
    count = int(plan.duration * fps)
    width, height = SMALL
    subject = Subject(who, width, height)
    states = [plan.at(i / fps) for i in range(count)]
    kept = cache / f"{who.name}_{reps}_{fps:g}.npy"
    pictures = _kept(kept, lambda: (subject.render(state) for state in states))
    faces: list[Points | None] = [subject.truth(state).landmarks for state in states]
    first = next(pictures())
    x, y = subject.truth(plan.at(0.0)).landmarks[:, :2].mean(axis=0).astype(int)
    level = float(first[y - 20 : y + 20, x - 15 : x + 15].mean())
    truth = {"lifts": reps, "events": [event.as_json() for event in plan.events]}
    return Clip(who.name, who.name, truth, fps, faces, level, (height, width), pictures)


def pictures_of(path: Path) -> Iterator[Picture]:
    """Yield every picture of a film, RGB."""
    video = cv2.VideoCapture(str(path))
    try:
        while True:
            more, picture = video.read()
            if not more:
                return
            yield np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
    finally:
        video.release()


def in_order(clip: Clip, recipe: Recipe) -> Iterator[Picture]:
    """Yield the clip's pictures in the order asked for, keeping those still to come."""
    order = recipe.order or list(range(len(clip.faces)))
    last_use = {source: place for place, source in enumerate(order)}
    kept: dict[int, Picture] = {}
    pictures = enumerate(clip.pictures())
    for place, source in enumerate(order):
        while source not in kept:
            number, picture = next(pictures)
            if number in last_use:
                kept[number] = picture
        yield kept[source]
        if last_use[source] == place:
            del kept[source]


def _look(
    pictures: Callable[[], Iterator[Picture]], fps: float, kept: Path | None
) -> tuple[list[Points | None], list[float], tuple[int, int]]:
    """Return where the face is in each frame, how bright it is, and the frames' shape.

    That is read from the file `kept`, or put there, unless it is None.
    """
    if kept is not None and kept.exists():
        with np.load(kept) as seen:
            points, levels, shape = seen["points"], seen["levels"], seen["shape"]
        faces = [None if np.isnan(one).any() else one for one in points]
        return faces, levels.tolist(), (int(shape[0]), int(shape[1]))
    tracker = face_tracker()
    nobody = np.full((468, 3), np.nan, np.float32)
    seen_points, levels_seen, size = [], [], (0, 0)
    for i, picture in enumerate(pictures()):
        size = (picture.shape[0], picture.shape[1])
        face = tracker.update(picture, i / fps)
        seen_points.append(nobody if face is None else face.points)
        if face is not None:
            levels_seen.append(face.brightness)
    if kept is not None:
        with kept_whole(kept) as partial, partial.open("wb") as file:
            np.savez(file, points=np.stack(seen_points), levels=levels_seen, shape=size)
    return [None if np.isnan(one).any() else one for one in seen_points], levels_seen, size
