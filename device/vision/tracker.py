"""Tracking one face: detect it, follow it, notice when it is lost, find the same one again.

While it searches, the tracker runs the detector, one rotation a frame; once any fires, all four are
compared on that frame, because the network also fires on faces that lie or hang the wrong way
round, with a wrong angle and a lower score. While it follows a face, it runs only the landmark
network, in the square that the last landmarks give, which follows any roll, and that only in frames
in which the propagated landmarks (`propagator`) do not tell enough. Now and then the detector
checks whether what is followed is a face, and whether it is the right way up.

The face that was followed before is waited for. One in its place and like it is taken at once,
one elsewhere after `PATIENCE_S`, and one that is not like it (`signature`) only after `STRANGER_S`.
The followed face is compared with its signature now and then, and at once after it jumped: somebody
who steps in front of the person may take the landmarks over without a frame in which they are lost.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from device.vision.detector import ALL_QUARTERS, Detection, FaceDetector, best_rotations
from device.vision.flow import GreyCrop
from device.vision.landmarker import MIN_PRESENCE, FaceLandmarker
from device.vision.landmarks import Landmarks
from device.vision.propagator import LandmarkPropagator
from device.vision.roi import Roi, whole, wrap
from device.vision.signature import ALIKE, UNLIKE, FaceSignature

RETRY_S = 0.3
"""A face that the network does not believe in is looked for where it was for so long, seconds,
before it is lost: from far above or below, its belief fails for a frame or two."""
PATIENCE_S = 1.0
"""A face like the one that was lost, but elsewhere, is taken after so long, seconds."""
STRANGER_S = 15.0
"""Any face is taken after so long without the one that was lost, seconds."""
COMPARE_S = 0.4
"""How often the followed face is compared with its signature, seconds."""
SEARCH_AGAIN_S = 0.2
"""While only others are seen, the whole frame is searched this often, seconds."""
RECHECK_S = 2.0
"""How soon the detector checks a face that was just found, seconds. Each time that it is the right
way up, the next check comes after twice as long."""
_LONGEST_RECHECK_S = 16.0
"""Longest time between two such checks, seconds."""
_JUMP = 0.1
"""Mean move of the landmarks from frame to frame, in sides of their square, that no head makes."""
_NEAR_SIZES = 1.5
"""A face no further than this from where the lost one was, in sides of its square, is near it."""
_LIKE_SIZE = 2.0
"""A face is as large as the lost one if their sizes differ by no more than this factor."""
_MOST_TRIED = 3
"""So many of the faces that the detector found in one frame are tried, the likeliest first."""
_MOVED = 0.15
"""A square that moved or grew by more than this share of its side between two comparisons may be
another face's."""
_ROLLED = math.radians(60.0)
"""A square that rolled by more than this between two comparisons may be another face's, radians."""


class FaceTracker:
    """Follows one face through frames given in order of time::

    tracker = FaceTracker(FaceDetector(Model(DETECTOR)), FaceLandmarker(Model(LANDMARKS)))
    face = tracker.update(pixels, time)
    if face is not None:
        print(face.points.mean(axis=0))
    """

    def __init__(self, detector: FaceDetector, landmarker: FaceLandmarker) -> None:
        self._detector = detector
        self._landmarker = landmarker
        self._propagator = LandmarkPropagator()
        self.forget()

    def forget(self) -> None:
        """Forget the followed face: any other may be followed next."""
        self._following = False
        self._target: Roi | None = None
        self._seen_at = -math.inf
        self._check_at = math.inf
        self._check_after = RECHECK_S
        self._last: Landmarks | None = None
        self._signature = FaceSignature()
        self._shaken = False
        self._compare_at = -math.inf
        self._home: Roi | None = None
        self._quarter = 0
        self._search_turn = 0
        self._search_at = -math.inf
        self._propagator.forget()

    @property
    def following(self) -> bool:
        """Whether a face is followed, also while it is not believed for a moment."""
        return self._following

    @property
    def crop(self) -> GreyCrop | None:
        """The grey crop of the face in the last frame; None while none is followed."""
        return self._propagator.crop

    @property
    def moving(self) -> bool:
        """Whether the face was seen to move a moment ago, or nothing is known of that."""
        return self._propagator.moving

    def update(self, pixels: NDArray[np.uint8], time: float) -> Landmarks | None:
        """Return the face's landmarks in this frame, or None while none is followed.

        `pixels` is a frame, RGB or grey; `time` is when it was exposed, seconds.
        """
        face = None
        if self._following and self._last is not None:
            face = self._propagator.propagate(pixels, time)
            if face is not None:
                self._last, self._seen_at = face, time
                return face
            face = self._landmarker.locate(pixels, self._last.next_roi)
            if face.presence >= MIN_PRESENCE:
                face = self._confirmed(face, pixels, time)
            elif 0.0 <= time - self._seen_at < RETRY_S:
                self._propagator.forget()
                return None
            else:
                face = None
        if face is None:
            self._propagator.forget()
            face = self._search(pixels, time) if time >= self._search_at else None
        if face is None:
            self._following = False
            return None
        self._following = True
        self._last = face
        self._target = face.next_roi
        self._seen_at = time
        self._propagator.anchor(pixels, face, time)
        return face

    def _is_another(
        self, pixels: NDArray[np.uint8], face: Landmarks, time: float, jumped: bool
    ) -> bool:
        """Return whether somebody else took the place of the followed face."""
        if time < self._compare_at and not jumped:
            return False
        view = face.next_roi
        if jumped or (self._home is not None and not _in_place(view, self._home, _MOVED)):
            self._shaken = True
        self._compare_at = time + COMPARE_S
        return not self._is_believed(pixels, face, ALIKE if self._shaken else UNLIKE)

    def _is_believed(self, pixels: NDArray[np.uint8], face: Landmarks, least: float) -> bool:
        """Return whether `face` may be the followed one; if so, its signature is learnt.

        It may be if it is like it, by a correlation of `least`. A face that is turned too far to
        tell may be if it was followed without a jump; else it must lie where that one was, as it
        lay, and be as large.
        """
        view = face.next_roi
        alike = self._signature.compare(pixels, face)
        if math.isnan(alike):
            if self._shaken:
                return self._home is None or _in_place(view, self._home, _MOVED)
        elif alike < least:
            return False
        self._signature.learn()
        self._shaken = False
        self._home = view
        return True

    def _confirmed(
        self, face: Landmarks, pixels: NDArray[np.uint8], time: float
    ) -> Landmarks | None:
        """Return a face that was seen where the followed one was, unless it is another or none."""
        jumped = self._jumped(face)
        if self._is_another(pixels, face, time, jumped):
            return None
        if jumped:
            self._check_at, self._check_after = time, RECHECK_S
        if time >= self._check_at:
            if self._upside_down(pixels, face):
                self._signature = FaceSignature()  # what was learnt was no face
                return None
            # A face that was seen to be upright stays so unless it jumps: check ever less often.
            self._check_at = time + self._check_after
            self._check_after = min(2 * self._check_after, _LONGEST_RECHECK_S)
        return face

    def _jumped(self, face: Landmarks) -> bool:
        """Return whether the landmarks moved further since the last frame than a head does."""
        if self._last is None:
            return True
        moved = face.points[:, :2] - self._last.points[:, :2]
        return float(np.abs(moved).sum(axis=1).mean()) > _JUMP * face.roi.size

    def _upside_down(self, pixels: NDArray[np.uint8], face: Landmarks) -> bool:
        """Return whether the detector is surer of the face when it looks at it the other way up."""
        view = face.next_roi
        # On nearly all upright faces it does not fire that way, and need not run the right way.
        if not (hanging := self._detector.detect(pixels, view, (2,))):
            return False
        upright = self._detector.detect(pixels, view, (0,))
        return not upright or upright[0].score < hanging[0].score

    def _search(self, pixels: NDArray[np.uint8], time: float) -> Landmarks | None:
        view = whole(pixels)
        first = (self._quarter + self._search_turn) % 4
        found = self._detector.detect(pixels, view, (first,))
        if not found:
            self._search_turn += 1
            return None
        rest = [quarter for quarter in ALL_QUARTERS if quarter != first]
        found = best_rotations(found + self._detector.detect(pixels, view, rest))
        for chosen in self._in_order(found):
            face = self._located(pixels, chosen)
            if face is not None and self._may_be_taken(pixels, face, time):
                self._quarter = round(chosen.angle / (math.pi / 2)) % 4
                self._search_turn = 0
                self._check_at, self._check_after = time + RECHECK_S, RECHECK_S
                return face
        self._search_turn += 1
        self._search_at = time + SEARCH_AGAIN_S
        return None

    def _located(self, pixels: NDArray[np.uint8], found: Detection) -> Landmarks | None:
        """Return the landmarks of a face that the detector found, if there is one."""
        # The detector's square is rough: the landmarks it leads to give a better one.
        face = self._landmarker.locate(pixels, found.roi())
        if face.presence < MIN_PRESENCE:
            return None
        face = self._landmarker.locate(pixels, face.next_roi)
        return None if face.presence < MIN_PRESENCE else face

    def _in_order(self, found: list[Detection]) -> list[Detection]:
        """Return the few faces that are tried, the likeliest first."""
        target = self._target
        if target is None:
            return [max(found, key=lambda face: face.size * face.score)]
        found = sorted(found, key=lambda face: math.hypot(face.x - target.x, face.y - target.y))
        found.sort(key=lambda face: not _resembles(face.roi(), target))
        return found[:_MOST_TRIED]

    def _may_be_taken(self, pixels: NDArray[np.uint8], face: Landmarks, time: float) -> bool:
        """Return whether a face that was found may be followed from now on."""
        waited = time - self._seen_at
        if waited >= STRANGER_S and self._target is not None:
            # Whoever it is, this is the person from now on.
            self._signature, self._home = FaceSignature(), None
        self._shaken = True
        if not self._is_believed(pixels, face, ALIKE):
            return False
        near = self._target is None or _resembles(face.next_roi, self._target)
        return near or waited >= PATIENCE_S


def _in_place(view: Roi, before: Roi, reach: float) -> bool:
    """Return whether two squares agree in roll, and to `reach` of the side in place and size."""
    apart = math.hypot(view.x - before.x, view.y - before.y)
    alike = apart < reach * before.size and abs(math.log(view.size / before.size)) < reach
    return alike and abs(wrap(view.angle - before.angle)) < _ROLLED


def _resembles(roi: Roi, target: Roi) -> bool:
    near = math.hypot(roi.x - target.x, roi.y - target.y) < _NEAR_SIZES * target.size
    return near and 1 / _LIKE_SIZE < roi.size / target.size < _LIKE_SIZE
