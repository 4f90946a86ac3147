"""Sets of lifts as people do them: other people, speeds, cameras and distractions every time."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from device.sample import LiftSample
from tools.sets.script import (
    KINDS,
    Camera,
    Person,
    Piece,
    cosine,
    early,
    even,
    least_jerk,
    lift,
    play,
    rest,
)
from tools.sets.unrest import ALL, GENTLE

NOISE = 0.0035
"""Standard deviation of the raw signal at rest, as measured on real clips (0.0033 to 0.0058)."""
NETWORK = (0.52, 1.51)
"""How far the lift network sees full lifts of people in front go, in its lifts, as measured on real
and on rendered people (`device/vision/README.md`)."""
PROFILES = (least_jerk, even, cosine, early)
"""The courses of a movement, one of which a set has throughout."""
CAMERA = Camera()


@dataclass(frozen=True, slots=True)
class Conditions:
    """How a set is made. `noise` is a multiple of what was measured, `drift` is in lifts."""

    noise: float = 1.0
    hiss: str | None = None
    """Kind of the noise; None means that one is drawn."""
    drift: float = 0.05
    range: tuple[float, float] = (0.10, 0.20)
    """How far the signal goes in the person's full lift, raw units."""
    camera: Camera = CAMERA
    amplitude: tuple[float, float] = (0.6, 1.3)
    movement: tuple[float, float] = (0.25, 1.2)
    """Duration of rise and fall, seconds."""
    distracted: float = 0.3
    """How likely something else happens between two lifts, 0 to 1."""


@dataclass(slots=True)
class MadeSet:
    """A set with its truth: rest and a practised lift first, then lifts and distractions.

    `shown` are the samples until the practised lift is over, `samples` those after it. `holds` has
    begin and end of each held lift's plateau, seconds, and `decoys` those of the lifts that are too
    short or too small to count.
    """

    person: Person
    shown: list[LiftSample] = field(default_factory=list)
    samples: list[LiftSample] = field(default_factory=list)
    holds: list[tuple[float, float]] = field(default_factory=list)
    decoys: list[tuple[float, float]] = field(default_factory=list)


def person(chance: random.Random, conditions: Conditions) -> Person:
    """Return somebody: the spread is that of the subjects measured so far, and a little more."""
    rest_level = chance.uniform(-0.35, -0.15)
    return Person(
        rest=rest_level,
        range=chance.uniform(*conditions.range),
        side=chance.uniform(0.25, 0.40),
        unlike=chance.uniform(0.75, 1.33),
        noise=NOISE * conditions.noise,
        hiss=conditions.hiss or chance.choice(list(KINDS)),
        drift=conditions.drift,
        # Drawn apart: whether the network is asked changes nothing else of a set.
        network=random.Random(rest_level).uniform(*NETWORK),
    )


def make(seed: int, conditions: Conditions) -> MadeSet:
    """Return the set number `seed` under `conditions`."""
    chance = random.Random(seed)
    made = MadeSet(person(chance, conditions))
    showing = [rest(2.5), lift(hold=chance.uniform(2.0, 3.0)), rest(1.5)]
    shown = play(showing, made.person, conditions.camera, chance)
    made.shown = shown.samples
    begin = sum(piece.seconds for piece in showing)
    pieces = _session(chance, conditions)
    played = play([piece for _, piece in pieces], made.person, conditions.camera, chance, begin)
    made.samples = played.samples
    for (kind, _), hold in zip(pieces, played.holds, strict=True):
        if hold and kind != "other":
            (made.holds if kind == "good" else made.decoys).append(hold)
    return made


def _session(chance: random.Random, conditions: Conditions) -> list[tuple[str, Piece]]:
    """Return 8 to 10 held lifts with rests, decoys and distractions between."""
    size = chance.uniform(*conditions.amplitude)
    profile = chance.choice(PROFILES)
    teeth = 0.17 if chance.random() < 0.3 else 0.01
    pieces: list[tuple[str, Piece]] = [("rest", rest(1.5))]

    def move(hold: float, height: float) -> Piece:
        return lift(
            hold=hold,
            rise=chance.uniform(*conditions.movement),
            fall=chance.uniform(*conditions.movement),
            height=height,
            mouth=teeth,
            tremor=chance.uniform(0.0, 0.05),
            fade=chance.choice((0.0, 0.0, 0.1)),
            profile=profile,
        )

    for _ in range(chance.randint(8, 10)):
        height = min(1.3, max(0.6, size * chance.uniform(0.92, 1.08)))
        pieces += [("good", move(chance.uniform(2.1, 3.2), height)), _pause(chance)]
        if chance.random() < conditions.distracted:
            pieces += [_between_lifts(chance, move), _pause(chance)]
    return pieces


def _pause(chance: random.Random) -> tuple[str, Piece]:
    return "rest", rest(chance.uniform(1.2, 3.0))


def _between_lifts(
    chance: random.Random, move: Callable[[float, float], Piece]
) -> tuple[str, Piece]:
    kind = chance.choice(("short", "partial", "other", "other"))
    if kind == "short":
        return "decoy", move(chance.uniform(0.2, 1.3), chance.uniform(0.8, 1.2))
    if kind == "partial":
        return "decoy", move(chance.uniform(0.2, 2.5), chance.uniform(0.15, 0.4))
    return "other", ALL[chance.choice(GENTLE)](chance)


CLEAR = Conditions()
PLAUSIBLE: dict[str, Conditions] = {
    "as measured": CLEAR,
    "no noise": replace(CLEAR, noise=0.0),
    "noise recorded from the models, as strong": replace(CLEAR, hiss="recorded", noise=1.4),
    "white noise": replace(CLEAR, hiss="white"),
    "1/f noise": replace(CLEAR, hiss="1/f"),
    "noise x 2": replace(CLEAR, noise=2.0),
    "12 fps": replace(CLEAR, camera=Camera(12.0)),
    "15 fps": replace(CLEAR, camera=Camera(15.0)),
    "60 fps": replace(CLEAR, camera=Camera(60.0)),
    "20 % of the frames lost": replace(CLEAR, camera=Camera(30.0, drops=0.2, jitter=0.5)),
    "40 % of the frames lost": replace(CLEAR, camera=Camera(30.0, drops=0.4, jitter=0.5)),
    "rest drifts by 0.1": replace(CLEAR, drift=0.1),
    "subjects of small range (0.10 to 0.13)": replace(CLEAR, range=(0.10, 0.13)),
    "subjects of large range (0.17 to 0.20)": replace(CLEAR, range=(0.17, 0.20)),
    "fast (0.25 to 0.4 s)": replace(CLEAR, movement=(0.25, 0.4)),
    "slow (0.8 to 1.2 s)": replace(CLEAR, movement=(0.8, 1.2)),
    "small (0.6 to 0.7)": replace(CLEAR, amplitude=(0.6, 0.7)),
    "large (1.2 to 1.3)": replace(CLEAR, amplitude=(1.2, 1.3)),
    "no distractions": replace(CLEAR, distracted=0.0),
    "a distraction after every lift": replace(CLEAR, distracted=1.0),
}
"""What a camera, a face and a night may well be like."""
HARSH: dict[str, Conditions] = {
    "noise x 3": replace(CLEAR, noise=3.0),
    "noise x 4": replace(CLEAR, noise=4.0),
    "rest drifts by 0.2": replace(CLEAR, drift=0.2),
}
"""What is worse than anything measured, to see where the counter fails."""
