"""Stories of sessions.csv, reps.csv and massages.csv: what a spreadsheet gets to see."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from device.clock import ClockSource
from device.coach import events
from device.journal import Journal, connect, connect_to_read
from device.sync.tables import (
    MASSAGE_COLUMNS,
    REP_COLUMNS,
    SESSION_COLUMNS,
    text,
    write_tables,
)
from tests.conftest import ROOT
from tests.journal_kit import NOON, HandClock, calibrated, ended, refused, rep, started
from tools.long_log import write_weeks

DOCUMENT = ROOT / "device" / "sync" / "CSV.md"


def tables(journal: Path, folder: Path) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    connection = connect_to_read(journal)
    try:
        write_tables(connection, folder)
    finally:
        connection.close()
    with (folder / "sessions.csv").open(newline="", encoding="utf-8") as file:
        sessions = list(csv.DictReader(file))
    with (folder / "reps.csv").open(newline="", encoding="utf-8") as file:
        return sessions, list(csv.DictReader(file))


def test_what_the_journal_counted_is_what_the_tables_say(tmp_path: Path) -> None:
    journal = write_weeks(tmp_path / "journal.db", 3)

    sessions, reps = tables(journal, tmp_path)

    connection = connect_to_read(journal)
    counted = connection.execute(
        "SELECT session, number, hold_s FROM lifts WHERE number IS NOT NULL ORDER BY id"
    ).fetchall()
    refused_lifts = connection.execute(
        "SELECT count(*) FROM lifts WHERE reason = 'too_short'"
    ).fetchone()[0]
    connection.close()
    assert [(int(r["session"]), int(r["rep"])) for r in reps] == [row[:2] for row in counted]
    assert [float(r["hold_s"]) for r in reps] == pytest.approx([r[2] for r in counted], abs=1e-3)
    assert len(sessions) == 9
    assert sum(int(s["reps"]) for s in sessions) == len(counted) == 90
    assert sum(int(s["refused_too_short"]) for s in sessions) == refused_lifts > 0
    for session in sessions:
        holds = [float(r["hold_s"]) for r in reps if r["session"] == session["session"]]
        assert float(session["mean_hold_s"]) == pytest.approx(sum(holds) / len(holds), abs=0.01)


def test_moments_carry_the_bedrooms_zone_and_lifts_are_timed_from_the_start(tmp_path: Path) -> None:
    sessions, reps = tables(write_weeks(tmp_path / "journal.db", 1), tmp_path)

    started_at = datetime.fromisoformat(sessions[0]["started"])
    assert sessions[0]["started"] == "2026-01-05T21:00:00.000+01:00"
    first = reps[0]
    times = [float(first[name]) for name in ("onset_s", "apex_s", "offset_s", "end_s")]
    assert times == sorted(times)
    counted = datetime.fromisoformat(first["counted"])
    assert (counted - started_at).total_seconds() == pytest.approx(times[-1], abs=0.01)


def test_a_session_from_before_the_time_was_known_has_no_date(tmp_path: Path) -> None:
    clock = HandClock(ClockSource.UNTRUSTED)
    with Journal(tmp_path / "journal.db", clock) as journal:
        journal.write(started())
        journal.write(calibrated())
        journal.write(rep(1))
        journal.write(refused(0.7))

    sessions, reps = tables(tmp_path / "journal.db", tmp_path)

    assert (sessions[0]["started"], sessions[0]["clock"]) == ("", "untrusted")
    assert (sessions[0]["ending"], sessions[0]["ended"]) == ("", "")
    assert (sessions[0]["lifts"], sessions[0]["dose_lifts"]) == ("3", "3")
    assert reps[0]["counted"] == ""


def test_a_year_in_which_there_is_no_liftlight_is_no_date(tmp_path: Path) -> None:
    """As a clock chip with a wrong digit told it, and an export may still have it."""
    clock = HandClock()
    clock.trust(ClockSource.RTC, datetime(2165, 3, 1, tzinfo=UTC).timestamp())
    with Journal(tmp_path / "journal.db", clock) as journal:
        journal.write(started())
        journal.write(rep(1))
        journal.write(ended(1, 1, 1))

    sessions, reps = tables(tmp_path / "journal.db", tmp_path)

    assert (sessions[0]["started"], sessions[0]["clock"]) == ("", "untrusted")
    assert reps[0]["counted"] == ""


def test_a_time_set_later_in_the_same_boot_dates_what_came_before(tmp_path: Path) -> None:
    clock = HandClock(ClockSource.UNTRUSTED)
    with Journal(tmp_path / "journal.db", clock) as journal:
        journal.write(started())
        journal.write(ended(0, 0, 0))
        clock.wait(60)
        journal.set_time(clock.set_time(NOON + 60))

    sessions, _ = tables(tmp_path / "journal.db", tmp_path)

    assert datetime.fromisoformat(sessions[0]["started"]).timestamp() == NOON


def test_a_massage_is_in_a_table_of_its_own_by_the_name_that_the_source_gives_it(
    tmp_path: Path,
) -> None:
    with Journal(tmp_path / "journal.db", HandClock()) as journal:
        journal.write(events.Massage(130.0, 10.0))
        journal.write(events.Massage(300.0, 210.0))

    tables(tmp_path / "journal.db", tmp_path)

    with (tmp_path / "massages.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["massage"], row["exercise"], row["seconds"]) for row in rows] == [
        ("1", "circle_up_rub", "120"),
        ("2", "circle_up_rub", "90"),
    ]
    assert datetime.fromisoformat(rows[0]["ended"]).timestamp() == NOON


def test_the_massages_of_a_journal_from_before_they_had_a_name_are_in_the_table(
    tmp_path: Path,
) -> None:
    with Journal(tmp_path / "journal.db", HandClock()) as journal:
        journal.write(events.Massage(130.0, 10.0))
    older = connect(tmp_path / "journal.db")
    older.executescript("ALTER TABLE massages DROP COLUMN exercise; PRAGMA user_version = 2")
    older.close()

    tables(tmp_path / "journal.db", tmp_path)

    assert "1,circle_up_rub," in (tmp_path / "massages.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "formula",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1+1", "＝1+1", "done;=1+1", 'a"=1'],  # noqa: RUF001
)
def test_no_cell_is_ever_a_formula_whatever_ends_a_cell(tmp_path: Path, formula: str) -> None:
    cells = re.split(r'[\t\r\n;,|"]', text(formula))
    assert not any(cell.strip().startswith(("=", "+", "-", "@", "＝")) for cell in cells)  # noqa: RUF001
    assert text("a-b") == "a-b"
    journal = write_weeks(tmp_path / "journal.db", 1)
    connection = connect(journal)
    connection.execute("UPDATE sessions SET exercise = ?, ending = ?", (formula, formula))
    connection.close()

    sessions, _ = tables(journal, tmp_path)

    assert {s["exercise"] for s in sessions} == {text(formula)}
    assert {s["ending"] for s in sessions} == {text(formula)}


def test_an_export_of_the_same_journal_is_the_same_bytes(tmp_path: Path) -> None:
    journal = write_weeks(tmp_path / "journal.db", 2)
    tables(journal, tmp_path)
    first = [(tmp_path / name).read_bytes() for name in ("sessions.csv", "reps.csv")]
    tables(journal, tmp_path)
    assert first == [(tmp_path / name).read_bytes() for name in ("sessions.csv", "reps.csv")]


def test_the_page_about_the_tables_names_every_column() -> None:
    page = DOCUMENT.read_text(encoding="utf-8")
    for column in (*SESSION_COLUMNS, *REP_COLUMNS, *MASSAGE_COLUMNS):
        said = f"`{column}`" in page or column.startswith("refused_")
        assert said or column in ("left_lags", "right_lags", "over_effort", "unsteady"), column
    assert set(events.Reason) == {
        c.removeprefix("refused_") for c in SESSION_COLUMNS if "refused" in c
    }


def test_the_pandas_example_runs_as_printed(tmp_path: Path) -> None:
    pytest.importorskip("pandas", reason="the page's example needs pandas: pip install pandas")
    tables(write_weeks(tmp_path / "journal.db", 3), tmp_path)
    found = re.search(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.S)
    assert found is not None
    done = subprocess.run(
        [sys.executable, "-c", found[1]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "30" in done.stdout


MEASURE = """
import sys
from pathlib import Path
from device.journal import connect_to_read
from device.sync.tables import write_tables
connection = connect_to_read(Path(sys.argv[1]) / "journal.db")
write_tables(connection, Path(sys.argv[1]))
# Not getrusage: its peak is inherited from whoever started this process.
status = Path("/proc/self/status").read_text()
print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")))
"""


def test_a_long_log_does_not_lie_in_memory(tmp_path: Path) -> None:
    """Fifty thousand reps, about fifteen years; the peak hardly moves however many there are."""
    journal = write_weeks(tmp_path / "journal.db", 1)
    connection = connect(journal)
    columns = [row[1] for row in connection.execute("PRAGMA table_info(lifts)")][1:]
    names = ", ".join(columns)
    connection.execute(
        f"INSERT INTO lifts ({names}) SELECT {names} FROM lifts,"
        " (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1600)"
        " SELECT i FROM n) WHERE number IS NOT NULL"
    )
    connection.close()

    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    with (tmp_path / "reps.csv").open(encoding="utf-8") as file:
        assert sum(1 for _ in file) == 1 + 30 + 1600 * 30
    assert int(done.stdout) < 60 * 1024
