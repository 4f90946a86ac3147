"""A film is written whole, or not at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from device.camera import VideoFileCamera
from device.desk.film import Film

ROOT = Path(__file__).parents[2]


def test_a_film_that_the_disk_takes_a_part_of_leaves_the_one_before(tmp_path: Path) -> None:
    """OpenCV does not say so: what was written is counted."""
    path = tmp_path / "seen.mp4"
    path.write_bytes(b"the film of last week")
    code = f"""
import numpy as np
from pathlib import Path
from device.desk.film import Film
random = np.random.default_rng(1)
with Film(Path({str(path)!r}), 25.0) as film:
    for _ in range(50):
        film.add(random.integers(0, 255, (120, 160, 3), np.uint8))
"""
    command = f'ulimit -f 60; exec {sys.executable} -c "$0"'
    done = subprocess.run(
        ["bash", "-c", command, code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "make room on its disk." in done.stderr.splitlines()[-1]
    assert path.read_bytes() == b"the film of last week"
    assert list(tmp_path.iterdir()) == [path]


def test_a_film_of_a_picture_in_many_minutes_is_written_as_slowly_as_can_be(
    tmp_path: Path,
) -> None:
    with Film(tmp_path / "seen.mp4", 0.003) as film:
        for _ in range(3):
            film.add(np.zeros((64, 96, 3), np.uint8))
    assert VideoFileCamera(tmp_path / "seen.mp4").fps == pytest.approx(0.01)


@pytest.mark.parametrize("fps", [14.9853, 29.97, 119.877, 240.0, 959.041])
def test_a_film_of_any_rate_is_written(tmp_path: Path, fps: float) -> None:
    with Film(tmp_path / "seen.mp4", fps) as film:
        for _ in range(4):
            film.add(np.zeros((64, 96, 3), np.uint8))
    assert VideoFileCamera(tmp_path / "seen.mp4").fps == pytest.approx(fps, rel=1e-3)
