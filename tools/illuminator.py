"""The illuminator in the wiring picture: a circuit of its own, below the header."""

from __future__ import annotations

from tools.strokes import WIRE, dot, lamp, mark, resistor, text, wire

LED, LED_RESISTOR = "infrared LED (850 nm)", "47 Ω ½ W"
TRANSISTOR, GATE_RESISTOR, PULL_DOWN = "logic-level MOSFET", "220 Ω", "10 kΩ"

SUPPLY, GROUND = 4, 6
"""The positions on the header that its own current takes."""

HEIGHT = 190
NOTES = (
    f"Illuminator: its current, about 75 mA through {LED_RESISTOR}, comes from 5 V and never from"
    f" a GPIO; {PULL_DOWN} keep it",
    "dark while nobody drives the gate. The MOSFET is an N-channel one that is fully on at 3.3 V.",
)

INFRARED = "#d9c7e8"
MARK = "A"

_LEFT, _JOINT, _TRANSISTOR, _RIGHT = 250, 430, 600, 760


def draw_illuminator(top: int, pin: int, position: int) -> list[str]:
    """Return the circuit on GPIO `pin`, which is at `position`, from `top` downward."""
    supply, gate, pull_down = top + 52, top + 118, top + 158
    return [
        f'<rect x="60" y="{top}" width="880" height="{HEIGHT - 14}" rx="6" fill="none" '
        f'stroke="{WIRE}"/>',
        *mark(82, top + 20, MARK),
        text(98, top + 25, "illuminator", 13),
        # The lamp's own current, from left to right.
        text(_LEFT - 12, supply + 4, f"5 V (pin {SUPPLY})", 13, anchor="end"),
        wire(_LEFT, supply, _RIGHT, supply),
        *resistor(320, supply, LED_RESISTOR, 72),
        *lamp(450, supply, INFRARED, 426),
        text(450, supply - 18, LED, 12, anchor="middle"),
        text(_RIGHT + 12, supply + 4, f"ground (pin {GROUND})", 13),
        dot(_RIGHT, supply),
        # What switches it.
        text(_LEFT - 12, gate + 4, f"GPIO {pin} (pin {position})", 13, anchor="end"),
        wire(_LEFT, gate, _TRANSISTOR, gate),
        wire(_TRANSISTOR, gate, _TRANSISTOR, supply),
        *resistor(320, gate, GATE_RESISTOR),
        # And what keeps it dark.
        dot(_JOINT, gate),
        wire(_JOINT, gate, _JOINT, pull_down),
        wire(_JOINT, pull_down, _RIGHT, pull_down),
        wire(_RIGHT, pull_down, _RIGHT, supply),
        *resistor(680, pull_down, PULL_DOWN),
        *_transistor(_TRANSISTOR, supply),
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
