"""How people move, as functions of time: lifts, sway, blinks, talking, yawning and so on.

A layer takes a time in seconds and returns by how much it raises which channels of a `State`.
Layers do not depend on frames, so a script plays alike at any frame rate.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from device.camera.subject.state import Phase

Layer = Callable[[float], Mapping[str, float]]
Random = np.random.Generator

_WAVES = 6
"""So many waves of different length make a motion that seems to have none."""


def total(layers: Iterable[Layer], t: float) -> dict[str, float]:
    """Return by how much several layers together raise each channel at time `t`."""
    channels: dict[str, float] = {}
    for layer in layers:
        for name, value in layer(t).items():
            channels[name] = channels.get(name, 0.0) + value
    return channels


def minimum_jerk(u: float) -> float:
    """Return how far a movement has come, 0 to 1, when the share `u` of its time has passed.

    People reach for things in this way (Flash and Hogan, J Neurosci 1985;5:1688).
    """
    u = min(max(u, 0.0), 1.0)
    return u**3 * (10 - 15 * u + 6 * u * u)


@dataclass(frozen=True, slots=True)
class Lift:
    """One lift as it is meant: its times in seconds, and how far each side goes in full lifts."""

    start: float
    rise: float
    hold: float
    fall: float
    left: float = 1.0
    right: float = 1.0

    @property
    def top(self) -> float:
        """When the lift has fully arrived, seconds."""
        return self.start + self.rise

    @property
    def release(self) -> float:
        """When the lift begins to be let go, seconds."""
        return self.top + self.hold

    @property
    def end(self) -> float:
        """When the face is at rest again, seconds."""
        return self.release + self.fall

    def share(self, t: float) -> float:
        """Return how much of the lift is up at time `t`, 0 to 1."""
        up = minimum_jerk((t - self.start) / self.rise)
        return up * (1 - minimum_jerk((t - self.release) / self.fall))

    def phase(self, t: float) -> Phase:
        """Return what the person means to do at time `t`."""
        if not self.start <= t < self.end:
            return Phase.REST
        if t < self.top:
            return Phase.RISE
        return Phase.HOLD if t < self.release else Phase.FALL


class Drift:
    """Smooth random motion with mean 0 and standard deviation 1.

    `tau` is its correlation time in seconds: the smaller, the faster it changes.
    """

    def __init__(self, rng: Random, tau: float) -> None:
        slowest, fastest = 0.3 / (2 * math.pi * tau), 2.5 / (2 * math.pi * tau)
        self._speeds = [
            2 * math.pi * slowest * (fastest / slowest) ** u for u in rng.random(_WAVES).tolist()
        ]
        self._starts = [2 * math.pi * u for u in rng.random(_WAVES).tolist()]
        self._size = math.sqrt(2 / _WAVES)

    def __call__(self, t: float) -> float:
        """Return the value at time `t`, seconds."""
        waves = zip(self._speeds, self._starts, strict=True)
        return self._size * sum(math.sin(speed * t + start) for speed, start in waves)


def drifting(rng: Random, tau: float, **deviations: float) -> Layer:
    """Return a layer in which channels wander independently, by these standard deviations."""
    drifts = {name: (size, Drift(rng, tau)) for name, size in deviations.items()}
    return lambda t: {name: size * drift(t) for name, (size, drift) in drifts.items()}


def sway(rng: Random, strength: float = 1.0) -> Layer:
    """Return how a head moves that tries to keep still."""
    return drifting(
        rng,
        1.0,
        yaw=0.8 * strength,
        pitch=0.7 * strength,
        roll=0.5 * strength,
        x=0.15 * strength,
        y=0.15 * strength,
        nearness=0.004 * strength,
    )


def head_motion(rng: Random) -> Layer:
    """Return how a head moves that does not try to keep still."""
    return drifting(rng, 1.3, yaw=10, pitch=6, roll=6, x=1.0, nearness=0.04)


def blinks(rng: Random, duration: float) -> Layer:
    """Return a blink every two to five seconds."""
    times = [rng.uniform(0.5, 3)]
    while times[-1] < duration:
        times.append(times[-1] + rng.uniform(2, 5))
    return pulses("blink", times, width=0.07)


def pulses(channel: str, times: list[float], width: float) -> Layer:
    """Return Gaussian bumps of height 1 at these times, seconds.

    `width` is 1.4 standard deviations, seconds.
    """

    def at(t: float) -> Mapping[str, float]:
        return {channel: max(math.exp(-(((t - at) / width) ** 2)) for at in times)}

    return at


def swing(channel: str, start: float, end: float, size: float, cycles: float) -> Layer:
    """Return a motion to and fro, `cycles` times between two moments."""

    def at(t: float) -> Mapping[str, float]:
        if not start <= t < end:
            return {}
        return {channel: size * math.sin(2 * math.pi * cycles * (t - start) / (end - start))}

    return at


def bows(channel: str, start: float, end: float, size: float, cycles: float) -> Layer:
    """Return a motion as `swing`, but to one side only: the other half of each cycle rests."""
    there = swing(channel, start, end, size, cycles)

    def at(t: float) -> Mapping[str, float]:
        value = there(t).get(channel, 0.0)
        return {channel: value} if value * size > 0 else {}

    return at


def held(start: float, end: float, ease: float, **channels: float) -> Layer:
    """Return channels eased in from `start`, held, and eased out by `end`."""

    def at(t: float) -> Mapping[str, float]:
        share = minimum_jerk((t - start) / ease) * (1 - minimum_jerk((t - end + ease) / ease))
        return {name: size * share for name, size in channels.items()}

    return at


def eased(start: float, ease: float, **channels: float) -> Layer:
    """Return channels eased in from `start`, to stay."""
    return lambda t: {
        name: size * minimum_jerk((t - start) / ease) for name, size in channels.items()
    }


def talking(rng: Random, start: float = -math.inf, end: float = math.inf) -> Layer:
    """Return speech: jaw and lips move at 2 to 4 Hz, in phrases."""
    phrases = Drift(rng, 0.8)
    parts = {
        "jaw": (0.45, 0.35, Drift(rng, 0.09)),
        "funnel": (0.50, 0.15, Drift(rng, 0.12)),
        "pucker": (0.40, 0.10, Drift(rng, 0.12)),
        "stretch": (0.35, 0.10, Drift(rng, 0.12)),
        "press": (0.50, 0.10, Drift(rng, 0.10)),
    }

    def at(t: float) -> Mapping[str, float]:
        if not start <= t < end:
            return {}
        edges = minimum_jerk((t - start) / 0.3) * minimum_jerk((end - t) / 0.3)
        loud = edges * minimum_jerk((phrases(t) + 0.8) / 0.4)
        return {
            name: loud * size * min(max(0.5 * drift(t) + base, 0), 1)
            for name, (size, base, drift) in parts.items()
        }

    return at


def chewing(start: float, end: float) -> Layer:
    """Return chewing with the mouth shut, 1.4 times a second."""

    def at(t: float) -> Mapping[str, float]:
        if not start <= t < end:
            return {}
        turn = 2 * math.pi * 1.4 * (t - start)
        edge = minimum_jerk((t - start) / 0.5) * minimum_jerk((end - t) / 0.5)
        open_share = edge * (0.5 - 0.5 * math.cos(turn))
        return {
            "jaw": 0.22 * open_share,
            "jaw_side": 0.5 * edge * math.sin(turn),
            "press": 0.6 * open_share,
            "cheek": 0.08 * edge * (1 - open_share),
        }

    return at


def yawning(start: float, length: float = 4.5) -> Layer:
    """Return one yawn: jaw far down, eyes shut, brows up, head a little back."""
    wide = held(start, start + length, 0.35 * length, jaw=1.5, pitch=8.0, brow=0.4)
    shut = held(start + 0.2 * length, start + length, 0.25 * length, blink=0.95, squint=0.8)
    return lambda t: {**wide(t), **shut(t)}


def rubbing(start: float, end: float) -> Layer:
    """Return fingertips that draw circles on the cheeks, once a second."""

    def at(t: float) -> Mapping[str, float]:
        edge = minimum_jerk((t - start) / 0.5) * minimum_jerk((end - t) / 0.5)
        turn = 2 * math.pi * (t - start)
        return {"rub_x": 0.6 * edge * math.sin(turn), "rub_y": 0.6 * edge * math.cos(turn)}

    return at


def turning_over(start: float, length: float, by: float) -> Layer:
    """Return rolling over in bed, `by` degrees in the picture, looking away on the way."""

    def at(t: float) -> Mapping[str, float]:
        share = minimum_jerk((t - start) / length)
        away = math.sin(math.pi * share)
        return {"roll": by * share, "yaw": 35 * away, "y": 2.0 * away}

    return at


def television(rng: Random, duration: float) -> Layer:
    """Return a screen as the only light: it cuts every second or two, and flickers between."""
    cuts = [0.0]
    while cuts[-1] < duration:
        cuts.append(cuts[-1] + rng.uniform(0.6, 2.5))
    levels = rng.uniform(0.12, 0.60, len(cuts))
    tints = rng.uniform(-1.0, 0.2, len(cuts))
    flutter = Drift(rng, 0.05)

    def at(t: float) -> Mapping[str, float]:
        scene = max(int(np.searchsorted(cuts, t, "right")) - 1, 0)
        gain = levels[scene] * (1 + 0.06 * flutter(t))
        # The base state is full daylight: this says by how much a screen falls short of it.
        return {"gain": float(gain) - 1, "warmth": float(tints[scene])}

    return at
