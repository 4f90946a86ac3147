"""Somebody else in the picture: behind, beside and in front of the person, at rest and lifting."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from tools.harder.paint import Picture, Points, head, span
from tools.harder.scene import Harder, Scene, Stranger, pause

STRANGER_RESTS_S = 2.0
"""How long the stranger is at rest before lifting, seconds."""
COMES_AFTER_S = 2.0
_AWAY = 8.0
"""Out of any picture, in frame widths."""


def _drawn(
    picture: Picture,
    stranger: Stranger,
    face: Points | None,
    scale: float,
    place: tuple[float, float],
) -> Picture:
    """Draw the stranger's head at `place`, behind `face` or, without one, in front of it all."""
    theirs, points = stranger
    height, width = picture.shape[:2]
    centre = points[:, :2].mean(axis=0)
    shift = (place[0] - scale * centre[0], place[1] - scale * centre[1])
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    drawn = cv2.warpAffine(theirs, matrix, (width, height))
    mask = cv2.warpAffine(head(points, theirs.shape), matrix, (width, height))
    if face is not None:
        mask = mask * (1 - head(face, picture.shape))
    seen = mask[..., np.newaxis]
    return np.asarray(picture + seen * (drawn.astype(np.float32) - picture), np.uint8)


def _passing(scale: float) -> Callable[[Scene], Harder]:
    """Let somebody pass behind the person every nine seconds, `scale` times as large."""

    def kind(scene: Scene) -> Harder:
        def paint(picture: Picture, i: int) -> Picture:
            phase = (i / scene.fps + 6) % 9 / 5
            face = scene.faces[i]
            if phase > 1 or face is None or not scene.stranger:
                return picture
            stranger = scene.stranger[i % len(scene.stranger)]
            size = scale * span(face) / span(stranger[1])
            reach = 1.2 * size * span(stranger[1])
            x = (scene.width + 2 * reach) * phase - reach
            y = float(face[:, 1].mean()) - 0.25 * span(face)
            return _drawn(picture, stranger, face, size, (x, y))

        return Harder(paint)

    return kind


def passer_by(scene: Scene) -> Harder:
    """Let somebody else's face pass behind the person every nine seconds, a little smaller."""
    return _passing(0.7)(scene)


def passer_by_larger(scene: Scene) -> Harder:
    """Let somebody else's face, half as large again, pass behind the person every nine seconds."""
    return _passing(1.5)(scene)


def somebody_beside(scene: Scene) -> Harder:
    """Let somebody larger step beside the person after two seconds, and lift again and again."""
    if not scene.stranger:
        return Harder(lambda picture, _: picture)
    first = scene.face
    middle = float(first[:, 0].mean())
    side = -1.0 if middle > scene.width / 2 else 1.0

    def paint(picture: Picture, i: int) -> Picture:
        face = scene.faces[i]
        if face is None or i < COMES_AFTER_S * scene.fps:
            return picture
        stranger = scene.stranger[i % len(scene.stranger)]
        size = 1.2 * span(first) / span(stranger[1])
        place = (middle + side * 0.95 * span(first), float(first[:, 1].mean()))
        return _drawn(picture, stranger, face, size, place)

    return Harder(paint)


def hidden_by_a_smile(scene: Scene) -> Harder:
    """Let somebody larger hide the face for a second between two lifts, smiling, passing by."""
    rest = pause(scene, 6.0)
    lifted = round((STRANGER_RESTS_S + 1.2) * scene.fps)

    def place(t: float) -> float:
        return 2.2 * (min(t, 1.5) - 1.5 + max(0.0, t - 2.5))

    return _in_front(scene, rest.order, rest.first, place, lambda _: lifted)


def somebody_lifts_in_front(scene: Scene) -> Harder:
    """Let somebody larger step in front between two lifts, do a whole lift there, and leave."""
    rest = pause(scene, 14.0)
    stay = len(scene.stranger) / scene.fps

    def place(t: float) -> float:
        if t < 1.5:
            return 2.2 * (t - 1.5)
        return 2.2 * max(0.0, t - 1.5 - stay)

    return _in_front(
        scene, rest.order, rest.first, place, lambda t: round(max(0.0, t - 1.5) * scene.fps)
    )


def _in_front(
    scene: Scene,
    order: list[int],
    first: int,
    place: Callable[[float], float],
    moment: Callable[[float], int],
) -> Harder:
    """Let the stranger stand `place(t)` face heights to the right of the person, `t` s after.

    `moment(t)` says which of the stranger's pictures is shown.
    """
    seconds = (len(order) - len(scene.faces)) / scene.fps

    def paint(picture: Picture, i: int) -> Picture:
        t = (i - first) / scene.fps
        face = scene.faces[order[i]]
        if not 0 <= t < seconds or face is None or not scene.stranger:
            return picture
        stranger = scene.stranger[min(moment(t), len(scene.stranger) - 1)]
        size = 1.3 * span(face) / span(stranger[1])
        away = min(_AWAY, max(-_AWAY, place(t)))
        x = float(face[:, 0].mean()) + away * span(face)
        return _drawn(picture, stranger, None, size, (x, float(face[:, 1].mean())))

    return Harder(paint, order)
