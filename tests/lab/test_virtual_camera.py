"""A session through the real picamera2 and libcamera; only the sensor is a folder of pictures."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from itertools import groupby
from pathlib import Path

import pytest

from device.journal import JOURNAL_NAME
from tests.lab.record_session import record
from tools.lab.virtual_camera.root import camera_root, session_in_root

REPS = 10


@pytest.fixture
def data() -> Iterator[Path]:
    """A folder in memory: a disk that is busy with other things is another story's."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


def test_a_session_is_counted(tmp_path: Path, data: Path, lab_report: list[str]) -> None:
    camera_root()
    film = tmp_path / "film"
    film.mkdir()
    record(tmp_path, film)
    said = session_in_root(film, data)
    with closing(sqlite3.connect(data / JOURNAL_NAME)) as rows:
        lifts = rows.execute(
            "SELECT number, reason, hold_s, peak FROM lifts ORDER BY id"
        ).fetchall()
        faults = rows.execute("SELECT kind, detail FROM faults").fetchall()
        ((ending,),) = rows.execute("SELECT ending FROM sessions").fetchall()
    lab_report += ["", "The journal of a session through picamera2:"]
    lab_report += [f"  rep {number}, held {hold:.2f} s, peak {peak:.2f}"
                   for number, _, hold, peak in lifts if number]  # fmt: skip
    lab_report += [f"  {line}" for line in said.splitlines() if "reps" in line or "Resting" in line]
    told = (line for line in said.splitlines() if line.startswith(("light ", "camera ")))
    order = [line for line, _ in groupby(told)]
    # The camera's light goes on before the first picture and off after the last.
    assert order[0] == "light on"
    assert order[1] == "camera start"
    assert order[-2:] == ["camera close", "light off"]
    assert order.count("light on") == 1
    assert faults == []
    assert [number for number, reason, *_ in lifts if reason is None] == list(range(1, REPS + 1))
    assert ending == "done"
    assert "Resting" in said
