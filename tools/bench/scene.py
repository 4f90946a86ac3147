"""What the bench looks at when it is given no video."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import cv2

from device.camera.subject import from_spec
from tools.clips import clips_folder, recorded
from tools.environment import ToolError

WHOLE_SET = 8
SCENARIO = "good"


def default_clip(folder: Path) -> Path:
    """Return the first development clip with a whole set of lifts, else a rendered one.

    The rendered one is written to `folder`.
    """
    try:
        for note in sorted(clips_folder().glob("*.json")):
            if json.loads(note.read_text(encoding="utf-8")).get("lifts", 0) >= WHOLE_SET:
                return note.with_suffix(".mp4")
    except ToolError:
        pass
    print("no development clips: rendering the synthetic subject (a minute) ...", file=sys.stderr)
    return _rendered(folder / "synthetic subject.mp4")


def _rendered(path: Path) -> Path:
    rate = 30.0
    video = None
    for frame in recorded(from_spec(SCENARIO, fps=rate, live=False)):
        if video is None:
            height, width = frame.pixels.shape[:2]
            code = cv2.VideoWriter.fourcc(*"mp4v")
            video = cv2.VideoWriter(str(path), code, rate, (width, height))
        video.write(cv2.cvtColor(frame.pixels, cv2.COLOR_RGB2BGR))
    if video is None:
        raise ToolError(f"the synthetic subject's scenario {SCENARIO} has no frames")
    video.release()
    return path
