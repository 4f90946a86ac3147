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
FINGER_RADIUS = 0.72
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
    brow = smoothstep(7.0, 8.3, y + 0.045 * x * x - person.hairline)
    side = smoothstep(3.0, 4.6, y) * smoothstep(-2.6, -3.6, z)
    back = smoothstep(-5.0, -6.5, z) * smoothstep(-3.5, -1.5, y)
    return np.asarray(np.maximum(np.maximum(brow, side), back))


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


def hand(sign: int) -> Part:
    """An index finger, a fist and a forearm; the fingertip's centre is at the origin.

    `sign` is 1 for the person's left hand, -1 for the right.
    """
    axis = np.array([sign * 0.60, -0.80, 0.36])
    axis /= np.linalg.norm(axis)
    first = np.cross(axis, [0, 0, 1.0])
    first /= np.linalg.norm(first)
    frame = np.stack([first, np.cross(axis, first), axis], 1)

    def place_finger(u: Floats, v: Floats) -> tuple[Floats, Floats, Floats]:
        tip = np.sqrt(np.clip(1 - ((0.12 - v) / 0.12) ** 2, 0, 1))
        knuckles = 1 + 0.06 * np.sin((v - 0.12) * 16) + 0.1 * v
        radius = FINGER_RADIUS * np.where(v < 0.12, tip, knuckles)
        turn = -2 * np.pi * u
        return radius * np.cos(turn), radius * np.sin(turn), -0.5 + 8.3 * v

    def place_fist(u: Floats, v: Floats) -> tuple[Floats, Floats, Floats]:
        ring, turn = np.sin(np.pi * v), -2 * np.pi * u
        return 3.1 * ring * np.cos(turn), 2.1 * ring * np.sin(turn), 10.8 - 4.3 * np.cos(np.pi * v)

    def place_arm(u: Floats, v: Floats) -> tuple[Floats, Floats, Floats]:
        turn = -2 * np.pi * u
        return (2.5 + 0.4 * v) * np.cos(turn), (2.2 + 0.3 * v) * np.sin(turn), 13 + 14 * v

    return joined(
        [
            _turned(_surface("skin", 13, 13, place_finger), frame),
            _turned(_surface("skin", 15, 9, place_fist), frame),
            _turned(_surface("skin", 13, 5, place_arm), frame),
        ]
    )


def _turned(part: Part, frame: Floats) -> Part:
    return Part(part.name, part.vertices @ frame.T, part.uv, part.triangles, part.shade)


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
