"""Stories of report.html, read as text; tests/browser looks at it in a browser."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from device.clock import ClockSource
from device.coach import events
from device.doctor import Finding, Verdict
from device.errors import CallerError
from device.journal import DiskError, Journal, connect_to_read
from device.language import LANGUAGES
from device.panel import patterns
from device.sync.report import health_of, report_of, write_report
from device.sync.report import words as said_in
from device.sync.report.figures import Figures, Week, collect
from tests.journal_kit import NOON, HandClock, calibrated, ended, refused, rep, started
from tools.long_log import reading, write_weeks

DAY_S = 86400.0


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


def test_who_has_not_practised_yet_is_not_told_how_often_in_a_week() -> None:
    weeks = [Week(date(2027, 1, 4 + 7 * n), 0, 0, False) for n in range(3)]
    said = said_in.Words("en").regular_weeks(weeks)
    assert said == (
        "You practised in 0 of the 3 weeks since you began. "
        "What counts is to come back, week after week."
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_in_every_language_a_year_is_one_small_file_without_a_place_left_open(
    tmp_path: Path, language: str
) -> None:
    page = report_of(write_weeks(tmp_path / "journal.db", 52, hurt_in=10), language=language)

    assert len(page.encode()) < 1_000_000
    assert not re.search(r"""(?:src|href|action)\s*=|@import|url\(""", page)
    # The texts on pictures are filled by the page's own script.
    assert not re.search(r"[{}]|%\(", words(page)), "a value that was not put in"


def test_in_french_a_colon_has_its_space_and_a_sentence_its_capital(tmp_path: Path) -> None:
    journal = write_weeks(tmp_path / "journal.db", 8)
    findings = {"power": Finding(Verdict.OK, "the voltage holds")}

    said = words(report_of(journal, None, None, findings, "fr"))
    health = health_of(journal, reading(0.0), findings, "fr")

    assert re.search(r"Ven\. 27 févr\. 2026 : 10 répétitions\.", said)
    assert "Alimentation : la tension tient" in said
    assert "Alimentation\N{NO-BREAK SPACE}: la tension tient" in health


def test_the_calendar_shows_training_rest_and_what_hurt(tmp_path: Path) -> None:
    journal = write_weeks(tmp_path / "journal.db", 2, hurt_in=1)

    days = figures_of(journal).days

    kinds = [day.kind for day in days]
    assert len(days) == 14, "from the week of the first session on"
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
    assert sum(week.tally.sessions for week in spoilt.periods) == 8
    apart = [day.kind for day in right.days].count("training") - 1
    assert [day.kind for day in spoilt.days].count("training") == apart
    said = words(page_of(tmp_path / "spoilt" / "journal.db"))
    assert "1 of the sessions has a date that has not come yet, because the clock was wrong" in said


def test_what_a_clock_far_ahead_has_dated_is_told_without_a_date(tmp_path: Path) -> None:
    path, clock = tmp_path / "journal.db", HandClock()
    for wall in (NOON, NOON + 72 * 365.25 * 86400):
        clock.reboot(60)
        clock.trust(ClockSource.RTC, wall)
        with Journal(path, clock) as one:
            one.write(started())
            for number in (1, 2, 3):
                one.write(rep(number))
            one.write(ended(3, 3, 3, events.Ending.STOPPED))
            one.write(events.Hurt(1.0))
            one.write(events.Fault(1.0, events.FaultKind.CAMERA, "no picture"))
    clock.reboot(60)
    clock.trust(ClockSource.RTC, NOON + 86400)
    said = words(report_of(path, clock.now)) + health_of(path, clock.now, {})
    assert "The camera gave no picture." in said
    assert "2099" not in said


def test_sessions_without_a_date_have_numbers(tmp_path: Path) -> None:
    clock = HandClock(ClockSource.UNTRUSTED)
    with Journal(tmp_path / "journal.db", clock) as journal:
        journal.write(started())
        journal.write(calibrated())
        journal.write(rep(1, 2.2, events.Note.LEFT_LAGS))
        journal.write(refused(0.7, events.Reason.MOUTH_OPEN))
        journal.write(ended(1, 3, 3))

    said = words(page_of(tmp_path / "journal.db"))

    assert "1 session, 1 rep. The time was not known, so sessions have numbers" in said
    assert "The last session Session 1: 1 rep." in said
    assert "the left side came later or less" in said
    assert "done with an open mouth" in said
    assert "Training, rest and massage" not in said, "a calendar needs dates"


def test_without_a_clock_the_report_is_by_session_and_as_full_as_any(tmp_path: Path) -> None:
    """Six weeks of somebody whose device never knew the time."""
    journal = write_weeks(
        tmp_path / "journal.db", 6, hurt_in=3, massaged=(1,), source=ClockSource.UNTRUSTED
    )

    page = page_of(journal)

    said = words(page)
    assert "You have done 18 sessions so far. 180 repetitions counted in all." in said
    assert "6 massages in all, 12 minutes." in said
    assert "After session 10 began, something hurt. You rested, and session 11 followed." in said
    assert "Sessions 1 to 12: most lifts counted (120 of 156)" in said
    assert "Sessions 13 to 18: most lifts counted (60 of 78)" in said
    rows = re.findall(r'<tr><th scope="row">(\d+)</th><td>1</td><td>10</td>', page)
    assert rows == [str(number) for number in range(1, 19)]
    assert "unknown" not in said


def test_a_few_sessions_without_a_date_are_said_to_be_in_no_week(tmp_path: Path) -> None:
    journal = write_weeks(tmp_path / "journal.db", 1)
    clock = HandClock(ClockSource.UNTRUSTED)
    clock.reboot(0)
    with Journal(journal, clock) as more:
        more.write(started())
        more.write(ended(0, 0, 0))
    said = words(page_of(journal))
    assert "1 of the sessions has no date" in said
    assert "Mon 5 Jan 2026 3 30" in said, "the weeks are there all the same"


@pytest.mark.parametrize(
    ("evenings", "at", "how", "when"),
    [
        (1, 0.1, "Your first training day is done.", "from Wed 7 Jan 2026, 09:02 on."),
        (2, 2.1, "You practised on 2 days in the last seven.", "from Fri 9 Jan 2026, 09:02 on."),
        (3, 4.1, "You practised on 3 days in the last seven.", "from Mon 12 Jan 2026 on."),
        (3, 9.0, "You practised on 1 day in the last seven.", "whenever you like."),
        (3, 12.0, "Your last session was on Fri 9 Jan 2026, 8 days ago.", "whenever you like."),
    ],
)
def test_the_report_begins_with_how_it_goes_and_when_the_next_session_may_be(
    tmp_path: Path, evenings: int, at: float, how: str, when: str
) -> None:
    missed = [(0, day) for day in (0, 2, 4)[evenings:]]
    journal = write_weeks(tmp_path / "journal.db", 1, missed=missed)

    said = words(report_of(journal, reading(at * DAY_S)))

    begin = said[said.index("How it goes") :][:300]
    assert how in begin
    assert f"The next session may be {when}" in begin


def test_after_a_hurt_the_report_says_why_the_rest_is_longer(tmp_path: Path) -> None:
    journal = write_weeks(tmp_path / "journal.db", 1, hurt_in=0, missed=[(0, 2), (0, 4)])
    said = words(report_of(journal, reading(3600.0)))
    assert "Something hurt: one day of rest more. The next session may be from Thu 8 Jan" in said
    assert "On Mon 5 Jan 2026 something hurt. You have rested since." in said


def test_without_a_clock_the_rest_is_told_in_hours_with_the_power_on(tmp_path: Path) -> None:
    unknown = ClockSource.UNTRUSTED
    journal = write_weeks(tmp_path / "journal.db", 1, missed=[(0, 2), (0, 4)], source=unknown)
    said = words(report_of(journal, reading(6 * 3600.0, source=unknown)))
    assert "once the device has been plugged in for 43 hours more." in said
    assert "Leave it plugged in" in said


def test_while_a_session_runs_no_time_is_told(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.db", HandClock()) as journal:
        journal.write(started())
        journal.write(rep(1))
    said = words(page_of(tmp_path / "journal.db"))
    assert "The last session was not over when this was written." in said


def test_all_weeks_are_there_however_many_years_it_has_been(tmp_path: Path) -> None:
    journal = write_weeks(tmp_path / "journal.db", 120, missed={(40, 0), (40, 2), (40, 4)})

    page = page_of(journal)

    assert "You practised in 119 of the 120 weeks since you began, each time on two" in words(page)
    bars = re.findall(r'class="bar days-(\d)"', page)
    assert len(bars) == 120
    assert bars.count("0") == 1
    told = re.findall(r'aria-label="(2\d{3}): weeks with three training days (\d+),', page)
    assert [year for year, _ in told] == ["2028", "2027", "2026"]
    assert sum(int(weeks) for _, weeks in told) == 119


def test_massage_days_and_what_followed_a_hurt_are_told(tmp_path: Path) -> None:
    journal = write_weeks(tmp_path / "journal.db", 4, hurt_in=2, missed={(2, 2)}, massaged=(0, 5))

    said = words(page_of(journal))

    assert "Massage on 8 days of the last 28; 8 massages in all, 16 minutes." in said
    assert "On Mon 19 Jan 2026 something hurt. You rested until Fri 23 Jan 2026, 4 days" in said
    assert "later. Nothing hurt then." in said
    assert "Circle-Up Rub" in said
    days = figures_of(journal).days
    assert [day.date.isoformat() for day in days if day.massage][-2:] == [
        "2026-01-26",
        "2026-01-31",
    ]


def test_who_hurt_twice_is_told_to_ask_somebody(tmp_path: Path) -> None:
    clock = HandClock()
    with Journal(tmp_path / "journal.db", clock) as journal:
        for _ in range(2):
            journal.write(started())
            journal.write(ended(3, 4, 4, events.Ending.STOPPED))
            journal.write(events.Hurt(70.0))
            clock.wait(4 * DAY_S)

    said = words(page_of(tmp_path / "journal.db"))

    assert "It hurt again then." in said
    assert "such as your doctor or dentist" in said


def test_control_is_told_month_by_month_in_words(tmp_path: Path) -> None:
    said = words(page_of(write_weeks(tmp_path / "journal.db", 26)))
    control = said[said.index("Control and steadiness") : said.index("Left and right")]
    assert control.index("June 2026: ") < control.index("January 2026: ")
    assert "June 2026: all lifts counted (130 of 130), and most repetitions were held" in control
    assert "Since the beginning your control has grown" in control


def test_the_faults_have_the_numbers_that_the_panel_counts_to() -> None:
    told = {kind: known.number for kind, known in said_in.FAULTS.items() if known.number}
    counted = {kind: number for kind, (number, _) in patterns.FAULTS.items() if number}
    assert told == counted
    assert set(said_in.FAULTS) == set(events.FaultKind)


def test_the_report_and_health_txt_say_how_the_device_is_and_what_to_do(tmp_path: Path) -> None:
    """A camera that failed twice tonight, a clock that failed last week, and a hot box."""
    path, clock = tmp_path / "journal.db", HandClock()
    with Journal(path, clock) as journal:
        journal.write(events.Fault(100.0, events.FaultKind.CLOCK, "it stepped: change it"))
        clock.reboot(7 * DAY_S)
        clock.wait(60)
        for _ in range(2):
            journal.write(events.Fault(5.0, events.FaultKind.CAMERA, "no picture: see the cable"))
            clock.wait(60)
    findings = {
        "heat": Finding(Verdict.PROBLEM, "84 °C: it slows itself down", "give it more air"),
        "power": Finding(Verdict.OK, "the voltage holds"),
        "clock": Finding(Verdict.NOT_HERE, "no clock"),
    }

    text = health_of(path, clock.now, findings)
    said = words(report_of(path, clock.now, None, findings))

    lines = text.splitlines()
    assert "One thing needs to be put right." in lines
    assert "Temperature: 84 °C: it slows itself down (to be put right)" in lines
    assert "    What to do: give it more air" in lines
    assert "Power supply: the voltage holds (in order)" in lines
    assert not any(line.startswith("Clock:") for line in lines), "what is not here is no news"
    new, old = text.index("Faults since it was last"), text.index("Faults before that")
    camera = text.index("The camera gave no picture. (Fri 22 Jan 2027, 09:02; 2 times of late;")
    assert new < camera < old < text.index("The clock jumped or lost its time.")
    assert "the panel counts to 1)" in text
    assert "For whoever helps: no picture: see the cable" in text
    for told in ("One thing needs to be put right.", "give it more air", "sit straight and deep"):
        assert told in said


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
