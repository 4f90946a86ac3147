"""Keep one face: detect it, follow it, notice when it is lost, find the same one again.

Two states. SEARCHING runs the detector, one rotation a frame; once any fires, all four are
compared on that frame, because the network also fires on faces that lie or hang the wrong way
round, with a wrong angle and a lower score. FOLLOWING runs only the landmark network, in the
square that the last landmarks give, which follows any roll; the detector looks now and then
whether what is followed is a face, and whether it is the right way up.

The face that was followed before is waited for: another one that is much larger or smaller, or
elsewhere, is taken only after `PATIENCE_S`.
"""

from __future__ import annotations

import enum
import math

import numpy as np
from numpy.typing import NDArray

from device.vision.detector import ALL_QUARTERS, Detection, FaceDetector
from device.vision.landmarker import FaceLandmarker, Landmarks
from device.vision.roi import Roi, around, whole

MIN_PRESENCE = 0.5
PATIENCE_S = 1.0
RECHECK_S = 2.0
_LONGEST_RECHECK_S = 16.0
_JUMP = 0.1
"""Mean move of the landmarks from frame to frame, in sides of their square, that no head makes."""
_NEAR_SIZES = 1.5
_LIKE_SIZE = 2.0


class State(enum.Enum):
    """What the tracker is doing."""

    SEARCHING = "searching"
    FOLLOWING = "following"


class FaceTracker:
    """Follows one face through frames given in order of time."""

    def __init__(self, detector: FaceDetector, landmarker: FaceLandmarker) -> None:
        self._detector = detector
        self._landmarker = landmarker
        self.forget()

    def forget(self) -> None:
        """Forget whom it followed: the next face seen is as good as any."""
        self.state = State.SEARCHING
        self._target: Roi | None = None
        self._seen_at = -math.inf
        self._check_at = math.inf
        self._check_after = RECHECK_S
        self._last: Landmarks | None = None
        self._quarter = 0
        self._search_turn = 0

    def update(self, pixels: NDArray[np.uint8], time: float) -> Landmarks | None:
        """Return the face's landmarks in this frame, or None while nobody is followed."""
        face = self._follow(pixels, time) if self.state is State.FOLLOWING else None
        if face is None:
            face = self._search(pixels, time)
        if face is None:
            self.state = State.SEARCHING
            return None
        self.state = State.FOLLOWING
        self._last = face
        self._target = around(face.points)
        self._seen_at = time
        return face

    def _follow(self, pixels: NDArray[np.uint8], time: float) -> Landmarks | None:
        assert self._target is not None
        face = self._landmarker.look(pixels, self._target)
        if face.presence < MIN_PRESENCE:
            return None
        if self._jumped(face):
            self._check_at, self._check_after = time, RECHECK_S
        if time >= self._check_at:
            if self._upside_down(pixels, face):
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
        chosen = self._choose(found, time)
        if chosen is None:
            return None
        # The detector's square is rough: the landmarks it leads to give a better one.
        face = self._landmarker.look(pixels, chosen.roi())
        if face.presence < MIN_PRESENCE:
            self._search_turn += 1
            return None
        face = self._landmarker.look(pixels, around(face.points))
        if face.presence < MIN_PRESENCE:
            self._search_turn += 1
            return None
        self._quarter = round(chosen.angle / (math.pi / 2)) % 4
        self._search_turn = 0
        self._check_at, self._check_after = time + RECHECK_S, RECHECK_S
        return face

    def _choose(self, found: list[Detection], time: float) -> Detection | None:
        if self._target is not None:
            target = self._target
            like = [face for face in found if _resembles(face.roi(), target)]
            if like:
                return min(like, key=lambda face: math.hypot(face.x - target.x, face.y - target.y))
            if time - self._seen_at < PATIENCE_S:
                return None
        return max(found, key=lambda face: face.size * face.score)


def _best_rotations(found: list[Detection]) -> list[Detection]:
    best: list[Detection] = []
    for face in sorted(found, key=lambda face: -face.score):
        if not any(face.same_face(better) for better in best):
            best.append(face)
    return best


def _resembles(roi: Roi, target: Roi) -> bool:
    near = math.hypot(roi.x - target.x, roi.y - target.y) < _NEAR_SIZES * target.size
    return near and 1 / _LIKE_SIZE < roi.size / target.size < _LIKE_SIZE
