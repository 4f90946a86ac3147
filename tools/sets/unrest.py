"""What people do that is no lift: talking, chewing, yawning, turning over, pulling faces.

Each is a piece with random course. How far each leaks into S and into what the lift network sees
was measured on the development clips (`LEAKS`). How wide the mouth stands open, in eye distances,
is taken from what `python -m tools.negatives` reads of clips and of other rendered people: a yawn
0.3 to 0.5, less behind a hand, a laugh 0.16 to 0.32, a cough 0.07 and closed lips 0.01.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import NamedTuple

from tools.sets.script import Face, Piece, least_jerk, rest

Unrest = Callable[[random.Random], Piece]

GENTLE = ("talking", "chewing", "nodding", "looking_round", "blinking", "pouting", "grinning")
"""What may happen between the lifts of a session that is going well."""
TALKS_TIMES = 6
"""People talk so many times as often as they do anything else that is no lift."""
RESTED_S = (3.0, 5.0)
"""So long the face rests before everything that is no lift, seconds: what nothing rests before is
refused for that alone."""


class Leak(NamedTuple):
    """How far something that is no lift is read as one: median and most of what was measured."""

    s: tuple[float, float]
    network: tuple[float, float]


LEAKS = {
    "talking": Leak((0.38, 0.64), (0.20, 1.45)),
    "chewing": Leak((0.26, 0.35), (0.17, 0.42)),
    "yawning": Leak((0.46, 0.81), (0.20, 0.81)),
    "pressing": Leak((0.34, 0.49), (0.35, 2.06)),
    "coughing": Leak((0.70, 1.34), (1.11, 2.16)),
    "blinking": Leak((0.20, 0.37), (0.14, 0.24)),
    "sleeping": Leak((0.25, 0.44), (0.34, 0.48)),
    "squinting": Leak((0.09, 0.39), (0.16, 0.62)),
    "turning": Leak((0.34, 1.07), (0.16, 1.74)),
    "leaning": Leak((0.32, 0.63), (0.15, 0.25)),
    "hand": Leak((0.19, 0.40), (0.11, 0.56)),
    "tipping": Leak((0.07, 0.93), (0.02, 0.86)),
    "covering": Leak((0.03, 0.76), (0.04, 0.23)),
}
"""In the person's own lifts, from the table "What is read while something else than a full lift is
done" of `device/vision/README.md`, the last three from that of `python -m tools.negatives`. They
tell how far, and not which way. Hands that hide both eyes read up to 1.5, once in a dozen times.
Rendered people who press and squeeze harder than those of the clips read more: see that table."""
BOTH_HANDS = (1.5, 0.70, 0.62)
"""What they read then, for S, for the network and for the eyes."""
EYES = {
    "yawning": (0.48, 0.6),
    "squinting": (0.54, 0.91),
    "hand": (0.59, 0.97),
    "sleeping": (0.58, 1.0),
    "shut": (0.45, 0.65),
}
"""How far the eyes are open, as a share of usual, least and most, on the same films."""


def _drawn(chance: random.Random, measured: tuple[float, float]) -> float:
    """Draw a level with the median and the most that were measured."""
    median, most = measured
    if chance.random() < 0.5:
        return chance.uniform(0.3, 1.0) * median
    return median + (most - median) * chance.random() ** 2


def _seen_apart(seconds: float, what: str) -> float:
    """Draw how far the network sees something of this length, without drawing from its course."""
    return _drawn(random.Random(seconds), LEAKS[what].network)


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
    network = _seen_apart(seconds, "talking")

    def course(t: float) -> Face:
        phrase = least_jerk(2.0 * math.sin(0.9 * t + phases[0]) + 1.0)
        jaw = 0.5 + 0.5 * math.sin(6.283 * rate * t + 1.5 * math.sin(2.3 * t + phases[1]))
        spread = smile * math.sin(4.1 * t + phases[2]) + 0.2 * math.sin(9.0 * t + phases[3])
        return Face(
            height=phrase * (0.25 * spread - 0.6 * jaw + smile * 0.8),
            network=phrase * network * (0.6 * jaw + 0.4 * spread),
            mouth=0.02 + phrase * jaw_size * jaw,
            pitch=3.0 * math.sin(1.1 * t),
        )

    return Piece(seconds, course)


def chewing(chance: random.Random) -> Piece:
    """One to two strokes a second with the lips closed, one side after the other."""
    seconds = chance.uniform(4.0, 20.0)
    rate = chance.uniform(1.0, 1.8)
    depth = chance.uniform(0.15, 0.5)
    network = _seen_apart(seconds, "chewing")

    def course(t: float) -> Face:
        stroke = 0.5 - 0.5 * math.cos(6.283 * rate * t)
        side = 0.25 * math.sin(6.283 * rate * t / 2.0)
        height = 0.15 - depth * stroke
        return Face(height, height + side, height - side, network * stroke, 0.01 + 0.03 * stroke)

    return Piece(seconds, course)


def yawning(chance: random.Random) -> Piece:
    """The mouth wide for seconds; the corners go down, or stretch."""
    seconds = chance.uniform(3.5, 7.0)
    stretch = _drawn(chance, LEAKS["yawning"].s) * chance.choice((-1.0, 1.0))
    network = _drawn(chance, LEAKS["yawning"].network)
    gap = chance.uniform(0.3, 0.5)
    eyes = chance.uniform(*EYES["yawning"])

    def course(t: float) -> Face:
        open_ = _swell(t, seconds, 1.2)
        return Face(
            stretch * open_,
            network=network * open_,
            mouth=0.01 + gap * open_,
            jaw=0.6 * gap * open_,
            eyes=1.0 - (1.0 - eyes) * open_,
            pitch=12.0 * open_,
        )

    return Piece(seconds, course)


def nodding(chance: random.Random) -> Piece:
    """The head goes up and down."""
    seconds = chance.uniform(1.5, 6.0)
    degrees = chance.uniform(8.0, 25.0)
    rate = chance.uniform(0.3, 1.2)
    network = _seen_apart(seconds, "turning")

    def course(t: float) -> Face:
        nod = math.sin(6.283 * rate * t)
        return Face(height=0.013 * degrees * nod, network=network * nod, pitch=degrees * nod)

    return Piece(seconds, course)


def looking_round(chance: random.Random) -> Piece:
    """The head turns to one side and stays a while."""
    seconds = chance.uniform(2.0, 8.0)
    degrees = chance.uniform(10.0, 45.0) * chance.choice((-1, 1))
    leak = 0.012 * abs(degrees) * chance.choice((-1.0, 1.0))
    network = math.copysign(_seen_apart(seconds, "turning"), leak)

    def course(t: float) -> Face:
        turn = _swell(t, seconds, 0.7)
        return Face(
            leak * turn,
            turn * (leak + 0.02 * degrees),
            turn * (leak - 0.02 * degrees),
            turn * network,
            yaw=degrees * turn,
        )

    return Piece(seconds, course)


def turning_over(chance: random.Random) -> Piece:
    """From one side to the other: everything jumps about, and the face is lost half the time."""
    seconds = chance.uniform(2.0, 5.0)
    lost = (0.3 * seconds, chance.uniform(0.3, 0.8) * seconds)
    wild = chance.uniform(0.5, 1.5)
    network = _drawn(chance, LEAKS["leaning"].network)

    def course(t: float) -> Face:
        swing = wild * math.sin(5.0 * t) * _swell(t, seconds)
        return Face(
            swing,
            -0.5 * swing,
            1.2 * swing,
            swing * network,
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
    network = _drawn(chance, LEAKS["hand"].network)

    def course(t: float) -> Face:
        drag = _swell(t, seconds, 0.3)
        height = drag * (0.8 * math.sin(6.283 * rate * t) + 0.5 * math.sin(17.0 * t + phases[0]))
        return Face(
            height,
            drag * math.sin(11.0 * t + phases[1]),
            drag * math.sin(13.0 * t + phases[2]),
            drag * network,
            mouth=0.01 + 0.1 * drag * abs(math.sin(7.0 * t)),
            seen=math.sin(3.0 * t + phases[0]) < 0.9,
        )

    return Piece(seconds, course)


def blinking(chance: random.Random) -> Piece:
    """Eyes shut for a moment, or squeezed for longer."""
    seconds = chance.uniform(0.15, 1.5)
    leak = chance.uniform(0.05, LEAKS["blinking"].s[1])
    network = _seen_apart(seconds, "blinking")

    def course(t: float) -> Face:
        shut = _swell(t, seconds, 0.1)
        return Face(height=leak * shut, network=network * shut, eyes=1.0 - 0.5 * shut)

    return Piece(seconds, course)


def pouting(chance: random.Random) -> Piece:
    """The lips pursed: far below rest, for seconds."""
    seconds = chance.uniform(0.8, 3.5)
    depth = chance.uniform(0.5, 1.5)
    network = _seen_apart(seconds, "pressing")

    def course(t: float) -> Face:
        purse = _swell(t, seconds, 0.3)
        return Face(height=-depth * purse, network=network * purse)

    return Piece(seconds, course)


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
    """The mouth open, more or less wide, shaking at 4 to 5 Hz."""
    seconds = chance.uniform(1.5, 5.0)
    height = chance.uniform(0.8, 1.8)
    network = _drawn(chance, LEAKS["coughing"].network)
    gap = chance.uniform(0.16, 0.42)
    jaw = gap * chance.uniform(0.3, 0.9)

    def course(t: float) -> Face:
        swell = _swell(t, seconds)
        shake = 1.0 + 0.25 * math.sin(28.0 * t)
        return Face(
            height * swell * shake,
            network=network * swell,
            mouth=0.01 + gap * swell * shake,
            jaw=jaw * swell * shake,
        )

    return Piece(seconds, course)


def yawning_behind_a_hand(chance: random.Random) -> Piece:
    """A hand before the mouth, whose landmarks jump to it, lie still there, and jump back."""
    seconds = chance.uniform(3.0, 6.0)
    level = _drawn(chance, LEAKS["covering"].s) * chance.choice((1.0, 1.0, -1.0))
    network = _drawn(chance, LEAKS["covering"].network)
    gap = chance.uniform(0.0, 0.26)
    eyes = chance.uniform(*EYES["yawning"])
    arrives, leaves = chance.uniform(0.3, 1.0), seconds - chance.uniform(0.3, 1.0)
    left, right = (chance.uniform(-0.2, 1.0) for _ in range(2))
    lost = chance.random() < 0.3

    def course(t: float) -> Face:
        if not arrives < t < leaves:
            open_ = _swell(t, seconds, 1.2)
            return Face(
                0.3 * level * open_,
                mouth=0.01 + gap * open_,
                eyes=1.0 - (1.0 - eyes) * open_,
                pitch=8.0 * open_,
            )
        jump = level * (1.0 + 0.06 * math.sin(7.0 * t))
        seen = not lost or t - arrives > 0.7
        return Face(
            *(jump, jump * left, jump * right, network, 0.01 + gap),
            eyes=eyes,
            pitch=8.0,
            seen=seen,
        )

    return Piece(seconds, course)


def pressing_lips(chance: random.Random) -> Piece:
    """Lips pressed together, the corners drawn into dimples, and held."""
    seconds = chance.uniform(1.0, 5.0)
    return _held(chance, seconds, "pressing", edge=0.3)


def squeezing_eyes(chance: random.Random) -> Piece:
    """Eyes squeezed shut, or narrowed, and the cheeks with them."""
    seconds = chance.uniform(1.0, 5.0)
    return _held(chance, seconds, "squinting", edge=0.3, eyes=chance.uniform(*EYES["squinting"]))


def rubbing_eyes(chance: random.Random) -> Piece:
    """A hand at the eye: its landmarks are dragged about a level that is not that of rest."""
    seconds = chance.uniform(2.0, 6.0)
    level, network = (_drawn(chance, leak) for leak in LEAKS["hand"])
    rate = chance.uniform(0.7, 2.0)
    near = chance.choice((-1.0, 1.0))
    eyes = chance.uniform(*EYES["hand"])
    if chance.random() < 1 / 24:
        level, network, eyes = BOTH_HANDS

    def course(t: float) -> Face:
        there = _swell(t, seconds)
        drag = level * there * (1.0 + 0.25 * math.sin(6.283 * rate * t))
        return Face(
            *(drag, drag * (1.0 + 0.4 * near), drag * (1.0 - 0.4 * near), network * there),
            eyes=1.0 - (1.0 - eyes) * there,
        )

    return Piece(seconds, course)


def coughing(chance: random.Random) -> Piece:
    """Two to five coughs: the face is drawn together and the head jerks, each time for a moment."""
    seconds = 0.6 * chance.randint(2, 5)
    height, network = (_drawn(chance, leak) for leak in LEAKS["coughing"])
    gap = chance.uniform(0.03, 0.2)

    def course(t: float) -> Face:
        jerk = _swell(t % 0.6, 0.45, 0.12)
        return Face(height * jerk, network=network * jerk, mouth=0.01 + gap * jerk, pitch=-8 * jerk)

    return Piece(seconds, course)


def swallowing(chance: random.Random) -> Piece:
    """The lips close firmly and the chin goes up a little, once or a few times."""
    seconds = 1.3 * chance.randint(1, 3)
    height, network = (_drawn(chance, leak) for leak in LEAKS["chewing"])

    def course(t: float) -> Face:
        gulp = _swell(t % 1.3, 0.9, 0.25)
        return Face(height * gulp, network=network * gulp, pitch=3.0 * gulp)

    return Piece(seconds, course)


def tipping_back(chance: random.Random) -> Piece:
    """The head tipped back, as to drink or with closed eyes, and held there."""
    seconds = chance.uniform(2.0, 7.0)
    eyes = chance.choice((1.0, chance.uniform(*EYES["shut"])))
    return _held(chance, seconds, "tipping", edge=0.9, pitch=chance.uniform(12.0, 35.0), eyes=eyes)


def falling_asleep(chance: random.Random) -> Piece:
    """The eyes close and the head sinks slowly, until it is caught with a start."""
    seconds = chance.uniform(4.0, 12.0)
    height, network = (_drawn(chance, leak) for leak in LEAKS["sleeping"])
    degrees = chance.uniform(3.0, 22.0)
    slack = chance.uniform(0.0, 0.08)
    eyes = chance.uniform(*EYES["sleeping"])

    def course(t: float) -> Face:
        sunk = least_jerk(t / (0.4 * seconds)) * (1.0 - least_jerk((t - seconds + 0.5) / 0.5))
        return Face(
            height * sunk,
            network=network * sunk,
            mouth=0.01 + slack * sunk,
            eyes=1.0 - (1.0 - eyes) * sunk,
            pitch=-degrees * sunk,
        )

    return Piece(seconds, course)


def _held(
    chance: random.Random,
    seconds: float,
    what: str,
    edge: float,
    pitch: float = 0.0,
    eyes: float = 1.0,
) -> Piece:
    """Return something that leaks upwards, swells within `edge` seconds, and is held."""
    height, network = (_drawn(chance, leak) for leak in LEAKS[what])
    uneven = chance.uniform(-0.15, 0.15)

    def course(t: float) -> Face:
        swell = _swell(t, seconds, edge)
        return Face(
            height * swell,
            height * (1.0 + uneven) * swell,
            height * (1.0 - uneven) * swell,
            network * swell,
            eyes=1.0 - (1.0 - eyes) * swell,
            pitch=pitch * swell,
        )

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
        yawning_behind_a_hand,
        pressing_lips,
        squeezing_eyes,
        rubbing_eyes,
        coughing,
        swallowing,
        tipping_back,
        falling_asleep,
    )
}


def restless(chance: random.Random, minutes: float) -> list[tuple[str, Piece]]:
    """Return `minutes` of everything that is no lift, each after a real rest, and a last rest."""
    kinds = [*ALL, *(TALKS_TIMES - 1) * ["talking"]]
    pieces: list[tuple[str, Piece]] = []
    left = 60.0 * minutes
    while left > 0.0:
        name = chance.choice(kinds)
        pieces += [("rest", rest(chance.uniform(*RESTED_S))), (name, ALL[name](chance))]
        left -= pieces[-1][1].seconds + pieces[-2][1].seconds
    return [*pieces, ("rest", rest(RESTED_S[0]))]
