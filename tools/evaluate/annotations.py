"""What a person wrote down about a clip: the `X.json` beside `X.mp4`.

Besides what happens when, an annotation may say what kind of clip it is: its angle
(`"off_yaw_deg": 35, "off_pitch_deg": -20`), light, roll, fingers, mouth and subject
(`"light": "dark"`, `"roll": "left"`, `"fingers": true`, `"mouth": "closed"`, `"subject": "ada"`).
Where it does not, the kind is read from what the development clips hold: the scenario of a
rendering, the stress of a stressed clip, the mouth of its lifts. What nobody wrote
down is `not said` and is never guessed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from device.errors import CallerError

GROUPS = ("angle", "light", "roll", "fingers", "mouth", "subject")
NOT_SAID = "not said"
KEPT_AS, FILM, NUMBERS = "kept as", "film", "numbers alone"
"""A group that the clip itself tells, and its two values: a trace is numbers without a film."""
ANGLES = {"in front": 10.0, "to 20": 20.0, "to 35": 35.0, "to 45": 45.0, "beyond 45": 180.0}
"""How far past the camera a face may look in each group of the angle, degrees."""

_DARK = ("low_light", "dark")
_TV = ("tv_light",)

NOT_REPETITIONS = ("short_lift", "partial_lift", "one_sided_lift")
"""Kinds of events that look like lifts and must not be counted."""
RESTLESS = ("rest", "no_face")
"""Kinds of events in which nothing happens that could be taken for a lift."""
HELD_S = 1.8
"""A lift whose annotated hold is shorter is no repetition, seconds: 2 less a tolerance of 0.2."""


def groups_of(about: Mapping[str, Any]) -> dict[str, str]:
    """Return the value of each group for a clip, from its annotation `about`."""
    kind = f"{about.get('scenario', '')} {about.get('stress', '')}"
    rendered = "scenario" in about
    derived = {
        "angle": _angle_group(off_axis(about)),
        "light": _light(kind, rendered),
        "roll": _roll(kind, rendered),
        "fingers": ("yes" if "fingers" in kind else "no") if rendered else NOT_SAID,
        "mouth": _mouth(about),
        "subject": str(about.get("composed_from") or about.get("made_from") or NOT_SAID),
    }
    return {group: _told(about.get(group)) or derived[group] for group in GROUPS}


def off_axis(about: Mapping[str, Any]) -> float | None:
    """Return how far past the camera the face looks in a clip, degrees; None if nobody wrote it.

    That is the angle between the face's axis and the camera's, of `off_yaw_deg` and `off_pitch_deg`
    together. A rendering's `pose0`, in radians, is what its face was turned besides.
    """
    if not about.keys() & {"off_yaw_deg", "off_pitch_deg", "pose0"}:
        return None
    turned = about.get("pose0", {})
    yaw = math.radians(about.get("off_yaw_deg", 0.0)) + turned.get("yaw", 0.0)
    pitch = math.radians(about.get("off_pitch_deg", 0.0)) + turned.get("pitch", 0.0)
    return math.degrees(math.acos(math.cos(yaw) * math.cos(pitch)))


def _angle_group(angle: float | None) -> str:
    if angle is None:
        return NOT_SAID
    # Rounded, so that 20 degrees are 20 after the way through radians.
    return next((name for name, most in ANGLES.items() if round(angle, 6) <= most), NOT_SAID)


def _told(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, str | int | float) else ""


def _light(kind: str, rendered: bool) -> str:
    if any(word in kind for word in _DARK):
        return "dark"
    if any(word in kind for word in _TV):
        return "television"
    return "room" if rendered else NOT_SAID


def _roll(kind: str, rendered: bool) -> str:
    for word in ("lying_left", "lying_right", "upside_down", "askew", "turning"):
        if word in kind:
            return word.replace("_", " ")
    if "lying" in kind:
        return "lying"
    return "upright" if rendered else NOT_SAID


def _mouth(about: Mapping[str, Any]) -> str:
    mouths = {
        str(event["mouth"])
        for event in about.get("events", [])
        if event.get("type") == "lift" and event.get("mouth")
    }
    if not mouths:
        return NOT_SAID if about.get("lifts") else "no lift"
    return mouths.pop() if len(mouths) == 1 else "changing"


class AnnotationError(CallerError):
    """An annotation that cannot be used; the message names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happens in a clip, in seconds. A hold's times are None where not annotated."""

    kind: str
    start: float
    end: float
    hold_start: float | None = None
    hold_end: float | None = None

    @property
    def hold(self) -> tuple[float, float]:
        """When its hold begins and ends, seconds; where none is annotated, all of it is held."""
        begin = self.start if self.hold_start is None else self.hold_start
        end = self.end if self.hold_end is None else self.hold_end
        return begin, end

    @property
    def is_held(self) -> bool:
        """Whether it is held for long enough to be a repetition."""
        begin, end = self.hold
        return end - begin >= HELD_S


@dataclass(frozen=True, slots=True)
class Annotation:
    """A clip's truth: between `fewest` and `most` repetitions, and what happens when.

    `groups` says what kind of clip it is, by the names of `GROUPS`.
    """

    fewest: int
    most: int
    events: tuple[Event, ...]
    groups: Mapping[str, str] = field(default_factory=dict)

    @property
    def lifts(self) -> tuple[Event, ...]:
        """Every whole lift, held long enough to count or not."""
        return tuple(event for event in self.events if event.kind == "lift")

    @property
    def decoys(self) -> tuple[Event, ...]:
        """Every lift that must not be counted."""
        return tuple(event for event in self.events if event.kind in NOT_REPETITIONS)


def read(path: Path) -> Annotation:
    """Read the annotation at `path`.

    A repetition is a lift held for 2 s, so `lifts_held_2s` is the true count. Where the annotator
    marked it as ambiguous, `count_range` is taken, widened to hold that count. Raises
    AnnotationError.
    """
    try:
        # Some editors begin a file with a byte order mark.
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise AnnotationError(
            f"{path}: no annotation ({error}). Mend it or move it away."
        ) from error
    try:
        held = _count(data.get("lifts_held_2s", data["lifts"]))
        fewest, most = held, held
        if data.get("count_ambiguous", False):
            low, high = map(_count, data["count_range"])
            fewest, most = min(held, low), max(held, high)
        events = tuple(_event(one) for one in data.get("events", []))
        groups = groups_of(data)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise AnnotationError(
            f"{path}: not in the format of the development clips ({error!r}). "
            "It needs lifts, count_range, count_ambiguous, lifts_held_2s and events."
        ) from error
    return Annotation(fewest, most, events, groups)


def _count(value: Any) -> int:
    if isinstance(value, bool) or int(value) != value or value < 0:
        raise ValueError(f"{value!r} is no number of lifts")
    return int(value)


def _event(one: dict[str, Any]) -> Event:
    def time(name: str) -> float | None:
        return None if one.get(name) is None else float(one[name])

    kind, start, end = str(one["type"]), float(one["start_s"]), float(one["end_s"])
    hold_start, hold_end = time("hold_start_s"), time("hold_end_s")
    known = [one for one in (start, end, hold_start, hold_end) if one is not None]
    if not all(map(math.isfinite, known)):
        raise ValueError(f"{kind} has a time that is no number")
    backwards = hold_start is not None and hold_end is not None and hold_start > hold_end
    if start > end or backwards:
        raise ValueError(f"{kind} at {start} s ends before it begins")
    return Event(kind, start, end, hold_start, hold_end)
