"""What the coach knows of the past and of the time: its history, and the last clock reading."""

from __future__ import annotations

from dataclasses import replace

from device.clock import ClockReading, TimeSetting
from device.coach.events import Ending, SessionEnded
from device.coach.history import History, PastSession, UnfinishedSession, interrupted_end
from device.coach.rest import DAY_S, HOUR_S, RestVerdict, decide
from device.coach.transitions import IllegalInput

NIGHT = (22, 7)
"""From and to which hour, local time, it is night."""


class Past:
    """The journal's history, carried on with what has happened since it was read.

    Times are monotonic seconds. Until the first reading no time can be told, and what needs one
    raises IllegalInput.
    """

    def __init__(self, history: History) -> None:
        self.history = history
        self._reading: ClockReading | None = None

    @property
    def knows_the_time(self) -> bool:
        """Whether there was a clock reading yet."""
        return self._reading is not None

    def read_clock(self, reading: ClockReading) -> None:
        """Take a reading of all clocks."""
        self._reading = reading
        self.history = self.history.at(reading)

    def now(self, time: float) -> ClockReading:
        """Return the last reading, carried on to `time`."""
        last = self._reading
        if last is None:
            raise IllegalInput("coach: no clock reading yet, so no time can be told")
        return replace(last, monotonic=time, wall=last.wall + time - last.monotonic)

    def verdict(self, time: float) -> RestVerdict:
        """Return whether a session may begin at `time`, and if not, why."""
        return decide(self.history, self.now(time))

    def add_session(self, ended: ClockReading, dose: int) -> None:
        """A session is over."""
        sessions = (*self.history.sessions, PastSession(ended, dose))
        self.history = replace(self.history, sessions=sessions)

    def close(self, unfinished: UnfinishedSession) -> SessionEnded:
        """A session was cut short by the power; return its end, the latest there can have been."""
        ended = interrupted_end(unfinished.last)
        self.add_session(ended, unfinished.dose)
        lifts = (unfinished.reps, unfinished.lifts, unfinished.dose)
        return SessionEnded(ended.monotonic, Ending.INTERRUPTED, *lifts)

    def add_hurt(self, time: float) -> None:
        """A press said that something hurts."""
        self.history = replace(self.history, hurts=(*self.history.hurts, self.now(time)))

    def add_time_setting(self, setting: TimeSetting) -> None:
        """A person set the time."""
        self.read_clock(setting.after)
        self.history = replace(self.history, time_sets=(*self.history.time_sets, setting))

    def is_night(self, time: float) -> bool | None:
        """Return whether it is night, None if nobody knows the hour."""
        return None if self._reading is None else is_night(self.now(time))


def is_night(now: ClockReading) -> bool | None:
    """Return whether it is night, None if that clock does not know the hour."""
    if not now.source.trusted:
        return None
    hour = (now.wall + now.utc_offset) % DAY_S / HOUR_S
    return hour >= NIGHT[0] or hour < NIGHT[1]
