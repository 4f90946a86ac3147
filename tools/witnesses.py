"""`python -m tools.witnesses [CLIPS]`: the picture of what each witness sees, `witnesses.svg`.

One yawn, one blink in a hold and one lift that is uneven by nature, as the device's vision sees
them in rendered films below CLIPS (LIFTLIGHT_CLIPS, or ../shared/clips), go into device/coach.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from device.coach.counting import measure
from device.sample import POPULATION_LIFT, LiftSample
from tools.clips import clips_folder
from tools.environment import ROOT, ToolError, argument_parser, in_one_line
from tools.negatives import Watched, rests, watch
from tools.plot import Curve, Panel, plot

PICTURE = ROOT / "device" / "coach" / "witnesses.svg"
SIDE = measure.POPULATION_SIDE * POPULATION_LIFT
COLOURS = ("#3b6ea5", "#2f7d4f", "#b5612b", "#8d4f86")

Read = Callable[[LiftSample], float]
SEES: Mapping[str, Read] = {
    "S": lambda one: one.lift / POPULATION_LIFT,
    "network": lambda one: one.seen,
    "jaw": lambda one: one.jaw,
    "S, left": lambda one: one.left / SIDE,
    "S, right": lambda one: one.right / SIDE,
    "network, left": lambda one: one.seen_left,
    "network, right": lambda one: one.seen_right,
    "eyes": lambda one: one.eyes_open,
}
"""What the curves show: lifts of the population, the jaw in eye distances, from rest each."""
AROUND_S = 1.5
"""So much is shown before and after, seconds."""
SHARED = ("eyes",)
"""Of these it is the share of what it is at rest, not the distance from it."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One panel: a film, when what it shows begins there, seconds, and the curves."""

    film: str
    start: float
    title: str
    curves: tuple[str, ...]


SCENES = (
    Scene("people/e1_neg", 99.16, "a yawn (shaded)", ("S", "network", "jaw")),
    Scene("people/e1_lyfing", 3.0, "a blink in a hold (shaded)", ("S", "network", "eyes")),
    Scene(
        "synthetic/ict0_asym",
        2.5,
        "the left side lifts in full, the right 0.4 of it; shaded: held",
        ("S, left", "S, right", "network, left", "network, right"),
    ),
)


def panel(scene: Scene, film: Watched) -> Panel:
    """Return what the witnesses saw of a scene in its film; ToolError if it is not in there."""
    event = next((one for one in film.events if one.start == scene.start), None)
    if event is None:
        raise ToolError(f"{scene.film} shows nothing from {scene.start} s on: name other films")
    begin, end = event.start - AROUND_S, event.end + AROUND_S
    still = [sample for stretch in rests(film) for sample in stretch]
    shown = [sample for sample in film.samples if begin <= sample.time <= end]
    times = np.array([sample.time for sample in shown])
    curves = []
    for name, colour in zip(scene.curves, COLOURS, strict=False):
        rest = float(np.nanmedian([SEES[name](sample) for sample in still]))
        seen = np.array([SEES[name](sample) for sample in shown])
        curves.append(Curve(name, colour, times, seen / rest if name in SHARED else seen - rest))
    return Panel(scene.title, begin, end, [event.hold], curves, tick=1)


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argument_parser("tools.witnesses", __doc__)
    parser.add_argument("folder", metavar="CLIPS", type=Path, nargs="?")
    folder = clips_folder(parser.parse_args(arguments).folder)
    panels = []
    for scene in SCENES:
        clip = folder / f"{scene.film}.mp4"
        if not clip.exists():
            raise ToolError(f"{clip} is missing, and the picture shows it: name another folder")
        panels.append(panel(scene, watch(clip, None)))
    PICTURE.write_text(plot("What S and the other witnesses see", panels), encoding="utf-8")
    print(PICTURE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
