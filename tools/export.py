"""What an export costs: `python -m tools.export` writes logs, exports them, and prints a table.

A year's log, with the report's size, and a million reps. Each export runs in a process of its own;
its time is processor time, its memory the peak of what is resident.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from device.clock import ClockReading
from device.sync import stick
from device.sync.report import REPORT, write_report
from tools.environment import ROOT
from tools.long_log import TRAINING_DAYS, reading, write_weeks

LOGS = {"a year": 52, "a million reps": 1_000_000 // (10 * len(TRAINING_DAYS)) + 1}
"""Weeks of training."""

_WEEK_S = 7 * 86400.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What something took: processor seconds, seconds on the wall, peak resident megabytes."""

    processor_s: float
    wall_s: float
    peak_mb: float


def measured(job: str, data: Path, out: Path, weeks: int) -> Cost:
    """Do a job in a process of its own."""
    command = [sys.executable, "-m", "tools.export", job, str(data), str(out), str(weeks)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return Cost(**json.loads(done.stdout))


def _do(job: str, data: Path, out: Path, now: ClockReading) -> Cost:
    wall, processor = time.perf_counter(), time.process_time()
    if job == "report":
        write_report(data / "journal.db", out / REPORT, now)
    else:
        stick.sync(data, out, now)
    # Not getrusage: its peak is inherited from whoever started this process.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return Cost(time.process_time() - processor, time.perf_counter() - wall, int(peak) / 1024)


def table() -> None:
    """Print the table, line by line as it is measured."""
    print("| log | what | processor | wall | peak memory | size |\n|---|---|---|---|---|---|")
    for log, weeks in LOGS.items():
        with tempfile.TemporaryDirectory() as folder:
            data, out = Path(folder) / "data", Path(folder) / "out"
            data.mkdir()
            out.mkdir()
            write_weeks(data / "journal.db", weeks)
            for job in ("report", "export"):
                cost = measured(job, data, out, weeks)
                files = [out / REPORT] if job == "report" else out.glob("liftlight-*/export-*/*")
                size = sum(path.stat().st_size for path in files)
                print(
                    f"| {log} | {job} | {cost.processor_s:.1f} s | {cost.wall_s:.1f} s"
                    f" | {cost.peak_mb:.0f} MB | {_size(size)} |",
                    flush=True,
                )


def main(arguments: Sequence[str]) -> int:
    """Print the table; with arguments, do one job of it and print what it cost."""
    if not arguments:
        table()
        return 0
    job, data, out, weeks = arguments
    cost = _do(job, Path(data), Path(out), reading(int(weeks) * _WEEK_S))
    print(json.dumps({name: getattr(cost, name) for name in Cost.__slots__}))
    return 0


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1_000_000 else f"{size / 1e3:.0f} kB"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
