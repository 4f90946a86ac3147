"""Ours and MediaPipe on the same frames: time and memory in fresh processes that take turns, and
aarch64 instructions a frame.

Instructions are counted by an emulator, so they are the same on every machine. They tell nothing of
how fast a processor gets through them, but two programs of one kind can be compared by them, within
about 2 %, on a machine that is no Raspberry Pi and is busy besides. `aarch64.sh` makes what this
needs.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from tools.clips import frame_rate, frames
from tools.environment import ROOT, ToolError, cache_folder
from tools.evaluate.annotations import read

RUNS = 5
CHILD = "tools.bench.child"
WARM_UP = 30
"""First frames, left out of the cost of a frame; what they cost is part of the start."""

CYCLES = 2
"""Instructions are counted over so many lifts, each with the rest after it: seeing costs us more
while the face moves, so that any other part of a set would flatter us or harm us."""
BUDGET = 33e6
"""Instructions that a frame may cost on a Zero 2 W, for 15 frames a second on one core of 1 GHz.

This is an estimate and was measured on no Zero 2 W: its A53 finishes two instructions a cycle at
best, and we count on a quarter of that, as its in-order pipeline waits whenever memory does."""
_PROCESSOR = "cortex-a53"


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
        ours = cost(clip, Path(sys.executable), "ours")
        peers = cost(clip, theirs, "theirs") if theirs else None
        pairs.append((ours, peers))
    return pairs


def cost(clip: Path, python: Path, who: str) -> Cost:
    """Return what `who`, ours or theirs, run by `python`, takes to see `clip`."""
    printed = show(clip, [str(python), "-m", CHILD, who])
    figures = json.loads(printed)
    if figures["first_landmark_s"] is None:
        raise ToolError(f"{who} sees nobody in {clip.name}: give a clip with a face")
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

    `command` runs `tools.bench.child`. Raises ToolError if it fails.
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


def emulator() -> Path | None:
    """Return the folder that aarch64.sh made, None if it has not been run."""
    folder = cache_folder() / "aarch64"
    return folder if (folder / ".ready").exists() else None


def whole_lifts(clip: Path) -> tuple[int, int]:
    """Return the frames, first and end, over which instructions are counted in `clip`.

    They are `CYCLES` whole lifts, from onset to onset, if there is an annotation that tells them;
    else all frames but the first ones.
    """
    about = clip.with_suffix(".json")
    lifts = read(about).lifts if about.exists() else ()
    if len(lifts) > CYCLES:
        rate = frame_rate(clip)
        return round(lifts[0].start * rate), round(lifts[CYCLES].start * rate)
    return WARM_UP, sum(1 for _ in frames(clip))


def per_frame(folder: Path, clip: Path, who: str, counted: tuple[int, int]) -> float:
    """Return the instructions that `who`, ours or theirs, spends on a frame of `clip`.

    `folder` is the emulator's, with the packages of both; `counted` are the frames, first and end.
    Raises ToolError if it cannot be run.
    """
    # A run of the frames before as well: the start is in both, and so in neither.
    before, all_of_them = (_count(folder, clip, who, shown) for shown in counted)
    return (all_of_them - before) / (counted[1] - counted[0])


def _count(folder: Path, clip: Path, who: str, shown: int) -> int:
    with tempfile.TemporaryDirectory() as logs:
        log = Path(logs) / "count"
        command = [
            str(folder / "qemu-aarch64"), "-cpu", _PROCESSOR, "-L", str(folder / "root"),
            "-plugin", f"{folder / 'libinsn.so'},inline=on", "-d", "plugin", "-D", str(log),
            "-E", f"PYTHONHOME={folder / 'root' / 'usr'}", "-E", "PYTHONHASHSEED=0",
            "-E", f"PYTHONPATH={os.pathsep.join((str(folder / who), str(ROOT)))}",
            str(folder / "root" / "usr" / "bin" / "python3.11"), "-m", CHILD, who,
        ]  # fmt: skip
        show(clip, command, shown)
        counted = re.search(r"insns: (\d+)", log.read_text())
    if not counted:
        raise ToolError("the emulator counted nothing: run tools/bench/aarch64.sh again")
    return int(counted[1])
