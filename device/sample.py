"""What vision tells the coach about one frame: plain numbers, never a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol, Self

POPULATION_LIFT = 0.14
"""How far the raw signal goes in a full lift, for a person nobody has met. Measured: 0.11 to 0.18
of the distance between the eyes."""

_NAN = math.nan


@dataclass(frozen=True, slots=True)
class LiftSample:
    """The raw lift signal at one moment, and what is needed to judge it.

    Distances are in fractions of the distance between the outer eye corners (landmarks 33 and
    263, three-dimensional), so they do not depend on how near the face is. `lift`, `left` and
    `right` are raw: the coach subtracts the person's rest and divides by their practised lift.
    Every figure but `time`, `face` and `brightness` is NaN while no face is seen; `lift`, its sides
    and `mouth_open` also while the frame cuts off half an eye or a corner of the mouth.
    """

    time: float
    """Exposure, seconds."""
    face: bool
    """A face is seen and followed."""
    brightness: float = _NAN
    """Mean grey level of the face, of the whole frame without one; 0 to 255."""
    lift: float = _NAN
    """S: the mouth's width less its corners' mean distance from the eyes; a lift raises it by about
    POPULATION_LIFT."""
    left: float = _NAN
    """The same for the person's own left side alone."""
    right: float = _NAN
    """The same for the person's own right side alone."""
    mouth_open: float = _NAN
    """Gap between the inner lips (landmarks 13 and 14)."""
    yaw: float = _NAN
    """Head turned to the person's own left, degrees."""
    pitch: float = _NAN
    """Head nodded up, degrees."""
    roll: float = _NAN
    """Head rolled clockwise in the picture, degrees, -180 to 180; 90 is lying on a side."""
    x: float = _NAN
    """Centre of the face across the frame: 0 left edge, 1 right edge."""
    y: float = _NAN
    """Centre of the face down the frame: 0 top, 1 bottom."""
    size: float = _NAN
    """Distance between the outer eye corners as a fraction of the frame's shorter side."""
    quality: float = _NAN
    """How far the landmarks can be believed: 0 not at all, 1 fully."""
    cheek: float = _NAN
    """What the skin of the cheeks alone says of the lift, in its units; NaN if it says nothing."""
    cheek_quality: float = _NAN
    """How far that can be believed: 0 not at all, 1 fully."""


class SampleSource(Protocol):
    """Where the loop gets its samples: vision on a camera, or a recorded trace.

    The rules of `Camera` hold: dark until started, the newest sample when live, every sample
    when recorded.
    """

    live: bool

    def start(self) -> None:
        """Begin; raises CameraError if nothing can be seen."""
        ...

    def read(self, timeout: float) -> LiftSample | None:
        """Wait up to `timeout` seconds for the next sample; None if there was none.

        Raises EndOfRecording after the last sample of a recording, CameraError if the camera
        is gone.
        """
        ...

    def stop(self) -> None:
        """Stop; may be called twice, and started again afterwards."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...
