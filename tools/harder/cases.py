"""One case: somebody, made harder in one way, seen by the device's own vision as a trace."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Protocol, Self

from device.camera import Frame
from device.camera.subject import PEOPLE, Eyewear, Script, State, Subject, SubjectCamera, script
from device.errors import EndOfRecording
from device.sample import LiftSample
from device.trace import TraceSource, TraceWriter
from device.vision import DETECTOR, LANDMARKS, Model, VisionSource
from tools.clips import recorded
from tools.environment import ROOT, cache_folder
from tools.harder.clips import Clip, film, in_order, kept_whole, person
from tools.harder.kinds import KINDS, Kind
from tools.harder.light import dark_at
from tools.harder.scene import Stranger

FPS = 15.0
"""Frames a second of the films, every other one of them, and the least the device promises."""
SHORT = 3
"""Lifts in the short version of a film."""
REPS = 2
RATES = "_fps"
STRANGER = "grace"
"""Whose face is least like the others': they all share one mesh."""


def kept_in() -> Path:
    """Return the folder for pictures and traces, which are never in the repository."""
    folder = cache_folder() / "harder"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@cache
def _filmed(path: Path, every: int, lifts: int | None) -> Clip:
    return film(path, every, lifts, kept_in())


@cache
def _person(name: str) -> Clip:
    return person(PEOPLE[name], REPS, FPS, kept_in())


@cache
def _models() -> tuple[Model, Model]:
    return Model(DETECTOR), Model(LANDMARKS)


def kind_named(name: str) -> Kind:
    """Return a kind by its name; `dark_at_N` is the face at the mean grey level N."""
    if name.startswith("dark_at_"):
        return dark_at(float(name.removeprefix("dark_at_")))
    return KINDS[name]


class Case(Protocol):
    """Somebody, made harder in one way."""

    @property
    def name(self) -> str:
        """Return what tells it from all other cases."""
        ...

    @property
    def who(self) -> str:
        """Return what a reader calls whoever is seen."""
        ...

    def count(self) -> int:
        """Return how many repetitions there are to count."""
        ...

    def frames(self) -> Iterator[Frame]:
        """Make the frames."""
        ...


@dataclass(frozen=True, slots=True)
class Filmed:
    """A film, painted over; `stranger` is a film of somebody else. Without `lifts` it is whole."""

    path: Path
    kind: str
    stranger: Path
    lifts: int | None = None

    @property
    def name(self) -> str:
        """Return what tells it from all other cases."""
        return f"{self.path.stem}_{self.lifts or 'whole'}_{self.kind}"

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

    @property
    def name(self) -> str:
        """Return what tells it from all other cases."""
        worn = self.eyewear.value if self.eyewear else "bare"
        width, height = self.size
        view = f"{self.nearness:g}_{self.fps:g}_{width}x{height}"
        return f"{self.who}_rendered_{self.scenario}_{worn}_{view}"

    def count(self) -> int:
        """Return how many repetitions there are to count."""
        return len(self._script().lifts)

    def frames(self) -> Iterator[Frame]:
        """Make the frames."""
        subject = Subject(replace(PEOPLE[self.who], glasses=self.eyewear), *self.size)
        camera = SubjectCamera(self._script(), fps=self.fps, live=False, subject=subject)
        yield from recorded(camera)

    def _script(self) -> Script:
        plan = script(self.scenario, reps=REPS)
        base: State = replace(plan.base, nearness=self.nearness)
        return replace(plan, base=base)


@cache
def _stretch(path: Path, lifts: int | None) -> list[Stranger]:
    return _filmed(path, 2, lifts).stretch()


def _painted(clip: Clip, stranger: list[Stranger], kind: str) -> Iterator[Frame]:
    harder = kind_named(kind)(clip.scene(stranger, clip.name + kind))
    for i, picture in enumerate(in_order(clip, harder)):
        time = harder.times[i] if harder.times else i / clip.fps
        yield Frame(harder.paint(picture, i), time, i)


def trace(case: Case) -> Path:
    """Return the trace of what the device's vision sees in `case`; made if it is not there yet."""
    path = kept_in() / vision_and_pictures() / f"{case.name}.trace"
    if path.exists():
        return path
    path.parent.mkdir(exist_ok=True)
    watcher = VisionSource(_Shown(case.frames()), *_models())
    with kept_whole(path) as partial, TraceWriter(partial) as writer:
        for sample in recorded(watcher):
            writer.append(sample)
    return path


def samples(path: Path) -> list[LiftSample]:
    """Return every sample of a trace."""
    return list(recorded(TraceSource(path)))


@cache
def vision_and_pictures() -> str:
    """Return a name for this state of the code that a trace depends on."""
    sources = [
        *sorted((ROOT / "device" / "vision").glob("*.py")),
        *sorted((ROOT / "device" / "camera" / "subject").glob("*.py")),
        *sorted((ROOT / "models").glob("*.tflite")),
        *(Path(__file__).with_name(f"{name}.py") for name in _RECIPES),
    ]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]


_RECIPES = ("scene", "paint", "pose", "light", "others", "worn", "timing", "clips", "cases")


class _Shown:
    """A recording of frames that are made as they are read."""

    live = False

    def __init__(self, frames: Iterator[Frame]) -> None:
        self._frames = frames

    def start(self) -> None:
        """Begin."""

    def read(self, timeout: float) -> Frame | None:
        """Return the next frame; raises EndOfRecording after the last."""
        del timeout
        frame = next(self._frames, None)
        if frame is None:
            raise EndOfRecording("no more frames are made")
        return frame

    def stop(self) -> None:
        """End."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()
