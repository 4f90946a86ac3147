"""What was measured of a cohort, written into a folder: tables, and one HTML page.

The page also says what was left out, and why.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import csv, parquet

from device.files import whole_file
from tools.cohort.exports import Gathered
from tools.documents import html_page
from tools.evaluate.score import share_interval

_WIDTH, _HEIGHT = 600, 150
_SHOWN = 200


def write_report(out: Path, tables: dict[str, pa.Table], gathered: Gathered) -> None:
    """Write the measured `tables`, as CSV and Parquet, and the page about them into `out`."""
    devices = tables["devices"]
    for day in ("first_day", "last_day"):
        dates = devices[day].cast(pa.int32()).cast(pa.date32())
        devices = devices.set_column(devices.column_names.index(day), day, dates)
    for name, table in (("devices", devices), ("weeks", tables["weeks"])):
        with whole_file(out / f"{name}.csv") as partial:
            csv.write_csv(table, partial)
        with whole_file(out / f"{name}.parquet") as partial:
            parquet.write_table(table, partial)
    with whole_file(out / "cohort.html") as partial:
        partial.write_text(_page(tables, gathered), encoding="utf-8")


def _page(tables: dict[str, pa.Table], gathered: Gathered) -> str:
    """Return the page of the measured tables and of how they were gathered."""
    total = tables["total"].to_pylist()[0]
    weeks = tables["weeks"].to_pylist()
    adherences = tables["devices"]["adherence"].to_pylist()
    return html_page(
        Path(__file__).with_name("report.html"),
        total=total,
        weeks=weeks,
        gathered=gathered,
        skipped=gathered.skipped[:_SHOWN],
        rest=share_interval(total["rests_kept"] or 0, total["rests"] or 0),
        refused=share_interval(total["refused"] or 0, total["lifts"] or 0),
        adherence=_histogram(adherences),
        plots=[
            (name, _curve(weeks, column), shown.format(_highest(weeks, column)))
            for name, column, shown in (
                ("devices that trained in the week", "devices", "{:.0f}"),
                ("training days a device, of three", "training_days_per_device", "{:.2f}"),
                ("lifts that count towards the dose, a device", "dose_per_device", "{:.1f}"),
                ("mean hold", "mean_hold_s", "{:.2f} s"),
                ("spread of a person's holds", "hold_spread_s", "{:.2f} s"),
                ("lifts refused", "refused_share", "{:.1%}"),
                ("repetitions noted as unsteady", "unsteady_share", "{:.1%}"),
            )
        ],
        width=_WIDTH,
        height=_HEIGHT,
        last_week=weeks[-1]["week"] if weeks else 0,
    )


def _highest(weeks: list[dict[str, Any]], column: str) -> float:
    return max((float(week[column] or 0.0) for week in weeks), default=0.0)


def _curve(weeks: list[dict[str, Any]], column: str) -> str:
    """Return the points of an SVG polyline, from zero to its highest value."""
    high = _highest(weeks, column) or 1.0
    last = max(1, weeks[-1]["week"]) if weeks else 1
    return " ".join(
        f"{week['week'] / last * _WIDTH:.1f},{_HEIGHT * (1 - float(week[column]) / high):.1f}"
        for week in weeks
        if week[column] is not None
    )


def _histogram(shares: list[float]) -> list[tuple[str, int, float]]:
    """Return, for each tenth, how many devices lie in it, and their share of the most."""
    counts = [0] * 10
    for share in shares:
        counts[min(9, int(share * 10))] += 1
    most = max(1, *counts)
    return [
        (f"{10 * tenth} to {10 * tenth + 10} %", count, count / most)
        for tenth, count in enumerate(counts)
    ]
