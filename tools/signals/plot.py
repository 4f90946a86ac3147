"""A recording as a picture of curves: the truth, S, the cheeks and what was fused of them."""

from __future__ import annotations

import math

import numpy as np

from tools.signals.figures import LIFT
from tools.signals.record import SIGNALS, Recording, Signal

WIDTH, HEIGHT, LEFT, RIGHT, TOP = 960, 300, 40, 945, 34
SIGNALS_BOTTOM, BELIEF_BOTTOM = 230, 284
LOWEST, HIGHEST = -0.6, 1.8
INK, DIM, PAPER = "#3b3a36", "#8a867c", "#faf8f3"
COLOURS = {"truth": "#c9c2b2", "S": "#3b6ea5", "cheek": "#b97a1c", "fused": "#2f7d4f"}


def draw(film: Recording) -> str:
    """Return the picture as SVG; the signals in lifts of the population, 0 at their own rest."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="system-ui, sans-serif" font-size="13">',
        f"<title>{film.name}: truth, S, cheek and fused signal</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>',
        _text(LEFT, 20, film.name, INK),
    ]
    for number, name in enumerate(("truth", *SIGNALS)):
        if name != "truth" or film.truth:
            parts.append(_text(LEFT + 320 + 110 * number, 20, name, COLOURS[name]))
    for level in (0.0, 0.5, 1.0, 1.5):
        y = _y(level)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{RIGHT}" stroke="{DIM}" stroke-width="0.4"/>')
        parts.append(_text(6, y + 4, f"{level:g}", DIM))
    last = float(film.times[-1])
    parts += [
        _text(_x(second, last), HEIGHT - 2, f"{second} s", DIM)
        for second in range(0, int(last) + 1, 5)
    ]
    if film.truth:
        rise = film.truth["rise_mm"]
        parts.append(_curve(film.times, rise / max(1e-6, float(np.max(rise))), "truth", 4.0))
    for name in SIGNALS:
        signal = film.signals[name]
        start = signal[np.isfinite(signal)][:15]
        rest = float(np.median(start)) if start.size else 0.0
        parts.append(_curve(film.times, (signal - rest) / LIFT, name, 1.4))
    parts.append(_text(6, BELIEF_BOTTOM - 18, "belief", DIM))
    belief = np.nan_to_num(film.belief)
    points = " ".join(
        f"{_x(float(time), last):.1f},{BELIEF_BOTTOM - 36 * value:.1f}"
        for time, value in zip(film.times, belief.tolist(), strict=True)
    )
    parts.append(f'<polyline points="{points}" fill="none" stroke="{DIM}"/>')
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def _curve(times: Signal, signal: Signal, name: str, width: float) -> str:
    last = float(times[-1])
    steps, pen = [], "M"
    for time, value in zip(times.tolist(), signal.tolist(), strict=True):
        if math.isnan(value):
            pen = "M"
            continue
        steps.append(f"{pen}{_x(time, last):.1f} {_y(min(HIGHEST, max(LOWEST, value))):.1f}")
        pen = "L"
    return (
        f'<path d="{"".join(steps)}" fill="none" stroke="{COLOURS[name]}" '
        f'stroke-width="{width}" stroke-linejoin="round"/>'
    )


def _x(time: float, last: float) -> float:
    return LEFT + time / last * (RIGHT - LEFT)


def _y(level: float) -> float:
    return SIGNALS_BOTTOM - (level - LOWEST) / (HIGHEST - LOWEST) * (SIGNALS_BOTTOM - TOP)


def _text(x: float, y: float, text: str, colour: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}">{text}</text>'
