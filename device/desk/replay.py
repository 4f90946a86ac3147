"""`liftlight replay`: a recording through the device's own vision and counter, as fast as it goes.

Each event is known from the frames up to its own time alone, as it is beside the bed. A replay
needs no button and no practised lift: the counter starts from the population's range and adapts.
"""

from __future__ import annotations

import dataclasses
import enum
import json
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

from device.camera import VideoFileCamera
from device.coach import events
from device.coach.counting import Phase, RepetitionCounter
from device.desk.chart import Plotter
from device.desk.drawing import reasons_of
from device.desk.film import Annotator
from device.errors import CallerError, EndOfRecording
from device.files import STDOUT, can_overwrite, keep_apart, text_file
from device.sample import LiftSample, SampleSource
from device.trace import TraceSource
from device.vision import VisionSource, shipped_models

TRACE = ".csv"
"""A file so named is a trace of a session, anything else a video."""

RECORDED_WITHIN_S = 3600.0
"""How long to wait for a recorded sample, seconds; it is there at once."""

_WIDTH = 80
"""A line for a person is at most so many characters wide."""

_NAMES: dict[type[events.LiftEvent], str] = {
    events.Rep: "rep",
    events.Refused: "refused",
    events.FaceLost: "face_lost",
    events.FaceFound: "face_found",
}


@dataclass(slots=True)
class Summary:
    """How many lifts and frames a replay has had; complete once `replay` is exhausted."""

    time: float = 0.0
    reps: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    frames: int = 0
    face_frames: int = 0
    cpu_seconds: float = 0.0

    def count(self, event: events.LiftEvent) -> None:
        """Count an event, if it is a lift."""
        if isinstance(event, events.Rep):
            self.reps += 1
        elif isinstance(event, events.Refused):
            self.refused[event.reason.value] += 1

    def as_json(self) -> dict[str, Any]:
        """Return the summary as the last line of a replay."""
        return {
            "t": round(self.time, 3),
            "event": "summary",
            "reps": self.reps,
            "refused": dict(sorted(self.refused.items())),
            "frames": self.frames,
            "face_frames": self.face_frames,
            "cpu_ms_per_frame": round(1000 * self.cpu_seconds / max(1, self.frames), 2),
        }


def replay(
    source: SampleSource,
    counter: RepetitionCounter,
    summary: Summary,
    practised: tuple[float, float] | None = None,
    observe: Callable[[LiftSample, RepetitionCounter, list[events.LiftEvent]], None] | None = None,
) -> Iterator[events.LiftEvent]:
    """Yield every lift event of a recording, in time order, filling `summary` on the way.

    `practised` is when, in seconds of the recording, the person made a lift to show their range:
    it calibrates the counter and is not counted. A lift that is not over by then is seen to its
    end. `observe` is called after each sample, with the counter and what became known by that
    sample. A lift that the end of the recording cuts off is refused; `observe` is called with the
    last sample again for it.

        counter, summary = RepetitionCounter.population(), Summary()
        for event in replay(TraceSource("session.csv"), counter, summary):
            print(as_json(event))

    Raises what the source raises, except EndOfRecording, and CallerError if nothing was recorded
    in `practised`.
    """
    showing: list[LiftSample] = []
    last: LiftSample | None = None
    with source:
        source.start()
        while True:
            began = time.process_time()
            try:
                sample = source.read(RECORDED_WITHIN_S)
            except EndOfRecording:
                break
            if sample is None:
                continue
            lifting = counter.phase not in (Phase.REST, Phase.LOST)
            happened = counter.feed(sample)
            shown = practised is not None and practised[0] <= sample.time <= practised[1]
            if shown or (showing and lifting):
                showing.append(sample)
                happened = [
                    event
                    for event in happened
                    if not isinstance(event, events.Rep | events.Refused)
                ]
            elif showing:
                counter.practise(showing)
                showing, practised = [], None
            summary.cpu_seconds += time.process_time() - began
            summary.time = sample.time
            last = sample
            summary.frames += 1
            summary.face_frames += sample.face
            if observe:
                observe(sample, counter, happened)
            for event in happened:
                summary.count(event)
                yield event
    if practised is not None and not showing:
        span = f"{practised[0]:g} to {practised[1]:g} s"
        raise CallerError(f"nothing was recorded from {span}: name a practised lift that is there.")
    cut_off: list[events.LiftEvent] = [] if showing else [*counter.finish()]
    if observe and last and cut_off:
        observe(last, counter, cut_off)
    for event in cut_off:
        summary.count(event)
        yield event


def as_json(event: events.LiftEvent) -> dict[str, Any]:
    """Return an event as one line of a replay: its time first, then its name, then the rest."""
    values: dict[str, Any] = {}
    for one in dataclasses.fields(event):
        value = getattr(event, one.name)
        if isinstance(value, float):
            value = round(value, 3)
        elif isinstance(value, enum.Enum):
            value = value.value
        elif isinstance(value, tuple):
            value = [note.value for note in value]
        values[one.name] = value
    return {"t": values.pop("time"), "event": _NAMES[type(event)], **values}


def as_text(event: events.LiftEvent) -> str:
    """Return an event in plain words: its time, and what became of the lift or the face."""
    match event:
        case events.Rep() | events.Refused():
            said = reasons_of(event)
        case events.FaceLost():
            said = "the face is out of sight"
        case events.FaceFound():
            said = "a face is in sight"
    return _wrapped(f"{event.time:7.1f} s  ", said)


def summary_as_text(summary: Summary) -> str:
    """Return what a replay found in plain words."""
    lifts = "1 lift" if summary.reps == 1 else f"{summary.reps or 'no'} lifts"
    found = f"{lifts} counted, {summary.refused.total() or 'none'} refused"
    if summary.face_frames < summary.frames:
        found += f"; a face in {summary.face_frames} of {summary.frames} pictures"
    return _wrapped(f"{summary.time:7.1f} s  ", found)


def _wrapped(begin: str, text: str) -> str:
    """Return a line that goes on below its text if it is wider than a terminal."""
    return textwrap.fill(text, _WIDTH, initial_indent=begin, subsequent_indent=" " * len(begin))


class Observer(Protocol):
    """Is shown every sample of a replay."""

    def observe(
        self, sample: LiftSample, counter: RepetitionCounter, known: list[events.LiftEvent]
    ) -> None:
        """Take one sample, the counter after it, and what became known by it."""
        ...


class Progress:
    """Shows on stderr how far a replay is, if stderr is a terminal on which that can be replaced.

    Before a line is written to stdout, which may be the same terminal, `clear` makes room for it.
    """

    def __init__(self, frames: int) -> None:
        self._frames = frames
        self._seen = 0
        self._shown = -1

    def observe(
        self, sample: LiftSample, counter: RepetitionCounter, known: list[events.LiftEvent]
    ) -> None:
        """Count one more frame."""
        del sample, counter, known
        self._seen += 1
        percent = 100 * self._seen // max(1, self._frames)
        if percent != self._shown and can_overwrite(sys.stderr):
            self._shown = percent
            sys.stderr.write(f"\rreplaying ... {min(percent, 100)} %")
            sys.stderr.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.clear()

    def clear(self) -> None:
        """Remove what is shown, until the next percent."""
        if self._shown >= 0:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()


def replay_recording(
    recording: Path,
    happened: Path | None,
    practised: tuple[float, float] | None,
    annotate: Path | None,
    plot: Path | None,
) -> int:
    """Replay a video or a trace and tell what happened; return the exit code.

    It is told in JSON Lines, in the file `happened` or on stdout; but if there is no such file, and
    stdout is a terminal, in plain words. The files `happened`, `annotate` (a film) and `plot` (a
    picture) appear whole or not at all. Raises CallerError if the recording is neither a video nor
    a trace, and for a file that cannot be written or is the recording itself.
    """
    keep_apart([recording], [happened, annotate, plot])
    to_a_person = happened is None and sys.stdout.isatty()
    summary = Summary()
    observers: list[Observer] = []
    with ExitStack() as stack:
        if recording.suffix.lower() == TRACE:
            source: SampleSource = TraceSource(recording)
            if annotate is not None:
                raise CallerError(f"{recording} is a trace, without pictures: ask for --plot.")
            progress = None
        else:
            camera = VideoFileCamera(recording)
            source = vision = VisionSource(camera, *shipped_models())
            progress = stack.enter_context(Progress(camera.frame_count))
            observers.append(progress)
            if annotate is not None:
                observers.append(stack.enter_context(Annotator(annotate, vision, camera.fps)))
        lines = stack.enter_context(text_file(happened or STDOUT))
        if plot is not None:
            observers.append(stack.enter_context(Plotter(plot, recording.name)))

        def observe(
            sample: LiftSample, counter: RepetitionCounter, known: list[events.LiftEvent]
        ) -> None:
            for observer in observers:
                observer.observe(sample, counter, known)

        def tell(line: str) -> None:
            if progress is not None:
                progress.clear()
            print(line, file=lines)

        counter = RepetitionCounter.population()
        for event in replay(source, counter, summary, practised, observe):
            tell(as_text(event) if to_a_person else json.dumps(as_json(event)))
        tell(summary_as_text(summary) if to_a_person else json.dumps(summary.as_json()))
    return 0
