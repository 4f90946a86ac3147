"""A bedroom on a virtual clock: a coach, a button, and a person who hears its cues.

Nobody waits: time moves only when the bedroom is told to, from sample to deadline to sample.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import TypeVar

from device.clock import ClockReading, ClockSource
from device.coach import (
    Coach,
    History,
    Output,
    cues,
    device_states,
    exercises,
    history,
)
from device.sample import LiftSample

T = TypeVar("T")

_RELAX = (cues.CueKind.LET_GO, cues.CueKind.PAUSED, cues.CueKind.STOPPED, cues.CueKind.DONE)

MONDAY_NOON = 1_767_614_400.0
"""2026-01-05 12:00 UTC, a Monday."""
DAY = 86400.0
FPS = 30.0


@dataclass
class Person:
    """Somebody before the camera: lifts on being asked, lets go on being told."""

    rest: float = 0.03
    range: float = 0.14
    reaction: float = 0.4
    rise: float = 0.6
    amplitude: float = 1.0
    right: float = 1.0
    """How much of a lift the right side does, as a share of what the left does."""
    holds: float | None = None
    """Seconds of holding; None holds until told to let go."""
    noise: float = 0.002
    obeys: bool = True
    away: bool = False
    mouth_open: float = 0.02
    size: float = 0.25
    x: float = 0.5
    yaw: float = 0.0
    brightness: float = 120.0
    _level: float = 0.0
    _up_at: float = math.inf
    _down_at: float = math.inf

    def perceive(self, cue: cues.Cue) -> None:
        """Decide what to do about a cue."""
        if (
            self.obeys
            and cue.kind in (cues.CueKind.LIFT, cues.CueKind.PRACTISE)
            and self._is_still(cue.at)
        ):
            self.lift(cue.at + self.reaction)
        if cue.kind in _RELAX and self._down_at == math.inf:
            self._down_at = cue.at + self.reaction

    def lift(self, at: float) -> None:
        """Begin a lift at `at`."""
        self._up_at = at
        self._down_at = math.inf if self.holds is None else at + self.rise + self.holds

    def let_go(self, at: float) -> None:
        """Begin to let go at `at`, asked or not; never, if it is infinite."""
        self._down_at = at

    def sample(self, time: float, random: Random) -> LiftSample:
        """Return what the camera sees of them."""
        if self.away:
            return LiftSample(time, False, brightness=self.brightness)
        lift = self.amplitude * self._height(time)
        noisy = [random.gauss(0.0, self.noise) for _ in range(3)]
        return LiftSample(
            time=time,
            face=True,
            brightness=self.brightness,
            lift=self.rest + self.range * lift + noisy[0],
            left=self.rest + self.range * lift + noisy[1],
            right=self.rest + self.range * self.right * lift + noisy[2],
            mouth_open=self.mouth_open,
            yaw=self.yaw,
            pitch=0.0,
            roll=0.0,
            x=self.x,
            y=0.5,
            size=self.size,
            quality=1.0,
        )

    def _is_still(self, now: float) -> bool:
        return not self._up_at <= now < self._down_at + self.rise

    def _height(self, time: float) -> float:
        up = _smooth((time - self._up_at) / self.rise) if time > self._up_at else 0.0
        down = _smooth((time - self._down_at) / self.rise) if time > self._down_at else 0.0
        return up * (1.0 - down)


class Bedroom:
    """Coach, person and clock; `outputs` is all that the coach ever said."""

    def __init__(
        self,
        person: Person | None = None,
        *,
        history: History | None = None,
        unfinished: history.UnfinishedSession | None = None,
        exercise: exercises.Exercise = exercises.CHEEK_LIFTER,
        wall: float = MONDAY_NOON,
        source: ClockSource = ClockSource.RTC,
        boot: str = "boot",
        fps: float = FPS,
    ) -> None:
        self.person = person or Person()
        self.now = 100.0
        self.outputs: list[Output] = []
        self.camera_on = False
        self._random = Random(1)
        self._fps = fps
        self._next_frame = math.inf
        self._clock = ClockReading(boot, 0.0, wall - self.now, 0, source)
        self.coach = Coach(history or History(), unfinished, exercise)
        self._heard(self.coach.clock(self.reading()))

    def state(self) -> device_states.DeviceState:
        """Return what the coach is doing."""
        return self.coach.state

    def reading(self) -> ClockReading:
        """Return what all clocks say."""
        return replace(self._clock, monotonic=self.now, wall=self._clock.wall + self.now)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.until(lambda: False, seconds)

    def until(self, happened: Callable[[], bool], at_most: float = 600.0) -> None:
        """Let time pass until something has happened, or for `at_most` seconds."""
        end = self.now + at_most
        while not happened():
            due = self.coach.next_deadline()
            step = min(end, self._next_frame, math.inf if due is None else max(due, self.now))
            self.now = step
            if due is not None and due <= step:
                self._heard(self.coach.tick(step))
            elif self._next_frame <= step:
                self._next_frame = step + 1.0 / self._fps
                self._heard(self.coach.feed(self.person.sample(step, self._random)))
            elif step >= end:
                return

    def until_cue(self, kind: cues.CueKind, at_most: float = 600.0) -> cues.Cue:
        """Let time pass until the next cue of that kind, and return it."""
        before = len(self.cues(kind))
        self.until(lambda: len(self.cues(kind)) > before, at_most)
        assert len(self.cues(kind)) > before, f"no {kind} within {at_most} s"
        return self.cues(kind)[-1]

    def press(self, seconds: float = 0.1) -> None:
        """Press the button and let go."""
        self._heard(self.coach.button_down(self.now))
        self.wait(seconds)
        self._heard(self.coach.button_up(self.now))

    def presses(self, count: int) -> None:
        """Press so many times in a row, and wait until that is understood."""
        for _ in range(count):
            self.press()
            self.wait(0.2)
        self.wait(0.5)

    def begin_session(self) -> None:
        """Press, and wait until the press has been judged."""
        self.press()
        self.wait(0.45)
        assert self.camera_on

    def stop_frames(self) -> None:
        """Let the camera give no more frames, though it stays on."""
        self._next_frame = math.inf

    def sleep(self, seconds: float) -> None:
        """Let much time pass with nobody there; the clock is read each hour."""
        end = self.now + seconds
        while self.now < end:
            self.wait(min(3600.0, end - self.now))
            self._heard(self.coach.clock(self.reading()))

    def told(self, outputs: list[Output]) -> None:
        """Take in what the coach said when it was told something directly."""
        self._heard(outputs)

    def cues(self, *kinds: cues.CueKind) -> list[cues.Cue]:
        """Return all cues so far, or those of some kinds."""
        said = [output for output in self.outputs if isinstance(output, cues.Cue)]
        return [cue for cue in said if not kinds or cue.kind in kinds]

    def events(self, kind: type[T]) -> list[T]:
        """Return all events of one type so far."""
        return [output for output in self.outputs if isinstance(output, kind)]

    def gauge(self) -> float:
        """Return how far the bar is filled now."""
        gauges = [output for output in self.outputs if isinstance(output, cues.Gauge)]
        return gauges[-1].fraction if gauges else 0.0

    def _heard(self, outputs: list[Output]) -> None:
        self.outputs += outputs
        for output in outputs:
            if isinstance(output, cues.Cue):
                self.person.perceive(output)
            elif output is cues.Request.CAMERA_ON:
                self.camera_on, self._next_frame = True, self.now + 0.3
            elif output is cues.Request.CAMERA_OFF:
                self.camera_on, self._next_frame = False, math.inf


def _smooth(share: float) -> float:
    share = min(1.0, max(0.0, share))
    return share * share * (3.0 - 2.0 * share)
