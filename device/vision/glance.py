"""A cheap glance between two looks of the landmark network: has anything moved that matters?

Most of a session is resting and holding, and the network costs ten times as much as all the rest.
Optical flow on a few small patches (`flow`) tells how the head and the mouth moved since the
network last looked, and the network's points go along with that. How soon it must look again is
settled by what moves, not by the clock alone:

- a face that moves much is looked at in every frame, and one that moves a little a few frames on;
- each look is compared with what was expected. A face that went on as expected may wait twice as
  long for the next look, up to `LONGEST_S`; a surprise brings the next look near. So where flow
  sees little (dark, noise, hands, reflections in glasses) the network looks the more often;
- a patch that is lost, or no longer looks like itself, or a light that changed, is no ground to
  stand on: the network looks at once.

Flow follows skin and not features, and would drift: nothing is carried on from a carried face, all
of them from the network's last look.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from device.vision.flow import GreyCrop, follow, grey_crop
from device.vision.landmarker import Landmarks
from device.vision.lift import lip_gap, raw_lift
from device.vision.roi import Roi, around

LONGEST_S = 0.19
"""The network looks at least this often, seconds, ..."""
SHORTEST_S = 0.045
"""... and so soon again at a face that moves a little, or that surprised it."""
MOVES = 0.009
"""Motion of the mouth's patches against the head, root mean square in distances between the eyes,
that is more than a still face's noise."""
MOVES_MUCH = 0.012
"""The same from which each frame needs a look."""
LIFTS = 0.012
"""Change of the lift signal that is more than a still face's noise: 1/12 of a lift."""
LIFTS_MUCH = 0.02
"""The same from which each frame needs a look, carried or between two looks."""
SURPRISE = 0.015
"""Difference between the lift signal as the network saw it and as it was expected."""
_LIPS = 2.0
"""The gap between the lips, which talking opens, may differ by this many times as much."""
_FARTHEST = 0.2
"""How far the head may have moved, in distances between the eyes."""
_LIGHT_CHANGE = 1.25
_MISMATCH = 12.0
"""Mean difference of grey levels at which patches are no longer those that were followed."""
_SLACK_S = 0.001
"""Frames come so much sooner than they should, seconds."""

_HEAD = (33, 133, 362, 263)
"""Corners of the eyes: they go with the head."""
_MOVED = (61, 291, 13, 14)
"""What the signals are measured between: corners of the mouth, inner lips."""
_BESIDE = (212, 432, 92, 322, 205, 425)
"""Beside the mouth and in the folds from it to the nose: they move with every smile, even where
the mouth's corners give the flow nothing to hold."""
_PATCHES = np.array(_HEAD + _MOVED + _BESIDE)
_H = len(_HEAD)
_MOUTH = np.array([4, 5, 8, 9, 10, 11, 12, 13])
_FOLLOWED = np.array(_MOVED)


class Glance:
    """Follows the face of the network's last look, as long as that will do.

    `crop` is the grey crop of the last frame, for whoever else measures motion in it; None while
    nobody is followed.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Forget the face: the next look is the network's."""
        self.crop: GreyCrop | None = None
        self._face: Landmarks | None = None
        self._expected: tuple[float, float] | None = None
        self._interval = 0.0
        self._moving = False

    def look(self, pixels: NDArray[np.uint8], time: float) -> Landmarks | None:
        """Return the face as it has moved since the anchor, or None if the network should look."""
        self._expected = None
        self._moving = False
        if self._face is None:
            return None
        waited = time - self._time
        self.crop = grey_crop(pixels, self._anchored.roi)
        carried = self._carried(self.crop)
        if carried is None or not 0 < waited < 2 * LONGEST_S:
            return None
        face, stray = carried
        lift, lips = self._expected = raw_lift(face.points), lip_gap(face.points)
        change = max(abs(lift - self._lift), abs(lips - self._lips) / _LIPS)
        much = stray > MOVES_MUCH or change > LIFTS_MUCH
        little = stray > MOVES or change > LIFTS
        if waited >= self._interval - _SLACK_S:
            return None
        self._moving = much or (little and waited >= SHORTEST_S - _SLACK_S)
        return None if self._moving else face

    def anchor(self, pixels: NDArray[np.uint8], face: Landmarks, time: float) -> None:
        """Take what the network saw in this frame as what to follow from here on.

        To be called after `look` at the same frame: its crop is used again.
        """
        lift, lips = raw_lift(face.points), lip_gap(face.points)
        self._interval = self._next_interval(lift, lips)
        self._face, self._lift, self._lips, self._time = face, lift, lips, time
        roi = around(face.points)
        if self.crop is None or not _alike(self.crop.roi, roi):
            self.crop = grey_crop(pixels, roi)
        self._anchored = self.crop
        self._places = self.crop.places(face.points[_PATCHES])
        # Points of the plane as complex numbers: a head's motion in it is z -> turn * z + shift.
        self._before = _complex(self._places)
        head = self._before[:_H]
        self._centre = complex(head.mean())
        self._head = (head - self._centre).conj()
        self._spread = float(np.vdot(self._head, self._head).real)
        self._eyes = float(abs(head[0] - head[-1]))
        matrix = self.crop.to_frame
        self._pixel = complex(matrix[0, 0], matrix[1, 0])
        self._origin = complex(matrix[0, 2], matrix[1, 2])

    def _next_interval(self, lift: float, lips: float) -> float:
        """Return how long the look after this one may wait, seconds."""
        if self._face is not None and abs(lift - self._lift) > LIFTS_MUCH:
            return 0.0
        if self._expected is None or self._moving:
            return SHORTEST_S
        expected_lift, expected_lips = self._expected
        off = max(abs(lift - expected_lift), abs(lips - expected_lips) / _LIPS)
        if off > SURPRISE:
            return SHORTEST_S
        return min(max(2 * self._interval, SHORTEST_S), LONGEST_S)

    def _carried(self, crop: GreyCrop) -> tuple[Landmarks, float] | None:
        """Return the anchored face as it went to `crop`, and how much the mouth moved in it.

        None if the patches cannot be found. The head's motion is the turn, growth and shift that
        carry its patches best, by least squares.
        """
        assert self._face is not None
        light = crop.level / max(self._anchored.level, 1.0)
        if not 1 / _LIGHT_CHANGE < light < _LIGHT_CHANGE:
            return None
        flow = follow(self._anchored, crop, self._places)
        if not flow.found.all() or float(flow.mismatch.mean()) > _MISMATCH:
            return None
        now = _complex(flow.places)
        centre = complex(now[:_H].mean())
        if abs(centre - self._centre) > _FARTHEST * self._eyes:
            return None
        turn = complex(self._head @ now[:_H]) / self._spread
        stray = now[_H:] - (turn * (self._before[_H:] - self._centre) + centre)
        mouth = stray[_MOUTH - _H]
        moved = math.sqrt(float(np.vdot(mouth, mouth).real) / mouth.size) / self._eyes
        # From the crop to the frame, where z -> pixel * z + origin.
        middle = self._pixel * self._centre + self._origin
        shift = self._pixel * centre + self._origin - turn * middle
        before = self._face.points
        points = np.empty_like(before)
        rotation = np.array([[turn.real, turn.imag], [-turn.imag, turn.real]], np.float32)
        np.matmul(before[:, :2], rotation, out=points[:, :2])
        points[:, 0] += shift.real
        points[:, 1] += shift.imag
        points[:, 2] = before[:, 2] * np.float32(abs(turn))
        own = self._pixel * stray[: len(_MOVED)]
        points[_FOLLOWED, 0] += own.real
        points[_FOLLOWED, 1] += own.imag
        brightness = self._face.brightness * light
        return replace(self._face, points=points, brightness=brightness), moved


def _complex(places: NDArray[np.float32]) -> NDArray[np.complex64]:
    return np.asarray(places[:, 0] + 1j * places[:, 1], np.complex64)


def _alike(one: Roi, other: Roi) -> bool:
    """Whether a crop made for one square will do for the other."""
    return (
        math.hypot(one.x - other.x, one.y - other.y) < 0.05 * one.size
        and abs(one.size - other.size) < 0.1 * one.size
        and abs(math.remainder(one.angle - other.angle, 2 * math.pi)) < 0.1
    )
