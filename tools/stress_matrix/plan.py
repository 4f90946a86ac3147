"""Which cases the matrix has: the rows of each of its tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from device.camera.subject import PEOPLE, Eyewear
from tools.clips import whole_sets
from tools.evaluate.annotations import off_axis
from tools.stress_matrix.cases import SHORT, Case, Filmed, OffAxis, Painted, Rendered
from tools.stress_matrix.kinds import KINDS, RATES, ROLLS

T = TypeVar("T")
WHOLE = (
    *("lying_left", "lying_right", "upside_down", "turning", "swaying", "nearly_dark"),
    *("tv_light", "grey", "stuck_frames", "passer_by"),
)
"""The kinds for which the design promises a whole set exact."""
HARDEST = "comp_dev_d9_distractors8"
"""The film seen whole: nods, short and partial lifts between the good ones."""
RESTLESS = ("talking", "head_turn")
"""Synthetic films in which nothing is to be counted."""
RESTLESS_KINDS = (
    *("upside_down", "tv_light", "passer_by", "somebody_beside", "somebody_lifts_in_front"),
    "uneven",
)
"""The kinds under which those are seen."""
UNCOUNTED = ("half_out",)
"""Kinds in which nothing can be counted rightly, so that nothing may be."""
SCENARIOS = (
    *("turning_slowly", "headmove", "half_out", "leaves", "hands_come", "hands_go"),
    *("dark", "bed", "tv"),
)
"""The scenarios of our own people that are rendered, not painted over."""
DISTANCES_CM = (30, 40, 55, 70, 90, 120)
"""How far the face is from the camera."""
LEVELS = (40, 22, 15, 12, 10, 8, 6, 5, 4, 3)
"""Mean grey levels of the face, of 255, down to where nothing is seen."""

POSES = (
    *((yaw, 0) for yaw in (20, 35, 50, 65)),
    *((0, 30), (0, -30), (35, 20), (35, -20)),
)
"""How far the face is turned aside, and nodded up, degrees."""
REACH = 45
"""How far past the camera a face may look, degrees, for its lifts to be promised."""

COUNTS, RENDERINGS, LADDER, OFF_AXIS = "counts", "renderings", "darkness", "off axis"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: the kind of stress in words, and the cases under it."""

    name: str
    about: str
    cases: list[Case]
    nothing: bool = False
    """Whether nothing can be counted rightly, so that nothing may be counted."""
    beyond: bool = False
    """Whether the face looks further past the camera than lifts are promised for."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table. `name` is that of its marks in the README."""

    name: str
    rows: list[Row]


def tables(folder: Path, people: Path, only: str = "") -> list[Table]:
    """Return every table, with the rows whose name contains `only`.

    `people` is a folder of films whose annotations tell how far off axis the face is.
    """
    films = whole_sets(folder)
    head = [folder / "synthetic" / "ict0_good.mp4"]
    made = [
        Table(COUNTS, _painted(films, head, folder)),
        Table(RENDERINGS, _rendered()),
        Table(LADDER, _ladder(films)),
        Table(OFF_AXIS, _off_axis(people)),
    ]
    return [
        Table(table.name, [row for row in table.rows if only in row.name])
        for table in made
        if any(only in row.name for row in table.rows)
    ]


def _one_each(films: Sequence[Path]) -> list[Path]:
    """Return the first film of each person."""
    first: dict[str, Path] = {}
    for path in films:
        first.setdefault(_who(path), path)
    return list(first.values())


def _who(path: Path) -> str:
    return str(json.loads(path.with_suffix(".json").read_text()).get("composed_from", path.name))


def _painted(films: list[Path], head: list[Path], folder: Path) -> list[Row]:
    one_each = _one_each(films)
    rows = []
    for number, (kind, recipe) in enumerate(KINDS.items()):
        lean = kind in ROLLS or kind in RATES
        chosen = _in_turn(one_each, number, 1 if lean else 2)
        chosen += [path for path in head if path.exists() and kind not in ROLLS]
        cases: list[Case] = [Filmed(p, kind, _somebody(p, films), SHORT) for p in chosen]
        if kind in WHOLE:
            cases += [Filmed(p, kind, _somebody(p, films)) for p in films if p.stem == HARDEST]
        if kind not in RATES:
            cases += [Painted(who, kind) for who in _in_turn(list(PEOPLE), 2 * number, 2)]
        if kind in RESTLESS_KINDS:
            restless = [folder / "synthetic" / f"ict0_{name}.mp4" for name in RESTLESS]
            cases += [Filmed(p, kind, _somebody(p, films), SHORT) for p in restless if p.exists()]
        rows.append(Row(kind, _about(recipe, kind), cases, kind in UNCOUNTED))
    return rows


def _in_turn(all_of_them: list[T], first: int, count: int) -> list[T]:
    """Return `count` of a list, going round from `first`."""
    return [
        all_of_them[(first + i) % len(all_of_them)] for i in range(min(count, len(all_of_them)))
    ]


def _somebody(path: Path, films: list[Path]) -> Path:
    return next((other for other in films if _who(other) != _who(path)), path)


def _about(recipe: object, kind: str) -> str:
    if kind in ROLLS:
        return f"rolled by {kind.removeprefix('rolled_')} degrees from the start"
    if kind in RATES:
        return f"{kind.removeprefix('at_').removesuffix('_fps')} frames a second"
    words = (getattr(recipe, "__doc__", "") or "").split("\n")[0].rstrip(".")
    return words[:1].lower() + words[1:]


def _rendered() -> list[Row]:
    people = list(PEOPLE)
    rows = [
        Row(name, f"scenario `{name}`", [Rendered(who, name) for who in _in_turn(people, 4 * i, 4)])
        for i, name in enumerate(SCENARIOS)
    ]
    rows += [
        Row(
            f"glasses_{worn.name.lower()}",
            f"{worn.value} glasses",
            [Rendered(who, "fingers", worn) for who in _in_turn(people, 4 * i, 4)],
        )
        for i, worn in enumerate(Eyewear)
    ]
    rows += [
        Row(
            f"distance_{far}",
            f"{far} cm from the camera (640x480)",
            [
                Rendered(who, nearness=62 / far, size=(640, 480))
                for who in _in_turn(people, 2 * i, 2)
            ],
        )
        for i, far in enumerate(DISTANCES_CM)
    ]
    rows += [
        Row(f"{fps}_fps", f"{fps} frames a second", [Rendered(people[i], fps=fps)])
        for i, fps in enumerate((15, 20, 25, 30, 60))
    ]
    upright: list[Case] = [Rendered(who, size=(240, 320)) for who in people[4:]]
    rows.append(Row("portrait", "240x320 frames", upright))
    return rows


def _ladder(films: list[Path]) -> list[Row]:
    rows = []
    for number, level in enumerate(LEVELS):
        kind = f"dark_at_{level}"
        cases: list[Case] = [Filmed(p, kind, films[0], 2) for p in _one_each(films)]
        cases += [Painted(who, kind) for who in _in_turn(list(PEOPLE), 2 * number, 2)]
        rows.append(Row(kind, str(level), cases))
    return rows


def _off_axis(people: Path) -> list[Row]:
    """Return the poses upright, then lying; two of our people turned to either side."""
    filmed = _filmed_poses(people)
    poses = sorted({*POSES, *filmed}, key=lambda pose: (_angle(*pose), pose))
    rows = []
    for lying in (False, True):
        for number, (yaw, pitch) in enumerate(poses):
            cases: list[Case] = [OffAxis(path, lying) for path in filmed.get((yaw, pitch), [])]
            if (yaw, pitch) in POSES:
                cases += [
                    Rendered(who, yaw=side * yaw, pitch=pitch, roll=90.0 * lying)
                    for side in (1, -1)
                    for who in _in_turn(list(PEOPLE), 2 * number + (side < 0), 2)
                ]
            name = f"off_axis_{yaw}_{pitch}{'_lying' if lying else ''}"
            about = _turned(yaw, pitch) + (", lying" if lying else "")
            rows.append(Row(name, about, cases, beyond=_angle(yaw, pitch) > REACH))
    return rows


def _filmed_poses(people: Path) -> dict[tuple[int, int], list[Path]]:
    """Return the films of a folder whose annotation tells how they are turned, by that."""
    poses: dict[tuple[int, int], list[Path]] = {}
    for note in sorted(people.glob("*.json")):
        about = json.loads(note.read_text(encoding="utf-8"))
        if "off_yaw_deg" in about:
            # In these films a negative pitch is a chin that is up.
            pose = abs(round(about["off_yaw_deg"])), -round(about.get("off_pitch_deg", 0))
            poses.setdefault(pose, []).append(note.with_suffix(".mp4"))
    return poses


def _angle(yaw: float, pitch: float) -> float:
    """Return how far past the camera a face looks that is so turned, degrees."""
    return off_axis({"off_yaw_deg": yaw, "off_pitch_deg": pitch}) or 0.0


def _turned(yaw: int, pitch: int) -> str:
    parts = [f"{yaw} degrees to one side"] if yaw else []
    parts += [f"chin {'up' if pitch > 0 else 'down'} by {abs(pitch)}"] if pitch else []
    return ", ".join(parts) or "in front"
