"""Find the exports of many devices, believe nothing that was changed, and gather their tables.

An export is a folder with a manifest, as `liftlight sync` writes it; every file in it must be what
the manifest promises. A journal that lies about by itself (`*.db`, a copy of the database) is
examined instead. Of one device only the newest counts. What is damaged is reported and left out.

The tables are gathered into Parquet files that any engine reads, over all cores and some hundred
exports at a time, so that memory does not grow with the cohort.
"""

from __future__ import annotations

import contextlib
import io
import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from device.coach import events
from device.errors import CallerError, LiftLightError
from device.journal import (
    JOURNAL_NAME,
    Calendar,
    reading_of,
    refuse_strange,
    stamp_columns,
    uri_of,
)
from device.sync import DamagedExportError, export, tables
from tools.processes import cores, spread

BARE = -1
"""The sequence of a journal without an export around it: any export of that device is newer."""

HURT = "hurt"
"""The kind of a moment at which a person said that something hurts."""

_REFUSED = [f"refused_{reason}" for reason in events.Reason]
_ISO_DAY = len("2027-01-15")
_FIRST_DAY = date(1970, 1, 1)

_REAL_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"
_HURTS = f"SELECT '{HURT}', {stamp_columns()} FROM moments WHERE kind = '{HURT}' ORDER BY id"
_FAULTS = f"SELECT kind, {stamp_columns()} FROM faults ORDER BY id"
_LAST_KNOWN = (
    "SELECT boot, last_monotonic_s, last_wall_s, utc_offset_s, source FROM clock_spans ORDER BY id"
)

SESSIONS = pa.schema(
    [
        ("device", pa.string()),
        ("day", pa.int32()),
        ("reps", pa.int32()),
        ("lifts", pa.int32()),
        ("dose", pa.int32()),
        ("refused", pa.int32()),
    ]
)
"""A session: `day` is the local day on which it ended, counted from 1970-01-01; null if nobody
knows it."""

REPS = pa.schema(
    [
        ("device", pa.string()),
        ("day", pa.int32()),
        ("hold_s", pa.float32()),
        ("unsteady", pa.int8()),
    ]
)
"""A repetition, on the day of its session."""

MOMENTS = pa.schema([("device", pa.string()), ("day", pa.int32()), ("kind", pa.string())])
"""Something that hurt, of the kind `HURT`, or a fault, of its own kind, on a local day; null if
nobody knows it."""

EXPORTS = pa.schema(
    [
        ("device", pa.string()),
        ("until", pa.int32()),
        ("undated", pa.int32()),
        ("place", pa.string()),
        ("report", pa.bool_()),
    ]
)
"""What was read of a device: `until` is the last day that it knows of, null if it knows of none;
`undated` counts the sessions of which nobody knows the day; `place` is where it lies in the folder,
and `report` whether a report lies beside it."""

SESSION_FILES, REP_FILES, MOMENT_FILES, EXPORT_FILES = "sessions", "reps", "moments", "exports"
"""Folders of Parquet files."""
_KINDS = {
    SESSION_FILES: SESSIONS,
    REP_FILES: REPS,
    MOMENT_FILES: MOMENTS,
    EXPORT_FILES: EXPORTS,
}
_AT_ONCE = 250


@dataclass(frozen=True, slots=True)
class Found:
    """An export or a bare journal whose content was not checked yet."""

    path: Path
    device: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """What was left out, and why."""

    path: Path
    why: str


def find(folder: Path) -> Iterator[Path]:
    """Yield every export and bare journal below `folder`; links are not followed."""
    for inside, folders, files in os.walk(folder):
        if export.MANIFEST in files:
            folders.clear()
            yield Path(inside)
            continue
        folders.sort()
        yield from (Path(inside, name) for name in sorted(files) if name.endswith(".db"))


def look_at(path: Path) -> Found | Skipped:
    """Tell whose export it is and how new, from its manifest alone."""
    try:
        if path.is_dir():
            listed = export.read_manifest(path)
            return Found(path, listed.device, listed.sequence)
        refuse_strange(path)
        with contextlib.closing(_opened(path)) as journal:
            return Found(path, export.device_name(journal), BARE)
    except (LiftLightError, OSError, sqlite3.Error) as error:
        return Skipped(path, " ".join(str(error).split()))


def newest_first(found: Iterable[Found]) -> dict[str, list[Found]]:
    """Return what was found by device, the newest first."""
    by_device: dict[str, list[Found]] = {}
    for one in found:
        by_device.setdefault(one.device, []).append(one)
    for some in by_device.values():
        some.sort(key=lambda one: (one.sequence, str(one.path)), reverse=True)
    return by_device


def read(one: Found, folder: Path) -> dict[str, pa.Table] | Skipped:
    """Return the tables of an export below `folder`, from the very bytes that were checked.

    They are named as their files and have the schemas above.
    """
    try:
        if one.sequence == BARE:
            refuse_strange(one.path)
            with contextlib.closing(_opened(one.path)) as journal:
                return _tables(one, folder, *_written(journal), journal)
        content = _checked(one.path)
        # Of the very bytes, too; an export's journal is in no mode that needs files beside it.
        with contextlib.closing(sqlite3.connect(":memory:")) as journal:
            journal.deserialize(content[JOURNAL_NAME])
            csvs = content[tables.SESSIONS_CSV], content[tables.REPS_CSV]
            return _tables(one, folder, *csvs, journal)
    except (LiftLightError, OSError, sqlite3.Error) as error:
        return Skipped(one.path, " ".join(str(error).split()))
    except (pa.ArrowInvalid, pa.ArrowKeyError, ValueError, OverflowError) as error:
        why = str(error).splitlines()[0]
        return Skipped(one.path, f"its tables are not ours ({why}): export it again")


def _checked(folder: Path) -> dict[str, bytes]:
    listed = export.read_manifest(folder)
    return {
        name: b"".join(export.checked(folder / name, content))
        for name, content in listed.files.items()
    }


def _written(journal: sqlite3.Connection) -> tuple[bytes, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        tables.write_tables(journal, Path(folder))
        return (Path(folder) / tables.SESSIONS_CSV).read_bytes(), (
            Path(folder) / tables.REPS_CSV
        ).read_bytes()


def _opened(path: Path) -> sqlite3.Connection:
    # Immutable: a database on somebody's read-only medium gets no files laid beside it.
    return sqlite3.connect(f"{uri_of(path)}?mode=ro&immutable=1", uri=True)


def _tables(
    one: Found, folder: Path, sessions_csv: bytes, reps_csv: bytes, journal: sqlite3.Connection
) -> dict[str, pa.Table]:
    whole = {name: pa.int32() for name in ("session", "reps", "lifts", "dose_lifts", *_REFUSED)}
    sessions = _parsed(sessions_csv, tables.SESSION_COLUMNS, whole | {"ended": pa.string()})
    kinds = {"session": pa.int32(), "hold_s": pa.float32(), str(events.Note.UNSTEADY): pa.int8()}
    reps = _parsed(reps_csv, tables.REP_COLUMNS, kinds)
    refused = sessions[_REFUSED[0]]
    for name in _REFUSED[1:]:
        refused = pc.add(refused, sessions[name])
    iso = pc.utf8_slice_codeunits(sessions["ended"], 0, _ISO_DAY)
    days = pc.if_else(pc.equal(iso, ""), None, iso).cast(pa.date32()).cast(pa.int32())
    place = pc.index_in(reps["session"], value_set=sessions["session"].combine_chunks())
    if place.null_count:
        raise DamagedExportError("a repetition belongs to no session: export it again.")
    moments, until = _moments(journal)
    known = {
        "device": one.device,
        "until": until,
        "undated": days.null_count,
        "place": one.path.relative_to(folder).as_posix(),
        "report": one.sequence != BARE,
    }
    return {
        SESSION_FILES: pa.table(
            [
                pa.repeat(one.device, len(sessions)),
                days,
                *(sessions[name] for name in ("reps", "lifts", "dose_lifts")),
                refused,
            ],
            schema=SESSIONS,
        ),
        REP_FILES: pa.table(
            [
                pa.repeat(one.device, len(reps)),
                days.take(place),
                reps["hold_s"],
                reps[str(events.Note.UNSTEADY)],
            ],
            schema=REPS,
        ),
        MOMENT_FILES: pa.Table.from_pylist(
            [{"device": one.device, "day": day, "kind": kind} for day, kind in moments],
            schema=MOMENTS,
        ),
        EXPORT_FILES: pa.Table.from_pylist([known], schema=EXPORTS),
    }


def _moments(journal: sqlite3.Connection) -> tuple[list[tuple[int | None, str]], int | None]:
    """Return the day and kind of all that hurt or failed, and the last day that is known."""
    # What was forged may be a view that never ends; a table is only read.
    real = {name for (name,) in journal.execute(_REAL_TABLES)}
    if not {"clock_spans", "moments", "faults"} <= real:
        raise DamagedExportError("its journal has not our tables: export it again.")
    calendar = Calendar(journal)

    def day(stamp: Sequence[Any]) -> int | None:
        moment = calendar.date(reading_of(*stamp))
        return None if moment is None else (moment.date() - _FIRST_DAY).days

    happened = [
        (day(stamp), str(kind))
        for query in (_HURTS, _FAULTS)
        for kind, *stamp in journal.execute(query)
    ]
    lasts = [day(stamp) for stamp in journal.execute(_LAST_KNOWN)]
    return happened, max((last for last in lasts if last is not None), default=None)


def _parsed(content: bytes, columns: tuple[str, ...], kinds: dict[str, pa.DataType]) -> pa.Table:
    header = content.partition(b"\r\n")[0].decode("utf-8", "replace")
    if tuple(header.split(",")) != columns:
        raise ValueError("other columns")
    options = pcsv.ConvertOptions(
        include_columns=list(kinds), column_types=kinds, strings_can_be_null=False
    )
    one_thread = pcsv.ReadOptions(use_threads=False)
    return pcsv.read_csv(io.BytesIO(content), read_options=one_thread, convert_options=options)


@dataclass(slots=True)
class Gathered:
    """How many devices there are, what was left out, and how many exports were of older days."""

    devices: int = 0
    older: int = 0
    skipped: list[Skipped] = field(default_factory=list)


def gather(folder: Path, out: Path) -> Gathered:
    """Write the tables of all exports below `folder` to Parquet files below `out`.

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
    for name in _KINDS:
        (out / name).mkdir(parents=True)
    devices = list(by_device.values())
    chunks = [devices[start : start + _AT_ONCE] for start in range(0, len(devices), _AT_ONCE)]
    work = [
        _Chunk(some, folder, out, f"part-{number:05}.parquet") for number, some in enumerate(chunks)
    ]
    for _, part in spread(_stage, work, cores()):
        gathered.devices += part.devices
        gathered.older += part.older
        gathered.skipped += part.skipped
    gathered.skipped.sort(key=lambda one: str(one.path))
    return gathered


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Some devices' exports below `folder`; folder and name of the Parquet files made of them."""

    devices: Sequence[Sequence[Found]]
    folder: Path
    out: Path
    name: str


def _stage(chunk: _Chunk) -> Gathered:
    """Write one Parquet file of each kind from the newest whole export of each device."""
    gathered = Gathered()
    taken: list[dict[str, pa.Table]] = []
    for exports in chunk.devices:
        for number, one in enumerate(exports, start=1):
            found = read(one, chunk.folder)
            if isinstance(found, Skipped):
                gathered.skipped.append(found)
            else:
                taken.append(found)
                gathered.devices += 1
                gathered.older += len(exports) - number
                break
    for kind, schema in _KINDS.items():
        parts = [found[kind] for found in taken]
        whole = pa.concat_tables(parts) if parts else schema.empty_table()
        pq.write_table(whole, chunk.out / kind / chunk.name)
    return gathered
