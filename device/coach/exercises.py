"""The exercises, as data. A new one is a new entry here; nothing else knows their names."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Any

from device.coach.cues import CueKind
from device.sample import POPULATION_LIFT, LiftSample


@dataclass(frozen=True, slots=True)
class Movement:
    """The movement of an exercise, as figures of a sample.

    `whole`, `left` and `right` name the fields of `LiftSample` that move; an exercise without
    sides names the same field three times. `typical` is how far `whole` goes from rest in a
    comfortable repetition, in the field's own unit, negative if it falls. `still` names the fields
    that belong to the movement or say nothing about it. The counter is shown them as in a calm
    face, so that it refuses no repetition because of them. Raises ValueError if there is no such
    field.
    """

    whole: str
    left: str
    right: str
    typical: float
    still: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        known = {field.name for field in fields(LiftSample)}
        unknown = {self.whole, self.left, self.right, *self.still} - known
        if unknown or not self.typical:
            raise ValueError(f"no such movement: {', '.join(sorted(unknown)) or 'typical = 0'}")

    def as_lift(self, sample: LiftSample) -> LiftSample:
        """Return `sample` as the counter is to see it: with this movement in place of the lift."""
        scale = POPULATION_LIFT / self.typical
        whole, left, right = (
            scale * getattr(sample, name) for name in (self.whole, self.left, self.right)
        )
        calm: dict[str, Any] = {name: 0.0 for name in self.still if sample.face}
        # The network knows no movement but the lift.
        known = 1.0 if self.whole == "lift" else math.nan
        return replace(
            sample,
            lift=whole,
            left=left,
            right=right,
            seen_left=known * sample.seen_left,
            seen_right=known * sample.seen_right,
            **calm,
        )


@dataclass(frozen=True, slots=True)
class Timing:
    """The times of a session, in seconds."""

    rest: float = 2.0
    """How long the face must be calm before the practised lift, so that its rest is known."""
    hold: float = 2.0
    """From the apex to `hold_reached`: the target of a hold."""
    let_go: float = 2.4
    """From the apex to `let_go`. People answer in 0.2 to 0.6 s, and the source asks for 2 to 3 s. A
    fifth less, 1.9 s, comes before the target; a fifth more, 2.9 s, has most holds end too late."""
    relax: float = 1.5
    """From the end of one lift, or the word about it, to the invitation to the next."""
    nudge: float = 30.0
    """After so long without a lift the invitation is said once more."""
    give_up: float = 60.0
    """After so long without a lift the session ends: nobody is there, or wants to."""
    pause: float = 120.0
    """A longer pause ends the session."""


COUNTS_FROM_S = 0.5
"""A lift held this long, seconds, counts towards the dose, whether or not it is a repetition."""


@dataclass(frozen=True, slots=True)
class Dose:
    """What is enough: whichever is reached first ends the session."""

    reps: int = 10
    complete: int = 8
    """From so many repetitions on, a session that runs out of time is done and not stopped."""
    lifts: int = 15
    """Lifts that count towards the dose (`COUNTS_FROM_S`), the practised one among them."""
    length: float = 360.0
    """Seconds since the session began, pauses included."""


@dataclass(frozen=True, slots=True)
class Exercise:
    """A counted exercise; `practise` and `invite` are the cues that ask for a lift."""

    name: str
    movement: Movement
    timing: Timing = Timing()
    dose: Dose = Dose()
    practise: CueKind = CueKind.PRACTISE
    invite: CueKind = CueKind.LIFT


@dataclass(frozen=True, slots=True)
class TimedExercise:
    """An exercise that is only timed: no technique is taught, and nothing is watched or counted."""

    name: str
    length: float
    """Seconds in all."""
    midway: float
    """When the cue midway comes, seconds from the start."""
    begin_cue: CueKind
    midway_cue: CueKind


CHEEK_LIFTER = Exercise("cheek_lifter", Movement("lift", "left", "right", POPULATION_LIFT))
"""Lift the cheeks with the mouth closed, hold for two to three seconds, relax; ten times."""

MASSAGE = TimedExercise(
    "circle_up_rub", 120.0, 60.0, begin_cue=CueKind.MASSAGE, midway_cue=CueKind.MASSAGE_TURN
)
"""Two minutes of light massage, by the name that the source has for it; it allows it every day."""
