"""`python -m tools.export_cost`: a table of what reports and exports cost.

Made-up logs of a year and of a million reps are reported on and exported, each in a process of its
own. The columns are the processor's time, time on the wall, the peak of resident memory, and size.
"""

from __future__ import annotations

import argparse
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
from tools.environment import ROOT, argument_parser
from tools.long_log import TRAINING_DAYS, reading, write_weeks

LOGS = {"a year": 52, "a million reps": 1_000_000 // (10 * len(TRAINING_DAYS)) + 1}
"""The logs, and how many weeks of training each holds."""

_WEEK_S = 7 * 86400.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What something took: processor seconds, seconds on the wall, peak resident megabytes."""

    processor_s: float
    wall_s: float
    peak_mb: float


def measured(job: str, data: Path, out: Path, weeks: int) -> Cost:
    """Return what a job costs that is done in a process of its own."""
    command = [sys.executable, "-m", "tools.export_cost", job, str(data), str(out), str(weeks)]
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; with arguments, do one job of it and print what it cost."""
    parser = argument_parser("tools.export_cost", __doc__)
    parser.add_argument("job", nargs="*", help=argparse.SUPPRESS)
    if not (words := parser.parse_args(arguments).job):
        table()
        return 0
    job, data, out, weeks = words
    cost = _do(job, Path(data), Path(out), reading(int(weeks) * _WEEK_S))
    print(json.dumps({name: getattr(cost, name) for name in Cost.__slots__}))
    return 0


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1_000_000 else f"{size / 1e3:.0f} kB"


if __name__ == "__main__":
    sys.exit(main())
