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
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from device.coach import events
from device.errors import CallerError, LiftLightError
from device.journal import refuse_strange
from device.sync import DamagedExportError, export, tables
from tools.processes import cores, spread

BARE = -1
"""The sequence of a journal without an export around it: any export of that device is newer."""

_REFUSED = [f"refused_{reason}" for reason in events.Reason]
_ISO_DAY = len("2027-01-15")

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

SESSION_FILES, REP_FILES = "sessions", "reps"
"""Folders of Parquet files."""
_AT_ONCE = 250


@dataclass(frozen=True, slots=True)
class Tables:
    """One device's sessions and repetitions, in the schemas above."""

    sessions: pa.Table
    reps: pa.Table


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


def read(one: Found) -> Tables | Skipped:
    """Return the tables of an export, from the very bytes that were checked."""
    try:
        sessions, reps = _from_journal(one.path) if one.sequence == BARE else _checked(one.path)
        return _tables(one.device, sessions, reps)
    except (LiftLightError, OSError, sqlite3.Error) as error:
        return Skipped(one.path, " ".join(str(error).split()))
    except (pa.ArrowInvalid, pa.ArrowKeyError, ValueError) as error:
        why = str(error).splitlines()[0]
        return Skipped(one.path, f"its tables are not ours ({why}): export it again")


def _checked(folder: Path) -> tuple[bytes, bytes]:
    listed = export.read_manifest(folder)
    content = {
        name: b"".join(export.checked(folder / name, listed.files[name]))
        for name in (tables.SESSIONS_CSV, tables.REPS_CSV)
    }
    for name in set(listed.files) - set(content):
        for _ in export.checked(folder / name, listed.files[name]):
            pass
    return content[tables.SESSIONS_CSV], content[tables.REPS_CSV]


def _from_journal(path: Path) -> tuple[bytes, bytes]:
    refuse_strange(path)
    with contextlib.closing(_opened(path)) as journal, tempfile.TemporaryDirectory() as folder:
        tables.write_tables(journal, Path(folder))
        return (Path(folder) / tables.SESSIONS_CSV).read_bytes(), (
            Path(folder) / tables.REPS_CSV
        ).read_bytes()


def _opened(path: Path) -> sqlite3.Connection:
    # Immutable: a database on somebody's read-only medium gets no files laid beside it.
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)


def _tables(device: str, sessions_csv: bytes, reps_csv: bytes) -> Tables:
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
    return Tables(
        pa.table(
            [
                pa.repeat(device, len(sessions)),
                days,
                *(sessions[name] for name in ("reps", "lifts", "dose_lifts")),
                refused,
            ],
            schema=SESSIONS,
        ),
        pa.table(
            [
                pa.repeat(device, len(reps)),
                days.take(place),
                reps["hold_s"],
                reps[str(events.Note.UNSTEADY)],
            ],
            schema=REPS,
        ),
    )


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
    for name in (SESSION_FILES, REP_FILES):
        (out / name).mkdir(parents=True)
    devices = list(by_device.values())
    chunks = [devices[start : start + _AT_ONCE] for start in range(0, len(devices), _AT_ONCE)]
    work = [_Chunk(some, out, f"part-{number:05}.parquet") for number, some in enumerate(chunks)]
    for _, part in spread(_stage, work, cores()):
        gathered.devices += part.devices
        gathered.older += part.older
        gathered.skipped += part.skipped
    gathered.skipped.sort(key=lambda one: str(one.path))
    return gathered


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Some devices' exports, and the folder and name of the Parquet files made of them."""

    devices: Sequence[Sequence[Found]]
    out: Path
    name: str


def _stage(chunk: _Chunk) -> Gathered:
    """Write one Parquet file of each kind from the newest whole export of each device."""
    gathered = Gathered()
    taken: list[Tables] = []
    for exports in chunk.devices:
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
        pq.write_table(whole, chunk.out / kind / chunk.name)
    return gathered
