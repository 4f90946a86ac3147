"""A performance known beforehand, with the truth that an annotation of it would hold."""

from __future__ import annotations

from dataclasses import dataclass, replace

from device.camera.subject.motion import Layer, Lift, total
from device.camera.subject.state import Phase, State


@dataclass(frozen=True, slots=True)
class TruthEvent:
    """One lift as an annotator would write it down; seconds from the script's start.

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
        """As in the JSON beside an annotated clip."""
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
    and blinks. `events` is the truth about its lifts.
    """

    name: str
    duration: float
    base: State
    layers: tuple[Layer, ...]
    lifts: tuple[Lift, ...] = ()
    events: tuple[TruthEvent, ...] = ()

    def at(self, t: float) -> State:
        """The state at so many seconds from the start."""
        channels = total(self.layers, t)
        phase = Phase.REST
        tremor = 1 + channels.pop("tremor", 0.0)
        for lift in self.lifts:
            if lift.start <= t < lift.end:
                share, phase = lift.share(t) * tremor, lift.phase(t)
                channels["lift_left"] = channels.get("lift_left", 0.0) + share * lift.left
                channels["lift_right"] = channels.get("lift_right", 0.0) + share * lift.right
        return replace(self.base, time=t, phase=phase).plus(channels)
