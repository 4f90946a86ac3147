"""`python -m tools.stand`: where the camera stands, drawn from the figures in `device/stand.py`.

It writes `firmware_config/stand.svg`, and the arm's parts and the places in that folder's README.

Three places are drawn to one scale, from the side and from above: lying on the back, lying on a
side, sitting up. Everything has its place in three dimensions, and both drawings are projections of
that, so they cannot disagree. Lengths are cm: x across the bed to the table, y along it to the
feet, z up from the floor. Pixels are those of a drawing.
"""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

from device import stand
from device.language import N_
from tools.documents import bring_up_to_date, head, row
from tools.environment import ROOT, argument_parser
from tools.wiring import FAINT, INK, text

OUT = ROOT / "firmware_config" / "stand.svg"
README = ROOT / "firmware_config" / "README.md"

X, Y, Z = range(3)

MATTRESS, TABLE = 48.0, 50.0
"""How high the mattress and the bedside table are."""
BED = 35.0
"""From the middle of the head to the edge of the bed on the table's side."""
HEADBOARD = (-35.0, 103.0)
"""Where along the bed the headboard is, and how high."""
HALF_HEAD, HEAD_DEPTH, HEAD_LENGTH = 8.0, 10.0, 12.0
"""From the middle of a head to its side, to its face, and to its crown."""
CAMERA = 4.0
"""The camera with its holder, which is as wide as high."""

SCALE = 2.6
"""Pixels for each cm."""
WIDTH, HEIGHT, SMALL_HEIGHT = 470, 338, 256
"""One view, pixels; a small one ends above the floor."""
MARGIN, TOP, TITLE, NOTES = 20, 64, 48, 74
"""Around the views, pixels: at the edges, above all, above and below each pair."""

SIGHT, FALL, CORD, CABLE = "#2e7d32", "#a8470e", "#8a5a2b", "#777777"
SKIN, BEDDING, WOOD, LINEN, BLANKET = "#f3ead8", "#e7eefb", "#d9c7a3", "#ffffff", "#cfdcf2"
DARK, LENS = "#3a3a3a", "#8fb3d9"


# Geometry


class Point(NamedTuple):
    """A place or a way in a room, cm."""

    x: float
    y: float
    z: float

    def along(self, way: Point, by: float) -> Point:
        """Return the point `by` cm (or ways) from here in the direction `way`."""
        return Point(*(here + by * step for here, step in zip(self, way, strict=True)))


NOWHERE = Point(0, 0, 0)
BOX = Point(18, 16, 14)
"""How large the box with the panel is."""
HOOK = Point(38, *HEADBOARD)
"""Where the tether is tied: the top of the headboard."""


def bent(start: Point, towards: Point, end: Point, behind: Point, length: float) -> list[Point]:
    """Return the course of something `length` cm long from `start` to `end`.

    It leaves in the direction `towards` and arrives from `behind`: a cubic Bezier curve whose bend
    is found by halving, so that what is drawn is as long as what is bought.
    """
    low, high = 0.0, 2 * length
    course: list[Point] = []
    for _ in range(40):
        bend = (low + high) / 2
        course = _bezier(start, start.along(towards, bend), end.along(behind, bend / 2), end)
        low, high = (bend, high) if length_of(course) < length else (low, bend)
    return course


def _bezier(*controls: Point) -> list[Point]:
    course = []
    for step in range(33):
        t = step / 32
        shares = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
        point = NOWHERE
        for share, control in zip(shares, controls, strict=True):
            point = point.along(control, share)
        course.append(point)
    return course


def length_of(course: Sequence[Point]) -> float:
    """Return how long a course is, cm."""
    return sum(math.dist(one, other) for one, other in itertools.pairwise(course))


@dataclass(frozen=True, slots=True)
class View:
    """A projection: `across` and `down` are the axes to the right and downward; z is drawn upward.

    `corner` is what is at the top left corner of the drawing, on those axes. `title` says where one
    looks from.
    """

    title: str
    across: int
    down: int
    corner: tuple[float, float]

    def __call__(self, point: Point) -> tuple[float, float]:
        """Return where a point is drawn, pixels."""
        x, y = point[self.across] - self.corner[0], point[self.down] - self.corner[1]
        return x * SCALE, (-y if self.from_the_side else y) * SCALE

    @property
    def from_the_side(self) -> bool:
        """Whether heights are seen."""
        return self.down == Z

    def sees_along(self, way: Point) -> bool:
        """Whether one looks along the direction `way`, which then shows as a point."""
        return not (way[self.across] or way[self.down])


@dataclass(frozen=True, slots=True)
class Place:
    """One way to lie or sit, and where the camera is then.

    `middle` is that of the head, `looks` the way the face looks, `crown` the way to the top of the
    head, and `off` the way in which the camera leaves the face's axis, by `degrees`. `floor` is the
    height of what a camera that comes loose would fall on. `views` are those from the side and from
    above; in `true_view` of them the angle has its true size. `things` draws what is around the
    head, `words` writes beside it. `short` is what the guide calls it; `camera_is`, `angle` and
    `falls` say where the camera is, and where it would fall.
    """

    title: str
    short: str
    camera_is: str
    angle: str
    falls: str
    degrees: float
    middle: Point
    looks: Point
    crown: Point
    off: Point
    floor: float
    views: tuple[View, View]
    true_view: int
    things: Callable[[Place, View], list[str]]
    words: Callable[[Place, View], list[str]]

    @property
    def face(self) -> Point:
        """The middle of the face."""
        return self.middle.along(self.looks, HEAD_DEPTH)

    @property
    def to_camera(self) -> Point:
        """The way from the face to the camera."""
        return self.turned(self.degrees)

    @property
    def camera(self) -> Point:
        """Where the camera is."""
        return self.face.along(self.to_camera, stand.DISTANCE_CM)

    @property
    def landing(self) -> Point:
        """Where the camera would land if it came loose."""
        return self.camera._replace(z=self.floor)

    @property
    def radii(self) -> Point:
        """The head's, along x, y and z."""
        return Point(
            *(
                HEAD_DEPTH if looks else HEAD_LENGTH if crown else HALF_HEAD
                for looks, crown in zip(self.looks, self.crown, strict=True)
            )
        )

    def turned(self, degrees: float) -> Point:
        """Return the way that is so far off the face's axis, on the camera's side."""
        angle = math.radians(degrees)
        return NOWHERE.along(self.looks, math.cos(angle)).along(self.off, math.sin(angle))


# Strokes


def block(view: View, low: Point, high: Point, fill: str, radius: float = 0.0) -> str:
    """Return a box between two of its corners."""
    (x1, y1), (x2, y2) = view(low), view(high)
    return (
        f'<rect x="{min(x1, x2):.1f}" y="{min(y1, y2):.1f}" width="{abs(x2 - x1):.1f}" '
        f'height="{abs(y2 - y1):.1f}" rx="{radius:g}" fill="{fill}" stroke="{INK}"/>'
    )


def line(view: View, course: Sequence[Point], colour: str, width: float, dashes: str = "") -> str:
    """Return a line along a course."""
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(view, course))
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width:g}" '
        f'stroke-linecap="round" stroke-linejoin="round"{dashed}/>'
    )


def label(
    view: View,
    point: Point,
    words: str,
    shift: tuple[float, float] = (0, 0),
    anchor: str = "start",
    colour: str = INK,
) -> str:
    """Return words beside a point, `shift` pixels from it."""
    x, y = view(point)
    return text(round(x + shift[0]), round(y + shift[1]), words, 13, anchor=anchor, colour=colour)


def crossed(view: View, point: Point, reach: float, colour: str) -> str:
    """Return a cross of twice `reach` pixels."""
    x, y = view(point)
    return (
        f'<path d="M{x - reach:.1f} {y - reach:.1f} l{2 * reach:g} {2 * reach:g} m{-2 * reach:g} 0 '
        f'l{2 * reach:g} {-2 * reach:g}" stroke="{colour}" stroke-width="2" fill="none"/>'
    )


# What is in every place


def draw_head(place: Place, view: View) -> list[str]:
    """Return a head, with a nose to show which way it looks, or a face if it looks at us."""
    x, y = view(place.middle)
    rx, ry = (place.radii[axis] * SCALE for axis in (view.across, view.down))
    lines = [
        f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{rx:.1f}" ry="{ry:.1f}" fill="{SKIN}" '
        f'stroke="{INK}"/>'
    ]
    if view.sees_along(place.looks):
        for side in (-1, 1):
            eye = place.face.along(place.crown, 2.5)
            x, y = view(eye._replace(x=eye.x + 3.2 * side))
            lines.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.2" fill="{INK}"/>')
        mouth = place.face.along(place.crown, -5)
        smile = [mouth._replace(x=mouth.x + dx) for dx in (-2.6, 0, 2.6)]
        smile[1] = smile[1].along(place.crown, -0.9)
        return [*lines, line(view, smile, INK, 1.5)]
    # As wide as it is long where it is seen along the head, from the crown or from the chin.
    spread = place.crown
    if view.sees_along(spread):
        spread = Point(0, 1, 0) if place.looks.x else Point(1, 0, 0)
    root = place.face.along(place.looks, -0.4)
    corners = (root.along(spread, 2), place.face.along(place.looks, 2.4), root.along(spread, -2))
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(view, corners))
    return [*lines, f'<polygon points="{points}" fill="{SKIN}" stroke="{INK}"/>']


def draw_sight(place: Place, view: View) -> list[str]:
    """Return the line of sight; with the face's axis and the angle where it has its true size."""
    lines = [line(view, (place.face, place.camera), SIGHT, 1.8, "5 5")]
    if view is place.views[place.true_view]:
        ahead = place.face.along(place.looks, stand.DISTANCE_CM)
        arc = [place.face.along(place.turned(place.degrees * step / 16), 22) for step in range(17)]
        lines += [line(view, (place.face, ahead), FAINT, 1.2, "2 4"), line(view, arc, SIGHT, 1.5)]
    return lines


def draw_camera(place: Place, view: View) -> list[str]:
    """Return the camera, turned to the face, and where it would fall."""
    (x, y), (face_x, face_y) = view(place.camera), view(place.face)
    side = CAMERA * SCALE
    angle = math.degrees(math.atan2(face_y - y, face_x - x))
    fall = [line(view, (place.camera, place.landing), FALL, 1.5, "2 4")]
    return [
        *(fall if view.from_the_side else []),
        f'<g transform="translate({x:.1f} {y:.1f}) rotate({angle:.1f})"><rect x="{-side / 2:.1f}" '
        f'y="{-side / 2:.1f}" width="{side:.1f}" height="{side:.1f}" rx="2" fill="{DARK}" '
        f'stroke="{INK}"/><circle cx="{side / 2:.1f}" cy="0" r="3" fill="{LENS}" stroke="{INK}"/>'
        "</g>",
        crossed(view, place.landing, 5, FALL) if view.from_the_side else "",
    ]


def draw_bed(view: View) -> list[str]:
    """Return the floor, and the bed with its headboard."""
    back, top = HEADBOARD
    floor = [line(view, (Point(-200, -200, 0.5), Point(300, 300, 0.5)), FAINT, 2)]
    return [
        *(floor if view.from_the_side else []),
        block(view, Point(-55, back - 4, 0), Point(BED, back, top), WOOD, 2),
        block(view, Point(-55, back, 18), Point(BED, 170, MATTRESS), BEDDING, 6),
    ]


def draw_table(view: View) -> list[str]:
    """Return the bedside table."""
    left, right = BED + 4, BED + 60
    legs = [
        block(view, Point(x, -20, 0), Point(x + 4, 20, TABLE - 3), WOOD)
        for x in (left + 3, right - 7)
    ]
    return [
        *(legs if view.from_the_side else []),
        block(view, Point(left, -26, TABLE - 3), Point(right, 30, TABLE), WOOD),
    ]


def draw_pillow(view: View, high: float) -> str:
    """Return the pillow, of which `high` cm are left under the head."""
    return block(view, Point(-32, -30, MATTRESS), Point(32, 15, MATTRESS + high), LINEN, 8)


def draw_box(view: View, low: Point) -> list[str]:
    """Return the box, and the supply's cable from it to the far side of the table."""
    start = low.along(Point(BOX.x, BOX.y / 2, 3), 1)
    edge, down = Point(BED + 60, start.y, TABLE + 1), Point(BED + 63, start.y, 0)
    course = (start, edge, edge.along(Point(2, 0, -4), 1), down)
    return [line(view, course, CABLE, 2.2), block(view, low, low.along(BOX, 1), DARK, 3)]


# The three places


def measures(
    place: Place, view: View, distance_at: tuple[float, float], angle_at: float = 31
) -> list[str]:
    """Return the distance and the angle, for the view that shows their true sizes.

    The distance is written so many pixels from the middle of the line of sight, the angle so many
    cm from the face.
    """
    middle = place.face.along(place.to_camera, stand.DISTANCE_CM / 2)
    between = place.face.along(place.turned(place.degrees / 2), angle_at)
    return [
        label(view, middle, f"{stand.DISTANCE_CM:.0f} cm", distance_at, "middle", SIGHT),
        label(view, between, f"{place.degrees:.0f}°", (0, 5), "middle", SIGHT),
    ]


FOOT = Point(BED + 6, 0, TABLE)
"""Where the arm is clamped: the edge of the table."""
ARM_BOX = Point(BED + 34, -8, TABLE)
"""The lowest corner of the box that stands behind the arm."""


def arm_of(place: Place) -> list[Point]:
    """Return the course of the arm, from its foot to the camera."""
    return bent(FOOT, Point(0.2, 0, 1), place.camera, place.to_camera, stand.ARM_CM)


def tether_of(place: Place) -> list[Point]:
    """Return the course of the tether, from the camera to the headboard."""
    down = Point(0, 0, -0.5)
    return bent(place.camera, down, HOOK, down, stand.TETHER_CM)


def cable_of(place: Place) -> list[Point]:
    """Return the course of the camera's cable, from the box and along the arm."""
    back = ARM_BOX.along(Point(0, BOX.y / 2, 5), 1)
    on_the_table = stand.CABLE_CM - stand.ARM_CM
    first = bent(back, Point(-0.5, 0.5, 0), FOOT, Point(0.5, 0.5, 0), on_the_table)
    return [*first, *arm_of(place)]


def _on_the_back(place: Place, view: View) -> list[str]:
    return [
        *draw_bed(view),
        block(view, Point(-22, 18, MATTRESS), Point(22, 170, MATTRESS + 20), BLANKET, 14),
        draw_pillow(view, 6),
        *draw_head(place, view),
        *draw_table(view),
        *draw_box(view, ARM_BOX),
        line(view, cable_of(place), CABLE, 6),
        line(view, arm_of(place), DARK, 3.5),
        block(view, Point(BED + 2, -3, TABLE - 7), Point(BED + 9, 3, TABLE + 3), DARK, 2),
        line(view, tether_of(place), CORD, 2.2, "7 3"),
    ]


def _words_on_the_back(place: Place, view: View) -> list[str]:
    if not view.from_the_side:
        right = Point(BED, place.camera.y, 0)
        return [
            label(view, HOOK, f"cord, {stand.TETHER_CM} cm,", (14, 0), colour=CORD),
            label(view, HOOK, "to the headboard", (14, 17), colour=CORD),
            label(view, place.camera, f"{place.camera.x:.0f} cm", (-24, 20), "middle", SIGHT),
            label(view, right, "clamped to the table", (15, 64)),
            label(view, right, "box and button in reach", (15, 100)),
        ]
    above = place.face.along(place.looks, stand.DISTANCE_CM)
    arm = Point(BED + 9, 0, 84)
    return [
        crossed(view, above, 12, FAINT),
        label(view, above, "never here:", (-20, -2), "end"),
        label(view, above, "it would fall", (-20, 15), "end"),
        label(view, above, "on the face", (-20, 32), "end"),
        label(view, place.camera, f"the camera alone, {stand.CAMERA_G} g", (14, -14)),
        label(view, HOOK, "cord", (22, -4), colour=CORD),
        label(view, arm, f"arm, {stand.ARM_CM} cm; along it", (8, 0)),
        label(view, arm, f"the flat cable, {stand.CABLE_CM} cm", (8, 17), colour=CABLE),
        label(view, place.landing, "falls here", (-8, 34), "middle", FALL),
        *measures(place, view, (11, 32), 27),
    ]


def _on_the_side(place: Place, view: View) -> list[str]:
    return [
        *draw_bed(view),
        block(view, Point(-24, 18, MATTRESS), Point(6, 170, MATTRESS + 34), BLANKET, 14),
        draw_pillow(view, 9),
        *draw_head(place, view),
        *draw_table(view),
        *draw_box(view, place.camera.along(Point(-2, -8, -2 - BOX.z), 1)),
    ]


def _words_on_the_side(place: Place, view: View) -> list[str]:
    table = Point(BED + 32, 30, TABLE)
    if not view.from_the_side:
        return [
            *measures(place, view, (-32, 15)),
            label(view, Point(BED + 4, 30, 0), "the supply's cable leaves", (0, 24), colour=CABLE),
            label(view, Point(BED + 4, 30, 0), "on the far side", (0, 41), colour=CABLE),
        ]
    return [
        label(view, place.camera, "the camera on the box,", (-4, -40)),
        label(view, place.camera, "as high as the face", (-4, -23)),
        label(view, table, "falls on the table", (0, 32), "middle", FALL),
    ]


def _sitting(place: Place, view: View) -> list[str]:
    box = place.camera.along(Point(-BOX.x / 2, -2, -2 - BOX.z), 1)
    top = place.floor
    leg = block(view, Point(36, 72, 0), Point(40, 76, top - 3), WOOD)
    back = HEADBOARD[0]
    body = [
        block(view, Point(-26, back, MATTRESS), Point(26, back + 14, MATTRESS + 52), LINEN, 12),
        block(
            view, Point(-22, back + 12, MATTRESS), Point(22, back + 34, MATTRESS + 54), BLANKET, 16
        ),
        block(view, Point(-20, back + 14, MATTRESS), Point(20, 170, MATTRESS + 16), BLANKET, 12),
    ]
    return [
        *draw_bed(view),
        *body,
        *draw_head(place, view),
        *([leg] if view.from_the_side else []),
        block(view, Point(-42, place.camera.y - 8, top - 3), Point(42, 78, top), WOOD),
        block(view, box, box.along(BOX, 1), DARK, 3),
    ]


def _words_sitting(place: Place, view: View) -> list[str]:
    if not view.from_the_side:
        return [
            label(view, Point(-42, place.camera.y, 0), "a table across the bed", (-30, 14), "end")
        ]
    box = place.camera.along(BOX, 1)
    return [
        *measures(place, view, (-12, 24)),
        label(view, place.camera, "the camera on the box,", (12, -32)),
        label(view, place.camera, "a little below the eyes", (12, -15)),
        label(view, box._replace(z=place.floor), "falls on the table", (30, -10), "start", FALL),
    ]


FROM_THE_FOOT = View("from the foot of the bed", X, Z, (-64, 130))
FROM_ABOVE = View("from above", X, Y, (-64, -45))
FROM_BESIDE = View("from the side", Y, Z, (-52, 130))
FROM_ABOVE_SITTING = View("from above", Y, X, (-52, -63))

_LESS, _MORE = (f"{degrees:.0f}" for degrees in stand.OFF_AXIS_DEG)
_REACH = f"lifts are counted up to {stand.REACH_DEG:.0f}°"

_BESIDE = stand.DISTANCE_CM * math.sin(math.radians(stand.ON_THE_BACK_DEG)) - HALF_HEAD
"""From the cheek to where the camera would fall, lying on the back."""

PLACES = (
    Place(
        title="Lying on the back",
        short=N_("on your back"),
        camera_is="alone on an arm, towards the table",
        angle=f"{_LESS}° to {_MORE}° to the side, never straight above it; {_REACH}",
        falls=f"on the pillow, {_BESIDE:.0f} cm beside the cheek; if the clamp slips, the cord "
        "keeps the arm's end off the face",
        degrees=stand.ON_THE_BACK_DEG,
        middle=Point(0, 0, MATTRESS + 6 + HEAD_DEPTH),
        looks=Point(0, 0, 1),
        crown=Point(0, -1, 0),
        off=Point(1, 0, 0),
        floor=MATTRESS + 6,
        views=(FROM_THE_FOOT, FROM_ABOVE),
        true_view=0,
        things=_on_the_back,
        words=_words_on_the_back,
    ),
    Place(
        title="Lying on a side, or on the back with the head turned",
        short=N_("on your side"),
        camera_is="on the box, on the bedside table",
        angle=f"in front of it, or a little to the side; {_REACH}",
        falls="on the table",
        degrees=stand.ON_THE_SIDE_DEG,
        middle=Point(0, 0, MATTRESS + 9 + HALF_HEAD),
        looks=Point(1, 0, 0),
        crown=Point(0, -1, 0),
        off=Point(0, 1, 0),
        floor=TABLE,
        views=(FROM_THE_FOOT, FROM_ABOVE),
        true_view=1,
        things=_on_the_side,
        words=_words_on_the_side,
    ),
    Place(
        title="Sitting up",
        short=N_("sitting up"),
        camera_is="on the box, on a table in front",
        angle=f"in front of it, or a little below; {_REACH}",
        falls="on the table",
        degrees=stand.SITTING_DEG,
        middle=Point(0, -10, MATTRESS + 60),
        looks=Point(0, 1, 0),
        crown=Point(0, 0, 1),
        off=Point(0, 0, -1),
        floor=82,
        views=(FROM_BESIDE, FROM_ABOVE_SITTING),
        true_view=0,
        things=_sitting,
        words=_words_sitting,
    ),
)


def picture(place: Place, view: View, *, words: bool) -> list[str]:
    """Return what one view shows of a place, with words beside it or without."""
    return [
        *place.things(place, view),
        *draw_sight(place, view),
        *draw_camera(place, view),
        *(place.words(place, view) if words else []),
    ]


def draw() -> str:
    """Return the whole drawing as SVG."""
    width = 2 * WIDTH + 3 * MARGIN
    pair = TITLE + HEIGHT + NOTES
    height = TOP + pair * len(PLACES)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="DejaVu Sans, Verdana, sans-serif">',
        "<title>LiftLight: where the camera stands</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        text(width / 2, 38, "LiftLight: where the camera stands", 20, anchor="middle"),
    ]
    for number, place in enumerate(PLACES):
        top = TOP + number * pair
        lines.append(text(MARGIN, top + 16, f"{place.title}: the camera {place.camera_is}", 16))
        for side, view in enumerate(place.views):
            left = MARGIN + side * (WIDTH + MARGIN)
            lines += [
                text(left, top + 40, view.title, 12, colour=FAINT),
                f'<svg x="{left}" y="{top + TITLE}" width="{WIDTH}" height="{HEIGHT}">',
                f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fdfcf9"/>',
                *picture(place, view, words=True),
                f'<rect width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#dddddd"/>',
                "</svg>",
            ]
        notes = (
            f"{stand.DISTANCE_CM:.0f} cm from the face, {place.angle}; "
            f"drawn: {place.degrees:.0f}°.",
            f"What comes loose falls {place.falls}.",
        )
        for index, note in enumerate(notes):
            lines.append(text(MARGIN, top + TITLE + HEIGHT + 22 + 20 * index, note, 13))
    return "\n".join([*(one for one in lines if one), "</svg>", ""])


def small_picture(place: Place, label: str) -> str:
    """Return what is seen of a place from the side, as SVG for a page: few strokes, no words.

    `label` says the same to whoever cannot see it.
    """
    distance = f"{stand.DISTANCE_CM:.0f} cm"
    return "".join(
        [
            f'<svg viewBox="0 0 {WIDTH} {SMALL_HEIGHT}" role="img" aria-label="{escape(label)}">',
            f'<rect width="{WIDTH}" height="{SMALL_HEIGHT}" fill="#ffffff"/>',
            *picture(place, place.views[0], words=False),
            f'<text x="{WIDTH - 10}" y="44" text-anchor="end">{distance}</text>',
            "</svg>",
        ]
    )


def parts_of_the_arm() -> str:
    """Return what to buy for the arm, as a table in Markdown."""
    rows = (
        (
            "arm",
            f"gooseneck or lamp arm with a clamp, {stand.ARM_CM} cm",
            f"carries the camera module alone, {stand.CAMERA_G} g; the box stays on the table",
        ),
        (
            "tether",
            f"cord, {stand.TETHER_CM} cm",
            "ties the arm's camera end to the headboard, or to a hook in the wall beside it: too "
            "short to let that end reach the face",
        ),
        (
            "camera's cable",
            f"flat, {stand.CABLE_CM} cm, the one for your board: a Pi 5 and a Zero have the narrow "
            "connector",
            "along the arm to the box; where the camera sits on the box, the short one that comes "
            "with it",
        ),
    )
    return "\n".join([*head(("part", "which", "why")), *(row(cells) for cells in rows)])


def where_it_stands() -> str:
    """Return the places as a table in Markdown."""
    return "\n".join(
        [
            f"Everywhere the camera is {stand.DISTANCE_CM:.0f} cm from the face.",
            "",
            *head(("you are", "the camera is", "at which angle", "what comes loose falls")),
            *(row((one.title.lower(), one.camera_is, one.angle, one.falls)) for one in PLACES),
        ]
    )


PARTS: dict[str, Callable[[], str]] = {
    "arm": lambda: f"\n{parts_of_the_arm()}\n",
    "places": lambda: f"\n{where_it_stands()}\n",
}


def main() -> int:
    """Draw the stand and write what it needs; return the exit code."""
    argument_parser("tools.stand", __doc__).parse_args()
    OUT.write_text(draw(), encoding="utf-8")
    print(OUT)
    return bring_up_to_date(README, PARTS)


if __name__ == "__main__":
    sys.exit(main())
