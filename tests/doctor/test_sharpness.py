"""What `liftlight doctor --aim` calls sharp and blurred, on films of real faces."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from device.camera import VideoFileCamera
from device.doctor.live.camera_aim import BLURRED, blurring
from device.vision import Landmarks, VisionSource, shipped_models

FILMS = ("clm_cap12", "comp_dev_d9_closed10", "comp_dev_d13_teeth9", "comp_dev_pyfeat_teeth8")
OUT_OF_FOCUS = 0.06
"""Deviation of the blur, in distances between the outer eye corners."""


def faces(film: Path) -> list[tuple[NDArray[np.uint8], Landmarks]]:
    """Some pictures from the beginning of a film, with the face in each."""
    found = []
    with VisionSource(VideoFileCamera(film), *shipped_models()) as source:
        source.start()
        for number in range(20):
            source.read(1.0)
            if number % 5 == 4 and source.frame is not None and source.landmarks is not None:
                found.append((source.frame.pixels, source.landmarks))
    return found


@pytest.mark.parametrize("name", FILMS)
def test_real_faces_are_sharp_as_filmed_and_blurred_out_of_focus(clips: Path, name: str) -> None:
    for pixels, face in faces(clips / f"{name}.mp4"):
        assert 0 < blurring(pixels, face) < 0.8 * BLURRED
        deviation = OUT_OF_FOCUS * math.dist(face.points[33], face.points[263])
        soft = np.asarray(cv2.GaussianBlur(pixels, (0, 0), deviation), np.uint8)
        assert blurring(soft, face) > 1.2 * BLURRED
