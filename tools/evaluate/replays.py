"""Replays of clips through the device's own vision and counter: one, kept ones, many at once.

A trace in place of a film goes through the counter alone, for vision has seen its pictures before.

Many clips are spread over the cores of this machine, or over the workers of a cluster. Both ways
run the same function on the same clips and hand over each result as it comes. The cluster is an
existing engine's (Dask distributed), which gives the clips of a worker that died to another.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self, TextIO

import av
import cv2
import numpy as np

import device
from device.camera import VideoFileCamera
from device.coach import events
from device.coach.counting import RepetitionCounter
from device.desk import replay
from device.errors import CallerError, LiftLightError
from device.files import can_overwrite
from device.sample import SampleSource
from device.trace import TraceSource
from device.vision import DETECTOR, LANDMARKS, LIFT, describe, models_folder
from tools.clips import vision
from tools.documents import write_json
from tools.environment import how_to_install
from tools.evaluate.annotations import FILM, KEPT_AS, NUMBERS, read
from tools.evaluate.score import ClipScore, score
from tools.processes import spread

_DECISIVE = (
    "camera/**/*.py", "vision/**/*.py", "coach/**/*.py", "sample.py", "trace.py", "desk/replay.py",
)  # fmt: skip
"""The sources of `device` on which the outcome of a replay depends."""
_CHUNK = 1 << 20

BAR = 30
CONNECT_S = 20
"""How long a cluster may take to answer, seconds."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """The outcome of one clip's replay: repetitions and refusals in the order they were known."""

    events: tuple[events.Rep | events.Refused, ...]
    seconds: float
    frames: int
    face_frames: int

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it; `from_json` gives it back, times to the millisecond."""
        return {
            "events": [replay.as_json(event) for event in self.events],
            "seconds": self.seconds,
            "frames": self.frames,
            "face_frames": self.face_frames,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Replayed:
        """Return what `to_json` was made from; raises KeyError, TypeError or ValueError."""
        events = tuple(_event(dict(one)) for one in data["events"])
        return cls(events, float(data["seconds"]), int(data["frames"]), int(data["face_frames"]))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a worker sends back: a replay or the reason why there is none, and by which code."""

    replayed: dict[str, Any] | None
    problem: str
    code: str


def annotated_clips(folder: Path) -> list[Path]:
    """Return every clip in `folder` with an annotation beside it; raises CallerError if none.

    A clip is a film, `X.mp4`, or a trace, `X.csv`. Of a recording that has both, the film is taken.
    """
    if not folder.is_dir():
        raise CallerError(
            f"{folder} is no folder: name one with clips X.mp4 and X.json beside them"
        )
    traces = [path for path in folder.glob("*.csv") if not path.with_suffix(".mp4").exists()]
    found = sorted([*folder.glob("*.mp4"), *traces])
    clips = [clip for clip in found if clip.with_suffix(".json").exists()]
    if not clips:
        raise CallerError(
            f"{folder} has no clip X.mp4, and no trace X.csv, with an annotation X.json beside it"
        )
    return clips


def replayed(clip: Path) -> Replayed:
    """Replay `clip` as `liftlight replay` does. Raises CallerError for a bad video or trace."""
    summary = replay.Summary()
    counter = RepetitionCounter.population()
    is_trace = clip.suffix == replay.TRACE
    seen: SampleSource = TraceSource(clip) if is_trace else vision(VideoFileCamera(clip))
    happened: list[events.LiftEvent] = list(replay.replay(seen, counter, summary))
    lifts = tuple(event for event in happened if isinstance(event, events.Rep | events.Refused))
    return Replayed(lifts, summary.time, summary.frames, summary.face_frames)


def scored(clip: Path, result: Replayed) -> ClipScore:
    """Score a replay of `clip` against its annotation; raises AnnotationError for a bad one."""
    truth = read(clip.with_suffix(".json"))
    # Numbers test the counter and not vision, so the figures of either are given apart.
    kept_as = NUMBERS if clip.suffix == replay.TRACE else FILM
    truth = replace(truth, groups={**truth.groups, KEPT_AS: kept_as})
    face = result.face_frames / max(1, result.frames)
    return score(clip.stem, truth, result.events, result.seconds, face)


def evaluate(clip: Path) -> ClipScore:
    """Replay `clip` and score it. Raises CallerError for a bad video or annotation."""
    return scored(clip, replayed(clip))


def outcome_of(clip: Path) -> Outcome:
    """Replay a clip, in whatever process this is, and return what came of it."""
    code = code_version()  # before the work: the code may be changed on the disk meanwhile
    try:
        result = replayed(clip)
    except LiftLightError as error:
        return Outcome(None, str(error), code)
    return Outcome(result.to_json(), "", code)


@functools.cache
def code_version() -> str:
    """Return a hash of all that a replay depends on: our code, the models, the decoder."""
    package = Path(device.__file__).parent
    libraries = f"av {av.__version__} cv2 {cv2.__version__} numpy {np.__version__}"
    digest = hashlib.sha256(libraries.encode())
    for pattern in _DECISIVE:
        for path in sorted(package.glob(pattern)):
            name = path.relative_to(package).as_posix()
            digest.update(name.encode() + b"\0" + path.read_bytes())
    for name in (DETECTOR, LANDMARKS, LIFT):
        digest.update(describe(name, models_folder()).sha256.encode())
    return digest.hexdigest()


def content_hash(path: Path) -> str:
    """Return the SHA-256 of a file; raises CallerError if it cannot be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise CallerError(f"{path} cannot be read ({error.strerror}): check its disk") from error
    return digest.hexdigest()


def _event(one: dict[str, Any]) -> events.Rep | events.Refused:
    name, time = one.pop("event"), one.pop("t")
    if name == "rep":
        one["notes"] = tuple(events.Note(note) for note in one["notes"])
        return events.Rep(time=time, **one)
    one["reason"] = events.Reason(one["reason"])
    return events.Refused(time=time, **one)


class Kept:
    """Replays kept in a folder, each under a name made of the clip's content and of the code.

    So a changed clip, model or counter is never taken for the old one. Annotations are no part of
    the name: mending one costs no replay. Without a folder nothing is kept.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        if folder is None:
            return
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CallerError(
                f"cannot make the folder {folder} ({error.strerror}): name another to keep "
                "results in."
            ) from error

    def find(self, clip: Path) -> Replayed | None:
        """Return the replay of `clip` if this very code has made one before."""
        path = self._path(clip)
        if path is None or not path.exists():
            return None
        try:
            return Replayed.from_json(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None  # whatever happened to it, it can be made again

    def keep(self, clip: Path, replayed: Replayed) -> None:
        """Keep the replay of `clip`; raises CallerError if the folder takes no file."""
        path = self._path(clip)
        if path is not None:
            write_json(path, replayed.to_json())

    def _path(self, clip: Path) -> Path | None:
        if self._folder is None:
            return None
        key = hashlib.sha256((code_version() + content_hash(clip)).encode()).hexdigest()
        return self._folder / f"{clip.stem}-{key[:16]}.json"


class Progress:
    """How far an evaluation is, on stderr: a bar for a person, a line a clip for a log."""

    def __init__(self, screen: TextIO | None = None) -> None:
        self._screen = sys.stderr if screen is None else screen
        self._live = can_overwrite(self._screen)
        self._all = self._done = self._kept = 0
        self._began = time.monotonic()

    def begin(self, clips: int, done: int) -> None:
        """Begin with so many `clips`, of which `done` were replayed before."""
        self._all, self._done, self._kept = clips, done, done
        self._began = time.monotonic()
        if done:
            self._line(f"{done} of {clips} clips were replayed before")
        self._draw("")

    def one_more(self, name: str) -> None:
        """Count one more clip as done."""
        self._done += 1
        if not self._live:
            self._line(f"{self._done}/{self._all} {name}")
        self._draw(name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._live:
            self._screen.write("\r\x1b[K")
            self._screen.flush()

    def _line(self, text: str) -> None:
        self._screen.write(f"\r\x1b[K{text}\n" if self._live else f"{text}\n")
        self._screen.flush()

    def _draw(self, name: str) -> None:
        if not self._live:
            return
        filled = BAR * self._done // max(1, self._all)
        bar = "#" * filled + "." * (BAR - filled)
        self._screen.write(f"\r\x1b[K[{bar}] {self._done}/{self._all} {self._left()} {name[:30]}")
        self._screen.flush()

    def _left(self) -> str:
        done_now = self._done - self._kept
        if not done_now:
            return ""
        left = (time.monotonic() - self._began) / done_now * (self._all - self._done)
        return f"{left / 60:.0f} min left" if left > 90 else f"{left:.0f} s left"


class UnreadableClipsError(CallerError):
    """Some clips could not be replayed; the others were, and are kept."""


def replay_all(
    clips: Sequence[Path], kept: Kept, progress: Progress, jobs: int, cluster: str | None
) -> dict[Path, Replayed]:
    """Return the replay of every clip, from `kept` or made now in `jobs` processes.

    With `cluster`, an address of a scheduler, its workers do it; they must see the clips under
    the same paths. Raises UnreadableClipsError, after all others were replayed, for clips that are
    no videos, CallerError if there is no such cluster, LiftLightError if work was lost.
    """
    results: dict[Path, Replayed] = {}
    for clip in clips:
        found = kept.find(clip)
        if found is not None:
            results[clip] = found
    missing = [clip for clip in clips if clip not in results]
    progress.begin(len(clips), done=len(results))
    problems = []
    if missing:
        outcomes = _on_cluster(missing, cluster) if cluster else spread(outcome_of, missing, jobs)
        for clip, outcome in outcomes:
            if outcome.code != code_version():
                raise CallerError(
                    "a worker runs another LiftLight, or other models, than this process (or the "
                    "code was changed meanwhile): bring all to one version and run it again."
                )
            if outcome.replayed is None:
                problems.append(outcome.problem)
            else:
                results[clip] = Replayed.from_json(outcome.replayed)
                kept.keep(clip, results[clip])
            progress.one_more(clip.stem)
    if problems:
        raise UnreadableClipsError("; ".join(sorted(problems)))
    return {clip: results[clip] for clip in clips}


def _on_cluster(clips: Sequence[Path], address: str) -> Iterator[tuple[Path, Outcome]]:
    try:
        # By name: it is an optional extra, and its types are not ours to check.
        distributed = importlib.import_module("distributed")
    except ImportError:
        raise CallerError(
            f"--cluster needs Dask distributed, which is not installed: {how_to_install()}"
        ) from None
    try:
        client = distributed.Client(address, timeout=CONNECT_S)
    except (OSError, TimeoutError, ValueError) as error:
        raise CallerError(
            f"no cluster answers at {address} ({error}): start one, or leave --cluster out."
        ) from error
    with client:
        tasks = {client.submit(outcome_of, clip.absolute(), pure=False): clip for clip in clips}
        # On a worker that dies the engine starts the clip again elsewhere, three times at most.
        for task in distributed.as_completed(tasks):
            if task.status != "finished":
                raise LiftLightError(
                    f"the cluster lost {tasks[task].name} ({task.exception()!r}): look at its "
                    "workers and run this again; what was finished is kept."
                )
            yield tasks[task], task.result()
