"""The canonical face mesh, and the geometry that the whole subject is built with.

Units are centimetres in the head's own frame: x to the person's left, y up, z towards the camera.
Vertex i of the mesh is landmark i of MediaPipe's face mesh, so the true place of every landmark is
known.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]

# Landmark numbers of the person's right side; the left side follows through the mirror table.
UPPER_LID = [246, 161, 160, 159, 158, 157, 173]
LOWER_LID = [7, 163, 144, 145, 153, 154, 155]
LID_CREASE = [247, 30, 29, 27, 28, 56, 190]
ABOVE_CREASE = [113, 225, 224, 223, 222, 221, 189]
EYE_CORNERS = [33, 133]
BROW = [70, 63, 105, 66, 107, 55, 65, 52, 53, 46]

# These run across both sides.
INNER_LIP_UPPER = [191, 80, 81, 82, 13, 312, 311, 310, 415]
INNER_LIP_LOWER = [95, 88, 178, 87, 14, 317, 402, 318, 324]
INNER_LIP_CORNERS = [78, 308]
LIPS = [61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146]
FACE_OVAL = [
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
]

CHEEK_LEFT, CHEEK_RIGHT = 280, 50
MOUTH_LEFT, MOUTH_RIGHT = 291, 61
EYE_LEFT, EYE_RIGHT = (263, 362), (33, 133)
NOSE_TIP = 4
UPPER_LIP_MIDDLE, LOWER_LIP_MIDDLE, LIP_LINE_MIDDLE = 0, 17, 13


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """468 vertices (n, 3), their texture coordinates (n, 2) and triangles (m, 3).

    `mirror` gives for every vertex its twin on the other side of the face.
    """

    vertices: Floats
    uv: Floats
    triangles: Ints
    mirror: Ints


@cache
def canonical() -> Mesh:
    """Return MediaPipe's canonical face mesh as published: lips parted, eyes narrow."""
    with np.load(Path(__file__).with_name("canonical.npz")) as arrays:
        vertices = arrays["v"].astype(np.float64)
        uv = arrays["uv"].astype(np.float64)
        triangles = arrays["tri"].astype(np.int64)
    reflected = vertices * [-1, 1, 1]
    mirror = ((reflected[:, None] - vertices[None]) ** 2).sum(2).argmin(1)
    return Mesh(vertices, uv, triangles, mirror)


def neutral() -> Mesh:
    """Return the canonical mesh with its mouth closed and its eyes a little wider open."""
    mesh = canonical()
    v = mesh.vertices.copy()
    height = v[:, 1].copy()
    for upper, lower in zip(INNER_LIP_UPPER, INNER_LIP_LOWER, strict=True):
        middle = (v[upper] + v[lower]) / 2
        v[upper] = v[lower] = middle
        # A hair's breadth apart: lips that cross tear holes into the mouth.
        v[upper, 1] += 0.004
        v[lower, 1] -= 0.004
    near_middle = np.exp(-((v[:, 0] / 2.2) ** 4))
    follow = near_middle * (
        np.exp(-(((height + 5.0) / 0.55) ** 2)) - np.exp(-(((height + 3.6) / 0.5) ** 2))
    )
    follow[INNER_LIP_UPPER + INNER_LIP_LOWER] = 0
    v[:, 1] += 0.16 * follow
    v[both_sides(UPPER_LID, mesh.mirror), 1] += 0.17
    v[both_sides(LOWER_LID, mesh.mirror), 1] -= 0.07
    return Mesh(v, mesh.uv, mesh.triangles, mesh.mirror)


def both_sides(right: list[int], mirror: Ints) -> list[int]:
    """Return these vertices of the right side, then their twins on the left."""
    return right + [int(mirror[i]) for i in right]


def smoothstep(start: float, end: float, x: Floats | float) -> Floats:
    """Return 0 before `start`, 1 after `end`, an s-curve between; `start` may be the larger."""
    t = np.clip((np.asarray(x) - start) / (end - start), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def bump(x: Floats, y: Floats, cx: float, cy: float, sx: float, sy: float) -> Floats:
    """Return a Gaussian hill of height 1 at (cx, cy), sx and sy wide."""
    return np.asarray(np.exp(-(((x - cx) / sx) ** 2) - ((y - cy) / sy) ** 2))


def distance_to_line(line: Floats, x: Floats, y: Floats) -> Floats:
    """Return the distance of every point (x, y) from the polyline `line` (k, 2)."""
    best = np.full(x.shape, np.inf, x.dtype)
    for (ax, ay), (bx, by) in pairwise(line):
        dx, dy = bx - ax, by - ay
        along = np.clip(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy + 1e-9), 0, 1)
        np.minimum(best, np.hypot(x - ax - along * dx, y - ay - along * dy), out=best)
    return best


def depth_inside(outline: Floats, x: Floats, y: Floats) -> Floats:
    """Return the distance from the closed `outline` (k, 2): positive inside, negative outside."""
    inside = np.zeros(x.shape, bool)
    ends = np.roll(outline, -1, 0)
    for (ax, ay), (bx, by) in zip(outline, ends, strict=True):
        crosses = (ay > y) != (by > y)
        inside ^= crosses & (x < (bx - ax) * (y - ay) / (by - ay + 1e-12) + ax)
    distance = distance_to_line(np.vstack([outline, outline[:1]]), x, y)
    return np.where(inside, distance, -distance)
