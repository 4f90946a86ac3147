"""What is on the face: glasses, fingers, a smile at the start."""

from __future__ import annotations

from tools.harder.paint import Picture, with_fingers, with_glasses
from tools.harder.scene import Harder, Scene, pause, plain

FINGERS_MOVE_S = 1.0
"""How long hands take to come or go, seconds."""


def glasses(scene: Scene) -> Harder:
    """Put thick dark glasses on the person."""
    return _glasses(scene, tint=1.0)


def sunglasses(scene: Scene) -> Harder:
    """Put sunglasses on the person, through which the eyes are hardly seen."""
    return _glasses(scene, tint=0.2)


def _glasses(scene: Scene, tint: float) -> Harder:
    def paint(picture: Picture, i: int) -> Picture:
        face = scene.faces[i]
        return picture if face is None else with_glasses(picture, face, tint)

    return Harder(paint)


def fingers(scene: Scene) -> Harder:
    """Put a fingertip on either cheek."""

    def paint(picture: Picture, i: int) -> Picture:
        face = scene.faces[i]
        return picture if face is None else with_fingers(picture, face)

    return Harder(paint)


def fingers_come(scene: Scene) -> Harder:
    """Put a fingertip on either cheek between two lifts, to stay."""
    return _moving_fingers(scene, come=True)


def fingers_go(scene: Scene) -> Harder:
    """Take the fingertips off the cheeks between two lifts."""
    return _moving_fingers(scene, come=False)


def _moving_fingers(scene: Scene, come: bool) -> Harder:
    rest = pause(scene, 3.0)

    def paint(picture: Picture, i: int) -> Picture:
        face = scene.faces[rest.order[i]]
        moved = min(1.0, max(0.0, (i - rest.first) / scene.fps / FINGERS_MOVE_S))
        away = 1.0 - moved if come else moved
        return picture if face is None or away == 1.0 else with_fingers(picture, face, away)

    return Harder(paint, rest.order)


def smile_at_start(scene: Scene) -> Harder:
    """Begin in the middle of the first lift's hold; its release ends a second before it begins."""
    if not scene.lifts:
        return Harder(plain)
    onset, start, release, end = (round(t * scene.fps) for t in scene.lifts[0])
    length = onset - round(scene.fps) - (end - release)
    if length <= 0:
        return Harder(plain)
    hold = list(range(start, release))
    there_and_back = (hold[::-1] + hold) * (length // (2 * len(hold)) + 1)
    opening = there_and_back[-length:] + list(range(release, end))
    return Harder(plain, opening + list(range(len(opening), len(scene.faces))))
