"""`python -m tools.signals [CLIPS] [--out DIR]`: what the signals see, as a table and as plots.

CLIPS is the folder of annotated clips (LIFTLIGHT_CLIPS, or ../shared/clips), with the rendered
ones in `synthetic` below it. The table goes into device/vision/CHEEK.md, the plots of rendered
heads beside it. Plots of real people's clips hold only curves, and go to `--out` or nowhere.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tools.clips import clips_folder
from tools.environment import ROOT, in_one_line
from tools.marked import rewrite
from tools.signals import figures
from tools.signals.plot import draw
from tools.signals.record import PARTS, SIGNALS, Recorder, Recording

DOCUMENT = ROOT / "device" / "vision" / "CHEEK.md"
PEOPLE = ("carl", "dilek", "grace")
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


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.signals", description=__doc__)
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
            (options.out / f"{name}.svg").write_text(draw(films[name]), encoding="utf-8")
    return 0


def _films(folder: Path) -> dict[str, Recording]:
    recorder = Recorder()
    rendered = folder / "synthetic"
    films = {}
    for name in dict.fromkeys((*PLOTTED, *RESTLESS, *TIMED, *RESTLESS_REAL, REAL)):
        _say(name)
        home = rendered if name.startswith("ict0") else folder
        films[name] = recorder.clip(home / f"{name}.mp4")
    for person in PEOPLE:
        for fingers in (False, True):
            film = recorder.components(person, fingers)
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
        true = figures.shares(film, film.truth["rise_mm"])
        cells = " | ".join(f"{true[part]:.2f}" for part in PARTS if part != "lift")
        lines.append(f"| {film.name} | true rise | {cells} | | |")
        for name in SIGNALS:
            signal = film.signals[name]
            seen = figures.shares(film, signal)
            cells = " | ".join(f"{seen[part]:.2f}" for part in PARTS if part != "lift")
            noise, along = figures.noise(film, signal), figures.correlation(film, signal)
            lines.append(f"| {film.name} | {name} | {cells} | {noise:.3f} | {along:.3f} |")
    return "\n".join(lines)


def _leak(films: dict[str, Recording], folder: Path) -> str:
    lines = ["| clip | S | fused |", "|---|---|---|"]
    for name in (*RESTLESS, *RESTLESS_REAL):
        home = folder / "synthetic" if name.startswith("ict0") else folder
        film = films[name]
        s, fused = (
            figures.leak(film, film.signals[which], home / f"{name}.json")
            for which in ("S", "fused")
        )
        lines.append(f"| {name} | {s:.2f} | {fused:.2f} |")
    return "\n".join(lines)


def _timing(films: dict[str, Recording]) -> str:
    lines = ["| clip | S rises, falls | fused rises, falls |", "|---|---|---|"]
    for name in TIMED:
        film = films[name]
        if film.truth:
            cells = " | ".join(
                "{:+.3f}, {:+.3f}".format(*figures.lags(film, film.signals[which]))
                for which in ("S", "fused")
            )
            lines.append(f"| {name} | {cells} |")
    return "\n".join(lines)


def _say(name: str) -> None:
    print(name, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
