"""Plots as SVG: panels one below the other, each with its curves over time and what is shaded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 960, 250, 40, 945, 34, 226
LOWEST, HIGHEST = -0.6, 1.8
LEVELS = (0.0, 0.5, 1.0, 1.5)
INK, DIM, PAPER, HELD = "#3b3a36", "#8a867c", "#faf8f3", "#e4ddcb"
APART = 16
"""Between the names of two curves, pixels."""


@dataclass(frozen=True, eq=False)
class Curve:
    """One curve: `times` are seconds and `levels` what is drawn, (n,) each, NaN where it breaks."""

    name: str
    colour: str
    times: NDArray[np.float64]
    levels: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Panel:
    """Some curves from `begin` to `end`, seconds; `shaded` has stretches between two times."""

    title: str
    begin: float
    end: float
    shaded: Sequence[tuple[float, float]]
    curves: Sequence[Curve]
    tick: int = 5
    """So many seconds lie between two times on the axis."""


def plot(title: str, panels: Sequence[Panel]) -> str:
    """Return a picture as SVG; levels go from LOWEST to HIGHEST, and what is beyond is cut off."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT * len(panels)}" '
        'font-family="system-ui, sans-serif" font-size="13">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT * len(panels)}" fill="{PAPER}"/>',
    ]
    for number, panel in enumerate(panels):
        parts += [f'<g transform="translate(0 {number * HEIGHT})">', *_panel(panel), "</g>"]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(panel: Panel) -> list[str]:
    def x(time: float) -> float:
        return LEFT + (time - panel.begin) / (panel.end - panel.begin) * (RIGHT - LEFT)

    parts = [_words(LEFT, 20, panel.title, INK)]
    for start, end in panel.shaded:
        left, right = (min(RIGHT, max(LEFT, x(time))) for time in (start, end))
        parts.append(
            f'<rect x="{left:.1f}" y="{TOP}" width="{right - left:.1f}" '
            f'height="{BOTTOM - TOP}" fill="{HELD}"/>'
        )
    for level in LEVELS:
        parts.append(
            f'<path d="M{LEFT} {_y(level):.1f}H{RIGHT}" stroke="{DIM}" stroke-width=".4"/>'
        )
        parts.append(_words(LEFT - 6, _y(level) + 4, f"{level:g}", DIM, "end"))
    for second in range(math.ceil(panel.begin), int(panel.end) + 1):
        if second % panel.tick == 0:
            at = x(second)
            parts.append(f'<path d="M{at:.1f} {BOTTOM}v4" stroke="{DIM}"/>')
            parts.append(_words(at, HEIGHT - 6, f"{second} s", DIM, "middle"))
    names = [
        f'<tspan dx="{APART if number else 0}" fill="{curve.colour}">{escape(curve.name)}</tspan>'
        for number, curve in enumerate(panel.curves)
    ]
    # One line, so that each name begins where the one before ends, whatever the reader's font.
    parts.append(f'<text x="{RIGHT}" y="20" text-anchor="end">{"".join(names)}</text>')
    for curve in panel.curves:
        steps, pen = [], "M"
        for time, level in zip(curve.times.tolist(), curve.levels.tolist(), strict=True):
            if math.isnan(level) or not panel.begin <= time <= panel.end:
                pen = "M"
                continue
            steps.append(f"{pen}{x(time):.1f} {_y(min(HIGHEST, max(LOWEST, level))):.1f}")
            pen = "L"
        parts.append(
            f'<path d="{"".join(steps)}" fill="none" stroke="{curve.colour}" '
            'stroke-width="1.4" stroke-linejoin="round"/>'
        )
    return parts


def _y(level: float) -> float:
    return BOTTOM - (level - LOWEST) / (HIGHEST - LOWEST) * (BOTTOM - TOP)


def _words(x: float, y: float, text: str, colour: str, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}">'
        f"{escape(text)}</text>"
    )
