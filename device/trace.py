"""A trace: the samples of one session as numbers in a text file. There is no picture in it.

Traces are kept only if the settings ask for them, and can be replayed through the real loop. The
first line of a file names the format and its version, the second the columns with their units;
then comes one sample a line, about 90 bytes. An empty figure is one that was not known. Times are
in seconds from the first sample. After a sudden end a file is readable up to its last whole line.

A session's file is named after its number, its boot and its first sample's monotonic milliseconds,
as in `000012-3f9a01c2-81234567.csv`, so that samples can be matched with the journal's rows.
"""

from __future__ import annotations

import contextlib
import math
import queue
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, Self

from device.clock import Clock, ClockReading
from device.errors import CallerError, CameraError, EndOfRecording, LiftLightError
from device.sample import LiftSample

TRACES: Final = "traces"
"""The folder of the traces, beside the journal and on a stick."""

MOST_KEPT: Final = 200
"""How many traces are kept; the oldest goes first. At three a week that is over a year."""

MOST_WAITING: Final = 10_000
"""How many samples may wait for the disk: over five minutes of them, some MB of memory."""

CLOSED_WITHIN_S: Final = 2.0
"""How long the end of the program waits for the disk to take them, seconds."""

_LOOK_AGAIN_S: Final = 60.0
"""How long the writing thread waits for something to write before it looks again, seconds."""

_FILES: Final = f"{'[0-9]' * 6}-*.csv"
_BOOT: Final = 8
"""How many characters of a boot's name are in a file's name."""
_CAMERA_STARTS_WITHIN_S: Final = 30.0
"""How long after a session's start its first sample may come."""

MAX_BYTES: Final = 2_000_000
"""The largest trace: about 13 minutes at 30 samples a second, longer than any session."""

_TITLE: Final = "# LiftLight trace, version "
_VERSION: Final = "1"

# The columns after time and face: the sample's field, its unit, and the decimals worth keeping.
# The signal's noise at rest is 0.0015, so that rounding it to 0.0001 loses nothing.
_FIGURES: Final = (
    ("brightness", "", 0),
    ("lift", "", 4),
    ("left", "", 4),
    ("right", "", 4),
    ("mouth_open", "", 3),
    ("yaw", "_deg", 1),
    ("pitch", "_deg", 1),
    ("roll", "_deg", 1),
    ("x", "", 3),
    ("y", "", 3),
    ("size", "", 3),
    ("quality", "", 2),
    ("seen_left", "", 3),
    ("seen_right", "", 3),
    ("jaw", "", 3),
    ("eyes_open", "", 2),
)
_COLUMNS: Final = ",".join(["time_s", "face", *(name + unit for name, unit, _ in _FIGURES)])
_FIRST: Final = _COLUMNS.partition(",seen_")[0]
_OLDER: Final = (_FIRST, f"{_FIRST},cheek,cheek_quality", _COLUMNS.partition(",jaw")[0])
"""The columns of traces that were recorded before the lift network, or before the jaw and the eyes
were told; what the skin of the cheeks said is not used any more."""
_FIELDS: Final = {name + unit: name for name, unit, _ in _FIGURES}
_TIME_DECIMALS: Final = 3
_LARGEST: Final = 1e9
"""No figure of a face, and no time in seconds, is as large as this."""
_DUE_S: Final = 0.001
"""A sample that is due within this time is due."""


class TraceWriter:
    """Writes samples to `path`, each whole line at once, replacing what was there::

        with TraceWriter("session.csv") as trace:
            trace.append(sample)

    Raises CallerError if the file cannot be made, LiftLightError if its disk fails.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._origin: float | None = None
        self._last = -math.inf
        self._bytes = 0
        try:
            # Line by line, so that a crash of the program loses no line.
            self._file = self.path.open("w", encoding="ascii", buffering=1, newline="\n")
        except OSError as error:
            raise CallerError(
                f"the trace {self.path} cannot be written ({error.strerror}): name a file in a "
                "folder that exists and is yours"
            ) from error
        self._write(f"{_TITLE}{_VERSION}\n{_COLUMNS}\n")

    @property
    def full(self) -> bool:
        """Whether the trace has reached its largest size; further samples are left out."""
        return self._bytes >= MAX_BYTES

    def append(self, sample: LiftSample) -> None:
        """Write one sample, unless it is less than a millisecond later than the last.

        Raises LiftLightError if the disk fails, but only once: the file is closed then, so that
        the session can go on without its trace.
        """
        if self._origin is None:
            self._origin = sample.time
        time = round(sample.time - self._origin, _TIME_DECIMALS)
        if self.full or self._file.closed or time <= self._last:
            return
        self._last = time
        figures = [_text(getattr(sample, name), decimals) for name, _, decimals in _FIGURES]
        self._write(",".join([_text(time, _TIME_DECIMALS), str(int(sample.face)), *figures]) + "\n")

    def close(self) -> None:
        """Close the file; may be called twice. Raises LiftLightError if the disk fails."""
        try:
            self._file.close()
        except OSError as error:
            raise self._failed(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _write(self, text: str) -> None:
        try:
            self._file.write(text)
        except OSError as error:
            with contextlib.suppress(OSError):
                self._file.close()
            raise self._failed(error) from error
        self._bytes += len(text)

    def _failed(self, error: OSError) -> LiftLightError:
        return LiftLightError(
            f"the trace {self.path} could not be written ({error.strerror}): make room on its disk"
        )


class TraceSource:
    """A `SampleSource` that gives every sample of a trace, in order::

        with TraceSource("session.csv") as source:
            source.start()
            first = source.read(timeout=0.0)  # after the last sample it raises EndOfRecording

    Without a clock it is a recording: `read` gives the next sample at once, its time counted
    from the first. With a clock it is live: the first sample is due when it is started, each has
    the monotonic time at which it is due, and `read` waits for it. Unlike a camera it drops
    nothing: a reader that comes late catches up, so that a trace always counts the same.

    The constructor raises CallerError if `path` is no trace or a broken one.
    """

    def __init__(self, path: str | Path, clock: Clock | None = None) -> None:
        self.path = Path(path)
        self.live = clock is not None
        self._clock = clock
        self._samples = _samples(self.path)
        self._stopped = threading.Event()
        self._stopped.set()
        self._next = 0
        self._origin = 0.0

    def start(self) -> None:
        """Begin with the first sample."""
        if self._stopped.is_set():
            self._stopped.clear()
            self._next = 0
            self._origin = 0.0 if self._clock is None else self._clock.monotonic()

    def read(self, timeout: float) -> LiftSample | None:
        """Return the next sample, or None if it is not due within `timeout` seconds.

        Raises EndOfRecording after the last sample, CameraError if it was not started.
        """
        if self._stopped.is_set():
            raise CameraError(f"the trace {self.path} is read before it was started")
        if self._next == len(self._samples):
            raise EndOfRecording(f"the trace {self.path} has ended")
        sample = self._samples[self._next]
        if self._clock is not None:
            sample = replace(sample, time=self._origin + sample.time)
            early = sample.time - self._clock.monotonic()
            if early > 0.0:
                self._stopped.wait(min(early, timeout))
                if sample.time - self._clock.monotonic() > _DUE_S:
                    return None
        self._next += 1
        return sample

    def stop(self) -> None:
        """Stop; started again, it begins anew."""
        self._stopped.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()


class SessionTraces:
    """Writes one trace a session into `folder`, and deletes the oldest beyond `MOST_KEPT`::

        with SessionTraces(data / TRACES, clock) as traces:
            traces.begin()
            traces.append(sample)
            traces.end()

    It writes on a thread of its own, so that no cue waits for the disk. If a trace cannot be
    written, or its disk is too slow, stderr says so once, and the session goes on without it.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._behind = False
        self._boot: str | None = None
        """The boot for the name of the file that the next sample opens."""
        self._file: TraceWriter | None = None
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="traces", daemon=True)
        self._thread.start()

    def begin(self) -> None:
        """Have the next sample open a new file."""
        self._behind = False
        self._tasks.put(partial(self._begin, _short(self._clock.reading().boot)))

    def append(self, sample: LiftSample) -> None:
        """Have one sample written, unless the file is full or failed."""
        if self._behind:
            return
        if self._tasks.qsize() >= MOST_WAITING:
            self._behind = True
            sys.stderr.write("liftlight: this session's trace ends here: its disk is too slow\n")
            return
        self._tasks.put(partial(self._append, sample))

    def end(self) -> None:
        """Have the file closed, if one is open."""
        self._tasks.put(self._end)

    def close(self) -> None:
        """Wait until all is written, or `CLOSED_WITHIN_S` at most; may be called twice."""
        self._tasks.put(self._end)
        self._tasks.put(None)
        self._thread.join(CLOSED_WITHIN_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # All below runs on the writing thread.

    def _work(self) -> None:
        while True:
            try:
                task = self._tasks.get(timeout=_LOOK_AGAIN_S)
                if task is None:
                    return
                task()
            except queue.Empty:
                continue
            except (OSError, ValueError, LiftLightError) as error:
                self._file = None
                sys.stderr.write(f"liftlight: this session keeps no trace: {error}\n")

    def _begin(self, boot: str) -> None:
        try:
            self._end()
        finally:
            self._boot = boot

    def _append(self, sample: LiftSample) -> None:
        boot, self._boot = self._boot, None
        if boot is not None:
            self._file = self._new(boot, sample.time)
        if self._file is not None:
            self._file.append(sample)

    def _end(self) -> None:
        self._boot = None
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _new(self, boot: str, time: float) -> TraceWriter:
        self._folder.mkdir(parents=True, exist_ok=True)
        kept = sorted(self._folder.glob(_FILES))
        for old in kept[: max(0, len(kept) - MOST_KEPT + 1)]:
            old.unlink()
        number = int(kept[-1].stem.partition("-")[0]) + 1 if kept else 1
        return TraceWriter(self._folder / f"{number:06}-{boot}-{round(time * 1e3)}.csv")


def samples_of(folder: Path, started: ClockReading) -> list[LiftSample]:
    """Return the samples of the session that began at `started`, timed in its boot's seconds.

    The list is empty if no trace of it was kept, or none that can be read.
    """
    for path in sorted(folder.glob(f"[0-9]*-{_short(started.boot)}-*.csv"), reverse=True):
        try:
            first = int(path.stem.rpartition("-")[2]) / 1e3
            if 0.0 <= first - started.monotonic + 1.0 <= _CAMERA_STARTS_WITHIN_S:
                return [replace(sample, time=first + sample.time) for sample in _read(path)]
        except (ValueError, LiftLightError):
            continue
    return []


def _text(value: float, decimals: int) -> str:
    """Return a figure without needless zeros: 0.1400 is `.14`. What can be none is empty."""
    if not abs(value) <= _LARGEST:
        return ""
    text = f"{value:.{decimals}f}"
    if decimals:
        text = text.rstrip("0").rstrip(".")
    if text in ("0", "-0"):
        return "0"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def _samples(path: Path) -> list[LiftSample]:
    try:
        if path.exists() and not path.is_file():
            raise CallerError(f"the trace {path} is no file: name one")
        text = path.read_text(encoding="ascii")
    except FileNotFoundError as error:
        raise CallerError(f"the trace {path} is not there: check its name") from error
    except OSError as error:
        raise CallerError(
            f"the trace {path} cannot be read ({error.strerror}): check its disk"
        ) from error
    except UnicodeDecodeError as error:
        raise CallerError(f"{path} is no LiftLight trace: name one") from error
    # After the last newline there is nothing, or a line that a sudden end cut short.
    lines = text.split("\n")[:-1]
    title = lines[0] if lines else text
    if not title.startswith(_TITLE):
        raise CallerError(
            f"{path} is no LiftLight trace, whose first line says that it is one: name another"
        )
    if title != _TITLE + _VERSION:
        raise CallerError(
            f"{path} line 1: a trace of version {title.removeprefix(_TITLE)}, and this LiftLight "
            f"reads version {_VERSION}: update LiftLight"
        )
    if len(lines) < 2 or lines[1] not in (_COLUMNS, *_OLDER):
        raise CallerError(f"{path} line 2: the columns are not {_COLUMNS}: record it again")
    samples: list[LiftSample] = []
    for number, line in enumerate(lines[2:], start=3):
        try:
            after = samples[-1].time if samples else -math.inf
            samples.append(_sample(line, lines[1].split(","), after))
        except ValueError as error:
            raise CallerError(
                f"{path} line {number}: {error}: correct the line or cut the file before it"
            ) from error
    if not samples:
        raise CallerError(f"{path} holds no samples: record it again")
    return samples


def _sample(line: str, columns: list[str], after: float) -> LiftSample:
    """Return the sample of one line; raises ValueError saying what is wrong with it."""
    fields = line.split(",")
    if len(fields) != len(columns):
        raise ValueError(f"{len(fields)} fields where there should be {len(columns)}")
    time = _number("time_s", fields[0])
    if not time > after:
        raise ValueError(f"time_s {fields[0]} is not later than the line before")
    if fields[1] not in ("0", "1"):
        raise ValueError(f"face {fields[1]!r} is neither 0 nor 1")
    figures = {
        _FIELDS[name]: _number(name, field)
        for name, field in zip(columns[2:], fields[2:], strict=True)
        if field and name in _FIELDS
    }
    return LiftSample(time, fields[1] == "1", **figures)


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) <= _LARGEST:
        raise ValueError(f"{name} {text!r} is no number, or too large a one")
    return value


def _read(path: Path) -> list[LiftSample]:
    samples = []
    with TraceSource(path) as source:
        source.start()
        try:
            while (sample := source.read(0.0)) is not None:
                samples.append(sample)
        except EndOfRecording:
            pass
    return samples


def _short(boot: str) -> str:
    """Return the part of a boot's name that goes into a file's name."""
    return "".join(letter for letter in boot if letter.isalnum())[:_BOOT]
