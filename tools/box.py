"""`python -m tools.box`: the box as a template in its true size, for cardboard or plywood of 3 mm.

It writes `firmware_config/box.svg`, every plate beside the others, for a laser cutter or a look,
and `firmware_config/box.pdf`, a plate a page, for a printer. Each has a ruler of 100 mm, and the
one on paper is measured before the command ends well.

The box is as large as the one that `tools.stand` draws. A hole in it is there for each part of the
panel that the pin settings know. Lengths are mm: in a plate, x to the right and y downward from
the upper left corner of its outer face.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from device.panel import Pins
from tools import stand
from tools.browser import open_page
from tools.environment import ROOT, ToolError, argument_parser, in_one_line
from tools.wiring import PARTS

SVG = ROOT / "firmware_config" / "box.svg"
PDF = ROOT / "firmware_config" / "box.pdf"

WIDTH, DEPTH, HEIGHT = (10.0 * side for side in stand.BOX)
"""The outside of the box: across, from the front to the back, and upward."""
THICK = 3.0
"""Of the cardboard or plywood."""
EDGE = 2.0
"""At least so much is left between two holes, and between a hole and the edge of its plate."""

LED, SOUND, BUTTON = 5.0, 8.0, 30.0
"""Holes for a 5 mm LED, for the buzzer's sound, and for a large push button."""
SCREW, CAMERA_SCREW, VENT = 2.7, 2.2, 6.0
"""Holes for M2.5 and M2, and to let warm air out."""

PAPER = (210.0, 297.0)
"""A page of A4."""
RULER = 100.0
_DOTS = 10
"""So many dots for each mm when the paper is measured."""
_OFF_MM = 0.3
"""A ruler on paper may be so much off, which is the width of a pencil's line."""
_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Hole:
    """A round hole, or one with corners if it has a `height`: its middle, its size, its name.

    `name` is the pin setting of a part of the panel, or says what else the hole is for.
    """

    name: str
    x: float
    y: float
    width: float
    height: float = 0.0

    @property
    def reach(self) -> tuple[float, float, float, float]:
        """Its left, top, right and bottom."""
        high = self.height or self.width
        left, top = self.x - self.width / 2, self.y - high / 2
        return left, top, left + self.width, top + high


@dataclass(frozen=True, slots=True)
class Outline:
    """What stands on a plate: only drawn, never cut. Its left, top, width, height and its name."""

    name: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Plate:
    """One piece to cut out, seen from outside the box."""

    name: str
    width: float
    height: float
    holes: tuple[Hole, ...] = ()
    outlines: tuple[Outline, ...] = ()
    note: str = ""
    words_at: float = 8.0
    """How far from its upper edge its name is written."""


@dataclass(frozen=True, slots=True)
class Board:
    """A Raspberry Pi from above, its header to the front: how large, and the holes' distances.

    The screws are `INSET` from the header's edge and from the end with the card, which is on the
    right.
    """

    name: str
    width: float
    height: float
    across: float
    down: float


INSET = 3.5
BOARDS = (Board("Raspberry Pi 4", 85, 56, 58, 49), Board("Zero 2 W", 65, 30, 58, 23))
"""From their maker's drawings. They share the two screws beside the header."""
CORNER = (THICK + 3 + 85, 96.0)
"""The boards' corner between the header and the card's end, on the bottom from above. The long one
then ends 3 mm from the left wall, with its USB sockets at the opening there."""
BREADBOARD = Outline("breadboard", 95, 99, 82, 55)

_LAMPS = ("hold_1", "hold_2", "hold_3", "hold_4", "hold_5", "ready", "rest")
"""From left to right, as the guide draws them."""
_LAMP_LEFT, _LAMP_PITCH, _LAMPS_AT = 26.0, 20.0, 44.0
_INSIDE = 2 * THICK


def panel_holes(pins: Pins) -> dict[str, Hole]:
    """Return the hole of each part that is fitted, by its pin setting.

    The button is on the top, all others in the front.
    """
    places = {
        **{
            name: (_LAMP_LEFT + _LAMP_PITCH * number + (8 if number > 4 else 0), _LAMPS_AT, LED)
            for number, name in enumerate(_LAMPS)
        },
        "camera": (WIDTH / 2, 18.0, LED),
        "buzzer": (WIDTH / 2, 92.0, SOUND),
        "button": (WIDTH / 2, 62.0, BUTTON),
        "illuminator": (WIDTH / 2 + 30, 18.0, LED),
    }
    return {name: Hole(name, *places[name]) for name in pins.fitted()}


def board_holes() -> list[Hole]:
    """Return the screws of both boards in the bottom; those that they share, once."""
    right, header = CORNER[0] - INSET, CORNER[1] - INSET
    screws = [Hole("both boards", right - x, header, SCREW) for x in (0.0, BOARDS[0].across)]
    for board in BOARDS:
        screws += [
            Hole(board.name, right - x, header - board.down, SCREW) for x in (0.0, board.across)
        ]
    return screws


def board_outlines() -> list[Outline]:
    """Return where the boards lie on the bottom."""
    return [
        Outline(
            board.name, CORNER[0] - board.width, CORNER[1] - board.height, board.width, board.height
        )
        for board in BOARDS
    ]


def plates(pins: Pins | None = None) -> list[Plate]:
    """Return the plates for these pin settings, the defaults if none are given."""
    panel = panel_holes(pins or Pins())
    button = panel.pop("button")
    wall, side = HEIGHT - _INSIDE, DEPTH - _INSIDE
    usb_middle = CORNER[1] - BOARDS[0].height / 2 - THICK
    vents = [
        Hole("air", x, y, VENT)
        for y in (26.0, 38.0)
        for x in np.linspace(30.0, WIDTH - 30.0, 9).tolist()
    ]
    eyes = [
        *(Hole("camera module", 20 + x, y, CAMERA_SCREW) for x in (-10.5, 10.5) for y in (8, 20.5)),
        Hole("its cable", 20, 31, 18, 3),
    ]
    return [
        Plate(
            "bottom",
            WIDTH,
            DEPTH,
            tuple(board_holes()),
            (*board_outlines(), BREADBOARD),
            "from above; the front is below; the boards' headers look to the front",
        ),
        Plate(
            "top",
            WIDTH,
            DEPTH,
            (button, Hole("camera's cable", WIDTH / 2, DEPTH - 34, 18, 3)),
            (Outline("camera's foot", WIDTH / 2 - 20, DEPTH - 26, 40, 20),),
            "the front is below; do not glue it: two strips of tape hold it",
        ),
        Plate("front", WIDTH, wall, tuple(panel.values()), note="towards the person"),
        Plate(
            "back",
            WIDTH,
            wall,
            (*vents, Hole("supply's cable", WIDTH - 40, wall - 12, 18, 12)),
            note="the holes for air stay open",
        ),
        Plate(
            "left",
            side,
            wall,
            (Hole("USB", usb_middle, wall - 18, 60, 24),),
            note="the back is on the left; a stick goes in here",
        ),
        Plate("right", side, wall),
        Plate("camera's holder", 40, 40, tuple(eyes), note="stands on its foot", words_at=13.5),
        Plate("camera's foot", 40, 20, note="glued on the top"),
    ]


def faults(plate: Plate) -> list[str]:
    """Return what is wrong with a plate: holes that overlap or leave it; empty if it can be cut."""
    found = []
    for hole in plate.holes:
        left, top, right, bottom = hole.reach
        if min(left, top, plate.width - right, plate.height - bottom) < EDGE:
            found.append(f"{plate.name}: {hole.name} is too near its edge")
    for one, other in itertools.combinations(plate.holes, 2):
        if apart(one, other) < EDGE:
            found.append(f"{plate.name}: {one.name} and {other.name} are too near to each other")
    return found


def apart(one: Hole, other: Hole) -> float:
    """Return how much is left between two holes, mm; below zero if they overlap."""
    if not (one.height or other.height):
        return math.dist((one.x, one.y), (other.x, other.y)) - (one.width + other.width) / 2
    (left, top, right, bottom), (its_left, its_top, its_right, its_bottom) = one.reach, other.reach
    return max(its_left - right, left - its_right, its_top - bottom, top - its_bottom)


# Drawing


def draw_plate(plate: Plate) -> Iterator[str]:
    """Yield a plate with its corner at the origin: cuts in red, what is only drawn in grey."""
    cut = 'fill="none" stroke="#d00000" stroke-width="0.2"'
    yield f'<rect width="{plate.width:g}" height="{plate.height:g}" {cut}/>'
    for one in plate.outlines:
        yield (
            f'<rect x="{one.x:g}" y="{one.y:g}" width="{one.width:g}" height="{one.height:g}" '
            'fill="none" stroke="#888888" stroke-width="0.2" stroke-dasharray="2 1"/>'
        )
        yield _words(one.x + 2, one.y + 12, one.name, 3)
    named = set()
    for hole in plate.holes:
        left, top, _, bottom = hole.reach
        if hole.height:
            yield (
                f'<rect x="{left:g}" y="{top:g}" width="{hole.width:g}" '
                f'height="{hole.height:g}" {cut}/>'
            )
        else:
            yield f'<circle cx="{hole.x:g}" cy="{hole.y:g}" r="{hole.width / 2:g}" {cut}/>'
            yield (
                f'<path d="M{hole.x - 1:g} {hole.y:g}h2m-1 -1v2" stroke="#888888" '
                'stroke-width="0.15"/>'
            )
        if hole.width > SCREW and hole.name not in named:
            part = PARTS.get(hole.name)
            yield _words(hole.x, bottom + 4.5, part.label if part else hole.name, 3, "middle")
        named.add(hole.name)
    yield _words(4, plate.words_at, plate.name, 3.5)
    if plate.note:
        yield _words(4, plate.words_at + 5, plate.note, 3)


def draw_ruler(x: float, y: float) -> Iterator[str]:
    """Yield a ruler of `RULER` mm that begins at x, with a mark each 10 mm."""
    yield f'<rect x="{x:g}" y="{y:g}" width="{RULER:g}" height="1" fill="#000000"/>'
    for step in range(11):
        yield (
            f'<path d="M{x + RULER / 10 * step:g} {y + 1:g}v3" stroke="#000000" '
            'stroke-width="0.2"/>'
        )
    yield _words(x, y + 8, f"This is {RULER:.0f} mm. If it is not, print again at 100 %.", 3)


def draw() -> str:
    """Return all plates as SVG."""
    gap, wide = 12.0, 2 * WIDTH + 3 * 12.0
    x, y, row = gap, 28.0, 0.0
    lines = []
    for plate in plates():
        if x + plate.width > wide:
            x, y, row = gap, y + row + gap, 0.0
        lines += [f'<g transform="translate({x:g} {y:g})">', *draw_plate(plate), "</g>"]
        x, row = x + plate.width + gap, max(row, plate.height)
    high = y + row + gap
    title = f"LiftLight: the box, {WIDTH:g} x {DEPTH:g} x {HEIGHT:g} mm, of {THICK:g} mm"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:g} {high:g}" '
            f'width="{wide:g}mm" height="{high:g}mm" '
            'font-family="DejaVu Sans, Verdana, sans-serif">',
            f"<title>{title}</title>",
            f'<rect width="{wide:g}" height="{high:g}" fill="#ffffff"/>',
            _words(gap, 14, f"{title}. Red: cut. Grey: only to look at.", 5),
            *draw_ruler(wide - RULER - gap, 10),
            *lines,
            "</svg>",
            "",
        ]
    )


def title_of_paper() -> str:
    """Return the title of the PDF, which tells which drawing it was printed from."""
    return f"LiftLight box {hashlib.sha256(draw().encode()).hexdigest()[:16]}"


def page() -> str:
    """Return the plates as an HTML page to print: one on each sheet, the small ones together."""
    width, height = PAPER
    large = [plate for plate in plates() if plate.width > 40]
    small = [plate for plate in plates() if plate.width <= 40]
    sheets = []
    for plate in large:
        lines = [
            f'<g transform="translate({(width - plate.width) / 2:g} 40)">',
            *draw_plate(plate),
            "</g>",
        ]
        if plate is large[-1]:
            for number, one in enumerate(small):
                lines += [
                    f'<g transform="translate({30 + 60 * number} {60 + plate.height:g})">',
                    *draw_plate(one),
                    "</g>",
                ]
        sheets.append(
            f'<svg viewBox="0 0 {width:g} {height:g}" width="{width:g}mm" height="{height:g}mm">'
            + "".join([*draw_ruler(15, 15), *lines])
            + "</svg>"
        )
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title_of_paper()}</title>"
        f"<style>@page{{size:{width:g}mm {height:g}mm;margin:0}}body{{margin:0;"
        "font-family:'DejaVu Sans',Verdana,sans-serif}svg{display:block;page-break-after:always;"
        "page-break-inside:avoid}svg:last-child{page-break-after:auto}</style>"
        f"{''.join(sheets)}</html>"
    )


def _words(x: float, y: float, words: str, size: float, anchor: str = "start") -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" text-anchor="{anchor}" '
        f'fill="#444444">{escape(words)}</text>'
    )


# Paper


def print_to(paper: Path) -> None:
    """Print the plates to a PDF; raises ToolError without Chromium."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "box.html"
        source.write_text(page(), encoding="utf-8")
        open_page(source, "--no-pdf-header-footer", f"--print-to-pdf={paper}")


def sheets_of(paper: Path) -> list[NDArray[np.uint8]]:
    """Return the pages of a PDF as grey pictures with `_DOTS` dots for each mm.

    Raises ToolError without `pdftoppm`, or if it cannot read the file.
    """
    program = shutil.which("pdftoppm")
    if program is None:
        raise ToolError("no pdftoppm here to measure the paper with: apt-get install poppler-utils")
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "-gray", "-r", f"{_DOTS * 25.4:g}", str(paper), f"{folder}/sheet"]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_WITHIN_S)
        except subprocess.SubprocessError as error:
            raise ToolError(f"{paper}: pdftoppm cannot read it; print it again") from error
        return [
            np.asarray(cv2.imread(str(file), cv2.IMREAD_GRAYSCALE), np.uint8)
            for file in sorted(Path(folder).iterdir())
        ]


def measured_rulers(sheets: Sequence[NDArray[np.uint8]]) -> list[float]:
    """Return how long the ruler on each page is, mm: the longest black line near its top."""
    lengths = []
    for sheet in sheets:
        black = sheet[12 * _DOTS : 20 * _DOTS] < 100
        lengths.append(max(_longest_run(row) for row in black) / _DOTS)
    return lengths


def _longest_run(dots: NDArray[np.bool_]) -> int:
    return max((len(run) for run in re.findall(b"\1+", dots.astype(np.uint8).tobytes())), default=0)


@in_one_line
def main() -> int:
    """Write both, and measure the paper; return the exit code."""
    argument_parser("tools.box", __doc__).parse_args()
    wrong = [fault for plate in plates() for fault in faults(plate)]
    if wrong:
        raise ToolError(f"the box cannot be cut: {'; '.join(wrong)}")
    SVG.write_text(draw(), encoding="utf-8")
    print(SVG)
    print_to(PDF)
    rulers = measured_rulers(sheets_of(PDF))
    if not rulers or any(abs(length - RULER) > _OFF_MM for length in rulers):
        raise ToolError(f"{PDF}: its rulers are {rulers} mm long, not {RULER:g}: print it again")
    print(f"{PDF}: {len(rulers)} pages, and {RULER:g} mm are {np.mean(rulers):.1f} mm")
    return 0


if __name__ == "__main__":
    sys.exit(main())
