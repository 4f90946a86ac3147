"""The engines that compute: DuckDB inside this process, or Spark on any number of machines."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from device.errors import CallerError

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
    """DuckDB wants the files of a folder, Spark the folder."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def read_parquet(self, folder: str) -> Any:
        return self._connection.read_parquet(f"{folder}/*.parquet")
