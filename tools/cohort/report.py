"""What was measured of a cohort, written into a folder: tables, and one HTML page.

The page is for whoever looks after the devices: it names each, whoever needs a look first, and
links to its report. Below it says what the cohort did together, and what was left out, and why.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

import pyarrow as pa
from pyarrow import csv, parquet

from device.coach import rest
from device.files import whole_file
from device.sync import export
from device.sync.report import REPORT
from tools.cohort.exports import Gathered
from tools.cohort.measures import LATELY_DAYS, LEAST_WEEKS, QUIET_DAYS, SHOWN_WEEKS, Look
from tools.documents import html_page
from tools.evaluate.score import share_interval

_WIDTH, _HEIGHT = 600, 150
_SHOWN = 200
_FIRST_DAY = date(1970, 1, 1)
_DAYS = ("first_day", "last_day", "until")
"""Columns that hold days, counted from 1970-01-01 in the measures and written as dates."""


@dataclass(frozen=True, slots=True)
class Week:
    """One week on a device's line: where it stands from the left, and its training days.

    `days` is None for a week before the device's first session.
    """

    place: int
    days: int | None
    name: str


@dataclass(frozen=True, slots=True)
class Row:
    """What the page says of one device."""

    name: str
    look: Look
    why: str
    last: str
    known: str
    behind: str
    adherence: str
    weeks: Sequence[Week]
    first_week: str
    hurts: str
    faults: str
    report: str
    """The address of its report, from the page; empty if there is none."""

    @property
    def urgent(self) -> bool:
        """Whether somebody should look after it."""
        return self.look < Look.TOO_LITTLE


def write_report(out: Path, folder: Path, tables: dict[str, pa.Table], gathered: Gathered) -> None:
    """Write the measured `tables`, as CSV and Parquet, and the page about them into `out`.

    `folder` is where the exports were found, for the links to their reports.
    """
    for name, measured in tables.items():
        if name == "total":
            continue
        table = measured
        for day in set(_DAYS) & set(table.column_names):
            dates = table[day].cast(pa.int32()).cast(pa.date32())
            table = table.set_column(table.column_names.index(day), day, dates)
        with whole_file(out / f"{name}.csv") as partial:
            csv.write_csv(table, partial)
        with whole_file(out / f"{name}.parquet") as partial:
            parquet.write_table(table, partial)
    with whole_file(out / "cohort.html") as partial:
        to_folder = os.path.relpath(folder.resolve(), out.resolve())
        partial.write_text(_page(tables, gathered, to_folder), encoding="utf-8")


def _page(tables: dict[str, pa.Table], gathered: Gathered, to_folder: str) -> str:
    """Return the page of the measured tables and of how they were gathered."""
    rows = _rows(tables, to_folder)
    total = tables["total"].to_pylist()[0]
    weeks = tables["weeks"].to_pylist()
    adherences = tables["devices"]["adherence"].to_pylist()
    return html_page(
        Path(__file__).with_name("report.html"),
        rows=rows[:_SHOWN],
        looks=sum(row.urgent for row in rows),
        lately=LATELY_DAYS,
        quiet=QUIET_DAYS,
        offered=rest.WEEK_SESSIONS,
        shown_weeks=SHOWN_WEEKS,
        total=total,
        weeks=weeks,
        gathered=gathered,
        skipped=gathered.skipped[:_SHOWN],
        rest=share_interval(total["rests_kept"] or 0, total["rests"] or 0),
        refused=share_interval(total["refused"] or 0, total["lifts"] or 0),
        adherence=_histogram([share for share in adherences if share is not None]),
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


def _rows(tables: dict[str, pa.Table], to_folder: str) -> list[Row]:
    """Return every device, whoever needs a look first."""
    trained: dict[str, dict[int, int]] = {}
    for week in tables["device_weeks"].to_pylist():
        trained.setdefault(week["device"], {})[week["weeks_ago"]] = week["training_days"]
    faults: dict[str, list[dict[str, Any]]] = {}
    for fault in tables["faults"].to_pylist():
        faults.setdefault(fault["device"], []).append(fault)
    devices = sorted(tables["devices"].to_pylist(), key=_urgency)
    newest = max((one["until"] for one in devices if one["until"] is not None), default=0)
    return [
        _row(one, trained.get(one["device"], {}), faults.get(one["device"], []), newest, to_folder)
        for one in devices
    ]


def _urgency(one: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what sorts the devices: the reason, then how pressing it is, then adherence.

    Of those that are quiet, the one that became so last comes first: it can still be asked why.
    """
    share = one["last_training_days"] / max(1, one["last_weeks"])
    pressing = {
        Look.HURT_AGAIN: -one["hurts_lately"],
        Look.FAULT: -one["faults_lately"],
        Look.QUIET: one["quiet_days"],
    }
    return one["look"], pressing.get(one["look"], 0), share, one["device"]


def _row(
    one: Mapping[str, Any],
    trained: Mapping[int, int],
    faults: Sequence[Mapping[str, Any]],
    newest: int,
    to_folder: str,
) -> Row:
    place = PurePosixPath(one["place"])
    home = place.parent if place.name in export.GENERATIONS else place
    # Whoever keeps the sticks' folders in folders with names finds the names here.
    above = "" if home.parent == PurePosixPath(".") else f"{home.parent}/"
    until, last, first = one["until"], one["last_day"], one["first_day"]
    known = "no day is known" if until is None else _date(until)
    behind = 0 if until is None else newest - until
    lately = [fault["kind"] for fault in faults if fault["lately"]]
    weeks = list(_weeks_of(first, until, trained))
    return Row(
        name=f"{above}{one['device']}",
        look=Look(one["look"]),
        why=_why(one, lately),
        last="none with a date" if last is None else _date(last),
        known=known,
        behind=f"{behind} days before the newest" if behind > QUIET_DAYS else "",
        adherence=_adherence(one),
        weeks=weeks,
        first_week=weeks[0].name if weeks else "",
        hurts=_times(one["hurts"], one["hurts_lately"]),
        faults=", ".join(
            f"{fault['kind']} {_times(fault['times'], fault['lately'])}" for fault in faults
        ),
        report=quote(f"{to_folder}/{place / REPORT}") if one["report"] else "",
    )


def _why(one: Mapping[str, Any], lately: Sequence[str]) -> str:
    sessions = one["sessions"] or 0
    match Look(one["look"]):
        case Look.HURT_AGAIN:
            return f"something hurt {one['hurts_lately']} times lately: should see someone"
        case Look.HURT:
            return "something hurt lately"
        case Look.FAULT:
            return f"a fault lately: {', '.join(lately)}"
        case Look.QUIET:
            return f"no session for {one['quiet_days']} days"
        case Look.TOO_LITTLE:
            counted = "1 session" if sessions == 1 else f"{sessions or 'no'} sessions"
            undated = f", {one['undated']} without a date" if one["undated"] else ""
            return f"too little to tell: {counted}{undated}"
        case Look.NOTHING:
            return ""


def _adherence(one: Mapping[str, Any]) -> str:
    weeks = one["last_weeks"]
    if weeks < LEAST_WEEKS:
        return "too little to tell"
    return f"{one['last_training_days']} of {rest.WEEK_SESSIONS * weeks} in {weeks} weeks"


def _times(times: int, lately: int) -> str:
    if not times:
        return ""
    return f"{times}, {lately} lately" if lately else str(times)


def _weeks_of(first: int | None, until: int | None, trained: Mapping[int, int]) -> Iterator[Week]:
    """Yield the weeks of a device's line, the last one ending on its last known day."""
    if first is None or until is None:
        return
    known = (until - first) // rest.WEEK_DAYS
    for ago in reversed(range(SHOWN_WEEKS)):
        name = f"week to {_date(until - ago * rest.WEEK_DAYS)}"
        yield Week(SHOWN_WEEKS - 1 - ago, trained.get(ago, 0) if ago <= known else None, name)


def _date(day: int) -> str:
    return (_FIRST_DAY + timedelta(days=day)).isoformat()


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
