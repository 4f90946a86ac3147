"""The strokes of the wiring picture: SVG elements, coordinates in pixels."""

from __future__ import annotations

from html import escape

INK, FAINT, WIRE = "#222222", "#8a8a8a", "#444444"


def text(
    x: float, y: float, words: str, size: int, *, anchor: str = "start", colour: str = INK
) -> str:
    """Words that begin, end or have their middle (`anchor`) at `x`."""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}" '
        f'fill="{colour}">{escape(words)}</text>'
    )


def wire(x1: float, y1: float, x2: float, y2: float, colour: str = WIRE) -> str:
    """A straight wire."""
    return (
        f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{colour}" '
        'stroke-width="2"/>'
    )


def dot(x: float, y: float) -> str:
    """Where wires are joined."""
    return f'<circle cx="{x:g}" cy="{y:g}" r="3.5" fill="{INK}"/>'


def resistor(x: float, y: float, value: str, width: int = 52) -> list[str]:
    """A resistor around `x`, over the wire at `y`."""
    return [
        f'<rect x="{x - width / 2:g}" y="{y - 9:g}" width="{width}" height="18" fill="#f3ead8" '
        f'stroke="{WIRE}"/>',
        text(x, y + 4, value, 11, anchor="middle"),
    ]


def lamp(x: float, y: float, fill: str, plus_at: float) -> list[str]:
    """An LED around `x`, its long leg on the side of `plus_at`."""
    return [
        text(plus_at, y - 5, "+", 12, anchor="middle"),
        f'<circle cx="{x:g}" cy="{y:g}" r="10" fill="{fill}" stroke="{WIRE}" stroke-width="1.5"/>',
    ]


def mark(x: float, y: float, letter: str) -> list[str]:
    """The end of a wire that goes on elsewhere in the picture, at the same letter."""
    return [
        f'<circle cx="{x:g}" cy="{y:g}" r="10" fill="#ffffff" stroke="{WIRE}" stroke-width="1.5"/>',
        text(x, y + 4, letter, 12, anchor="middle"),
    ]
