"""One moment of the subject: what it does, how it lies, how it is lit, and what is true of it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray


class Phase(enum.StrEnum):
    """Where in a lift the subject means to be."""

    REST = "rest"
    RISE = "rise"
    HOLD = "hold"
    FALL = "fall"


@dataclass(frozen=True, slots=True)
class State:
    """Everything that a picture depends on, apart from the person.

    `State()` is somebody at rest, in daylight, facing the camera. A movement is given as a share:
    0 is none of it and 1 all of it; a little more than 1 is allowed.
    """

    time: float = 0.0
    """Seconds; only the sensor's noise depends on it."""
    phase: Phase = Phase.REST

    lift_left: float = 0.0
    """The Cheek Lifter on the person's left: cheek, mouth corner and lower lid together."""
    lift_right: float = 0.0
    cheek: float = 0.0
    """The cheeks' part of the lift alone, both sides."""
    smile: float = 0.0
    """The mouth's part of the lift alone, both sides."""
    blink: float = 0.0
    squint: float = 0.0
    brow: float = 0.0
    """Brows raised."""
    jaw: float = 0.0
    """Jaw dropped."""
    jaw_side: float = 0.0
    """Jaw shifted to the person's left, as in chewing; negative to the right."""
    funnel: float = 0.0
    pucker: float = 0.0
    stretch: float = 0.0
    """Mouth drawn wide, as in "ee"."""
    press: float = 0.0
    """Lips pressed together."""
    gaze: float = 0.0
    """Eyes turned to the person's left."""

    fingers: bool = False
    """Whether the index fingertips lie on both cheeks."""
    rub_x: float = 0.0
    """Fingertips moved outwards on the skin, cm; the skin follows a little."""
    rub_y: float = 0.0
    """Fingertips moved up on the skin, cm."""
    hands_away: float = 0.0
    """How far the hands are from the cheeks on their way out of the picture: 0 on them, 1 gone."""

    yaw: float = 0.0
    """Head turned to the person's left, degrees."""
    pitch: float = 0.0
    """Head nodded up, degrees."""
    roll: float = 0.0
    """Head rolled clockwise in the picture, degrees: 90 lies on the left side, 180 upside down."""
    x: float = 0.0
    """Head moved to the right in the picture, cm."""
    y: float = 0.0
    """Head moved up in the picture, cm."""
    nearness: float = 1.0
    """1 is 62 cm from the camera, 2 half of that."""

    gain: float = 1.0
    """Light reaching the sensor, linear."""
    warmth: float = 0.0
    """Colour of the light: -1 blue as a screen, 1 orange as a lamp."""
    grain: float = 1.0
    """Read noise, standard deviation in grey levels of 255."""
    shot: float = 0.25
    """Shot noise; 1 is a cheap sensor in the dark."""
    blur: float = 0.0
    """Out of focus, standard deviation in pixels of a 640x480 picture."""

    def plus(self, changes: Mapping[str, float]) -> State:
        """Return this state with some of its channels raised by these amounts."""
        return replace(self, **{name: getattr(self, name) + by for name, by in changes.items()})


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What is true of one moment.

    `landmarks` are float32 (468, 3): x and y in pixels of the picture as rendered, z in the same
    scale, smaller is nearer, 0 at the middle of the head. The two rises say how far the skin under
    the fingertips stands above its rest, in mm of the head's own upward direction.
    """

    time: float
    phase: Phase
    lift_left: float
    lift_right: float
    landmarks: NDArray[np.float32]
    rise_left: float
    rise_right: float
