"""Performances known beforehand, by name: what the subject does, and what is true of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from device.camera.subject import motion
from device.camera.subject.motion import Layer, Lift, Random, total
from device.camera.subject.state import Phase, State
from device.errors import CallerError

LEAD_IN = 2.5
LEAD_OUT = 1.5
TREMOR = 0.015
"""How unsteadily a lift is held, deviation in full lifts."""


@dataclass(frozen=True, slots=True)
class TruthEvent:
    """One lift as an annotator would write it down; times are seconds from the script's start.

    As in the annotated clips, the hold runs from when the lift has fully arrived to when it begins
    to be let go.
    """

    type: str
    start: float
    hold_start: float
    hold_end: float
    end: float
    amplitude: float

    def as_json(self) -> dict[str, object]:
        """Return the lift as it stands in the JSON file beside an annotated clip."""
        return {
            "type": self.type,
            "start_s": round(self.start, 3),
            "peak_s": round(self.hold_start, 3),
            "hold_start_s": round(self.hold_start, 3),
            "hold_end_s": round(self.hold_end, 3),
            "end_s": round(self.end, 3),
            "hold_s": round(self.hold_end - self.hold_start, 3),
            "mouth": "closed",
            "amplitude": round(self.amplitude, 3),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Script:
    """A performance that is known beforehand: a pure function of time.

    It may be asked for any moment; before its start and after its end the subject rests, sways
    and blinks. `events` is the truth about its lifts::

        good = script("good", reps=3)
        state = good.at(4.0)  # what the subject does 4 s after the start
        lift = good.events[0]  # when its first lift is up, and when it is let go
    """

    name: str
    duration: float
    base: State
    layers: tuple[Layer, ...]
    lifts: tuple[Lift, ...] = ()
    events: tuple[TruthEvent, ...] = ()

    def at(self, t: float) -> State:
        """Return the state at `t` seconds from the start."""
        channels = total(self.layers, t)
        phase = Phase.REST
        tremor = 1 + channels.pop("tremor", 0.0)
        for lift in self.lifts:
            if lift.start <= t < lift.end:
                share, phase = lift.share(t) * tremor, lift.phase(t)
                channels["lift_left"] = channels.get("lift_left", 0.0) + share * lift.left
                channels["lift_right"] = channels.get("lift_right", 0.0) + share * lift.right
        return replace(self.base, time=t, phase=phase).plus(channels)


@dataclass(frozen=True, slots=True)
class Times:
    """When a script ends, and when its pause begins, in seconds from its start."""

    duration: float
    pause: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What a script is made from: one line about it, how it lifts, and what else goes on.

    `rise`, `hold`, `fall` and `rest` are seconds, each varied by 10 % from lift to lift; after
    half of the lifts the rest is longer by `pause`. A plan with `seconds` lasts that long and has
    no lifts. `also` returns further layers, given a random generator and the script's `Times`.
    """

    about: str
    kind: str = "lift"
    rise: float = 0.6
    hold: float = 2.5
    fall: float = 0.6
    rest: float = 1.6
    left: float = 1.0
    right: float = 1.0
    seconds: float | None = None
    base: State = field(default_factory=State)
    sway: float = 1.0
    blinks: bool = True
    pause: float = 0.0
    also: Callable[[Random, Times], tuple[Layer, ...]] | None = None


def _head_turns(_rng: Random, _times: Times) -> tuple[Layer, ...]:
    return (
        motion.swing("yaw", 2, 12, 25, 2),
        motion.swing("roll", 12, 22, 20, 2),
        motion.swing("nearness", 22, 32, 0.2, 2),
    )


def _brows(_rng: Random, _times: Times) -> tuple[Layer, ...]:
    return (
        motion.pulses("blink", [2.0 + k for k in range(8)], 0.09),
        motion.bows("brow", 12, 22, 1, 4),
        motion.bows("squint", 23, 34, 1, 4),
    )


STAIRS = (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 0.9, 0.6, 0.3, 0)


def _stairs(_rng: Random, _times: Times) -> tuple[Layer, ...]:
    def at(t: float) -> dict[str, float]:
        step = min(max(int(t / 2), 0), len(STAIRS) - 1)
        before = STAIRS[max(step - 1, 0)]
        level = before + (STAIRS[step] - before) * motion.minimum_jerk((t - 2 * step) / 0.5)
        return {"lift_left": level, "lift_right": level}

    return (at,)


def _components(_rng: Random, _times: Times) -> tuple[Layer, ...]:
    parts = ({"cheek": 1.0}, {"smile": 1.0}, {"lift_left": 1.0, "lift_right": 1.0}, {"squint": 1.0})
    starts = [2 + 3.2 * k for k in range(16)]
    return tuple(
        motion.held(start, start + 2.5, 0.5, **parts[k // 4]) for k, start in enumerate(starts)
    )


IN_BED = State(fingers=True, gain=0.15, grain=3.0, shot=0.6, blur=1.0)
HALF_OUT = 27.0
"""How far to the side the picture cuts a face in two, cm."""
DARK = State(gain=0.10, grain=3.0, shot=0.6, blur=1.2)

SCENARIOS: dict[str, Plan] = {
    "good": Plan("good lifts, facing the camera"),
    "short": Plan("lifts let go after 0.7 s", kind="short_lift", hold=0.7),
    "jerky": Plan("twitches", kind="short_lift", rise=0.15, hold=0.15, fall=0.15, rest=0.7),
    "weak": Plan("a third of a lift", kind="partial_lift", left=0.3, right=0.3),
    "one_sided": Plan("the left side alone", kind="one_sided_lift", left=1.2, right=0.0),
    "asym": Plan("the right side lags at 0.4", right=0.4),
    "slow": Plan("slow lifts, long rests", rise=1.5, fall=1.5, rest=2.5),
    "no_rest": Plan("hardly a rest between lifts", rest=0.3),
    "fingers": Plan("good lifts with fingertips on the cheeks", base=State(fingers=True)),
    "lying_left": Plan("lying on the left side", base=State(roll=90.0)),
    "lying_right": Plan("lying on the right side", base=State(roll=-90.0)),
    "upside_down": Plan("the camera behind the head", base=State(roll=180.0)),
    "dark": Plan("nearly dark", base=DARK),
    "tv": Plan(
        "lit by a television alone",
        base=State(grain=2.0, shot=0.5),
        also=lambda rng, times: (motion.television(rng, times.duration),),
    ),
    "bed": Plan("lying on the left side in the dark, with fingers", base=replace(IN_BED, roll=90)),
    "headmove": Plan(
        "good lifts while the head moves about", also=lambda rng, _: (motion.head_motion(rng),)
    ),
    "turning_slowly": Plan(
        "good lifts while rolling from one side to the other",
        base=State(roll=-90.0),
        also=lambda _, times: (motion.turning_over(LEAD_IN, times.duration - 4, 180),),
    ),
    "leaves": Plan(
        "good lifts, out of the picture for five seconds in the middle",
        pause=8.0,
        also=lambda _, times: (motion.held(times.pause + 0.5, times.pause + 7.5, 1.0, x=60.0),),
    ),
    "half_out": Plan(
        "good lifts, half out of the picture for four seconds in the middle",
        pause=7.0,
        also=lambda _, times: (motion.held(times.pause + 0.5, times.pause + 6.0, 1.0, x=HALF_OUT),),
    ),
    "hands_come": Plan(
        "good lifts, the fingertips put on the cheeks in the middle",
        base=State(fingers=True, hands_away=1.0),
        pause=4.0,
        also=lambda _, times: (motion.eased(times.pause + 1.0, 1.2, hands_away=-1.0),),
    ),
    "hands_go": Plan(
        "good lifts, the fingertips taken off the cheeks in the middle",
        base=State(fingers=True),
        pause=4.0,
        also=lambda _, times: (motion.eased(times.pause + 1.0, 1.2, hands_away=1.0),),
    ),
    "talking": Plan("40 s of talking", seconds=40, also=lambda rng, _: (motion.talking(rng),)),
    "head_turn": Plan(
        "turns, tilts and leans, no lift", seconds=34, sway=0.3, blinks=False, also=_head_turns
    ),
    "nodding": Plan(
        "nods, no lift",
        seconds=24,
        sway=0.3,
        also=lambda *_: (motion.swing("pitch", 2, 22, 15, 6),),
    ),
    "blink_brow": Plan("blinks, brows, squints", seconds=36, blinks=False, also=_brows),
    "pucker": Plan(
        "kisses, no lift", seconds=22, also=lambda *_: (motion.bows("pucker", 2, 20, 1, 6),)
    ),
    "chewing": Plan(
        "chewing with the mouth shut", seconds=24, also=lambda *_: (motion.chewing(2, 22),)
    ),
    "yawning": Plan(
        "three yawns",
        seconds=26,
        also=lambda *_: tuple(motion.yawning(start) for start in (3.0, 11.0, 19.0)),
    ),
    "rubbing": Plan(
        "fingertips rub the cheeks, no lift",
        seconds=24,
        base=State(fingers=True),
        also=lambda *_: (motion.rubbing(2, 22),),
    ),
    "turning_over": Plan(
        "turns over from the left side to the right, no lift",
        seconds=16,
        base=State(roll=90.0),
        also=lambda *_: (motion.turning_over(5, 3.5, -180),),
    ),
    "staircase": Plan(
        "efforts from 0 to 1.2, two seconds each", seconds=34, sway=0.3, also=_stairs
    ),
    "components": Plan(
        "four pulses each of cheek, smile, both, squint", seconds=54, sway=0.3, also=_components
    ),
    "still": Plan("nothing at all", seconds=16, sway=0.0, blinks=False),
}
"""Every scenario there is, by name."""


def script(name: str, reps: int = 10, speed: float = 1.0, seed: int = 0) -> Script:
    """Return the script of a scenario.

    `reps` is the number of its lifts; `speed` divides the times of rise, fall and rest, never
    that of the hold; `seed` decides all that varies. Raises CallerError if there is no such
    scenario.
    """
    plan = SCENARIOS.get(name)
    if plan is None:
        raise CallerError(
            f"no scenario named {name!r} for the synthetic subject: choose from "
            + ", ".join(SCENARIOS)
        )
    # Bytes, not hash(): the same name must draw the same numbers in every process.
    rng = np.random.default_rng([seed, *name.encode()])
    lifts = [] if plan.seconds is not None else _lifts(plan, reps, speed, rng)
    duration = plan.seconds or lifts[-1].end + LEAD_OUT
    layers = [motion.sway(rng, plan.sway)] if plan.sway else []
    if plan.blinks:
        layers.append(motion.blinks(rng, duration))
    if lifts:
        layers.append(motion.drifting(rng, 0.08, tremor=TREMOR))
    if plan.also:
        pause = lifts[(len(lifts) - 1) // 2].end if lifts else duration / 2
        layers.extend(plan.also(rng, Times(duration, pause)))
    events = tuple(_event(plan.kind, lift) for lift in lifts)
    return Script(name, duration, plan.base, tuple(layers), tuple(lifts), events)


def _lifts(plan: Plan, reps: int, speed: float, rng: Random) -> list[Lift]:
    lifts: list[Lift] = []
    start = LEAD_IN
    for number in range(reps):
        vary = 1 + 0.1 * rng.uniform(-1, 1, 5)
        rise, hold, fall, rest = vary[:4] * [
            plan.rise / speed,
            plan.hold,
            plan.fall / speed,
            plan.rest / speed,
        ]
        size = float(vary[4])
        lift = Lift(
            start, float(rise), float(hold), float(fall), size * plan.left, size * plan.right
        )
        lifts.append(lift)
        start = lift.end + float(rest)
        if number == (reps - 1) // 2:
            start += plan.pause
    return lifts


def _event(kind: str, lift: Lift) -> TruthEvent:
    return TruthEvent(
        type=kind,
        start=lift.start,
        hold_start=lift.top,
        hold_end=lift.release,
        end=lift.end,
        amplitude=max(lift.left, lift.right),
    )
