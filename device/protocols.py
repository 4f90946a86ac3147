"""What the loop asks of the rooms on either side of it, so that each can be stood in for."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Protocol

from device.clock import ClockReading, TimeSetting
from device.coach import cues, events
from device.errors import LiftLightError
from device.sample import LiftSample


class Display(Protocol):
    """What the loop asks of a panel."""

    def show(self, cue: cues.Cue) -> None:
        """Show a cue now."""
        ...

    def gauge(self, fraction: float) -> None:
        """Fill the hold bar to `fraction`, 0 to 1."""
        ...

    def camera_light(self, on: bool) -> None:
        """Switch the light that says that the camera sees."""
        ...

    def toggle_quiet(self) -> None:
        """Switch between sound and quiet."""
        ...

    def hush(self, on: bool) -> None:
        """Answer presses by light alone from now on, or by a click too."""
        ...

    def tick(self) -> None:
        """Carry the running patterns on to the present."""
        ...

    def next_deadline(self) -> float | None:
        """When `tick` is wanted next, monotonic seconds."""
        ...


class Keeper(Protocol):
    """What the loop asks of a journal."""

    def write(self, event: events.Event) -> Future[None]:
        """Queue an event; the future is done once it is on the disk."""
        ...

    def checkpoint(self, reading: ClockReading) -> Future[None]:
        """Queue a note of how long the machine has been powered."""
        ...

    def set_time(self, setting: TimeSetting) -> Future[None]:
        """Queue a time that a person set."""
        ...

    def trouble(self) -> LiftLightError | None:
        """Return what keeps rows from reaching the disk, or None if all is well."""
        ...


class TraceKeeper(Protocol):
    """Keeps the samples of each session, if the person wishes so."""

    def begin(self) -> None:
        """A session begins."""
        ...

    def append(self, sample: LiftSample) -> None:
        """Keep one sample of it."""
        ...

    def end(self) -> None:
        """The session is over; may be called twice."""
        ...
