"""Traces of sessions, kept by choice: the numbers that a session saw, one file each."""

from __future__ import annotations

import sys
from pathlib import Path

from device.errors import LiftLightError
from device.vision.sample import LiftSample
from device.vision.trace import TraceWriter

MOST_KEPT = 200
"""Files kept; the oldest goes first. At three sessions a week that is over a year."""


class SessionTraces:
    """Writes one trace a session into `folder`, named by number.

    A trace is a convenience: if it cannot be written, that is said once on stderr and the session
    goes on without.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writer: TraceWriter | None = None

    def begin(self) -> None:
        """Open the next file."""
        self.end()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            kept = sorted(self._folder.glob("[0-9]*.csv"))
            for old in kept[: max(0, len(kept) - MOST_KEPT + 1)]:
                old.unlink()
            number = int(kept[-1].stem) + 1 if kept else 1
            self._writer = TraceWriter(self._folder / f"{number:06}.csv")
        except (OSError, ValueError, LiftLightError) as error:
            self._give_up(error)

    def append(self, sample: LiftSample) -> None:
        """Write one sample, unless the file is full or failed."""
        if self._writer is None or self._writer.full:
            return
        try:
            self._writer.append(sample)
        except LiftLightError as error:
            self._give_up(error)

    def end(self) -> None:
        """Close the file, if one is open."""
        writer, self._writer = self._writer, None
        if writer is not None:
            try:
                writer.close()
            except LiftLightError as error:
                self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        self._writer = None
        sys.stderr.write(f"liftlight: this session keeps no trace: {error}\n")
