"""The kinds: what a bedroom does to a picture, each a function from a `Scene` to a `Recipe`.

A kind changes the pictures, the order and times of the frames, or both. None changes what the
person does, so the annotated count stays true; where a kind adds a pause, what comes later comes
that much later. The first line of each docstring is the row's name in the table.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.stress_matrix.scene import (
    Paint,
    Picture,
    Points,
    Recipe,
    Scene,
    Stranger,
    head,
    moved,
    pause,
    plain,
    span,
    with_fingers,
    with_glasses,
)

TURN_OVER_S = 2.0
"""How long it takes to turn over from one side to the other, seconds."""
GAMMA = 2.2
"""Light is the grey level, as a share of 255, to this power."""
DARK_LEVEL = 22.0
"""Mean grey level of the face in the nearly dark version, of 255."""
IR_NOISE = 4.0
"""What an infrared camera's gain adds, standard deviation in grey levels."""
STRANGER_RESTS_S = 2.0
"""How long the stranger is at rest before lifting, seconds."""
COMES_AFTER_S = 2.0
"""When somebody steps beside the person, seconds from the start."""
_AWAY = 8.0
"""A distance that is out of any picture, in face heights."""
FINGERS_MOVE_S = 1.0
"""How long hands take to come or go, seconds."""
Kind = Callable[[Scene], Recipe]


# Where the face is in the picture: turned, moved, cut off, near and far


def _rotated(code: int) -> Recipe:
    return Recipe(lambda picture, _: np.asarray(cv2.rotate(picture, code), np.uint8))


def lying_left(_: Scene) -> Recipe:
    """Turn everything by 90 degrees, clockwise."""
    return _rotated(cv2.ROTATE_90_CLOCKWISE)


def lying_right(_: Scene) -> Recipe:
    """Turn everything by 90 degrees, counter-clockwise."""
    return _rotated(cv2.ROTATE_90_COUNTERCLOCKWISE)


def upside_down(_: Scene) -> Recipe:
    """Turn everything by 180 degrees: the camera hangs, or the person lies the other way."""
    return _rotated(cv2.ROTATE_180)


def askew(_: Scene) -> Recipe:
    """Roll the face by 135 degrees, where the detector's rotations are least sure."""
    return Recipe(lambda picture, _: moved(picture, roll=135.0))


def rolled(degrees: float) -> Callable[[Scene], Recipe]:
    """Return the kind in which the face is rolled clockwise by `degrees` from the start."""
    return lambda _: Recipe(lambda picture, _: moved(picture, roll=degrees))


def turning(scene: Scene) -> Recipe:
    """Roll all the way round in 40 seconds."""
    return Recipe(lambda picture, i: moved(picture, roll=360 * i / scene.fps / 40))


def turned_over(scene: Scene) -> Recipe:
    """Turn over from one side to the other, within two seconds, between two lifts."""
    rest = pause(scene, TURN_OVER_S + 2.5)
    takes = TURN_OVER_S * scene.fps

    def paint(picture: Picture, i: int) -> Picture:
        share = min(1.0, max(0.0, (i - rest.first) / takes))
        return moved(picture, roll=-90 + 180 * share)

    return Recipe(paint, rest.order)


def swaying(scene: Scene) -> Recipe:
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

    return Recipe(paint)


def portrait(scene: Scene) -> Recipe:
    """Cut the picture to an upright one round the face."""
    width = 2 * min(scene.width, round(scene.height * 0.75)) // 2
    left = round(float(np.mean(scene.face[:, 0])) - width / 2)
    left = min(max(left, 0), scene.width - width)
    return Recipe(lambda picture, _: picture[:, left : left + width])


def at_the_edge(scene: Scene) -> Recipe:
    """Let the frame cut off the outer fifth of the face."""
    low, high = float(np.min(scene.face[:, 0])), float(np.max(scene.face[:, 0]))
    shift = -(low + 0.2 * (high - low))
    return Recipe(lambda picture, _: moved(picture, dx=shift))


def half_out(scene: Scene) -> Recipe:
    """Let the frame cut the face in two, all the time."""
    shift = -float(np.mean(scene.face[:, 0]))
    return Recipe(lambda picture, _: moved(picture, dx=shift))


def half_out_and_back(scene: Scene) -> Recipe:
    """Slide half out of the frame between two lifts, stay there for three seconds, come back."""
    rest = pause(scene, 8.0)
    shift = -float(np.mean(scene.face[:, 0]))

    def paint(picture: Picture, i: int) -> Picture:
        share = rest.share(i)
        out = min(1.0, max(0.0, share / 0.12), max(0.0, (0.62 - share) / 0.12))
        return moved(picture, dx=shift * out)

    return Recipe(paint, rest.order)


def farther(_: Scene) -> Recipe:
    """Reduce the face to six tenths of its size."""
    return Recipe(lambda picture, _: moved(picture, zoom=0.6))


def nearer(scene: Scene) -> Recipe:
    """Let the face fill the frame's height."""
    top, bottom = float(np.min(scene.face[:, 1])), float(np.max(scene.face[:, 1]))
    left, right = float(np.min(scene.face[:, 0])), float(np.max(scene.face[:, 0]))
    zoom = scene.height / (bottom - top)
    dx = -zoom * ((left + right) / 2 - scene.width / 2)
    dy = -zoom * ((top + bottom) / 2 - scene.height / 2)
    return Recipe(lambda picture, _: moved(picture, dx=dx, dy=dy, zoom=zoom))


# Little light, changing light, light without colour


def dark_at(level: float) -> Callable[[Scene], Recipe]:
    """Return the kind in which the face has the mean grey level `level`, of 255."""
    return lambda scene: Recipe(_darkened(scene, level))


def nearly_dark(scene: Scene) -> Recipe:
    """Take the light away until the face is hardly there, and add a sensor's noise."""
    return Recipe(_darkened(scene, DARK_LEVEL))


def lamp_out(scene: Scene) -> Recipe:
    """Switch the lamp off after half the clip, and leave the face at the nearly dark level."""
    dark = _darkened(scene, DARK_LEVEL)
    half = len(scene.faces) // 2
    return Recipe(lambda picture, i: picture if i < half else dark(picture, i))


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


def tv_light(scene: Scene) -> Recipe:
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

    return Recipe(paint)


def grey(_: Scene) -> Recipe:
    """Take the colour away, in frames that still have three channels."""

    def paint(picture: Picture, _: int) -> Picture:
        one = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        return np.asarray(cv2.cvtColor(one, cv2.COLOR_GRAY2RGB), np.uint8)

    return Recipe(paint)


def one_channel(_: Scene) -> Recipe:
    """Take the colour away, in frames of one channel, as a grey camera gives them."""
    return Recipe(lambda p, _: np.asarray(cv2.cvtColor(p, cv2.COLOR_RGB2GRAY), np.uint8))


def infrared(scene: Scene) -> Recipe:
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

    return Recipe(paint)


def _light_pupils(picture: NDArray[np.uint8], points: Points) -> None:
    points = points[:, :2]
    apart = float(np.linalg.norm(points[263] - points[33]))
    for outer, inner, upper, lower in ((33, 133, 159, 145), (263, 362, 386, 374)):
        if np.linalg.norm(points[upper] - points[lower]) < 0.05 * apart:
            continue  # The eye is shut.
        centre = (points[outer] + points[inner] + points[upper] + points[lower]) / 4
        place = (round(float(centre[0])), round(float(centre[1])))
        cv2.circle(picture, place, max(1, round(0.025 * apart)), (250,), -1, cv2.LINE_AA)


# Somebody else in the picture, at rest and lifting


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


def _passing(scale: float) -> Callable[[Scene], Recipe]:
    """Let somebody pass behind the person every nine seconds, `scale` times as large."""

    def kind(scene: Scene) -> Recipe:
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

        return Recipe(paint)

    return kind


def passer_by(scene: Scene) -> Recipe:
    """Let somebody else's face pass behind the person every nine seconds, a little smaller."""
    return _passing(0.7)(scene)


def passer_by_larger(scene: Scene) -> Recipe:
    """Let somebody else's face, half as large again, pass behind the person every nine seconds."""
    return _passing(1.5)(scene)


def somebody_beside(scene: Scene) -> Recipe:
    """Let somebody larger step beside the person after two seconds, and lift again and again."""
    if not scene.stranger:
        return Recipe(lambda picture, _: picture)
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

    return Recipe(paint)


def hidden_by_a_smile(scene: Scene) -> Recipe:
    """Let somebody larger hide the face for a second between two lifts, smiling, passing by."""
    rest = pause(scene, 6.0)
    lifted = round((STRANGER_RESTS_S + 1.2) * scene.fps)

    def place(t: float) -> float:
        return 2.2 * (min(t, 1.5) - 1.5 + max(0.0, t - 2.5))

    return _in_front(scene, rest.order, rest.first, place, lambda _: lifted)


def somebody_lifts_in_front(scene: Scene) -> Recipe:
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
) -> Recipe:
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

    return Recipe(paint, order)


# What is on the face


def glasses(scene: Scene) -> Recipe:
    """Put thick dark glasses on the person."""
    return _glasses(scene, tint=1.0)


def sunglasses(scene: Scene) -> Recipe:
    """Put sunglasses on the person, through which the eyes are hardly seen."""
    return _glasses(scene, tint=0.2)


def _glasses(scene: Scene, tint: float) -> Recipe:
    def paint(picture: Picture, i: int) -> Picture:
        face = scene.faces[i]
        return picture if face is None else with_glasses(picture, face, tint)

    return Recipe(paint)


def fingers(scene: Scene) -> Recipe:
    """Put a fingertip on either cheek."""

    def paint(picture: Picture, i: int) -> Picture:
        face = scene.faces[i]
        return picture if face is None else with_fingers(picture, face)

    return Recipe(paint)


def fingers_come(scene: Scene) -> Recipe:
    """Put a fingertip on either cheek between two lifts, to stay."""
    return _moving_fingers(scene, come=True)


def fingers_go(scene: Scene) -> Recipe:
    """Take the fingertips off the cheeks between two lifts."""
    return _moving_fingers(scene, come=False)


def _moving_fingers(scene: Scene, come: bool) -> Recipe:
    rest = pause(scene, 3.0)

    def paint(picture: Picture, i: int) -> Picture:
        face = scene.faces[rest.order[i]]
        moved = min(1.0, max(0.0, (i - rest.first) / scene.fps / FINGERS_MOVE_S))
        away = 1.0 - moved if come else moved
        return picture if face is None or away == 1.0 else with_fingers(picture, face, away)

    return Recipe(paint, rest.order)


def smile_at_start(scene: Scene) -> Recipe:
    """Begin in the middle of the first lift's hold; its release ends a second before it begins."""
    if not scene.lifts:
        return Recipe(plain)
    onset, start, release, end = (round(t * scene.fps) for t in scene.lifts[0])
    length = onset - round(scene.fps) - (end - release)
    if length <= 0:
        return Recipe(plain)
    hold = list(range(start, release))
    there_and_back = (hold[::-1] + hold) * (length // (2 * len(hold)) + 1)
    opening = there_and_back[-length:] + list(range(release, end))
    return Recipe(plain, opening + list(range(len(opening), len(scene.faces))))


# When frames come: more or fewer a second, unevenly, some lost, some twice


def at_rate(rate: float) -> Callable[[Scene], Recipe]:
    """Return the kind that takes `rate` frames a second, the nearest picture for each."""

    def kind(scene: Scene) -> Recipe:
        count = int(len(scene.faces) / scene.fps * rate)
        return _timed(scene, [i / rate for i in range(count)])

    return kind


def uneven(scene: Scene) -> Recipe:
    """Let frames come when they like: 15 a second on average, gaps from 17 to 300 ms."""
    times = [0.0]
    while times[-1] < len(scene.faces) / scene.fps - 0.3:
        times.append(times[-1] + min(0.3, 1 / 60 + scene.noise.exponential(0.05)))
    return _timed(scene, times)


def dropped(scene: Scene) -> Recipe:
    """Lose a third of the frames."""
    kept = [i for i in range(len(scene.faces)) if i == 0 or scene.noise.random() > 1 / 3]
    return Recipe(plain, kept, [i / scene.fps for i in kept])


def twice(scene: Scene) -> Recipe:
    """Deliver every fourth frame twice, at one and the same time."""
    order = [i for i in range(len(scene.faces)) for _ in range(2 if i % 4 == 0 else 1)]
    return Recipe(plain, order, [i / scene.fps for i in order])


def stuck_frames(scene: Scene) -> Recipe:
    """Repeat old frames: one in eight stands for 2 to 6 frames, the time going on."""
    order = list(range(len(scene.faces)))
    i = 1
    while i < len(order):
        if scene.noise.random() < 1 / 8:
            length = int(scene.noise.integers(2, 7))
            order[i : i + length] = [i - 1] * len(order[i : i + length])
            i += length
        i += 1
    return Recipe(plain, order)


def _timed(scene: Scene, times: list[float]) -> Recipe:
    last = len(scene.faces) - 1
    return Recipe(plain, [min(last, round(t * scene.fps)) for t in times], times)


# All kinds by name


def _named(*kinds: Kind) -> dict[str, Kind]:
    return {kind.__name__: kind for kind in kinds}


ROLLS = {f"rolled_{degrees}": rolled(degrees) for degrees in range(30, 360, 30)}
"""Any roll from the start, degrees clockwise."""
RATES = {f"at_{rate}_fps": at_rate(rate) for rate in (12, 15, 20, 25, 30, 60)}

PICTURES = _named(
    lying_left,
    lying_right,
    upside_down,
    askew,
    turning,
    turned_over,
    swaying,
    portrait,
    at_the_edge,
    half_out,
    half_out_and_back,
    farther,
    nearer,
    nearly_dark,
    lamp_out,
    tv_light,
    grey,
    one_channel,
    infrared,
    passer_by,
    passer_by_larger,
    somebody_beside,
    hidden_by_a_smile,
    somebody_lifts_in_front,
    glasses,
    sunglasses,
    fingers,
    fingers_come,
    fingers_go,
    smile_at_start,
    stuck_frames,
)
"""What a film at an even rate can show."""

KINDS: dict[str, Kind] = {
    **PICTURES,
    **ROLLS,
    **RATES,
    **_named(uneven, dropped, twice),
}
