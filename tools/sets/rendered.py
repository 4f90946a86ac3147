"""Whole sets end to end: the synthetic subject is filmed, and the real models watch the film.

A film takes about a minute to make, so what vision saw of it is kept as a trace. Its name holds a
digest of who is filmed and of their face in every frame, so a film of another script is never taken
for it; after a change to vision or to the drawing of the subject, name an empty folder.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from device.camera.subject import PEOPLE, Script, State, Subject, SubjectCamera, motion, scenario
from device.sample import LiftSample
from device.vision import VisionSource
from tools.clips import kept_trace, samples_of, vision
from tools.sets.generate import MadeSet
from tools.sets.script import Person

SETS = 20
FPS = 15.0
SIZE = (480, 360)
"""A smaller picture than the device's, for the sake of time: most of it is rendering."""
BASES: dict[str, State] = {
    "facing": State(),
    "with fingers": State(fingers=True),
    "lying left": State(roll=90.0),
    "in bed": replace(scenario.IN_BED, roll=-90.0),
    "dark": scenario.DARK,
    "upside down": State(roll=180.0, fingers=True),
    "by a television": State(grain=2.0, shot=0.5),
}
ASIDES = {
    "chewing": 6.0,
    "yawning": 4.5,
    "talking": 5.0,
    "rubbing": 4.0,
    "turning over": 3.5,
    "pouting": 2.0,
    "nodding": 4.0,
}
"""What may happen between two lifts, and for how long, seconds."""


@dataclass(frozen=True, slots=True)
class Aside:
    """Something between two lifts that is no lift; times in seconds of the script."""

    kind: str
    start: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Plan:
    """One set as it is to be filmed: who, and what they do.

    `showing` is when the practised lift is over, seconds; `held` and `decoys` are the lifts that
    count and those that do not.
    """

    who: str
    script: Script
    showing: float
    asides: tuple[Aside, ...]
    held: tuple[motion.Lift, ...]
    decoys: tuple[motion.Lift, ...]

    @property
    def name(self) -> str:
        """The name of this plan's trace."""
        # The layers are functions, which have no name of their own: what they make of the face has.
        states = [self.script.at(n / FPS) for n in range(round(self.script.duration * FPS))]
        said = repr((self.who, SIZE, FPS, states))
        return f"{self.who}-{hashlib.sha256(said.encode()).hexdigest()[:12]}.csv"


def plan(number: int) -> Plan:
    """Return the plan of set `number`: subjects and lights take turns, the rest is drawn."""
    chance = random.Random(number)
    rng = np.random.default_rng(number)
    who = list(PEOPLE)[number % len(PEOPLE)]
    how = list(BASES)[number % len(BASES)]
    size, slow = chance.uniform(0.7, 1.25), chance.uniform(0.35, 0.95)
    layers: list[motion.Layer] = [
        motion.drifting(rng, 0.08, tremor=scenario.TREMOR),
        motion.sway(rng),
    ]
    held: list[motion.Lift] = []
    decoys: list[motion.Lift] = []
    asides: list[Aside] = []

    def move(start: float, hold: float, height: float) -> motion.Lift:
        rise, fall = slow * chance.uniform(0.8, 1.25), slow * chance.uniform(0.8, 1.25)
        return motion.Lift(start, rise, hold, fall, height, height)

    shown = motion.Lift(2.5, 0.6, 2.5, 0.6)
    showing = time = shown.end + 1.5
    for _ in range(chance.randint(8, 10)):
        height = size * chance.uniform(0.95, 1.05)
        held.append(move(time, chance.uniform(2.2, 2.9), height))
        time = held[-1].end + chance.uniform(1.2, 2.2)
        kind = chance.choice((None, None, "short", "partial", "aside"))
        if kind == "aside":
            what = chance.choice([one for one in ASIDES if one != "rubbing" or BASES[how].fingers])
            asides.append(Aside(what, time, ASIDES[what]))
            layers.append(_layer(asides[-1], rng))
            time += ASIDES[what] + chance.uniform(1.2, 2.2)
        elif kind:
            hold, high = (0.8, 1.0) if kind == "short" else (2.0, 0.3)
            decoys.append(move(time, hold, high))
            time = decoys[-1].end + chance.uniform(1.2, 2.2)
    layers.append(motion.blinks(rng, time))
    if how == "by a television":
        layers.append(motion.television(rng, time))
    lifts = tuple(sorted([shown, *held, *decoys], key=lambda lift: lift.start))
    script = Script(how, time + 1.0, BASES[how], tuple(layers), lifts)
    return Plan(who, script, showing, tuple(asides), tuple(held), tuple(decoys))


def _layer(aside: Aside, rng: motion.Random) -> motion.Layer:
    start, end = aside.start, aside.start + aside.seconds
    over = float(rng.choice([-90.0, 90.0]))
    layers: dict[str, motion.Layer] = {
        "chewing": motion.chewing(start, end),
        "yawning": motion.yawning(start, aside.seconds),
        "talking": motion.talking(rng, start, end),
        "rubbing": motion.rubbing(start, end),
        "turning over": motion.turning_over(start, aside.seconds, over),
        "pouting": motion.held(start, end, 0.4, pucker=1.0),
        "nodding": motion.swing("pitch", start, end, 12.0, 2.0),
    }
    return layers[aside.kind]


def watched(which: Plan, folder: Path) -> list[LiftSample]:
    """Return what vision sees of a plan: from its trace in `folder`, or of a film made now."""
    return samples_of(kept_trace(folder / which.name, lambda: _film(which)))


def _film(which: Plan) -> VisionSource:
    subject = Subject(PEOPLE[which.who], *SIZE)
    camera = SubjectCamera(which.script, fps=FPS, live=False, subject=subject)
    return vision(camera)


def rendered(number: int, folder: Path) -> MadeSet:
    """Return the set `number` as vision saw it, with the truth of its script."""
    which = plan(number)
    samples = watched(which, folder)
    return MadeSet(
        Person(),
        shown=[sample for sample in samples if sample.time < which.showing],
        samples=[sample for sample in samples if sample.time >= which.showing],
        holds=[(lift.top, lift.release) for lift in which.held],
        decoys=[(lift.top, lift.release) for lift in which.decoys],
    )
