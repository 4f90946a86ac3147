"""`python -m tools.cohort DIR_OF_EXPORTS`: what many devices' exports say together.

Reads every export (as `liftlight sync` writes it) and every copy of a journal (`*.db`) below the
folder, leaves out what is damaged and says so, and writes tables (CSV and Parquet) and a page
(HTML) into a folder. The page names each device, whoever needs a look first. Nothing is sent
anywhere.

DuckDB computes inside this process, or Spark on any number of machines.
"""

from __future__ import annotations

import importlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from device.errors import CallerError
from tools.environment import argument_parser, how_to_install, in_one_line

EVERYWHERE = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false"}
ON_ONE_MACHINE = {
    # Its parts talk to each other only here, whatever the machine's name resolves to.
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    # Two hundred small tasks a step are meant for a cluster.
    "spark.sql.shuffle.partitions": "1",
    # It runs for a minute: Java's slow, thorough compiler would cost more than it saves.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argument_parser("tools.cohort", __doc__)
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
    from tools.cohort.exports import (  # noqa: PLC0415
        EXPORT_FILES,
        MOMENT_FILES,
        REP_FILES,
        SESSION_FILES,
        gather,
    )
    from tools.cohort.measures import measures  # noqa: PLC0415
    from tools.cohort.report import write_report  # noqa: PLC0415

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
            read = (
                connection.read_parquet(str(staged / files))
                for files in (SESSION_FILES, REP_FILES, MOMENT_FILES, EXPORT_FILES)
            )
            found = measures(ibis, *read)
            tables = {
                "devices": found.devices.to_pyarrow(),
                "weeks": found.weeks.to_pyarrow(),
                "total": found.total.to_pyarrow(),
                "device_weeks": found.device_weeks.to_pyarrow(),
                "faults": found.faults.to_pyarrow(),
            }
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    write_report(out, folder, tables, gathered)
    skipped = len(gathered.skipped)
    print(f"devices: {gathered.devices}, exports left out: {skipped}, page: {out}/cohort.html")


@contextmanager
def on_duckdb(ibis: Any) -> Iterator[Any]:
    """Give an Ibis connection to an embedded engine."""
    connection = ibis.duckdb.connect()
    try:
        # `read_parquet` of a folder reads all files in it, on either engine.
        yield _Folders(connection)
    finally:
        connection.disconnect()


@contextmanager
def on_spark(ibis: Any, master: str) -> Iterator[Any]:
    """Give an Ibis connection to a Spark `master`; raises CallerError if there is none."""
    from pyspark.errors import PySparkException  # noqa: PLC0415  (most people need no Spark)
    from pyspark.sql import SparkSession  # noqa: PLC0415

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    options = EVERYWHERE | (ON_ONE_MACHINE if master.startswith("local") else {})
    building = SparkSession.builder.master(master).appName("liftlight-cohort").config(map=options)
    try:
        session = building.getOrCreate()
    except (PySparkException, OSError, RuntimeError) as error:
        why = str(error).splitlines()[0]
        raise CallerError(
            f"Spark does not start at {master} ({why}): it needs Java 17 or later and a master."
        ) from error
    try:
        yield ibis.pyspark.connect(session)
    finally:
        session.stop()


class _Folders:
    """A connection to DuckDB that reads all Parquet files of a folder, as Spark does."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def read_parquet(self, folder: str) -> Any:
        return self._connection.read_parquet(f"{folder}/*.parquet")


if __name__ == "__main__":
    sys.exit(main())
