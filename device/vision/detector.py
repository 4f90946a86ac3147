"""Finding faces in a whole picture: BlazeFace, short range, run in four rotations.

Source: Bazarevsky et al., "BlazeFace: sub-millisecond neural face detection on mobile GPUs",
2019 (arXiv:1907.05047). The network looks at 128 x 128 pixels through 896 anchors: two at each
cell of a 16 x 16 grid and six at each cell of an 8 x 8 one. Each anchor gives a score (before the
sigmoid), the box's centre and size, and six keypoints, all as offsets from the anchor in pixels of
the input. Anchors that saw the same face are blended, weighted by their scores, rather than
dropped: the paper's answer to the jitter of plain non-maximum suppression.

The network knows faces only up to about 75 degrees of roll. Beyond that it may still fire, with a
wrong angle, so a face found in one rotation proves nothing until the other three were tried and
scored less.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from device.vision.roi import MARGIN, Roi, wrap

SIDE = 128
"""Side of the picture that the network sees, pixels."""
MIN_SCORE = 0.5
"""The network's own belief below which there is no face."""
_SAME_FACE_OVERLAP = 0.3
"""Boxes that overlap by more than this share of what they cover together are of one face."""

ALL_QUARTERS = (0, 1, 2, 3)
"""Every clockwise quarter turn by which a face may lie."""


class Network(Protocol):
    """A network that turns one input tensor into its outputs, largest first."""

    def run(self, tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Return the outputs for `tensor`, float32 (1, side, side, 3)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """A face found in a picture, all in pixels of the frame.

    `size` is the longer side of the face's box, `angle` its roll in radians, clockwise.
    `keypoints` is float64 (6, 2): the person's right eye, left eye, nose tip, middle of the
    mouth, right and left ear.
    """

    score: float
    x: float
    y: float
    size: float
    angle: float
    keypoints: NDArray[np.float64]

    def roi(self) -> Roi:
        """Return the square in which the landmark model should look for this face."""
        return Roi(self.x, self.y, self.size * MARGIN, self.angle)

    def same_face(self, other: Detection) -> bool:
        """Return whether both boxes lie on one face, whatever their angles."""
        reach = 0.5 * max(self.size, other.size)
        return math.hypot(self.x - other.x, self.y - other.y) < reach


class FaceDetector:
    """BlazeFace over any square of a frame, in any of the four quarter turns::

    detector = FaceDetector(Model(DETECTOR))
    faces = detector.detect(pixels, whole(pixels), ALL_QUARTERS)
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._anchors = _anchors()
        self._tensor = np.zeros((1, SIDE, SIDE, 3), np.float32)

    def detect(
        self, pixels: NDArray[np.uint8], view: Roi, quarters: Iterable[int]
    ) -> list[Detection]:
        """Return the faces inside `view`, best first, each with the rotation that suits it best.

        `pixels` is a frame, RGB or grey. `quarters` names the clockwise quarter turns of the face
        to try; each costs one run of the network.
        """
        small = _picture(pixels, view)
        found: list[Detection] = []
        for quarter in quarters:
            turned = np.rot90(small, quarter)
            if turned.ndim == 2:
                turned = turned[:, :, np.newaxis]
            np.multiply(turned, np.float32(1 / 127.5), out=self._tensor[0])
            self._tensor -= 1.0
            boxes, scores = self._network.run(self._tensor)
            found += self._decode(boxes[0], scores[0, :, 0], view.turned(quarter))
        return best_rotations(found)

    def _decode(
        self, boxes: NDArray[np.float32], logits: NDArray[np.float32], view: Roi
    ) -> list[Detection]:
        threshold = math.log(MIN_SCORE / (1 - MIN_SCORE))
        seen = np.flatnonzero(logits > threshold)
        if seen.size == 0:
            return []
        seen = seen[np.argsort(-logits[seen])]
        scores = 1 / (1 + np.exp(-logits[seen]))
        # Eight pairs: centre, size, six keypoints; all but the size are offsets from the anchor.
        pairs = boxes[seen].reshape(-1, 8, 2).astype(np.float64)
        pairs[:, 0] += self._anchors[seen]
        pairs[:, 2:] += self._anchors[seen, np.newaxis]

        matrix = view.matrix(SIDE)
        faces: list[Detection] = []
        free = np.ones(seen.size, bool)
        for i in range(seen.size):
            if not free[i]:
                continue
            same = free & (_overlap(pairs[i], pairs) > _SAME_FACE_OVERLAP)
            same[i] = True
            free &= ~same
            weights = scores[same] / scores[same].sum()
            blended = np.tensordot(weights, pairs[same], axes=1)
            faces.append(_to_frame(float(scores[i]), blended, matrix, view))
        return faces


def best_rotations(found: Iterable[Detection]) -> list[Detection]:
    """Return each face once, best first, as the rotation saw it that scored most."""
    best: list[Detection] = []
    for face in sorted(found, key=lambda face: -face.score):
        if not any(face.same_face(better) for better in best):
            best.append(face)
    return best


def _anchors() -> NDArray[np.float64]:
    """Return the anchors' centres, (896, 2), in pixels of the input."""
    centres = []
    for cells, anchors_a_cell in ((16, 2), (8, 6)):
        places = (np.arange(cells) + 0.5) * SIDE / cells
        x, y = np.meshgrid(places, places)
        grid = np.stack([x.ravel(), y.ravel()], axis=1)
        centres.append(np.repeat(grid, anchors_a_cell, axis=0))
    return np.concatenate(centres)


def _picture(pixels: NDArray[np.uint8], view: Roi) -> NDArray[np.uint8]:
    """Return the view as a 128 x 128 picture, black where it leaves the frame."""
    height, width = pixels.shape[:2]
    if view.angle == 0 and view.size == max(height, width):
        # The whole frame: shrinking by area keeps small faces free of aliasing.
        scale = SIDE / view.size
        w, h = max(1, round(width * scale)), max(1, round(height * scale))
        square = np.zeros((SIDE, SIDE, *pixels.shape[2:]), np.uint8)
        left, top = (SIDE - w) // 2, (SIDE - h) // 2
        square[top : top + h, left : left + w] = cv2.resize(
            pixels, (w, h), interpolation=cv2.INTER_AREA
        )
        return square
    return np.asarray(
        cv2.warpAffine(
            pixels,
            view.matrix(SIDE),
            (SIDE, SIDE),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        ),
        np.uint8,
    )


def _overlap(one: NDArray[np.float64], many: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return intersection over union of one box with many; [0] is the centre, [1] the size."""
    low = np.maximum(one[0] - one[1] / 2, many[:, 0] - many[:, 1] / 2)
    high = np.minimum(one[0] + one[1] / 2, many[:, 0] + many[:, 1] / 2)
    shared = np.prod(np.maximum(high - low, 0), axis=1)
    return np.asarray(shared / (np.prod(one[1]) + np.prod(many[:, 1], axis=1) - shared + 1e-9))


def _to_frame(
    score: float, pairs: NDArray[np.float64], matrix: NDArray[np.float64], view: Roi
) -> Detection:
    points = np.delete(pairs, 1, axis=0) @ matrix[:, :2].T + matrix[:, 2]
    centre, keypoints = points[0], points[1:]
    eyes = keypoints[1] - keypoints[0]
    return Detection(
        score=score,
        x=float(centre[0]),
        y=float(centre[1]),
        size=float(max(pairs[1])) * view.size / SIDE,
        angle=wrap(math.atan2(eyes[1], eyes[0])),
        keypoints=keypoints,
    )
