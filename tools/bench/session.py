"""A part of a session through the whole device in real time, and how late its samples are.

`python -m tools.bench.session SECONDS TARGET WIDTH HEIGHT RATE STARTED` shows the pictures on stdin
at their own pace as if they were a camera's, presses the button, and writes the figures to TARGET
as JSON. A sample's delay runs from the exposure of its frame (when the recording is due to show it)
to the moment at which the loop takes it up. The memory is that of the whole process; what decodes
the film is another, for a device has no films.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Self

from device.camera import Frame, PacedCamera
from device.clock import Clock, SystemClock
from device.errors import EndOfRecording
from device.inbox import ButtonDown, ButtonUp, LiveInbox, Stimulus, Stop, listen
from device.journal import JOURNAL_NAME, Journal
from device.loop import Loop
from device.panel import TerminalPanel
from device.run import open_coach
from device.sample import LiftSample, SampleSource
from device.settings import Settings
from device.vision import DETECTOR, LANDMARKS, Model, VisionSource
from tools.bench.child import next_picture, peak_mb

PRESS_AFTER_S = 1.0
PRESS_S = 0.1
SETTLED_S = 2.0
"""From the first sample: until then the models are read and the face is looked for."""


class _Timed(LiveInbox):
    """Notes how late each sample is when the loop takes it."""

    def __init__(self, source: SampleSource, clock: Clock) -> None:
        super().__init__(source, clock)
        self._now = clock
        self.taken: list[tuple[float, float]] = []

    def wait(self, until: float | None) -> Stimulus | None:
        stimulus = super().wait(until)
        if isinstance(stimulus, LiftSample):
            self.taken.append((stimulus.time, self._now.monotonic() - stimulus.time))
        return stimulus


class _Piped:
    """The recording on stdin, of so many frames a second."""

    live = False

    def __init__(self, width: int, height: int, rate: float) -> None:
        self._size = width, height
        self._rate = rate
        self._number = -1

    def start(self) -> None:
        pass

    def read(self, timeout: float) -> Frame | None:  # noqa: ARG002 (the other end is never late)
        pixels = next_picture(*self._size)
        if pixels is None:
            raise EndOfRecording("that was all")
        self._number += 1
        return Frame(pixels, self._number / self._rate, self._number)

    def stop(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        pass


def main(seconds: float, target: Path, size: tuple[int, int], rate: float) -> int:
    """Run a session on what stdin shows for so long; returns the exit code."""
    clock = SystemClock()
    recording = _Piped(*size, rate)
    watcher = VisionSource(
        PacedCamera(recording, clock.monotonic), Model(DETECTOR), Model(LANDMARKS)
    )
    inbox = _Timed(watcher, clock)
    settings = Settings()
    with (
        tempfile.TemporaryDirectory() as folder,
        Journal(Path(folder) / JOURNAL_NAME, clock) as journal,
        TerminalPanel(settings.pins, clock) as panel,
    ):
        listen(panel, inbox)
        plan = [
            threading.Timer(PRESS_AFTER_S, lambda: inbox.put(ButtonDown(clock.monotonic()))),
            threading.Timer(
                PRESS_AFTER_S + PRESS_S, lambda: inbox.put(ButtonUp(clock.monotonic()))
            ),
            threading.Timer(PRESS_AFTER_S + seconds, lambda: inbox.put(Stop())),
        ]
        for one in plan:
            one.start()
        before = time.process_time()
        Loop(inbox, open_coach(journal, settings), panel, journal, clock).run()
        cpu = time.process_time() - before
    first = inbox.taken[0][0]
    delays = [delay for at, delay in inbox.taken if at - first >= SETTLED_S]
    shown = inbox.taken[-1][0] - first
    figures = {
        "delays_s": delays,
        "samples": len(inbox.taken),
        "frames": round(shown * rate) + 1,
        "cpu_share": cpu / (seconds + PRESS_AFTER_S),
        "peak_mb": peak_mb(),
    }
    target.write_text(json.dumps(figures), encoding="utf-8")
    return 0


if __name__ == "__main__":
    _, seconds, target, width, height, rate, _ = sys.argv
    sys.exit(main(float(seconds), Path(target), (int(width), int(height)), float(rate)))
