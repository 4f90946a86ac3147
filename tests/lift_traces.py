"""Lift samples from a script: what vision would say of a face that does as it is told."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from device.coach.events import LiftEvent, Refused, Rep
from device.coach.repetitions import RepetitionCounter
from device.vision.sample import LiftSample

FPS = 30.0
REST = -0.25
"""The raw signal of a face at rest."""
RANGE = 0.14
SIDE = 0.3 * RANGE


@dataclass(frozen=True)
class Face:
    """A face at one moment. Heights are in lifts of the population, angles in degrees."""

    height: float = 0.0
    left: float | None = None
    right: float | None = None
    mouth: float = 0.01
    yaw: float = 0.0
    pitch: float = 0.0
    seen: bool = True


@dataclass(frozen=True)
class Piece:
    """Some seconds of a face; `course` gets the time since the piece began."""

    seconds: float
    course: Callable[[float], Face]


def least_jerk(share: float) -> float:
    u = min(1.0, max(0.0, share))
    return u**3 * (10 - 15 * u + 6 * u * u)


def rest(seconds: float, height: float = 0.0, yaw: float = 0.0) -> Piece:
    return Piece(seconds, lambda _: Face(height=height, yaw=yaw))


def nobody(seconds: float) -> Piece:
    return Piece(seconds, lambda _: Face(seen=False))


def lift(
    hold: float = 2.4,
    rise: float = 0.6,
    fall: float = 0.6,
    height: float = 1.0,
    left: float = 1.0,
    right: float = 1.0,
    mouth: float = 0.01,
    yaw: float = 0.0,
    before: float = 0.0,
    after: float = 0.0,
    tremor: float = 0.0,
    left_late: float = 0.0,
) -> Piece:
    """A lift from `before` to `height` and down to `after`; the sides are shares of the whole.

    `tremor` swings the hold by this share at 3 Hz. `left_late` delays the left side.
    """

    def way(t: float) -> float:
        up = least_jerk(t / rise) if rise else 1.0
        down = least_jerk((t - rise - hold) / fall) if fall else float(t > rise + hold)
        return before + (height - before) * up - (height - after) * down

    def course(t: float) -> Face:
        shake = 1.0 + tremor * math.sin(2 * math.pi * 3 * t) * (rise < t < rise + hold)
        now = way(t) * shake
        share = 0.0 if height == 0 else min(1.0, way(t) / height)
        return Face(
            height=now,
            left=left * way(t - left_late) * shake,
            right=right * now,
            mouth=0.01 + (mouth - 0.01) * share,
            yaw=yaw * share,
        )

    return Piece(rise + hold + fall, course)


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
    chance = random.Random(seed)
    samples = []
    piece_begin = 0.0
    count = 0
    for piece in pieces:
        while count / fps < piece_begin + piece.seconds - 1e-9:
            face = piece.course(count / fps - piece_begin)
            samples.append(_sample(begin + count / fps, face, noise, chance, scale, offset))
            count += 1
        piece_begin += piece.seconds
    return samples


def _sample(
    time: float, face: Face, noise: float, chance: random.Random, scale: float, offset: float
) -> LiftSample:
    if not face.seen:
        return LiftSample(time, face=False, brightness=60.0)
    left = face.height if face.left is None else face.left
    right = face.height if face.right is None else face.right
    return LiftSample(
        time,
        face=True,
        brightness=120.0,
        lift=offset + scale * (REST + RANGE * face.height + chance.gauss(0, noise)),
        left=scale * (0.09 + SIDE * left + chance.gauss(0, noise / 3)),
        right=scale * (0.09 + SIDE * right + chance.gauss(0, noise / 3)),
        mouth_open=face.mouth,
        yaw=face.yaw,
        pitch=face.pitch,
        roll=0.0,
        x=0.5,
        y=0.5,
        size=0.25,
        quality=1.0,
    )


def at(samples: Iterable[LiftSample], shift: float) -> list[LiftSample]:
    """The same samples, `shift` seconds later."""
    return [replace(sample, time=sample.time + shift) for sample in samples]


def feed(counter: RepetitionCounter, samples: Iterable[LiftSample]) -> list[LiftEvent]:
    return [event for sample in samples for event in counter.feed(sample)]


def said_of(*pieces: Piece, fps: float = FPS, noise: float = 0.0) -> list[LiftEvent]:
    """What a fresh counter says of the pieces, after two seconds of rest and before two more."""
    counter = RepetitionCounter.population()
    return feed(counter, trace(rest(2.0), *pieces, rest(2.0), fps=fps, noise=noise))


def reps(events: Sequence[LiftEvent]) -> list[Rep]:
    return [event for event in events if isinstance(event, Rep)]


def refusals(events: Sequence[LiftEvent]) -> list[Refused]:
    return [event for event in events if isinstance(event, Refused)]
