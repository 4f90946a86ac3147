"""What the coach wants the person to perceive. The panel alone knows how it looks and sounds."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from device.coach.events import FaultKind


class CueKind(enum.StrEnum):
    """Every cue there is; each can be understood by light alone and by sound alone."""

    READY = "ready"
    FIND_FACE = "find_face"
    TOO_DARK = "too_dark"
    REST = "rest"
    PRACTISE = "practise"
    LIFT = "lift"
    HOLD_REACHED = "hold_reached"
    LET_GO = "let_go"
    REP = "rep"
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
    """What `FIND_FACE` says about the aim, without a screen."""

    SEARCHING = "searching"
    TOO_NEAR = "too_near"
    TOO_FAR = "too_far"
    OFF_CENTRE = "off_centre"
    FOUND = "found"


@dataclass(frozen=True, slots=True)
class Cue:
    """One thing to perceive, now.

    `at` is when it was due, in monotonic seconds. `count` is the repetition's number for `REP`,
    the days of rest left for `REST_DAY`. `aim` belongs to `FIND_FACE`. A `durable` cue may be
    shown only once the events before it are safely on the disk. A `light_only` cue makes no
    sound: it comes at night, outside a session. A `REST_DAY` that is to `stay_on` also says "leave
    me plugged in": only time with the power on counts. `fault` is what broke, for `FAULT`.
    """

    kind: CueKind
    at: float
    count: int = 0
    aim: Aim | None = None
    durable: bool = False
    light_only: bool = False
    stay_on: bool = False
    fault: FaultKind | None = None


@dataclass(frozen=True, slots=True)
class Gauge:
    """How far the hold bar is filled, 0 to 1: the share of the hold's target already held."""

    at: float
    fraction: float


@dataclass(frozen=True, slots=True)
class SetTime:
    """A person said with a press that at `at`, monotonic seconds, it was `wall`.

    `wall` is in seconds since 1970 in UTC. The clock is to be set, that handed to the journal, and
    the coach told.
    """

    at: float
    wall: float


class Request(enum.Enum):
    """What the coach asks of the machine itself."""

    CAMERA_ON = "camera_on"
    CAMERA_OFF = "camera_off"
    POWER_OFF = "power_off"
    TOGGLE_QUIET = "toggle_quiet"
