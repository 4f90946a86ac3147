"""One clip through the device's own vision and counter, and what came of it as plain data."""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

import device
from device.camera import VideoFileCamera
from device.coach import events
from device.coach.counting import RepetitionCounter
from device.desk import replay
from device.errors import CallerError, LiftLightError
from device.vision import DETECTOR, LANDMARKS, Model, VisionSource, describe, models_folder
from tools.evaluate.annotations import read
from tools.evaluate.score import ClipScore, score

_COUNTING = ("camera/*.py", "vision/*.py", "coach/*.py", "replay.py")
"""The sources of `device` that decide what a clip comes to."""
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay of one clip came to: `reps` and `refused` in the order they were known."""

    events: tuple[events.Rep | events.Refused, ...]
    seconds: float
    frames: int
    face_frames: int

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it; `from_json` gives it back, times to the millisecond."""
        return {
            "events": [replay.as_json(event) for event in self.events],
            "seconds": self.seconds,
            "frames": self.frames,
            "face_frames": self.face_frames,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Replayed:
        """Return what `to_json` was made from; raises KeyError, TypeError or ValueError."""
        events = tuple(_event(dict(one)) for one in data["events"])
        return cls(events, float(data["seconds"]), int(data["frames"]), int(data["face_frames"]))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a worker sends back: a replay or the reason why there is none, and by which code."""

    replayed: dict[str, Any] | None
    problem: str
    code: str


def annotated_clips(folder: Path) -> list[Path]:
    """Return every clip in `folder` with an annotation beside it; raises CallerError if none."""
    if not folder.is_dir():
        raise CallerError(
            f"{folder} is no folder: name one with clips X.mp4 and X.json beside them"
        )
    clips = [clip for clip in sorted(folder.glob("*.mp4")) if clip.with_suffix(".json").exists()]
    if not clips:
        raise CallerError(f"{folder} has no clip X.mp4 with an annotation X.json beside it")
    return clips


def replayed(clip: Path, detector: Model, landmarks: Model) -> Replayed:
    """Replay `clip` as `liftlight replay` does. Raises CallerError for a bad video."""
    summary = replay.Summary()
    watcher = VisionSource(VideoFileCamera(clip), detector, landmarks)
    counter = RepetitionCounter.population()
    happened: list[events.LiftEvent] = list(replay.replay(watcher, counter, summary))
    lifts = tuple(event for event in happened if isinstance(event, events.Rep | events.Refused))
    return Replayed(lifts, summary.time, summary.frames, summary.face_frames)


def scored(clip: Path, result: Replayed) -> ClipScore:
    """Score a replay of `clip` against its annotation; raises AnnotationError for a bad one."""
    truth = read(clip.with_suffix(".json"))
    face = result.face_frames / max(1, result.frames)
    return score(clip.stem, truth, result.events, result.seconds, face)


def evaluate(clip: Path, detector: Model, landmarks: Model) -> ClipScore:
    """Replay `clip` and score it. Raises CallerError for a bad video or annotation."""
    return scored(clip, replayed(clip, detector, landmarks))


def outcome_of(clip: str) -> Outcome:
    """Replay the clip at this path, in whatever process this is; the models are loaded once."""
    code = code_version()  # before the work: the code may be changed on the disk meanwhile
    try:
        result = replayed(Path(clip), _model(DETECTOR), _model(LANDMARKS))
    except LiftLightError as error:
        return Outcome(None, str(error), code)
    return Outcome(result.to_json(), "", code)


@functools.cache
def code_version() -> str:
    """Return a hash of all that decides what a clip comes to: our code, the models, the decoder."""
    package = Path(device.__file__).parent
    libraries = f"av {av.__version__} cv2 {cv2.__version__} numpy {np.__version__}"
    digest = hashlib.sha256(libraries.encode())
    for pattern in _COUNTING:
        for path in sorted(package.glob(pattern)):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    for name in (DETECTOR, LANDMARKS):
        digest.update(describe(name, models_folder()).sha256.encode())
    return digest.hexdigest()


def content_hash(path: Path) -> str:
    """Return the SHA-256 of a file; raises CallerError if it cannot be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise CallerError(f"{path} cannot be read ({error.strerror}): check its disk") from error
    return digest.hexdigest()


@functools.cache
def _model(name: str) -> Model:
    return Model(name)


def _event(one: dict[str, Any]) -> events.Rep | events.Refused:
    name, time = one.pop("event"), one.pop("t")
    if name == "rep":
        one["notes"] = tuple(events.Note(note) for note in one["notes"])
        return events.Rep(time=time, **one)
    one["reason"] = events.Reason(one["reason"])
    return events.Refused(time=time, **one)


def dumps(data: dict[str, Any]) -> str:
    """Return `data` as a file holds it."""
    return json.dumps(data, indent=1) + "\n"
