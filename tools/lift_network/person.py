"""One invented person: the mesh of a head, this person's shape, and what is painted on it.

The mesh is the light model of ICT-FaceKit (commit da5f95a of ICT-VGL/ICT-FaceKit; MIT licence,
(c) 2020 USC ICT). It is no part of LiftLight; `Mesh.load` reads it from a file. What is painted on
it, its hair, glasses, hands and shoulders are our own.

Places are in the mesh's units, about a centimetre each: x to the person's left, y up, z forwards.
Colours are linear red, green and blue, 0 to 1. Skin is painted as the relaxed mean face is seen
from the front, so a place on the canvas is that face's x and y.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from tools.environment import ToolError

Look = dict[str, Any]
"""What a person looks like, as `people.invent` returns it."""
Floats = NDArray[np.float32]
Indices = NDArray[np.int32]
Random = np.random.Generator
_Pair = tuple[float, float]


class Part(IntEnum):
    """What a vertex of the mesh belongs to."""

    FACE = 0
    HEAD = 1
    SOCKETS = 2
    GUMS = 3
    TEETH = 4
    EYES = 5
    LASHES = 6


class Material(IntEnum):
    """How a vertex is shaded. Triangles from the lips inwards have skin at one end only."""

    SKIN = 0
    PLAIN = 2
    EYE = 3


_VERTICES = 26719
_PARTS = (
    (Part.FACE, 0, 9409),
    (Part.HEAD, 9409, 11248),
    (Part.SOCKETS, 11248, 14062),
    (Part.GUMS, 14062, 17039),
    (Part.TEETH, 17039, 21451),
    (Part.EYES, 21451, 24591),
    (Part.LASHES, 25351, 26719),
)
"""First vertex of each part, and the one after its last. Tear film and lid blends are left out."""

_POINTS = (
    1225, 1888, 1052, 367, 1719, 1722, 2199, 1447, 966, 3661, 4390, 3927, 3924, 2608, 3272, 4088,
    3443, 268, 493, 1914, 2044, 1401, 3615, 4240, 4114, 2734, 2509, 978, 4527, 4942, 4857, 1140,
    2075, 1147, 4269, 3360, 1507, 1542, 1537, 1528, 1518, 1511, 3742, 3751, 3756, 3721, 3725, 3732,
    5708, 5695, 2081, 0, 4275, 6200, 6213, 6346, 6461, 5518, 5957, 5841, 5702, 5711, 5533, 6216,
    6207, 6470, 5517, 5966,
)  # fmt: skip
"""The vertices of the 68 points of a face that are usual since iBUG's 300-W."""
CHIN, BRIDGE, NOSE, UPPER_LIP, LOWER_LIP = 8, 27, 30, 51, 57
EYE_CORNERS = ((36, 39), (42, 45))
"""Points: the right eye's outer and inner corner, the left eye's inner and outer."""
_OUTER_CORNERS = {-1: 36, 1: 45}
_MOUTH_CORNERS = (48, 54)
_BROWS = ((17, 18, 19, 20, 21), (22, 23, 24, 25, 26))
_BROW_HALVES = ((0.10, 0.22, 0.28, 0.30, 0.26), (0.26, 0.30, 0.28, 0.22, 0.10))
_UPPER_LIP_OUTLINE = (48, 49, 50, 51, 52, 53, 54, 64, 63, 62, 61, 60)
_LOWER_LIP_OUTLINE = (48, 60, 67, 66, 65, 64, 54, 55, 56, 57, 58, 59)

HANDS = {"handL": 1, "handR": -1}
"""The hands, and on which side of x = 0 each is."""
_CHEEK = (4.6, -1.0)
"""Where fingertips rest: x of the left cheek, and y."""
_FINGERS = ((-0.75, 0.15, 1.0), (0.75, 0.0, 1.05), (2.1, -0.45, 0.95))
"""For each fingertip, how far outwards and upwards of the cheek it is, and its relative length."""
_STEP = 0.6
"""Weight of a blendshape at which the change of its normals is taken."""

_CANVAS = 500
"""Side of the canvas, pixels. The texture is half of it."""
_ACROSS, _MIDDLE = 24.0, -2.0
"""Side of the canvas in units of the mesh, and the y of its middle; the middle's x is 0."""
_PER_UNIT = _CANVAS / _ACROSS
_SUBPIXEL_BITS = 4


@dataclass(frozen=True, slots=True)
class Mesh:
    """The mean head of ICT-FaceKit, and how people and expressions differ from it.

    `vertices` is float32 (N, 3), `parts` says which Part each is, `triangles` int32 (M, 3), and
    `points` int (68,) are the vertices of the usual 68 points of a face. `identities` and
    `expressions` are float32 (K, N, 3), added to the vertices by weight; `names` names the latter.
    """

    vertices: Floats
    parts: NDArray[np.int64]
    triangles: Indices
    points: NDArray[np.int64]
    identities: Floats
    names: tuple[str, ...]
    expressions: Floats

    @classmethod
    def load(cls, path: Path | str) -> Mesh:
        """Read the mesh from an .npz file of these arrays, in the order of the model's own files.

        `V` (26719, 3) are the vertices of generic_neutral_mesh.obj and `tris` its polygons, cut
        into triangles; `E` and `I` are how the vertices of each expression and of the first
        identities differ from `V`, and `ex` are the expressions' names. Raises ToolError if there
        is no such file, or another is in its place.
        """
        try:
            with Path(path).open("rb") as file, np.load(file) as packed:
                mean, triangles, names, expressions, identities = (
                    packed[name] for name in ("V", "tris", "ex", "E", "I")
                )
        except OSError as error:
            raise ToolError(
                f"cannot read the mesh {path}: {error.strerror or error}; name the file that holds "
                "ICT-FaceKit's light model"
            ) from error
        except (EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            raise _foreign(path) from error
        shapes = {mean.shape, expressions.shape[1:], identities.shape[1:]}
        if shapes != {(_VERTICES, 3)} or len(names) != len(expressions):
            raise _foreign(path)
        parts = np.full(_VERTICES, -1)
        for part, first, end in _PARTS:
            parts[first:end] = part
        kept = parts >= 0
        number = np.cumsum(kept) - 1
        return cls(
            vertices=mean[kept].astype(np.float32),
            parts=parts[kept],
            triangles=number[triangles[kept[triangles].all(1)]].astype(np.int32),
            points=number[list(_POINTS)],
            identities=identities[:, kept].astype(np.float32),
            names=tuple(map(str, names)),
            expressions=expressions[:, kept].astype(np.float32),
        )


def _foreign(path: Path | str) -> ToolError:
    return ToolError(f"{path} is not the mesh: name the file that holds ICT-FaceKit's light model")


@dataclass(frozen=True, slots=True)
class Solid:
    """A thing that is not part of the mesh.

    `surface` is float32 (N, 6): vertices and their normals. `attributes` is float32 (N, 8), as a
    Person's are, and `triangles` int32 (M, 3).
    """

    surface: Floats
    attributes: Floats
    triangles: Indices


class Person:
    """A person who does not exist, as `people.invent` describes one in `look`.

    `rest` are the relaxed vertices, float32 (N, 3). `attributes`, float32 (N, 8), is what else the
    shader knows of each: its place on the texture (2), its colour (3), its Material, a detail (how
    much skin is hair, how far an eye's surface is from its axis), and how open it is to light, 0 to
    1. `texture` is uint8 (side, side, 4): the square roots of the skin's colours and of how far its
    folds deepen in a lift. `outside` and `inside` are triangles, int32 (M, 3): those that may
    always be seen, and those behind the lips. `points` are the vertices of the 68 points, `framed`
    those that a picture is framed by, `cheeks` those under each hand's fingertips. `solids` has the
    hands and the shoulders, and glasses if they are worn.
    """

    def __init__(self, mesh: Mesh, look: Look) -> None:
        random = np.random.default_rng(look["seed"])
        hair = _hair(mesh, look)
        self.rest = _rest(mesh, look, random, hair)
        self.points = mesh.points
        self.gloss: float = look["gloss"]
        self.attributes = _attributes(mesh, look, random, self.rest, hair)
        self.texture = _paint(look, mesh.vertices[mesh.points, :2], random)
        self.outside, self.inside = _seen(mesh, self.rest)
        self.framed = self._framed(mesh)

        normals = _normals(self.rest, mesh.triangles)
        self._relaxed = np.concatenate([self.rest, normals], 1)
        self._moves = {}
        for name, move in zip(mesh.names, mesh.expressions * _scale(look), strict=True):
            turn = (_normals(self.rest + _STEP * move, mesh.triangles) - normals) / _STEP
            self._moves[name] = np.concatenate([move, turn], 1)

        self.cheeks = {hand: _cheek(mesh, side) for hand, side in HANDS.items()}
        self.solids = {"shoulders": _shoulders(look)}
        if "glasses" in look:
            self.solids["glasses"] = _glasses(look, self.rest[self.points])
        for hand, side in HANDS.items():
            cheek = self.cheeks[hand]
            at, away = np.mean(self.rest[cheek], 0), np.mean(normals[cheek], 0)
            self.solids[hand] = _hand(look, side, at, away / np.linalg.norm(away))

    def surface(self, weights: dict[str, float]) -> Floats:
        """Return vertices and their normals, float32 (N, 6), with blendshapes by name and weight.

        A normal's length means nothing. Raises KeyError for a blendshape that the mesh has not.
        """
        surface = self._relaxed.copy()
        for name, weight in weights.items():
            if abs(weight) > 1e-3:
                # Rounded once, whatever the processor: the last bit may decide a pixel of an edge.
                step = np.multiply(self._moves[name], np.float32(weight), dtype=np.float64)
                surface = (surface + step).astype(np.float32)
        return surface

    def _framed(self, mesh: Mesh) -> NDArray[np.int64]:
        """Return every third vertex of the face proper, without ears and neck."""
        x, y, z = self.rest.T
        points = self.rest[self.points]
        eyes = (points[EYE_CORNERS[0][0], 1] + points[EYE_CORNERS[1][1], 1]) / 2
        high = (y > points[CHIN, 1] - 0.3) & (y < eyes + 5.6)
        proper = (mesh.parts == Part.FACE) & (np.abs(x) < 7.6) & high & (z > -2.2)
        return np.flatnonzero(proper)[::3]


# The shape.


def _rest(mesh: Mesh, look: Look, random: Random, hair: Floats) -> Floats:
    """Return the relaxed vertices: a random identity with cheeks, jowls and chin, and its hair."""
    identity = random.normal(0, look["sd"], len(mesh.identities))
    shape = (mesh.vertices + np.tensordot(identity, mesh.identities, 1)) * _scale(look)
    x, y, z = mesh.vertices.T

    def swell(at: _Pair, size: _Pair, by: Sequence[float]) -> None:
        where = _bump(x, y, at, size) * (z > -1)
        shape[:] += where[:, None] * np.array(by, np.float32)

    full, jowl = look["full"], look.get("jowl", 0.0)
    for side in (-1, 1):
        swell((side * 5.2, -2.2), (2.6, 3.2), (side * full * 1.1, -full * 0.15, full * 0.5))
        swell((side * 4.2, -6.5), (2.0, 1.8), (side * jowl * 0.5, -jowl * 0.7, 0.0))
    swell((0, -9.2), (4, 2), (0.0, -full * 0.9, full * 0.4))

    skull = shape.astype(np.float32)
    normals = _normals(skull, mesh.triangles)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-9
    curls = 1 + 0.25 * np.sin(x * 3.1) * np.sin(z * 2.7 + y)
    return np.asarray(skull + normals * (hair * look["hairvol"] * curls)[:, None], np.float32)


def _scale(look: Look) -> Floats:
    return np.array([look["wide"], look["long"], 1.0], np.float32)


def _hair(mesh: Mesh, look: Look) -> Floats:
    """Return how much each vertex is hair, 0 to 1: the scalp above the hairline, and the nape."""
    x, y, z = mesh.vertices.T
    hairline = look["hairline"] - 0.035 * x**2 + np.where(z < 4, (4 - z) * -1.25, 0)
    hair = _step(y - hairline, 0.30)
    nape = _step(y + 7 + np.minimum(z, 0) * 0.3, 0.5) * (z < -1.5)
    hair = np.where(z < 1.0, np.maximum(hair, nape), hair)
    ear = (np.abs(x) > 8.4) & (np.abs(y - 1) < 4.5) & (z > -3.5) & (z < 2.5)
    grows = (mesh.parts <= Part.HEAD) & ~ear & ("bald" not in look)
    hair = np.where(grows, hair, 0).astype(np.float32)
    if "fringe" in look:
        fringe = _step(y - 5.6 - 0.25 * np.sin(x * 2.3), 0.18)
        brow = (mesh.parts == Part.FACE) & (np.abs(x) < 6.8)
        hair = np.maximum(hair, np.where(brow, fringe, 0))
    return hair


def _cheek(mesh: Mesh, side: int) -> NDArray[np.int64]:
    """Return the vertices under the fingertips."""
    x, y, _ = mesh.vertices.T
    away = np.hypot(x - side * _CHEEK[0], y - _CHEEK[1]) + 10 * (mesh.parts != Part.FACE)
    return np.argsort(away)[:25]


def _seen(mesh: Mesh, rest: Floats) -> tuple[Indices, Indices]:
    """Return the triangles outside and inside the mouth, without what no close-up ever shows."""
    part = mesh.parts[mesh.triangles[:, 0]]
    middle = np.mean(rest[mesh.triangles], 1)
    eyes = np.mean(rest[mesh.parts == Part.EYES, 2])
    behind_eyes = (part == Part.EYES) & (middle[:, 2] < eyes + 0.35)
    behind_ears = (part <= Part.HEAD) & ((middle[:, 2] < -5.5) | (middle[:, 1] < -16))
    inside = np.isin(part, (Part.SOCKETS, Part.GUMS, Part.TEETH))
    outside = mesh.triangles[~inside & ~behind_eyes & ~behind_ears]
    # In the vertices' order: it is quicker, and of two triangles at one depth the first is seen.
    return outside[np.argsort(np.min(outside, 1), kind="stable")], mesh.triangles[inside]


def _attributes(mesh: Mesh, look: Look, random: Random, rest: Floats, hair: Floats) -> Floats:
    x, y, z = mesh.vertices.T
    strands = (1 + 0.25 * random.normal(0, 1, (len(rest), 1))).clip(0.4, 1.7)
    colours = (np.array(look["hair"]) * strands).astype(np.float32)
    open_to = np.clip(1 - 0.55 / (1 + np.exp((y + 10.0) / 0.8)), 0.3, 1)  # Less so under the jaw.
    material, detail = np.zeros_like(z), hair.copy()
    for part, kind, colour, light in (
        (Part.SOCKETS, Material.PLAIN, (0.10, 0.02, 0.02), np.clip((z - 6) / 8, 0.05, 0.5)),
        (Part.GUMS, Material.PLAIN, (0.22, 0.06, 0.06), np.clip((z - 5) / 9, 0.05, 0.6)),
        (Part.TEETH, Material.PLAIN, (0.62, 0.57, 0.46), np.clip((z - 5) / 7, 0.1, 0.85)),
        (Part.LASHES, Material.PLAIN, np.array(look["skin"]) * 0.45, np.ones_like(z)),
        (Part.EYES, Material.EYE, look["iris"], np.full_like(z, 0.82)),
    ):
        its = mesh.parts == part
        material[its], colours[its], open_to[its] = kind, colour, light[its]
    for side in (-1, 1):
        eye = np.flatnonzero((mesh.parts == Part.EYES) & (np.sign(x) == side))
        middle = np.mean(rest[eye], 0)
        pupil = np.mean(rest[eye[np.argsort(-z[eye])[:30]]], 0)
        axis = (pupil - middle) / np.linalg.norm(pupil - middle)
        ahead = (rest[eye] - middle) @ axis
        aside = np.linalg.norm(rest[eye] - middle - ahead[:, None] * axis, axis=1)
        detail[eye] = np.where(ahead > 0, aside, 2.0)
    uv = np.stack([x / _ACROSS + 0.5, 0.5 - (y - _MIDDLE) / _ACROSS], 1)
    return np.column_stack([uv, colours, material, detail, open_to]).astype(np.float32)


def _normals(vertices: Floats, triangles: Indices) -> Floats:
    """Return each vertex's normal: the sum of its triangles', each as long as twice its area."""
    first, second, third = (vertices[corner] for corner in triangles.T)
    across = np.cross(second - first, third - first)
    normals = np.zeros_like(vertices)
    for corner in triangles.T:
        for axis in range(3):
            normals[:, axis] += np.bincount(corner, across[:, axis], len(vertices))
    return normals


def _bump(x: Floats, y: Floats, at: _Pair, size: _Pair) -> Floats:
    """Return a bell of height 1 at a place; `size` is how far to 1/e in x and in y."""
    bell: Floats = np.exp(-(((x - at[0]) / size[0]) ** 2) - ((y - at[1]) / size[1]) ** 2)
    return bell


def _step(beyond: Floats, softness: float) -> Floats:
    """Return 0 far below an edge, 1 far beyond it."""
    step: Floats = 1 / (1 + np.exp(np.minimum(-beyond / softness, 80)))
    return step


# The solids.


def _shoulders(look: Look) -> Solid:
    neck = np.array(look["skin"]) * 0.55
    return _join(
        _ball((0, -21.5, -4.0), (17, 6.5, 7.5), look["cloth"]),
        _tube([(0, -9, -2.0), (0, -19, -3.5)], (4.6, 5.6), neck, sides=20),
    )


def _hand(look: Look, side: int, at: Floats, away: Floats) -> Solid:
    """Return a hand that comes from below, its fingertips at a place whose normal is `away`."""
    skin = np.array(look["skin"]) * 1.02
    solids = []
    pointing = np.array([side * 0.30, -0.88, 0.18])
    pointing /= np.linalg.norm(pointing)
    for outwards, upwards, length in _FINGERS:
        tip = at + away * 0.55 + np.array([side * outwards, upwards, -0.35 * max(outwards, 0)])
        joint = tip + pointing * 2.6 * length + away * 0.5
        knuckle = joint + np.array([side * 0.45, -0.85, -0.25]) * 3.6 * length
        finger = [tip + (joint - tip) * part for part in (-0.02, 0.06, 0.5)]
        finger += [joint, (joint + knuckle) / 2, knuckle]
        solids += [
            _tube(finger, (0.12, 0.50, 0.60, 0.68, 0.74, 0.80), skin),
            _ball(tip, (0.52, 0.55, 0.5), skin),
        ]
    palm = at + away * 0.9 + np.array([side * 2.9, -7.6, -0.3])
    arm = palm + np.array([(0, 0, 0), (side * 2.5, -5, -1), (side * 7, -16, -2)])
    return _join(*solids, _ball(palm, (2.5, 3.4, 1.5), skin), _tube(arm, (1.9, 2.0, 2.9), skin, 14))


def _glasses(look: Look, points: Floats) -> Solid:
    colour = look["glasses"]
    solids = []
    for one, other in EYE_CORNERS:
        x, y, z = (points[one] + points[other]) / 2
        side = np.sign(x)
        front = max(points[BRIDGE][2], z + 1.0) + 0.35
        angle = np.linspace(0, 2 * np.pi, 28, endpoint=False)
        across, up = (
            np.sign(turn) * np.abs(turn) ** 0.7 for turn in (np.cos(angle), np.sin(angle))
        )
        bow = 0.10 * np.abs(np.cos(angle) * 2.35 + 0.15)
        rim = [x + side * 0.15 + 2.35 * across, y - 0.35 + 1.7 * up, front - bow]
        hinge = np.array([x + side * 2.5, y + 0.3, front - 0.3])
        ear = [(side * 8.0, hinge[1] + 0.2, 1.0), (side * 8.2, hinge[1] - 0.2, -1.5)]
        temple = [hinge, hinge + np.array([side * 0.6, 0.1, -1.0]), *ear]
        solids += [
            _tube(np.stack(rim, 1), look["rim"], colour, closed=True),
            _tube(temple, 0.13, colour),
        ]
    bridge = (points[BRIDGE] + points[BRIDGE + 1]) / 2
    over = bridge + np.array([(-0.9, 0.1, 0.35), (0, 0.35, 0.75), (0.9, 0.1, 0.35)])
    return _join(*solids, _tube(over, 0.12, colour))


def _tube(
    path: ArrayLike,
    radius: ArrayLike,
    colour: Iterable[float],
    sides: int = 8,
    closed: bool = False,
) -> Solid:
    """Return a tube along `path`, of one radius or of one for each of its places."""
    middle = np.asarray(path, np.float32)
    count = len(middle)
    if closed:
        along = np.roll(middle, -1, 0) - np.roll(middle, 1, 0)
    else:
        along = np.gradient(middle, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-9
    one = np.cross(along, [0, 0, 1.0])
    forwards = np.linalg.norm(one, axis=1) < 0.2
    one[forwards] = np.cross(along[forwards], [0, 1.0, 0])
    one /= np.linalg.norm(one, axis=1, keepdims=True)
    other = np.cross(along, one)
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)[None, :, None]
    normals = np.cos(angle) * one[:, None] + np.sin(angle) * other[:, None]
    radii = np.broadcast_to(np.asarray(radius, np.float32), count)
    vertices = middle[:, None] + normals * radii[:, None, None]
    ring, side = np.arange(count if closed else count - 1)[:, None], np.arange(sides)
    here, there, beside = ring * sides, (ring + 1) % count * sides, (side + 1) % sides
    first = np.stack([here + side, there + side, there + beside], -1)
    second = np.stack([here + side, there + beside, here + beside], -1)
    return _solid(vertices, normals, colour, first, second)


def _ball(middle: ArrayLike, radii: ArrayLike, colour: Iterable[float]) -> Solid:
    """Return an ellipsoid, with the normals of a sphere."""
    down, around = np.meshgrid(np.linspace(0, np.pi, 12), np.linspace(0, 2 * np.pi, 17))
    x, y, z = np.sin(down) * np.cos(around), np.cos(down), np.sin(down) * np.sin(around)
    normals = np.stack([x, y, z], -1)
    corner = np.arange(16)[:, None] * 12 + np.arange(11)
    first = np.stack([corner, corner + 1, corner + 12], -1)
    second = np.stack([corner + 1, corner + 13, corner + 12], -1)
    vertices = normals * np.asarray(radii) + np.asarray(middle)
    return _solid(vertices, normals, colour, first, second)


def _solid(
    vertices: NDArray[Any], normals: NDArray[Any], colour: Iterable[float], *triangles: NDArray[Any]
) -> Solid:
    """Return what has vertices and normals (..., 3), in a `colour`, and triangles (..., 3)."""
    surface = np.concatenate([vertices, normals], -1).reshape(-1, 6).astype(np.float32)
    attributes = np.tile(
        np.array([0, 0, *colour, Material.PLAIN, 0, 1], np.float32), (len(surface), 1)
    )
    return Solid(surface, attributes, np.stack(triangles, -2).reshape(-1, 3).astype(np.int32))


def _join(*solids: Solid) -> Solid:
    starts = np.cumsum([0, *(len(solid.surface) for solid in solids[:-1])])
    shifted = [solid.triangles + start for solid, start in zip(solids, starts, strict=True)]
    return Solid(
        np.concatenate([solid.surface for solid in solids]),
        np.concatenate([solid.attributes for solid in solids]),
        np.concatenate(shifted).astype(np.int32),
    )


# What is painted on the skin.


class _Canvas:
    """The skin, seen from the front; `x` and `y` are each pixel's place in units of the mesh."""

    def __init__(self, skin: ArrayLike) -> None:
        rows, columns = np.mgrid[0:_CANVAS, 0:_CANVAS].astype(np.float32)
        self.x = (columns / _CANVAS - 0.5) * _ACROSS
        self.y = (0.5 - rows / _CANVAS) * _ACROSS + _MIDDLE
        self.colours = np.ones((_CANVAS, _CANVAS, 3), np.float32) * np.asarray(skin, np.float32)

    def multiply(self, mask: Floats, colour: ArrayLike) -> None:
        """Darken the skin to `colour` times itself, where and as far as `mask` says."""
        self.colours *= 1 - mask[..., None] * (1 - np.asarray(colour, np.float32))

    def mix(self, mask: Floats, colour: ArrayLike) -> None:
        """Paint `colour` over the skin."""
        cover = np.clip(mask, 0, 1)[..., None]
        self.colours += cover * (np.asarray(colour, np.float32) - self.colours)

    def bump(self, at: _Pair, size: _Pair) -> Floats:
        return _bump(self.x, self.y, at, size)

    def spot(self, at: _Pair, radius: float, much: float, colour: ArrayLike) -> None:
        """Multiply a small round place by `colour`."""
        row = int((0.5 - (at[1] - _MIDDLE) / _ACROSS) * _CANVAS)
        column = int((at[0] / _ACROSS + 0.5) * _CANVAS)
        reach = int(3 * radius * _PER_UNIT) + 2
        near = tuple(slice(max(on - reach, 0), max(on + reach, 0)) for on in (row, column))
        mask = much * _bump(self.x[near], self.y[near], at, (radius, radius))
        self.colours[near] *= 1 - mask[..., None] * (1 - np.asarray(colour, np.float32))

    def polygon(self, outline: NDArray[Any], blur: float) -> Floats:
        """Return a mask: 1 inside of `outline`."""
        mask = np.zeros((_CANVAS, _CANVAS), np.float32)
        cv2.fillPoly(mask, [self._pixels(outline)], (1.0,), cv2.LINE_AA, _SUBPIXEL_BITS)
        return self._blurred(mask, blur * _PER_UNIT)

    def line(self, path: ArrayLike, width: float, blur: float) -> Floats:
        """Return a mask: 1 along `path`."""
        mask = np.zeros((_CANVAS, _CANVAS), np.float32)
        pixels, wide = self._pixels(np.asarray(path, np.float32)), max(1, int(width * _PER_UNIT))
        cv2.polylines(mask, [pixels], False, (1.0,), wide, cv2.LINE_AA, _SUBPIXEL_BITS)
        return self._blurred(mask, max(blur * _PER_UNIT, 0.5))

    def texture(self, folds: Floats) -> NDArray[np.uint8]:
        """Return the square roots of what is painted, at half the size, and of where folds are."""
        whole = np.clip(np.dstack([self.colours, np.clip(folds, 0, 1)]), 0, 1)
        half = cv2.resize(whole, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        return (np.sqrt(np.clip(half, 0, 1)) * 255).astype(np.uint8)

    @staticmethod
    def _pixels(places: NDArray[Any]) -> Indices:
        x = (places[:, 0] / _ACROSS + 0.5) * _CANVAS
        y = (0.5 - (places[:, 1] - _MIDDLE) / _ACROSS) * _CANVAS
        return np.asarray(np.round(np.stack([x, y], 1) * 2**_SUBPIXEL_BITS), np.int32)

    @staticmethod
    def _blurred(mask: Floats, pixels: float) -> Floats:
        return np.asarray(cv2.GaussianBlur(mask, (0, 0), pixels), np.float32)


def _noise(random: Random, pixels: float) -> Floats:
    """Return noise whose deviation is about 1, and whose grain so many pixels."""
    side = max(4, int(_CANVAS / pixels))
    coarse = random.normal(0, 1, (side, side)).astype(np.float32)
    size = (_CANVAS, _CANVAS)
    return np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC), np.float32)


def _paint(look: Look, points: Floats, random: Random) -> NDArray[np.uint8]:
    """Return the texture; `points` are the 68 points on the canvas."""
    canvas = _Canvas(look["skin"])
    pores, blotches, patches = (_noise(random, pixels) for pixels in (3, 14, 60))
    canvas.colours *= (1 + 0.05 * pores + 0.045 * blotches + 0.05 * patches)[..., None]
    _redden(canvas, look, points)
    _shade(canvas, look, points)
    lips = _lips(canvas, look, points)
    folds = _folds(canvas, look, points)
    if "age" in look:
        _old_skin(canvas, look, points, random)
    for _ in range(look.get("freckles", 0)):
        at = (random.normal(0, 3.2), random.normal(points[NOSE][1] + 0.5, 1.6))
        canvas.spot(at, 0.09, 0.45, (0.6, 0.45, 0.4))
    _brows_and_lids(canvas, look, points, random)
    if "beard" in look:
        _beard(canvas, look, points, random, lips)
    return canvas.texture(folds)


def _redden(canvas: _Canvas, look: Look, points: Floats) -> None:
    """Paint cheeks, nose and chin redder than the rest."""
    nose, chin = points[NOSE][1], points[CHIN][1]
    for side in (-1, 1):
        cheek = 1 - np.array([-0.02, 0.16, 0.14]) * look["red"]
        canvas.multiply(0.9 * canvas.bump((side * 5.0, nose - 0.6), (1.9, 1.7)), cheek)
    tip = 1 - np.array([0, 0.14, 0.12]) * look["red"]
    canvas.multiply(0.8 * canvas.bump((0, nose), (1.2, 1.0)), tip)
    canvas.multiply(0.6 * canvas.bump((0, chin + 0.8), (1.5, 1.2)), (1, 0.93, 0.94))


def _shade(canvas: _Canvas, look: Look, points: Floats) -> None:
    """Darken what little light reaches wherever it comes from: eye sockets, nose, lips."""
    contrast = look["contrast"]

    def shade(much: float, at: _Pair, size: _Pair, to: ArrayLike) -> None:
        canvas.multiply(much * canvas.bump(at, size), to)

    nose, upper, lower = points[NOSE][1], points[UPPER_LIP][1], points[LOWER_LIP][1]
    for one, other in EYE_CORNERS:
        x, y = (points[one] + points[other]) / 2
        shade(0.30 * contrast, (x, y + 0.35), (2.0, 0.95), (0.55, 0.45, 0.45))
        shade(look["bags"] * contrast, (x, y - 1.15), (1.5, 0.42), (0.55, 0.45, 0.5))
        shade(0.5 * contrast, (x - np.sign(x) * 1.8, y), (0.5, 0.8), (0.6, 0.5, 0.5))
    for side in (-1, 1):
        shade(0.45 * contrast, (side * 1.75, nose + 0.1), (0.35, 0.7), (0.5, 0.42, 0.42))
        shade(0.95, (side * 0.78, nose - 0.72), (0.42, 0.22), (0.12, 0.08, 0.08))  # Nostrils.
    shade(0.30 * contrast, (0, (nose + upper) / 2 - 0.1), (0.5, 0.7), (0.55, 0.5, 0.5))
    shade(0.35 * contrast, (0, lower - 0.55), (1.4, 0.38), (0.55, 0.48, 0.48))
    right, left = (points[corner] for corner in _MOUTH_CORNERS)
    corners = canvas.bump((right[0] - 0.25, right[1]), (0.4, 0.45))
    corners += canvas.bump((left[0] + 0.25, left[1]), (0.4, 0.45))
    canvas.multiply(0.3 * contrast * corners, (0.5, 0.4, 0.4))


def _lips(canvas: _Canvas, look: Look, points: Floats) -> Floats:
    """Paint the lips and the line between them, and return their mask."""
    colour = np.asarray(look["skin"], np.float32) * np.array([0.80, 0.50, 0.50])
    colour = colour.astype(np.float32)
    upper = canvas.polygon(points[list(_UPPER_LIP_OUTLINE)], 0.06)
    lower = canvas.polygon(points[list(_LOWER_LIP_OUTLINE)], 0.07)
    canvas.mix(upper * 0.85, colour * 0.82)
    canvas.mix(lower * 0.75, colour)
    between = (points[[60, 61, 62, 63, 64]] + points[[60, 67, 66, 65, 64]]) / 2
    right, left = (points[corner] for corner in _MOUTH_CORNERS)
    canvas.multiply(canvas.line([right, *between, left], 0.07, 0.045), (0.25, 0.18, 0.18))
    return upper + lower


def _folds(canvas: _Canvas, look: Look, points: Floats) -> Floats:
    """Paint the folds beside mouth and eyes, and return where they deepen in a lift."""
    age = look.get("age", 0.0)
    nose, mouth, eye = points[NOSE][1], points[_MOUTH_CORNERS[1]], points[_OUTER_CORNERS[1]]
    folds = np.zeros((_CANVAS, _CANVAS), np.float32)
    for side in (-1, 1):
        start = np.array([side * 1.9, nose + 0.25])
        end = np.array([side * (abs(mouth[0]) + 0.85), mouth[1] - 0.25])
        bend = (start + end) / 2 + np.array([side * 0.38, 0.35])
        fold = [
            (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t * t * end
            for t in np.linspace(0, 1, 14)
        ]
        folds += 0.9 * canvas.line(fold, 0.10, 0.14)
        canvas.multiply(canvas.line(fold, 0.10, 0.13) * (0.14 + 0.5 * age), (0.45, 0.38, 0.38))
        corner = np.array([side * (abs(eye[0]) + 0.35), eye[1]])
        for slope in (0.55, 0.15, -0.25, -0.65):  # Crow's feet.
            foot = [(0.1, slope * 0.4), (0.7, slope * 0.9 + 0.02), (1.35, slope * 1.5)]
            path = [corner + np.array([side * x, y]) for x, y in foot]
            folds += 0.5 * canvas.line(path, 0.05, 0.06)
            canvas.multiply(canvas.line(path, 0.05, 0.05) * 0.55 * age, (0.5, 0.42, 0.42))
    return folds


def _old_skin(canvas: _Canvas, look: Look, points: Floats, random: Random) -> None:
    """Paint the lines below mouth and eyes and on the forehead, and age spots."""
    age = look["age"]
    mouth, brow = points[_MOUTH_CORNERS[1]], points[_BROWS[0][2]]
    for side, corner in _OUTER_CORNERS.items():
        at, eye = side * abs(mouth[0]), points[corner][1]
        down = [(at + side * 0.3, mouth[1] - 0.5), (at + side * 0.6, mouth[1] - 1.7)]
        canvas.multiply(canvas.line(down, 0.07, 0.09) * 0.5 * age, (0.5, 0.42, 0.42))
        under = [(side * 1.9, eye - 0.95), (side * 3.1, eye - 1.45), (side * 4.6, eye - 1.2)]
        canvas.multiply(canvas.line(under, 0.06, 0.08) * 0.55 * age, (0.5, 0.42, 0.42))
    x = np.linspace(-3.6, 3.6, 16)
    for above in (1.6, 2.5, 3.4):
        wave = np.stack([x, brow[1] + above + 0.12 * np.sin(x * 1.3 + above)], 1)
        canvas.multiply(canvas.line(wave, 0.05, 0.06) * 0.6 * age, (0.55, 0.46, 0.46))
    for _ in range(40):
        at = (random.uniform(-6, 6), random.uniform(-8, 8))
        canvas.spot(at, 0.16, 0.5 * age, (0.65, 0.55, 0.5))


def _brows_and_lids(canvas: _Canvas, look: Look, points: Floats, random: Random) -> None:
    strands = 1 + 0.35 * _noise(random, 3)
    hair = np.asarray(look["hair"], np.float32)
    for brow, halves in zip(_BROWS, _BROW_HALVES, strict=True):
        half = np.array(halves)[:, None] * look["brow"] * np.array([0, 1.0])
        ridge = points[list(brow)]
        outline = np.vstack([ridge + half, (ridge - half)[::-1]])
        mask = np.clip(canvas.polygon(outline, 0.08) * strands, 0, 1)
        canvas.mix(mask * look["browop"], hair * 0.9 + 0.004)
    for corner, _ in EYE_CORNERS:
        upper = points[[corner, corner + 1, corner + 2, corner + 3]]
        lower = points[[corner, corner + 5, corner + 4, corner + 3]]
        lashes = canvas.line(upper + np.array([0, 0.03]), 0.08, 0.05) * 0.85 * look["liner"]
        canvas.multiply(lashes, (0.12, 0.09, 0.09))
        lashes = canvas.line(lower - np.array([0, 0.02]), 0.05, 0.05) * 0.6 * look["liner"]
        canvas.multiply(lashes, (0.3, 0.22, 0.22))
        crease = canvas.line(upper + np.array([0, 0.42]), 0.06, 0.07) * 0.5 * look["contrast"]
        canvas.multiply(crease, (0.4, 0.34, 0.34))


def _beard(canvas: _Canvas, look: Look, points: Floats, random: Random, lips: Floats) -> None:
    corner, nose, lip = (points[point][1] for point in (_MOUTH_CORNERS[0], NOSE, UPPER_LIP))
    edge = corner + 0.55 + 0.13 * np.maximum(np.abs(canvas.x) - 2.5, 0) ** 1.5
    jaw = _step(edge - canvas.y, 0.28)
    moustache = canvas.bump((0, (nose - 0.9 + lip) / 2 - 0.1), (2.2, 0.62))
    mask = np.clip(np.maximum(jaw, moustache) * 1.15, 0, 1)
    mask *= 1 - np.clip(cv2.dilate(lips, np.ones((5, 5))) * 1.1, 0, 1)
    mask *= np.clip(1 + 0.30 * _noise(random, 2.2) + 0.12 * _noise(random, 8), 0, 1.3)
    canvas.mix(np.clip(mask * look["beard"], 0, 0.96), look["hair"])
