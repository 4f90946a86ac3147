"""The whole device in real time: how late its samples are, its memory, and what waiting costs.

`python -m tools.bench.live SECONDS TARGET WIDTH HEIGHT RATE STARTED` is the session under test,
which `session` starts as a process of its own. It shows the pictures on stdin at their own pace as
if they were a camera's, presses the button, and writes the figures to TARGET as JSON. A sample's
delay runs from the exposure of its frame (when the recording is due to show it) to the moment at
which the loop takes it up. The memory is that of the whole process; the film is decoded in another,
for a device has no films.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
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
from tools.bench.child import next_picture, peak_mb
from tools.bench.compare import show
from tools.clips import vision
from tools.environment import ROOT, ToolError

SESSION_S = 20.0
IDLE_S = 20.0
SETTLE_S = 3.0
ENDS_WITHIN_S = 30.0

PRESS_AFTER_S = 1.0
PRESS_S = 0.1
SETTLED_S = 2.0
"""Time after the first sample in which delays are not counted: the models are still being read
and the face is being found."""


@dataclass(frozen=True, slots=True)
class Session:
    """A part of a session in real time."""

    delays_s: list[float]
    """For each sample, the time from its frame's exposure until the loop took it up."""
    samples: int
    frames: int
    """Frames that the camera showed; those without a sample were dropped as late."""
    cpu_share: float
    """CPU time over time from the press on, 1 is a whole core."""
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Idle:
    """`liftlight run`, waiting for its button."""

    ready_s: float
    """From starting the process to its `ready` cue."""
    ready_cpu_s: float
    """CPU time it had used by then."""
    cpu_share: float
    """CPU time over time while it waits, 1 is a whole core."""


def session(clip: Path) -> Session:
    """Run the device on `clip` in real time; raises ToolError if it fails."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "figures.json"
        show(clip, [sys.executable, "-m", "tools.bench.live", str(SESSION_S), str(target)])
        return Session(**json.loads(target.read_text(encoding="utf-8")))


def idle(clip: Path) -> Idle:
    """Start `liftlight run` with `clip` for a camera, wait until it is ready, and watch it wait.

    Raises ToolError if it ends before it is ready.
    """
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        with subprocess.Popen(
            [
                sys.executable, "-m", "device", "run",
                "--camera", f"video:{clip}", "--panel", "terminal", "--data", folder,
            ],
            cwd=ROOT,
            env=dict(os.environ, PYTHONUNBUFFERED="1"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as device:  # fmt: skip
            assert device.stdout is not None
            try:
                for line in device.stdout:
                    if " ready " in line:
                        break
                else:
                    raise ToolError("`liftlight run` ended before it was ready")
                ready, ready_cpu = time.monotonic() - started, _cpu_s(device.pid)
                time.sleep(SETTLE_S)
                before, since = _cpu_s(device.pid), time.monotonic()
                time.sleep(IDLE_S)
                share = (_cpu_s(device.pid) - before) / (time.monotonic() - since)
                device.terminate()
                with suppress(subprocess.TimeoutExpired):
                    device.communicate(timeout=ENDS_WITHIN_S)
            finally:
                device.kill()
    return Idle(ready_s=ready, ready_cpu_s=ready_cpu, cpu_share=share)


def _cpu_s(process: int) -> float:
    """Return the CPU time of all threads of a process so far, seconds."""
    # The name in the second field may hold spaces; the rest follows its closing bracket.
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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


class _PipedCamera:
    """Shows the pictures on stdin, which are of one size, as a recording of so many a second."""

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
    """Run a session on what stdin shows for so many seconds; return the exit code."""
    clock = SystemClock()
    source = vision(PacedCamera(_PipedCamera(*size, rate), clock.monotonic))
    inbox = _Timed(source, clock)
    settings = Settings()
    with (
        tempfile.TemporaryDirectory() as folder,
        Journal(Path(folder) / JOURNAL_NAME, clock) as journal,
        TerminalPanel(settings.pins, clock) as panel,
    ):
        listen(panel, inbox)
        used: list[float] = []

        def press() -> None:
            used.append(time.process_time())
            inbox.put(ButtonDown(clock.monotonic()))

        plan = [
            threading.Timer(PRESS_AFTER_S, press),
            threading.Timer(
                PRESS_AFTER_S + PRESS_S, lambda: inbox.put(ButtonUp(clock.monotonic()))
            ),
            threading.Timer(PRESS_AFTER_S + seconds, lambda: inbox.put(Stop())),
        ]
        for one in plan:
            one.start()
        Loop(inbox, open_coach(journal, settings), panel, journal, clock).run()
        cpu = time.process_time() - used[0]
    first = inbox.taken[0][0]
    delays = [delay for at, delay in inbox.taken if at - first >= SETTLED_S]
    shown = inbox.taken[-1][0] - first
    figures = {
        "delays_s": delays,
        "samples": len(inbox.taken),
        "frames": round(shown * rate) + 1,
        "cpu_share": cpu / seconds,
        "peak_mb": peak_mb(),
    }
    target.write_text(json.dumps(figures), encoding="utf-8")
    return 0


if __name__ == "__main__":
    _, seconds, target, width, height, rate, _ = sys.argv
    sys.exit(main(float(seconds), Path(target), (int(width), int(height)), float(rate)))
