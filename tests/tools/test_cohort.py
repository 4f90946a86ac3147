"""Many devices' exports together: what they did, what was left out, and on which engine."""

from __future__ import annotations

import csv
import html
import importlib
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from device.clock import ClockSource
from device.coach import events
from device.journal import JOURNAL_NAME, connect, open_store
from device.journal import rows as journal_rows
from device.sync import stick, tables
from tools.cohort.__main__ import main
from tools.environment import how_to_install
from tools.long_log import reading, write_weeks

# Ibis calls what DuckDB deprecates.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

DAY_S = 86400.0
NOW = reading(90 * DAY_S)


def extra(module: str) -> Any:
    """An optional module, or a visible skip that names how to get it."""
    try:
        return importlib.import_module(module)
    except ImportError:
        pytest.skip(f"{module} is not installed: {how_to_install(module)}")


@pytest.fixture
def engine() -> Any:
    extra("duckdb")
    return extra("ibis")


def export(folder: Path, name: str, weeks: int, times: int = 1) -> Path:
    """Export a journal of three sessions a week so many times; return the newest export."""
    data = folder / f"{name}.data"
    data.mkdir()
    write_weeks(data / JOURNAL_NAME, weeks)
    stick_ = folder / "sticks" / name
    stick_.mkdir(parents=True)
    for _ in range(times):
        newest = stick.sync(data, stick_, NOW).folder
    return newest


def lived(folder: Path, name: str, number: int, weeks: int, day: float, *more: events.Event) -> str:
    """Export a journal of so many weeks that was last written on a `day`; return the device's name.

    `more` happened on that day. `number` makes it a device of its own.
    """
    journal = folder / f"{name}.data" / JOURNAL_NAME
    journal.parent.mkdir()
    write_weeks(journal, weeks)
    connection = connect(journal)
    connection.execute("UPDATE clock_spans SET first_monotonic_s = ?", (float(number),))
    at = reading(day * DAY_S)
    connection.execute(*journal_rows.checkpoint(at)[0])
    for event in more:
        for sql, values in journal_rows.of_event(event, at):
            connection.execute(sql, values)
    connection.close()
    (folder / "sticks" / name).mkdir(parents=True)
    return stick.sync(journal.parent, folder / "sticks" / name, at).folder.parent.name


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def run(tmp_path: Path, *more: str) -> Path:
    out = tmp_path / "out"
    assert main([str(tmp_path / "sticks"), "--out", str(out), *more]) == 0
    return out


def test_three_calm_sessions_a_week_are_full_adherence_and_every_rest_kept(
    engine: Any, tmp_path: Path
) -> None:
    export(tmp_path, "ada", weeks=6)

    out = run(tmp_path)

    (device,) = rows(out / "devices.csv")
    assert device["device"].startswith("liftlight-")
    assert (device["first_day"], device["weeks"]) == ("2026-01-05", "6")
    assert (device["sessions"], device["training_days"], device["reps"]) == ("18", "18", "180")
    assert (device["adherence"], device["rest_kept_share"]) == ("1", "1")
    weeks = rows(out / "weeks.csv")
    assert [week["training_days"] for week in weeks] == ["3"] * 6
    assert 2.0 < float(weeks[0]["mean_hold_s"]) < 2.4
    assert float(weeks[0]["refused_share"]) > 0
    assert (out / "devices.parquet").exists()
    assert "every export was whole" in (out / "cohort.html").read_text()


def test_the_page_names_each_device_and_who_needs_a_look_comes_first(
    engine: Any, tmp_path: Path
) -> None:
    fault = events.Fault(0.0, events.FaultKind.CAMERA, "the ribbon cable is loose")
    hurt = events.Hurt(0.0)
    names = {
        "calm & well": lived(tmp_path, "calm & well", 1, 8, 54.0),
        "new": lived(tmp_path, "new", 2, 1, 6.0),
        "gone": lived(tmp_path, "gone", 3, 3, 40.0),
        "broken": lived(tmp_path, "broken", 4, 8, 54.0, fault, fault),
        "sore": lived(tmp_path, "sore", 5, 8, 54.0, hurt),
        "sore twice": lived(tmp_path, "sore twice", 6, 8, 54.0, hurt, hurt),
    }

    page = (run(tmp_path) / "cohort.html").read_text()

    urgent = ["sore twice", "sore", "broken", "gone", "new", "calm & well"]
    places = [page.index(f">{name.replace('&', '&amp;')}/{names[name]}</a>") for name in urgent]
    assert places == sorted(places)
    assert "4 of 6 need a look" in page
    told = [" ".join(row.split()) for row in page.split("<tr>")]
    by_name = {name: next(row for row in told if names[name] in row) for name in urgent}
    assert "something hurt 2 times lately: should see someone" in by_name["sore twice"]
    assert "a fault lately: camera" in by_name["broken"]
    assert "camera 2, 2 lately" in by_name["broken"]
    assert "no session for 22 days" in by_name["gone"]
    assert "too little to tell: 3 sessions" in by_name["new"]
    assert "in 0 weeks" not in page
    calm = by_name["calm & well"]
    assert "2026-02-27" in calm, "its last session"
    assert "12 of 12 in 4 weeks" in calm
    assert 'training days a week: 3, 3, 3, 3, 3, 3, 3, 3"' in calm, "and nothing before the first"
    assert 'training days a week: 3, 3, 3, 0, 0, 0"' in by_name["gone"]
    for row in by_name.values():
        (address,) = re.findall(r'href="(.*?)"', row)
        report = (tmp_path / "out" / unquote(html.unescape(address))).resolve()
        assert "<html" in report.read_text(), "the link leads to its report"


def test_a_device_without_a_dated_session_is_named_and_nothing_is_made_up(
    engine: Any, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    untrusted = reading(0.0, source=ClockSource.UNTRUSTED)
    open_store(data / JOURNAL_NAME, untrusted).close()
    journal = connect(data / JOURNAL_NAME)
    journal.execute(*journal_rows.checkpoint(untrusted)[1])
    journal.close()
    (tmp_path / "sticks" / "ada").mkdir(parents=True)
    device = stick.sync(data, tmp_path / "sticks" / "ada", untrusted).folder.parent.name

    out = run(tmp_path)

    assert [(row["device"], row["adherence"]) for row in rows(out / "devices.csv")] == [
        (device, "")
    ]
    page = (out / "cohort.html").read_text()
    assert f"ada/{device}" in page
    assert "none with a date" in page
    assert "too little to tell: no sessions" in page


def test_a_tampered_export_is_named_and_left_out(
    engine: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export(tmp_path, "ada", weeks=2)
    other = tmp_path / "sticks" / "zoe <b>"
    shutil.copytree(tmp_path / "sticks" / "ada", other)
    (table,) = other.rglob(tables.SESSIONS_CSV)
    table.write_text(table.read_text().replace(",done,", ",best,"))

    out = run(tmp_path)

    assert len(rows(out / "devices.csv")) == 1
    assert f"left out {table.parent}" in capsys.readouterr().err
    page = (out / "cohort.html").read_text()
    assert "zoe &lt;b&gt;" in page
    assert "<b>" not in page


def test_of_a_damaged_newest_export_the_older_one_is_taken(engine: Any, tmp_path: Path) -> None:
    newest = export(tmp_path, "ada", weeks=2, times=2)
    older = newest.with_name("export-1" if newest.name == "export-2" else "export-2")
    shutil.copytree(newest, older)
    manifest = older / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"sequence": 2', '"sequence": 1'))
    (newest / tables.REPS_CSV).write_bytes(b"")

    out = run(tmp_path)

    assert [device["reps"] for device in rows(out / "devices.csv")] == ["60"]
    assert str(newest) in (out / "cohort.html").read_text()


def test_a_journal_by_itself_says_the_same_as_its_export(engine: Any, tmp_path: Path) -> None:
    newest = export(tmp_path, "ada", weeks=3)
    exported = rows(run(tmp_path) / "devices.csv")
    bare = tmp_path / "sticks" / "copy.db"
    shutil.copy(newest / JOURNAL_NAME, bare)
    (tmp_path / "sticks" / "photo.db").write_bytes(b"not a database")
    shutil.rmtree(tmp_path / "sticks" / "ada")

    out = run(tmp_path)

    (device,) = rows(out / "devices.csv")
    assert [device | {"place": "", "report": ""}] == [
        one | {"place": "", "report": ""} for one in exported
    ]
    assert (device["place"], device["report"]) == ("copy.db", "false")
    page = (out / "cohort.html").read_text()
    assert "photo.db" in page
    assert "a journal without a report" in page


@pytest.mark.parametrize(
    ("days", "kept"),
    [((0, 2, 4, 7), 3), ((0, 1, 4), 1), ((0, 2, 4, 6), 2), ((0, 0, 2), 1)],
)
def test_a_rest_is_a_free_day_and_three_days_in_seven(
    engine: Any, tmp_path: Path, days: tuple[int, ...], kept: int
) -> None:
    arrow = extra("pyarrow")
    parquet = extra("pyarrow.parquet")
    from tools.cohort.exports import EXPORTS, MOMENTS, REPS, SESSIONS  # noqa: PLC0415
    from tools.cohort.measures import measures  # noqa: PLC0415

    counts = {name: [11] * len(days) for name in ("reps", "lifts", "dose")}
    table = arrow.table(
        {"device": ["x"] * len(days), "day": days, **counts, "refused": [0] * len(days)},
        schema=SESSIONS,
    )
    connection = engine.duckdb.connect()
    known = {"device": ["x"], "until": [7], "undated": [0], "place": ["x"], "report": [True]}
    staged = {
        "sessions": table,
        "reps": REPS.empty_table(),
        "moments": MOMENTS.empty_table(),
        "exports": arrow.table(known, schema=EXPORTS),
    }
    for name, one in staged.items():
        parquet.write_table(one, tmp_path / f"{name}.parquet")
    read = [connection.read_parquet(str(tmp_path / f"{name}.parquet")) for name in staged]

    (device,) = measures(engine, *read).devices.to_pyarrow().to_pylist()

    assert device["rests"] == len(set(days)) - 1
    assert device["rests_kept"] == kept
    assert device["over_dose_days"] == (1 if len(set(days)) < len(days) else 0)


@pytest.mark.filterwarnings("ignore")
def test_spark_says_what_duckdb_says(engine: Any, tmp_path: Path) -> None:
    extra("pyspark")
    if shutil.which("java") is None:
        pytest.skip("Java is not installed: sudo apt install openjdk-17-jre-headless")
    generate = importlib.import_module("tools.cohort.generate")
    generate.write_cohort(tmp_path / "sticks", devices=4, weeks=6)
    here = run(tmp_path)
    names = ("devices.csv", "weeks.csv", "device_weeks.csv", "faults.csv")
    expected = {name: rows(here / name) for name in names}
    assert all(expected.values())

    # In a process of its own: Java outlives a session of Spark.
    command = [sys.executable, "-m", "tools.cohort", str(tmp_path / "sticks")]
    there = tmp_path / "spark"
    command += ["--out", str(there), "--spark", "local[1]"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

    for name, table in expected.items():
        for one, other in zip(rows(there / name), table, strict=True):
            assert one.keys() == other.keys()
            for column, value in other.items():
                assert one[column] == value or float(one[column]) == pytest.approx(float(value))


def test_mistakes_of_the_caller_are_one_line_and_exit_code_2(
    engine: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "nowhere"), "--out", str(tmp_path / "out")]) == 2
    (tmp_path / "sticks").mkdir()
    assert main([str(tmp_path / "sticks"), "--out", str(tmp_path / "out")]) == 2
    (tmp_path / "file").touch()
    assert main([str(tmp_path / "sticks"), "--out", str(tmp_path / "file")]) == 2
    assert capsys.readouterr().err.count("\n") == 3


def test_without_the_extra_the_command_says_how_to_get_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ibis", None)
    assert main([str(tmp_path)]) == 2
    assert "requirements-scale" in capsys.readouterr().err


def test_spark_is_an_extra_of_its_own(
    engine: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    assert main([str(tmp_path), "--spark", "local[1]"]) == 2
    assert "[scale,spark]" in capsys.readouterr().err
