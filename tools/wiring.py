"""`python -m tools.wiring [--settings FILE --out FILE]`: a picture of how the panel is wired.

It is drawn from the pin settings that the device itself uses: the default ones, which gives
`firmware_config/wiring.svg`, or those in the settings file that `--settings` names.

Every wire leaves the header straight to its own side, so none crosses another. The illuminator has
a circuit of its own, which is drawn below the header. Coordinates are in pixels.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path

from device.errors import CallerError
from device.files import keep_apart, text_file
from device.panel import Pins, pins
from device.settings import load
from tools.documents import console
from tools.environment import ROOT, argument_parser, in_one_line

INK, FAINT, WIRE = "#222222", "#8a8a8a", "#444444"

INFRARED_LED, INFRARED_RESISTOR = "infrared LED (850 nm)", "47 Ω ½ W"
TRANSISTOR, GATE_RESISTOR, PULL_DOWN = "logic-level MOSFET", "220 Ω", "10 kΩ"
ILLUMINATOR_SUPPLY, ILLUMINATOR_GROUND = 4, 6
"""The positions on the header that carry the illuminator's own current."""
ILLUMINATOR_HEIGHT = 190
ILLUMINATOR_NOTES = (
    f"Illuminator: its current, about 75 mA through {INFRARED_RESISTOR}, comes from 5 V and never"
    f" from a GPIO; {PULL_DOWN} keep it",
    "dark while nobody drives the gate. The MOSFET is an N-channel one that is fully on at 3.3 V.",
)
INFRARED = "#d9c7e8"
ILLUMINATOR_MARK = "A"
_CIRCUIT_LEFT, _PULL_DOWN_AT, _TRANSISTOR_AT, _CIRCUIT_RIGHT = 250, 430, 600, 760
OUT = ROOT / "firmware_config" / "wiring.svg"
FIXED = {
    1: "3.3 V", 17: "3.3 V", 2: "5 V", 4: "5 V",
    6: "ground", 9: "ground", 14: "ground", 20: "ground",
    25: "ground", 30: "ground", 34: "ground", 39: "ground",
}  # fmt: skip
"""Positions on the header that are not GPIO."""
GROUND = (25, 20)
"""The positions on the header in which the left and the right ground rail end."""
CLOCK = {1: "VCC", 3: "SDA", 5: "SCL", 9: "GND"}
"""Where a DS3231 module sits: position on the header and the module's name for it."""
WHITE = "warm white LED"
WHITE_LED, GREEN_LED, AMBER_LED = "#ffe2ae", "#4caf50", "#ffb300"
WIDTH, PITCH, TOP, MIDDLE = 1000, 28, 96, 500
NOTES = (
    "LEDs: the long leg (+) towards the resistor. The resistors let about 1 mA through: dim, for a"
    " dark bedroom.",
    "No pin gives more than 15 mA and all together less than 30: a pin may give 16, all together"
    " 50.",
    "The camera has a flat cable of its own. The clock keeps the date while the plug is out.",
)
LAST_NOTE = "Unplug the Raspberry Pi before touching any of this."


# Strokes


def text(
    x: float, y: float, words: str, size: int, *, anchor: str = "start", colour: str = INK
) -> str:
    """Return words; `anchor` says whether they begin, end or have their middle at `x`."""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}" '
        f'fill="{colour}">{escape(words)}</text>'
    )


def wire(x1: float, y1: float, x2: float, y2: float, colour: str = WIRE) -> str:
    """Return a straight wire."""
    return (
        f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{colour}" '
        'stroke-width="2"/>'
    )


def dot(x: float, y: float) -> str:
    """Return the dot where wires are joined."""
    return f'<circle cx="{x:g}" cy="{y:g}" r="3.5" fill="{INK}"/>'


def resistor(x: float, y: float, value: str, width: int = 52) -> list[str]:
    """Return a resistor around `x`, over the wire at `y`."""
    return [
        f'<rect x="{x - width / 2:g}" y="{y - 9:g}" width="{width}" height="18" fill="#f3ead8" '
        f'stroke="{WIRE}"/>',
        text(x, y + 4, value, 11, anchor="middle"),
    ]


def lamp(x: float, y: float, fill: str, plus_at: float) -> list[str]:
    """Return an LED around `x`; its long leg is on the side of `plus_at`."""
    return [
        text(plus_at, y - 5, "+", 12, anchor="middle"),
        f'<circle cx="{x:g}" cy="{y:g}" r="10" fill="{fill}" stroke="{WIRE}" stroke-width="1.5"/>',
    ]


def mark(x: float, y: float, letter: str) -> list[str]:
    """Return the end of a wire that goes on elsewhere in the picture, at the same letter."""
    return [
        f'<circle cx="{x:g}" cy="{y:g}" r="10" fill="#ffffff" stroke="{WIRE}" stroke-width="1.5"/>',
        text(x, y + 4, letter, 12, anchor="middle"),
    ]


# The illuminator


def draw_illuminator(top: int, pin: int, position: int) -> list[str]:
    """Return the circuit on GPIO `pin`, which is at `position`, from `top` downward."""
    supply, gate, pull_down = top + 52, top + 118, top + 158
    return [
        f'<rect x="60" y="{top}" width="880" height="{ILLUMINATOR_HEIGHT - 14}" rx="6" fill="none" '
        f'stroke="{WIRE}"/>',
        *mark(82, top + 20, ILLUMINATOR_MARK),
        text(98, top + 25, "illuminator", 13),
        # The lamp's own current, from left to right.
        text(_CIRCUIT_LEFT - 12, supply + 4, f"5 V (pin {ILLUMINATOR_SUPPLY})", 13, anchor="end"),
        wire(_CIRCUIT_LEFT, supply, _CIRCUIT_RIGHT, supply),
        *resistor(320, supply, INFRARED_RESISTOR, 72),
        *lamp(450, supply, INFRARED, 426),
        text(450, supply - 18, INFRARED_LED, 12, anchor="middle"),
        text(_CIRCUIT_RIGHT + 12, supply + 4, f"ground (pin {ILLUMINATOR_GROUND})", 13),
        dot(_CIRCUIT_RIGHT, supply),
        # What switches it.
        text(_CIRCUIT_LEFT - 12, gate + 4, f"GPIO {pin} (pin {position})", 13, anchor="end"),
        wire(_CIRCUIT_LEFT, gate, _TRANSISTOR_AT, gate),
        wire(_TRANSISTOR_AT, gate, _TRANSISTOR_AT, supply),
        *resistor(320, gate, GATE_RESISTOR),
        # And what keeps it dark.
        dot(_PULL_DOWN_AT, gate),
        wire(_PULL_DOWN_AT, gate, _PULL_DOWN_AT, pull_down),
        wire(_PULL_DOWN_AT, pull_down, _CIRCUIT_RIGHT, pull_down),
        wire(_CIRCUIT_RIGHT, pull_down, _CIRCUIT_RIGHT, supply),
        *resistor(680, pull_down, PULL_DOWN),
        *_transistor(_TRANSISTOR_AT, supply),
    ]


def _transistor(x: int, y: int) -> list[str]:
    return [
        f'<rect x="{x - 32}" y="{y - 22}" width="64" height="48" rx="4" fill="#ffffff" '
        f'stroke="{WIRE}" stroke-width="1.5"/>',
        text(x - 22, y + 5, "D", 13, anchor="middle"),
        text(x + 22, y + 5, "S", 13, anchor="middle"),
        text(x, y + 21, "G", 13, anchor="middle"),
        text(x, y - 30, TRANSISTOR, 12, anchor="middle"),
    ]


# The panel


@dataclass(frozen=True, slots=True)
class Part:
    """A part between a pin and ground. `fill` is a lamp's colour, empty for any other part.

    `apart` lists what is bought with it and drawn in a circuit of its own.
    """

    label: str
    kind: str
    resistors: tuple[str, ...] = ()
    fill: str = ""
    apart: tuple[str, ...] = ()


_HOLD = {f"hold_{n}": Part(f"hold {n}", WHITE, ("330 Ω",), WHITE_LED) for n in range(1, 6)}

PARTS = {
    "button": Part("button", "push button"),
    "buzzer": Part("buzzer", "passive piezo", ("220 Ω",)),
    "camera": Part("camera", WHITE, ("330 Ω",), WHITE_LED),
    **_HOLD,
    "ready": Part("ready", "green LED", ("1 kΩ",), GREEN_LED),
    "rest": Part("rest", "amber LED", ("1 kΩ",), AMBER_LED),
    "illuminator": Part(
        "illuminator",
        TRANSISTOR,
        (GATE_RESISTOR, INFRARED_RESISTOR, PULL_DOWN),
        apart=(INFRARED_LED,),
    ),
}
"""The part that is connected to each pin setting."""


def draw(wires: Pins) -> str:
    """Return the picture as SVG."""
    settings = wires.fitted()
    missing = settings.keys() - PARTS.keys()
    assert not missing, f"the picture and the pin settings disagree about {missing}"
    used = {pins.PHYSICAL[pin]: name for name, pin in settings.items()}
    busy = {*used, *GROUND, *CLOCK}
    notes = list(NOTES)
    below = TOP + 20 * PITCH + 20
    circuit: list[str] = []
    if wires.illuminator is not None:
        circuit = draw_illuminator(below, wires.illuminator, pins.PHYSICAL[wires.illuminator])
        circuit += _marked(ILLUMINATOR_SUPPLY, "illuminator: 5 V")
        circuit += _marked(ILLUMINATOR_GROUND, "illuminator: ground")
        busy |= {ILLUMINATOR_SUPPLY, ILLUMINATOR_GROUND}
        notes += ILLUMINATOR_NOTES
        below += ILLUMINATOR_HEIGHT
    if wires.buzzer != Pins().buzzer:
        notes += [_buzzer_moved(wires.buzzer)]
    notes += [LAST_NOTE]
    height = below + 24 * len(notes) + 34
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" font-family="DejaVu Sans, Verdana, sans-serif">',
        "<title>LiftLight: wiring of the panel</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        text(MIDDLE, 36, "LiftLight: wiring of the panel", 20, anchor="middle"),
        text(
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
        rows = [
            _row(position)
            for position, name in used.items()
            if _side(position) == side and name != "illuminator"
        ]
        lines += _rail(side, rows)
    for position in range(1, 41):
        lines += _pin(position, position in busy)
    for position, name in used.items():
        lines += _part(position, PARTS[name])
    lines += [*_clock(), *circuit]
    for n, note in enumerate(notes):
        lines.append(text(60, below + 30 + 24 * n, note, 13))
    return "\n".join([*lines, "</svg>", ""])


def _side(position: int) -> int:
    return 1 if position % 2 == 0 else -1


def _row(position: int) -> int:
    return TOP + (position - 1) // 2 * PITCH + PITCH // 2


def _x(side: int, distance: float) -> float:
    return MIDDLE + side * distance


def _beside(side: int) -> str:
    return "start" if side > 0 else "end"


def _rail(side: int, rows: list[int]) -> list[str]:
    ground = GROUND[0 if side < 0 else 1]
    ends = [*rows, _row(ground)]
    x = _x(side, 275)
    return [
        wire(x, min(ends), x, max(ends), INK),
        wire(_x(side, 88), _row(ground), x, _row(ground), INK),
        dot(x, _row(ground)),
    ]


def _pin(position: int, busy: bool) -> list[str]:
    side, y = _side(position), _row(position)
    x = _x(side, 14)
    gpio = {number: pin for pin, number in pins.PHYSICAL.items()}
    name = FIXED.get(position) or f"GPIO {gpio[position]}"
    return [
        f'<circle cx="{x:g}" cy="{y}" r="10" fill="{"#d9a520" if busy else "#777777"}"/>'
        if position != 1
        else f'<rect x="{x - 10:g}" y="{y - 10}" width="20" height="20" fill="#d9a520"/>',
        text(x, y + 4, str(position), 11, anchor="middle", colour="#000000" if busy else "#ffffff"),
        text(
            _x(side, 36), y + 4, name, 12, anchor=_beside(side), colour=INK if busy else "#b5b5b5"
        ),
    ]


def _part(position: int, part: Part) -> list[str]:
    if part.apart:
        return _marked(position, f"{part.label}: {part.kind}")
    side, y = _side(position), _row(position)
    at = _x(side, 228)
    lines = [wire(_x(side, 88), y, _x(side, 275), y), dot(_x(side, 275), y)]
    for value in part.resistors:
        lines += resistor(_x(side, 148), y, value)
    if part.fill:
        lines += lamp(at, y, part.fill, _x(side, 206))
    elif part.label == "button":
        lines += [
            f'<rect x="{at - 14:g}" y="{y - 12}" width="28" height="20" fill="#ffffff"/>',
            wire(at - 14, y, at + 12, y - 9),
            dot(at - 14, y),
            dot(at + 14, y),
        ]
    else:
        lines += [
            f'<circle cx="{at:g}" cy="{y}" r="12" fill="#333333"/>',
            f'<circle cx="{at:g}" cy="{y}" r="3" fill="#ffffff"/>',
        ]
    return [*lines, _label(position, f"{part.label}: {part.kind}")]


def _marked(position: int, words: str) -> list[str]:
    side, y = _side(position), _row(position)
    return [
        wire(_x(side, 88), y, _x(side, 244), y),
        *mark(_x(side, 244), y, ILLUMINATOR_MARK),
        _label(position, words),
    ]


def _label(position: int, words: str) -> str:
    side = _side(position)
    return text(_x(side, 288), _row(position) + 4, words, 13, anchor=_beside(side))


def _buzzer_moved(pin: int) -> str:
    line = pins.pwm_overlay(pin)
    return f"The buzzer on GPIO {pin} is mute until {line} is added at the end of config.txt."


def _clock() -> list[str]:
    left, right = _x(-1, 310), _x(-1, 150)
    top, bottom = _row(1) - 12, _row(9) + 10
    lines = [
        f'<rect x="{left:g}" y="{top}" width="{right - left:g}" height="{bottom - top}" rx="6" '
        f'fill="#e7eefb" stroke="{WIRE}"/>',
        text(left + 12, (top + bottom) / 2 - 4, "real-time clock", 13),
        text(left + 12, (top + bottom) / 2 + 14, "DS3231 module", 12, colour=FAINT),
    ]
    for position, name in CLOCK.items():
        y = _row(position)
        lines += [
            wire(_x(-1, 88), y, right, y),
            text(right - 8, y + 4, name, 11, anchor="end"),
        ]
    return lines


def write_picture(tool: str, about: str | None, out: Path, draw: Callable[[Pins], str]) -> Path:
    """Run a tool that draws the pins of the settings; return where it wrote its SVG.

    `about` is its docstring, and `out` where the SVG goes unless the command line says otherwise.
    Raises CallerError if the settings are not there or cannot be read, or if the SVG cannot be
    written.
    """
    parser = argument_parser(tool, about)
    parser.add_argument("--settings", type=Path, help="settings.toml with pins of your own")
    parser.add_argument("--out", type=Path, default=out, help="the SVG goes there; - is stdout")
    options = parser.parse_args()
    written: Path = options.out
    keep_apart([options.settings] if options.settings else [], [written])
    # To the device a file that is not there means the usual settings; here a name is mistyped.
    if options.settings and not options.settings.exists():
        raise CallerError(f"There is no {options.settings}: give the settings.toml with your pins.")
    wires = load(options.settings).pins if options.settings else Pins()
    with text_file(written) as file:
        file.write(draw(wires))
    print(written, file=console(written))
    return written


@in_one_line
def main() -> int:
    """Run the command; return its exit code."""
    write_picture("tools.wiring", __doc__, OUT, draw)
    return 0


if __name__ == "__main__":
    sys.exit(main())
