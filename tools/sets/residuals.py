"""`python -m tools.sets.residuals FILMS [--clips DIR]`: record the noise of the real models.

What is left of the lift signal after the scripted truth was taken out of it, on the films of
`tools.sets.rendered` in FILMS and on the rendered clips whose truth is known frame by frame,
written to tools/sets/residuals.npz. The truth is taken out by the parabola that fits the recording
best, for the models answer less and less to the last part of a lift, and that is no noise.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.camera import VideoFileCamera
from device.files import whole_file
from device.sample import LiftSample
from tools.clips import clips_folder, recorded, vision
from tools.environment import argument_parser, in_one_line
from tools.sets.rendered import FPS, SETS, plan, watched
from tools.sets.script import CHANNELS, RESIDUALS, UNIT

SECONDS = 24.0
"""How much of each recording is kept, seconds."""
CLIPS = ("ict0_good", "ict0_staircase")
"""Rendered clips with the truth of every frame in a CSV beside them."""


def residual(
    samples: Sequence[LiftSample], truth: Sequence[float], fps: float = FPS
) -> NDArray[np.float64]:
    """Return what is left of each channel without `truth`, at FPS: (frames, 4)."""
    seen = [(sample, share) for sample, share in zip(samples, truth, strict=True) if sample.face]
    shares = np.array([share for _, share in seen])
    terms = np.stack([np.ones_like(shares), shares, shares * shares], axis=1)
    frames = np.arange(len(seen))
    wanted = np.arange(0.0, min(len(seen) - 1, SECONDS * fps), fps / FPS)
    columns = []
    for name in CHANNELS:
        values = np.array([getattr(sample, name) for sample, _ in seen])
        fit, *_ = np.linalg.lstsq(terms, values, rcond=None)
        columns.append(np.interp(wanted, frames, values - terms @ fit))
    return np.stack(columns, axis=1)


def from_film(number: int, films: Path) -> NDArray[np.float64]:
    """Return the residual of a rendered set.

    Stretches in which the subject did anything else than lift are left out.
    """
    which = plan(number)
    busy = [(aside.start - 0.5, aside.start + aside.seconds + 0.5) for aside in which.asides]
    samples = [
        sample
        for sample in watched(which, films)
        if not any(begin < sample.time < end for begin, end in busy)
    ]
    states = [which.script.at(sample.time) for sample in samples]
    return residual(samples, [(state.lift_left + state.lift_right) / 2 for state in states])


def from_clip(clip: Path) -> NDArray[np.float64]:
    """Return the residual of a rendered clip with its truth in a CSV beside it."""
    with clip.with_suffix(".csv").open(encoding="utf-8", newline="") as lines:
        truth = [(float(row["lift_L"]) + float(row["lift_R"])) / 2 for row in csv.DictReader(lines)]
    camera = VideoFileCamera(clip)
    samples = list(recorded(vision(camera)))
    return residual(samples, truth[: len(samples)], camera.fps)


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argument_parser("tools.sets.residuals", __doc__)
    parser.add_argument("films", metavar="FILMS", type=Path)
    parser.add_argument("--clips", metavar="DIR", type=Path, help="default: LIFTLIGHT_CLIPS")
    options = parser.parse_args(arguments)
    rendered_clips = clips_folder(options.clips) / "synthetic"
    recordings = [from_clip(rendered_clips / f"{name}.mp4") for name in CLIPS]
    recordings += [from_film(number, options.films) for number in range(SETS)]
    shortest = min(len(one) for one in recordings)
    stored = np.stack([one[:shortest] for one in recordings]) / UNIT
    with whole_file(RESIDUALS) as partial, partial.open("wb") as file:
        np.savez_compressed(
            file, residuals=np.clip(stored, -32767, 32767).astype(np.int16), step_s=1.0 / FPS
        )
    for name, deviation in zip(CHANNELS, stored.std(axis=(0, 1)) * UNIT, strict=True):
        print(f"{name}: deviation {deviation:.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
