"""What a process under test does: see frames from its standard input, and say what it took.

`python -m tools.bench.child ours|theirs WIDTH HEIGHT RATE STARTED` is run by `tools.bench.compare`,
`theirs` in MediaPipe's own environment. Both run this same code, so nothing but the seeing itself
differs. A frame is read before its time begins to count. Until it begins to see, only the standard
library and numpy are loaded.
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


def ours() -> See:
    """Return our way of seeing a frame: from its pixels to a lift sample."""
    from device.camera import Frame  # noqa: PLC0415
    from device.vision import VisionSource, shipped_models  # noqa: PLC0415

    class Given:
        """A camera that shows the frame it was given."""

        live = False
        frame: Frame | None = None

        def start(self) -> None:
            pass

        def read(self, timeout: float) -> Frame | None:  # noqa: ARG002 (it is here already)
            return self.frame

        def stop(self) -> None:
            pass

        def __enter__(self) -> Given:
            return self

        def __exit__(self, *exc: object) -> None:
            pass

    camera = Given()
    source = VisionSource(camera, *shipped_models())
    source.start()
    number = 0

    def see(pixels: NDArray[np.uint8], time: float) -> bool:
        nonlocal number
        camera.frame = Frame(pixels, time, number)
        number += 1
        sample = source.read(0.0)
        return sample is not None and sample.face

    return see


def theirs() -> See:
    """Return MediaPipe's way of seeing a frame: one face in a video, 468 landmarks."""
    import mediapipe  # noqa: PLC0415

    mesh = mediapipe.solutions.face_mesh.FaceMesh(max_num_faces=1, refine_landmarks=False)

    def see(pixels: NDArray[np.uint8], time: float) -> bool:
        del time
        return bool(mesh.process(pixels).multi_face_landmarks)

    return see


def run(begin: Callable[[], See], width: int, height: int, rate: float, started: float) -> None:
    """See every frame on stdin with what `begin` returns, then print the figures as JSON.

    The frames are `width` times `height` pixels, `rate` a second; `started` is the monotonic time
    at which the process was started.
    """
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


if __name__ == "__main__":
    who, wide, high, a_second, start = sys.argv[1:]
    run({"ours": ours, "theirs": theirs}[who], int(wide), int(high), float(a_second), float(start))
