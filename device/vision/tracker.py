"""Keep one face: detect it, follow it, notice when it is lost, find the same one again.

Two states. SEARCHING runs the detector, one rotation a frame; once any fires, all four are
compared on that frame, because the network also fires on faces that lie or hang the wrong way
round, with a wrong angle and a lower score. FOLLOWING runs only the landmark network, in the
square that the last landmarks give, which follows any roll, and that only in frames in which a
cheap `glance` does not tell enough; the detector looks now and then whether what is followed is a
face, and whether it is the right way up.

The face that was followed before is waited for. One in its place and like it is taken at once,
one elsewhere after `PATIENCE_S`, and one that is not like it (`likeness`) only after `STRANGER_S`.
What is followed is compared now and then, and at once after it jumped: somebody who steps in front
of the person may take the landmarks over without a frame in which they are lost.
"""

from __future__ import annotations

import enum
import math

import numpy as np
from numpy.typing import NDArray

from device.vision.detector import ALL_QUARTERS, Detection, FaceDetector
from device.vision.flow import GreyCrop
from device.vision.landmarker import FaceLandmarker, Landmarks
from device.vision.propagator import LandmarkPropagator
from device.vision.roi import Roi, around, whole, wrap
from device.vision.signature import ALIKE, UNLIKE, FaceSignature

MIN_PRESENCE = 0.5
PATIENCE_S = 1.0
STRANGER_S = 15.0
COMPARE_S = 0.4
"""How often what is followed is compared with whom it should be, seconds."""
SEARCH_AGAIN_S = 0.2
"""While only others are seen, the whole frame is searched this often, seconds."""
RECHECK_S = 2.0
_LONGEST_RECHECK_S = 16.0
_JUMP = 0.1
"""Mean move of the landmarks from frame to frame, in sides of their square, that no head makes."""
_NEAR_SIZES = 1.5
_WORTH_A_LOOK = 3
_LIKE_SIZE = 2.0
_MOVED = 0.15
"""A square that moved or grew by more of its side between two comparisons may be another face's,"""
_ROLLED = math.radians(60.0)
"""and so may one that rolled by more."""


class State(enum.Enum):
    """What the tracker is doing."""

    SEARCHING = "searching"
    FOLLOWING = "following"


class FaceTracker:
    """Follows one face through frames given in order of time."""

    def __init__(self, detector: FaceDetector, landmarker: FaceLandmarker) -> None:
        self._detector = detector
        self._landmarker = landmarker
        self._glance = LandmarkPropagator()
        self.forget()

    def forget(self) -> None:
        """Forget whom it followed: the next face seen is as good as any."""
        self.state = State.SEARCHING
        self._target: Roi | None = None
        self._seen_at = -math.inf
        self._check_at = math.inf
        self._check_after = RECHECK_S
        self._last: Landmarks | None = None
        self._likeness = FaceSignature()
        self._shaken = False
        self._compare_at = -math.inf
        self._home: Roi | None = None
        self._quarter = 0
        self._search_turn = 0
        self._search_at = -math.inf
        self._glance.forget()

    @property
    def crop(self) -> GreyCrop | None:
        """The grey crop of the face in the last frame; None while nobody is followed."""
        return self._glance.crop

    def update(self, pixels: NDArray[np.uint8], time: float) -> Landmarks | None:
        """Return the face's landmarks in this frame, or None while nobody is followed."""
        face = None
        if self.state is State.FOLLOWING:
            face = self._glance.look(pixels, time)
            if face is not None:
                self._last, self._seen_at = face, time
                return face
            face = self._follow(pixels, time)
        if face is None:
            self._glance.forget()
            face = self._search(pixels, time) if time >= self._search_at else None
        if face is None:
            self.state = State.SEARCHING
            return None
        self.state = State.FOLLOWING
        self._last = face
        self._target = around(face.points)
        self._seen_at = time
        self._glance.anchor(pixels, face, time)
        return face

    def _is_another(
        self, pixels: NDArray[np.uint8], face: Landmarks, time: float, jumped: bool
    ) -> bool:
        """Whether somebody else took the place of whom it followed."""
        if time < self._compare_at and not jumped:
            return False
        view = around(face.points)
        if jumped or (self._home is not None and not _in_place(view, self._home, _MOVED)):
            self._shaken = True
        self._compare_at = time + COMPARE_S
        return not self._is_believed(pixels, face, ALIKE if self._shaken else UNLIKE)

    def _is_believed(self, pixels: NDArray[np.uint8], face: Landmarks, least: float) -> bool:
        """Whether a face is like whom it followed by `least`, and if so, remember how it looks.

        One that is turned too far to tell is that one if it was followed without a jump; else it
        must be where that one was, as large, and as it lay.
        """
        view = around(face.points)
        alike = self._likeness.compare(pixels, face.points)
        if math.isnan(alike):
            if self._shaken:
                return self._home is None or _in_place(view, self._home, _MOVED)
        elif alike < least:
            return False
        self._likeness.learn()
        self._shaken = False
        self._home = view
        return True

    def _follow(self, pixels: NDArray[np.uint8], time: float) -> Landmarks | None:
        assert self._last is not None
        face = self._landmarker.look(pixels, around(self._last.points))
        if face.presence < MIN_PRESENCE:
            return None
        jumped = self._jumped(face)
        if self._is_another(pixels, face, time, jumped):
            return None
        if jumped:
            self._check_at, self._check_after = time, RECHECK_S
        if time >= self._check_at:
            if self._upside_down(pixels, face):
                self._likeness = FaceSignature()  # what was learnt was no face
                return None
            # A face that was seen to be upright stays so unless it jumps: look ever less often.
            self._check_at = time + self._check_after
            self._check_after = min(2 * self._check_after, _LONGEST_RECHECK_S)
        return face

    def _jumped(self, face: Landmarks) -> bool:
        """Whether the landmarks moved farther since the last frame than a head does."""
        if self._last is None:
            return True
        moved = face.points[:, :2] - self._last.points[:, :2]
        return float(np.abs(moved).sum(axis=1).mean()) > _JUMP * face.roi.size

    def _upside_down(self, pixels: NDArray[np.uint8], face: Landmarks) -> bool:
        """Whether the detector, looking both ways, says that the face hangs the other way."""
        view = around(face.points)
        seen = self._detector.detect(pixels, view, (0, 2))
        return bool(seen) and math.cos(seen[0].angle - view.angle) < 0

    def _search(self, pixels: NDArray[np.uint8], time: float) -> Landmarks | None:
        view = whole(pixels)
        first = (self._quarter + self._search_turn) % 4
        found = self._detector.detect(pixels, view, (first,))
        if not found:
            self._search_turn += 1
            return None
        rest = [quarter for quarter in ALL_QUARTERS if quarter != first]
        found = _best_rotations(found + self._detector.detect(pixels, view, rest))
        for chosen in self._in_order(found):
            face = self._looked_at(pixels, chosen)
            if face is not None and self._may_be_taken(pixels, face, time):
                self._quarter = round(chosen.angle / (math.pi / 2)) % 4
                self._search_turn = 0
                self._check_at, self._check_after = time + RECHECK_S, RECHECK_S
                return face
        self._search_turn += 1
        self._search_at = time + SEARCH_AGAIN_S
        return None

    def _looked_at(self, pixels: NDArray[np.uint8], found: Detection) -> Landmarks | None:
        """Return the landmarks of a face that the detector found, if there is one."""
        # The detector's square is rough: the landmarks it leads to give a better one.
        face = self._landmarker.look(pixels, found.roi())
        if face.presence < MIN_PRESENCE:
            return None
        face = self._landmarker.look(pixels, around(face.points))
        return None if face.presence < MIN_PRESENCE else face

    def _in_order(self, found: list[Detection]) -> list[Detection]:
        """Return the few faces worth a look, the likeliest first."""
        target = self._target
        if target is None:
            return [max(found, key=lambda face: face.size * face.score)]
        found = sorted(found, key=lambda face: math.hypot(face.x - target.x, face.y - target.y))
        found.sort(key=lambda face: not _resembles(face.roi(), target))
        return found[:_WORTH_A_LOOK]

    def _may_be_taken(self, pixels: NDArray[np.uint8], face: Landmarks, time: float) -> bool:
        """Whether a face that was found may be whom it followed, or was waited for long enough."""
        waited = time - self._seen_at
        if waited >= STRANGER_S and self._target is not None:
            self._likeness, self._home = (
                FaceSignature(),
                None,
            )  # whoever it is, it is them from now on
        self._shaken = True
        if not self._is_believed(pixels, face, ALIKE):
            return False
        near = self._target is None or _resembles(around(face.points), self._target)
        return near or waited >= PATIENCE_S


def _in_place(view: Roi, before: Roi, reach: float) -> bool:
    """Whether a square is where it was and as large, to within `reach` of its side, and lies so."""
    apart = math.hypot(view.x - before.x, view.y - before.y)
    alike = apart < reach * before.size and abs(math.log(view.size / before.size)) < reach
    return alike and abs(wrap(view.angle - before.angle)) < _ROLLED


def _best_rotations(found: list[Detection]) -> list[Detection]:
    best: list[Detection] = []
    for face in sorted(found, key=lambda face: -face.score):
        if not any(face.same_face(better) for better in best):
            best.append(face)
    return best


def _resembles(roi: Roi, target: Roi) -> bool:
    near = math.hypot(roi.x - target.x, roi.y - target.y) < _NEAR_SIZES * target.size
    return near and 1 / _LIKE_SIZE < roi.size / target.size < _LIKE_SIZE
