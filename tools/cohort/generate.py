"""Make up a cohort: `python -m tools.cohort.generate FOLDER --devices 10000`.

Each device has a year of its own: when it began, how faithful its person is, how long they stay,
how steady they become; some press on without a rest day, as no device would let them. What is
written are exports as devices write them, manifests and all. The journals in them hold what hurt
and what failed, and no sessions, which are read from the tables; the report in them is an empty
page. After the first five hundred devices the years repeat under other names: no engine notices,
and it takes minutes less.
"""

from __future__ import annotations

import contextlib
import csv
import functools
import hashlib
import io
import sqlite3
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from device.clock import ClockReading, ClockSource
from device.coach import events, rest
from device.journal import JOURNAL_NAME, open_store, rows
from device.sync import export, tables
from device.sync.report import REPORT
from tools.environment import argument_parser

START = datetime(2026, 1, 5, 19, 0, tzinfo=UTC)
WEEKS = 52
LATEST_BEGIN = 60
"""The last device begins so many days after the first."""
DISTINCT = 500
_SEED = 1


def device_year(rng: np.random.Generator, weeks: int = WEEKS) -> tuple[bytes, bytes, bytes]:
    """Return sessions.csv, reps.csv and the journal of one made-up device."""
    first_day = int(rng.integers(0, LATEST_BEGIN))
    faith, stays = rng.beta(5, 2), rng.random() < 0.5
    lasts = weeks if stays else max(2, int(rng.exponential(weeks / 3)))
    spread, patience = rng.uniform(0.15, 0.5), rng.uniform(2.05, 2.6)
    hurried = rng.random() < 0.03
    begins = START + timedelta(days=first_day)
    sessions: list[dict[str, Any]] = []
    reps: list[dict[str, Any]] = []
    for week in range(min(lasts, weeks)):
        for day in (0, 1, 3, 5) if hurried else (0, 2, 4):
            if rng.random() < faith:
                at = begins + timedelta(weeks=week, days=day, minutes=float(rng.normal(0, 20)))
                _session(
                    rng, len(sessions) + 1, at, spread / (1 + week / 20), patience, sessions, reps
                )
    return (
        _csv(tables.SESSION_COLUMNS, sessions),
        _csv(tables.REP_COLUMNS, reps),
        _journal(rng, first_day + 7 * weeks),
    )


def _session(
    rng: np.random.Generator,
    number: int,
    at: datetime,
    spread: float,
    patience: float,
    sessions: list[dict[str, Any]],
    reps: list[dict[str, Any]],
) -> None:
    count = 10 if rng.random() < 0.85 else int(rng.integers(2, 10))
    holds = np.maximum(1.8, rng.normal(patience, spread, count)).round(3)
    unsteady = rng.random(count) < spread
    short = int(rng.poisson(2 * spread))
    now = 14.0
    for place in range(count):
        hold = float(holds[place])
        counted = at + timedelta(seconds=now + hold + 1.4)
        reps.append(
            dict.fromkeys(events.Note, 0)
            | {
                "session": number,
                "rep": place + 1,
                "counted": counted.isoformat(timespec="milliseconds"),
                "onset_s": round(now, 3),
                "apex_s": round(now + 0.7, 3),
                "offset_s": round(now + 0.7 + hold, 3),
                "end_s": round(now + 1.4 + hold, 3),
                "hold_s": hold,
                "peak_of_practised": 0.98,
                "left_of_practised": 0.97,
                "right_of_practised": 0.99,
                events.Note.UNSTEADY: int(unsteady[place]),
            }
        )
        now += hold + 4.0
    sessions.append(
        {f"refused_{reason}": 0 for reason in events.Reason}
        | {
            "session": number,
            "exercise": "cheek_lifter",
            "started": at.isoformat(timespec="milliseconds"),
            "ended": (at + timedelta(seconds=now)).isoformat(timespec="milliseconds"),
            "ending": "done" if count >= 8 else "stopped",
            "reps": count,
            "lifts": 1 + count + short,
            "dose_lifts": 1 + count + short,
            "mean_hold_s": round(float(holds.mean()), 2),
            "rest_raw": 0.02,
            "practised_raw": 0.14,
            f"refused_{events.Reason.TOO_SHORT}": short,
            "boot": "boot-1",
            "started_monotonic_s": round((at - START).total_seconds(), 3),
            "clock": "rtc",
        }
    )


def _csv(columns: Sequence[str], rows: list[dict[str, Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def write_cohort(folder: Path, devices: int, weeks: int = WEEKS) -> None:
    """Write the exports of so many devices below `folder`."""
    report = b"<!doctype html><title>made up</title>\n"
    years = [
        device_year(np.random.default_rng([_SEED, number]), weeks)
        for number in range(min(devices, DISTINCT))
    ]
    for number in range(devices):
        sessions, reps, journal = years[number % DISTINCT]
        files = {
            JOURNAL_NAME: journal,
            tables.SESSIONS_CSV: sessions,
            tables.REPS_CSV: reps,
            REPORT: report,
        }
        name = f"liftlight-{hashlib.sha256(f'{_SEED} {number}'.encode()).hexdigest()[:8]}"
        out = folder / name / "export-1"
        out.mkdir(parents=True, exist_ok=True)
        content = {
            file: export.Content(hashlib.sha256(data).hexdigest(), len(data))
            for file, data in files.items()
        }
        for file, data in files.items():
            (out / file).write_bytes(data)
        listed = export.Manifest(name, 1, hashlib.sha256(b"").hexdigest(), content)
        (out / export.MANIFEST).write_text(listed.to_text(), encoding="ascii")


def _journal(rng: np.random.Generator, last: int) -> bytes:
    """Return a journal in which now and then something hurt or failed, up to the day `last`."""

    def reading(day: float) -> ClockReading:
        at = day * rest.DAY_S
        return ClockReading("boot-1", at, START.timestamp() + at, 0, ClockSource.RTC)

    kinds = (events.FaultKind.CAMERA, events.FaultKind.POWER, events.FaultKind.STICK)
    moments: list[tuple[float, events.Event]] = [
        (day, events.Hurt(day * rest.DAY_S)) for day in rng.uniform(0, last, rng.poisson(0.8))
    ]
    moments += [
        (day, events.Fault(day * rest.DAY_S, kinds[int(rng.integers(len(kinds)))], "made up"))
        for day in rng.uniform(0, last, rng.poisson(1.5))
    ]
    # In memory: a disk that is asked to keep each of them at once makes them minutes late.
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as journal:
        journal.deserialize(_empty_journal())
        journal.execute(*rows.checkpoint(reading(0.0))[1])
        for day, event in sorted(moments, key=lambda one: one[0]):
            for sql, values in rows.of_event(event, reading(day)):
                journal.execute(sql, values)
        journal.execute(*rows.checkpoint(reading(last))[0])
        return journal.serialize()


@functools.cache
def _empty_journal() -> bytes:
    """Return a journal in which nothing is, in one file, as in an export."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(
            Path(folder) / JOURNAL_NAME,
            ClockReading("boot-1", 0.0, START.timestamp(), 0, ClockSource.RTC),
        )
        try:
            copy = Path(folder) / "copy.db"
            store.connection.execute("VACUUM INTO ?", (str(copy),))
            return copy.read_bytes()
        finally:
            store.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argument_parser("tools.cohort.generate", __doc__)
    parser.add_argument("folder", metavar="FOLDER", type=Path)
    parser.add_argument("--devices", type=int, default=100)
    options = parser.parse_args(arguments)
    write_cohort(options.folder, options.devices)
    print(f"{options.devices} made-up device-years: {options.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
