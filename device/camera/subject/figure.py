"""The whole figure of one person: skull, hair, ears, neck, shoulders, hands, and the face.

A `Part` is a patch of surface with its own place in the skin atlas. Everything is built once for
a person; then only the face moves, and the rim of the skull with it. A `Figure` has all parts as
one set of arrays, ready to move and to draw.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from device.camera.subject.mesh import (
    CHEEK_LEFT,
    CHEEK_RIGHT,
    EYE_CORNERS,
    FACE_OVAL,
    INNER_LIP_CORNERS,
    INNER_LIP_LOWER,
    INNER_LIP_UPPER,
    LOWER_LID,
    UPPER_LID,
    Floats,
    Ints,
    Mesh,
    both_sides,
    bump,
    distance_to_line,
    smoothstep,
)
from device.camera.subject.person import Person
from device.camera.subject.state import State

BACK_OF_HEAD = (0.0, 2.5, -12.2)
CANONICAL_HALF_WIDTH = 7.66
SKULL_RINGS = 9
HAIR_THICKNESS = 0.75

SKIN, EYE, MOUTH = 0, 1, 2
LANDMARKS = 468

# Where each kind of part lives in the atlas: x, y, width, height in texels.
ATLAS_WIDTH, ATLAS_HEIGHT = 1024, 512
PLACES = {
    "face": (0, 0, 512, 512),
    "skull": (516, 4, 504, 248),
    "skin": (516, 260, 248, 120),
    "cloth": (772, 260, 248, 248),
    "hair": (620, 388, 144, 100),
}
FINGER_LIFT = 0.62
"""How far above the skin the middle of a fingertip rests, cm."""
HANDS_GO = (12.0, -34.0, 4.0)
"""Where a hand that leaves goes: outwards, up and towards the camera, cm."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Vertices (n, 3) in cm, texture coordinates (n, 2) from 0 to 1, triangles (m, 3).

    Triangles turn so that the outside faces the camera when their area in the picture is
    negative (y down). `shade` darkens each vertex, 1 being not at all.
    """

    name: str
    vertices: Floats
    uv: Floats
    triangles: Ints
    shade: Floats


def _surface(
    name: str,
    across: int,
    down: int,
    place: Callable[[Floats, Floats], tuple[Floats, Floats, Floats]],
) -> Part:
    """Return a rectangular sheet of `across` by `down` vertices, placed by `place(u, v)`."""
    u, v = np.meshgrid(np.linspace(0, 1, across), np.linspace(0, 1, down))
    vertices = np.stack(np.broadcast_arrays(*place(u, v)), -1).reshape(-1, 3)
    corner = np.arange(across * (down - 1)).reshape(down - 1, across)[:, :-1].ravel()
    triangles = np.concatenate(
        [
            np.stack([corner, corner + across, corner + 1], 1),
            np.stack([corner + 1, corner + across, corner + across + 1], 1),
        ]
    )
    uv = np.stack([u, v], -1).reshape(-1, 2)
    return Part(name, vertices, uv, triangles, np.ones(len(vertices)))


def _ellipsoid(
    name: str,
    centre: tuple[float, float, float],
    radii: tuple[float, float, float],
    across: int,
    down: int,
) -> Part:
    def place(u: Floats, v: Floats) -> tuple[Floats, Floats, Floats]:
        ring, turn = np.sin(np.pi * v), 2 * np.pi * u
        return (
            centre[0] - radii[0] * ring * np.sin(turn),
            centre[1] + radii[1] * np.cos(np.pi * v),
            centre[2] - radii[2] * ring * np.cos(turn),
        )

    return _surface(name, across, down, place)


def hair_cover(person: Person, points: Floats) -> Floats:
    """Return where hair grows on the head, 0 skin to 1 hair, for points (n, 3)."""
    x, y, z = points.T
    brow = smoothstep(7.2, 8.2, y + 0.04 * (x - person.parting) ** 2 - person.hairline)
    temple = smoothstep(6.3, 7.2, np.abs(x)) * smoothstep(0.6, 3.0, y - person.hairline)
    side = smoothstep(3.0, 4.6, y) * smoothstep(-2.6, -3.6, z)
    back = smoothstep(-5.0, -6.5, z) * smoothstep(-3.5, -1.5, y)
    return np.asarray(np.stack([brow, temple, side, back]).max(0))


def skull(person: Person, face: Mesh) -> tuple[Part, Ints, Floats]:
    """Return the head behind the face: a curve from each vertex of the face's rim to the back.

    Also returns, for each vertex of the skull, which face vertex it follows and how closely.
    """
    rim = [*FACE_OVAL, FACE_OVAL[0]]
    start = face.vertices[rim]
    outward = start[:, :2] - [0, 0.5]
    outward = outward / np.hypot(outward[:, 0] / 7.7, outward[:, 1] / 8.8)[:, None] / [7.7, 8.8]
    right, up = outward[:, :1], outward[:, 1:]
    top, low = np.clip(up, 0, 1), np.clip(-up, 0, 1)
    level = np.zeros_like(right)
    near = start + np.hstack([0.55 * right, 4.2 * top**1.2 - 0.2 * low, level - 3.2])
    far = np.hstack([7.6 * right, 3.0 + 9.3 * top - 7.5 * low, -10.5 - 1.5 * top])
    t = np.linspace(0, 1, SKULL_RINGS)[:, None, None]
    rings = (
        (1 - t) ** 3 * start
        + 3 * t * (1 - t) ** 2 * near
        + 3 * t * t * (1 - t) * far
        + t**3 * np.array(BACK_OF_HEAD)
    )
    hair = hair_cover(person, rings.reshape(-1, 3)).reshape(SKULL_RINGS, -1, 1)
    normal = rings - np.array([0, 1.5, -4.0])
    normal /= np.linalg.norm(normal, axis=2, keepdims=True)
    rings = rings + normal * hair * HAIR_THICKNESS * smoothstep(0, 0.2, t)

    sheet = _surface("skull", len(rim), SKULL_RINGS, lambda u, _: (u, u, u))
    vertices = rings.reshape(-1, 3)
    shade = 1 - 0.42 * smoothstep(-2, -7, vertices[:, 1])
    shade[: len(rim)] = 1
    # The rim runs clockwise round the face: as it is, the sheet would show its inside.
    part = Part("skull", vertices, sheet.uv, sheet.triangles[:, ::-1], shade)
    follows = np.tile(rim, SKULL_RINGS)
    closeness = np.repeat((1 - t.ravel()) ** 3, len(rim))
    return part, follows, closeness


def torso(person: Person, face: Mesh) -> list[Part]:
    """Return ears, neck, shoulders and long hair."""
    half_width = float(np.abs(face.vertices[:, 0]).max())
    scale = half_width / CANONICAL_HALF_WIDTH
    parts = []
    for sign in (1, -1):
        ear = _ellipsoid("skin", (sign * (half_width + 0.75), 0.6, -3.6), (0.62, 2.7, 1.5), 25, 16)
        _, y, z = ear.vertices.T
        hollow = 1 - 0.6 * bump(y, z, 0.5, -3.2, 1.5, 0.8)
        ear.vertices[:, 0] -= sign * 0.45 * (z + 3.6)
        parts.append(Part("skin", ear.vertices, ear.uv, ear.triangles, hollow))

    def place_neck(u: Floats, v: Floats) -> tuple[Floats, Floats, Floats]:
        turn = 2 * np.pi * u
        return (
            -(5.0 + 2.2 * v**3) * scale * np.sin(turn),
            -4.5 - 13.5 * v,
            -3.6 - v - (4.9 + 0.6 * v * v) * np.cos(turn),
        )

    neck = _surface("skin", 17, 9, place_neck)
    under_jaw = 0.55 + 0.45 * smoothstep(-7.5, -15, neck.vertices[:, 1])
    parts.append(Part("skin", neck.vertices, neck.uv, neck.triangles, under_jaw))
    parts.append(_ellipsoid("cloth", (0, -24.5, -5.5), (21, 9.6, 8.5), 25, 12))
    if person.long_hair:
        parts.append(_ellipsoid("hair", (0, -3.5, -7.6), (9.3, 12.5, 5.4), 21, 14))
    return parts


def hand() -> Part:
    """Return a left hand on its forearm; the index fingertip's centre is the origin.

    The index finger is stretched, its back faces the camera, the other fingers are curled beside
    it, and the thumb is outside.
    """
    along = np.array([0.60, -0.80, 0.36])
    along /= np.linalg.norm(along)
    inwards = np.cross(along, [0, 0, 1.0])
    inwards /= np.linalg.norm(inwards)
    frame = np.stack([inwards, np.cross(along, inwards), along], 1)
    parts = [
        _limb((0, 0, -0.5), (0.3, 0.2, 9.6), (0.72, 0.72), (0.95, 1.0)),
        *(
            _ellipsoid("skin", (offset, 0.4, 7.5 + 0.2 * offset), (0.92, 1.1, 1.9), 11, 7)
            for offset in (1.7, 3.2, 4.6)
        ),
        _ellipsoid("skin", (1.9, 0.3, 10.4), (2.8, 1.5, 3.4), 15, 9),
        _ellipsoid("skin", (-0.8, 0.5, 9.4), (0.9, 0.95, 2.6), 11, 7),
    ]
    whole = joined(parts)
    hand_vertices = whole.vertices @ frame.T
    wrist = frame @ np.array([2.1, 0.3, 11.6])
    elbow = wrist + 17 * np.array([0.30, -0.93, 0.20])
    arm = _limb(tuple(wrist), tuple(elbow), (1.9, 1.45), (3.3, 3.0))
    turned = Part(whole.name, hand_vertices, whole.uv, whole.triangles, whole.shade)
    return joined([turned, arm])


def mirrored(part: Part) -> Part:
    """Return the same part for the other side of the body."""
    return Part(part.name, part.vertices * [-1, 1, 1], part.uv, part.triangles[:, ::-1], part.shade)


def _limb(
    start: tuple[float, ...],
    end: tuple[float, ...],
    start_radii: tuple[float, float],
    end_radii: tuple[float, float],
) -> Part:
    """Return a tapered tube with a round start; radii are sideways and towards the camera."""
    first, last = np.array(start), np.array(end)
    axis = (last - first) / np.linalg.norm(last - first)
    side = np.cross(axis, [0.03, 0, 1.0] if abs(axis[2]) < 0.9 else [0, 1.0, 0])
    side /= np.linalg.norm(side)
    front = np.cross(side, axis)

    def place(u: Floats, v: Floats) -> tuple[Floats, Floats, Floats]:
        round_tip = np.sqrt(np.clip(1 - ((0.1 - v) / 0.1) ** 2, 0, 1))
        taper = np.where(v < 0.1, round_tip, 1)
        turn = 2 * np.pi * u
        across = taper * (start_radii[0] + (end_radii[0] - start_radii[0]) * v) * np.cos(turn)
        out = taper * (start_radii[1] + (end_radii[1] - start_radii[1]) * v) * np.sin(turn)
        points = first + (last - first) * v[..., None]
        points = points + across[..., None] * side + out[..., None] * front
        return points[..., 0], points[..., 1], points[..., 2]

    return _surface("skin", 13, 11, place)


def joined(parts: list[Part]) -> Part:
    """Return several parts as one, under the name of the first."""
    starts = np.cumsum([0] + [len(part.vertices) for part in parts])
    return Part(
        parts[0].name,
        np.concatenate([part.vertices for part in parts]),
        np.concatenate([part.uv for part in parts]),
        np.concatenate([part.triangles + n for part, n in zip(parts, starts[:-1], strict=True)]),
        np.concatenate([part.shade for part in parts]),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """All that is drawn of the figure at one moment.

    Vertices (n, 3) in cm, unit normals (n, 3), texels (n, 2), triangles (m, 3) and the material of
    each (m,), `shade` (n,) as in `Part`, and `upper` (n,): 1 at the upper rim of an eye or a mouth,
    0 at the lower.
    """

    vertices: Floats
    normals: Floats
    texels: Floats
    triangles: Ints
    material: Ints
    shade: Floats
    upper: Floats


class Figure:
    """One person's geometry; `pose(displacement, ...)` gives the surface of one moment."""

    def __init__(self, person: Person, face: Mesh) -> None:
        head, self._follows, self._closeness = skull(person, face)
        face_part = Part(
            "face", face.vertices, face.uv, face.triangles, np.ones(len(face.vertices))
        )
        parts = [face_part, head, *torso(person, face)]
        self.parts = parts
        starts = np.cumsum([0] + [len(part.vertices) for part in parts])
        self._head = slice(int(starts[1]), int(starts[2]))
        vertices = np.concatenate([part.vertices for part in parts])
        triangles = np.concatenate(
            [part.triangles + n for part, n in zip(parts, starts[:-1], strict=True)]
        )
        material = np.zeros(len(triangles), np.int64)
        material[: len(face.triangles)] = _fillings(face)
        self.rest = Surface(
            vertices.astype(np.float32),
            np.zeros_like(vertices, np.float32),
            np.concatenate([texels(part) for part in parts]).astype(np.float32),
            triangles,
            material,
            np.concatenate([part.shade for part in parts]).astype(np.float32),
            _upper_rims(face, len(vertices)),
        )
        self._weld()
        self._folds = [_fold(face, sign) for sign in (1, -1)]
        left_hand = hand()
        self._hands = [
            (CHEEK_LEFT, _Hand(left_hand)),
            (CHEEK_RIGHT, _Hand(mirrored(left_hand))),
        ]

    def _weld(self) -> None:
        """Find vertices that lie at one place, so that no edge shows where parts meet."""
        key = np.round(self.rest.vertices.astype(np.float64), 3)
        self._place = np.unique(key, axis=0, return_inverse=True)[1].reshape(-1)
        self._opaque = self.rest.triangles[self.rest.material == SKIN]
        corners = self._place[self._opaque].ravel()
        self._corner_face = np.argsort(corners, kind="stable")
        ordered = corners[self._corner_face]
        self._corner_face //= 3
        self._first_corner = np.flatnonzero(np.r_[True, np.diff(ordered) > 0])
        self._welded = ordered[self._first_corner]

    def _normals(self, vertices: Floats) -> Floats:
        a, b, c = (vertices[self._opaque[:, i]] for i in range(3))
        face_normals = np.cross(b - a, c - a)
        sums = np.zeros((int(np.max(self._place)) + 1, 3), np.float32)
        sums[self._welded] = np.add.reduceat(
            face_normals[self._corner_face], self._first_corner, axis=0
        )
        sums /= np.linalg.norm(sums, axis=1, keepdims=True) + 1e-9
        return np.asarray(sums[self._place])

    def pose(
        self,
        displacement: Floats,
        folds: tuple[float, float],
        fingers: tuple[float, float, float] | None,
    ) -> Surface:
        """Return the surface with its face displaced, folds drawn, and fingertips on the cheeks.

        `fingers` is how far they have moved, outwards, up and off the skin in cm; None for no
        hands.
        """
        rest = self.rest
        vertices = rest.vertices.copy()
        vertices[:LANDMARKS] += displacement
        vertices[self._head] += displacement[self._follows] * self._closeness[:, None].astype(
            np.float32
        )
        normals = self._normals(vertices)
        shade = rest.shade.copy()
        for depth, fold in zip(folds, self._folds, strict=True):
            shade[:LANDMARKS] *= 1 - 0.30 * depth * fold
        surface = Surface(
            vertices, normals, rest.texels, rest.triangles, rest.material, shade, rest.upper
        )
        if fingers is None:
            return surface
        return self._with_hands(surface, fingers)

    def _with_hands(self, surface: Surface, moved: tuple[float, float, float]) -> Surface:
        vertices, normals, uv = [surface.vertices], [surface.normals], [surface.texels]
        triangles, shade = [surface.triangles], [surface.shade]
        count = len(surface.vertices)
        for sign, (cheek, one) in zip((1, -1), self._hands, strict=True):
            tip = surface.vertices[cheek] + FINGER_LIFT * surface.normals[cheek]
            tip = tip + np.array([sign * moved[0], *moved[1:]], np.float32)
            surface.shade[:LANDMARKS] *= one.shadow(surface.vertices[:LANDMARKS] - tip)
            vertices.append(one.vertices + tip)
            normals.append(one.normals)
            uv.append(one.texels)
            triangles.append(one.triangles + count)
            shade.append(np.ones(len(one.vertices), np.float32))
            count += len(one.vertices)
        added = sum(len(t) for t in triangles[1:])
        return Surface(
            np.concatenate(vertices),
            np.concatenate(normals),
            np.concatenate(uv),
            np.concatenate(triangles),
            np.concatenate([surface.material, np.full(added, SKIN)]),
            np.concatenate(shade),
            np.concatenate([surface.upper, np.zeros(count - len(surface.upper), np.float32)]),
        )


def fingers_at(state: State) -> tuple[float, float, float] | None:
    """Return how far the fingertips are from their place: outwards, up, off the skin, cm.

    None if no hands are seen.
    """
    if not state.fingers or state.hands_away >= 1:
        return None
    out, up, off = (state.hands_away * way for way in HANDS_GO)
    return state.rub_x + out, state.rub_y + up, off


class _Hand:
    """A hand with its normals; it keeps its shape and only moves."""

    def __init__(self, part: Part) -> None:
        a, b, c = (part.vertices[part.triangles[:, i]] for i in range(3))
        face_normals = np.cross(b - a, c - a)
        normals = np.zeros_like(part.vertices)
        for i in range(3):
            np.add.at(normals, part.triangles[:, i], face_normals)
        normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-9
        self.vertices = part.vertices.astype(np.float32)
        self.normals = normals.astype(np.float32)
        self.texels = texels(part).astype(np.float32)
        self.triangles = part.triangles

    def shadow(self, skin: Floats) -> Floats:
        """Return how much light the fingertip at the origin leaves on the skin (n, 3), 0 to 1."""
        return np.asarray(1 - 0.35 * np.exp(-(skin**2).sum(1) / 1.1**2), np.float32)


def texels(part: Part) -> Floats:
    """Return where a part's vertices lie in the atlas, in texels."""
    x, y, width, height = PLACES[part.name]
    return np.asarray(part.uv * [width - 1, height - 1] + [x, y])


def _fillings(face: Mesh) -> Ints:
    """Return the material of each of the face's triangles.

    Eyes and mouth are the triangles that lie wholly within one rim.
    """
    right_eye = {*EYE_CORNERS, *UPPER_LID, *LOWER_LID}
    left_eye = {int(face.mirror[i]) for i in right_eye}
    mouth = {*INNER_LIP_CORNERS, *INNER_LIP_UPPER, *INNER_LIP_LOWER}
    material = np.full(len(face.triangles), SKIN, np.int64)
    for rim, kind in ((right_eye, EYE), (left_eye, EYE), (mouth, MOUTH)):
        material[np.isin(face.triangles, list(rim)).all(1)] = kind
    return material


def _upper_rims(face: Mesh, count: int) -> Floats:
    upper = np.zeros(count, np.float32)
    upper[both_sides(UPPER_LID, face.mirror) + INNER_LIP_UPPER] = 1
    upper[both_sides(EYE_CORNERS, face.mirror) + INNER_LIP_CORNERS] = 0.4
    return upper


def _fold(face: Mesh, sign: int) -> Floats:
    """Return how strongly each face vertex belongs to the fold from nose to mouth corner."""
    line = np.array([[sign * 1.7, -1.2], [sign * 2.5, -2.4], [sign * 3.2, -4.0]])
    distance = distance_to_line(line, face.vertices[:, 0], face.vertices[:, 1])
    return np.asarray(np.exp(-((distance / 0.42) ** 2)), np.float32)
