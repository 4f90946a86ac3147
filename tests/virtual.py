"""Virtual time for whole-device stories: it moves only by jumping, so a session takes no waiting.

After trio's MockClock. The loop under test is the device's own; only time and the world's side of
the inbox are turned by hand.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future

from device.clock import ClockReading, ClockSource, TimeSetting
from device.coach.cues import Cue
from device.errors import EndOfRecording, LiftLightError
from device.inbox import Committed, SourceEnded, SourceFailed, Stimulus, Stop
from device.vision.sample import LiftSample, SampleSource

NOON = 1_750_000_000.0
PATIENCE_S = 10.0
"""How long a real disk may take before a story gives up on it."""


class VirtualClock:
    """A clock that somebody turns."""

    def __init__(self, source: ClockSource = ClockSource.RTC, wall: float = NOON) -> None:
        self.now = 100.0
        self._wall = wall - self.now
        self._source = source

    def monotonic(self) -> float:
        return self.now

    def reading(self) -> ClockReading:
        return ClockReading("boot", self.now, self._wall + self.now, 3600, self._source)

    def set_time(self, wall: float) -> TimeSetting:
        before = self.reading()
        self._wall = wall - self.now
        return TimeSetting(before, self.reading())

    def jump(self, to: float) -> None:
        self.now = max(self.now, to)


class VirtualInbox:
    """Samples come at their own times, presses as scripted, and the clock jumps to each."""

    def __init__(
        self,
        clock: VirtualClock,
        source: SampleSource,
        presses: Iterable[tuple[float, Stimulus]] = (),
        until: float = 600.0,
    ) -> None:
        self._clock = clock
        self._source = source
        self._presses = deque(sorted(presses, key=lambda press: press[0]))
        self._until = clock.now + until
        self._ready: deque[Stimulus] = deque()
        self._pending: deque[tuple[Future[None], Cue]] = deque()
        self._sample: LiftSample | None = None
        self.watching = False

    def resume(self, until: float) -> None:
        """Let the story go on for so many seconds more."""
        self._until = self._clock.now + until

    def put(self, stimulus: Stimulus) -> None:
        self._ready.append(stimulus)

    def expect(self, done: Future[None], cue: Cue) -> None:
        self._pending.append((done, cue))

    def watch(self, on: bool) -> None:
        if on and not self.watching:
            self._source.start()
        elif not on:
            self._source.stop()
            self._sample = None
        self.watching = on

    def wait(self, until: float | None) -> Stimulus | None:
        # In virtual time the disk takes no time at all; in real time we wait for it here.
        while self._pending:
            done, cue = self._pending.popleft()
            self._ready.append(Committed(cue, done.exception(PATIENCE_S)))
        if self._ready:
            return self._ready.popleft()
        if self._clock.now >= self._until:
            return Stop()
        if self.watching and self._sample is None and (end := self._look()) is not None:
            return end
        return self._come_to_next(self._until if until is None else min(until, self._until))

    def _look(self) -> Stimulus | None:
        """Fetch the next sample, or return why there is none."""
        try:
            self._sample = self._source.read(PATIENCE_S)
        except EndOfRecording:
            self.watching = False
            return SourceEnded()
        except LiftLightError as error:
            self.watching = False
            return SourceFailed(error)
        return None

    def _come_to_next(self, due: float) -> Stimulus | None:
        """Jump to the next press or sample and return it, or to `due` if that comes first."""
        sample, press = self._sample, self._presses[0] if self._presses else None
        if press is not None and press[0] <= min(due, sample.time if sample else due):
            self._presses.popleft()
            self._clock.jump(press[0])
            return press[1]
        if sample is not None and sample.time <= due:
            self._sample = None
            self._clock.jump(sample.time)
            return sample
        self._clock.jump(due)
        return None
