"""The practised lift: which lift sets a person's own measure."""

from __future__ import annotations

from device.coach.events import Calibrated, Reason, Refused, Rep
from device.coach.repetitions import CalibrationError, RepetitionCounter

PRACTISED_FROM_S = 1.0
"""A practised lift must be held this long, so that it has a plateau to measure ..."""
PRACTISE_TRIES = 3
"""... and after so many in vain the session goes on with the range it has."""
_NOT_PRACTISED = {
    *(Reason.MOUTH_OPEN, Reason.FACE_LOST, Reason.HEAD_MOVED, Reason.NO_REST, Reason.CUT_OFF)
}
"""Least of all what never fell: that is another rest, fingers put down or a head moved."""


class Practice:
    """Looks for a lift that `counter` can take a person's range from; `done` once it is settled."""

    def __init__(self, counter: RepetitionCounter) -> None:
        self.done = False
        self._counter = counter
        self._tries = 0

    def take(self, lift: Rep | Refused) -> Calibrated | Refused:
        """Return the person's own range if `lift` shows it, else `lift` as a refused one."""
        try:
            if lift.hold < PRACTISED_FROM_S or getattr(lift, "reason", None) in _NOT_PRACTISED:
                raise CalibrationError("not held long enough, or not seen well enough")
            taken: Calibrated | Refused = self._counter.adopt_lift()
            self.done = True
        except CalibrationError:
            taken = _refused(lift)
            self._tries += 1
            self.done = self._tries >= PRACTISE_TRIES
        if self.done:
            self._counter.restart_numbers()
        return taken


def _refused(lift: Rep | Refused) -> Refused:
    """Return a lift that was held well and yet cannot be a practised one as a refused lift."""
    if isinstance(lift, Refused):
        return lift
    return Refused(lift.time, Reason.TOO_SMALL, lift.onset, lift.end, lift.hold, lift.peak)
