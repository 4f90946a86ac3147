"""A face that does as it is told, and what vision would say of it, noise included.

A script is a list of pieces, each some seconds of a face. Heights are in lifts of the person who
plays it, so the same script is a large signal on one face and a small one on another.

The noise of the landmarks is white, 1/f, or as recorded from the real models. `residuals.npz` holds
what these added to the truth on films of the synthetic subject and on rendered clips of another
head, and no figures of a real person. How strong the noise is in a made set was measured on real
faces (`tools.sets.generate.NOISE`).
"""

from __future__ import annotations

import functools
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from device.sample import NETWORK_FROM_DEG, LiftSample

RESIDUALS = Path(__file__).with_name("residuals.npz")
CHANNELS = ("lift", "left", "right", "mouth_open")
"""The fields of a sample that are noisy, in the order in which noise is given."""
UNIT = 1e-5
"""What 1 in the file stands for, in raw units of the signal."""
PINK_S = (0.03, 0.12, 0.5, 2.0)
"""Time constants, seconds. Equal parts of noise with these memories add up to 1/f noise."""

JAW, EYES_OPEN = 1.3, 0.3
"""From the bridge of the nose to the chin, and how far the eyes are open, as `LiftSample` has it,
of the development clips' faces at rest."""
LIFTED_NOISE = 1.7
"""So many times the noise at rest is that of a full lift, as measured on real faces."""
DRIFT_TIME_S = 20.0
"""Time constant of a rest that wanders, seconds."""
NETWORK_NOISE = 0.05
"""Standard deviation of what the network says of a face at rest, in lifts of the population: the
99th percentile of rest, 0.14 of a lift from its median as `device/vision/README.md` has it, is 2.6
of it."""
NETWORK_BLUR = 0.18
"""So much of what one side does the network sees on the other: of lifts of one side alone it reads
0.22 of the stronger side on the weaker, as the table of `tools.blendshapes` in
`device/vision/README.md` has it."""
NETWORK_EVERY_S = 0.15
"""In front it is asked so often, seconds, and in every frame while the face moves and for so long
after; from NETWORK_FROM_DEG on it is asked in every frame."""


# Noise


class Noise(Protocol):
    """Noise of mean 0 and deviation 1 on each of the four channels."""

    def step(self, seconds: float) -> Sequence[float]:
        """Return the noise of the frame that comes `seconds` after the last."""
        ...


class White:
    """White noise: every frame is drawn by itself."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def step(self, seconds: float) -> Sequence[float]:
        """Return the noise of the next frame."""
        del seconds
        return [self._chance.gauss(0.0, 1.0) for _ in CHANNELS]


class Pink:
    """1/f noise: as much power in every octave, like a slow drift and a hiss at once."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._parts = [[chance.gauss(0.0, 1.0) for _ in CHANNELS] for _ in PINK_S]

    def step(self, seconds: float) -> Sequence[float]:
        """Return the noise of the frame that comes `seconds` after the last."""
        for memory, part in zip(PINK_S, self._parts, strict=True):
            kept = math.exp(-seconds / memory)
            new = math.sqrt(1.0 - kept * kept)
            part[:] = [kept * value + new * self._chance.gauss(0.0, 1.0) for value in part]
        size = math.sqrt(len(PINK_S))
        return [sum(values) / size for values in zip(*self._parts, strict=True)]


class Recorded:
    """Recorded noise: stretches of recordings, one after the other, at any frame rate."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._recordings, self._step_s = recordings()
        self._begin()

    def _begin(self) -> None:
        self._playing = self._chance.choice(self._recordings)
        self._at = self._chance.uniform(0.0, len(self._playing) / 2.0)

    def step(self, seconds: float) -> Sequence[float]:
        """Return the noise of the frame that comes `seconds` after the last."""
        self._at += seconds / self._step_s
        if self._at >= len(self._playing) - 1:
            self._begin()
        index = int(self._at)
        share = self._at - index
        before, after = self._playing[index], self._playing[index + 1]
        return [a + share * (b - a) for a, b in zip(before, after, strict=True)]


KINDS: dict[str, Callable[[random.Random], Noise]] = {
    "recorded": Recorded,
    "white": White,
    "1/f": Pink,
}


@functools.cache
def recordings() -> tuple[list[list[list[float]]], float]:
    """Return the recorded residuals, each a list of frames, and the time between two, seconds.

    All together they have mean 0 and deviation 1 on every channel; one taken in the dark is
    louder than one taken in daylight, as it was.
    """
    with np.load(RESIDUALS) as stored:
        residuals: NDArray[np.float64] = stored["residuals"].astype(np.float64)
        step_s = float(stored["step_s"])
    residuals -= residuals.mean(axis=1, keepdims=True)
    residuals /= residuals.std(axis=(0, 1))
    return residuals.tolist(), step_s


# A face, and how it is played


@dataclass(frozen=True, slots=True)
class Face:
    """A face at one moment. Heights in lifts, angles in degrees, mouth and jaw in eye distances."""

    height: float = 0.0
    left: float | None = None
    """The left side's height where it is not the whole's."""
    right: float | None = None
    network: float | None = None
    """How far the lift network sees both sides lifted where it is not the sides' own heights."""
    mouth: float = 0.01
    jaw: float = 0.0
    """How far the jaw has dropped."""
    eyes: float = 1.0
    """How far the eyes are open, as a share of usual."""
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    seen: bool = True


@dataclass(frozen=True, slots=True)
class Piece:
    """Some seconds of a face; `course` is given the time since the piece began.

    `hold` says when a lift in it is held: begin and end, seconds since the piece began.
    """

    seconds: float
    course: Callable[[float], Face]
    hold: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Who plays, in raw units of the signal.

    `noise` is the landmarks' standard deviation at rest; at full height it is 1.7 times that, as
    measured. `hiss` is its kind, one of `KINDS`. `unlike` is how much more the left side
    moves than the right, as a ratio.
    """

    rest: float = -0.25
    range: float = 0.14
    side: float = 0.3
    unlike: float = 1.0
    noise: float = 0.0
    hiss: str = "white"
    drift: float = 0.0
    """How far rest wanders, in lifts, over about 20 s."""
    network: float = math.nan
    """How far the lift network sees this person's full lift go, in its lifts; NaN if it is not
    asked."""


@dataclass(frozen=True, slots=True)
class Camera:
    """When frames are taken: `drops` is the share that never arrives, `jitter` is in frames."""

    fps: float = 30.0
    drops: float = 0.0
    jitter: float = 0.0


def least_jerk(share: float) -> float:
    """Return the course of a voluntary movement, 0 to 1 (Flash and Hogan 1985)."""
    u = min(1.0, max(0.0, share))
    return u**3 * (10.0 - 15.0 * u + 6.0 * u * u)


def even(share: float) -> float:
    """Return a movement of constant speed."""
    return min(1.0, max(0.0, share))


def cosine(share: float) -> float:
    """Return a movement that starts and ends softly."""
    return 0.5 - 0.5 * math.cos(math.pi * min(1.0, max(0.0, share)))


def early(share: float) -> float:
    """Return a movement that is fast first and creeps home, as mouth corners do."""
    u = min(1.0, max(0.0, share))
    return (1.0 - math.exp(-3.0 * u)) / (1.0 - math.exp(-3.0))


def rest(seconds: float, height: float = 0.0, yaw: float = 0.0) -> Piece:
    """Return a piece in which nothing happens, at some height."""
    return Piece(seconds, lambda _: Face(height=height, yaw=yaw))


def nobody(seconds: float) -> Piece:
    """Return a piece in which nobody is seen."""
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
    fade: float = 0.0,
    left_late: float = 0.0,
    profile: Callable[[float], float] = least_jerk,
) -> Piece:
    """Return a lift from `before` to `height` and down to `after`; the sides are shares of it.

    `tremor` swings the hold by this share of it at 3 Hz, `fade` lets it sink by this share until
    its end. `left_late` delays the left side, seconds.
    """

    def way(t: float) -> float:
        up = profile(t / rise) if rise else 1.0
        down = profile((t - rise - hold) / fall) if fall else float(t > rise + hold)
        sunk = fade * height * min(1.0, max(0.0, (t - rise) / hold)) * (1.0 - down) if fade else 0
        return before + (height - before) * up - (height - after) * down - sunk

    def course(t: float) -> Face:
        shake = 1.0 + tremor * math.sin(6.0 * math.pi * t) * (rise < t < rise + hold)
        now = way(t) * shake
        share = min(1.0, way(t) / height) if height else 0.0
        return Face(
            height=now,
            left=left * way(t - left_late) * shake,
            right=right * now,
            mouth=0.01 + (mouth - 0.01) * share,
            yaw=yaw * share,
        )

    return Piece(rise + hold + fall, course, (rise, rise + hold))


@dataclass(slots=True)
class Played:
    """A played script: the samples, and for each piece when its lift was held, None for no lift."""

    samples: list[LiftSample] = field(default_factory=list)
    holds: list[tuple[float, float] | None] = field(default_factory=list)


def play(
    pieces: Sequence[Piece],
    person: Person,
    camera: Camera,
    chance: random.Random,
    begin: float = 0.0,
) -> Played:
    """Play the pieces one after the other, seen from `begin` seconds on."""
    played = Played()
    noise = KINDS[person.hiss](chance)
    drift = _Drift(chance)
    network = _Network(person)
    piece_begin, frame = 0.0, 0
    for piece in pieces:
        hold = piece.hold and tuple(begin + piece_begin + t for t in piece.hold)
        played.holds.append(hold)  # type: ignore[arg-type]
        while (due := frame / camera.fps) < piece_begin + piece.seconds - 1e-9:
            frame += 1
            late = camera.jitter * chance.random() / camera.fps if camera.jitter else 0.0
            hiss, wandered = noise.step(1.0 / camera.fps), drift.step(1.0 / camera.fps)
            if camera.drops and chance.random() < camera.drops:
                continue
            face = piece.course(due + late - piece_begin)
            sample = _seen(begin + due + late, face, person, hiss, wandered)
            played.samples.append(network.look(sample, face))
        piece_begin += piece.seconds
    return played


class _Drift:
    """How far rest has wandered, as noise of deviation 1."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._at = 0.0

    def step(self, seconds: float) -> float:
        kept = math.exp(-seconds / DRIFT_TIME_S)
        self._at = kept * self._at + math.sqrt(1.0 - kept * kept) * self._chance.gauss(0, 1)
        return self._at


class _Network:
    """What the lift network says of a person, as often as the device's vision asks it."""

    def __init__(self, person: Person) -> None:
        self._person = person
        # Noise of its own: whether the network is asked changes nothing else of what is played.
        self._chance = random.Random(person.rest)
        self._rest = self._chance.uniform(-0.5, 0.5)
        self._said: tuple[float, float] | None = None
        self._asked_at = -math.inf
        self._was: tuple[float, float] | None = None
        self._moved_at = -math.inf

    def look(self, sample: LiftSample, face: Face) -> LiftSample:
        """Return `sample` with what the network says of `face`, or said of it last."""
        if math.isnan(self._person.network):
            return sample
        if not face.seen:
            self._said = None
            return sample
        aside = sample.off_axis >= NETWORK_FROM_DEG
        left, right = self._heights(face)
        if (left, right) != self._was:
            self._was, self._moved_at = (left, right), sample.time
        moved = sample.time - self._moved_at < NETWORK_EVERY_S
        due = sample.time - self._asked_at >= NETWORK_EVERY_S
        if self._said is None or aside or moved or due:
            self._said = self._say(left, right), self._say(right, left)
            self._asked_at = sample.time
        return replace(sample, seen_left=self._said[0], seen_right=self._said[1])

    def _heights(self, face: Face) -> tuple[float, float]:
        if face.network is not None:
            return face.network, face.network
        left = face.height if face.left is None else face.left
        right = face.height if face.right is None else face.right
        return left, right

    def _say(self, side: float, other: float) -> float:
        height = (1.0 - NETWORK_BLUR) * side + NETWORK_BLUR * other
        noise = self._chance.gauss(0.0, NETWORK_NOISE)
        return self._rest + self._person.network * height + noise


def _seen(
    time: float, face: Face, person: Person, hiss: Sequence[float], wandered: float
) -> LiftSample:
    if not face.seen:
        return LiftSample(time, face=False, brightness=60.0)
    left = face.height if face.left is None else face.left
    right = face.height if face.right is None else face.right
    grown = 1.0 + (LIFTED_NOISE - 1.0) * min(1.0, max(0.0, face.height))
    noise = [grown * person.noise * value for value in hiss]
    drift = person.drift * wandered
    side = person.side * person.range
    return LiftSample(
        time,
        face=True,
        brightness=120.0,
        lift=person.rest + person.range * (face.height + drift) + noise[0],
        left=0.09 + side * person.unlike * (left + drift) + noise[1] / 2,
        right=0.09 + side * (right + drift) + noise[2] / 2,
        mouth_open=max(0.0, face.mouth + noise[3] / 3),
        yaw=face.yaw,
        pitch=face.pitch,
        roll=face.roll,
        x=0.5,
        y=0.5,
        size=0.25,
        quality=1.0,
        jaw=JAW + face.jaw,
        eyes_open=EYES_OPEN * face.eyes,
    )
