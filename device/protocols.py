"""What the loop needs of panel, journal and traces, so that something else can take their place."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Protocol

from device.clock import ClockReading, TimeSetting
from device.coach import cues, events
from device.errors import LiftLightError
from device.sample import LiftSample


class Display(Protocol):
    """What the loop needs of a panel."""

    def show(self, cue: cues.Cue) -> None:
        """Show a cue now."""
        ...

    def gauge(self, fraction: float) -> None:
        """Fill the hold bar to `fraction`, 0 to 1."""
        ...

    def camera_light(self, on: bool) -> None:
        """Switch the light that shows that the camera is on."""
        ...

    def toggle_quiet(self) -> None:
        """Switch between sound and quiet."""
        ...

    def hush(self, on: bool) -> None:
        """Answer presses by light alone from now on, or by a click too."""
        ...

    def tick(self) -> None:
        """Bring the running patterns up to the present."""
        ...

    def next_deadline(self) -> float | None:
        """When `tick` is wanted next, monotonic seconds."""
        ...


class Keeper(Protocol):
    """What the loop needs of a journal."""

    def write(self, event: events.Event) -> Future[None]:
        """Queue an event; the future is done once the event is on the disk."""
        ...

    def checkpoint(self, reading: ClockReading) -> Future[None]:
        """Queue a record that the machine was powered at this reading."""
        ...

    def set_time(self, setting: TimeSetting) -> Future[None]:
        """Queue a time that a person set."""
        ...

    def trouble(self) -> LiftLightError | None:
        """Return what keeps rows from reaching the disk, or None if nothing does."""
        ...


class TraceKeeper(Protocol):
    """What the loop needs of traces: to keep the samples of each session, without waiting."""

    def begin(self) -> None:
        """Begin a session's trace."""
        ...

    def append(self, sample: LiftSample) -> None:
        """Keep one sample of the session."""
        ...

    def end(self) -> None:
        """End the session's trace; may be called twice."""
        ...
