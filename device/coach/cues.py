"""What the coach wants perceived or done. How a cue looks and sounds only the panel knows."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from device.coach.events import FaultKind


class CueKind(enum.StrEnum):
    """All cues. Each can be understood by light alone and by sound alone."""

    READY = "ready"
    FIND_FACE = "find_face"
    TOO_DARK = "too_dark"
    REST = "rest"
    PRACTISE = "practise"
    LIFT = "lift"
    HOLD_REACHED = "hold_reached"
    LET_GO = "let_go"
    REP = "rep"
    NOT_COUNTED = "not_counted"
    SOFTER = "softer"
    SLOWER = "slower"
    CLOSE_MOUTH = "close_mouth"
    PAUSED = "paused"
    DONE = "done"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    REST_DAY = "rest_day"
    MASSAGE = "massage"
    MASSAGE_TURN = "massage_turn"
    WORKING = "working"
    SYNCED = "synced"
    SYNC_FAILED = "sync_failed"
    FAULT = "fault"


class Aim(enum.StrEnum):
    """What `FIND_FACE` says: where the face is in the picture, and where it looks."""

    SEARCHING = "searching"
    TOO_NEAR = "too_near"
    TOO_FAR = "too_far"
    OFF_CENTRE = "off_centre"
    TURNED_AWAY = "turned_away"
    FOUND = "found"


@dataclass(frozen=True, slots=True)
class Cue:
    """One thing to perceive, now.

    `at` is when it was due, in monotonic seconds. `count` is the number of the repetition for
    `REP`, and the days of rest left for `REST_DAY`. `aim` belongs to `FIND_FACE`. A `durable` cue
    is shown only once the events before it are safely on the disk. A `light_only` cue makes no
    sound: it comes at night, outside a session. A `REST_DAY` with `stay_on` also says "leave me
    plugged in": only time with the power on counts. `fault` is what broke, for `FAULT`.
    """

    kind: CueKind
    at: float
    count: int = 0
    aim: Aim | None = None
    durable: bool = False
    light_only: bool = False
    stay_on: bool = False
    fault: FaultKind | None = None

    @property
    def words(self) -> str:
        """The cue's name, followed by its aim if it has one."""
        return f"{self.kind.value} {self.aim.value}" if self.aim else self.kind.value


@dataclass(frozen=True, slots=True)
class Gauge:
    """How far the bar is filled, 0 to 1: the share of the hold's target that is held already."""

    at: float
    fraction: float


@dataclass(frozen=True, slots=True)
class SetTime:
    """The clock is to be set: at `at`, monotonic seconds, it was `wall`, seconds since 1970, UTC.

    A person said so with a press. Once the clock is set and the journal has been handed the
    setting, `Coach.time_set` is to be called.
    """

    at: float
    wall: float


class Request(enum.Enum):
    """What the coach asks of the machine itself."""

    CAMERA_ON = "camera_on"
    CAMERA_OFF = "camera_off"
    POWER_OFF = "power_off"
    TOGGLE_QUIET = "toggle_quiet"
