"""What makes a clip harder: each kind changes the pictures, the order of the frames, or both.

A kind is a function from a `Scene` to a `Harder`. Nothing here changes when a lift happens, so
the clip's annotation stays true.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from tools.harder.paint import Picture, Points, head, moved, span, with_glasses

Paint = Callable[[Picture, int], Picture]

GAMMA = 2.2
DARK_LEVEL = 22.0
"""Mean grey level of the face in the nearly dark version, of 255."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One clip and what is known about it before it is changed.

    `faces` holds the landmarks of each frame, or None where nobody is seen. `passer_by` gives
    pictures and landmarks of somebody else, frame after frame.
    """

    fps: float
    width: int
    height: int
    faces: list[Points | None]
    first_lift: tuple[float, float, float, float] | None
    """Onset, hold start, hold end and end of the first lift, seconds."""
    face_level: float
    passer_by: list[tuple[Picture, Points]]
    noise: np.random.Generator

    @property
    def face(self) -> Points:
        """The landmarks of the first frame with a face."""
        return next(face for face in self.faces if face is not None)


@dataclass(frozen=True, slots=True, eq=False)
class Harder:
    """A recipe: output frame `i` is source frame `order[i]`, painted."""

    paint: Paint
    order: list[int] | None = None


def _rotated(code: int) -> Harder:
    return Harder(lambda picture, _: np.asarray(cv2.rotate(picture, code), np.uint8))


def _plain(picture: Picture, _: int) -> Picture:
    return picture


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


def turning(scene: Scene) -> Harder:
    """Roll all the way round in 40 seconds."""
    return Harder(lambda picture, i: moved(picture, roll=360 * i / scene.fps / 40))


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


def nearly_dark(scene: Scene) -> Harder:
    """Take the light away until the face is hardly there, and add a sensor's noise."""
    gain = (DARK_LEVEL / max(scene.face_level, DARK_LEVEL)) ** GAMMA
    levels = (255 * (np.arange(256) / 255) ** GAMMA * gain).astype(np.float32)
    noise = [
        scene.noise.normal(0, 1, (scene.height, scene.width, 3)).astype(np.float32)
        for _ in range(6)
    ]

    def paint(picture: Picture, _: int) -> Picture:
        light = levels[picture]
        grain = noise[scene.noise.integers(len(noise))]
        grain = np.roll(grain, scene.noise.integers(scene.height), axis=0)
        light += grain * (0.1 + 0.25 * np.sqrt(light))
        shown = 255 * (np.maximum(light, 0) / 255) ** (1 / GAMMA)
        return np.asarray(np.minimum(np.rint(shown), 255), np.uint8)

    return Harder(paint)


def tv_light(scene: Scene) -> Harder:
    """Light the room by a television: cuts, colours, from one side."""
    frames = len(scene.faces)
    tint = np.empty((frames, 3), np.float32)
    i = 0
    while i < frames:
        length = max(2, round(scene.noise.exponential(0.8) * scene.fps))
        level = scene.noise.uniform(0.1, 1.0)
        tint[i : i + length] = level * scene.noise.uniform([0.7, 0.8, 0.9], [1.0, 1.0, 1.3])
        i += length
    across = np.linspace(1.15, 0.6, scene.width, dtype=np.float32)[np.newaxis, :, np.newaxis]

    def paint(picture: Picture, i: int) -> Picture:
        # A fifth of the light stays whatever is on the screen.
        light = across * (0.2 + 0.8 * tint[min(i, frames - 1)])
        return np.asarray(np.minimum(picture * light ** (1 / GAMMA), 255), np.uint8)

    return Harder(paint)


def grey(_: Scene) -> Harder:
    """Take the colour away, as an infrared camera does."""

    def paint(picture: Picture, _: int) -> Picture:
        one = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        return np.asarray(cv2.cvtColor(one, cv2.COLOR_GRAY2RGB), np.uint8)

    return Harder(paint)


def stuck_frames(scene: Scene) -> Harder:
    """Repeat old frames: one in eight stands for 2 to 6 frames, the time going on."""
    order = list(range(len(scene.faces)))
    i = 1
    while i < len(order):
        if scene.noise.random() < 1 / 8:
            length = int(scene.noise.integers(2, 7))
            order[i : i + length] = [i - 1] * len(order[i : i + length])
            i += length
        i += 1
    return Harder(_plain, order)


def passer_by(scene: Scene) -> Harder:
    """Let somebody else's face pass behind the person every nine seconds."""
    frames = len(scene.passer_by)

    def paint(picture: Picture, i: int) -> Picture:
        phase = (i / scene.fps + 6) % 9 / 5
        face = scene.faces[i]
        if phase > 1 or face is None or not frames:
            return picture
        theirs, points = scene.passer_by[i % frames]
        scale = 0.7 * span(face) / span(points)
        centre = points[:, :2].mean(axis=0)
        reach = 1.2 * scale * span(points)
        x = (scene.width + 2 * reach) * phase - reach
        y = float(face[:, 1].mean()) - 0.25 * span(face)
        matrix = np.array([[scale, 0, x - scale * centre[0]], [0, scale, y - scale * centre[1]]])
        size = (scene.width, scene.height)
        drawn = cv2.warpAffine(theirs, matrix, size)
        mask = cv2.warpAffine(head(points, theirs.shape), matrix, size)
        behind = mask * (1 - head(face, picture.shape))
        return np.asarray(
            picture + behind[..., np.newaxis] * (drawn.astype(np.float32) - picture), np.uint8
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


def glasses(scene: Scene) -> Harder:
    """Put thick dark glasses on the person."""

    def paint(picture: Picture, i: int) -> Picture:
        face = scene.faces[i]
        return picture if face is None else with_glasses(picture, face)

    return Harder(paint)


def smile_at_start(scene: Scene) -> Harder:
    """Begin in the middle of the first lift's hold; its release ends a second before it begins."""
    if scene.first_lift is None:
        return Harder(_plain)
    onset, start, release, end = (round(t * scene.fps) for t in scene.first_lift)
    length = onset - round(scene.fps) - (end - release)
    if length <= 0:
        return Harder(_plain)
    hold = list(range(start, release))
    there_and_back = (hold[::-1] + hold) * (length // (2 * len(hold)) + 1)
    opening = there_and_back[-length:] + list(range(release, end))
    return Harder(_plain, opening + list(range(len(opening), len(scene.faces))))


KINDS: dict[str, Callable[[Scene], Harder]] = {
    kind.__name__: kind
    for kind in (
        lying_left,
        lying_right,
        upside_down,
        askew,
        turning,
        swaying,
        nearly_dark,
        tv_light,
        grey,
        stuck_frames,
        passer_by,
        portrait,
        at_the_edge,
        glasses,
        smile_at_start,
    )
}
