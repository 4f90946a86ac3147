"""report.html: one file that opens in any browser, on any computer, without a network.

Jinja2 fills a template and escapes everything that comes from the log. uPlot, which is embedded,
draws the plots in the browser. A content security policy in the file forbids every request.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from device.clock import ClockReading
from device.coach import rest
from device.doctor import Finding
from device.files import whole_file
from device.journal import connect_to_read, disk_error
from device.language import ENGLISH, N_
from device.sync.report import words
from device.sync.report.figures import Figures, Period, Week, collect
from device.sync.report.health import told
from device.sync.report.words import Words
from device.trace import TRACES

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

REPORT = "report.html"

_FOLDER = Path(__file__).parent
_LATEST = 3
"""So many months, or dozens of sessions, are told at once; those before are folded away."""
_SHORTEST_AXIS = 8
"""A plot has room for so many weeks or sessions from the first report on."""

# When the source of the exercise expects changes in someone who practises consistently: first and
# last day, counted from the first session.
_EXPECTED = ((N_("4-8 weeks"), 28, 56), (N_("3-6 months"), 91, 182))


def write_report(
    journal: Path, out: Path, now: ClockReading | None = None, language: str = ENGLISH
) -> None:
    """Write the report of `journal` to the file `out`, whole or not at all.

    The trace of the last session is looked for in the folder `traces` beside the journal. `now` is
    the time of writing, if there is a clock to ask; `language` is a code of LANGUAGES.

    Raises DiskError if the journal cannot be read, CallerError if `out` cannot be written, and
    LiftLightError if its disk takes no more.
    """
    page = report_of(journal, now, journal.with_name(TRACES), language=language)
    with whole_file(out) as partial:
        partial.write_text(page, encoding="utf-8", newline="\n")


def report_of(
    journal: Path,
    now: ClockReading | None = None,
    traces: Path | None = None,
    findings: Mapping[str, Finding] | None = None,
    language: str = ENGLISH,
) -> str:
    """Return the report of `journal` as one page; raises DiskError if it cannot be read.

    `now` is the time of writing, if there is a clock to ask; `traces` is the folder with traces.
    `findings` are what doctor found at a glance, if this is written on the device.
    `language` is a code of LANGUAGES.
    """
    connection = connect_to_read(journal)
    try:
        figures = collect(connection, now, traces, findings)
    except sqlite3.Error as error:
        raise disk_error(journal, error) from error
    finally:
        connection.close()
    return render(figures, language)


def render(figures: Figures, language: str = ENGLISH) -> str:
    """Return the page for `figures` in a language."""
    say = Words(language)
    by_number = any(period.start is None for period in figures.periods)
    return _template(language).render(
        figures=figures,
        say=say,
        words=words,
        days_a_week=rest.WEEK_SESSIONS,
        by_number=by_number,
        years=_years(figures),
        latest=figures.stretches[: -_LATEST - 1 : -1],
        earlier=figures.stretches[:-_LATEST][::-1],
        findings=told(figures.findings or {}),
        sides=say.sides_of_late(figures, by_number),
        expected=_spans(figures.first, say),
        plots=_plots(figures, say),
        style=_own("page/report.css"),
        plot_style=_own("vendor/uPlot.min.css"),
        licence=_own("vendor/LICENSE"),
        library=_own("vendor/uPlot.iife.min.js"),
        script=_own("page/report.js"),
    )


@cache
def _template(language: str) -> Template:
    # Loaded here, so that a program that only needs the name of the file does not load Jinja2.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    engine = Environment(
        loader=FileSystemLoader(_FOLDER / "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    say = Words(language)
    # The extension adds this method to the engine, of which no type tells.
    engine.install_gettext_translations(say.catalogue, newstyle=True)  # type: ignore[attr-defined]
    engine.filters["day"] = say.day_name
    engine.filters["say"] = say.say
    engine.filters["number"] = say.number
    return engine.get_template("report.html")


def _own(name: str) -> Markup:
    """Return a file that ships with LiftLight, not to be escaped; never anything of the log."""
    from markupsafe import Markup  # noqa: PLC0415

    return Markup((_FOLDER / name).read_text(encoding="utf-8"))


def _years(figures: Figures) -> list[tuple[int, list[Week]]]:
    """Return the weeks by the year that their Monday is in, the latest year first."""
    years: dict[int, list[Week]] = {}
    for week in figures.weeks:
        years.setdefault(week.start.year, []).append(week)
    return sorted(years.items(), reverse=True)


def _spans(first: date | None, say: Words) -> list[tuple[str, date, date]]:
    if first is None:
        return []
    return [
        (say.say(name), first + timedelta(days=begin), first + timedelta(days=end))
        for name, begin, end in _EXPECTED
    ]


def _plots(figures: Figures, say: Words) -> dict[str, Any]:
    """Return what report.js draws.

    A week stands at the midnight UTC of its Monday, in seconds since 1970, and a session without a
    date at its number.
    """
    periods = figures.periods
    by_number = any(period.start is None for period in periods)
    places = [_place(period) for period in periods]
    axis = []
    if places and by_number:
        axis = [places[0] - 0.6, max(places[-1], places[0] + _SHORTEST_AXIS - 1) + 0.6]
    elif places:
        shortest = places[0] + (_SHORTEST_AXIS - 1) * 7 * 86400
        axis = [places[0] - 4 * 86400, max(places[-1], shortest) + 4 * 86400]
    held = [period for period in periods if period.tally.judged]
    return {
        "words": say.on_plots(),
        "axis": axis,
        "byNumber": by_number,
        "expected": [
            {"name": name, "from": _seconds(begin), "to": _seconds(end)}
            for name, begin, end in ([] if by_number else _spans(figures.first, say))
        ],
        "reps": [places, [period.tally.reps for period in periods]],
        "holds": [
            [_place(one) for one in held],
            [round(one.tally.shortest_hold, 2) if one.tally.reps else None for one in held],
            [round(one.tally.longest_hold, 2) if one.tally.reps else None for one in held],
            [round(one.tally.mean_hold, 2) if one.tally.reps else None for one in held],
        ],
        "control": [
            [_place(one) for one in held],
            [_of_ten(one.tally.reps, one.tally.judged) for one in held],
            [_of_ten(one.tally.steady, one.tally.reps) for one in held],
        ],
        "lifts": [
            {"counted": lift.number is not None, "outline": lift.outline, "held": lift.held}
            for lift in figures.lifts
        ],
    }


def _place(period: Period) -> int:
    return period.number if period.start is None else _seconds(period.start)


def _of_ten(some: int, of: int) -> float | None:
    return round(10 * some / of, 1) if of else None


def _seconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
