"""What to say about a lift: one gentle word at most, and never one that asks for more."""

from __future__ import annotations

from device.coach.cues import CueKind
from device.coach.events import Note, Reason, Refused, Rep

# In the order of importance. Nothing is said about lifts that were short, small or uneven: the
# cure would be to ask for more. A hold that was too long has had its `let_go`.
_ON_REASON = {
    Reason.MOUTH_OPEN: CueKind.CLOSE_MOUTH,
    Reason.TOO_FAST: CueKind.SLOWER,
    Reason.NO_REST: CueKind.REST,
}
_ON_NOTE = {
    Note.OVER_EFFORT: CueKind.SOFTER,
    Note.LIPS_PARTED: CueKind.CLOSE_MOUTH,
    Note.UNSTEADY: CueKind.SOFTER,
}


def advise(lift: Rep | Refused, said_last: CueKind | None) -> CueKind | None:
    """Return the word for `lift`, or None; what was said after the lift before is not repeated."""
    if isinstance(lift, Refused):
        words = [_ON_REASON[lift.reason]] if lift.reason in _ON_REASON else []
    else:
        words = [word for note, word in _ON_NOTE.items() if note in lift.notes]
    return next((word for word in words if word is not said_last), None)
