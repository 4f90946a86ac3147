"""Our vision under test: from a frame to a lift sample. Run by tools.bench.compare."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from device.camera import Frame
from device.vision import DETECTOR, LANDMARKS, Model, VisionSource
from tools.bench.child import See, run


class _Given:
    """A camera that shows the frame it was given."""

    live = False

    def __init__(self) -> None:
        self.frame: Frame | None = None

    def start(self) -> None:
        pass

    def read(self, timeout: float) -> Frame | None:  # noqa: ARG002 (it is here already)
        return self.frame

    def stop(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        pass


def begin() -> See:
    """Return our way of seeing a frame."""
    camera = _Given()
    watcher = VisionSource(camera, Model(DETECTOR), Model(LANDMARKS))
    watcher.start()
    number = 0

    def see(pixels: NDArray[np.uint8], time: float) -> bool:
        nonlocal number
        camera.frame = Frame(pixels, time, number)
        number += 1
        sample = watcher.read(0.0)
        return sample is not None and sample.face

    return see


if __name__ == "__main__":
    run(begin)
