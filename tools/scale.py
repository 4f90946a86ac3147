"""The optional extras for collections that outgrow one machine's ordinary tools.

`scale` has Ibis, DuckDB and Dask; `spark` adds Spark, half a gigabyte that only few need.
"""

from __future__ import annotations

import sys

SPARK_MODULES = frozenset({"pyspark", "py4j"})


def how_to_install(module: str = "") -> str:
    """Return the command that installs what `module` comes with, from the repository's folder."""
    pip = f"{sys.executable} -m pip install"
    if module in SPARK_MODULES:
        # Not locked: the rest of it is what the lock file has.
        return f"{pip} --editable '.[scale,spark]'"
    lock = f"requirements-scale-{sys.version_info[0]}.{sys.version_info[1]}.lock"
    return f"{pip} --require-hashes --requirement {lock}"
