"""`python -m tools.cohort DIR_OF_EXPORTS`: what many devices' exports say together.

Reads every export (as `liftlight sync` writes it) and every copy of a journal (`*.db`) below the
folder, leaves out what is damaged and says so, and writes tables (CSV and Parquet) and a page
(HTML) into a folder. Nothing is sent anywhere.
"""

from __future__ import annotations

import argparse
import importlib
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from device.errors import CallerError
from device.files import whole_file
from tools.environment import in_one_line
from tools.scale import how_to_install


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.cohort", description=__doc__)
    parser.add_argument("folder", metavar="DIR_OF_EXPORTS", type=Path)
    parser.add_argument(
        "--out",
        metavar="FOLDER",
        type=Path,
        default=Path("cohort"),
        help="where the tables and the page are written (%(default)s)",
    )
    parser.add_argument(
        "--spark",
        metavar="MASTER",
        help="let Spark compute it, as in local[2] or spark://10.0.0.1:7077; its workers must see "
        "the folder for temporary files (TMPDIR) under the same path",
    )
    options = parser.parse_args(arguments)
    _run(options.folder, options.out, options.spark)
    return 0


def _run(folder: Path, out: Path, spark: str | None) -> None:
    try:
        ibis = importlib.import_module("ibis")
        importlib.import_module("pyspark" if spark else "duckdb")
    except ImportError as error:
        raise CallerError(
            f"this tool needs {error.name}, which is missing: {how_to_install(error.name or '')}"
        ) from None
    # Only now: they need the extra, too.
    from tools.cohort.engines import on_duckdb, on_spark  # noqa: PLC0415
    from tools.cohort.measures import measures  # noqa: PLC0415
    from tools.cohort.page import page  # noqa: PLC0415
    from tools.cohort.staging import REP_FILES, SESSION_FILES, gather  # noqa: PLC0415

    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CallerError(
            f"cannot make the folder {out} ({error.strerror}): name another."
        ) from error
    staged = Path(tempfile.mkdtemp(prefix="liftlight-cohort-"))
    try:
        gathered = gather(folder, staged)
        for one in gathered.skipped:
            print(f"left out {one.path}: {one.why}", file=sys.stderr)
        with on_spark(ibis, spark) if spark else on_duckdb(ibis) as connection:
            sessions = connection.read_parquet(str(staged / SESSION_FILES))
            reps = connection.read_parquet(str(staged / REP_FILES))
            found = measures(ibis, sessions, reps)
            tables = {
                "devices": found.devices.to_pyarrow(),
                "weeks": found.weeks.to_pyarrow(),
                "total": found.total.to_pyarrow(),
            }
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    _write(out, tables)
    with whole_file(out / "cohort.html") as partial:
        partial.write_text(page(tables, gathered), encoding="utf-8")
    print(
        f"{gathered.devices} devices, {len(gathered.skipped)} exports left out: {out}/cohort.html"
    )


def _write(out: Path, tables: dict[str, Any]) -> None:
    arrow = importlib.import_module("pyarrow")
    csv = importlib.import_module("pyarrow.csv")
    parquet = importlib.import_module("pyarrow.parquet")
    for day in ("first_day", "last_day"):
        devices = tables["devices"]
        dates = devices[day].cast(arrow.int32()).cast(arrow.date32())
        tables["devices"] = devices.set_column(devices.column_names.index(day), day, dates)
    for name in ("devices", "weeks"):
        with whole_file(out / f"{name}.csv") as partial:
            csv.write_csv(tables[name], partial)
        with whole_file(out / f"{name}.parquet") as partial:
            parquet.write_table(tables[name], partial)


if __name__ == "__main__":
    sys.exit(main())
