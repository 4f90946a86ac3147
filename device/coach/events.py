"""What happened, for the journal and the report; times are seconds of one monotonic clock."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Reason(enum.StrEnum):
    """Why a lift is not a repetition."""

    TOO_SHORT = "too_short"
    TOO_FAST = "too_fast"
    TOO_SMALL = "too_small"
    MOUTH_OPEN = "mouth_open"
    ONE_SIDED = "one_sided"
    FACE_LOST = "face_lost"
    HEAD_MOVED = "head_moved"
    NO_REST = "no_rest"
    CUT_OFF = "cut_off"


class Note(enum.StrEnum):
    """What could be better about a lift that is a repetition all the same."""

    LIPS_PARTED = "lips_parted"
    LEFT_LAGS = "left_lags"
    RIGHT_LAGS = "right_lags"
    OVER_EFFORT = "over_effort"
    UNSTEADY = "unsteady"
    HELD_LONG = "held_long"


@dataclass(frozen=True, slots=True)
class Rep:
    """A repetition: a lift from rest, controlled, held for the target, released and relaxed.

    It was known at `time`. The rise begins at `onset` and reaches the lift's own plateau at `apex`
    (99.9 % of the way of a least-jerk rise); the plateau is left at `offset`, and the face is at
    rest again at `end`. `hold` is the time from `apex` to `offset`. `peak`, `left` and `right` are
    the height of the plateau, of the whole and of each side, in fractions of the practised lift;
    what the angle hides of a side is taken to have gone as far as the stronger side.
    """

    time: float
    number: int
    onset: float
    apex: float
    offset: float
    end: float
    hold: float
    peak: float
    left: float
    right: float
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """A lift that is not a repetition, and why; the figures are those of `Rep`."""

    time: float
    reason: Reason
    onset: float
    end: float
    hold: float
    peak: float


@dataclass(frozen=True, slots=True)
class FaceLost:
    """No face is seen any more."""

    time: float


@dataclass(frozen=True, slots=True)
class FaceFound:
    """A face is seen (again)."""

    time: float


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """The button was pressed and the camera is on."""

    time: float
    exercise: str


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The person's own rest and practised lift, in the units of `LiftSample.lift`."""

    time: float
    rest: float
    practised: float


class Ending(enum.StrEnum):
    """How a session ended.

    The coach never says `HURT`: a stop is kept at once, and the journal turns `STOPPED` into
    `HURT` when a `Hurt` follows.
    """

    DONE = "done"
    STOPPED = "stopped"
    TIMED_OUT = "timed_out"
    PAUSED_TOO_LONG = "paused_too_long"
    HURT = "hurt"
    INTERRUPTED = "interrupted"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """The session is over. `dose` is the number of its `lifts` that were held 0.5 s or longer."""

    time: float
    ending: Ending
    reps: int
    lifts: int
    dose: int


@dataclass(frozen=True, slots=True)
class Paused:
    """A press paused the session."""

    time: float


@dataclass(frozen=True, slots=True)
class Resumed:
    """A press resumed the session after a pause."""

    time: float


@dataclass(frozen=True, slots=True)
class Hurt:
    """A press said that something hurts: a rest begins, a day longer than usual."""

    time: float


@dataclass(frozen=True, slots=True)
class Massage:
    """A massage was timed from `start` to `time`; it is allowed on any day, and no dose."""

    time: float
    start: float


@dataclass(frozen=True, slots=True)
class Copied:
    """The log was copied to a stick, and read back from it."""

    time: float


class FaultKind(enum.StrEnum):
    """What may break."""

    CAMERA = "camera"
    DISK = "disk"
    CLOCK = "clock"
    MODEL = "model"
    PANEL = "panel"
    POWER = "power"
    HEAT = "heat"
    STICK = "stick"
    SETTINGS = "settings"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something broke; `detail` is one line that ends with what to do about it."""

    time: float
    kind: FaultKind
    detail: str


LiftEvent = Rep | Refused | FaceLost | FaceFound
"""What the repetition counter reports."""

Event = (
    LiftEvent
    | SessionStarted
    | Calibrated
    | SessionEnded
    | Paused
    | Resumed
    | Hurt
    | Massage
    | Copied
    | Fault
)
"""All that the journal keeps."""
