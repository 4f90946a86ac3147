"""Lift samples from a script: what vision would say of a face that does as it is told."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import replace

from device.coach import events
from device.coach.counting import RepetitionCounter
from device.sample import LiftSample
from tools.sets.script import Camera, Face, Person, Piece, lift, nobody, play, rest

__all__ = ["Face", "Piece", "lift", "nobody", "rest"]

FPS = 30.0
REST, RANGE = Person().rest, Person().range
"""The raw signal of a face at rest, and how far it goes in a lift."""


def talking(seconds: float) -> Piece:
    """Speech: the corners go down and up at 3 Hz while the jaw opens."""

    def course(t: float) -> Face:
        jaw = 0.5 + 0.5 * math.sin(2 * math.pi * 3 * t + math.sin(1.7 * t))
        return Face(height=0.25 - 0.7 * jaw, mouth=0.02 + 0.2 * jaw)

    return Piece(seconds, course)


def looking_round(seconds: float, degrees: float = 25.0) -> Piece:
    """The head turns from side to side, which leaks into the signal."""

    def course(t: float) -> Face:
        turn = math.sin(2 * math.pi * t / 4)
        return Face(height=0.25 * abs(turn), left=0.4 * turn, right=-0.4 * turn, yaw=degrees * turn)

    return Piece(seconds, course)


def trace(
    *pieces: Piece,
    fps: float = FPS,
    noise: float = 0.0,
    seed: int = 0,
    begin: float = 0.0,
    scale: float = 1.0,
    offset: float = 0.0,
) -> list[LiftSample]:
    """Play the pieces one after the other. `noise` is in raw units; `scale` makes lifts larger."""
    person = Person(rest=offset + scale * REST, range=scale * RANGE, noise=noise)
    return play(pieces, person, Camera(fps), random.Random(seed), begin).samples


def at(samples: Iterable[LiftSample], shift: float) -> list[LiftSample]:
    """The same samples, `shift` seconds later."""
    return [replace(sample, time=sample.time + shift) for sample in samples]


def feed(counter: RepetitionCounter, samples: Iterable[LiftSample]) -> list[events.LiftEvent]:
    return [event for sample in samples for event in counter.feed(sample)]


def said_of(*pieces: Piece, fps: float = FPS, noise: float = 0.0) -> list[events.LiftEvent]:
    """What a fresh counter says of the pieces, after two seconds of rest and before two more."""
    counter = RepetitionCounter.population()
    return feed(counter, trace(rest(2.0), *pieces, rest(2.0), fps=fps, noise=noise))


def reps(happened: Sequence[events.LiftEvent]) -> list[events.Rep]:
    return [event for event in happened if isinstance(event, events.Rep)]


def refusals(happened: Sequence[events.LiftEvent]) -> list[events.Refused]:
    return [event for event in happened if isinstance(event, events.Refused)]
