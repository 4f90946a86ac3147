"""Gather the tables of all exports into Parquet files that any engine reads.

Over all cores, some hundred exports at a time, so that memory does not grow with the cohort.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from device.errors import CallerError
from tools.cohort.exports import (
    REPS,
    SESSIONS,
    Found,
    Skipped,
    Tables,
    find,
    look_at,
    newest_first,
    read,
)

SESSION_FILES, REP_FILES = "sessions", "reps"
"""Folders of Parquet files."""
_AT_ONCE = 250


@dataclass(slots=True)
class Gathered:
    """How many devices there are, what was left out, and how many exports were of older days."""

    devices: int = 0
    older: int = 0
    skipped: list[Skipped] = field(default_factory=list)


def gather(folder: Path, out: Path, jobs: int | None = None) -> Gathered:
    """Write what all exports below `folder` tell to Parquet files below `out`.

    An export that is damaged is left out, and an older one of the same device taken instead if
    there is a whole one. Raises CallerError if there is no export at all.
    """
    if not folder.is_dir():
        raise CallerError(f"{folder} is no folder: name one with exports of devices in it.")
    looked = [look_at(path) for path in find(folder)]
    if not looked:
        raise CallerError(
            f"{folder} has no export in it: name the folder with the devices' folders from their "
            "sticks (liftlight-...), or with copies of their journals (*.db)."
        )
    gathered = Gathered(skipped=[one for one in looked if isinstance(one, Skipped)])
    by_device = newest_first(one for one in looked if isinstance(one, Found))
    for name in (SESSION_FILES, REP_FILES):
        (out / name).mkdir(parents=True)
    devices = list(by_device.values())
    chunks = [devices[start : start + _AT_ONCE] for start in range(0, len(devices), _AT_ONCE)]
    names = [f"part-{number:05}.parquet" for number in range(len(chunks))]
    jobs = jobs or len(os.sched_getaffinity(0))
    if min(jobs, len(chunks)) <= 1:
        parts = [_stage(chunk, out, name) for chunk, name in zip(chunks, names, strict=True)]
    else:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(min(jobs, len(chunks)), mp_context=context) as pool:
            parts = list(pool.map(_stage, chunks, [out] * len(chunks), names))
    for part in parts:
        gathered.devices += part.devices
        gathered.older += part.older
        gathered.skipped += part.skipped
    gathered.skipped.sort(key=lambda one: str(one.path))
    return gathered


def _stage(devices: Sequence[Sequence[Found]], out: Path, name: str) -> Gathered:
    """Write one Parquet file of each kind from the newest whole export of each device."""
    gathered = Gathered()
    taken: list[Tables] = []
    for exports in devices:
        for number, one in enumerate(exports, start=1):
            tables = read(one)
            if isinstance(tables, Skipped):
                gathered.skipped.append(tables)
            else:
                taken.append(tables)
                gathered.devices += 1
                gathered.older += len(exports) - number
                break
    for kind, schema in ((SESSION_FILES, SESSIONS), (REP_FILES, REPS)):
        parts = [getattr(tables, kind) for tables in taken]
        whole = pa.concat_tables(parts) if parts else schema.empty_table()
        pq.write_table(whole, out / kind / name)
    return gathered
