"""The annotated development clips: people's faces, so they are never in the repo."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

from device.camera.frame import Camera, Frame
from device.camera.video import VideoFileCamera
from device.errors import EndOfRecording
from tools.environment import ROOT, ToolError


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


def recorded(camera: Camera) -> Iterator[Frame]:
    """Yield every frame of a camera that is not live, started here and stopped at the end."""
    with camera:
        camera.start()
        while True:
            try:
                frame = camera.read(0.0)
            except EndOfRecording:
                return
            if frame is not None:
                yield frame


def frame_rate(clip: Path) -> float:
    """Return the frames a second that `clip` announces; CallerError if it is no whole video."""
    return VideoFileCamera(clip).fps
