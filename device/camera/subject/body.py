"""All of the subject that is not the face mesh: skull, hair, ears, neck, shoulders, hands.

A `Part` is a patch of surface with its own place in the skin atlas. Everything is built once for
a person; only the face moves, and the rim of the skull with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from device.camera.subject.mesh import FACE_OVAL, Floats, Ints, Mesh, smoothstep
from device.camera.subject.person import Person

BACK_OF_HEAD = (0.0, 2.5, -12.2)
CANONICAL_HALF_WIDTH = 7.66
SKULL_RINGS = 9
HAIR_THICKNESS = 0.75


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
    """A rectangular sheet of `across` by `down` vertices, placed by `place(u, v)`."""
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
    """Where hair grows on the head: 0 skin to 1 hair, for points (n, 3)."""
    x, y, z = points.T
    brow = smoothstep(7.2, 8.2, y + 0.04 * (x - person.parting) ** 2 - person.hairline)
    temple = smoothstep(6.3, 7.2, np.abs(x)) * smoothstep(0.6, 3.0, y - person.hairline)
    side = smoothstep(3.0, 4.6, y) * smoothstep(-2.6, -3.6, z)
    back = smoothstep(-5.0, -6.5, z) * smoothstep(-3.5, -1.5, y)
    return np.asarray(np.stack([brow, temple, side, back]).max(0))


def skull(person: Person, face: Mesh) -> tuple[Part, Ints, Floats]:
    """The head behind the face: from each vertex of the face's rim a curve to the back.

    Also returns, for each vertex of the skull, the face vertex that it follows and how closely.
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
    part = Part("skull", vertices, sheet.uv, sheet.triangles, shade)
    follows = np.tile(rim, SKULL_RINGS)
    closeness = np.repeat((1 - t.ravel()) ** 3, len(rim))
    return part, follows, closeness


def torso(person: Person, face: Mesh) -> list[Part]:
    """Ears, neck, shoulders and long hair."""
    half_width = float(np.abs(face.vertices[:, 0]).max())
    scale = half_width / CANONICAL_HALF_WIDTH
    parts = []
    for sign in (1, -1):
        ear = _ellipsoid("skin", (sign * (half_width + 0.35), 0.6, -3.6), (0.62, 2.7, 1.5), 13, 8)
        ear.vertices[:, 0] -= sign * 0.35 * (ear.vertices[:, 2] + 3.6)
        parts.append(ear)

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
    """A left hand on its forearm, index finger stretched; the fingertip's centre is the origin.

    Its back faces the camera, the other fingers are curled beside the index, thumb outside.
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
    """The same for the other side of the body."""
    return Part(part.name, part.vertices * [-1, 1, 1], part.uv, part.triangles[:, ::-1], part.shade)


def _limb(
    start: tuple[float, ...],
    end: tuple[float, ...],
    start_radii: tuple[float, float],
    end_radii: tuple[float, float],
) -> Part:
    """A tapered tube with a round start; radii are sideways and towards the camera."""
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
    """Several parts as one, under the name of the first."""
    starts = np.cumsum([0] + [len(part.vertices) for part in parts])
    return Part(
        parts[0].name,
        np.concatenate([part.vertices for part in parts]),
        np.concatenate([part.uv for part in parts]),
        np.concatenate([part.triangles + n for part, n in zip(parts, starts[:-1], strict=True)]),
        np.concatenate([part.shade for part in parts]),
    )
