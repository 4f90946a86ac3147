"""The exercises, as data. A new one is a new entry here; nothing else knows their names."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from device.coach.cues import CueKind
from device.sample import POPULATION_LIFT, LiftSample


@dataclass(frozen=True, slots=True)
class Signal:
    """Which figures of a sample the exercise moves.

    `whole`, `left` and `right` name fields of `LiftSample`; an exercise without sides names the
    same field three times. `typical` is how far `whole` goes from rest in a comfortable
    repetition, in the field's own unit, negative if it falls. `still` names the fields that
    belong to the movement itself or say nothing about it, so that the counter does not refuse
    a repetition because of them: it sees them as they are in a calm face.
    """

    whole: str
    left: str
    right: str
    typical: float
    still: tuple[str, ...] = ()

    def view(self, sample: LiftSample) -> LiftSample:
        """Return `sample` as the counter is to see it: the movement in place of the lift."""
        scale = POPULATION_LIFT / self.typical
        whole, left, right = (
            scale * getattr(sample, name) for name in (self.whole, self.left, self.right)
        )
        calm: dict[str, Any] = {name: 0.0 for name in self.still if sample.face}
        return replace(sample, lift=whole, left=left, right=right, **calm)

    def __post_init__(self) -> None:
        known = {field.name for field in fields(LiftSample)}
        unknown = {self.whole, self.left, self.right, *self.still} - known
        if unknown or not self.typical:
            raise ValueError(f"no such signal: {', '.join(sorted(unknown)) or 'typical = 0'}")


@dataclass(frozen=True, slots=True)
class Timing:
    """When what happens in a session, in seconds."""

    rest: float = 2.0
    """Calm face before the practised repetition."""
    hold: float = 2.0
    """The target of a hold: `hold_reached`."""
    let_go: float = 2.8
    """`let_go`: a person needs about 0.2 s to answer, and 3 s are enough."""
    relax: float = 1.5
    """From the end of one repetition to the invitation to the next."""
    nudge: float = 30.0
    """Nothing done for so long: a gentle prompt ..."""
    give_up: float = 60.0
    """... and for so long: the session ends."""
    pause: float = 120.0
    """A longer pause ends the session."""


COUNTS_FROM_S = 0.5
"""A lift held this long counts towards the dose, whatever its verdict."""


@dataclass(frozen=True, slots=True)
class Dose:
    """When enough is enough: whichever comes first ends the session."""

    reps: int = 10
    complete: int = 8
    """From so many repetitions on a session that runs out of time is done, not stopped."""
    lifts: int = 15
    """Held `COUNTS_FROM_S` or more, whatever the verdict, the practised one too."""
    length: float = 360.0
    """Seconds since the session began, pauses included."""


@dataclass(frozen=True, slots=True)
class Exercise:
    """A counted exercise: `practise` and `lift` are the cues that invite to it."""

    name: str
    signal: Signal
    timing: Timing = Timing()
    dose: Dose = Dose()
    practise: CueKind = CueKind.PRACTISE
    invite: CueKind = CueKind.LIFT


@dataclass(frozen=True, slots=True)
class TimedExercise:
    """An exercise that is only timed: no technique is taught, nothing is watched or counted."""

    name: str
    length: float
    turn: float
    """When the cue midway comes, seconds from the start."""
    begin: CueKind
    midway: CueKind


CHEEKS = Signal("lift", "left", "right", POPULATION_LIFT)

CHEEK_LIFTER = Exercise("cheek_lifter", CHEEKS)
"""Lift the cheeks with the mouth closed, hold for two to three seconds, relax; ten times."""

MASSAGE = TimedExercise(
    "massage", length=120.0, turn=60.0, begin=CueKind.MASSAGE, midway=CueKind.MASSAGE_TURN
)
"""Two minutes of light massage; the source allows it every day."""
