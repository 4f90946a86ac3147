"""`python -m tools.signal_comparison [CLIPS] [--out DIR]`: what each signal sees of a lift.

Compares the signals that vision makes (S, the cheek's and what is fused of them) with the truth of
rendered heads and of our synthetic people, and with annotated rest: shares of a full lift, leak,
noise, lag and correlation.

CLIPS is the folder of annotated clips (LIFTLIGHT_CLIPS, or ../shared/clips), with the rendered
ones in `synthetic` below it. The tables go into device/vision/CHEEK.md, the plots of rendered heads
beside it. Plots of real people's clips hold only curves, and go to `--out` or nowhere.
"""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.camera import Camera, VideoFileCamera
from device.camera.subject import PEOPLE, Script, State, Subject, SubjectCamera, motion
from device.coach.counting import measure
from device.files import text_file
from device.vision import VisionSource
from tools.clips import clips_folder, recorded, vision
from tools.documents import rewrite
from tools.environment import ROOT, argument_parser, in_one_line

Signal = NDArray[np.float64]
SIGNALS = ("S", "cheek", "fused")
PARTS = ("cheek", "smile", "lift", "squint")
FRAMES_PER_SECOND = 12.0
PULSES_FROM_S = 10.5

LIFT = measure.POPULATION_LIFT
"""The lift of the population, in raw units of S; leak and plots are in such lifts."""
WAIT_S = 1.0
BEFORE_S = 0.4
"""Length of the stretch before a pulse that its height is measured against, seconds."""
WIDTH, HEIGHT, LEFT, RIGHT, TOP = 960, 300, 40, 945, 34
SIGNALS_BOTTOM, BELIEF_BOTTOM = 230, 284
LOWEST, HIGHEST = -0.6, 1.8
INK, DIM, PAPER = "#3b3a36", "#8a867c", "#faf8f3"
COLOURS = {"truth": "#c9c2b2", "S": "#3b6ea5", "cheek": "#b97a1c", "fused": "#2f7d4f"}
DOCUMENT = ROOT / "device" / "vision" / "CHEEK.md"
FILMED = ("carl", "dilek", "grace")
RESTLESS = ("ict0_talking", "ict0_head_turn", "ict0_blink_brow")
RESTLESS_REAL = (
    "clm_cap12",
    "clm_cap13",
    "intel_headpose_female",
    "intel_asl_mix",
)
TIMED = ("ict0_good", "ict0_components")
PLOTTED = ("ict0_components", "ict0_reps_headmove")
REAL = "comp_dev_d9_closed10"


# Recordings, with the truth beside


@dataclass(frozen=True)
class Recording:
    """One film. `signals` by name, (n,), NaN where there was nothing; `truth` likewise.

    The truth's parts run from 0 to 1, `rise_mm` is the mean rise of the skin under the fingertips.
    What is before `since`, in seconds, was practice.
    """

    name: str
    times: Signal
    signals: dict[str, Signal]
    belief: Signal
    truth: dict[str, Signal] = field(default_factory=dict)
    since: float = 0.0


def record_clip(path: Path) -> Recording:
    """Return what was seen of a clip; the truth is that of the CSV beside it, if there is one.

    Raises CallerError if it is no video.
    """
    seen = _watch(path.stem, VideoFileCamera(path))
    table = path.with_suffix(".csv")
    if not table.exists():
        return seen
    with table.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))[: len(seen.times)]

    def column(name: str) -> Signal:
        return np.array([float(row.get(name, 0.0)) for row in rows])

    truth = {
        "cheek": column("cheek_only"),
        "smile": column("smile_only"),
        "lift": column("lift_L"),
        "squint": column("squint"),
        "rise_mm": (column("cheek_mm_L") + column("cheek_mm_R")) / 2,
    }
    return replace(seen, truth=truth)


def record_person(person: str, fingers: bool) -> Recording:
    """Return what was seen of a synthetic person doing each part of a lift.

    Two whole lifts come first, as a person practises before a set.
    """
    script, subject = _each_part(fingers), Subject(PEOPLE[person])
    name = f"{person}, fingers" if fingers else person
    camera = SubjectCamera(script, fps=FRAMES_PER_SECOND, live=False, subject=subject)
    seen = _watch(name, camera)
    states = [script.at(float(time)) for time in seen.times]
    truths = [subject.truth(state) for state in states]
    return replace(
        seen,
        since=PULSES_FROM_S,
        truth={
            "cheek": np.array([state.cheek for state in states]),
            "smile": np.array([state.smile for state in states]),
            "lift": np.array([state.lift_left for state in states]),
            "squint": np.array([state.squint for state in states]),
            "rise_mm": np.array([(one.rise_left + one.rise_right) / 2 for one in truths]),
        },
    )


def _watch(name: str, camera: Camera) -> Recording:
    rows = list(_rows(vision(camera)))
    time, s, cheek, fused, belief = np.array(rows, np.float64).T
    return Recording(name, time, {"S": s, "cheek": cheek, "fused": fused}, belief)


def _rows(source: VisionSource) -> Iterator[tuple[float, ...]]:
    for sample in recorded(source):
        yield sample.time, sample.lift, sample.cheek, source.fused, sample.cheek_quality


def _each_part(fingers: bool) -> Script:
    rng = np.random.default_rng(1)
    lifts = tuple(motion.Lift(start, 0.5, 2.0, 0.5) for start in (3.0, 7.0))
    doing: tuple[dict[str, float], ...] = (
        {"cheek": 1.0},
        {"smile": 1.0},
        {"lift_left": 1.0, "lift_right": 1.0},
        {"squint": 1.0},
    )
    starts = [PULSES_FROM_S + 3.6 * number for number in range(len(doing))]
    pulses: list[motion.Layer] = [
        motion.held(start, start + 2.5, 0.5, **doing[number]) for number, start in enumerate(starts)
    ]
    length = starts[-1] + 4.0
    layers = (motion.sway(rng, 0.3), motion.blinks(rng, length), *pulses)
    return Script("components", length, State(fingers=fingers), layers, lifts)


# Figures


def shares(film: Recording, signal: Signal) -> dict[str, float]:
    """Return the median height of each part's pulses as a share of the lift's own."""
    heights = {part: _heights(film, signal, part) for part in PARTS}
    full = _middle(heights["lift"])
    return {part: _middle(found) / full for part, found in heights.items()}


def correlation(film: Recording, signal: Signal) -> float:
    """Return the correlation of the signal with the true rise of the cheeks."""
    known = np.isfinite(signal) & (film.times > WAIT_S)
    return float(np.corrcoef(signal[known], film.truth["rise_mm"][known])[0, 1])


def noise(film: Recording, signal: Signal) -> float:
    """Return the median over all rests of the deviation within one, in the signal's own lifts."""
    spread = [
        float(np.nanstd(signal[rest])) for rest in _stretches(_resting(film)) if len(rest) > 5
    ]
    return _middle(spread) / _middle(_heights(film, signal, "lift"))


def lags(film: Recording, signal: Signal) -> tuple[float, float]:
    """Return how late the signal passes half of its way, seconds: rising, and falling."""
    rising: list[float] = []
    falling: list[float] = []
    held = film.truth["lift"] > 0.5
    for during in _stretches(held):
        low, high = max(0, during[0] - 12), min(len(held) - 1, during[-1] + 12)
        if film.times[during[0]] < WAIT_S + 1 or not np.isfinite(signal[low:high]).all():
            continue
        top = float(np.median(signal[during]))
        half = (float(np.median(signal[low : low + 4])) + top) / 2
        true_half = float(np.median(film.truth["lift"][during])) / 2
        for late, start, step in ((rising, low, 1), (falling, high, -1)):
            seen = _passes(film.times, signal, start, step, half)
            true = _passes(film.times, film.truth["lift"], start, step, true_half)
            late.append(seen - true)
    return _middle(rising), _middle(falling)


def leak(film: Recording, signal: Signal, annotation: Path | None) -> float:
    """Return the 95th percentile of the signal's distance from rest outside annotated lifts.

    Rest is the signal's median; the figure is in lifts of the population.
    """
    quiet = np.isfinite(signal) & (film.times > WAIT_S)
    if annotation is not None:
        for event in json.loads(annotation.read_text(encoding="utf-8"))["events"]:
            if "lift" in event["type"] or "smile" in event["type"]:
                quiet &= (film.times < event["start_s"]) | (film.times > event["end_s"])
    if not quiet.any():
        return math.nan
    off = np.abs(signal[quiet] - np.median(signal[quiet]))
    return float(np.percentile(off, 95)) / LIFT


def _heights(film: Recording, signal: Signal, part: str) -> list[float]:
    heights = []
    doing = (film.truth[part] > 0.95) & (film.times >= film.since)
    for during in _stretches(doing):
        start = film.times[during[0]] - 0.6
        before = (film.times > start - BEFORE_S) & (film.times < start)
        heights.append(float(np.nanmedian(signal[during]) - np.nanmedian(signal[before])))
    return heights


def _resting(film: Recording) -> NDArray[np.bool_]:
    busy = np.max([film.truth[part] for part in PARTS], axis=0)
    return np.asarray((busy < 0.02) & (film.times > WAIT_S + 1))


def _stretches(holds: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    where = np.flatnonzero(holds)
    if where.size == 0:
        return []
    return list(np.split(where, np.flatnonzero(np.diff(where) > 1) + 1))


def _passes(times: Signal, signal: Signal, start: int, step: int, level: float) -> float:
    index = start
    while 0 < index + step < len(signal) - 1 and signal[index] < level:
        index += step
    before, after = signal[index - step], signal[index]
    share = (level - before) / (after - before) if after != before else 1.0
    return float(times[index - step] + share * (times[index] - times[index - step]))


def _middle(values: list[float]) -> float:
    return float(np.nanmedian(values)) if values else math.nan


# Plots


def draw(film: Recording) -> str:
    """Return the picture as SVG; the signals in lifts of the population, 0 at their own rest."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="system-ui, sans-serif" font-size="13">',
        f"<title>{film.name}: truth, S, cheek and fused signal</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>',
        _words(LEFT, 20, film.name, INK),
    ]
    for number, name in enumerate(("truth", *SIGNALS)):
        if name != "truth" or film.truth:
            parts.append(_words(LEFT + 320 + 110 * number, 20, name, COLOURS[name]))
    for level in (0.0, 0.5, 1.0, 1.5):
        y = _y(level)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{RIGHT}" stroke="{DIM}" stroke-width="0.4"/>')
        parts.append(_words(6, y + 4, f"{level:g}", DIM))
    last = float(film.times[-1])
    parts += [
        _words(_x(second, last), HEIGHT - 2, f"{second} s", DIM)
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
    parts.append(_words(6, BELIEF_BOTTOM - 18, "belief", DIM))
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


def _words(x: float, y: float, text: str, colour: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}">{text}</text>'


# The command


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argument_parser("tools.signal_comparison", __doc__)
    parser.add_argument("folder", metavar="CLIPS", type=Path, nargs="?")
    parser.add_argument("--out", metavar="DIR", type=Path, help="plots of real clips go there")
    options = parser.parse_args(arguments)
    folder = clips_folder(options.folder)
    films = _films(folder)
    rewrite(DOCUMENT, "components", _components(films))
    rewrite(DOCUMENT, "leak", _leak(films, folder))
    rewrite(DOCUMENT, "timing", _timing(films))
    for name in PLOTTED:
        plot = DOCUMENT.with_name(f"{name.removeprefix('ict0_')}.svg")
        plot.write_text(draw(films[name]), encoding="utf-8")
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        for name in (*RESTLESS_REAL, REAL):
            with text_file(options.out / f"{name}.svg") as file:
                file.write(draw(films[name]))
    return 0


def _films(folder: Path) -> dict[str, Recording]:
    rendered = folder / "synthetic"
    films = {}
    for name in dict.fromkeys((*PLOTTED, *RESTLESS, *TIMED, *RESTLESS_REAL, REAL)):
        _say(name)
        home = rendered if name.startswith("ict0") else folder
        films[name] = record_clip(home / f"{name}.mp4")
    for person in FILMED:
        for fingers in (False, True):
            film = record_person(person, fingers)
            _say(film.name)
            films[film.name] = film
    return films


def _components(films: dict[str, Recording]) -> str:
    lines = [
        "| head | signal | cheek only | smile only | squint | noise at rest | with the true rise |",
        "|---|---|---|---|---|---|---|",
    ]
    for film in films.values():
        if not film.truth or float(np.max(film.truth["cheek"])) < 0.5:
            continue
        true = shares(film, film.truth["rise_mm"])
        cells = " | ".join(f"{true[part]:.2f}" for part in PARTS if part != "lift")
        lines.append(f"| {film.name} | true rise | {cells} | | |")
        for name in SIGNALS:
            signal = film.signals[name]
            seen = shares(film, signal)
            cells = " | ".join(f"{seen[part]:.2f}" for part in PARTS if part != "lift")
            still, along = noise(film, signal), correlation(film, signal)
            lines.append(f"| {film.name} | {name} | {cells} | {still:.3f} | {along:.3f} |")
    return "\n".join(lines)


def _leak(films: dict[str, Recording], folder: Path) -> str:
    lines = ["| clip | S | fused |", "|---|---|---|"]
    for name in (*RESTLESS, *RESTLESS_REAL):
        home = folder / "synthetic" if name.startswith("ict0") else folder
        film = films[name]
        s, fused = (
            leak(film, film.signals[which], home / f"{name}.json") for which in ("S", "fused")
        )
        lines.append(f"| {name} | {s:.2f} | {fused:.2f} |")
    return "\n".join(lines)


def _timing(films: dict[str, Recording]) -> str:
    lines = ["| clip | S rises, falls | fused rises, falls |", "|---|---|---|"]
    for name in TIMED:
        film = films[name]
        if film.truth:
            cells = " | ".join(
                "{:+.3f}, {:+.3f}".format(*lags(film, film.signals[which]))
                for which in ("S", "fused")
            )
            lines.append(f"| {name} | {cells} |")
    return "\n".join(lines)


def _say(name: str) -> None:
    print(name, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
