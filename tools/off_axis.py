"""`python -m tools.off_axis FOLDER ... [--write]`: what counts lifts best that are seen off axis.

The annotated films in the folders whose angle is known and in which two lifts or more are held are
watched once, through the device's own vision. Their lifts are then counted in several ways: by the
landmarks (S) alone, by S with the population's span carried over to the angle as well, by the lift
network alone, and by both as the device does it; and with each figure by which the two are joined
a fifth smaller and larger.
`--write` puts the table into device/vision/README.md.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

from device.camera import VideoFileCamera
from device.coach import events
from device.coach.counting import (
    CalibrationError,
    RepetitionCounter,
    calibration,
    measure,
    verdict,
)
from device.sample import LiftSample
from tools.clips import recorded, vision
from tools.documents import head, rewrite, row
from tools.environment import ROOT, ToolError, argument_parser, in_one_line
from tools.evaluate.annotations import ANGLES, NOT_SAID, Annotation, Event, read
from tools.evaluate.replays import annotated_clips
from tools.processes import add_jobs, spread

PAGE = ROOT / "device" / "vision" / "README.md"
PART = "off axis"
FEWEST = 2
"""Held lifts that a film must have: one to practise, one to count."""
OVERLAP = 0.3
"""A repetition belongs to a lift if it covers so much of it."""
BEFORE_S, AFTER_S = 1.2, 0.8
"""A practised lift is shown from so long before it begins until so long after its end, seconds."""
JOINED_BY = {
    "NETWORK_SHARE": calibration,
    "NETWORK_DEG": calibration,
    "SIDES_SHARE": measure,
    "GAIN_REACH": calibration,
}
"""The figures by which S and the network are joined, and where they stand."""
FIFTH = (0.8, 1.2)


@dataclass(frozen=True, slots=True)
class Film:
    """What vision saw in one film, and what is true of it."""

    samples: list[LiftSample]
    truth: Annotation

    @property
    def angle(self) -> str:
        """How far off axis the face is: one of `ANGLES`."""
        return self.truth.groups["angle"]


@dataclass(frozen=True, slots=True)
class Way:
    """A way to count: with or without the network, and with which of those figures."""

    name: str
    network: bool = True
    constants: Mapping[str, object] | None = None
    carried: bool = False
    """Whether the population's span is carried over to the angle too."""


def ways() -> Iterator[Way]:
    """Yield every way to count."""
    yield Way("S alone", network=False)
    yield Way("S alone, the population's span by the pose too", network=False, carried=True)
    alone = {"NETWORK_SHARE": 1.0, "NETWORK_DEG": (-2.0, -1.0), "SIDES_SHARE": 1.0}
    yield Way("the network alone", constants=alone)
    yield Way("**both, as the device counts**")
    for name, module in JOINED_BY.items():
        value = getattr(module, name)
        for factor in FIFTH:
            scaled = (
                tuple(factor * part for part in value)
                if isinstance(value, tuple)
                else factor * value
            )
            yield Way(f"`{name}` x {factor}", constants={name: scaled})


def held(truth: Annotation) -> list[Event]:
    """Return the lifts that are repetitions."""
    return [lift for lift in truth.lifts if lift.is_held]


def is_asked_for(truth: Annotation) -> bool:
    """Return whether a film's angle is known and enough of its lifts are held."""
    return truth.groups["angle"] != NOT_SAID and len(held(truth)) >= FEWEST


def watch(clip: Path) -> Film:
    """Return what vision sees in an annotated film."""
    truth = read(clip.with_suffix(".json"))
    return Film(list(recorded(vision(VideoFileCamera(clip)))), truth)


def count(film: Film, practised: bool) -> tuple[int, int, int]:
    """Return how many held lifts were counted, of how many, and how many repetitions were of none.

    One repetition counts for one lift. With `practised` the first held lift is the practised one,
    and only those after it are asked for.
    """
    lifts = held(film.truth)
    counter = RepetitionCounter.population()
    said: list[events.LiftEvent] = []
    shown: list[LiftSample] = []
    until = -math.inf
    if practised:
        begin, until = lifts[0].start - BEFORE_S, lifts[0].end + AFTER_S
        lifts = lifts[1:]
        shown = [sample for sample in film.samples if begin <= sample.time <= until]
    for sample in film.samples:
        happened = counter.feed(sample)
        if sample.time > until:
            if shown:
                try:
                    counter.practise(shown)
                except CalibrationError:
                    return 0, len(lifts), 0
                shown = []
            said += happened
    missed = list(lifts)
    false = 0
    for rep in said:
        if isinstance(rep, events.Rep):
            mine = next((lift for lift in missed if _is_of(rep, lift)), None)
            if mine:
                missed.remove(mine)
            else:
                false += 1
    return len(lifts) - len(missed), len(lifts), false


def _is_of(rep: events.Rep, lift: Event) -> bool:
    shared = min(rep.end, lift.end) - max(rep.onset, lift.start)
    return shared > OVERLAP * (lift.end - lift.start)


@contextmanager
def counted_by(way: Way) -> Iterator[None]:
    """Have the calibration count in another way for a while."""
    with ExitStack() as stack:
        for name, value in (way.constants or {}).items():
            stack.enter_context(mock.patch.object(JOINED_BY[name], name, value))
        if way.carried:
            span = vars(calibration.Calibration)["span"].fget

            def carried(self: calibration.Calibration) -> verdict.Span:
                shown = self._carried if self._practised is None else 1.0
                return verdict.Span(*(shown * figure for figure in span(self)))

            stack.enter_context(
                mock.patch.object(calibration.Calibration, "span", property(carried))
            )
        yield


def blind(film: Film) -> Film:
    """Return the film as it is seen without the network."""
    samples = [replace(one, seen_left=math.nan, seen_right=math.nan) for one in film.samples]
    return replace(film, samples=samples)


def table(films: Sequence[Film]) -> str:
    """Return the table: a row a way, a column an angle; plain, then after a practised lift."""
    groups = [name for name in ANGLES if any(film.angle == name for film in films)]
    lines = head(["counted by", *groups, "to 45, in all", "no lift, counted"])
    unseen = [blind(film) for film in films]
    for way in ways():
        sums: Counter[tuple[str, bool, str]] = Counter()
        with counted_by(way):
            for film in films if way.network else unseen:
                near = film.angle != list(ANGLES)[-1]
                for practised in (False, True):
                    hit, of, false = count(film, practised)
                    sums["no lift", practised, "counted"] += false
                    for name in (film.angle, *(["all"] if near else [])):
                        sums[name, practised, "hit"] += hit
                        sums[name, practised, "of"] += of
        cells = [
            ", ".join(
                f"{sums[name, after, 'hit']} of {sums[name, after, 'of']}"
                for after in (False, True)
            )
            for name in (*groups, "all")
        ]
        wrong = ", ".join(str(sums["no lift", after, "counted"]) for after in (False, True))
        lines.append(row([way.name, *cells, wrong]))
        print(lines[-1], file=sys.stderr, flush=True)
    return "\n".join(lines)


def about(clips: Sequence[Path], left_out: int) -> str:
    """Return what was counted in, and why `left_out` other films were not."""
    people = len({clip.stem.partition("_")[0] for clip in clips})
    why = f"their angle is not known, or fewer than {FEWEST} of their lifts are held"
    return f"{len(clips)} films of {people} people; {left_out} more are left out: {why}."


@in_one_line
def main() -> int:
    """Run the command; return its exit code."""
    parser = argument_parser("tools.off_axis", __doc__)
    parser.add_argument("folders", type=Path, nargs="+", help="annotated films, with their angles")
    parser.add_argument("--write", action="store_true", help=f"write the table into {PAGE.name}")
    add_jobs(parser)
    arguments = parser.parse_args()
    there = [clip for folder in arguments.folders for clip in annotated_clips(folder)]
    clips = [clip for clip in there if is_asked_for(read(clip.with_suffix(".json")))]
    if not clips:
        raise ToolError(
            f"no film there holds {FEWEST} lifts and says how far off axis its face is: "
            "`off_yaw_deg` in its JSON"
        )
    films = [film for _, film in spread(watch, clips, arguments.jobs)]
    part = f"{about(clips, len(there) - len(clips))}\n\n{table(films)}"
    print(part)
    if arguments.write:
        rewrite(PAGE, PART, part)
    return 0


if __name__ == "__main__":
    sys.exit(main())
