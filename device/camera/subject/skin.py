"""The painted skin: one texture atlas for each person, made once.

Everything is painted by where a texel lies on the head (cm), never by where it lies in the
texture, so the same brush fits every face. The shadows in a real face's hollows are painted too,
for the renderer casts none.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from device.camera.subject.figure import ATLAS_HEIGHT, ATLAS_WIDTH, PLACES, Figure, hair_cover
from device.camera.subject.mesh import (
    BROW,
    EYE_LEFT,
    INNER_LIP_UPPER,
    LID_CREASE,
    LIP_LINE_MIDDLE,
    LIPS,
    LOWER_LID,
    LOWER_LIP_MIDDLE,
    MOUTH_LEFT,
    MOUTH_RIGHT,
    NOSE_TIP,
    UPPER_LID,
    Floats,
    Ints,
    Mesh,
    bump,
    depth_inside,
    distance_to_line,
    smoothstep,
)
from device.camera.subject.person import Person
from device.camera.subject.raster import scan

Tint = tuple[float, float, float]
SEAM = 3
"""Texels painted beyond a patch's edge, so that no seam shows."""


def paint(person: Person, face: Mesh, figure: Figure) -> Floats:
    """Return the atlas, float32 (512, 1024, 3), in linear light."""
    rng = np.random.default_rng(person.seed + 5)
    skin = np.array(person.skin, np.float32)
    atlas = np.empty((ATLAS_HEIGHT, ATLAS_WIDTH, 3), np.float32)
    atlas[:] = skin
    positions, covered = _positions(figure)

    left, top, width, height = PLACES["face"]
    area = np.zeros_like(covered)
    area[top : top + height, left : left + width] = True
    texel = np.flatnonzero(area & covered)
    brush = _Brush(positions.reshape(-1, 3)[texel], skin)
    _hollows(brush, person, face)
    _age(brush, person, face)
    _beard(brush, person, rng)
    _lips(brush, face)
    _brows(brush, person, face, rng)
    _eyes(brush, face)
    _moles(brush, rng)
    atlas.reshape(-1, 3)[texel] = brush.colour

    blotches = noise(24, rng) + 0.8 * noise(10, rng)
    atlas *= 1 + (0.07 * blotches)[..., None] * np.array((1, 1.2, 1.2), np.float32)
    atlas *= 1 + (0.09 * noise(2, rng))[..., None]
    _hair(atlas, positions, person, rng)
    _cloth(atlas, person, rng)
    return np.clip(atlas, 0, 1) ** 2


def noise(cell: int, rng: np.random.Generator) -> Floats:
    """Return smooth noise over the atlas, about -0.5 to 0.5, with blobs of `cell` texels."""
    return smooth_noise(ATLAS_WIDTH, ATLAS_HEIGHT, cell, rng)


def smooth_noise(width: int, height: int, cell: int, rng: np.random.Generator) -> Floats:
    """Return smooth noise (height, width), about -0.5 to 0.5, with blobs of `cell` pixels."""
    coarse = rng.random((max(2, height // cell + 2), max(2, width // cell + 2)), np.float32) - 0.5
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC))


def _streaks(rng: np.random.Generator) -> Floats:
    """Return fine noise drawn out along the hair, which runs down the atlas."""
    coarse = rng.random((ATLAS_HEIGHT // 24, ATLAS_WIDTH // 2), np.float32) - 0.5
    size = (ATLAS_WIDTH, ATLAS_HEIGHT)
    return np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR), np.float32)


def _positions(figure: Figure) -> tuple[Floats, NDArray[np.bool_]]:
    """Return where on the head every texel lies (h, w, 3), and whether it lies on it at all."""
    rest = figure.rest
    spans = scan(
        rest.texels.astype(np.float64), rest.triangles, ATLAS_WIDTH, ATLAS_HEIGHT, two_sided=True
    )
    pixels = spans.pixels()
    positions = np.zeros((ATLAS_HEIGHT, ATLAS_WIDTH, 3), np.float32)
    covered = np.zeros((ATLAS_HEIGHT, ATLAS_WIDTH), bool)
    positions.reshape(-1, 3)[pixels.index] = spans.interpolate(
        rest.vertices, rest.triangles, pixels
    )
    covered.reshape(-1)[pixels.index] = True
    for _ in range(SEAM):
        for shift, axis in ((1, 0), (-1, 0), (1, 1), (-1, 1)):
            neighbour = ~covered & np.roll(covered, shift, axis)
            positions[neighbour] = np.roll(positions, shift, axis)[neighbour]
            covered = covered | neighbour
    return positions, covered


class _Brush:
    """Paints on the face's texels: `x`, `y` where they lie, `side` = |x|, `colour` (n, 3)."""

    def __init__(self, positions: Floats, skin: Floats) -> None:
        self.x, self.y = positions[:, 0].copy(), positions[:, 1].copy()
        self.side = np.abs(self.x)
        self.skin = skin
        self.colour = np.repeat(skin[None], len(positions), axis=0)

    def tint(self, weight: Floats, by: Tint, at: Ints | slice = slice(None)) -> None:
        """Multiply by 1 + `by` where the weight is 1."""
        self.colour[at] *= 1 + weight[:, None] * np.array(by, np.float32)

    def cover(self, weight: Floats, colour: Floats, at: Ints | slice = slice(None)) -> None:
        """Cover with a colour (3,) where the weight is 1."""
        weight = np.asarray(weight, np.float32)[:, None]
        self.colour[at] = self.colour[at] * (1 - weight) + weight * colour

    def hill(self, cx: float, cy: float, sx: float, sy: float) -> Floats:
        """Return the weights of a soft spot on both sides of the face."""
        return bump(self.side, self.y, cx, cy, sx, sy)

    def near(self, line: Floats, margin: float) -> Ints:
        """Return the texels in the line's bounding box, widened by `margin` cm."""
        (x0, y0), (x1, y1) = line.min(0) - margin, line.max(0) + margin
        return np.flatnonzero((self.x > x0) & (self.x < x1) & (self.y > y0) & (self.y < y1))

    def stroke(self, line: Floats, width: float, strength: float, colour: Floats) -> None:
        """Draw a soft line; `width` is 1.4 standard deviations of its profile, cm."""
        at = self.near(line, 3 * width)
        distance = distance_to_line(line, self.x[at], self.y[at])
        self.cover(strength * np.exp(-((distance / width) ** 2)), colour, at)


def _hollows(brush: _Brush, person: Person, face: Mesh) -> None:
    """Paint redness, and the shadows in the face's hollows."""
    v = face.vertices
    eye_x, eye_y, _ = v[list(EYE_LEFT)].mean(0)
    tip = v[NOSE_TIP, 1]
    hill, tint = brush.hill, brush.tint
    tint(hill(4.6, -1.2, 2.1, 1.6), (0.04, -0.07, -0.06))
    tint(hill(0, tip, 1.3, 1.0), (0.03, -0.07, -0.06))
    tint(hill(0, -7.6, 2.0, 1.2), (0.01, -0.03, -0.03))
    tint(hill(0, 7, 5, 2), (0.03, 0.03, 0.02))

    tint(hill(eye_x - 0.9, eye_y + 0.75, 1.1, 0.7), (-0.24, -0.28, -0.28))
    tint(hill(eye_x, eye_y + 0.62, 1.9, 0.36), (-0.20, -0.24, -0.24))
    tint(hill(eye_x, eye_y - 1.0, 1.4, 0.45), (-0.10, -0.13, -0.10))
    tint(hill(1.55, 1.6, 0.5, 1.6), (-0.14, -0.17, -0.17))
    tint(hill(1.95, -1.3, 0.4, 0.6), (-0.30, -0.36, -0.36))
    tint(hill(0, -2.45, 1.4, 0.35), (-0.25, -0.30, -0.30))
    tint(hill(0, -2.9, 0.3, 0.5), (-0.10, -0.12, -0.12))
    tint(hill(0, v[LOWER_LIP_MIDDLE, 1] - 0.6, 1.6, 0.45), (-0.22, -0.26, -0.26))
    corner_x, corner_y, _ = v[MOUTH_LEFT]
    tint(hill(corner_x + 0.35, corner_y, 0.45, 0.5), (-0.20, -0.24, -0.24))
    fold = np.array([[1.8, -1.2], [2.7, -2.6], [3.3, -4.2]])
    depth = np.exp(-((distance_to_line(fold, brush.side, brush.y) / 0.32) ** 2))
    tint(depth * (1 + 1.5 * person.age), (-0.10, -0.13, -0.13))
    jaw = smoothstep(-7.9, -9.6, brush.y - 0.12 * np.maximum(brush.side - 2, 0) ** 1.6)
    tint(jaw, (-0.12, -0.13, -0.13))
    temples = smoothstep(5.8, 7.6, brush.side) * smoothstep(-0.5, 3, brush.y)
    tint(temples, (-0.10, -0.10, -0.10))

    across, down = (brush.side - 0.78) / 0.40, (brush.y - tip + 1.38) / 0.17
    nostrils = 1.15 * np.exp(-((across**2 + down**2) ** 1.5))
    brush.cover(np.clip(nostrils, 0, 0.9), brush.skin * np.float32(0.16))


def _age(brush: _Brush, person: Person, face: Mesh) -> None:
    """Paint lines on the forehead, under the eyes and beside them."""
    if not person.age:
        return
    x, y, side = brush.x, brush.y, brush.side
    eye_x, eye_y, _ = face.vertices[list(EYE_LEFT)].mean(0)
    for height in (5.9, 6.6, 7.3):
        line = np.exp(-(((y - height - 0.15 * np.sin(1.1 * x + height)) / 0.09) ** 2))
        brush.tint(line * smoothstep(5, 3.5, side) * person.age, (-0.16, -0.18, -0.18))
    bags = brush.hill(eye_x + 0.2, eye_y - 1.25, 1.3, 0.22)
    brush.tint(bags * person.age, (-0.20, -0.22, -0.20))
    out = side - eye_x
    reach = smoothstep(1.4, 1.7, out) * smoothstep(2.9, 2.2, out)
    for slope in (-0.35, 0, 0.35):
        line = np.exp(-(((y - eye_y - slope * (out - 1.2)) / 0.07) ** 2))
        brush.tint(line * reach * person.age, (-0.20, -0.22, -0.20))


def _beard(brush: _Brush, person: Person, rng: np.random.Generator) -> None:
    if not person.beard:
        return
    edge = np.interp(brush.side, [0, 1.5, 3, 4.5, 6, 7], [-2.6, -2.9, -4.4, -4.2, -2.0, 1.5])
    grain = rng.random(len(edge), np.float32) - 0.5
    weight = smoothstep(0.35, -0.35, brush.y - edge + 0.5 * grain) * (0.85 + 0.5 * grain)
    colour = 0.55 * np.array(person.hair, np.float32) + 0.2 * brush.skin
    brush.cover(np.clip(0.85 * person.beard * weight, 0, 0.95), colour)


def _lips(brush: _Brush, face: Mesh) -> None:
    v = face.vertices[:, :2]
    line = v[LIP_LINE_MIDDLE, 1]
    at = brush.near(v[LIPS], 0.5)
    lip = smoothstep(-0.10, 0.10, depth_inside(v[LIPS], brush.x[at], brush.y[at]))
    brush.cover(0.92 * lip, brush.skin * np.array((0.86, 0.58, 0.58), np.float32), at)
    brush.tint(lip * (brush.y[at] > line), (-0.14, -0.16, -0.16), at)
    middle = (v[LOWER_LIP_MIDDLE, 1] + line) / 2
    shine = bump(brush.x[at], brush.y[at], 0, middle, 1.3, 0.22)
    brush.tint(lip * shine, (0.12, 0.14, 0.14), at)
    mouth = v[[MOUTH_RIGHT, 78, *INNER_LIP_UPPER, 308, MOUTH_LEFT]]
    brush.stroke(mouth, 0.10, 0.80, brush.skin * np.array((0.28, 0.14, 0.14), np.float32))
    at = brush.near(mouth, 1.0)
    distance = distance_to_line(mouth, brush.x[at], brush.y[at])
    brush.tint(np.exp(-((distance / 0.35) ** 2)), (-0.15, -0.17, -0.17), at)


def _brows(brush: _Brush, person: Person, face: Mesh, rng: np.random.Generator) -> None:
    colour = 0.75 * np.array(person.hair, np.float32) + 0.08 * brush.skin
    for numbers in (np.array(BROW), face.mirror[BROW]):
        outline = face.vertices[numbers, :2] - [0, 0.10]
        centre = outline.mean(0)
        outline = centre + (outline - centre) * [1.0, 0.72]
        at = brush.near(outline, 0.5)
        hairs = noise_at(len(at), rng)
        depth = depth_inside(outline, brush.x[at], brush.y[at])
        weight = 0.92 * smoothstep(-0.22, 0.12, depth + 0.22 * hairs) * (0.85 + 0.3 * hairs)
        brush.cover(np.clip(weight, 0, 0.95), colour, at)


def noise_at(count: int, rng: np.random.Generator) -> Floats:
    """Return rough noise, -0.5 to 0.5, in short runs along the texels."""
    runs = rng.random(count // 3 + 2, np.float32) - 0.5
    return np.asarray(np.interp(np.arange(count) / 3, np.arange(len(runs)), runs), np.float32)


def _eyes(brush: _Brush, face: Mesh) -> None:
    """Paint lashes, the rim of the lower lid, and the crease of the upper."""
    v = face.vertices[:, :2]

    def line(numbers: list[int], left: bool) -> Floats:
        return np.asarray(v[face.mirror[numbers] if left else numbers])

    for left in (False, True):
        lashes = np.array((0.07, 0.05, 0.045), np.float32)
        brush.stroke(line([33, *UPPER_LID, 133], left), 0.15, 0.95, lashes)
        rim = brush.skin * np.array((0.35, 0.25, 0.22), np.float32)
        brush.stroke(line([33, *LOWER_LID, 133], left), 0.085, 0.55, rim)
        crease = line(LID_CREASE, left) + np.array([0, 0.08])
        brush.stroke(crease, 0.10, 0.55, brush.skin * np.float32(0.42))


def _moles(brush: _Brush, rng: np.random.Generator) -> None:
    for _ in range(10):
        x, y = rng.uniform(-6, 6), rng.uniform(-8, 7)
        spot = np.array([[x, y], [x, y]])
        brush.stroke(spot, 0.077, 0.55, brush.skin * np.float32(0.4))


def _hair(atlas: Floats, positions: Floats, person: Person, rng: np.random.Generator) -> None:
    hair = np.array(person.hair, np.float32)
    strands = 1 + 0.9 * _streaks(rng) + 0.35 * noise(14, rng)
    # The skull's patch closes upon itself: mirrored halves meet without a seam.
    x, y, width, height = PLACES["skull"]
    half = strands[y : y + height, x : x + width // 2]
    strands[y : y + height, x + width // 2 : x + width] = half[:, ::-1]
    cover = hair_cover(person, positions.reshape(-1, 3)).reshape(ATLAS_HEIGHT, ATLAS_WIDTH)
    edge = (cover > 0.02) & (cover < 0.98)
    cover = np.clip(cover + 0.5 * noise(4, rng) * edge, 0, 1)
    for name in ("face", "skull"):
        x, y, width, height = PLACES[name]
        at = np.s_[y : y + height, x : x + width]
        weight = (0.97 * cover[at])[..., None]
        atlas[at] = atlas[at] * (1 - weight) + weight * hair * strands[at][..., None]
    x, y, width, height = PLACES["hair"]
    at = np.s_[y : y + height, x : x + width]
    atlas[at] = 0.8 * hair * strands[at][..., None]


def _cloth(atlas: Floats, person: Person, rng: np.random.Generator) -> None:
    x, y, width, height = PLACES["cloth"]
    at = np.s_[y : y + height, x : x + width]
    weave = 1 + 0.25 * noise(3, rng) + 0.35 * noise(40, rng)
    atlas[at] = np.array(person.cloth, np.float32) * weave[at][..., None]
