"""Simulated time: a clock and an inbox with which every frame is seen, however slow the machine.

They are for the demo, in which this program makes both picture and person, and for tests. Loop,
coach, panel and journal are the device's own. Time jumps from one frame or deadline to the next;
it can be kept from going faster than real time, for somebody who watches.
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
"""How long a real disk may take to commit, seconds; in simulated time it takes none."""


class SimulatedClock:
    """A `SettableClock` that moves only when it is told to::

        clock = SimulatedClock()
        clock.advance_to(60.0)
        assert clock.monotonic() == 60.0

    It begins with the reading `began`; without one, at 0 s and the system's date.
    """

    def __init__(self, began: ClockReading | None = None) -> None:
        self._began = began or replace(SystemClock().reading(), monotonic=0.0)
        self._now = self._began.monotonic

    def monotonic(self) -> float:
        """Return the simulated time, seconds."""
        return self._now

    def reading(self) -> ClockReading:
        """Return everything known about the simulated time."""
        passed = self._now - self._began.monotonic
        return replace(self._began, monotonic=self._now, wall=self._began.wall + passed)

    def set_time(self, wall: float) -> TimeSetting:
        """Take over a time that a person set."""
        before = self.reading()
        self._began = replace(before, wall=wall)
        return TimeSetting(before, self.reading())

    def advance_to(self, to: float) -> None:
        """Let time pass until `to`, seconds; it never goes back."""
        self._now = max(self._now, to)


class SimulatedInbox:
    """An `Inbox` that reads each sample itself and lets simulated time pass until the next event.

    `paced` keeps it from going faster than real time. `put` may be called from any thread,
    `put_at` from the loop's.
    """

    def __init__(self, source: SampleSource, clock: SimulatedClock, *, paced: bool) -> None:
        self._source = source
        self._clock = clock
        self._paced = paced
        self._queue: queue.SimpleQueue[Stimulus] = queue.SimpleQueue()
        self._pending: deque[tuple[Future[None], cues.Cue]] = deque()
        self._coming: list[tuple[float, int, Stimulus]] = []
        self._order = itertools.count()
        self.watching = False
        self._sample: LiftSample | None = None
        self._real_ahead = time.monotonic() - clock.monotonic()

    def put(self, stimulus: Stimulus) -> None:
        """Hand over a stimulus, from any thread."""
        self._queue.put(stimulus)

    def put_at(self, due: float, stimulus: Stimulus) -> None:
        """Hand over a stimulus when it is `due`, seconds of simulated time."""
        heapq.heappush(self._coming, (due, next(self._order), stimulus))

    def expect(self, done: Future[None], cue: cues.Cue) -> None:
        """Put `Committed(cue)` once `done` is."""
        self._pending.append((done, cue))

    def watch(self, on: bool) -> None:
        """Switch the source on or off at once."""
        if on and not self.watching:
            self._source.start()
        elif not on:
            self._source.stop()
            self._sample = None
            self.put(SourceStopped())
        self.watching = on

    def wait(self, until: float | None) -> Stimulus | None:
        """Return the next stimulus, or None once `until` (seconds of simulated time) has come.

        If nothing is due at all, no simulated time passes, and None comes after `PATIENCE_S` of
        real time.
        """
        while self._pending:
            done, cue = self._pending.popleft()
            self.put(Committed(cue, _failure_of(done)))
        if self.watching and self._sample is None:
            self._read_sample()
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
        self._clock.advance_to(due)
        if self._coming and self._coming[0][0] <= due:
            return heapq.heappop(self._coming)[2]
        if sample is None or sample.time > due:
            return None
        self._sample = None
        return sample

    def _read_sample(self) -> None:
        try:
            self._sample = self._source.read(PATIENCE_S)
        except EndOfRecording:
            self.watching = False
            self.put(SourceEnded())
        except LiftLightError as error:
            self.watching = False
            self.put(SourceFailed(error))

    def _real_wait(self, due: float) -> float:
        """Return how long to wait in real time, seconds."""
        if due == math.inf:
            return PATIENCE_S
        if not self._paced:
            return 0.0
        now = time.monotonic()
        # Time lost on a slow machine is not made up for by going faster later.
        self._real_ahead = max(self._real_ahead, now - due)
        return max(0.0, due + self._real_ahead - now)


def _failure_of(done: Future[None]) -> BaseException | None:
    try:
        return done.exception(PATIENCE_S)
    except TimeoutError:
        return LiftLightError(
            f"the disk took nothing for {PATIENCE_S:.0f} s: free it, and try again"
        )
