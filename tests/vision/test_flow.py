"""Flow: a patch is found where it went, and what cannot be followed is said to be lost."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from device.camera.subject import State, Subject
from device.vision.flow import SIDE, GreyCrop, follow, grey_crop
from device.vision.roi import Roi, around

_PATCHES = np.array([33, 263, 61, 291, 6, 197])


@cache
def _subject() -> Subject:
    return Subject()


def _truth(state: State) -> NDArray[np.float32]:
    return np.asarray(_subject().truth(state).landmarks, np.float32)


def _crop(state: State, roi: Roi) -> GreyCrop:
    return grey_crop(_subject().render(state), roi)


@pytest.mark.parametrize("roll", [0, 60])
def test_patches_go_with_a_head_that_moves(roll: int) -> None:
    here, there = State(roll=roll), State(roll=roll + 1.5, x=0.3, y=-0.2)
    roi = around(_truth(here))
    before, after = _crop(here, roi), _crop(there, roi)
    start = before.places(_truth(here)[_PATCHES])
    flow = follow(before, after, start)
    assert flow.found.all()
    moved = np.linalg.norm(after.places(_truth(there)[_PATCHES]) - start, axis=1)
    wrong = np.linalg.norm(after.places(_truth(there)[_PATCHES]) - flow.places, axis=1)
    assert moved.min() > 0.5
    assert wrong.max() < 0.25


def test_places_in_the_crop_and_in_the_frame_are_the_same_ones() -> None:
    points = _truth(State())
    crop = _crop(State(), around(points))
    places = crop.places(points)
    assert np.all((places > 0) & (places < SIDE))
    back = places @ crop.to_frame[:, :2].T + crop.to_frame[:, 2]
    assert back == pytest.approx(points[:, :2], abs=0.01)


def test_a_light_that_changes_moves_nothing() -> None:
    roi = around(_truth(State()))
    before, after = _crop(State(), roi), _crop(State(gain=0.7), roi)
    start = before.places(_truth(State())[_PATCHES])
    assert follow(before, after, start).places == pytest.approx(start, abs=0.15)


def test_a_square_that_leaves_the_frame_is_black_there() -> None:
    frame = np.full((100, 120, 3), 200, np.uint8)
    half = grey_crop(frame, Roi(0.0, 50.0, 60.0, 0.0))
    assert half.level == pytest.approx(100, abs=4)
    for x in (-500.0, 500.0):
        assert grey_crop(frame, Roi(x, 50.0, 60.0, 0.3)).level == 0.0


def test_grey_and_coloured_frames_give_the_same_crop() -> None:
    frame = np.repeat(np.arange(0, 240, 2, dtype=np.uint8)[np.newaxis], 100, axis=0)
    coloured = np.repeat(frame[:, :, np.newaxis], 3, axis=2)
    roi = Roi(55.0, 45.0, 70.0, 0.4)
    assert np.array_equal(grey_crop(frame, roi).picture, grey_crop(coloured, roi).picture)
