"""Made-up journals: weeks of plausible training, written straight into the database's tables."""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

from device.clock import ClockReading, ClockSource
from device.coach import events
from device.journal import open_store, rows

FIRST = datetime(2026, 1, 5, 20, 0, tzinfo=UTC)
"""A Monday evening."""

ZONE_S = 3600

TRAINING_DAYS = (0, 2, 4)


def reading(at: float, boot: str = "boot-1", source: ClockSource = ClockSource.RTC) -> ClockReading:
    """Return what the clocks read `at` seconds after the first boot began."""
    return ClockReading(boot, at, FIRST.timestamp() + at, ZONE_S, source)


def session_events(week: int, at: float) -> list[tuple[float, events.Event]]:
    """Return one evening's events with their times; control grows as the weeks go by."""
    evening: list[tuple[float, events.Event]] = [
        (at, events.SessionStarted(at, "cheek_lifter")),
        (at + 8, events.Calibrated(at + 8, 0.02, 0.14)),
    ]
    now = at + 10
    short = max(0, 3 - week // 6)
    for _ in range(short):
        now += 4
        evening.append((now, events.Refused(now, events.Reason.TOO_SHORT, now - 2, now, 0.9, 0.8)))
    for number in range(1, 11):
        now += 9
        hold = 2.1 + 0.3 * math.sin(number + week) + min(week, 30) * 0.01
        onset = now - hold - 1.5
        noted = {
            events.Note.UNSTEADY: (number + week) % (3 + week // 4) == 0,
            events.Note.LEFT_LAGS: (number * 7 + week) % 11 == 0,
        }
        notes = tuple(note for note, there in noted.items() if there)
        peak = 0.95 + 0.05 * math.sin(number)
        left, right = peak - 0.03, peak + 0.02
        apex, offset = onset + 0.7, onset + 0.7 + hold
        rep = events.Rep(now, number, onset, apex, offset, now, hold, peak, left, right, notes)
        evening.append((now, rep))
    now += 3
    evening.append((now, events.SessionEnded(now, events.Ending.DONE, 10, 11 + short, 11 + short)))
    return evening


def write_weeks(
    path: Path,
    weeks: int,
    hurt_in: int | None = None,
    missed: Collection[tuple[int, int]] = (),
    massaged: Collection[int] = (),
    source: ClockSource = ClockSource.RTC,
) -> Path:
    """Write a journal of three sessions a week, all in one boot; return its path.

    `missed` names the evenings without one, by week and day; `massaged` are the days of each week
    with a massage. If the `source` of the time is not trusted, nothing in the journal has a date.
    """

    def at_the_time(at: float) -> ClockReading:
        return reading(at, source=source)

    store = open_store(path, at_the_time(0.0))
    try:
        connection = store.connection
        connection.execute("BEGIN")
        connection.execute(*rows.checkpoint(at_the_time(0.0))[1])
        for week in range(weeks):
            for day in sorted({*TRAINING_DAYS, *massaged}):
                if (week, day) in missed:
                    continue
                at = timedelta(weeks=week, days=day).total_seconds()
                evening = session_events(week, at) if day in TRAINING_DAYS else []
                if day in massaged:
                    evening.append((at + 900, events.Massage(at + 900, at + 780)))
                if week == hurt_in and day == 0:
                    end = evening[-1][0]
                    evening.append((end + 5, events.Hurt(end + 5)))
                for when, event in evening:
                    for sql, values in rows.of_event(event, at_the_time(when)):
                        connection.execute(sql, values)
                connection.execute(*rows.checkpoint(at_the_time(evening[-1][0]))[0])
        connection.execute("COMMIT")
    finally:
        store.close()
    return path
