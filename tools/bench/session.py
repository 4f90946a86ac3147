"""A part of a session through the whole device in real time, and how late its samples are.

`python -m tools.bench.session CLIP SECONDS TARGET` shows CLIP at its own pace as if it were a
camera, presses the button, and writes the figures to TARGET as JSON. A sample's delay runs from
the exposure of its frame (when the recording is due to show it) to the moment at which the loop
takes it up. The memory is that of the whole process, the video decoder that stands in for a
camera included.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
from pathlib import Path

from device.camera.paced import PacedCamera
from device.camera.video import VideoFileCamera
from device.clock import Clock, SystemClock
from device.inbox import ButtonDown, ButtonUp, LiveInbox, Stimulus, Stop, listen
from device.journal import JOURNAL_NAME
from device.journal.writer import Journal
from device.loop import Loop
from device.panel.terminal import TerminalPanel
from device.run import open_coach
from device.settings import Settings
from device.vision.runtime import DETECTOR, LANDMARKS, Model
from device.vision.sample import LiftSample, SampleSource
from device.vision.watcher import Watcher
from tools.bench.child import peak_mb

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


def main(clip: Path, seconds: float, target: Path) -> int:
    """Run a session on `clip` for so long; returns the exit code."""
    clock = SystemClock()
    video = VideoFileCamera(clip)
    watcher = Watcher(PacedCamera(video, clock.monotonic), Model(DETECTOR), Model(LANDMARKS))
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
        "frames": round(shown * video.fps) + 1,
        "cpu_share": cpu / (seconds + PRESS_AFTER_S),
        "peak_mb": peak_mb(),
    }
    target.write_text(json.dumps(figures), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3])))
