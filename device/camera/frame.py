"""The one interface between any camera and the rest of the device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture and when it was taken.

    `pixels` is uint8, (height, width, 3) RGB or (height, width) grey, and may be read-only.
    `time` is the moment of exposure in seconds: monotonic for a live camera, from the start of
    the recording for a file. `number` counts what the source produced, so a gap means that
    frames were dropped.
    """

    pixels: NDArray[np.uint8]
    time: float
    number: int


class Camera(Protocol):
    """A source of frames, switched off until it is started.

    `live` says how time passes. A live camera goes on without its reader: `read` always gives
    the newest frame, and frames that nobody read in time are dropped, never queued. A recording
    waits for its reader and can be read as fast as it is decoded.
    """

    live: bool

    def start(self) -> None:
        """Begin taking frames.

        Raises CameraError if there is no such camera or it cannot be opened.
        """
        ...

    def read(self, timeout: float) -> Frame | None:
        """Wait up to `timeout` seconds for a frame newer than the last one read.

        Returns None if none arrived in that time. Raises EndOfRecording after the last frame of
        a file, CameraError if the camera is gone.
        """
        ...

    def stop(self) -> None:
        """Stop taking frames; may be called twice, and started again afterwards."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...
