"""Supervisors: each tells, for one thing, whether it works as it should.

They are pure: they are told what happens and what time it is, and return a fault, whose text ends
in a cure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from device.clock import ClockReading, ClockSource
from device.coach import events, history
from device.system import HOT_C, Board

FRAMES_WITHIN_S = 10.0
"""A camera that gave no frame for this long is lost; one that recovers does so in about 7 s."""

FIRST_FRAME_WITHIN_S = 20.0
"""How long a camera may take to give its first frame, seconds. The first time in a process, most of
it is for loading picamera2 from a card: OpenCV alone took 15 s for somebody (its issue 1386)."""

BOARD_EVERY_S = 10.0
"""How often the board's voltage and temperature are read."""

CALM_S = 3600.0
"""A low voltage or a high temperature is reported again only after this long without it."""

COOL_C = 75.0
"""A processor that was too hot is cool again below this, in degrees Celsius."""

CLOCK_DRIFT_S = 30.0
"""How much the wall clock may differ from the monotonic one between two readings."""


class FrameSupervisor:
    """Watches that frames arrive while the camera is on."""

    def __init__(self) -> None:
        self._due: float | None = None
        self._seen = False

    def opened(self, now: float) -> None:
        """Expect frames: the camera was switched on."""
        self._due, self._seen = now + FIRST_FRAME_WITHIN_S, False

    def seen(self, now: float) -> None:
        """Note that a frame came; one that comes after the camera was switched off is ignored."""
        if self._due is not None:
            self._due, self._seen = now + FRAMES_WITHIN_S, True

    def closed(self) -> None:
        """Expect no frames: the camera was switched off."""
        self._due = None

    def next_deadline(self) -> float | None:
        """Return when to call `check` next; None while the camera is off."""
        return self._due

    def opening_until(self, now: float) -> float:
        """Return until when the camera may still be opening; `now` once it gave a frame."""
        return now if self._due is None or self._seen else self._due

    def check(self, now: float) -> events.Fault | None:
        """Return the fault once, if no frame came in time."""
        if self._due is None or now < self._due:
            return None
        self._due = None
        within = FRAMES_WITHIN_S if self._seen else FIRST_FRAME_WITHIN_S
        return events.Fault(
            now,
            events.FaultKind.CAMERA,
            f"no picture for {within:.0f} s: switch the power off and on; "
            "if it stays, press the camera's ribbon cable home at both ends",
        )


class ClockSupervisor:
    """Watches that the wall clock moves as the monotonic one does, and that its chip answers."""

    def __init__(self) -> None:
        self._last: ClockReading | None = None

    def time_was_set(self) -> None:
        """Accept the next step of the wall clock, for a person set it."""
        self._last = None

    def reading(self, now: ClockReading) -> events.Fault | None:
        """Take a reading; return a fault if the wall clock stepped, or was lost, since the last."""
        last, self._last = self._last, now
        if last is None or last.boot != now.boot:
            return None
        if last.source is ClockSource.RTC and now.source is not ClockSource.RTC:
            return events.Fault(
                now.monotonic,
                events.FaultKind.CLOCK,
                "the real-time clock lost its time or does not answer; until it is set, only time "
                "with the power on counts as rest: change its battery, then set the time with a "
                "stick",
            )
        if last.source is not now.source:
            return None
        step = (now.wall - last.wall) - (now.monotonic - last.monotonic)
        if abs(step) <= CLOCK_DRIFT_S:
            return None
        return events.Fault(
            now.monotonic,
            events.FaultKind.CLOCK,
            f"the clock stepped by {step:+.0f} s; rest is counted without it. "
            "If it happens again, the battery of the real-time clock may be flat",
        )


def clock_at_start(
    now: ClockReading, boots: Sequence[history.Boot], *, has_chip: bool
) -> events.Fault | None:
    """Return a fault if the clock lost its time, or went back, while the power was off.

    `boots` are those of the journal, with or without the present one. On a machine that never had
    a working real-time clock this is no fault.
    """
    earlier = [boot for boot in boots if boot.first.boot != now.boot]
    if not earlier:
        return None
    if now.source is not ClockSource.RTC:
        # It failed or was removed since the last boot, or failed before and was not repaired.
        was_believed = earlier[-1].last.source is ClockSource.RTC
        once_ran_on = any(boot.first.source is ClockSource.RTC for boot in earlier)
        if not (was_believed or (has_chip and once_ran_on)):
            return None
        return events.Fault(
            now.monotonic,
            events.FaultKind.CLOCK,
            "the real-time clock lost its time with the power off, or does not answer; until it "
            "is set, only time with the power on counts as rest: change its battery, then set the "
            "time with a stick",
        )
    last = next((boot.last for boot in reversed(earlier) if boot.last.source.trusted), now)
    if now.wall >= last.wall - CLOCK_DRIFT_S:
        return None
    return events.Fault(
        now.monotonic,
        events.FaultKind.CLOCK,
        f"the clock went back by {last.wall - now.wall:.0f} s or more with the power off, which "
        "does not count as rest: set the time with a stick; if it happens again, change the "
        "battery of the real-time clock",
    )


class BoardSupervisor:
    """Watches that the supply holds its voltage and that the processor stays cool."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._due = 0.0
        self._bad_until = dict.fromkeys((events.FaultKind.POWER, events.FaultKind.HEAT), -math.inf)
        self._hot = False

    def next_deadline(self) -> float:
        """Return when to call `check` next."""
        return self._due

    def check(self, now: float) -> list[events.Fault]:
        """Return what has gone wrong, each again only after an hour without it."""
        if now < self._due:
            return []
        self._due = now + BOARD_EVERY_S
        faults = []
        if self._board.voltage_is_low():
            faults += self._news(
                now,
                events.FaultKind.POWER,
                "the supply's voltage is too low: use the official supply and a short, thick "
                "cable, with no hub in between",
            )
        celsius = self._board.celsius()
        self._hot = celsius is not None and celsius >= (COOL_C if self._hot else HOT_C)
        if self._hot:
            faults += self._news(
                now,
                events.FaultKind.HEAT,
                f"the processor is at {celsius:.0f} °C and slows itself down: give the case more "
                "air, or fit a heat sink",
            )
        return faults

    def _news(self, now: float, kind: events.FaultKind, detail: str) -> list[events.Fault]:
        told = now < self._bad_until[kind]
        self._bad_until[kind] = now + CALM_S
        return [] if told else [events.Fault(now, kind, detail)]
