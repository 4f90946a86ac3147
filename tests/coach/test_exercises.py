"""A new exercise is data: a jaw and a neck exercise are added here, and nothing else changes."""

from __future__ import annotations

import math
from dataclasses import astuple, replace
from random import Random

import pytest

from device.coach.events import Calibrated, Ending, Rep, SessionEnded, SessionStarted
from device.coach.exercises import CHEEK_LIFTER, Dose, Exercise, Movement, Timing
from device.sample import LiftSample
from tests.bedroom import Bedroom, Person

JAW = Exercise(
    "jaw_opener",
    Movement(
        whole="mouth_open",
        left="mouth_open",
        right="mouth_open",
        typical=0.5,
        still=("mouth_open",),
    ),
    dose=Dose(reps=5, lifts=8),
)
"""Open the mouth gently, hold, close: the opening itself is the movement."""

NECK = Exercise(
    "chin_tuck",
    Movement(whole="pitch", left="pitch", right="pitch", typical=-15.0, still=("pitch", "yaw")),
    timing=Timing(hold=2.5, let_go=3.3),
    dose=Dose(reps=3, lifts=6),
)
"""Nod down by a comfortable angle, hold, come back."""


class Mover(Person):
    """Somebody who moves another part of the face than the cheeks."""

    exercise = JAW

    def sample(self, time: float, random: Random) -> LiftSample:
        cheeks = super().sample(time, random)
        share = (cheeks.lift - self.rest) / self.range
        moved = replace(cheeks, lift=random.gauss(0.03, 0.002), left=0.03, right=0.03)
        name = self.exercise.movement.whole
        at_rest = {"mouth_open": 0.02, "pitch": 4.0}[name]
        value = at_rest + self.exercise.movement.typical * share
        if name == "pitch":
            return replace(moved, pitch=value)
        return replace(moved, mouth_open=value)


@pytest.mark.parametrize("exercise", [JAW, NECK])
def test_another_exercise_is_counted_by_the_same_counter(exercise: Exercise) -> None:
    person = Mover()
    person.exercise = exercise
    room = Bedroom(person, exercise=exercise)
    room.begin_session()
    room.until(lambda: not room.camera_on)
    (end,) = room.events(SessionEnded)
    assert (end.ending, end.reps) == (Ending.DONE, exercise.dose.reps)
    assert len(room.events(Calibrated)) == 1
    assert room.events(SessionStarted)[0].exercise == exercise.name
    assert all(rep.hold > exercise.timing.hold - 0.2 for rep in room.events(Rep))


def test_cheeks_do_nothing_in_a_jaw_exercise() -> None:
    room = Bedroom(Person(), exercise=JAW)
    room.begin_session()
    room.until(lambda: not room.camera_on)
    assert not room.events(Rep)


def test_the_cheek_lifter_sees_the_samples_as_they_are() -> None:
    sample = Person().sample(1.0, Random(1))
    seen = CHEEK_LIFTER.movement.as_lift(sample)
    assert astuple(seen) == pytest.approx(astuple(sample), nan_ok=True)


def test_what_is_not_seen_is_not_called_calm() -> None:
    assert math.isnan(JAW.movement.as_lift(LiftSample(1.0, face=False)).mouth_open)


def test_a_movement_that_no_sample_has_is_refused_when_it_is_written() -> None:
    with pytest.raises(ValueError, match="tongue"):
        Movement("tongue", "left", "right", 1.0)
