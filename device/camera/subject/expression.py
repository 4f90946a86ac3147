"""What a face can do: how each movement displaces every vertex, in cm at full amplitude.

The displacements are made by hand on the canonical mesh and were tried against the landmark model.
They look right, but no muscle is simulated.
"""

from __future__ import annotations

import numpy as np

from device.camera.subject.mesh import (
    ABOVE_CREASE,
    CHEEK_LEFT,
    CHEEK_RIGHT,
    EYE_LEFT,
    INNER_LIP_CORNERS,
    INNER_LIP_LOWER,
    INNER_LIP_UPPER,
    LID_CREASE,
    LIP_LINE_MIDDLE,
    LOWER_LID,
    LOWER_LIP_MIDDLE,
    MOUTH_LEFT,
    MOUTH_RIGHT,
    UPPER_LID,
    UPPER_LIP_MIDDLE,
    Floats,
    Ints,
    Mesh,
    bump,
    smoothstep,
)
from device.camera.subject.person import Person
from device.camera.subject.state import State

BROW_OUTER_LEFT = 334
JAW_DROP = (0.0, -1.7, -0.55)


class Expression:
    """Moves one person's face: `move(state)` gives the displacement (468, 3) of the vertices."""

    def __init__(self, person: Person, face: Mesh) -> None:
        self._vertices = face.vertices
        modes = _smile_and_cheek(person, face) | _lids(face) | _mouth(face) | _brows(face)
        self._modes = {name: mode.astype(np.float32) for name, mode in modes.items()}
        self._patches = [_patch(self._vertices, i) for i in (CHEEK_LEFT, CHEEK_RIGHT)]
        self._left = person.lift * person.lift_left
        self._right = person.lift * person.lift_right

    def move(self, state: State) -> Floats:
        """Return the displacement of every vertex in cm, float32 (468, 3)."""
        left, right = self._left * state.lift_left, self._right * state.lift_right
        amounts = {
            "smile_left": left + self._left * state.smile,
            "smile_right": right + self._right * state.smile,
            "cheek_left": left + self._left * state.cheek,
            "cheek_right": right + self._right * state.cheek,
            "lid_left": left,
            "lid_right": right,
            "squint": state.squint,
            "blink": min(state.blink, 1.0),
            "brow": state.brow,
            "jaw": state.jaw,
            "jaw_side": state.jaw_side,
            "funnel": state.funnel,
            "pucker": state.pucker,
            "stretch": state.stretch,
            "press": state.press,
            # The skin follows a rubbing fingertip by about a third.
            "drag_out": 0.35 * state.rub_x,
            "drag_up": 0.35 * state.rub_y,
        }
        # Added one by one: a product with a matrix wakes the threads of numpy's BLAS, which then
        # spin for longer than all the rest takes.
        total = np.zeros(self._vertices.shape, np.float32)
        for name, amount in amounts.items():
            if amount:
                total += np.float32(amount) * self._modes[name]
        return total

    def rise(self, displacement: Floats) -> tuple[float, float]:
        """Return how far the skin under each fingertip has risen, mm: (left, right)."""
        left, right = (10 * float(patch @ displacement[:, 1]) for patch in self._patches)
        return left, right

    def folds(self, state: State) -> tuple[float, float]:
        """Return how deep the fold from nose to mouth corner is, 0 to 1.3: (left, right)."""
        left = self._left * (state.lift_left + state.smile)
        right = self._right * (state.lift_right + state.smile)
        return float(np.clip(left, 0, 1.3)), float(np.clip(right, 0, 1.3))


def _patch(v: Floats, centre: int) -> Floats:
    weight = np.exp(-((v - v[centre]) ** 2).sum(1))
    return np.asarray(weight / weight.sum())


def _along(weight: Floats, dx: Floats | float, dy: Floats | float, dz: Floats | float) -> Floats:
    return np.stack([weight * dx, weight * dy, weight * dz], 1)


def _mirrored(mode: Floats, mirror: Ints) -> Floats:
    return np.asarray(mode[mirror] * [-1, 1, 1])


def _smile_and_cheek(person: Person, face: Mesh) -> dict[str, Floats]:
    v = face.vertices
    x, y, _ = v.T
    corner_x, corner_y, _ = v[MOUTH_LEFT]
    cheek_x, cheek_y, _ = v[CHEEK_LEFT]
    eye_x, eye_y, _ = v[list(EYE_LEFT)].mean(0)
    left_side = smoothstep(0, 1.6, x)

    reach = bump(x, y, corner_x + 0.2, corner_y, 2.0, 1.35)
    reach = reach * (0.18 + 0.82 * smoothstep(0.2, 2.3, x)) * smoothstep(-1.2, 0.6, x)
    beyond_middle = smoothstep(0, 1, x)
    smile = _along(
        reach,
        0.50 * person.lift_out * beyond_middle,
        0.66 * person.lift_up,
        -0.29 * beyond_middle,
    )
    flesh = bump(x, y, corner_x + 0.9, corner_y + 0.7, 1.6, 1.3) * left_side
    smile += _along(flesh, 0.10, 0.22, 0.12)
    apple = bump(x, y, cheek_x - 0.3, cheek_y - 0.2, 2.1, 1.75) * left_side
    cheek = _along(apple * person.lift_cheek, 0.10, 0.78, 0.38)
    lid = _along(bump(x, y, eye_x, eye_y - 0.55, 1.5, 0.42) * left_side, 0, 0.20, 0.03)
    lid += _along(bump(x, y, eye_x, eye_y + 0.5, 1.3, 0.4) * left_side, 0, -0.05, 0)
    squint = _along(bump(x, y, eye_x, eye_y - 0.55, 1.5, 0.42) * left_side, 0, 0.24, 0.03)
    squint += _along(bump(x, y, eye_x, eye_y + 0.7, 1.4, 0.5) * left_side, 0, -0.14, 0)
    drag_out = _along(apple, 1, 0, 0)
    drag_up = _along(apple, 0, 1, 0)

    def right(mode: Floats) -> Floats:
        return _mirrored(mode, face.mirror)

    return {
        "smile_left": smile,
        "smile_right": right(smile),
        "cheek_left": cheek,
        "cheek_right": right(cheek),
        "lid_left": lid,
        "lid_right": right(lid),
        "squint": squint + right(squint),
        "drag_out": drag_out + right(drag_out),
        "drag_up": drag_up + right(drag_up),
    }


def _lids(face: Mesh) -> dict[str, Floats]:
    v = face.vertices
    blink = np.zeros_like(v)
    rows = zip(UPPER_LID, LOWER_LID, LID_CREASE, ABOVE_CREASE, strict=True)
    for right in rows:
        for upper, lower, crease, above in (right, tuple(int(face.mirror[i]) for i in right)):
            way = v[lower] - v[upper]
            blink[upper] = 0.92 * way + [0, 0, 0.05]
            blink[lower] = [0, -0.05 * way[1], 0]
            # The crease must come along, or the lashes painted above it stretch to a black lid.
            blink[crease] = 0.72 * way + [0, 0, 0.08]
            blink[above] = 0.25 * way
    return {"blink": blink}


def _mouth(face: Mesh) -> dict[str, Floats]:
    v = face.vertices
    x, y, _ = v.T
    side = np.abs(x)
    line = v[LIP_LINE_MIDDLE, 1]
    corner_x, corner_y, _ = v[MOUTH_LEFT]

    lower = 1 / (1 + np.exp(np.clip((y - line) / 0.06, -40, 40)))
    lower[INNER_LIP_UPPER] = 0
    lower[INNER_LIP_LOWER] = 1
    lower[[MOUTH_LEFT, MOUTH_RIGHT, *INNER_LIP_CORNERS]] = 0.5
    at_corner = np.exp(-(((side - corner_x) / 0.8) ** 2) - ((y - corner_y) / 0.7) ** 2)
    chin = lower * (1 - 0.9 * smoothstep(2.0, 7.2, side)) * (1 - 0.5 * at_corner)
    chin = chin * smoothstep(0.5, -4, y)

    round_mouth = np.exp(-((x / 2.9) ** 4) - ((y - line) / 1.7) ** 4)
    middle = np.exp(-((x / 1.9) ** 4))
    upper_lip = middle * np.exp(-(((y - line - 0.45) / 0.5) ** 2)) * (lower < 0.5)
    lower_lip = middle * np.exp(-(((y - line + 0.55) / 0.6) ** 2)) * (lower > 0.5)
    funnel = _along(round_mouth, -0.22 * x, 0, 0.35)
    funnel[:, 1] = 0.22 * upper_lip - 0.32 * lower_lip
    stretch = bump(side, y, corner_x, corner_y, 1.5, 1.2) * smoothstep(0, 1.6, side)
    lips = np.exp(-((x / 2.6) ** 4))
    press = lips * (
        0.16 * np.exp(-(((y - v[LOWER_LIP_MIDDLE, 1]) / 0.5) ** 2))
        - 0.14 * np.exp(-(((y - v[UPPER_LIP_MIDDLE, 1]) / 0.5) ** 2))
    )
    return {
        "jaw": _along(chin, *JAW_DROP),
        "jaw_side": _along(chin, 0.6, 0, 0),
        "pucker": _along(round_mouth, -0.34 * x, -0.10 * (y - line), 0.55),
        "funnel": funnel,
        "stretch": _along(stretch, 0.45 * np.sign(x), -0.05, -0.2),
        "press": _along(np.ones_like(x), 0, press, -np.abs(press) / 3),
    }


def _brows(face: Mesh) -> dict[str, Floats]:
    x, y, _ = face.vertices.T
    height = face.vertices[BROW_OUTER_LEFT, 1]
    left = bump(x, y, 3.4, height, 2.7, 1.1) * smoothstep(-0.2, 1.0, x)
    mode = _along(left, 0, 0.62, 0.05)
    return {"brow": mode + _mirrored(mode, face.mirror)}
