"""`python -m tools.build_guide`: the lists in the build guide, `firmware_config/README.md`.

Two shopping lists, for a Zero 2 W and for a Pi 4; what an LED must be; and trouble by what one
sees. What the panel needs comes from the picture of the wiring, lengths from the stand, plates from
the box, and trouble from the tables in `device/doctor/README.md` and from the doctor's checks.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from device import stand
from device.doctor import CHECKS
from device.panel import Pins
from tools import box, breadboard, wiring
from tools.documents import bring_up_to_date, head, row
from tools.environment import ROOT, ToolError, argument_parser, in_one_line

README = ROOT / "firmware_config" / "README.md"
DOCTOR = ROOT / "device" / "doctor" / "README.md"

PRICED = "November 2026"
"""When the prices were estimated. Nobody asked a shop: they are for planning."""


@dataclass(frozen=True, slots=True)
class Item:
    """What to buy: how many, what exactly, what to check; euros for all of them, from and to."""

    thing: str
    number: int
    exactly: str
    check: str
    euros: tuple[float, float]


# What the panel's parts are in a shop: what exactly, what to check, euros for one.
_PANEL = {
    "push button": (
        f"{box.BUTTON:.0f} mm arcade button",
        "springs back when let go; two contacts that close when it is pressed; "
        "a lamp in it stays unconnected; its wires are soldered, or have blade sockets",
        (2.0, 5.0),
    ),
    "passive piezo": (
        "disc or case of 12 to 30 mm, 3 V",
        "says passive, or without oscillator: an active one knows a single tone",
        (0.5, 2.0),
    ),
    wiring.WHITE: ("5 mm, diffuse, warm white", "forward voltage: see below", (0.1, 0.5)),
    "green LED": ("5 mm, diffuse, yellow-green", "forward voltage: see below", (0.1, 0.5)),
    "amber LED": ("5 mm, diffuse, amber or yellow", "forward voltage: see below", (0.1, 0.5)),
}

FORWARD_V = {wiring.WHITE: (2.8, 3.1), "green LED": (1.9, 2.3), "amber LED": (1.8, 2.2)}
"""The forward voltages that an LED may have on 3.3 V, with the resistor in the wiring."""
COMMANDS = ("--panel", "--aim")
"""What a person tries by hand with the doctor, beside its checks."""

SUPPLY_V = 3.3
"""What a GPIO gives."""


def shared(pins: Pins) -> Iterator[Item]:
    """Yield what is bought for either board."""
    yield Item("card", 1, "microSD, 16 GB or more, class A1", "of a good make, sealed", (6, 14))
    yield Item(
        "camera",
        1,
        "Camera Module 3, normal field of view",
        "not Wide; NoIR only with the illuminator",
        (26, 40),
    )
    yield Item(
        "clock",
        1,
        "DS3231 module that is pushed on the header",
        f"its socket has five holes in a row, for positions {min(wiring.CLOCK)} to "
        f"{max(wiring.CLOCK)}: VCC, SDA, SCL, one unused, GND; with its battery; the large "
        "blue board with six pins does not fit",
        (2, 8),
    )
    parts = [wiring.PARTS[name] for name in pins.fitted() if name != "illuminator"]
    for kind, number in Counter(part.kind for part in parts).items():
        exactly, check, (low, high) = _PANEL[kind]
        yield Item(kind, number, exactly, check, (number * low, number * high))
    for value, number in Counter(value for part in parts for value in part.resistors).items():
        yield Item("resistor", number, f"{value}, ¼ W", "", (number * 0.05, number * 0.2))
    wires = len(parts) + 1
    yield Item(
        "breadboard",
        1,
        f"half size, 400 holes, {breadboard.COLUMNS} columns",
        f"at most {box.BREADBOARD.width:.0f} x {box.BREADBOARD.height:.0f} mm",
        (3, 6),
    )
    yield Item(
        "jumper wires", wires, "socket to pin, 20 cm", "from the header to the breadboard", (2, 4)
    )
    yield Item(
        "jumper wires",
        2 * len(parts),
        "socket to pin, 20 cm",
        "from the breadboard to the parts in the box's plates; LED legs fit the sockets",
        (3, 6),
    )
    yield Item(
        "jumper wire", 1, "pin to pin, 5 cm", "for the button, across the breadboard's gap", (0, 2)
    )
    area = sum(plate.width * plate.height for plate in box.plates(pins)) / 1e6
    yield Item(
        "box",
        1,
        f"plywood or cardboard of {box.THICK:.0f} mm, {area:.1f} m²",
        "as thick as that: the plates are made for it",
        (3, 12),
    )
    yield Item(
        "screws",
        4,
        "M2.5 with nuts and 6 mm spacers, for the board",
        "nylon, or brass with a washer of plastic",
        (2, 4),
    )
    yield Item(
        "screws",
        4,
        "M2 with nuts and 5 mm spacers, for the camera",
        "nylon; the module's holes have 2.2 mm",
        (1, 3),
    )
    yield Item(
        "arm and tether",
        1,
        f"gooseneck with a clamp, {stand.ARM_CM} cm; cord, {stand.TETHER_CM} cm",
        "only for lying on the back: see below",
        (10, 25),
    )
    yield Item("USB stick", 1, "any, FAT32 or exFAT", "for setting the time, and the log", (4, 8))


def for_zero() -> list[Item]:
    """Return the list for a Zero 2 W."""
    return [
        Item(
            "board",
            1,
            "Raspberry Pi Zero 2 WH",
            "the H: the 40-pin header is soldered on; without it you solder one",
            (18, 26),
        ),
        Item(
            "supply",
            1,
            "5 V, 2.5 A, micro-USB",
            "the board's maker's own; goes into the socket PWR IN",
            (9, 15),
        ),
        Item(
            "OTG adapter",
            1,
            "micro-USB plug to USB-A socket",
            "says OTG; goes into the socket USB, and the stick into it",
            (2, 6),
        ),
        _camera_cable("22 contacts, 0.5 mm apart, 11.5 mm wide", "sold for Zero and Pi 5"),
        *shared(Pins()),
    ]


def for_pi4() -> list[Item]:
    """Return the list for a Pi 4."""
    return [
        Item("board", 1, "Raspberry Pi 4, 1 or 2 GB", "its header is always soldered on", (40, 60)),
        Item("supply", 1, "5.1 V, 3 A, USB-C", "the board's maker's own", (8, 15)),
        Item("heat sink", 1, "self-adhesive, for a Pi 4", "no fan: a bedroom is quiet", (1, 5)),
        _camera_cable("15 contacts, 1 mm apart, 16 mm wide", "the usual one"),
        *shared(Pins()),
    ]


def _euros(low: float, high: float) -> str:
    return f"{low:.0f} to {high:.0f}" if low >= 1 else f"up to {max(1, high):.0f}"


def _camera_cable(at_the_board: str, sold: str) -> Item:
    return Item(
        "camera's cable",
        1,
        f"flat, {stand.CABLE_CM} cm; at the board {at_the_board}; at the camera 15 contacts, 1 mm",
        f"{sold}; for the camera on the box 20 cm are enough. Find the long one before the arm",
        (3, 12),
    )


def shopping(items: list[Item]) -> str:
    """Return a list as a table in Markdown, with what all of it may cost."""
    low, high = (sum(item.euros[end] for item in items) for end in (0, 1))
    return "\n".join(
        [
            *head(("part", "how many", "exactly", "check when buying", "about €")),
            *(
                row(
                    (
                        item.thing,
                        str(item.number),
                        item.exactly,
                        item.check,
                        _euros(*item.euros),
                    )
                )
                for item in items
            ),
            row(("**all**", "", "", "", f"**{low:.0f} to {high:.0f}**")),
            "",
            f"Prices are estimates of {PRICED} for planning, for the whole row; no shop was asked. "
            "Small parts come in packets.",
        ]
    )


def current_ma(kind: str, forward_v: float) -> float:
    """Return the current through an LED of that kind and its resistor in the wiring, mA."""
    value = next(part.resistors[0] for part in wiring.PARTS.values() if part.kind == kind)
    number, unit = value.split()
    return (SUPPLY_V - forward_v) / (float(number) * {"Ω": 1.0, "kΩ": 1e3}[unit]) * 1e3


def lamps() -> str:
    """Return what each kind of LED must be, as a table in Markdown."""
    rows = []
    for kind, (low, high) in FORWARD_V.items():
        value = next(part.resistors[0] for part in wiring.PARTS.values() if part.kind == kind)
        least, most = current_ma(kind, high), current_ma(kind, low)
        rows.append((kind, f"{low:.1f} to {high:.1f} V", value, f"{least:.1f} to {most:.1f} mA"))
    titles = ("LED", "forward voltage on its packet", "resistor", "current")
    return "\n".join([*head(titles), *(row(cells) for cells in rows)])


def table(first_title: str) -> list[list[str]]:
    """Return the rows of the table in the doctor's README whose first column has that title.

    Raises ToolError if there is none.
    """
    lines = DOCTOR.read_text(encoding="utf-8").splitlines()
    begins = [n for n, line in enumerate(lines) if line.startswith(f"| {first_title} |")]
    if len(begins) != 1:
        raise ToolError(f"{DOCTOR}: has no table of `{first_title}`: put it back")
    rows = []
    for line in lines[begins[0] + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("| ").split(" | ")])
    return rows


def check_named(where: str) -> str:
    """Return `where` if it names a check or a command of the doctor; raises ToolError if not."""
    names = [rf"\b{name}\b" for name in CHECKS] + list(COMMANDS)
    if not re.search("|".join(names), where):
        raise ToolError(f"{DOCTOR}: `{where}` names no check: see `liftlight doctor`")
    return where


def symptoms() -> str:
    """Return trouble by what one sees, as tables in Markdown."""
    rows = [
        (symptom, check_named(where))
        for symptom, where in table("symptom, known from other projects")
    ]
    return "\n".join(
        [
            "The panel counts to a number after its fault light:",
            "",
            *head(("number", "fault", "first thing to do")),
            *(row(cells) for cells in table("number")),
            "",
            "Anything else: `sudo liftlight doctor` writes a line for each check, and below a line "
            "that is not `ok` what to do.",
            "",
            *head(("what you see", "the line or the command that tells")),
            *(row(cells) for cells in rows),
        ]
    )


PARTS: Mapping[str, Callable[[], str]] = {
    "zero": lambda: f"\n{shopping(for_zero())}\n",
    "pi4": lambda: f"\n{shopping(for_pi4())}\n",
    "lamps": lambda: f"\n{lamps()}\n",
    "symptoms": lambda: f"\n{symptoms()}\n",
}


@in_one_line
def main() -> int:
    """Write the lists; return the exit code."""
    argument_parser("tools.build_guide", __doc__).parse_args()
    return bring_up_to_date(README, PARTS)


if __name__ == "__main__":
    sys.exit(main())
