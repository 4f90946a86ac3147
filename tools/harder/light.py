"""Little light, changing light, light without colour."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.harder.paint import Picture, Points, span
from tools.harder.scene import Harder, Paint, Scene

GAMMA = 2.2
DARK_LEVEL = 22.0
"""Mean grey level of the face in the nearly dark version, of 255."""
IR_NOISE = 4.0
"""What an infrared camera's gain adds, standard deviation in grey levels."""


def dark_at(level: float) -> Callable[[Scene], Harder]:
    """Return the kind in which the face has the mean grey level `level`, of 255."""
    return lambda scene: Harder(_darkened(scene, level))


def nearly_dark(scene: Scene) -> Harder:
    """Take the light away until the face is hardly there, and add a sensor's noise."""
    return Harder(_darkened(scene, DARK_LEVEL))


def lamp_out(scene: Scene) -> Harder:
    """Switch the lamp off after half the clip, and leave the face at the nearly dark level."""
    dark = _darkened(scene, DARK_LEVEL)
    half = len(scene.faces) // 2
    return Harder(lambda picture, i: picture if i < half else dark(picture, i))


def _darkened(scene: Scene, level: float) -> Paint:
    gain = (level / max(scene.face_level, level)) ** GAMMA
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

    return paint


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
    """Take the colour away, in frames that still have three channels."""

    def paint(picture: Picture, _: int) -> Picture:
        one = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        return np.asarray(cv2.cvtColor(one, cv2.COLOR_GRAY2RGB), np.uint8)

    return Harder(paint)


def one_channel(_: Scene) -> Harder:
    """Take the colour away, in frames of one channel, as a grey camera gives them."""
    return Harder(lambda p, _: np.asarray(cv2.cvtColor(p, cv2.COLOR_RGB2GRAY), np.uint8))


def infrared(scene: Scene) -> Harder:
    """Light the face by an infrared lamp beside the lens, in the dark, in one channel.

    Skin and lips are both bright, the lamp's spot falls off, the room behind is black, pupils
    throw the light back, and the gain is high.
    """
    x, y = scene.face[:, :2].mean(axis=0)
    down, across = np.mgrid[0 : scene.height, 0 : scene.width].astype(np.float32)
    far = np.hypot(across - x, down - y) / span(scene.face)
    spot = (1.15 * np.exp(-((far / 1.1) ** 2))).astype(np.float32)
    noise = scene.noise.normal(0, IR_NOISE, (2, scene.height, scene.width)).astype(np.float32)

    def paint(picture: Picture, i: int) -> Picture:
        red, green, blue = (picture[..., c].astype(np.float32) for c in range(3))
        skin = 255 * ((0.85 * red + 0.1 * green + 0.05 * blue) / 255) ** 0.75
        grain = np.roll(noise[i % 2], int(scene.noise.integers(scene.height)), axis=0)
        shown = np.asarray(np.clip(skin * spot + grain, 0, 255), np.uint8)
        face = scene.faces[i]
        if face is not None:
            _light_pupils(shown, face)
        return shown

    return Harder(paint)


def _light_pupils(picture: NDArray[np.uint8], points: Points) -> None:
    points = points[:, :2]
    apart = float(np.linalg.norm(points[263] - points[33]))
    for outer, inner, upper, lower in ((33, 133, 159, 145), (263, 362, 386, 374)):
        if np.linalg.norm(points[upper] - points[lower]) < 0.05 * apart:
            continue  # The eye is shut.
        centre = (points[outer] + points[inner] + points[upper] + points[lower]) / 4
        place = (round(float(centre[0])), round(float(centre[1])))
        cv2.circle(picture, place, max(1, round(0.025 * apart)), (250,), -1, cv2.LINE_AA)
