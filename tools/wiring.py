"""Draw how the panel is wired, from the pin settings the device itself uses.

    python -m tools.wiring                            # firmware_config/wiring.svg, default pins
    python -m tools.wiring --settings settings.toml --out mine.svg

Every wire leaves the header straight to its own side, so none crosses another.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from html import escape
from pathlib import Path

from device.panel.pins import PHYSICAL, Pins
from device.settings import load
from tools.environment import in_one_line

OUT = Path(__file__).resolve().parent.parent / "firmware_config" / "wiring.svg"

FIXED = {
    1: "3.3 V", 17: "3.3 V", 2: "5 V", 4: "5 V",
    6: "ground", 9: "ground", 14: "ground", 20: "ground",
    25: "ground", 30: "ground", 34: "ground", 39: "ground",
}  # fmt: skip
"""Positions on the header that are not GPIO."""

GROUND = (25, 20)
"""Which ground the left and the right rail end in."""

CLOCK = {1: "VCC", 3: "SDA", 5: "SCL", 9: "GND"}
"""Where a DS3231 module sits: position on the header and the module's name for it."""

INK, FAINT, WIRE = "#222222", "#8a8a8a", "#444444"
WHITE_LED, GREEN_LED, AMBER_LED = "#ffe2ae", "#4caf50", "#ffb300"

WIDTH, PITCH, TOP, MIDDLE = 1000, 28, 96, 500
HEIGHT = TOP + 20 * PITCH + 150


@dataclass(frozen=True, slots=True)
class Part:
    """Something that hangs between a pin and ground. `fill` is a lamp's colour, else none."""

    label: str
    kind: str
    resistor: str = ""
    fill: str = ""


PARTS = {
    "button": Part("button", "closes to ground"),
    "buzzer": Part("buzzer", "passive piezo", "220 Ω"),
    "camera": Part("camera", "warm white LED", "330 Ω", WHITE_LED),
    "ready": Part("ready", "green LED", "1 kΩ", GREEN_LED),
    "rest": Part("rest", "amber LED", "1 kΩ", AMBER_LED),
    **{f"hold_{n}": Part(f"hold {n}", "warm white LED", "330 Ω", WHITE_LED) for n in range(1, 6)},
    "illuminator": Part("illuminator", "transistor", "220 Ω"),
}
"""What hangs on each pin setting."""

NOTES = (
    "LEDs: the long leg (+) towards the resistor. The resistors let about 1 mA through: dim, for a"
    " dark bedroom.",
    "No pin gives more than 15 mA and all together less than 30: a pin may give 16, all together"
    " 50.",
    "The camera has a flat cable of its own. The clock keeps the date while the plug is out.",
    "Unplug the Raspberry Pi before touching any of this.",
)

ILLUMINATOR = (
    "The illuminator's current never comes from a pin: 5 V, its resistor, the lamp, the transistor,"
    " ground; 10 kΩ from gate to ground."
)
"""Said only where there is one."""


def draw(pins: Pins) -> str:
    """Return the picture as SVG."""
    settings = pins.fitted()
    missing = settings.keys() - PARTS.keys()
    assert not missing, f"the picture and the pin settings disagree about {missing}"
    notes = [*NOTES[:-1], ILLUMINATOR, NOTES[-1]] if pins.illuminator is not None else NOTES
    height = HEIGHT + 24 * (len(notes) - len(NOTES))
    used = {PHYSICAL[pin]: (name, pin) for name, pin in settings.items()}
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" font-family="DejaVu Sans, Verdana, sans-serif">',
        "<title>LiftLight: wiring of the panel</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(MIDDLE, 36, "LiftLight: wiring of the panel", 20, anchor="middle"),
        _text(
            MIDDLE,
            60,
            "The 40-pin header from above. Pin 1 has the square solder pad; it is at the end "
            "near the SD card.",
            13,
            anchor="middle",
            colour=FAINT,
        ),
        f'<rect x="{MIDDLE - 30}" y="{TOP - 8}" width="60" height="{20 * PITCH + 8}" rx="6" '
        'fill="#2b2b2b"/>',
    ]
    for side in (-1, 1):
        rows = [_row(position) for position in used if _side(position) == side]
        lines += _rail(side, rows)
    for position in range(1, 41):
        lines += _pin(position, used)
    for position, (name, _) in used.items():
        lines += _part(position, PARTS[name])
    lines += _clock()
    for n, note in enumerate(notes):
        lines.append(_text(60, TOP + 20 * PITCH + 50 + 24 * n, note, 13))
    return "\n".join([*lines, "</svg>", ""])


def _side(position: int) -> int:
    return 1 if position % 2 == 0 else -1


def _row(position: int) -> int:
    return TOP + (position - 1) // 2 * PITCH + PITCH // 2


def _x(side: int, distance: float) -> float:
    return MIDDLE + side * distance


def _text(
    x: float, y: float, text: str, size: int, *, anchor: str = "start", colour: str = INK
) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}" '
        f'fill="{colour}">{escape(text)}</text>'
    )


def _beside(side: int) -> str:
    return "start" if side > 0 else "end"


def _wire(x1: float, y1: float, x2: float, y2: float, colour: str = WIRE) -> str:
    return (
        f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{colour}" '
        'stroke-width="2"/>'
    )


def _dot(x: float, y: float) -> str:
    return f'<circle cx="{x:g}" cy="{y:g}" r="3.5" fill="{INK}"/>'


def _rail(side: int, rows: list[int]) -> list[str]:
    ground = GROUND[0 if side < 0 else 1]
    ends = [*rows, _row(ground)]
    x = _x(side, 275)
    return [
        _wire(x, min(ends), x, max(ends), INK),
        _wire(_x(side, 88), _row(ground), x, _row(ground), INK),
        _dot(x, _row(ground)),
    ]


def _pin(position: int, used: dict[int, tuple[str, int]]) -> list[str]:
    side, y = _side(position), _row(position)
    x = _x(side, 14)
    busy = position in used or position in GROUND or position in CLOCK
    gpio = {number: pin for pin, number in PHYSICAL.items()}
    name = FIXED.get(position) or f"GPIO {gpio[position]}"
    return [
        f'<circle cx="{x:g}" cy="{y}" r="10" fill="{"#d9a520" if busy else "#777777"}"/>'
        if position != 1
        else f'<rect x="{x - 10:g}" y="{y - 10}" width="20" height="20" fill="#d9a520"/>',
        _text(
            x, y + 4, str(position), 11, anchor="middle", colour="#000000" if busy else "#ffffff"
        ),
        _text(
            _x(side, 36), y + 4, name, 12, anchor=_beside(side), colour=INK if busy else "#b5b5b5"
        ),
    ]


def _part(position: int, part: Part) -> list[str]:
    side, y = _side(position), _row(position)
    at = _x(side, 228)
    lines = [_wire(_x(side, 88), y, _x(side, 275), y), _dot(_x(side, 275), y)]
    if part.resistor:
        lines += [
            f'<rect x="{_x(side, 148) - 26:g}" y="{y - 9}" width="52" height="18" fill="#f3ead8" '
            f'stroke="{WIRE}"/>',
            _text(_x(side, 148), y + 4, part.resistor, 11, anchor="middle"),
        ]
    if part.fill:
        lines += [
            _text(_x(side, 206), y - 5, "+", 12, anchor="middle"),
            f'<circle cx="{at:g}" cy="{y}" r="10" fill="{part.fill}" stroke="{WIRE}" '
            'stroke-width="1.5"/>',
        ]
    elif part.label == "button":
        lines += [
            f'<rect x="{at - 14:g}" y="{y - 12}" width="28" height="20" fill="#ffffff"/>',
            _wire(at - 14, y, at + 12, y - 9),
            _dot(at - 14, y),
            _dot(at + 14, y),
        ]
    elif part.label == "illuminator":
        lines += [
            f'<rect x="{at - 12:g}" y="{y - 12}" width="24" height="24" fill="#ffffff" '
            f'stroke="{WIRE}" stroke-width="1.5"/>',
            _text(at, y + 5, "T", 14, anchor="middle"),
        ]
    else:
        lines += [
            f'<circle cx="{at:g}" cy="{y}" r="12" fill="#333333"/>',
            f'<circle cx="{at:g}" cy="{y}" r="3" fill="#ffffff"/>',
        ]
    lines += [
        _text(_x(side, 288), y + 4, f"{part.label}: {part.kind}", 13, anchor=_beside(side)),
    ]
    return lines


def _clock() -> list[str]:
    left, right = _x(-1, 310), _x(-1, 150)
    top, bottom = _row(1) - 12, _row(9) + 10
    lines = [
        f'<rect x="{left:g}" y="{top}" width="{right - left:g}" height="{bottom - top}" rx="6" '
        f'fill="#e7eefb" stroke="{WIRE}"/>',
        _text(left + 12, (top + bottom) / 2 - 4, "real-time clock", 13),
        _text(left + 12, (top + bottom) / 2 + 14, "DS3231 module", 12, colour=FAINT),
    ]
    for position, name in CLOCK.items():
        y = _row(position)
        lines += [
            _wire(_x(-1, 88), y, right, y),
            _text(right - 8, y + 4, name, 11, anchor="end"),
        ]
    return lines


@in_one_line
def main() -> int:
    """Write the picture; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.wiring", description=__doc__)
    parser.add_argument("--settings", type=Path, help="settings.toml with pins of your own")
    parser.add_argument("--out", type=Path, default=OUT, help="where to write the SVG")
    options = parser.parse_args()
    try:
        pins = load(options.settings).pins if options.settings else Pins()
        options.out.write_text(draw(pins), encoding="utf-8")
    except OSError as error:
        print(f"{options.out}: cannot be written ({error.strerror}).", file=sys.stderr)
        return 1
    print(options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
