"""One case: somebody under one kind of stress, seen by the device's own vision and counted.

What vision saw is kept as a trace, under a name that changes with vision and with the pictures.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Protocol, Self

import cv2
import numpy as np

from device.camera import Frame, VideoFileCamera
from device.camera.subject import PEOPLE, Eyewear, Script, State, Subject, SubjectCamera, script
from device.coach import cues, events, exercises, session
from device.coach.counting import RepetitionCounter
from device.errors import EndOfRecording
from device.sample import LiftSample
from tools.clips import kept_trace, recorded, samples_of, vision
from tools.environment import ROOT, cache_folder
from tools.evaluate.annotations import Annotation, read
from tools.evaluate.replays import content_hash
from tools.processes import spread
from tools.stress_matrix.clips import (
    Clip,
    content_of,
    in_order,
    look_through,
    person,
)
from tools.stress_matrix.kinds import KINDS, Kind, dark_at
from tools.stress_matrix.scene import Stranger

FPS = 15.0
"""Frames a second that are seen: every other one of the films', the least the device promises."""
SHORT = 3
"""Lifts in the short version of a film."""
REPS = 2
"""Lifts that each of our own people does."""
RATES = "_fps"
"""How the name of a kind ends that is about frame rates."""
STRANGER = "grace"
"""The person whose face is least like the others': all eight share one mesh."""

Span = tuple[float, float]
"""When something begins and ends, seconds."""


def kept_in() -> Path:
    """Return the folder for pictures and traces, which are never in the repository."""
    folder = cache_folder() / "stress_matrix"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@cache
def _filmed(path: Path, every: int, lifts: int | None) -> Clip:
    return look_through(path, every, lifts, kept_in())


@cache
def _person(name: str) -> Clip:
    # Drawn by our own code, and so kept beside what was seen of it.
    folder = kept_in() / vision_and_pictures()
    folder.mkdir(exist_ok=True)
    return person(PEOPLE[name], REPS, FPS, folder)


def kind_named(name: str) -> Kind:
    """Return a kind by its name; `dark_at_N` is the face at the mean grey level N."""
    if name.startswith("dark_at_"):
        return dark_at(float(name.removeprefix("dark_at_")))
    return KINDS[name]


class Case(Protocol):
    """Somebody under one kind of stress."""

    @property
    def name(self) -> str:
        """Return what tells it from all other cases."""
        ...

    @property
    def who(self) -> str:
        """Return the name of the person or film, for the reader."""
        ...

    def count(self) -> int:
        """Return how many repetitions there are to count."""
        ...

    def frames(self) -> Iterator[Frame]:
        """Make the frames."""
        ...


@dataclass(frozen=True, slots=True)
class Filmed:
    """A film, painted over; `stranger` is a film of somebody else. None for `lifts` means all."""

    path: Path
    kind: str
    stranger: Path
    lifts: int | None = None

    @property
    def name(self) -> str:
        """Return what tells it from all other cases, films of that name in other folders too."""
        content = content_of(self.path, self.stranger)
        return f"{self.path.stem}_{content}_{self.lifts or 'whole'}_{self.kind}"

    @property
    def who(self) -> str:
        """Return the film's name."""
        return self.path.stem

    def clip(self) -> Clip:
        """Return the film, at the rate at which it was taken if this is about rates."""
        fast = self.kind.endswith(RATES) or _filmed(self.path, 1, self.lifts).fps <= FPS
        return _filmed(self.path, 1 if fast else 2, self.lifts)

    def count(self) -> int:
        """Return how many repetitions there are to count."""
        return self.clip().count

    def frames(self) -> Iterator[Frame]:
        """Make the frames."""
        clip = self.clip()
        return _painted(clip, _stretch(self.stranger, self.lifts), self.kind)


@dataclass(frozen=True, slots=True)
class Painted:
    """One of our own people, painted over."""

    who: str
    kind: str

    @property
    def name(self) -> str:
        """Return what tells it from all other cases."""
        return f"{self.who}_{self.kind}"

    def count(self) -> int:
        """Return how many repetitions there are to count."""
        return REPS

    def frames(self) -> Iterator[Frame]:
        """Make the frames."""
        other = STRANGER if self.who != STRANGER else "fumi"
        return _painted(_person(self.who), _person(other).stretch(), self.kind)


@dataclass(frozen=True, slots=True)
class Rendered:
    """One of our own people, rendered the way it is meant to be."""

    who: str
    scenario: str = "good"
    eyewear: Eyewear | None = None
    nearness: float = 1.0
    fps: float = 12.0
    size: tuple[int, int] = (320, 240)
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    """How the face is turned, degrees, as in `State`."""

    @property
    def name(self) -> str:
        """Return what tells it from all other cases."""
        worn = self.eyewear.value if self.eyewear else "bare"
        width, height = self.size
        pose = f"{self.yaw:g}_{self.pitch:g}_{self.roll:g}"
        view = f"{self.nearness:g}_{self.fps:g}_{width}x{height}_{pose}"
        return f"{self.who}_rendered_{self.scenario}_{worn}_{view}"

    def count(self) -> int:
        """Return how many repetitions there are to count."""
        return len(self._script().lifts)

    def lifts(self) -> list[Span]:
        """Return when each of its lifts begins and ends."""
        return [(lift.start, lift.end) for lift in self._script().lifts]

    def frames(self) -> Iterator[Frame]:
        """Make the frames."""
        subject = Subject(replace(PEOPLE[self.who], glasses=self.eyewear), *self.size)
        camera = SubjectCamera(self._script(), fps=self.fps, live=False, subject=subject)
        yield from recorded(camera)

    def _script(self) -> Script:
        plan = script(self.scenario, reps=REPS)
        base: State = replace(
            plan.base, nearness=self.nearness, yaw=self.yaw, pitch=self.pitch, roll=self.roll
        )
        return replace(plan, base=base)


@dataclass(frozen=True, slots=True)
class OffAxis:
    """A film of somebody seen off axis, as it is, or lying: turned clockwise by 90 degrees."""

    path: Path
    lying: bool = False

    @property
    def name(self) -> str:
        """Return what tells it from all other cases, films of that name in other folders too."""
        content = content_hash(self.path)[:8]
        return f"{self.path.stem}_{content}_{'lying' if self.lying else 'upright'}"

    @property
    def who(self) -> str:
        """Return the film's name."""
        return self.path.stem

    def count(self) -> int:
        """Return how many repetitions there are to count."""
        return self._truth().fewest

    def lifts(self) -> list[Span]:
        """Return when each of its lifts begins and ends."""
        return [(lift.start, lift.end) for lift in self._truth().lifts]

    def _truth(self) -> Annotation:
        return read(self.path.with_suffix(".json"))

    def frames(self) -> Iterator[Frame]:
        """Make the frames."""
        for frame in recorded(VideoFileCamera(self.path)):
            turned = np.rot90(frame.pixels, -1) if self.lying else frame.pixels
            yield replace(frame, pixels=np.ascontiguousarray(turned))


@cache
def _stretch(path: Path, lifts: int | None) -> list[Stranger]:
    return _filmed(path, 2, lifts).stretch()


def _painted(clip: Clip, stranger: list[Stranger], kind: str) -> Iterator[Frame]:
    recipe = kind_named(kind)(clip.scene(stranger, clip.name + kind))
    for i, picture in enumerate(in_order(clip, recipe)):
        time = recipe.times[i] if recipe.times else i / clip.fps
        yield Frame(recipe.paint(picture, i), time, i)


def trace(case: Case) -> Path:
    """Return the trace of what the device's vision sees in `case`; made if it is not there yet."""
    path = kept_in() / vision_and_pictures() / f"{case.name}.trace"
    return kept_trace(path, lambda: vision(_Shown(case.frames())))


def see(cases: list[Case], jobs: int) -> None:
    """Make the traces that are missing, in `jobs` processes; neighbours share their pictures."""
    cases = sorted(cases, key=lambda case: case.who)
    print(f"{len(cases)} cases, vision and pictures {vision_and_pictures()}", file=sys.stderr)
    for done, (case, _) in enumerate(spread(_see, cases, jobs), start=1):
        print(f"{done}/{len(cases)} {case.name}", file=sys.stderr, flush=True)


def _see(case: Case) -> None:
    # A new process finds it here; in a `__main__` it would not.
    cv2.setNumThreads(1)  # The processes share the cores between them.
    trace(case)


@cache
def vision_and_pictures() -> str:
    """Return a short hash of the code and the models that a trace depends on."""
    sources = [
        *sorted((ROOT / "device" / "vision").glob("*.py")),
        *sorted((ROOT / "device" / "camera" / "subject").glob("*.py")),
        *sorted((ROOT / "models").glob("*.tflite")),
        *(Path(__file__).with_name(f"{name}.py") for name in ("scene", "kinds", "clips", "cases")),
    ]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one case: repetitions counted of those there were, and what was said."""

    case: Case
    truth: int
    reps: list[events.Rep]
    face: float
    """Share of the samples with a face."""
    shown: list[cues.Cue]

    @property
    def counted(self) -> int:
        """How many repetitions were counted."""
        return len(self.reps)

    @property
    def exact(self) -> bool:
        """Whether the count is right, and no repetition is beside the lifts where these are known.

        What is painted over may have its times changed: of films and people under a kind of stress
        only the number is known.
        """
        case = self.case
        known = case.lifts() if isinstance(case, Rendered | OffAxis) else None
        beside = 0 if known is None else self.counted_beside(known)
        return self.counted == self.truth and not beside

    def counted_beside(self, lifts: Sequence[Span]) -> int:
        """Return how many repetitions were counted that overlap none of these lifts."""
        return sum(
            not any(rep.onset < end and start < rep.end for start, end in lifts)
            for rep in self.reps
        )

    def said(self, kind: cues.CueKind, aim: cues.Aim | None = None) -> bool:
        """Whether the session gave this cue."""
        return any(cue.kind is kind and cue.aim is aim for cue in self.shown)


def result(case: Case, nothing: bool = False) -> Result:
    """Count a case, as a replay does, and let a session watch it."""
    seen = samples_of(trace(case))
    counter = RepetitionCounter.population()
    happened = [event for sample in seen for event in counter.feed(sample)]
    reps = [event for event in happened if isinstance(event, events.Rep)]
    truth = 0 if nothing else case.count()
    face = sum(sample.face for sample in seen) / max(1, len(seen))
    return Result(case, truth, reps, face, cues_of(seen))


def cues_of(seen: Sequence[LiftSample]) -> list[cues.Cue]:
    """Return the cues of a session that begins with the first sample."""
    lived = session.Session(exercises.CHEEK_LIFTER, RepetitionCounter())
    said = lived.start(seen[0].time)
    for sample in seen:
        said += lived.feed(sample)
    return [output for output in said if isinstance(output, cues.Cue)]


class _Shown:
    """A recording of frames that are made as they are read."""

    live = False

    def __init__(self, frames: Iterator[Frame]) -> None:
        self._frames = frames

    def start(self) -> None:
        """Do nothing: frames are made as they are read."""

    def read(self, timeout: float) -> Frame | None:
        """Return the next frame; raises EndOfRecording after the last."""
        del timeout
        frame = next(self._frames, None)
        if frame is None:
            raise EndOfRecording("no more frames are made")
        return frame

    def stop(self) -> None:
        """Do nothing: nothing is held open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()
