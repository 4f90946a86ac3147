"""The tables as LibreOffice Calc opens them, with the formulas that their page prints."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

from device.journal import connect_to_read
from device.sync.tables import write_tables
from tests.conftest import ROOT
from tools.long_log import write_weeks

PAGE = ROOT / "device/sync/CSV.md"
CSV = "Text - txt - csv (StarCalc)"
ENGLISH = "1033"
AS_THE_PAGE_SAYS = f"{CSV}:44,34,76,1,,{ENGLISH},false,false"
"""Comma, double quote, UTF-8, from line 1, the language for the decimal point."""
AS_SHOWN = f"{CSV}:44,34,76,1,,{ENGLISH},false,true,false"

ATTACK = "=1+1"


def calculated(table: Path, formula: str, folder: Path) -> list[dict[str, str]]:
    """What Calc shows of a table that has this formula in a column of its own."""
    lines = table.read_bytes().split(b"\r\n")
    lines[0] += b",calculated"
    quoted = formula.replace('"', '""')
    lines[1] += f',"{quoted}"'.encode()
    asked = folder / "asked.csv"
    asked.write_bytes(b"\r\n".join(lines))
    profile, out = folder / "profile", folder / "out"
    command = ["soffice", f"-env:UserInstallation={profile.as_uri()}", "--headless"]
    command += [f"--infilter={AS_THE_PAGE_SAYS}", "--convert-to", f"csv:{AS_SHOWN}"]
    done = subprocess.run(
        [*command, "--outdir", str(out), str(asked)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    with (out / "asked.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    if shutil.which("soffice") is None:
        pytest.skip("no LibreOffice: apt-get install libreoffice-calc")
    connection = connect_to_read(write_weeks(tmp_path / "journal.db", 5))
    write_tables(connection, tmp_path)
    connection.close()
    return tmp_path


def formulas() -> list[str]:
    """The formulas that the page prints."""
    return re.findall(r"`(=[^`]*)`", PAGE.read_text(encoding="utf-8"))


def test_calc_shows_every_figure_and_the_page_s_mean_is_right(folder: Path) -> None:
    with (folder / "reps.csv").open(newline="", encoding="utf-8") as file:
        written = list(csv.DictReader(file))
    shown = calculated(folder / "reps.csv", formulas()[0], folder)
    assert [float(row["hold_s"]) for row in shown] == [float(row["hold_s"]) for row in written]
    holds = [float(row["hold_s"]) for row in written if row["session"] == "12"]
    assert float(shown[0]["calculated"]) == pytest.approx(sum(holds) / len(holds), abs=1e-6)


def test_the_page_s_other_formula_is_the_bedroom_s_local_time(folder: Path) -> None:
    told = f'=TEXT({formulas()[1][1:]}; "YYYY-MM-DD HH:MM")'
    shown = calculated(folder / "sessions.csv", told, folder)
    there = datetime.fromisoformat(shown[0]["started"])
    assert shown[0]["calculated"] == f"{there:%Y-%m-%d %H:%M}"


def test_calc_shows_a_formula_in_the_log_as_text(folder: Path) -> None:
    assert (
        calculated(folder / "sessions.csv", f"'{ATTACK}", folder)[0]["calculated"] == f"'{ATTACK}"
    )
    assert calculated(folder / "sessions.csv", ATTACK, folder)[0]["calculated"] == "2"
