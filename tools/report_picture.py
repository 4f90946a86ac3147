"""`python -m tools.report_picture`: a picture of a report as Chromium draws it, tools/report.png.

The log behind it is made up: half a year of evenings, some of them missed, and a trace of the last.
"""

from __future__ import annotations

import math
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from device.journal import connect_to_read
from device.sample import LiftSample
from device.sync.report import write_report
from device.trace import TRACES, TraceWriter
from tools.browser import open_page
from tools.environment import argument_parser, in_one_line
from tools.long_log import reading, write_weeks

OUT = Path(__file__).parent / "report.png"
WEEKS = 26
HURT_IN = 21
MISSED = {(2, 4), (7, 2), (7, 4), (8, 0), (13, 4), (16, 2), (21, 2), (22, 4), (24, 2)}
MASSAGED = (1, 5)

_WINDOW = (1000, 2155)
_SHOWN_WIDTH = 640
_FPS = 15.0
_SHADE = 5


def samples(phases: list[tuple[float, float, float, float]], first: float) -> Iterator[LiftSample]:
    """Yield what vision would have seen of lifts with these onsets, apexes, offsets and ends."""
    noise = random.Random(1)
    for number in range(int((phases[-1][3] + 3.0 - first) * _FPS)):
        time = first + number / _FPS
        height = sum(
            _smooth((time - onset) / (apex - onset)) - _smooth((time - offset) / (end - offset))
            for onset, apex, offset, end in phases
        )
        lift = 0.02 + 0.14 * height * 0.97 + noise.gauss(0.0, 0.002)
        sides = {"left": lift / 2, "right": lift / 2, "mouth_open": 0.02, "quality": 1.0}
        pose = {"yaw": 0.0, "pitch": 0.0, "roll": 0.0, "x": 0.5, "y": 0.5, "size": 0.25}
        yield LiftSample(time, True, brightness=120.0, lift=lift, **sides, **pose)


def keep_trace(journal: Path) -> None:
    """Write the trace of the journal's last session."""
    connection = connect_to_read(journal)
    (started,) = connection.execute("SELECT max(started_monotonic_s) FROM sessions").fetchone()
    phases = connection.execute(
        "SELECT onset_s, apex_s, offset_s, end_s FROM lifts WHERE number IS NOT NULL"
        " AND session = (SELECT max(id) FROM sessions) ORDER BY id"
    ).fetchall()
    connection.close()
    folder = journal.with_name(TRACES)
    folder.mkdir()
    with TraceWriter(folder / f"000001-boot1-{round(started * 1e3)}.csv") as trace:
        for sample in samples(phases, started):
            trace.append(sample)


@in_one_line
def main() -> int:
    """Write the picture; return the exit code."""
    argument_parser("tools.report_picture", __doc__).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        journal = write_weeks(Path(folder) / "journal.db", WEEKS, HURT_IN, MISSED, MASSAGED)
        keep_trace(journal)
        page, picture = Path(folder) / "report.html", Path(folder) / "picture.png"
        write_report(journal, page, reading((7 * WEEKS - 1.9) * 86400.0))
        open_page(page, f"--window-size={_WINDOW[0]},{_WINDOW[1]}", f"--screenshot={picture}")
        drawn = np.asarray(cv2.imread(str(picture)))
    size = (_SHOWN_WIDTH, _SHOWN_WIDTH * drawn.shape[0] // drawn.shape[1])
    small = cv2.resize(drawn, size, interpolation=cv2.INTER_AREA)
    # Fewer shades make a much smaller file, and nobody misses them.
    few = (np.round(small / _SHADE) * _SHADE).astype(np.uint8)
    cv2.imwrite(str(OUT), few, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    return 0


def _smooth(share: float) -> float:
    return (1.0 - math.cos(math.pi * min(max(share, 0.0), 1.0))) / 2.0


if __name__ == "__main__":
    sys.exit(main())
