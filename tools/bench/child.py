"""What a process under test does: see frames from its standard input, and say what it took.

Ours and MediaPipe run this same code, so nothing but the seeing itself differs. A frame is read
before its time begins to count. Only the standard library and numpy are loaded here.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

See = Callable[[NDArray[np.uint8], float], bool]
"""Look at one frame, RGB, taken at a time in seconds; tell whether there are landmarks."""


def run(begin: Callable[[], See]) -> None:
    """See every frame on stdin with what `begin` returns, then print the figures as JSON.

    The arguments of the process are the frames' width, height and rate, and the monotonic time
    at which it was started.
    """
    width, height = int(sys.argv[1]), int(sys.argv[2])
    rate, started = float(sys.argv[3]), float(sys.argv[4])
    # One core, as far away as there is from the parent, which decodes.
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    see = begin()
    cpu: list[float] = []
    first: tuple[float, float] | None = None
    faces = 0
    while (pixels := next_picture(width, height)) is not None:
        before = time.process_time()
        seen = see(pixels, len(cpu) / rate)
        after = time.process_time()
        cpu.append(after - before)
        faces += seen
        if seen and first is None:
            first = (time.monotonic() - started, after)
    figures = {
        "frames": len(cpu),
        "faces": faces,
        "cpu_s": cpu,
        "first_landmark_s": first and first[0],
        "first_landmark_cpu_s": first and first[1],
        "peak_mb": peak_mb(),
    }
    print(json.dumps(figures))


def peak_mb() -> float:
    """Return the greatest resident memory of this process so far, in MB (10^6 bytes)."""
    # Not getrusage: that one still remembers the parent this process was forked from.
    status = Path("/proc/self/status").read_text()
    kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(kib) * 1024 / 1e6


def next_picture(width: int, height: int) -> NDArray[np.uint8] | None:
    """Return the next picture on stdin, RGB; None after the last."""
    pixels = np.empty((height, width, 3), np.uint8)
    wanted = pixels.data.cast("B")
    got = 0
    while got < len(wanted):
        more = os.readv(sys.stdin.fileno(), [wanted[got:]])
        if not more:
            return None
        got += more
    return pixels
