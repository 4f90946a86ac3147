"""How far the cheeks have risen, from patches of skin rather than from the landmark network.

The network hardly sees a cheek: it draws the same cheek round the mouth that it sees. The skin
itself can be followed (see `flow`). What the head does to the picture is told from patches on what
does not move in a face: the bridge of the nose, the corners of the eyes and the temples. Under an
affine camera any motion of a rigid body is an affine function of its points' places in space
(Koenderink and van Doorn, "Affine structure from motion", J Opt Soc Am A 8:377, 1991), so four or
more of them that do not lie in a plane tell where a patch of the cheek would be, had it only gone
along with the head. The cheek's rise is how far above that place it is. Depth is taken from the
landmarks, once: at the moment at which the patches were chosen.

This holds while the patches look as they did then. It ends when the face turns, when a hand covers
a patch, or when a broad smile folds the skin; `belief` tells how far it holds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device.vision.flow import GreyCrop, follow
from device.vision.landmarks import Landmarks

RIGID = (168, 6, 197, 195, 5, 4, 122, 351, 188, 412, 130, 359, 127, 356, 143, 372)
LEFT_CHEEK = (280, 425, 330)
RIGHT_CHEEK = (50, 205, 101)
_PATCHES = np.array(RIGID + LEFT_CHEEK + RIGHT_CHEEK)
_HEAD = slice(0, len(RIGID))
_CHEEKS = slice(len(RIGID), len(_PATCHES))

FIT = (0.003, 0.008)
"""Mean error of the head's patches against one rigid motion, in eye distances: up to the first the
motion is known, from the second on it is not."""
AGREEMENT = (0.016, 0.04)
"""Half the spread of the patches of one cheek, in eye distances: up to the first they agree, from
the second on they do not. Both are larger ..."""
AGREEMENT_SHARE = 0.5
"""... by this share of the cheek's rise."""
_SLACK = 0.05
"""Patches nearer to the motion than this count fully, pixels."""
_FEWEST = 6
"""Fewest patches of the head from which its motion is told; four are needed."""
_RIDGE = 1e-6 * np.eye(4)
"""Keeps the equations solvable if those patches lie in a plane."""


@dataclass(frozen=True, slots=True)
class CheekRise:
    """How far each cheek stands above where it was, in eye distances; `belief` from 0 to 1."""

    left: float
    right: float
    belief: float

    @property
    def mean(self) -> float:
        """The rise of both cheeks."""
        return (self.left + self.right) / 2


class CheekPatches:
    """Patches of one face as it was in one crop, to be found again in later ones."""

    def __init__(self, crop: GreyCrop, face: Landmarks) -> None:
        points = face.points
        self._crop = crop
        self._places = crop.places(points[_PATCHES])
        self._last, self._last_crop = self._places, crop
        space = np.ones((len(_PATCHES), 4))
        space[:, :2] = self._places
        space[:, 2] = points[_PATCHES, 2] / _pixel(crop)
        space[:, :3] -= space[_HEAD, :3].mean(axis=0)
        # One scale for all four columns keeps the equations well conditioned.
        space[:, 3] = crop.picture.shape[0] / 8
        self._head, self._cheeks = space[_HEAD], space[_CHEEKS]

    def rise(self, crop: GreyCrop, face: Landmarks) -> CheekRise | None:
        """Return how far the cheeks have risen by `crop`; None if the patches are not in it.

        `face` is the same face in it; only the distance between its eyes is taken from there.
        """
        if crop.roi != self._last_crop.roi:
            self._last = crop.places(_to_frame(self._last_crop, self._last))
        self._last_crop = crop
        flow = follow(self._crop, crop, self._places, self._last)
        found = flow.found
        if np.count_nonzero(found[_HEAD]) < _FEWEST or not found[_CHEEKS].all():
            self._last = crop.places(face.points[_PATCHES])
            return None
        self._last = flow.places
        moved = (flow.places - self._places).astype(np.float64)
        motion, error = self._rigid_motion(moved[_HEAD], found[_HEAD])
        up = self._cheeks @ motion[:, 1] - moved[_CHEEKS, 1]
        eyes = face.signals.eyes / _pixel(crop)
        up /= eyes
        belief = falling(error / eyes, *FIT)
        rises = []
        for side in (up[: len(LEFT_CHEEK)].tolist(), up[len(LEFT_CHEEK) :].tolist()):
            low, middle, high = sorted(side)
            rises.append(middle)
            allowed = AGREEMENT_SHARE * abs(middle)
            belief *= falling((high - low) / 2 - allowed, *AGREEMENT)
        return CheekRise(rises[0], rises[1], belief)

    def _rigid_motion(
        self, moved: NDArray[np.float64], found: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], float]:
        """Return what turns places in space into motion in the picture (4, 2), and its error.

        Weighted least squares, twice reweighted: an eyelid that blinks is a bad witness. The error
        is the median over the patches, pixels.
        """
        head, middle = self._head, found.size // 2
        weight = found.astype(np.float64)
        for _ in range(3):
            weighed = head.T * weight
            motion = np.linalg.solve(weighed @ head + _RIDGE, weighed @ moved)
            off = moved - head @ motion
            error = np.sqrt(off[:, 0] ** 2 + off[:, 1] ** 2)
            typical = float(np.sort(error)[middle])
            weight = found / (1 + (error / max(1.5 * typical, _SLACK)) ** 2)
        return motion, typical


def _to_frame(crop: GreyCrop, places: NDArray[np.float32]) -> NDArray[np.float32]:
    matrix = crop.to_frame
    return np.asarray(places @ matrix[:, :2].T + matrix[:, 2], np.float32)


def _pixel(crop: GreyCrop) -> float:
    """Return how many of the frame's pixels one of the crop's is wide."""
    return crop.roi.size / len(crop.picture)


def falling(value: float, full: float, none: float) -> float:
    """Return 1 up to `full`, 0 from `none` on, and in between a straight line."""
    return min(1.0, max(0.0, (none - value) / (none - full)))
