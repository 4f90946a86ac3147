"""Stories of report.html, read as text; tests/browser looks at it in a browser."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from device.clock import ClockSource
from device.coach.events import Note, Reason
from device.errors import CallerError
from device.journal import DiskError, Journal
from device.journal.store import connect_to_read
from device.sync.report import write_report
from device.sync.report.figures import Figures, collect
from tests.journal_kit import HandClock, calibrated, ended, refused, rep, started
from tools.long_log import write_weeks


def page_of(journal: Path) -> str:
    out = journal.with_name("report.html")
    write_report(journal, out)
    return out.read_text(encoding="utf-8")


def words(page: str) -> str:
    """What a person reads, without the scripts, in one line."""
    body = page[page.index("<body>") :]
    body = re.sub(r"<script.*?</script>", "", body, flags=re.S)
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


def figures_of(journal: Path) -> Figures:
    connection = connect_to_read(journal)
    try:
        return collect(connection, None)
    finally:
        connection.close()


def test_a_year_is_one_small_file_that_asks_nothing_of_any_network(tmp_path: Path) -> None:
    page = page_of(write_weeks(tmp_path / "journal.db", 52))

    assert len(page.encode()) < 1_000_000
    assert not re.search(r"""(?:src|href|action)\s*=|@import|url\(""", page)
    assert "default-src 'none'" in page
    assert "52 of" not in words(page)
    assert "156 sessions, 1560 reps" in words(page)


def test_the_calendar_shows_training_rest_and_what_hurt(tmp_path: Path) -> None:
    journal = write_weeks(tmp_path / "journal.db", 2, hurt_in=1)

    days = figures_of(journal).days

    kinds = [day.kind for day in days]
    assert len(days) == 42
    assert kinds[-14:-7] == ["training", "rest", "training", "rest", "training", "rest", "rest"]
    assert [day.date.isoformat() for day in days if day.hurt] == ["2026-01-12"]
    assert "hurt" in words(page_of(journal))


def test_the_third_training_day_in_a_week_rests_until_the_first_is_a_week_ago(
    tmp_path: Path,
) -> None:
    days = figures_of(write_weeks(tmp_path / "journal.db", 1)).days
    assert [day.kind for day in days[-3:]] == ["training", "rest", "rest"]


def test_the_sides_are_told_in_words_and_never_per_cent(tmp_path: Path) -> None:
    said = words(page_of(write_weeks(tmp_path / "journal.db", 10)))
    sides = said[said.index("Left and right together") : said.index("The last session")]
    assert re.search(r"The left came later or less in \d+ of \d+\.", sides)
    assert "%" not in said
    assert "per cent" not in said


def test_what_the_source_expects_is_said_to_be_the_sources(tmp_path: Path) -> None:
    said = words(page_of(write_weeks(tmp_path / "journal.db", 1)))
    expected = said[said.index("What the source expects") :]
    assert "4-8 weeks: Mon 2 Feb 2026 to Mon 2 Mar 2026" in expected
    assert "3-6 months: Mon 6 Apr 2026 to Mon 6 Jul 2026" in expected
    assert "not a promise" in expected


@pytest.mark.parametrize("asked", [True, False], ids=["with a clock", "without one"])
@pytest.mark.parametrize("wrong", [0, 3, 7])
def test_a_session_under_a_clock_far_ahead_is_set_apart(
    tmp_path: Path, wrong: int, asked: bool
) -> None:
    """Nine sessions, each under a boot of its own; the clock of one said 2099."""

    def journal(folder: Path, wrong: int | None) -> Figures:
        folder.mkdir()
        for number in range(9):
            clock = HandClock(ClockSource.RTC)
            years = 72 * 365.25 * 86400 if number == wrong else 0
            wall = clock.now.wall + 3 * 86400 * number + years
            clock.now = replace(clock.now, boot=f"boot-{number}", wall=wall)
            with Journal(folder / "journal.db", clock) as one:
                one.write(started())
                one.write(calibrated())
                for rep_number in range(1, 9):
                    clock.wait(9)
                    one.write(rep(rep_number))
                clock.wait(3)
                one.write(ended(8, 9, 9))
        connection = connect_to_read(folder / "journal.db")
        try:
            return collect(connection, clock.now if asked else None)
        finally:
            connection.close()

    right, spoilt = journal(tmp_path / "right", None), journal(tmp_path / "spoilt", wrong)

    assert (right.ahead, spoilt.ahead) == (0, 1)
    assert spoilt.today == right.today
    assert spoilt.total == right.total
    assert sum(week.tally.sessions for week in spoilt.weeks) == 8
    apart = [day.kind for day in right.days].count("training") - 1
    assert [day.kind for day in spoilt.days].count("training") == apart
    said = words(page_of(tmp_path / "spoilt" / "journal.db"))
    assert "1 of the sessions has a date that has not come yet, because the clock was wrong" in said


def test_a_session_without_a_date_is_shown_and_said_to_be_in_no_week(tmp_path: Path) -> None:
    clock = HandClock(ClockSource.UNTRUSTED)
    with Journal(tmp_path / "journal.db", clock) as journal:
        journal.write(started())
        journal.write(calibrated())
        journal.write(rep(1, 2.2, Note.LEFT_LAGS))
        journal.write(refused(0.7, Reason.MOUTH_OPEN))
        journal.write(ended(1, 3, 3))

    said = words(page_of(tmp_path / "journal.db"))

    assert "1 of the sessions has no date" in said
    assert "Date unknown : 1 rep." in said.replace("unknown:", "unknown :")
    assert "the left side came later or less" in said
    assert "done with an open mouth" in said
    assert "This week" not in said


def test_a_journal_without_a_session_makes_a_report_that_says_so(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.db", HandClock()):
        pass
    assert "There is no session yet." in words(page_of(tmp_path / "journal.db"))


def test_an_interrupted_session_is_in_the_report(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.db", HandClock()) as journal:
        journal.write(started())
        journal.write(rep(1))
    said = words(page_of(tmp_path / "journal.db"))
    assert "1 rep. It is not over, or was interrupted." in said


def test_a_folder_that_is_not_there_and_a_journal_that_is_not(tmp_path: Path) -> None:
    journal = write_weeks(tmp_path / "journal.db", 1)
    with pytest.raises(CallerError, match="cannot write"):
        write_report(journal, tmp_path / "nowhere" / "report.html")
    with pytest.raises(DiskError, match="there is no journal"):
        write_report(tmp_path / "other.db", tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


def test_the_command_names_the_file_it_wrote(tmp_path: Path) -> None:
    write_weeks(tmp_path / "journal.db", 1)
    command = [sys.executable, "-m", "device", "report", str(tmp_path), "--data", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"{tmp_path / 'report.html'}\n")
    assert (tmp_path / "report.html").stat().st_size > 50_000
