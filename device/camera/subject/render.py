"""`Subject`: one person before one camera, rendered in numpy."""

from __future__ import annotations

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
from device.camera.subject.glasses import Glasses
from device.camera.subject.mesh import EYE_LEFT, EYE_RIGHT, Floats, smoothstep
from device.camera.subject.person import DEFAULT, Person, face_of
from device.camera.subject.raster import Pixels, Spans, nearest, scan
from device.camera.subject.sensor import Sensor
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


class Subject:
    """A synthetic person in front of a synthetic camera.

    `render` gives the picture of one moment, `truth` what is true of it. Both depend on the
    person, the size, the seed and the state alone: the same state gives the same pixels.
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
        """The picture of this moment: (height, width, 3) RGB."""
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
        """What is true of this moment; costs no rendering."""
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
        """Points (n, 2) in pixels, and one over their distance from the camera, 1/cm."""
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
    """The dark of the mouth, and the upper teeth when the jaw opens."""
    shown = min(1.0, 2.5 * (state.jaw + 0.5 * state.funnel))
    row = smoothstep(0.62, 0.72, upper) * smoothstep(1.0, 0.93, upper)
    teeth = (shown * row * smoothstep(1.9, 1.2, np.abs(x)))[:, None]
    dark, white = np.array((0.035, 0.008, 0.008)), np.array((0.38, 0.35, 0.28))
    return np.asarray(dark * (1 - teeth) + white * teeth)


def _light(surface: Surface, rotation: Floats) -> tuple[Floats, Floats]:
    """Light (n,) and gloss (n,) at every vertex: two lamps, and a room around them."""
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
    """From the head's frame to the camera's: yaw, then pitch, then roll."""
    yaw, pitch, roll = np.radians([state.yaw, state.pitch, -state.roll])
    c, s = np.cos(yaw), np.sin(yaw)
    turn = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    c, s = np.cos(pitch), np.sin(pitch)
    nod = np.array([[1, 0, 0], [0, c, s], [0, -s, c]])
    c, s = np.cos(roll), np.sin(roll)
    tilt = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    return np.asarray(tilt @ nod @ turn)


def _bedroom(width: int, height: int, seed: int) -> NDArray[np.uint8]:
    """A wall, the headboard of a bed, and a pillow, all out of focus."""
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
