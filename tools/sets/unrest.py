"""What people do that is no lift: talking, chewing, yawning, turning over, pulling faces.

Each is a piece with random course. How far each leaks into the signal was measured on the
development clips (talking 0.3 to 0.5 lifts, mostly downward; turning by 25 degrees 0.2 to 0.3;
blinks and brows 0.1 to 0.16; a pout 1.2 downward) and is taken a little worse here.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from tools.sets.script import Face, Piece, least_jerk, rest

Unrest = Callable[[random.Random], Piece]

GENTLE = ("talking", "chewing", "nodding", "looking_round", "blinking", "pouting", "grinning")
"""What may happen between the lifts of a session that is going well."""


def _swell(t: float, seconds: float, edge: float = 0.4) -> float:
    """Rise, stay and fall within `seconds`."""
    edge = min(edge, seconds / 2)
    return least_jerk(t / edge) * (1.0 - least_jerk((t - seconds + edge) / edge))


def talking(chance: random.Random) -> Piece:
    """Syllables at 2 to 4 Hz in phrases; corners mostly down, now and then a word that smiles."""
    seconds = chance.uniform(3.0, 15.0)
    rate = chance.uniform(2.0, 4.0)
    phases = [chance.uniform(0.0, 6.3) for _ in range(4)]
    smile = chance.uniform(0.0, 0.45)
    jaw_size = chance.uniform(0.08, 0.25)

    def course(t: float) -> Face:
        phrase = least_jerk(2.0 * math.sin(0.9 * t + phases[0]) + 1.0)
        jaw = 0.5 + 0.5 * math.sin(6.283 * rate * t + 1.5 * math.sin(2.3 * t + phases[1]))
        spread = smile * math.sin(4.1 * t + phases[2]) + 0.2 * math.sin(9.0 * t + phases[3])
        return Face(
            height=phrase * (0.25 * spread - 0.6 * jaw + smile * 0.8),
            mouth=0.02 + phrase * jaw_size * jaw,
            pitch=3.0 * math.sin(1.1 * t),
        )

    return Piece(seconds, course)


def chewing(chance: random.Random) -> Piece:
    """One to two strokes a second with the lips closed, one side after the other."""
    seconds = chance.uniform(4.0, 20.0)
    rate = chance.uniform(1.0, 1.8)
    depth = chance.uniform(0.15, 0.5)

    def course(t: float) -> Face:
        stroke = 0.5 - 0.5 * math.cos(6.283 * rate * t)
        side = 0.25 * math.sin(6.283 * rate * t / 2.0)
        height = 0.15 - depth * stroke
        return Face(height, height + side, height - side, mouth=0.01 + 0.03 * stroke)

    return Piece(seconds, course)


def yawning(chance: random.Random) -> Piece:
    """The mouth wide for seconds; the corners go down, then stretch."""
    seconds = chance.uniform(3.5, 7.0)
    stretch = chance.uniform(-0.8, 0.9)

    def course(t: float) -> Face:
        open_ = _swell(t, seconds, 1.2)
        return Face(stretch * open_, mouth=0.01 + 0.7 * open_, pitch=-12.0 * open_)

    return Piece(seconds, course)


def nodding(chance: random.Random) -> Piece:
    """The head goes up and down."""
    seconds = chance.uniform(1.5, 6.0)
    degrees = chance.uniform(8.0, 25.0)
    rate = chance.uniform(0.3, 1.2)

    def course(t: float) -> Face:
        nod = math.sin(6.283 * rate * t)
        return Face(height=0.013 * degrees * nod, pitch=degrees * nod)

    return Piece(seconds, course)


def looking_round(chance: random.Random) -> Piece:
    """The head turns to one side and stays a while."""
    seconds = chance.uniform(2.0, 8.0)
    degrees = chance.uniform(10.0, 45.0) * chance.choice((-1, 1))
    leak = 0.012 * abs(degrees) * chance.choice((-1.0, 1.0))

    def course(t: float) -> Face:
        turn = _swell(t, seconds, 0.7)
        return Face(
            leak * turn,
            turn * (leak + 0.02 * degrees),
            turn * (leak - 0.02 * degrees),
            yaw=degrees * turn,
        )

    return Piece(seconds, course)


def turning_over(chance: random.Random) -> Piece:
    """From one side to the other: everything jumps about, and the face is lost half the time."""
    seconds = chance.uniform(2.0, 5.0)
    lost = (0.3 * seconds, chance.uniform(0.3, 0.8) * seconds)
    wild = chance.uniform(0.5, 1.5)

    def course(t: float) -> Face:
        swing = wild * math.sin(5.0 * t) * _swell(t, seconds)
        return Face(
            swing,
            -0.5 * swing,
            1.2 * swing,
            yaw=40.0 * math.sin(3.0 * t),
            roll=180.0 * t / seconds,
            seen=not lost[0] < t < lost[1],
        )

    return Piece(seconds, course)


def rubbing(chance: random.Random) -> Piece:
    """A hand wipes over the face, and drags the landmarks along."""
    seconds = chance.uniform(1.0, 5.0)
    rate = chance.uniform(1.0, 3.0)
    phases = [chance.uniform(0.0, 6.3) for _ in range(3)]

    def course(t: float) -> Face:
        drag = _swell(t, seconds, 0.3)
        height = drag * (0.8 * math.sin(6.283 * rate * t) + 0.5 * math.sin(17.0 * t + phases[0]))
        return Face(
            height,
            drag * math.sin(11.0 * t + phases[1]),
            drag * math.sin(13.0 * t + phases[2]),
            mouth=0.01 + 0.1 * drag * abs(math.sin(7.0 * t)),
            seen=math.sin(3.0 * t + phases[0]) < 0.9,
        )

    return Piece(seconds, course)


def blinking(chance: random.Random) -> Piece:
    """Eyes shut for a moment, or squeezed for longer."""
    seconds = chance.uniform(0.15, 1.5)
    leak = chance.uniform(0.05, 0.25)
    return Piece(seconds, lambda t: Face(height=leak * _swell(t, seconds, 0.1)))


def pouting(chance: random.Random) -> Piece:
    """The lips pursed: far below rest, for seconds."""
    seconds = chance.uniform(0.8, 3.5)
    depth = chance.uniform(0.5, 1.5)
    return Piece(seconds, lambda t: Face(height=-depth * _swell(t, seconds, 0.3)))


def smirking(chance: random.Random) -> Piece:
    """One corner of the mouth up and held; the model shows a quarter of it on the other side."""
    seconds = chance.uniform(1.0, 4.5)
    height = chance.uniform(0.7, 1.2)
    sides = [height, 0.2 * height]
    chance.shuffle(sides)

    def course(t: float) -> Face:
        swell = _swell(t, seconds)
        return Face(0.6 * height * swell, sides[0] * swell, sides[1] * swell)

    return Piece(seconds, course)


def grinning(chance: random.Random) -> Piece:
    """A smile that comes and goes."""
    seconds = chance.uniform(0.4, 1.6)
    height = chance.uniform(0.4, 1.4)
    mouth = chance.choice((0.01, 0.15))
    return Piece(
        seconds,
        lambda t: Face(height * (s := _swell(t, seconds, 0.25)), mouth=0.01 + mouth * s),
    )


def laughing(chance: random.Random) -> Piece:
    """The mouth wide open, shaking at 4 to 5 Hz."""
    seconds = chance.uniform(1.5, 5.0)
    height = chance.uniform(0.8, 1.8)

    def course(t: float) -> Face:
        swell = _swell(t, seconds)
        shake = 1.0 + 0.25 * math.sin(28.0 * t)
        return Face(height * swell * shake, mouth=0.01 + 0.42 * swell * shake)

    return Piece(seconds, course)


ALL: dict[str, Unrest] = {
    kind.__name__: kind
    for kind in (
        talking,
        chewing,
        yawning,
        nodding,
        looking_round,
        turning_over,
        rubbing,
        blinking,
        pouting,
        smirking,
        grinning,
        laughing,
    )
}


def restless(chance: random.Random, minutes: float) -> list[tuple[str, Piece]]:
    """Return `minutes` of everything that is no lift, with rests between."""
    pieces: list[tuple[str, Piece]] = [("rest", rest(3.0))]
    left = 60.0 * minutes
    while left > 0.0:
        name = chance.choice(list(ALL))
        pieces += [(name, ALL[name](chance)), ("rest", rest(chance.uniform(0.2, 4.0)))]
        left -= pieces[-1][1].seconds + pieces[-2][1].seconds
    return pieces
