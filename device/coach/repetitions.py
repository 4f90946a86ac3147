"""Repetitions: lift samples in, repetitions and refusals out. No clock, no I/O.

Public interface first; the theory of operation and the transition table follow.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Self

from device.coach.events import Calibrated, LiftEvent
from device.errors import LiftLightError
from device.vision.sample import LiftSample


class CalibrationError(LiftLightError):
    """What was shown cannot be a practised lift; the counter keeps the range it had."""


class Phase(enum.StrEnum):
    """Where a lift is, as far as is known at the time."""

    LOST = "lost"
    REST = "rest"
    ONSET = "onset"
    HOLD = "hold"
    OFFSET = "offset"


class RepetitionCounter:
    """Counts repetitions in a stream of lift samples.

    Deterministic: the same samples give the same events. Tolerant: samples may be dropped,
    repeated, late, out of order or full of NaN, and come at 12 to 60 a second.
    """

    @classmethod
    def population(cls, set_size: int = 10) -> Self:
        """Return a counter for a person nobody has met: range 0.14, rest learnt as it goes.

        Numbers restart after each set of `set_size`.
        """
        raise NotImplementedError

    def feed(self, sample: LiftSample) -> list[LiftEvent]:
        """Take the next sample; return what became known by it, in time order."""
        raise NotImplementedError

    # Calibration, for the session

    def begin_rest(self) -> None:
        """Forget the rest level and learn it anew from the samples to come."""
        raise NotImplementedError

    @property
    def rested(self) -> float:
        """Seconds of steady, relaxed face gathered since `begin_rest`; falls to 0 when disturbed."""
        raise NotImplementedError

    def adopt_lift(self) -> Calibrated:
        """Take the lift reported last as the practised one: its plateau is 1 from now on.

        Raises CalibrationError if there was none, or if its plateau cannot be a person's
        comfortable lift (under 0.35 or over 2.5 times the population's).
        """
        raise NotImplementedError

    def practise(self, samples: Sequence[LiftSample]) -> Calibrated:
        """Take `samples`, which contain one held lift, as the practised lift.

        Raises CalibrationError as `adopt_lift` does.
        """
        raise NotImplementedError

    def restart_numbers(self) -> None:
        """The next repetition is number 1."""
        raise NotImplementedError

    # What is known now, for cues and the panel

    @property
    def phase(self) -> Phase:
        """Where the lift is now."""
        raise NotImplementedError

    @property
    def level(self) -> float:
        """The lift now, smoothed, in fractions of the practised lift; NaN while no face is seen."""
        raise NotImplementedError

    @property
    def onset_time(self) -> float | None:
        """When the lift in progress left rest, seconds; None at rest."""
        raise NotImplementedError

    @property
    def apex_time(self) -> float | None:
        """When the lift in progress reached its plateau, seconds; None unless in HOLD.

        `hold_reached` is due at `apex_time + 2`. It may still move by a tenth of a second while
        the plateau takes shape; once 1 s old it stands.
        """
        raise NotImplementedError

    @property
    def peak(self) -> float:
        """The plateau of the lift in progress so far, in fractions; 0 at rest."""
        raise NotImplementedError

    @property
    def relaxed_since(self) -> float | None:
        """Since when the face has been relaxed, seconds; None while it is not."""
        raise NotImplementedError

    @property
    def mouth_wide(self) -> bool:
        """The mouth is open wide right now, as in speech."""
        raise NotImplementedError

    @property
    def counted(self) -> int:
        """Number of the last repetition of this set; 0 before the first."""
        raise NotImplementedError
