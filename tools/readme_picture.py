"""`python -m tools.readme_picture`: the README's picture of a session, tools/session.svg.

It shows what the camera saw, and what the device made of it. The synthetic subject is filmed doing
four lifts (the second let go early, the third with one side only), and the real models and the real
counter watch. Nothing in the picture is drawn by hand.
"""

from __future__ import annotations

import base64
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from device.camera.subject import Script, State, Subject, SubjectCamera, motion
from device.coach import events
from device.coach.counting import RepetitionCounter
from device.desk import replay
from device.sample import LiftSample
from tools.clips import vision
from tools.environment import argument_parser

OUT = Path(__file__).parent / "session.svg"
FPS = 15.0
LENGTH_S = 26.0
LIFTS = (
    motion.Lift(start=2.5, rise=0.7, hold=2.5, fall=0.6),
    motion.Lift(start=8.2, rise=0.7, hold=0.7, fall=0.6),
    motion.Lift(start=12.4, rise=0.7, hold=2.4, fall=0.6, left=1.2, right=0.0),
    motion.Lift(start=18.2, rise=0.7, hold=2.4, fall=0.6),
)
SHOWN_S = (1.2, 4.6, 14.6)
"""The moments whose frames are shown, seconds: at rest, a good hold, a one-sided one."""

WIDTH, HEIGHT = 960, 520
FACE_WIDTH, FACE_HEIGHT, GAP = 296, 222, 12
LEFT, RIGHT, TOP, BOTTOM = 36, 912, 290, 462
HIGHEST, LOWEST = 1.5, -0.25
INK, DIM, GOOD, POOR, PAPER = "#3b3a36", "#8a867c", "#4f8a5b", "#b97a1c", "#faf8f3"


@dataclass
class Film:
    """What a replay showed: the signal, the verdicts, and the frames worth a picture."""

    signal: list[tuple[float, float]] = field(default_factory=list)
    verdicts: list[events.Rep | events.Refused] = field(default_factory=list)
    frames: list[tuple[float, NDArray[np.uint8]]] = field(default_factory=list)


def _script() -> Script:
    rng = np.random.default_rng(1)
    layers = (motion.sway(rng), motion.blinks(rng, duration=LENGTH_S))
    return Script("picture", LENGTH_S, State(), layers, LIFTS)


def shoot(moments: tuple[float, ...]) -> Film:
    """Film the lifts and keep the annotated frames nearest to `moments`, in seconds."""
    film = Film()
    camera = SubjectCamera(_script(), fps=FPS, live=False, subject=Subject())
    source = vision(camera)
    wanted = list(moments)

    def look(sample: LiftSample, counter: RepetitionCounter, known: list[events.LiftEvent]) -> None:
        film.signal.append((sample.time, counter.level))
        film.verdicts += [
            event for event in known if isinstance(event, events.Rep | events.Refused)
        ]
        if wanted and sample.time >= wanted[0] and source.frame and source.landmarks:
            wanted.pop(0)
            picture = source.frame.pixels.copy()
            for x, y, _ in source.landmarks.points:
                at = (round(float(x)), round(float(y)))
                cv2.circle(picture, at, 1, (120, 230, 150), -1, cv2.LINE_AA)
            film.frames.append((sample.time, picture))

    for _ in replay.replay(source, RepetitionCounter.population(), replay.Summary(), observe=look):
        pass
    return film


def draw(film: Film) -> str:
    """Return the picture as SVG: three frames, and below them the signal with its verdicts."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="system-ui, sans-serif" font-size="14">',
        "<title>A session: three frames of the synthetic subject, and its lift signal</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>',
    ]
    x = LEFT
    for number, (time, picture) in enumerate(film.frames):
        parts.append(_photograph(x, picture))
        parts.append(_text(x, FACE_HEIGHT + 42, f"{'abc'[number]}  {time:.1f} s"))
        parts.append(_line(_x(time), TOP, _x(time), BOTTOM, DIM, 'stroke-dasharray="2 4"'))
        parts.append(_text(_x(time) + 4, TOP + 10, "abc"[number], DIM))
        x += FACE_WIDTH
    for level, name in ((0.0, "rest"), (1.0, "lift")):
        parts.append(_line(LEFT, _y(level), RIGHT, _y(level), DIM, 'stroke-width="0.5"'))
        parts.append(_text(RIGHT + 6, _y(level) + 4, name, DIM))
    parts += [_verdict(verdict) for verdict in film.verdicts]
    points = " ".join(
        f"{_x(time):.1f},{_y(level):.1f}" for time, level in film.signal if not math.isnan(level)
    )
    parts.append(f'<polyline points="{points}" fill="none" stroke="{INK}" stroke-width="2"/>')
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def label(verdict: events.Rep | events.Refused) -> str:
    """Return what is written below a lift."""
    if isinstance(verdict, events.Rep):
        return f"rep {verdict.number}: {verdict.hold:.1f} s"
    return verdict.reason.value.replace("_", " ")


def _verdict(verdict: events.Rep | events.Refused) -> str:
    if isinstance(verdict, events.Rep):
        start, end, colour = verdict.apex, verdict.offset, GOOD
    else:
        start, end, colour = verdict.onset, verdict.end, POOR
    box = (
        f'<rect x="{_x(start):.1f}" y="{TOP}" width="{_x(end) - _x(start):.1f}" '
        f'height="{BOTTOM - TOP}" fill="{colour}" fill-opacity="0.18"/>'
    )
    return box + _text((_x(start) + _x(end)) / 2, BOTTOM + 22, label(verdict), colour, "middle")


def _photograph(x: float, picture: NDArray[np.uint8]) -> str:
    small = cv2.resize(picture, (FACE_WIDTH - GAP, FACE_HEIGHT), interpolation=cv2.INTER_AREA)
    quality = [cv2.IMWRITE_JPEG_QUALITY, 82]
    _, packed = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), quality)
    data = base64.b64encode(packed.tobytes()).decode()
    return (
        f'<image x="{x}" y="20" width="{FACE_WIDTH - GAP}" height="{FACE_HEIGHT}" '
        f'href="data:image/jpeg;base64,{data}"/>'
    )


def _x(time: float) -> float:
    return LEFT + time / LENGTH_S * (RIGHT - LEFT)


def _y(level: float) -> float:
    return BOTTOM - (level - LOWEST) / (HIGHEST - LOWEST) * (BOTTOM - TOP)


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, more: str = "") -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" {more}/>'
    )


def _text(x: float, y: float, text: str, colour: str = INK, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}">{text}</text>'


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the picture; return the exit code."""
    argument_parser("tools.readme_picture", __doc__).parse_args(arguments)
    OUT.write_text(draw(shoot(SHOWN_S)), encoding="utf-8")
    print(f"{OUT} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
