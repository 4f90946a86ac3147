"""Virtual time for whole-device stories: it moves only by jumping, so a session takes no waiting.

After trio's MockClock. The loop under test is the device's own, and the stage is the demo's; here
it begins at a known time, with a clock that is trusted, and what people do is scripted.
"""

from __future__ import annotations

from collections.abc import Iterable

from device.clock import ClockReading, ClockSource
from device.desk import simulated_time
from device.inbox import Stimulus, Stop
from device.sample import SampleSource

NOON = 1_750_000_000.0
BEGINS_S = 100.0


class VirtualClock(simulated_time.SimulatedClock):
    """A stage's clock at a known time of a known day."""

    def __init__(self, source: ClockSource = ClockSource.RTC, wall: float = NOON) -> None:
        super().__init__(ClockReading("boot", BEGINS_S, wall, 3600, source))

    @property
    def now(self) -> float:
        return self.monotonic()


class VirtualInbox(simulated_time.SimulatedInbox):
    """Samples come at their own times, presses as scripted; after so many seconds it stops."""

    def __init__(
        self,
        clock: VirtualClock,
        source: SampleSource,
        presses: Iterable[tuple[float, Stimulus]] = (),
        until: float = 600.0,
    ) -> None:
        super().__init__(source, clock, paced=False)
        self._virtual = clock
        for due, press in presses:
            self.put_at(due, press)
        self.resume(until)

    def resume(self, until: float) -> None:
        """Let the story go on for so many seconds more."""
        self.put_at(self._virtual.now + until, Stop())
