"""What vision tells the coach about one frame: plain numbers, never a picture.

These two types belong to neither vision nor the coach, so that the coach, which is pure, depends
on no room, and so that a trace can stand in for a camera with vision.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol, Self

POPULATION_LIFT = 0.14
"""How far the raw signal goes in a full lift, for a person nobody has met, in distances between the
outer corners of the eyes: the median of rendered people seen from the front. Real faces on film go
further (`device/vision/README.md`)."""

NETWORK_FROM_DEG = 15.0
"""From so far off axis on, degrees, the lift network has a share in the lift signal, and is asked
in every frame."""

_NAN = math.nan


@dataclass(frozen=True, slots=True)
class LiftSample:
    """The raw lift signal at one moment, and what is needed to judge it.

    Lengths are fractions of the distance between the outer eye corners (landmarks 33 and 263, in
    three dimensions), so they do not depend on how near the face is. `lift`, `left` and `right` are
    raw: the coach subtracts the person's rest and divides by their practised lift. Every figure but
    `time`, `face` and `brightness` is NaN while no face is seen; `lift`, `left`, `right`,
    `mouth_open` and `jaw` are NaN too while anything that they are told from is out of the frame.
    """

    time: float
    """When the frame was exposed, seconds."""
    face: bool
    """Whether a face is seen."""
    brightness: float = _NAN
    """Mean grey level of the face, or of the whole frame if there is no face; 0 to 255."""
    lift: float = _NAN
    """S: the mouth's width less its corners' mean distance from the eyes; a lift raises it by about
    POPULATION_LIFT."""
    left: float = _NAN
    """S of the person's own left side alone."""
    right: float = _NAN
    """S of the person's own right side alone."""
    mouth_open: float = _NAN
    """The gap between the inner lips (landmarks 13 and 14)."""
    yaw: float = _NAN
    """Head turned to the person's own left, degrees."""
    pitch: float = _NAN
    """Head nodded up, degrees."""
    roll: float = _NAN
    """Head rolled clockwise in the picture, degrees, -180 to 180; 90 is lying on the left side."""
    x: float = _NAN
    """Centre of the face across the frame: 0 left edge, 1 right edge."""
    y: float = _NAN
    """Centre of the face down the frame: 0 top, 1 bottom."""
    size: float = _NAN
    """Distance between the outer eye corners as a fraction of the frame's shorter side."""
    quality: float = _NAN
    """How far the landmarks can be believed: 0 not at all, 1 fully."""
    seen_left: float = _NAN
    """The lift of the person's own left side as a network sees it in the picture of the face, in
    lifts, from a zero that differs between people."""
    seen_right: float = _NAN
    """The same of the right side."""
    jaw: float = _NAN
    """From the bridge of the nose (168) to the chin (152): a jaw that drops makes it longer, bared
    teeth do not."""
    eyes_open: float = _NAN
    """The gap between the lids as a share of the eye's length, mean of both eyes (Soukupova and
    Cech, "Real-time eye blink detection using facial landmarks", CVWW 2016): 0.2 to 0.4 as a rule,
    less while the eyes are shut."""

    @property
    def off_axis(self) -> float:
        """How far the face looks past the camera, degrees; NaN if that is not known."""
        return math.hypot(self.yaw, self.pitch)

    @property
    def seen(self) -> float:
        """The lift as the network sees it, both sides together."""
        return (self.seen_left + self.seen_right) / 2


class SampleSource(Protocol):
    """Where samples come from: vision on a camera, or a recorded trace.

    As a `Camera` it is off until started, and gives the newest sample if it is live and every
    sample if it is a recording.
    """

    live: bool

    def start(self) -> None:
        """Begin; raises CameraError if there is no camera to see with."""
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
