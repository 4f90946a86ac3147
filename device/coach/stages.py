"""The stages of a session, what moves it on, and how its end is said: the session's tables."""

from __future__ import annotations

import enum

from device.coach.cues import CueKind
from device.coach.events import Ending
from device.coach.transitions import Table


class SessionState(enum.StrEnum):
    """Where a session is."""

    FINDING = "finding"
    RESTING = "resting"
    PRACTISING = "practising"
    LIFTING = "lifting"
    PAUSED = "paused"
    ENDED = "ended"


class Step(enum.StrEnum):
    """What moves a session on."""

    FOUND = "found"
    FOUND_AGAIN = "found again"
    LOST = "lost"
    RESTED = "rested"
    PRACTISED = "practised"
    PAUSE = "pause"
    RESUME = "resume"
    END = "end"


TRANSITIONS: Table[SessionState, Step] = {
    SessionState.FINDING: {
        Step.FOUND: SessionState.RESTING,
        Step.FOUND_AGAIN: SessionState.LIFTING,
        Step.PAUSE: SessionState.PAUSED,
        Step.END: SessionState.ENDED,
    },
    SessionState.RESTING: {
        Step.RESTED: SessionState.PRACTISING,
        Step.LOST: SessionState.FINDING,
        Step.PAUSE: SessionState.PAUSED,
        Step.END: SessionState.ENDED,
    },
    SessionState.PRACTISING: {
        Step.PRACTISED: SessionState.LIFTING,
        Step.LOST: SessionState.FINDING,
        Step.PAUSE: SessionState.PAUSED,
        Step.END: SessionState.ENDED,
    },
    SessionState.LIFTING: {
        Step.LOST: SessionState.FINDING,
        Step.PAUSE: SessionState.PAUSED,
        Step.END: SessionState.ENDED,
    },
    SessionState.PAUSED: {
        Step.RESUME: SessionState.FINDING,
        Step.END: SessionState.ENDED,
    },
    SessionState.ENDED: {},
}

_ENDING_CUES = {
    Ending.DONE: CueKind.DONE,
    Ending.STOPPED: CueKind.STOPPED,
    Ending.TIMED_OUT: CueKind.STOPPED,
    Ending.PAUSED_TOO_LONG: CueKind.STOPPED,
    Ending.FAULT: CueKind.STOPPED,
}
_RAN_OUT = {Ending.TIMED_OUT, Ending.PAUSED_TOO_LONG}


def ending_cue(ending: Ending, complete: bool) -> CueKind:
    """Return what says how a session ended: a `complete` set that ran out of time is done.

    The coach adds the fault itself to a fault's end. It alone says that a session was interrupted,
    and that something hurts, for both are known only once the session is over.
    """
    return CueKind.DONE if complete and ending in _RAN_OUT else _ENDING_CUES[ending]
