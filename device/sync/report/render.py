"""report.html: one file that opens in any browser, on any computer, without a network.

Jinja2 fills a template and escapes everything that comes from the log. uPlot, which is embedded,
draws the plots in the browser. A content security policy in the file forbids every request.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from device.clock import ClockReading
from device.coach import rest
from device.files import whole_file
from device.journal import connect_to_read, disk_error
from device.sync.report.figures import RECENT_DAYS, Figures, Tally, collect
from device.sync.report.words import ENDINGS, NOTES, REASONS
from device.trace import TRACES

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

REPORT = "report.html"

_FOLDER = Path(__file__).parent
_SHORTEST_AXIS_WEEKS = 8

# When the source of the exercise expects changes in someone who practises consistently: first and
# last day, counted from the first session.
_EXPECTED = (("4-8 weeks", 28, 56), ("3-6 months", 91, 182))


def write_report(journal: Path, out: Path, now: ClockReading | None = None) -> None:
    """Write the report of `journal` to the file `out`, whole or not at all.

    The trace of the last session is looked for in the folder `traces` beside the journal. `now` is
    the time of writing, if there is a clock to ask.

    Raises DiskError if the journal cannot be read, CallerError if `out` cannot be written.
    """
    page = report_of(journal, now, journal.with_name(TRACES))
    with whole_file(out) as partial:
        partial.write_text(page, encoding="utf-8", newline="\n")


def report_of(journal: Path, now: ClockReading | None = None, traces: Path | None = None) -> str:
    """Return the report of `journal` as one page; raises DiskError if it cannot be read.

    `now` is the time of writing, if there is a clock to ask; `traces` is the folder with traces.
    """
    connection = connect_to_read(journal)
    try:
        figures = collect(connection, now, traces)
    except sqlite3.Error as error:
        raise disk_error(journal, error) from error
    finally:
        connection.close()
    return render(figures)


def render(figures: Figures) -> str:
    """Return the page for `figures`."""
    return _template().render(
        figures=figures,
        days_a_week=rest.WEEK_SESSIONS,
        recent_weeks=RECENT_DAYS // 7,
        sides=[
            (f"In the last {RECENT_DAYS // 7} weeks", _sides(figures.recent)),
            (f"In the {RECENT_DAYS // 7} weeks before", _sides(figures.before)),
        ],
        endings=ENDINGS,
        reasons=REASONS,
        notes=NOTES,
        expected=_spans(figures.first),
        plots=_plots(figures),
        style=_own("page/report.css"),
        plot_style=_own("vendor/uPlot.min.css"),
        licence=_own("vendor/LICENSE"),
        library=_own("vendor/uPlot.iife.min.js"),
        script=_own("page/report.js"),
    )


@cache
def _template() -> Template:
    # Loaded here, so that a program that only needs the name of the file does not load Jinja2.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    engine = Environment(
        loader=FileSystemLoader(_FOLDER / "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    engine.filters["day"] = _day
    return engine.get_template("report.html")


def _own(name: str) -> Markup:
    """Return a file that ships with LiftLight, not to be escaped; never anything of the log."""
    from markupsafe import Markup  # noqa: PLC0415

    return Markup((_FOLDER / name).read_text(encoding="utf-8"))


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"


def _sides(tally: Tally) -> str:
    """Say in words whether both sides moved together; the model cannot measure by how much."""
    if not tally.reps:
        return "there was no rep to compare."
    left, right = tally.notes["left_lags"], tally.notes["right_lags"]
    alone = tally.refused["one_sided"]
    if left == right == 0:
        said = "both sides lifted together in every rep."
    elif max(left, right) * 4 < tally.reps:
        said = f"both sides lifted together in most reps. {_lagging(left, right, tally.reps)}"
    else:
        said = f"one side often came later or less. {_lagging(left, right, tally.reps)}"
    if alone:
        said += f" Not counted because one side lifted alone: {alone}."
    return said


def _lagging(left: int, right: int, reps: int) -> str:
    if left and right:
        return f"The left came later or less in {left} of {reps}, the right in {right}."
    return f"The {'left' if left else 'right'} came later or less in {left or right} of {reps}."


def _spans(first: date | None) -> list[tuple[str, date, date]]:
    if first is None:
        return []
    return [
        (name, first + timedelta(days=begin), first + timedelta(days=end))
        for name, begin, end in _EXPECTED
    ]


def _plots(figures: Figures) -> dict[str, Any]:
    """Return what report.js draws; a date is given as its midnight UTC, in seconds since 1970."""
    weeks = [week for week in figures.weeks if week.tally.reps or week.tally.judged]
    starts = [_seconds(week.start) for week in figures.weeks]
    axis = []
    if starts:
        shortest = starts[0] + (_SHORTEST_AXIS_WEEKS - 1) * 7 * 86400
        axis = [starts[0] - 4 * 86400, max(starts[-1], shortest) + 4 * 86400]
    return {
        "axis": axis,
        "expected": [
            {"name": name, "from": _seconds(begin), "to": _seconds(end)}
            for name, begin, end in _spans(figures.first)
        ],
        "reps": [starts, [week.tally.reps for week in figures.weeks]],
        "holds": [
            [_seconds(week.start) for week in weeks],
            [round(week.tally.shortest_hold, 2) if week.tally.reps else None for week in weeks],
            [round(week.tally.longest_hold, 2) if week.tally.reps else None for week in weeks],
            [round(week.tally.mean_hold, 2) if week.tally.reps else None for week in weeks],
        ],
        "control": [
            [_seconds(week.start) for week in weeks],
            [_of_ten(week.tally.reps, week.tally.judged) for week in weeks],
            [_of_ten(week.tally.steady, week.tally.reps) for week in weeks],
        ],
        "lifts": [
            {"counted": lift.number is not None, "outline": lift.outline, "held": lift.held}
            for lift in figures.lifts
        ],
    }


def _of_ten(some: int, of: int) -> float | None:
    return round(10 * some / of, 1) if of else None


def _seconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
