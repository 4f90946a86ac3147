"""Ours and MediaPipe on the same frames, in fresh processes that take turns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from tools.clips import frame_rate, frames
from tools.environment import ROOT, ToolError

RUNS = 5
WARM_UP = 30
"""Frames that are not counted in the cost of a frame: what they cost is counted in the start."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process took to see one clip."""

    frames: int
    faces: int
    """Frames in which it had landmarks."""
    cpu_ms_per_frame: float
    """CPU time of all its threads, mean over the frames after the first ones."""
    first_landmark_s: float
    """From starting the process to its first landmarks."""
    first_landmark_cpu_s: float
    """CPU time it had used by then."""
    peak_mb: float
    """Greatest resident memory, 10^6 bytes."""


def compare(clip: Path, theirs: Path | None) -> list[tuple[Cost, Cost | None]]:
    """Return what each run cost ours and MediaPipe, whose Python is `theirs` if it is there.

    Raises ToolError if a process fails or sees nobody.
    """
    pairs: list[tuple[Cost, Cost | None]] = []
    for number in range(RUNS):
        print(f"run {number + 1} of {RUNS} ...", file=sys.stderr)
        ours = cost(clip, Path(sys.executable), "tools.bench.ours")
        peers = cost(clip, theirs, "tools.bench.theirs") if theirs else None
        pairs.append((ours, peers))
    return pairs


def cost(clip: Path, python: Path, module: str) -> Cost:
    """Return what `module`, run by `python`, takes to see `clip`."""
    printed = show(clip, [str(python), "-m", module])
    figures = json.loads(printed)
    if figures["first_landmark_s"] is None:
        raise ToolError(f"{module} sees nobody in {clip.name}: give a clip with a face")
    counted = figures["cpu_s"][WARM_UP:]
    return Cost(
        frames=figures["frames"],
        faces=figures["faces"],
        cpu_ms_per_frame=1000 * sum(counted) / len(counted),
        first_landmark_s=figures["first_landmark_s"],
        first_landmark_cpu_s=figures["first_landmark_cpu_s"],
        peak_mb=figures["peak_mb"],
    )


def show(clip: Path, command: list[str], frames_shown: int | None = None) -> str:
    """Show `clip`, or its first frames, to a child process; return what it printed.

    `command` runs a module that calls `tools.bench.child.run`. Raises ToolError if it fails.
    """
    pictures = frames(clip)
    first = next(pictures)
    height, width = first.pixels.shape[:2]
    arguments = [str(width), str(height), str(frame_rate(clip)), repr(time.monotonic())]
    with subprocess.Popen(
        [*command, *arguments],
        cwd=ROOT,
        env=dict(os.environ, PYTHONPATH="", PYTHONDONTWRITEBYTECODE="1"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            # A child that ended is noticed by its exit code.
            with suppress(BrokenPipeError):
                for frame in islice(chain([first], pictures), frames_shown):
                    child.stdin.write(frame.pixels.data)
                child.stdin.close()
            printed = child.stdout.read()
        except BaseException:
            child.kill()
            raise
    if child.returncode != 0:
        raise ToolError(f"`{' '.join(command)}` failed: run it by hand to see why")
    return printed.decode()
