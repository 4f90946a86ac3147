"""`python -m tools.breadboard [--settings FILE --out FILE]`: the panel on a breadboard.

It writes a picture, `firmware_config/breadboard.svg`, and a list of the wires, in that folder's
README, from the same pin settings and parts as the picture of the wiring. With `--settings` and
`--out` it draws your own pins.

Every part has a column to itself, in the order in which the wires leave the header, so that none
crosses another. The illuminator is not on it: its current is for soldered wires. Coordinates are in
pixels.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

from device.panel import Pins, pins
from tools.documents import bring_up_to_date, head, row
from tools.environment import ROOT, in_one_line
from tools.wiring import (
    CLOCK,
    FAINT,
    FIXED,
    LAST_NOTE,
    PARTS,
    WIRE,
    Part,
    dot,
    text,
    wire,
    write_picture,
)

OUT = ROOT / "firmware_config" / "breadboard.svg"
README = ROOT / "firmware_config" / "README.md"

COLUMNS = 30
"""A half-size breadboard, the one of 400 holes."""
EVERY = 3
"""So many columns from one part to the next: room for fingers."""
GROUND = 39
"""The position on the header that feeds the rail. It is the last ground, so its wire goes round the
end of the board and crosses none."""

WIDTH, HEIGHT = 1000, 830
LEFT, PITCH, ROW = 110, 26, 22
"""The first column, from one to the next, and from one row of holes to the next."""
TOP = 108
"""The upper edge of the board."""
PLUS, MINUS = TOP + 20, TOP + 42
"""The upper rails."""
ROWS = {
    **{name: TOP + 82 + ROW * n for n, name in enumerate("jihgf")},
    **{name: TOP + 218 + ROW * n for n, name in enumerate("edcba")},
}
"""Where each row of holes is, by its letter on the board."""
LOWER_PLUS, LOWER_MINUS = ROWS["a"] + 40, ROWS["a"] + 62
BOTTOM = LOWER_MINUS + 20

HEADER_LEFT, HEADER_PITCH = 110, 39
EVEN, ODD = 628, 660
"""The header's two rows, seen with the header on the far edge of the board."""
EXIT = 598
"""Where the wires have left the header."""

HOLE, BOARD, PLUS_LINE, MINUS_LINE = "#b9b4a6", "#faf7ef", "#c0392b", "#2d5fa8"
HOUSING, GROUND_WIRE = "#4a4a4a", "#000000"
COLOURS = ("#b5651d", "#d97700", "#a38a00", "#3d8b40", "#2d6fb5", "#7a4fb0", "#8a8a8a")
"""Wires take these in turn; which is which does not matter."""
NOTES = (
    "One ground wire feeds the blue row along the upper edge. A resistor bridges the gap in the"
    " middle; the button needs none, only a wire.",
    "LEDs: the long leg (+) in the column, the short one in the blue row. Button and buzzer have no"
    " wrong way round.",
    "An illuminator is not on it: it is soldered, as in the picture of the wiring.",
)


@dataclass(frozen=True, slots=True)
class Place:
    """A part on the board: its pin, that pin's position on the header, and its column."""

    part: Part
    gpio: int
    position: int
    column: int

    @property
    def x(self) -> float:
        """Where its column is."""
        return column_at(self.column)


def places(wires: Pins) -> list[Place]:
    """Return the parts in the order of their columns."""
    used = {pins.PHYSICAL[pin]: name for name, pin in wires.fitted().items()}
    order = sorted((one for one in used if used[one] != "illuminator"), key=leaves_at)
    return [
        Place(PARTS[used[position]], wires.fitted()[used[position]], position, 2 + EVERY * number)
        for number, position in enumerate(order)
    ]


def column_at(column: int) -> float:
    """Return where a column of the board is."""
    return LEFT + PITCH * (column - 1)


def pin_at(position: int) -> tuple[float, float]:
    """Return where a position of the header is."""
    return HEADER_LEFT + HEADER_PITCH * ((position - 1) // 2), ODD if position % 2 else EVEN


def leaves_at(position: int) -> float:
    """Return where a wire leaves the header: from the row behind, between two pins of the other."""
    x, y = pin_at(position)
    return x + HEADER_PITCH / 2 if y == ODD else x


def course(place: Place) -> list[tuple[float, float]]:
    """Return the corners of the wire from the header to a part's column."""
    return [*_out_of_the_header(place.position), (place.x, ROWS["a"])]


def ground_course() -> list[tuple[float, float]]:
    """Return the corners of the wire from the header to the rail."""
    end = column_at(COLUMNS)
    return [*_out_of_the_header(GROUND), (end + 70, EXIT - 30), (end + 70, MINUS), (end, MINUS)]


def _out_of_the_header(position: int) -> list[tuple[float, float]]:
    x, y = pin_at(position)
    out = leaves_at(position)
    between = [] if out == x else [(out, (EVEN + ODD) / 2)]
    return [(x, y), *between, (out, EXIT)]


def wires_in_words(wires: Pins) -> str:
    """Return every wire as a table in Markdown, to tick off."""
    rows = [(str(GROUND), FIXED[GROUND], "the upper blue row, at its end", "", "")]
    for place in places(wires):
        through = "".join(place.part.resistors) or "a wire"
        rows.append(
            (
                str(place.position),
                f"GPIO {place.gpio}",
                f"column {place.column}, row a",
                f"{through}, from d to g",
                f"{place.part.label}: {place.part.kind}, from i to the blue row",
            )
        )
    titles = ("from position", "which is", "to", "across the gap, in that column", "then, there")
    return "\n".join([*head(titles), *(row(cells) for cells in rows)])


def draw(wires: Pins) -> str:
    """Return the picture as SVG."""
    fitted = places(wires)
    title = "LiftLight: the panel on a breadboard"
    words = (
        "The Raspberry Pi lies with the header on its far edge and the SD card's end on the left."
    )
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" font-family="DejaVu Sans, Verdana, sans-serif">',
        f"<title>{title}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        text(WIDTH / 2, 32, title, 20, anchor="middle"),
        text(WIDTH / 2, 54, words, 13, anchor="middle", colour=FAINT),
        *_board(),
        *_header(),
        _line(ground_course(), GROUND_WIRE),
        dot(column_at(COLUMNS), MINUS),
    ]
    for number, place in enumerate(fitted):
        lines += [_line(course(place), COLOURS[number % len(COLOURS)]), *_column(place)]
    lines += [*_pins({GROUND, *CLOCK, *(place.position for place in fitted)}), *_clock()]
    lines.append(text(column_at(COLUMNS) + 62, EXIT - 50, "ground", 12, anchor="end"))
    for number, note in enumerate((*NOTES, LAST_NOTE)):
        lines.append(text(40, HEIGHT - 80 + 22 * number, note, 12))
    return "\n".join([*lines, "</svg>", ""])


def _line(corners: list[tuple[float, float]], colour: str) -> str:
    points = " ".join(f"{x:g},{y:g}" for x, y in corners)
    return (
        f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="3" '
        'stroke-linecap="round" stroke-linejoin="round"/>'
    )


def _board() -> Iterator[str]:
    left, right = column_at(1) - 44, column_at(COLUMNS) + 44
    yield (
        f'<rect x="{left:g}" y="{TOP}" width="{right - left:g}" height="{BOTTOM - TOP}" rx="8" '
        f'fill="{BOARD}" stroke="{WIRE}"/>'
    )
    middle = (ROWS["f"] + ROWS["e"]) / 2
    yield (
        f'<rect x="{left:g}" y="{middle - 8:g}" width="{right - left:g}" height="16" '
        'fill="#e8e3d5"/>'
    )
    for y, sign, colour in (
        (PLUS, "+", PLUS_LINE), (MINUS, "\N{MINUS SIGN}", MINUS_LINE),
        (LOWER_PLUS, "+", PLUS_LINE), (LOWER_MINUS, "\N{MINUS SIGN}", MINUS_LINE),
    ):  # fmt: skip
        yield wire(column_at(1), y + 9, column_at(COLUMNS), y + 9, colour)
        for x in (left + 22, right - 22):
            yield text(x, y + 5, sign, 15, anchor="middle", colour=colour)
        yield from _holes(y)
    for name, y in ROWS.items():
        for x in (left + 22, right - 22):
            yield text(x, y + 4, name, 11, anchor="middle", colour=FAINT)
        yield from _holes(y)
    for column in (1, *range(5, COLUMNS + 1, 5)):
        for y in (ROWS["j"] - 12, ROWS["a"] + 20):
            yield text(column_at(column), y, str(column), 10, anchor="middle", colour=FAINT)


def _holes(y: float) -> Iterator[str]:
    for column in range(1, COLUMNS + 1):
        yield f'<circle cx="{column_at(column):g}" cy="{y:g}" r="2.6" fill="{HOLE}"/>'


def _header() -> Iterator[str]:
    (left, top), (right, bottom) = pin_at(2), pin_at(39)
    yield (
        f'<rect x="{left - 18:g}" y="{top - 16:g}" width="{right - left + 36:g}" '
        f'height="{bottom - top + 32:g}" rx="6" fill="{HOUSING}"/>'
    )


def _pins(busy: set[int]) -> Iterator[str]:
    for position in range(1, 41):
        x, y = pin_at(position)
        fill, ink = ("#d9a520", "#000000") if position in busy else ("#8a8a8a", "#ffffff")
        yield (
            f'<rect x="{x - 10:g}" y="{y - 10:g}" width="20" height="20" fill="{fill}"/>'
            if position == 1
            else f'<circle cx="{x:g}" cy="{y:g}" r="10" fill="{fill}"/>'
        )
        yield text(x, y + 4, str(position), 11, anchor="middle", colour=ink)


def _clock() -> Iterator[str]:
    (left, top), (right, _) = pin_at(1), pin_at(9)
    yield (
        f'<rect x="{left - 18:g}" y="{top + 13:g}" width="{right - left + 36:g}" height="56" '
        f'rx="5" fill="#e7eefb" stroke="{WIRE}"/>'
    )
    for position, name in CLOCK.items():
        yield text(pin_at(position)[0], top + 28, name, 10, anchor="middle")
    middle = (left + right) / 2
    yield text(middle, top + 45, "DS3231 clock, pushed on", 11, anchor="middle")
    yield text(middle, top + 61, f"positions {min(CLOCK)} to {max(CLOCK)}", 11, anchor="middle")


def _column(place: Place) -> Iterator[str]:
    x, part = place.x, place.part
    yield text(x, TOP - 24, part.label, 13, anchor="middle")
    yield text(x, TOP - 8, f"pin {place.position}", 11, anchor="middle", colour=FAINT)
    yield dot(x, ROWS["a"])
    yield wire(x, ROWS["d"], x, ROWS["g"])
    yield dot(x, ROWS["d"])
    yield dot(x, ROWS["g"])
    for value in part.resistors:
        middle = (ROWS["f"] + ROWS["e"]) / 2
        yield (
            f'<rect x="{x - 9:g}" y="{middle - 28:g}" width="18" height="56" rx="3" '
            f'fill="#f3ead8" stroke="{WIRE}"/>'
        )
        yield text(x + 14, middle + 4, value, 11)
    yield wire(x, ROWS["i"], x, MINUS)
    yield dot(x, ROWS["i"])
    yield dot(x, MINUS)
    middle = (ROWS["i"] + MINUS) / 2
    if part.fill:
        yield (
            f'<circle cx="{x:g}" cy="{middle:g}" r="11" fill="{part.fill}" stroke="{WIRE}" '
            'stroke-width="1.5"/>'
        )
        yield text(x + 10, ROWS["i"] + 2, "+", 13)
    elif part.resistors:
        yield f'<circle cx="{x:g}" cy="{middle:g}" r="14" fill="#333333"/>'
        yield f'<circle cx="{x:g}" cy="{middle:g}" r="3" fill="#ffffff"/>'
    else:
        yield (
            f'<rect x="{x - 13:g}" y="{middle - 13:g}" width="26" height="26" rx="3" '
            f'fill="#ffffff" stroke="{WIRE}" stroke-width="1.5"/>'
        )
        yield f'<circle cx="{x:g}" cy="{middle:g}" r="8" fill="#999999"/>'


DOCUMENT = {"breadboard": lambda: f"\n{wires_in_words(Pins())}\n"}


@in_one_line
def main() -> int:
    """Run the command; return its exit code."""
    written = write_picture("tools.breadboard", __doc__, OUT, draw)
    return bring_up_to_date(README, DOCUMENT) if written == OUT else 0


if __name__ == "__main__":
    sys.exit(main())
