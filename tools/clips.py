"""Recordings: the annotated development clips, and what the device's vision sees of a camera.

What was seen can be kept as a trace, so that a second look costs nothing.

The clips show people's faces, so they are never in the repository.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from device.camera import Camera, Frame, VideoFileCamera
from device.errors import EndOfRecording
from device.sample import LiftSample, SampleSource
from device.trace import TraceSource, TraceWriter
from device.vision import (
    FaceDetector,
    FaceLandmarker,
    FaceTracker,
    Model,
    VisionSource,
    shipped_models,
)
from tools.environment import ROOT, ToolError

A_SET = 8
"""Lifts that make a clip a whole set."""

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Source(AbstractContextManager[object], Protocol[T_co]):
    """A source of frames or samples, read one by one until its recording ends."""

    def start(self) -> None:
        """Start the source."""

    def read(self, timeout: float) -> T_co | None:
        """Return the next one; raises EndOfRecording after the last."""


def clips_folder(given: Path | None = None) -> Path:
    """Return the folder `given`, or that of LIFTLIGHT_CLIPS, or ../shared/clips.

    Raises ToolError if there is no clip in it.
    """
    folder = given or Path(os.environ.get("LIFTLIGHT_CLIPS", ROOT.parent / "shared" / "clips"))
    if not any(folder.glob("*.mp4")):
        raise ToolError(f"no clips in {folder}: name a folder, or set LIFTLIGHT_CLIPS to one")
    return folder


def original_clips(folder: Path) -> list[Path]:
    """Return the clips in `folder` that are original recordings, not put together from others."""
    return [
        clip
        for clip in sorted(folder.glob("*.mp4"))
        if not json.loads(clip.with_suffix(".json").read_text()).get("semi_synthetic", False)
    ]


def whole_sets(folder: Path) -> list[Path]:
    """Return the clips in `folder` that show a whole set of lifts, `A_SET` or more."""
    return [
        note.with_suffix(".mp4")
        for note in sorted(folder.glob("*.json"))
        if json.loads(note.read_text(encoding="utf-8")).get("lifts", 0) >= A_SET
    ]


def frames(clip: Path) -> Iterator[Frame]:
    """Return every frame of `clip`, upright RGB; raises CallerError if it is no whole video."""
    return recorded(VideoFileCamera(clip))


def recorded(source: Source[T]) -> Iterator[T]:
    """Yield everything of a source that is not live, started here and stopped at the end."""
    with source:
        source.start()
        while True:
            try:
                one = source.read(0.0)
            except EndOfRecording:
                return
            if one is not None:
                yield one


def kept_trace(path: Path, source: Callable[[], SampleSource]) -> Path:
    """Return `path`, a trace; if it is not there yet, it is made of what a new `source` shows."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with kept_whole(path) as partial, TraceWriter(partial) as writer:
            for sample in recorded(source()):
                writer.append(sample)
    return path


def samples_of(trace: Path) -> list[LiftSample]:
    """Return every sample of a trace; raises CallerError if it is none."""
    return list(recorded(TraceSource(trace)))


@contextmanager
def kept_whole(path: Path) -> Iterator[Path]:
    """Give a path to write to and move it to `path` once all went well; for several processes."""
    partial = path.with_name(f"{path.stem}.{os.getpid()}.partial{path.suffix}")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@functools.cache
def models() -> tuple[Model, Model, Model]:
    """Return the shipped networks, detector, landmarks and lift, loaded once in this process."""
    return shipped_models()


def face_tracker() -> FaceTracker:
    """Return a new tracker of one face, with the shipped networks."""
    detector, landmarks, _ = models()
    return FaceTracker(FaceDetector(detector), FaceLandmarker(landmarks))


def vision(camera: Camera) -> VisionSource:
    """Return the device's own vision, with the shipped networks, watching `camera`."""
    return VisionSource(camera, *models())


def frame_rate(clip: Path) -> float:
    """Return the frames a second that `clip` announces; CallerError if it is no whole video."""
    return VideoFileCamera(clip).fps
