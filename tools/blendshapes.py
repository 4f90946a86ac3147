"""`python -m tools.blendshapes [CLIPS] [--write]`: what Google's blendshape network adds to S.

MediaPipe's FaceLandmarker tells from its landmarks how far 52 parts of an expression are done, the
smile of each side among them. Our own landmarks are fed to that network, in every annotated film in
CLIPS (LIFTLIGHT_CLIPS, or ../shared/clips) and in the folders below it. How its smile goes with S,
what it reads of all that is no full lift and of one side alone, and what a look costs, is printed;
`--write` puts that into device/vision/README.md.
"""

from __future__ import annotations

import functools
import math
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.vision import LANDMARKS, LIFT, Landmarks, Model
from tools.build_models.sources import FACE_BLENDSHAPES, float_model
from tools.clips import clips_folder
from tools.documents import head, rewrite, row
from tools.environment import ToolError, argument_parser, in_one_line
from tools.evaluate.annotations import Event
from tools.processes import add_jobs, spread
from tools.signal_comparison import (
    DOCUMENT,
    FEWEST_FRAMES,
    OTHERS,
    WAIT_S,
    Recording,
    Signal,
    compare,
    height,
    leaks,
    own_lifts,
    place,
    record,
    rests,
    span,
)

PART = "blendshapes"
SMILE_LEFT, SMILE_RIGHT = 44, 45
"""The scores of mouthSmileLeft and mouthSmileRight."""
# The points that the network takes, in their order, from MediaPipe's face_blendshapes_graph.cc,
# (c) The MediaPipe Authors, Apache-2.0. Ten points of the irises follow, which our mesh lacks.
_POINTS = np.array([
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66,
    67, 70, 78, 80, 81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144,
    145, 146, 148, 149, 150, 152, 153, 154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173,
    176, 178, 181, 185, 191, 195, 197, 234, 246, 249, 251, 263, 267, 269, 270, 276, 282, 283, 284,
    285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314, 317, 318, 321, 323, 324, 332,
    334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378, 379, 380, 381, 382, 384, 385, 386,
    387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454, 466,
])  # fmt: skip
_EYES = ((33, 133, 159, 145), (362, 263, 386, 374))
"""Of the right and of the left eye: the corner on the person's right, the other, both lids."""
_IRIS = 0.21
"""The radius of an iris, 5.9 mm in nearly all adults, as a share of the eye's length, 28 mm."""
_LEAST = 1e-7
"""Scores are told no finer than this from none and from all."""

READ = ("S", "network", "score", "logit", "S on the curve")
"""What is compared: `score` is that of the smile, the mean of both sides; `logit` is its logit."""
PARTLY = {"half a lift": ("partial_lift",), "a lift of one side": ("one_sided_lift",)}
SIDED = ("S", "network", "score", "logit")
LEAST_S = 10.0
"""A film that shows a face for less long tells nothing about correlation, seconds."""
LOOKS = 200


def smile(points: NDArray[np.float32]) -> tuple[float, float]:
    """Return how far the network sees the left and the right side smile, 0 to 1.

    `points` is (468, 2) or (468, 3), pixels of the frame.
    """
    seen = points[:, :2]
    tensor = np.concatenate((seen[_POINTS], irises(seen)))[np.newaxis]
    (scores,) = _network().run(tensor.astype(np.float32))
    return float(scores[SMILE_LEFT]), float(scores[SMILE_RIGHT])


@functools.cache
def _network() -> Model:
    return float_model(FACE_BLENDSHAPES)


def irises(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return five points of each iris, the right one first: its centre and four around it.

    The eyes are taken to look straight ahead.
    """
    found = []
    for right, left, upper, lower in _EYES:
        centre = points[[right, left, upper, lower]].mean(axis=0)
        across = _IRIS * (points[left] - points[right])
        up = np.array([across[1], -across[0]], np.float32)
        found += [centre, centre + across, centre + up, centre - across, centre - up]
    return np.array(found, np.float32)


def read_smile(face: Landmarks) -> dict[str, float]:
    """Return what is read of a face besides what `record` reads, by name."""
    _, left, right, *_ = face.signals
    found = {"S, left": left, "S, right": right}
    scores = dict(zip(("left", "right"), smile(face.points), strict=True))
    for side, score in scores.items():
        found[f"score, {side}"] = score
        found[f"logit, {side}"] = logit(score)
    for name in ("score", "logit"):
        found[name] = (found[f"{name}, left"] + found[f"{name}, right"]) / 2
    return found


def logit(score: float) -> float:
    """Return the logit of a score, which is what the network had before its last step."""
    bounded = min(1.0 - _LEAST, max(_LEAST, score))
    return math.log(bounded / (1.0 - bounded))


# Tables


def with_curve(films: Sequence[Recording]) -> list[Recording]:
    """Return the films that show a face, with S on the curve of a score as a further signal.

    It is a score as S alone tells it: the logit rises with S by the same slope in all films, the
    median of those with lifts, from what it is at each film's rest.
    """
    films = [film for film in films if np.isfinite(film.signals["S"]).sum() >= FEWEST_FRAMES]
    slopes = [_slope(film) for film in films if compare(film, "S")]
    if not slopes:
        raise ToolError("no film shows lifts enough to compare with: name others")
    slope = float(np.median(slopes))
    for film in films:
        s, at_rest = film.signals["S"], rests(film)
        still = (film.signals["logit"] - slope * s)[at_rest]
        known = still[np.isfinite(still)]
        begins = float(np.median(known)) if known.size else math.nan
        film.signals["S on the curve"] = 1.0 / (1.0 + np.exp(-(begins + slope * s)))
    return films


def by_group(films: Sequence[Recording]) -> str:
    """Return how the smile goes with S in each film, by group of films."""
    lines = head(
        [
            *("films", "times", "logit with S", "score with S", "network with S"),
            *("the logit rises by 0.1 of S", "a full lift's score"),
        ]
    )
    groups = defaultdict(list)
    for film in films:
        if np.ptp(film.times[np.isfinite(film.signals["S"])]) >= LEAST_S:
            groups[film.group].append(film)
    for group in sorted(groups, key=place):
        of = groups[group]
        together = (
            span([_together(film, name) for film in of], 2)
            for name in ("logit", "score", "network")
        )
        slopes = span([_slope(film) / 10 for film in of], 1)
        lifts = [figures.full for film in of if (figures := compare(film, "score"))]
        full = span(lifts, 2) if lifts else ""
        lines.append(row([group, str(len(of)), *together, slopes, full]))
    return "\n".join(lines)


def by_event(films: Sequence[Recording]) -> str:
    """Return what is read while something else than a full lift of both sides is done, by kind."""
    lines = head(["what is done", "times", *READ])
    own = {name: own_lifts(films, name) for name in READ}
    usual = {name: float(np.median([*lifts.values()])) for name, lifts in own.items()}
    for what, kinds in {**OTHERS, **PARTLY}.items():
        reads = {
            name: [
                leak / own[name].get(film.person, usual[name])
                for film in films
                for leak in leaks(film, name, kinds)
            ]
            for name in READ
        }
        if reads["S"]:
            cells = [f"{np.median(of):.2f} / {np.max(of):.2f}" for of in reads.values()]
            lines.append(row([what, str(len(reads["S"])), *cells]))
    return "\n".join(lines)


def by_side(films: Sequence[Recording]) -> str:
    """Return how far the weaker side goes, of the stronger, in even lifts and in those of one side.

    Each side is measured by what it does in the film's even lifts.
    """
    lines = head(["what is done", "times", *SIDED])
    films = [film for film in films if _of_kind(film, "lift") and _of_kind(film, "one_sided_lift")]
    for what, kind in (("even lifts", "lift"), ("lifts of one side", "one_sided_lift")):
        found = {
            name: [one for film in films for one in _weaker(film, name, kind)] for name in SIDED
        }
        cells = [span(of, 2) for of in found.values() if of]
        if cells:
            lines.append(row([what, str(len(found["S"])), *cells]))
    return "\n".join(lines)


def _weaker(film: Recording, name: str, kind: str) -> list[float]:
    sides = [film.signals[f"{name}, {side}"] for side in ("left", "right")]
    even = [
        np.median([height(film, side, one) for one in _of_kind(film, "lift")]) for side in sides
    ]
    found = []
    for event in _of_kind(film, kind):
        went = [height(film, side, event) / full for side, full in zip(sides, even, strict=True)]
        found.append(float(min(went) / max(went)))
    return found


def _of_kind(film: Recording, kind: str) -> list[Event]:
    return [one for one in film.events if one.kind == kind and one.hold_start is not None]


def _both(film: Recording, name: str) -> tuple[Signal, Signal]:
    s, other = film.signals["S"], film.signals[name]
    known = np.isfinite(s) & np.isfinite(other) & (film.times > WAIT_S)
    return s[known], other[known]


def _together(film: Recording, name: str) -> float:
    return float(np.corrcoef(*_both(film, name))[0, 1])


def _slope(film: Recording) -> float:
    return float(np.polyfit(*_both(film, "logit"), 1)[0])


def cost() -> str:
    """Return in words what a look costs against the landmark network, in this process."""
    networks = {"theirs": _network(), "ours": Model(LIFT), "landmarks": Model(LANDMARKS)}
    chance = np.random.default_rng(0)
    tensors = {
        name: chance.random(network.input_shape, np.float32) for name, network in networks.items()
    }
    spent: dict[str, list[float]] = defaultdict(list)
    for _ in range(LOOKS):
        for name, network in networks.items():
            begun = time.process_time()
            network.run(tensors[name])
            spent[name].append(time.process_time() - begun)
    theirs, ours, landmarks = (float(np.median(spent[name])) for name in networks)
    return (
        f"A look costs {theirs / landmarks:.2f} of the landmark network's CPU, one of our own "
        f"network {ours / landmarks:.2f}: medians of {LOOKS} in one process."
    )


# The command


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argument_parser("tools.blendshapes", __doc__)
    parser.add_argument("folder", metavar="CLIPS", type=Path, nargs="?")
    parser.add_argument("--write", action="store_true", help=f"put that into {DOCUMENT.name}")
    add_jobs(parser)
    options = parser.parse_args(arguments)
    clips = sorted(clips_folder(options.folder).rglob("*.mp4"))
    _network()  # fetched once, before there are more processes
    part = compared(
        film for _, film in spread(functools.partial(record, more=read_smile), clips, options.jobs)
    )
    print(part)
    if options.write:
        rewrite(DOCUMENT, PART, part)
    return 0


def compared(recordings: Iterable[Recording]) -> str:
    """Return what is written about these films: the tables, and what a look costs."""
    films = with_curve(sorted(recordings, key=lambda film: film.name))
    parts = (by_group(films), by_event(films), by_side(films), cost())
    return "\n" + "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.exit(main())
