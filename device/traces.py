"""Traces of sessions, kept by choice: the numbers that a session saw, one file each.

A file is named after its number, its boot and its first sample's monotonic milliseconds, as in
`000012-3f9a01c2-81234567.csv`: so the journal's rows and the samples are of one time.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from device.clock import Clock, ClockReading
from device.errors import EndOfRecording, LiftLightError
from device.vision.sample import LiftSample
from device.vision.trace import TraceSource, TraceWriter

TRACES = "traces"
"""Their folder, beside the journal and on a stick."""

MOST_KEPT = 200
"""Files kept; the oldest goes first. At three sessions a week that is over a year."""

_FILES = "[0-9]*.csv"
_BOOT = 8
_CAMERA_STARTS_WITHIN_S = 30.0


class SessionTraces:
    """Writes one trace a session into `folder`.

    A trace is a convenience: if it cannot be written, that is said once on stderr and the session
    goes on without.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._waiting = False
        self._writer: TraceWriter | None = None

    def begin(self) -> None:
        """Have the next sample open a new file."""
        self.end()
        self._waiting = True

    def append(self, sample: LiftSample) -> None:
        """Write one sample, unless the file is full or failed."""
        try:
            if self._waiting:
                self._waiting = False
                self._writer = self._new(sample.time)
            if self._writer is not None and not self._writer.full:
                self._writer.append(sample)
        except (OSError, ValueError, LiftLightError) as error:
            self._give_up(error)

    def end(self) -> None:
        """Close the file, if one is open."""
        self._waiting = False
        writer, self._writer = self._writer, None
        if writer is not None:
            try:
                writer.close()
            except LiftLightError as error:
                self._give_up(error)

    def _new(self, time: float) -> TraceWriter:
        self._folder.mkdir(parents=True, exist_ok=True)
        kept = sorted(self._folder.glob(_FILES))
        for old in kept[: max(0, len(kept) - MOST_KEPT + 1)]:
            old.unlink()
        number = int(kept[-1].stem.partition("-")[0]) + 1 if kept else 1
        boot = _short(self._clock.reading().boot)
        return TraceWriter(self._folder / f"{number:06}-{boot}-{round(time * 1e3)}.csv")

    def _give_up(self, error: Exception) -> None:
        self._writer = None
        sys.stderr.write(f"liftlight: this session keeps no trace: {error}\n")


def samples_of(folder: Path, started: ClockReading) -> list[LiftSample]:
    """Return what the session that began at `started` saw, in monotonic seconds of its boot.

    Empty if no trace of it was kept, or none that can be read.
    """
    for path in sorted(folder.glob(f"[0-9]*-{_short(started.boot)}-*.csv"), reverse=True):
        try:
            first = int(path.stem.rpartition("-")[2]) / 1e3
            if 0.0 <= first - started.monotonic + 1.0 <= _CAMERA_STARTS_WITHIN_S:
                return [replace(sample, time=first + sample.time) for sample in _read(path)]
        except (ValueError, LiftLightError):
            continue
    return []


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
