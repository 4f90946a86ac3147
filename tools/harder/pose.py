"""Where the face is in the picture: turned, moved, cut off, near and far."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np

from tools.harder.paint import Picture, moved
from tools.harder.scene import Harder, Scene, pause

TURN_OVER_S = 2.0


def _rotated(code: int) -> Harder:
    return Harder(lambda picture, _: np.asarray(cv2.rotate(picture, code), np.uint8))


def lying_left(_: Scene) -> Harder:
    """Turn everything by 90 degrees, clockwise."""
    return _rotated(cv2.ROTATE_90_CLOCKWISE)


def lying_right(_: Scene) -> Harder:
    """Turn everything by 90 degrees, counter-clockwise."""
    return _rotated(cv2.ROTATE_90_COUNTERCLOCKWISE)


def upside_down(_: Scene) -> Harder:
    """Turn everything by 180 degrees: the camera hangs, or the person lies the other way."""
    return _rotated(cv2.ROTATE_180)


def askew(_: Scene) -> Harder:
    """Roll the face by 135 degrees, where the detector's rotations are least sure."""
    return Harder(lambda picture, _: moved(picture, roll=135.0))


def rolled(degrees: float) -> Callable[[Scene], Harder]:
    """Return the kind in which the face is rolled clockwise by `degrees` from the start."""
    return lambda _: Harder(lambda picture, _: moved(picture, roll=degrees))


def turning(scene: Scene) -> Harder:
    """Roll all the way round in 40 seconds."""
    return Harder(lambda picture, i: moved(picture, roll=360 * i / scene.fps / 40))


def turned_over(scene: Scene) -> Harder:
    """Turn over from one side to the other, within two seconds, between two lifts."""
    rest = pause(scene, TURN_OVER_S + 2.5)
    takes = TURN_OVER_S * scene.fps

    def paint(picture: Picture, i: int) -> Picture:
        share = min(1.0, max(0.0, (i - rest.first) / takes))
        return moved(picture, roll=-90 + 180 * share)

    return Harder(paint, rest.order)


def swaying(scene: Scene) -> Harder:
    """Roll by 20 degrees to either side, drift and come nearer, all at once."""

    def paint(picture: Picture, i: int) -> Picture:
        t = i / scene.fps
        return moved(
            picture,
            roll=20 * math.sin(2 * math.pi * 0.3 * t),
            dx=0.08 * scene.width * math.sin(2 * math.pi * 0.17 * t),
            dy=0.06 * scene.height * math.sin(2 * math.pi * 0.23 * t),
            zoom=1 + 0.12 * math.sin(2 * math.pi * 0.11 * t),
        )

    return Harder(paint)


def portrait(scene: Scene) -> Harder:
    """Cut the picture to an upright one round the face."""
    width = 2 * min(scene.width, round(scene.height * 0.75)) // 2
    left = round(float(np.mean(scene.face[:, 0])) - width / 2)
    left = min(max(left, 0), scene.width - width)
    return Harder(lambda picture, _: picture[:, left : left + width])


def at_the_edge(scene: Scene) -> Harder:
    """Let the frame cut off the outer fifth of the face."""
    low, high = float(np.min(scene.face[:, 0])), float(np.max(scene.face[:, 0]))
    shift = -(low + 0.2 * (high - low))
    return Harder(lambda picture, _: moved(picture, dx=shift))


def half_out(scene: Scene) -> Harder:
    """Let the frame cut the face in two, all the time."""
    shift = -float(np.mean(scene.face[:, 0]))
    return Harder(lambda picture, _: moved(picture, dx=shift))


def half_out_and_back(scene: Scene) -> Harder:
    """Slide half out of the frame between two lifts, stay there for three seconds, come back."""
    rest = pause(scene, 8.0)
    shift = -float(np.mean(scene.face[:, 0]))

    def paint(picture: Picture, i: int) -> Picture:
        share = rest.share(i)
        out = min(1.0, max(0.0, share / 0.12), max(0.0, (0.62 - share) / 0.12))
        return moved(picture, dx=shift * out)

    return Harder(paint, rest.order)


def farther(_: Scene) -> Harder:
    """Reduce the face to six tenths of its size."""
    return Harder(lambda picture, _: moved(picture, zoom=0.6))


def nearer(scene: Scene) -> Harder:
    """Let the face fill the frame's height."""
    top, bottom = float(np.min(scene.face[:, 1])), float(np.max(scene.face[:, 1]))
    left, right = float(np.min(scene.face[:, 0])), float(np.max(scene.face[:, 0]))
    zoom = scene.height / (bottom - top)
    dx = -zoom * ((left + right) / 2 - scene.width / 2)
    dy = -zoom * ((top + bottom) / 2 - scene.height / 2)
    return Harder(lambda picture, _: moved(picture, dx=dx, dy=dy, zoom=zoom))
