"""Landmarks carried from frame to frame by optical flow, between two runs of the network.

Most of a session is resting and holding, and the landmark network costs ten times as much as all
the rest. Optical flow on a few small patches (`flow`) tells how the head and the mouth moved since
the network last ran, and the network's points go along with that. How soon it must run again is
settled by what moves, not by the clock alone:

- it runs in every second frame or so on a face that moves much, in every fourth on one that moves
  a little;
- what it finds is compared with the propagated points. If they agree, and the face does not move
  much, the next run may wait twice as long, up to `LONGEST_S`; else it comes soon. So where flow
  sees little (dark, noise, hands, reflections in glasses) the network runs the more often;
- if a patch is lost or no longer looks like itself, or if the light changed, flow tells nothing and
  the network runs at once.

Flow follows skin and not features, and would drift: points are always propagated from those of the
network's last run, never from propagated ones.
"""

from __future__ import annotations

import cmath
import math

import numpy as np
from numpy.typing import NDArray

from device.vision.flow import SIDE, GreyCrop, follow, grey_crop
from device.vision.landmarks import Landmarks
from device.vision.roi import Roi

LONGEST_S = 0.24
"""Longest time between two runs of the network, seconds."""
SHORTEST_S = 0.12
"""Time to its next run on a face that moves a little, moved much, or was not where it was expected,
seconds."""
SOONEST_S = 0.045
"""Shortest time between two runs while flow can carry the points, seconds: every second of 30
frames a second tells as much of a lift as all of them."""
CALM_S = 0.06
"""Flow is measured so often on a still face; frames in between show it as it was, seconds."""
MOVES = 0.007
"""Motion of the mouth's patches against the head, root mean square in distances between the eyes,
that is more than a still face's noise."""
MOVES_MUCH = 0.012
"""The same of a face on which the network should run as soon as may be."""
LIFTS = 0.01
"""Change of the lift signal that is more than a still face's noise: 1/14 of a lift."""
LIFTS_MUCH = 0.02
"""The same of a face on which the network should run as soon as may be."""
RESTLESS = 0.4
"""A face that moved for more than this share of the last seconds is treated as one that moves:
whoever talks or signs does not stand still between two words."""
RESTLESS_S = 1.5
"""Time constant with which past motion fades from that share, seconds. One movement of less than
0.77 s, as the rise of a lift mostly is, does not make a face restless."""
SURPRISE = 0.015
"""Difference between the lift signal that the network saw and the propagated one at which its next
run comes soon."""
_LIPS = 2.0
"""The gap between the lips, which talking opens, may differ by this many times as much."""
_FARTHEST = 0.2
"""How far the head may have moved from the anchor, in distances between the eyes."""
_LIGHT_CHANGE = 1.25
"""The factor by which the mean grey level may have changed."""
_MISMATCH = 12.0
"""Mean difference of grey levels at which patches are no longer those that were followed."""
_SHARE = 104 / 128
"""Of the network's square, which is half as wide again as the face, so much is cropped."""
_SIDE = round(_SHARE * SIDE)
_SLACK_S = 0.001
"""A frame may come sooner than its due time by this, seconds."""

_HEAD = (33, 133, 362, 263)
"""Corners of the eyes: they go with the head."""
_MOVED = (61, 291, 13, 14)
"""What the signals are measured between: corners of the mouth, inner lips."""
_BESIDE = (212, 432, 92, 322, 205, 425)
"""Beside the mouth and in the folds from it to the nose: they move with every smile, even where
the mouth's corners give the flow nothing to hold."""
_PATCHES = np.array(_HEAD + _MOVED + _BESIDE)
_H = len(_HEAD)
_MOUTH = (0, 1, 4, 5, 6, 7, 8, 9)
"""Of those that are not the head's: all but the lips, which have no fold to hold the flow."""
_FOLLOWED = np.array(_MOVED)


class LandmarkPropagator:
    """Carries the landmarks of the network's last run along, as long as that will do.

    `crop` is the grey crop of the last frame, for whoever else looks at the face; None while nobody
    is followed. `moving` is whether the face had moved since the network's last run when flow last
    looked, or flow could not tell. In each frame the network runs only if `propagate` returns
    None::

        face = propagator.propagate(pixels, time)
        if face is None:
            face = landmarker.locate(pixels, last.next_roi)
            propagator.anchor(pixels, face, time)
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Forget the face: the network must run on the next frame."""
        self.crop: GreyCrop | None = None
        self._anchor: Landmarks | None = None
        self._latest: Landmarks | None = None
        self._expected: Landmarks | None = None
        self._interval = 0.0
        self.moving = True
        self._moving_much = False
        self._calm = False
        self._restless = 0.0
        self._seen_at = -math.inf

    def propagate(self, pixels: NDArray[np.uint8], time: float) -> Landmarks | None:
        """Return the face as it has moved since the anchor, or None if the network should run."""
        self._expected = None
        self._moving_much = False
        if self._anchor is None:
            return None
        if self._calm and 0 <= time - self._seen_at < CALM_S - _SLACK_S:
            return self._latest
        waited = time - self._time
        self.crop = grey_crop(pixels, self._anchor_crop.roi, _SIDE)
        carried = self._carried(self.crop)
        if carried is None or not 0 < waited < 2 * LONGEST_S:
            self._calm, self.moving = False, True
            self._note(time)
            return None
        face, stray = carried
        self._expected = face
        change = _change(self._anchor, face)
        self.moving = stray > MOVES or change > LIFTS
        self._moving_much = stray > MOVES_MUCH or change > LIFTS_MUCH
        self._note(time)
        self._calm, self._latest = not self.moving, face
        soon, soonest = (waited >= least - _SLACK_S for least in (SHORTEST_S, SOONEST_S))
        due = (
            waited >= self._interval - _SLACK_S
            or (soon and (self.moving or self._restless > RESTLESS))
            or (soonest and self._moving_much)
        )
        return None if due else face

    def _note(self, time: float) -> None:
        """Remember for how much of the last while the face moved."""
        gone = min(max(time - self._seen_at, 0.0), RESTLESS_S)
        self._seen_at = time
        self._restless += (self.moving - self._restless) * (1 - math.exp(-gone / RESTLESS_S))

    def anchor(self, pixels: NDArray[np.uint8], face: Landmarks, time: float) -> None:
        """Take what the network saw in this frame as what to follow from here on.

        To be called after `propagate` on the same frame: its crop is used again.
        """
        self._interval = self._next_interval(face)
        self._anchor, self._time = face, time
        self._calm, self._latest = self._calm and self._interval > SHORTEST_S, face
        roi = face.next_roi.scaled(_SHARE)
        if self.crop is None or not _alike(self.crop.roi, roi):
            self.crop = grey_crop(pixels, roi, _SIDE)
        self._anchor_crop = self.crop
        self._places = self.crop.places(face.points[_PATCHES])
        # Points of the plane as complex numbers: a head's motion in it is z -> turn * z + shift.
        # So few are faster as plain numbers than as arrays.
        self._before = _complex(self._places)
        head = self._before[:_H]
        self._centre = sum(head) / _H
        self._head = [(point - self._centre).conjugate() for point in head]
        self._spread = sum(abs(point) ** 2 for point in self._head)
        self._eyes = abs(head[0] - head[-1])
        matrix = self.crop.to_frame
        self._pixel = complex(matrix[0, 0], matrix[1, 0])
        self._origin = complex(matrix[0, 2], matrix[1, 2])

    def _next_interval(self, face: Landmarks) -> float:
        """Return how long the network's run after this one may wait, seconds."""
        if self._expected is None or self._moving_much or _change(self._expected, face) > SURPRISE:
            return SHORTEST_S
        return min(max(2 * self._interval, SHORTEST_S), LONGEST_S)

    def _carried(self, crop: GreyCrop) -> tuple[Landmarks, float] | None:
        """Return the anchored face as it went to `crop`, and how much the mouth moved in it.

        None if the patches cannot be found. The head's motion is the turn, growth and shift that
        carry its patches best, by least squares.
        """
        assert self._anchor is not None
        light = crop.level / max(self._anchor_crop.level, 1.0)
        if not 1 / _LIGHT_CHANGE < light < _LIGHT_CHANGE:
            return None
        flow = follow(self._anchor_crop, crop, self._places)
        if not flow.found.all() or float(flow.mismatch.mean()) > _MISMATCH:
            return None
        now = _complex(flow.places)
        centre = sum(now[:_H]) / _H
        if abs(centre - self._centre) > _FARTHEST * self._eyes:
            return None
        head = zip(self._head, now[:_H], strict=True)
        turn = sum(before * after for before, after in head) / self._spread
        shift = centre - turn * self._centre
        mouth = zip(self._before[_H:], now[_H:], strict=True)
        stray = [after - turn * before - shift for before, after in mouth]
        moved = math.sqrt(sum(abs(stray[i]) ** 2 for i in _MOUTH) / len(_MOUTH)) / self._eyes
        return self._along(turn, shift, stray, light), moved

    def _along(
        self, turn: complex, shift: complex, stray: list[complex], light: float
    ) -> Landmarks:
        """Return the anchored face after the head's motion and the mouth's own, in the frame."""
        assert self._anchor is not None
        # From the crop to the frame, where z -> pixel * z + origin.
        shift = self._pixel * shift + self._origin - turn * self._origin
        turned = [[turn.real, turn.imag, 0], [-turn.imag, turn.real, 0], [0, 0, abs(turn)]]
        points = self._anchor.points @ np.array(turned, np.float32)
        points += np.array([shift.real, shift.imag, 0], np.float32)
        own = [self._pixel * stray[i] for i in range(len(_MOVED))]
        points[_FOLLOWED, :2] += np.array([[one.real, one.imag] for one in own], np.float32)
        # What is rigid in a face was turned in the picture's plane and no other way.
        pose = self._anchor.pose
        roll = math.remainder(pose.roll + math.degrees(cmath.phase(turn)), 360.0)
        return Landmarks(
            points=points,
            presence=self._anchor.presence,
            brightness=self._anchor.brightness * light,
            roi=self._anchor.roi,
            carried_pose=pose._replace(roll=roll),
        )


def _change(one: Landmarks, other: Landmarks) -> float:
    """Return by how much the lift signal, or the lips in its scale, differs between two faces."""
    lift = abs(one.signals.lift - other.signals.lift)
    return max(lift, abs(one.signals.mouth_open - other.signals.mouth_open) / _LIPS)


def _complex(places: NDArray[np.float32]) -> list[complex]:
    return [complex(x, y) for x, y in places.tolist()]


def _alike(one: Roi, other: Roi) -> bool:
    """Return whether a crop made for one square will do for the other."""
    return (
        math.hypot(one.x - other.x, one.y - other.y) < 0.05 * one.size
        and abs(one.size - other.size) < 0.1 * one.size
        and abs(math.remainder(one.angle - other.angle, 2 * math.pi)) < 0.1
    )
