"""Pictures of a person, drawn by OpenGL into memory, without a window: `moderngl` on EGL.

It needs no graphics card: Mesa's software renderer, `llvmpipe`, will do. Debian calls what is
needed libegl1, libegl-mesa0 and libgl1-mesa-dri.
"""

from __future__ import annotations

from typing import Self

import cv2
import moderngl
import numpy as np
from numpy.typing import NDArray

from tools.environment import ToolError
from tools.lift_network.person import EYE_CORNERS, HANDS, Person

_CAMERA = 58.0
"""How far from the head's middle the camera is at a `distance` of 1, in units of the mesh."""
_NEAR, _FAR = 5.0, 300.0
_NECK = np.array([0.0, -7.0, -1.0])
"""What the head turns about."""
_HEAD = np.array([0.0, 0.8, -4.0])
"""What brings the head's middle to the middle of the picture."""
_MARGIN = 1.5
"""The picture's side over that of the face."""
_LIPS_APART = (
    ("jawOpen", 0.015), ("mouthUpperUp_L", 0.02), ("mouthLowerDown_L", 0.02), ("mouthFunnel", 0.02),
)  # fmt: skip
"""Weights of blendshapes beyond which the inside of the mouth may be seen."""

_VERTEX_SHADER = """#version 330
in vec3 place, normal;
in vec2 uv;
in vec3 colour;
in float material, detail, open_to;
uniform mat3 turn;
uniform vec3 shift;
uniform mat4 projection;
out vec3 at, facing, paint;
out vec2 on_texture;
out float kind, more, lit;
void main() {
    at = turn * place + shift;
    facing = turn * normal;
    paint = colour;
    on_texture = uv;
    kind = material;
    more = detail;
    lit = open_to;
    gl_Position = projection * vec4(at, 1.0);
}
"""
_FRAGMENT_SHADER = """#version 330
in vec3 at, facing, paint;
in vec2 on_texture;
in float kind, more, lit;
uniform sampler2D skin;
uniform vec3 key, key_colour, fill, fill_colour, ambient, exposure;
uniform float fold, gloss;
out vec4 pixel;
const float SOFTNESS = 0.25;  // Light goes this far around an edge.

vec3 iris(vec3 colour, float from_axis) {
    vec3 shade = colour * (0.6 + 0.8 * smoothstep(0.25, 0.6, from_axis));
    shade = mix(vec3(0.012), shade, smoothstep(0.22, 0.26, from_axis));  // The pupil.
    shade = mix(shade, vec3(0.02), smoothstep(0.55, 0.62, from_axis) * 0.7);
    return mix(shade, vec3(0.62, 0.58, 0.55), smoothstep(0.60, 0.68, from_axis));
}

float diffuse(vec3 normal, vec3 light) {
    return max((dot(normal, light) + SOFTNESS) / (1.0 + SOFTNESS), 0.0);
}

void main() {
    vec3 normal = normalize(facing), viewer = normalize(-at);
    if (kind < 1.5 && dot(normal, viewer) < -0.15) normal = -normal;  // Skin has one layer.
    vec3 colour = paint;
    float shine = gloss;
    if (kind < 0.5) {
        vec4 painted = texture(skin, on_texture);
        painted *= painted;  // It holds square roots.
        colour = mix(painted.rgb * (1.0 - 0.35 * fold * painted.a), paint, more);
        shine *= 1.0 - more;
    } else if (kind > 2.5) {
        colour = iris(paint, more);
        shine = 0.9;
    }
    float highlight = max(dot(normal, normalize(key + viewer)), 0.0);
    highlight *= highlight;
    highlight *= highlight;
    float eighth = highlight * highlight;
    highlight = eighth * eighth * eighth * highlight * 0.35 * shine;  // To the 28th power.
    vec3 around = ambient * (0.75 + 0.25 * normal.y);
    vec3 light = key_colour * diffuse(normal, key) + fill_colour * diffuse(normal, fill) + around;
    vec3 linear = (colour * light * lit + highlight * key_colour * lit) * exposure;
    vec3 root = sqrt(min(linear / (1.0 + 0.18 * linear), vec3(1.0)));  // As `develop` does.
    pixel = vec4((root * 0.62 + sqrt(root) * 0.38).bgr, 1.0);
}
"""


class Renderer:
    """Draws one person, in pictures of `width` by `height` pixels.

    It is used in a `with` block, which frees the memory of the pictures. Raises ToolError if the
    machine has no OpenGL without a window.
    """

    def __init__(self, person: Person, width: int, height: int) -> None:
        self._person = person
        self._size = (width, height)
        try:
            self._context = moderngl.create_context(standalone=True, backend="egl")
        except Exception as error:  # moderngl raises no narrower one.
            raise ToolError(
                f"cannot draw without a window ({error}): install libegl1, libegl-mesa0 and "
                "libgl1-mesa-dri"
            ) from error
        context = self._context
        self._program = context.program(
            vertex_shader=_VERTEX_SHADER, fragment_shader=_FRAGMENT_SHADER
        )
        solids = person.solids
        still = [person.attributes, *(solid.attributes for solid in solids.values())]
        self._still = context.buffer(np.concatenate(still).tobytes())
        surfaces = [person.surface({}), *(solid.surface for solid in solids.values())]
        self._surface = np.concatenate(surfaces)
        self._moving = context.buffer(reserve=self._surface.nbytes, dynamic=True)

        self._places: dict[str, slice] = {}
        triangles, start = {}, len(person.rest)
        for name, solid in solids.items():
            self._places[name] = slice(start, start + len(solid.surface))
            triangles[name] = solid.triangles + start
            start += len(solid.surface)
        head = [person.outside]
        if "glasses" in triangles:
            head.append(triangles["glasses"])
        self._head = self._drawable(np.concatenate(head))
        self._mouth = self._drawable(person.inside)
        self._hands = {hand: self._drawable(triangles[hand]) for hand in HANDS}
        self._shoulders = self._drawable(triangles["shoulders"])

        side = len(person.texture)
        texture = context.texture((side, side), 4, person.texture.tobytes())
        texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
        texture.use(0)
        self._picture = context.framebuffer(
            [context.texture(self._size, 4)], context.depth_renderbuffer(self._size)
        )
        context.enable(moderngl.DEPTH_TEST)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._context.release()

    def close_up(
        self,
        *,
        weights: dict[str, float],
        angles: tuple[float, float, float],
        place: NDArray[np.float64],
        distance: float,
        light: dict[str, tuple[float, ...]],
        exposure: NDArray[np.float64],
        fold: float,
        hands: dict[str, NDArray[np.float64]],
        behind: NDArray[np.uint8],
        framing: NDArray[np.float64],
    ) -> NDArray[np.uint8]:
        """Return a picture of the face, uint8 (height, width, 3), blue first.

        The eyes are level and the face in the middle, but for `framing`: how far aside and down,
        as parts of the picture, how much wider, and how far turned, radians. `weights` are those of
        the blendshapes, and `fold` says how deep the folds beside mouth and eyes are. `angles` are
        yaw, pitch and roll, degrees; `place` is x and y of the head and each of `hands` how far a
        hand is from where it touches the cheek, in units of the mesh. `light` has the directions
        `key` and `fill`, their colours `keyc` and `fillc`, and `amb`, the light from all around;
        `exposure` is one factor a colour. `behind` is what is seen behind the person.
        """
        person, program = self._person, self._program
        vertices = self._surface[: len(person.rest)]
        vertices[:] = person.surface(weights)
        for hand, away in hands.items():
            cheek = person.cheeks[hand]
            moved = np.mean(vertices[cheek, :3], 0) - np.mean(person.rest[cheek], 0)
            touching = person.solids[hand].surface[:, :3]
            self._surface[self._places[hand], :3] = touching + (moved + away).astype(np.float32)
        self._moving.write(self._surface.tobytes())

        yaw, pitch, roll = np.radians(angles)
        head = _rotation(yaw, pitch, roll)
        offset = np.array([place[0], place[1], 0.0])
        camera = np.array([0.0, 0.0, _CAMERA * distance])
        shift = _NECK - head @ _NECK + offset + _HEAD - camera
        self._set_matrix("projection", self._frame(vertices[:, :3], head, shift, framing))
        for name in ("key", "fill"):
            direction = np.array(light[name], float)
            program[name].value = tuple(direction / np.linalg.norm(direction))
        program["key_colour"].value = light["keyc"]
        program["fill_colour"].value = light["fillc"]
        program["ambient"].value = light["amb"]
        program["exposure"].value = tuple(exposure)
        program["fold"].value, program["gloss"].value = fold, person.gloss

        self._picture.use()
        self._picture.clear(0, 0, 0, 0, depth=1.0)
        self._place(head, shift)
        self._head.render()
        if any(weights.get(name, 0.0) > least for name, least in _LIPS_APART):
            self._mouth.render()
        for hand in hands:
            self._hands[hand].render()
        # The shoulders follow the head a little.
        self._place(_rotation(yaw * 0.25, 0, roll * 0.3), offset * 0.7 + _HEAD - camera)
        self._shoulders.render()
        width, height = self._size
        read = np.frombuffer(self._picture.read(components=4), np.uint8)
        drawn = read.reshape(height, width, 4)
        return np.where(drawn[..., 3:] > 0, drawn[..., :3], behind)

    def _frame(
        self,
        vertices: NDArray[np.float32],
        head: NDArray[np.float64],
        shift: NDArray[np.float64],
        framing: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return the projection that has the face in the middle of the picture."""
        person = self._person

        def seen(which: NDArray[np.int64]) -> NDArray[np.float64]:
            """Return where vertices are in a picture, over their distance, y down."""
            places = vertices[which] @ head.T + shift
            return np.asarray(places[:, :2] * (1, -1) / -places[:, 2:])

        right, left = seen(person.points[[EYE_CORNERS[0][0], EYE_CORNERS[1][1]]])
        level = _turn(np.arctan2(*(left - right)[::-1]))
        face = seen(person.framed) @ level.T
        least, most = np.min(face, 0), np.max(face, 0)
        size = np.max(most - least) * _MARGIN
        middle = (least + most) / 2 + framing[:2] * size
        zoom = 2 / (size * (1 + framing[2])) * _turn(framing[3])
        crop = np.eye(4)
        crop[:2, :2], crop[:2, 3] = zoom @ level, -zoom @ middle
        crop[1] *= self._size[0] / self._size[1]
        # As OpenGL has it, but with y down: the first row that is read is the picture's upper one.
        depth = np.array([-(_FAR + _NEAR), -2 * _FAR * _NEAR]) / (_FAR - _NEAR)
        perspective = np.diag([1.0, -1.0, depth[0], 0.0])
        perspective[2, 3], perspective[3, 2] = depth[1], -1.0
        return np.asarray(crop @ perspective)

    def _place(self, turn: NDArray[np.float64], shift: NDArray[np.float64]) -> None:
        self._set_matrix("turn", turn)
        self._program["shift"].value = tuple(shift)

    def _set_matrix(self, name: str, matrix: NDArray[np.float64]) -> None:
        self._program[name].write(matrix.T.astype(np.float32).tobytes())  # Columns first.

    def _drawable(self, triangles: NDArray[np.int32]) -> moderngl.VertexArray:
        content = [
            (self._moving, "3f 3f", "place", "normal"),
            (self._still, "2f 3f 1f 1f 1f", "uv", "colour", "material", "detail", "open_to"),
        ]
        indices = self._context.buffer(triangles.tobytes())
        return self._context.vertex_array(self._program, content, indices)


def background(
    random: np.random.Generator, kind: str, width: int, height: int
) -> NDArray[np.float32 | np.float64]:
    """Return what is behind a person, linear (height, width, 3): a "pillow", or else a room."""
    if kind == "pillow":
        colour = np.ones((height, width, 3), np.float32) * random.uniform(0.35, 0.6, 3)
        creases = np.zeros((height, width), np.float32)
        for grain, much in ((120, 0.12), (40, 0.08), (12, 0.03)):
            size = (max(3, height // grain), max(3, width // grain))
            coarse = random.normal(0, 1, size).astype(np.float32)
            creases += much * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        return np.asarray(np.clip(colour * (1 + creases)[..., None], 0.02, 1))
    wall = np.ones((height, width, 3), np.float32)
    wall *= random.uniform(0.08, 0.45, 3).astype(np.float32)
    for _ in range(7):
        x, y = int(random.integers(0, width)), int(random.integers(0, height))
        opposite = (x + int(random.integers(30, 220)), y + int(random.integers(30, 260)))
        cv2.rectangle(wall, (x, y), opposite, tuple(random.uniform(0.03, 0.6, 3)), cv2.FILLED)
    return np.asarray(cv2.GaussianBlur(wall, (0, 0), 9), np.float32)


def develop(linear: NDArray[np.float32], gain: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return a picture, uint8 and blue first, of linear colours; `gain` is one factor a colour."""
    bright = linear * np.asarray(gain, np.float32)
    bright = np.minimum(bright / (1 + 0.18 * bright), 1)
    picture = np.sqrt(bright) * 0.62 + bright**0.25 * 0.38
    return np.asarray(np.clip(picture, 0, 1)[..., ::-1] * 255, np.uint8)


def _rotation(yaw: float, pitch: float, roll: float) -> NDArray[np.float64]:
    """Return the rotation by three angles, radians: first pitch, then yaw, then roll."""
    about_y, about_x, about_z = np.eye(3), np.eye(3), np.eye(3)
    about_y[::2, ::2], about_x[1:, 1:], about_z[:2, :2] = _turn(yaw), _turn(pitch).T, _turn(roll).T
    return np.asarray(about_z @ about_y @ about_x)


def _turn(angle: float) -> NDArray[np.float64]:
    """Return the clockwise rotation of a plane by an angle in radians."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, sine], [-sine, cosine]])
