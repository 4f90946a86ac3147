"""The coach: button, samples, clock and faults in; cues, events and requests out.

Theory of operation
-------------------
Here is what the outside meets: each input is checked, brings the device up to its time, is handed
to `conduct.py`, which does what follows, and returns what was said. Nothing here waits:
`next_deadline` says when `tick` is wanted; an input with a later time does the same. An input
that cannot be true raises IllegalInput and changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from device.clock import ClockReading, TimeSetting
from device.coach.appliance import State
from device.coach.conduct import Conduct, Output
from device.coach.cues import CueKind
from device.coach.events import Copied, Fault, FaultKind
from device.coach.exercises import CHEEK_LIFTER, Exercise
from device.coach.history import History, UnfinishedSession
from device.coach.repetitions import RepetitionCounter
from device.coach.session import Session
from device.coach.transitions import IllegalInput
from device.vision.sample import LiftSample

__all__ = ["Coach", "Output"]


class Coach:
    """The whole device without its hardware.

    `history` is what the journal knows, `unfinished` the session it saw begin and not end. The
    first `clock` wakes it. All times are seconds of one monotonic clock, that of
    `ClockReading.monotonic` and of live samples. Every input returns what follows from it, in
    order; a cue that is `durable` comes after the event it announces.
    """

    def __init__(
        self,
        history: History,
        unfinished: UnfinishedSession | None = None,
        exercise: Exercise = CHEEK_LIFTER,
        new_counter: Callable[[], RepetitionCounter] = RepetitionCounter.population,
    ) -> None:
        self._conduct = Conduct(history, unfinished, lambda: Session(exercise, new_counter()))

    def clock(self, reading: ClockReading) -> list[Output]:
        """Take a reading of all clocks: the first wakes the device, then one a minute will do."""
        self._come_to(reading.monotonic, reading.wall)
        self._conduct.read_clock(reading)
        return self._conduct.taken()

    def feed(self, sample: LiftSample) -> list[Output]:
        """Take a sample; one that comes outside a session, or without a time, says nothing."""
        if math.isfinite(sample.time):
            self._come_to(sample.time)
            self._conduct.see(sample)
        return self._conduct.taken()

    def button_down(self, time: float) -> list[Output]:
        """The button went down."""
        self._come_to(time)
        self._conduct.button_down(time)
        return self._conduct.taken()

    def button_up(self, time: float) -> list[Output]:
        """The button came up."""
        self._come_to(time)
        self._conduct.button_up(time)
        return self._conduct.taken()

    def tick(self, time: float) -> list[Output]:
        """It is `time`."""
        self._come_to(time)
        return self._conduct.taken()

    def fault(self, fault: Fault) -> list[Output]:
        """Something broke. A session ends and is kept; nothing new begins until it is mended."""
        self._come_to(fault.time)
        self._conduct.break_down(fault)
        return self._conduct.taken()

    def fault_cleared(self, time: float, kind: FaultKind) -> list[Output]:
        """What broke works again."""
        self._come_to(time)
        self._conduct.mend(time, kind)
        return self._conduct.taken()

    def offer_time(self, time: float, wall: float) -> list[Output]:
        """A stick names the minute `wall` (seconds since 1970, UTC): a press then will set it."""
        self._come_to(time, wall)
        self._conduct.offer_time(time, wall)
        return self._conduct.taken()

    def time_set(self, setting: TimeSetting) -> list[Output]:
        """The time was set as asked by `SetTime`; what says so waits until that is on the disk."""
        self._come_to(setting.after.monotonic, setting.after.wall)
        self._conduct.take_time(setting)
        return self._conduct.taken()

    def copy_begun(self, time: float) -> list[Output]:
        """The log is being copied to a stick."""
        self._come_to(time)
        self._conduct.say_copy_begun(time)
        return self._conduct.taken()

    def copy_ended(self, time: float, problem: str | None = None) -> list[Output]:
        """The log is on the stick, or `problem` kept it from there; said once no session runs."""
        self._come_to(time)
        failed = None if problem is None else Fault(time, FaultKind.STICK, problem)
        self._conduct.end_copy(time, failed or Copied(time))
        return self._conduct.taken()

    def shown(self, kind: CueKind, time: float) -> list[Output]:
        """A cue of this `kind` that waited for the disk is perceived only now."""
        self._come_to(time)
        self._conduct.note_shown(kind, time)
        return self._conduct.taken()

    def next_deadline(self) -> float | None:
        """When `tick` is wanted next, seconds; None if only an input can change anything."""
        return self._conduct.next_deadline()

    @property
    def state(self) -> State:
        """What the device is doing."""
        return self._conduct.state

    @property
    def history(self) -> History:
        """All that is known of the past, with what happened since it woke."""
        return self._conduct.past.history

    def hushed(self, time: float) -> bool:
        """Whether a press at `time` is answered by light alone: it is night, and nothing runs."""
        busy = self.state in (State.SESSION, State.MASSAGE)
        return not busy and self._conduct.past.is_night(time) is True

    def _come_to(self, time: float, wall: float = 0.0) -> None:
        if not (math.isfinite(time) and math.isfinite(wall)):
            raise IllegalInput("coach: a time that is no number")
        self._conduct.advance(time)
