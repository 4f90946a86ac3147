"""The picture of what each witness sees: a made yawn and a made blink."""

from __future__ import annotations

import numpy as np
import pytest

from device.sample import POPULATION_LIFT, LiftSample
from tools.environment import ToolError
from tools.evaluate.annotations import Event
from tools.negatives import Watched
from tools.plot import plot
from tools.witnesses import SCENES, Scene, panel

YAWN = Event("yawn", 5.0, 8.0)


def seen(time: float) -> LiftSample:
    yawning = YAWN.start < time < YAWN.end
    return LiftSample(
        time=time,
        face=True,
        lift=-0.3 + POPULATION_LIFT * yawning,
        jaw=1.2 + 0.3 * yawning,
        eyes_open=0.15 if yawning else 0.3,
        seen_left=0.5,
        seen_right=0.3,
    )


ADA = Watched("ada", [seen(number / 15) for number in range(180)], [YAWN])


def test_each_curve_is_drawn_from_its_own_rest() -> None:
    scene = Scene("ada", YAWN.start, "a yawn", ("S", "network", "jaw", "eyes"))
    drawn = panel(scene, ADA)
    assert drawn.shaded == [(5.0, 8.0)]
    during = [
        curve.levels[(curve.times > YAWN.start) & (curve.times < YAWN.end)]
        for curve in drawn.curves
    ]
    assert [float(np.median(levels)) for levels in during] == pytest.approx([1.0, 0.0, 0.3, 0.5])
    picture = plot("Ada yawns", [drawn, drawn])
    assert picture.count('fill="none"') == 8
    assert 'viewBox="0 0 960 500"' in picture


def test_a_film_in_which_that_does_not_happen_is_told() -> None:
    with pytest.raises(ToolError, match="name other films"):
        panel(SCENES[0], ADA)
