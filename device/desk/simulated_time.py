"""A stage: its own time, in which every frame is seen however slow the machine is.

For the demo, in which picture and person are made by this program, and for the tests' stories. The
loop, coach, panel and journal are the device's own; only the clock and the inbox are the stage's.
Time goes from one frame or deadline to the next, and never faster than life when somebody watches.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import math
import queue
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import replace

from device.clock import ClockReading, SystemClock, TimeSetting
from device.coach import cues
from device.errors import EndOfRecording, LiftLightError
from device.inbox import Committed, SourceEnded, SourceFailed, SourceStopped, Stimulus
from device.sample import LiftSample, SampleSource

PATIENCE_S = 10.0
"""How long a real disk may take to commit; on the stage it takes no time."""


class StageClock:
    """The stage's time: it moves when the inbox moves it.

    It begins as `began` says; without, at 0 s on the day that it is.
    """

    def __init__(self, began: ClockReading | None = None) -> None:
        self._began = began or replace(SystemClock().reading(), monotonic=0.0)
        self._now = self._began.monotonic

    def monotonic(self) -> float:
        """Seconds on the stage."""
        return self._now

    def reading(self) -> ClockReading:
        """Return all clocks of the stage."""
        passed = self._now - self._began.monotonic
        return replace(self._began, monotonic=self._now, wall=self._began.wall + passed)

    def set_time(self, wall: float) -> TimeSetting:
        """Take over a time that a person set."""
        before = self.reading()
        self._began = replace(before, wall=wall)
        return TimeSetting(before, self.reading())

    def go_on(self, to: float) -> None:
        """Let time pass until `to`; it never goes back."""
        self._now = max(self._now, to)


class StageInbox:
    """An `Inbox` that fetches each frame itself and lets time pass until the next thing happens.

    `paced` keeps it from going faster than life. `put` may be called from any thread, `put_at` from
    the loop's.
    """

    def __init__(self, source: SampleSource, clock: StageClock, *, paced: bool) -> None:
        self._source = source
        self._clock = clock
        self._paced = paced
        self._queue: queue.SimpleQueue[Stimulus] = queue.SimpleQueue()
        self._pending: deque[tuple[Future[None], cues.Cue]] = deque()
        self._coming: list[tuple[float, int, Stimulus]] = []
        self._order = itertools.count()
        self.watching = False
        self._sample: LiftSample | None = None
        self._life = time.monotonic() - clock.monotonic()

    def put(self, stimulus: Stimulus) -> None:
        """Hand over a stimulus, from any thread."""
        self._queue.put(stimulus)

    def put_at(self, due: float, stimulus: Stimulus) -> None:
        """Hand over a stimulus when it is `due`, seconds on the stage."""
        heapq.heappush(self._coming, (due, next(self._order), stimulus))

    def expect(self, done: Future[None], cue: cues.Cue) -> None:
        """Put `Committed(cue)` once `done` is."""
        self._pending.append((done, cue))

    def watch(self, on: bool) -> None:
        """Open or close the eyes."""
        if on and not self.watching:
            self._source.start()
        elif not on:
            self._source.stop()
            self._sample = None
            self.put(SourceStopped())
        self.watching = on

    def wait(self, until: float | None) -> Stimulus | None:
        """Return the next stimulus, or None once `until` (seconds on the stage) has come.

        If nothing is due at all no time passes here, and None comes after `PATIENCE_S` of life.
        """
        while self._pending:
            done, cue = self._pending.popleft()
            self.put(Committed(cue, done.exception(PATIENCE_S)))
        if self.watching and self._sample is None:
            self._look()
        sample = self._sample
        due = math.inf if until is None else until
        if sample is not None:
            due = min(due, sample.time)
        if self._coming:
            due = min(due, self._coming[0][0])
        with contextlib.suppress(queue.Empty):
            return self._queue.get(timeout=self._real_wait(due))
        if due == math.inf:
            return None
        self._clock.go_on(due)
        if self._coming and self._coming[0][0] <= due:
            return heapq.heappop(self._coming)[2]
        if sample is None or sample.time > due:
            return None
        self._sample = None
        return sample

    def _look(self) -> None:
        try:
            self._sample = self._source.read(PATIENCE_S)
        except EndOfRecording:
            self.watching = False
            self.put(SourceEnded())
        except LiftLightError as error:
            self.watching = False
            self.put(SourceFailed(error))

    def _real_wait(self, due: float) -> float:
        """Return how long the stage still waits in real time, seconds."""
        if due == math.inf:
            return PATIENCE_S
        if not self._paced:
            return 0.0
        now = time.monotonic()
        # Behind life, as on a slow machine: it is not caught up with.
        self._life = max(self._life, now - due)
        return max(0.0, due + self._life - now)
