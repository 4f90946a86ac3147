"""A clock turned by hand and events to write, for the stories about the journal.

As a command, `python -m tests.journal_kit FILE`, it is a device that trains without end: it
writes session after session and prints each rep once that is acknowledged, until it is killed.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from device.clock import ClockReading, ClockSource, SystemClock, TimeSetting
from device.coach import events
from device.journal import Journal, last_time_set

NOON = 1_800_000_000.0
"""A moment on 2027-01-15, in seconds since 1970."""


class HandClock:
    """A clock that only moves when it is told to."""

    def __init__(self, source: ClockSource = ClockSource.RTC) -> None:
        self.now = ClockReading("boot-1", 100.0, NOON, 3600, source)

    def monotonic(self) -> float:
        return self.now.monotonic

    def reading(self) -> ClockReading:
        return self.now

    def wait(self, seconds: float) -> None:
        """Let time pass with the power on."""
        monotonic, wall = self.now.monotonic + seconds, self.now.wall + seconds
        self.now = replace(self.now, monotonic=monotonic, wall=wall)

    def trust(self, source: ClockSource, wall: float) -> None:
        """The time becomes known, or is lost."""
        self.now = replace(self.now, source=source, wall=wall)

    def set_time(self, wall: float) -> TimeSetting:
        """A person says what time it is."""
        before = self.now
        source = ClockSource.RTC if before.source is ClockSource.RTC else ClockSource.PERSON
        self.trust(source, wall)
        return TimeSetting(before, self.now)

    def reboot(self, seconds_off: float) -> None:
        """Let time pass with the power off."""
        boot = f"boot-{int(self.now.boot.split('-')[1]) + 1}"
        self.now = replace(self.now, boot=boot, monotonic=5.0, wall=self.now.wall + seconds_off)


def rep(number: int, hold: float = 2.2, *notes: events.Note) -> events.Rep:
    """A good lift."""
    return events.Rep(14.0, number, 10.0, 10.5, 10.5 + hold, 13.5, hold, 0.98, 0.97, 0.99, notes)


def refused(hold: float, reason: events.Reason = events.Reason.TOO_SHORT) -> events.Refused:
    """A lift that is not a repetition."""
    return events.Refused(12.0, reason, 10.0, 12.0, hold, 0.9)


def started(exercise: str = "cheek_lifter") -> events.SessionStarted:
    """A press of the button."""
    return events.SessionStarted(1.0, exercise)


def calibrated() -> events.Calibrated:
    """The practised lift."""
    return events.Calibrated(5.0, 0.02, 0.14)


def ended(
    reps: int, lifts: int, dose: int, ending: events.Ending = events.Ending.DONE
) -> events.SessionEnded:
    """A session that is over."""
    return events.SessionEnded(60.0, ending, reps, lifts, dose)


def _acknowledge(what: str) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def _train_without_end(path: Path) -> None:
    with Journal(path, SystemClock(last_time_set(path))) as journal:
        while True:
            journal.write(started())
            journal.write(calibrated())
            for number in range(1, 11):
                journal.write(refused(0.3))
                journal.write(rep(number)).result(30)
                _acknowledge(str(number))
            journal.write(ended(10, 21, 11)).result(30)
            _acknowledge("ended")


if __name__ == "__main__":
    _train_without_end(Path(sys.argv[1]))
