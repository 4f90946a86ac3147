"""The annotated development clips: people's faces, so they are never in the repo."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, TypeVar

from device.camera import Frame, VideoFileCamera
from device.errors import EndOfRecording
from tools.environment import ROOT, ToolError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Source(AbstractContextManager[object], Protocol[T_co]):
    """Whatever gives one thing after the other until its recording ends: frames, or samples."""

    def start(self) -> None:
        """Begin."""

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
    """Return the clips in `folder` that are recordings as they were, not put together from one."""
    return [
        clip
        for clip in sorted(folder.glob("*.mp4"))
        if not json.loads(clip.with_suffix(".json").read_text()).get("semi_synthetic", False)
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


def frame_rate(clip: Path) -> float:
    """Return the frames a second that `clip` announces; CallerError if it is no whole video."""
    return VideoFileCamera(clip).fps
