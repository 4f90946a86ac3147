"""The whole figure of one person as one set of arrays, ready to move and to draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from device.camera.subject.body import Part, hand, mirrored, skull, torso
from device.camera.subject.mesh import (
    CHEEK_LEFT,
    CHEEK_RIGHT,
    EYE_CORNERS,
    INNER_LIP_CORNERS,
    INNER_LIP_LOWER,
    INNER_LIP_UPPER,
    LOWER_LID,
    UPPER_LID,
    Floats,
    Ints,
    Mesh,
    both_sides,
    distance_to_line,
)
from device.camera.subject.person import Person
from device.camera.subject.state import State

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
class Surface:
    """Vertices (n, 3), unit normals (n, 3), texels (n, 2), triangles (m, 3), their material (m,),
    `shade` (n,) and `upper` (n,): 1 at the upper rim of an eye or a mouth, 0 at the lower."""

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
        """Find vertices that lie at one place, so that light does not show where parts meet."""
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
        """The surface with its face displaced, folds drawn, and fingertips on the cheeks.

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
    """How far a moment's fingertips are from their place: outwards, up, off the skin, cm."""
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
        """What is left of the light on the skin (n, 3) around the fingertip at the origin."""
        return np.asarray(1 - 0.35 * np.exp(-(skin**2).sum(1) / 1.1**2), np.float32)


def texels(part: Part) -> Floats:
    """Where a part's vertices lie in the atlas, in texels."""
    x, y, width, height = PLACES[part.name]
    return np.asarray(part.uv * [width - 1, height - 1] + [x, y])


def _fillings(face: Mesh) -> Ints:
    """Material of the face's triangles: eyes and mouth are those wholly within one rim."""
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
    """How strongly each face vertex belongs to the fold between nose and mouth corner."""
    line = np.array([[sign * 1.7, -1.2], [sign * 2.5, -2.4], [sign * 3.2, -4.0]])
    distance = distance_to_line(line, face.vertices[:, 0], face.vertices[:, 1])
    return np.asarray(np.exp(-((distance / 0.42) ** 2)), np.float32)
