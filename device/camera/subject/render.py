"""One person before one camera: `Subject` draws the figure, its glasses, and what a sensor makes
of the picture. All of it is numpy and OpenCV."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from device.camera.subject.expression import Expression
from device.camera.subject.figure import (
    ATLAS_HEIGHT,
    ATLAS_WIDTH,
    EYE,
    LANDMARKS,
    MOUTH,
    SKIN,
    Figure,
    Surface,
    fingers_at,
)
from device.camera.subject.mesh import EYE_LEFT, EYE_RIGHT, Floats, Mesh, smoothstep
from device.camera.subject.person import DEFAULT, Eyewear, Person, face_of
from device.camera.subject.raster import Pixels, Spans, nearest, scan
from device.camera.subject.skin import paint, smooth_noise
from device.camera.subject.state import State, Truth

DISTANCE = 62.0
"""From camera to head at nearness 1, cm."""
FIELD_OF_VIEW = 36.0
"""Vertical, degrees."""
PIVOT = np.array([0.0, -2.4, -3.0])
"""What the head turns about; it stands in the middle of the picture."""

KEY = (-0.50, 0.62, 0.60)
FILL = (0.75, 0.12, 0.65)
WRAP = 0.3
GLOSS = 0.07

LENS = (2.35, 1.75)
"""Half width and half height of a lens, cm."""
IN_FRONT = 1.1
"""How far a lens stands before the eye, cm."""
TEMPLE_HINGE = 0.35
"""How high on the lens the bridge and the temples begin, in half heights."""
FULL_HEIGHT = 480
"""The height of a picture, pixels, for which widths and blurs are given."""
_FIXED_POINT = 4

OPTICS_BLUR = 0.55
"""Blur of a good lens, standard deviation in pixels at 640x480; it also smooths the edges."""
SHOT_NOISE = 3.2
"""Standard deviation of a cheap sensor's shot noise, in grey levels after the response."""
POOL_MARGIN = 64


class Subject:
    """A synthetic person in front of a synthetic camera.

    `render` gives the picture of one moment, `truth` what is true of it. Both depend on the
    person, the size, the seed and the state alone, so the same state gives the same pixels::

        subject = Subject(PEOPLE["bola"], width=320, height=240)
        picture = subject.render(State(lift_left=1.0))  # (240, 320, 3) uint8, RGB
        rise_mm = subject.truth(State(lift_left=1.0)).rise_left
    """

    def __init__(
        self, person: Person = DEFAULT, width: int = 640, height: int = 480, seed: int = 0
    ) -> None:
        self.person = person
        self.width, self.height = width, height
        face = face_of(person)
        self._figure = Figure(person, face)
        self._expression = Expression(person, face)
        atlas = paint(person, face, self._figure)
        # A small picture needs a small atlas, or fine lines flicker between its pixels.
        self._texel_scale = 0.5 if height <= 320 else 1.0
        if self._texel_scale < 1:
            size = (ATLAS_WIDTH // 2, ATLAS_HEIGHT // 2)
            atlas = np.asarray(cv2.resize(atlas, size, interpolation=cv2.INTER_AREA), np.float32)
        self._atlas_size = atlas.shape[:2]
        self._atlas = atlas.reshape(-1, 3)
        self._iris = np.array(person.iris, np.float32) ** 2
        self._eyes = [face.vertices[list(eye), :2].mean(0) for eye in (EYE_LEFT, EYE_RIGHT)]
        worn = person.glasses
        self._glasses = None if worn is None else Glasses(worn, face, height)
        self._background = _bedroom(width, height, person.seed + seed)
        self._sensor = Sensor(width, height, seed)
        self._focal = height / 2 / np.tan(np.radians(FIELD_OF_VIEW) / 2)

    def render(self, state: State) -> NDArray[np.uint8]:
        """Return the picture of this moment: uint8, (height, width, 3), RGB."""
        surface = self._surface(state)
        rotation = _rotation(state)
        points, closeness = self._project(surface.vertices, rotation, state)
        spans = scan(points, surface.triangles, self.width, self.height)
        pixels = spans.pixels()
        depth = spans.interpolate(
            closeness[:, None].astype(np.float32), surface.triangles, pixels
        ).ravel()
        pixels = nearest(pixels, depth, self.width * self.height)
        values = np.column_stack([*_light(surface, rotation), surface.texels * self._texel_scale])
        shading = spans.interpolate(values.astype(np.float32), surface.triangles, pixels)
        light, gloss, u, v = shading.T
        colour = self._texture(u, v)
        self._fill_eyes_and_mouth(colour, shading, surface, spans, pixels, state)
        colour *= light[:, None]
        colour += gloss[:, None]
        np.clip(colour, 0, 1, out=colour)
        np.sqrt(colour, out=colour)
        colour *= 255
        picture = self._background.copy()
        picture.reshape(-1, 3)[pixels.index] = colour.astype(np.uint8)
        if self._glasses is not None:
            self._glasses.draw(picture, lambda points: self._project(points, rotation, state)[0])
        return self._sensor.expose(picture, state)

    def truth(self, state: State) -> Truth:
        """Return what is true of this moment, without drawing it."""
        displacement = self._expression.move(state)
        vertices = self._figure.rest.vertices[:LANDMARKS] + displacement
        rotation = _rotation(state)
        points, closeness = self._project(vertices, rotation, state)
        # In a picture scaled as at the head's own distance, z is in pixels like x and y.
        distance = DISTANCE / state.nearness
        z = (distance - 1 / closeness) * -self._focal / distance
        left, right = self._expression.rise(displacement)
        return Truth(
            time=state.time,
            phase=state.phase,
            lift_left=state.lift_left,
            lift_right=state.lift_right,
            landmarks=np.column_stack([points, z]).astype(np.float32),
            rise_left=left,
            rise_right=right,
        )

    def _surface(self, state: State) -> Surface:
        return self._figure.pose(
            self._expression.move(state),
            self._expression.folds(state),
            fingers_at(state),
        )

    def _project(self, vertices: Floats, rotation: Floats, state: State) -> tuple[Floats, Floats]:
        """Return points (n, 2) in pixels, and one over their distance from the camera, 1/cm."""
        placed = (vertices - PIVOT) @ rotation.T + [state.x, state.y, 0]
        closeness = 1 / (DISTANCE / state.nearness - placed[:, 2])
        scale = self._focal * closeness
        return (
            np.column_stack(
                [self.width / 2 + scale * placed[:, 0], self.height / 2 - scale * placed[:, 1]]
            ),
            closeness,
        )

    def _texture(self, u: Floats, v: Floats) -> Floats:
        rows, columns = self._atlas_size
        across = np.clip(u + 0.5, 0, columns - 1).astype(np.int32)
        down = np.clip(v + 0.5, 0, rows - 1).astype(np.int32)
        return np.asarray(self._atlas[down * columns + across])

    def _fill_eyes_and_mouth(
        self,
        colour: Floats,
        shading: Floats,
        surface: Surface,
        spans: Spans,
        pixels: Pixels,
        state: State,
    ) -> None:
        """Colour what shows between the lids and between the lips, by where it lies on the head.

        The eye stays where it is while the lid slides over it; so does the row of teeth. Writes
        into `colour` (p, 3) and `shading` (p, light and gloss first).
        """
        material = surface.material[spans.triangle][pixels.span]
        filled = np.flatnonzero(material != SKIN)
        if not len(filled):
            return
        values = np.column_stack([surface.vertices[:, :2], surface.upper])
        x, y, upper = spans.pick(values, surface.triangles, pixels[filled]).T
        shading[filled, 1] = 0
        eye, mouth = material[filled] == EYE, material[filled] == MOUTH
        shading[filled[eye], 0] = shading[:, 0].mean()
        colour[filled[eye]] = self._eye(x[eye], y[eye], upper[eye], state.gaze)
        colour[filled[mouth]] = _mouth(x[mouth], upper[mouth], state)

    def _eye(self, x: Floats, y: Floats, upper: Floats, gaze: float) -> Floats:
        left, right = self._eyes
        x = x - np.where(x > 0, left[0], right[0]) - 0.2 * gaze
        y = y - left[1] - 0.10
        radius = np.hypot(x, y)[:, None]
        white = np.array((0.62, 0.58, 0.54), np.float32)
        white = white * (1 - smoothstep(0.7, 1.25, radius) * np.array((0.08, 0.25, 0.25)))
        rays = 0.9 + 0.15 * np.cos(9 * np.arctan2(y, x))[:, None]
        iris = self._iris * rays * (0.45 + 0.9 * smoothstep(0.62, 0.45, radius))
        edge, pupil = smoothstep(0.66, 0.60, radius), smoothstep(0.29, 0.23, radius)
        colour = white * (1 - edge) + iris * edge
        colour = colour * (1 - pupil) + 0.006 * pupil
        colour *= 1 - 0.72 * smoothstep(0.45, 1.0, upper)[:, None]
        glint = np.exp(-((x + 0.2) ** 2 + (y - 0.2) ** 2) / 0.006)[:, None]
        return np.asarray(colour * (1 - glint) + 0.95 * glint)


def _mouth(x: Floats, upper: Floats, state: State) -> Floats:
    """Return the colour of the open mouth: dark, with the upper teeth when the jaw opens."""
    shown = min(1.0, 2.5 * (state.jaw + 0.5 * state.funnel))
    row = smoothstep(0.62, 0.72, upper) * smoothstep(1.0, 0.93, upper)
    teeth = (shown * row * smoothstep(1.9, 1.2, np.abs(x)))[:, None]
    dark, white = np.array((0.035, 0.008, 0.008)), np.array((0.38, 0.35, 0.28))
    return np.asarray(dark * (1 - teeth) + white * teeth)


def _light(surface: Surface, rotation: Floats) -> tuple[Floats, Floats]:
    """Return light (n,) and gloss (n,) at every vertex, from two lamps and the room."""
    normals = surface.normals @ rotation.T
    lamps = np.array([KEY, FILL])
    lamps /= np.linalg.norm(lamps, axis=1, keepdims=True)
    halfway = lamps + np.array([0, 0, 1])
    halfway /= np.linalg.norm(halfway, axis=1, keepdims=True)
    key, fill = np.clip((normals @ lamps.T + WRAP) / (1 + WRAP), 0, 1).T
    key_gloss, fill_gloss = np.clip(normals @ halfway.T, 0, 1).T ** 20
    light = (0.24 + 0.10 * normals[:, 1] + 0.66 * key + 0.30 * fill) * surface.shade
    return light, GLOSS * (key_gloss + 0.4 * fill_gloss)


def _rotation(state: State) -> Floats:
    """Return the rotation from the head's frame to the camera's: yaw, then pitch, then roll."""
    yaw, pitch, roll = np.radians([state.yaw, state.pitch, -state.roll])
    c, s = np.cos(yaw), np.sin(yaw)
    turn = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    c, s = np.cos(pitch), np.sin(pitch)
    nod = np.array([[1, 0, 0], [0, c, s], [0, -s, c]])
    c, s = np.cos(roll), np.sin(roll)
    tilt = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    return np.asarray(tilt @ nod @ turn)


def _bedroom(width: int, height: int, seed: int) -> NDArray[np.uint8]:
    """Return a wall, the headboard of a bed, and a pillow, all out of focus."""
    rng = np.random.default_rng(seed + 99)
    wall, wood = rng.uniform((175, 170, 155), (205, 200, 190)), rng.uniform(0.55, 1.0)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / height
    x -= width / height / 2

    def mottle(size: float) -> Floats:
        return smooth_noise(width, height, max(2, round(size * height)), rng)[..., None]

    picture = wall * (1 - 0.25 * np.hypot(x, y - 0.3)[..., None]) * (1 + 0.06 * mottle(0.25))
    board = smoothstep(0.36, 0.42, y + 0.12 * x * x)[..., None]
    grain = 1 + 0.18 * smooth_noise(width, height, max(2, height // 60), rng).mean(1)[:, None, None]
    picture = picture * (1 - board) + board * grain * wood * np.array((150, 118, 88))
    pillow = np.exp(-((np.abs(x) / 0.62) ** 4) - (np.abs(y - 0.72) / 0.36) ** 4)
    pillow = smoothstep(0.35, 0.6, pillow)[..., None]
    linen = np.array((218, 214, 206)) * (1 - 0.22 * np.abs(y - 0.55))[..., None]
    picture = picture * (1 - pillow) + pillow * linen * (1 + 0.10 * mottle(0.12))
    return np.asarray(np.clip(picture, 0, 255), np.uint8)


Project = Callable[[Floats], Floats]
"""From points of the head (n, 3), cm, to pixels (n, 2)."""


@dataclass(frozen=True, slots=True)
class _Style:
    """How one kind of glasses looks.

    `rim` is the frame's width in cm and `colour` its colour; `tint` is the share of the light that
    the lens lets through, `mirror` the share of a lamp's that it reflects.
    """

    rim: float
    colour: tuple[int, int, int]
    tint: float
    mirror: float


_STYLES = {
    Eyewear.CLEAR: _Style(0.12, (120, 110, 95), 0.93, 0.35),
    Eyewear.DARK_RIMMED: _Style(0.42, (28, 24, 24), 0.93, 0.15),
    Eyewear.TINTED: _Style(0.25, (20, 20, 22), 0.22, 0.25),
}


class Glasses:
    """One pair of glasses, fitted to one face, for pictures `height` pixels high.

    Two lenses in a frame are drawn over the picture in true perspective. They belong to the head
    and not to the skin: a cheek that rises does not move them.
    """

    def __init__(self, eyewear: Eyewear, face: Mesh, height: int) -> None:
        self._style = _STYLES[eyewear]
        self._pixels_a_cm = 11.9 * height / FULL_HEIGHT
        left, right = (face.vertices[list(eye)].mean(0) for eye in (EYE_LEFT, EYE_RIGHT))
        self._lenses = [_lens(left), _lens(right)]
        high = TEMPLE_HINGE * LENS[1]
        edge = 0.95 * LENS[0]
        bridge = [
            left + np.array([-edge, high, IN_FRONT]),
            right + np.array([edge, high, IN_FRONT]),
        ]
        self._bars = [np.stack(bridge)]
        for centre, side in ((left, 1.0), (right, -1.0)):
            hinge = centre + np.array([side * edge, high, IN_FRONT - 0.4])
            ear = np.array([side * 7.4, centre[1] + high, -3.0])
            self._bars.append(np.stack([hinge, ear]))

    def draw(self, picture: NDArray[np.uint8], project: Project) -> None:
        """Draw them on the face in `picture`, (height, width, 3), where `project` puts them."""
        style = self._style
        for lens in self._lenses:
            outline = project(lens)
            glass = np.zeros(picture.shape[:2], np.uint8)
            cv2.fillPoly(glass, [np.rint(outline).astype(np.int32)], (255,), cv2.LINE_AA)
            light = picture[glass > 0].astype(np.float32) * style.tint
            picture[glass > 0] = light.astype(np.uint8)
            self._mirror_lamp(picture, outline)
        width = max(1, round(style.rim * self._pixels_a_cm))
        for lens in self._lenses:
            self._line(picture, project(lens), width, closed=True)
        for bar in self._bars:
            self._line(picture, project(bar), width, closed=False)

    def _mirror_lamp(self, picture: NDArray[np.uint8], outline: Floats) -> None:
        """Draw a slanted bright patch in the upper part of one lens."""
        middle = outline.mean(0)
        patch = middle + 0.45 * (outline[[3, 6, 8, 5]] - middle)
        shape = np.zeros(picture.shape[:2], np.uint8)
        cv2.fillPoly(shape, [np.rint(patch).astype(np.int32)], (255,), cv2.LINE_AA)
        share = self._style.mirror
        shown = picture[shape > 0].astype(np.float32)
        picture[shape > 0] = (shown + share * (255 - shown)).astype(np.uint8)

    def _line(
        self, picture: NDArray[np.uint8], points: Floats, width: int, *, closed: bool
    ) -> None:
        fixed = np.rint(points * 2**_FIXED_POINT).astype(np.int32)
        colour = self._style.colour
        cv2.polylines(picture, [fixed], closed, colour, width, cv2.LINE_AA, _FIXED_POINT)


def _lens(eye: Floats) -> Floats:
    """Return the outline of the lens before an eye, (24, 3) cm: a rounded rectangle."""
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    round_x, round_y = np.cos(turn), np.sin(turn)
    x = np.sign(round_x) * np.abs(round_x) ** 0.75
    y = np.sign(round_y) * np.abs(round_y) ** 0.75
    return np.stack(
        [eye[0] + LENS[0] * x, eye[1] - 0.15 + LENS[1] * y, np.full(24, eye[2] + IN_FRONT)], 1
    )


class Sensor:
    """Turns a clean picture into what a cheap camera delivers: optics, light, colour, noise.

    The noise depends on the moment alone, so the same moment gives the same picture.
    """

    def __init__(self, width: int, height: int, seed: int) -> None:
        self._size = (height, width)
        self._seed = seed
        pool = (height + POOL_MARGIN, width + POOL_MARGIN, 3)
        self._pool = np.random.default_rng(seed + 77).standard_normal(pool, np.float32)
        # Light changes seldom: the pool is scaled to it once.
        self._scaled = np.zeros(pool, np.int8)
        self._scaled_by = 0.0

    def expose(self, picture: NDArray[np.uint8], state: State) -> NDArray[np.uint8]:
        """Return the picture (height, width, 3) as this camera sees it in the state's light."""
        blur = np.hypot(OPTICS_BLUR, state.blur) * self._size[0] / FULL_HEIGHT
        if blur > 0.2:
            picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), float(blur)), np.uint8)
        exposed = cv2.LUT(picture, _response(state)[None])
        # With a square-root response shot noise is the same at every level.
        deviation = float(np.hypot(SHOT_NOISE * state.shot, state.grain))
        return np.asarray(cv2.add(exposed, self._noise(deviation, state.time), dtype=cv2.CV_8U))

    def _noise(self, deviation: float, time: float) -> NDArray[np.int8]:
        """Return a part of the noise pool, in grey levels, that depends on the moment alone."""
        if deviation != self._scaled_by:
            levels = np.rint(self._pool * np.float32(deviation))
            self._scaled = np.clip(levels, -127, 127).astype(np.int8)
            self._scaled_by = deviation
        height, width = self._size
        moment = np.random.SeedSequence([self._seed, round(abs(time) * 1e6)])
        y, x = moment.generate_state(2) % POOL_MARGIN
        return self._scaled[y : y + height, x : x + width]


def _response(state: State) -> NDArray[np.uint8]:
    """Return the exposed level for each clean level and channel, (256, 3)."""
    light = (np.arange(256) / 255)[:, None] ** 2
    colour = np.array([1 + 0.25 * state.warmth, 1.0, 1 - 0.35 * state.warmth])
    exposed = np.clip(light * state.gain * colour, 0, 1)
    return np.asarray(255 * np.sqrt(exposed) + 0.5, np.uint8)
