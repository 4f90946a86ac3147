"""`liftlight status`: say whether a session may begin, and if not, why and until when."""

from __future__ import annotations

import json
import sqlite3
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from device.clock import ClockReading, ClockSource, SystemClock
from device.coach import History, history, rest
from device.journal import (
    JOURNAL_NAME,
    Calendar,
    DiskError,
    SessionSummary,
    connect_to_read,
    disk_error,
    is_being_written,
    last_copy,
    last_time_set,
    load_history,
    problem_with,
    sessions,
    unfinished_session,
)
from device.sync import noted_copy

SHOWN = 5
"""How many sessions are listed."""

_WIDTH = 80
"""A line is at most so many characters wide."""
_DAY_S = 86400.0
_HOUR_S = 3600.0

_CLOCKS = {
    ClockSource.RTC: "The time comes from the real-time clock.",
    ClockSource.PERSON: "The time is what a person set; a power cut loses it.",
    ClockSource.UNTRUSTED: "The time is not known: there is no real-time clock to be believed.",
}

_ENDINGS = {
    "done": "done",
    "stopped": "stopped",
    "timed_out": "ended for lack of lifts",
    "paused_too_long": "paused for too long",
    "hurt": "something hurt",
    "interrupted": "interrupted",
    "fault": "a fault ended it",
    None: "running",
}


def status(folder: Path, *, as_json: bool = False) -> int:
    """Print the state of the device whose data is in `folder`; return the exit code.

    `as_json` prints one JSON object, for programs, instead of sentences. It only reads, so it may
    be used while the device runs. Raises DiskError if there is no journal or it is damaged; the
    device is locked then too.
    """
    path = folder / JOURNAL_NAME
    now = SystemClock(last_time_set(path)).reading()
    connection = connect_to_read(path)
    try:
        problem = problem_with(path)
        if problem is not None:
            raise DiskError(
                f"{path} is damaged ({problem}): start LiftLight again; it sets the journal "
                "aside, keeps it, and rests two days."
            )
        history = load_history(connection)
        unfinished = unfinished_session(connection)
        running = unfinished is not None and is_being_written(path)
        latest = list(sessions(connection, SHOWN))
        copies = [one for one in (last_copy(connection), noted_copy(folder)) if one is not None]
        copied = [Calendar(connection).date(one) for one in copies]
    except sqlite3.Error as error:
        raise disk_error(path, error) from error
    finally:
        connection.close()
    if unfinished is not None and not running:
        history = with_interrupted(history, unfinished)
    verdict = rest.decide(history, now)
    copy_date = max((date for date in copied if date is not None), default=None)
    if as_json:
        found = as_dict(verdict, now, latest, running=running)
        found["copied"] = bool(copied)
        found["copied_at"] = _iso(copy_date)
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
        return 0
    for line in describe(verdict, now, latest, running=running):
        sys.stdout.write("\n".join(_wrapped(line)) + "\n")
    when = _date(copy_date) if copied else "never"
    sys.stdout.write(f"\nLast copied to a stick: {when}.\n")
    return 0


def as_dict(
    verdict: rest.RestVerdict, now: ClockReading, latest: Sequence[SessionSummary], *, running: bool
) -> dict[str, Any]:
    """Return what `describe` says as values for JSON.

    `state` is ready, resting or running; `why` names the rest that binds. Times are ISO 8601, with
    their offset where it is known; a time that is not known is None.
    """
    until = None
    if verdict.until_wall is not None:
        zone = timezone(timedelta(seconds=now.utc_offset))
        until = datetime.fromtimestamp(verdict.until_wall, zone)
    return {
        "state": "running" if running else "resting" if verdict.locked else "ready",
        "why": verdict.why.value,
        "sentence": verdict.sentence,
        "can_do": verdict.can_do or None,
        "until": _iso(until),
        "days_left": verdict.days_left,
        "seconds_left": round(verdict.seconds_left),
        "clock": now.source.value,
        "sessions": [
            {
                "began": _iso(session.date),
                "ending": _ending(session, running=running),
                "reps": session.reps,
                "refused": dict(session.refused),
            }
            for session in latest
        ],
    }


def with_interrupted(known: History, session: history.UnfinishedSession) -> History:
    """Return the history as it will be once the device has recorded `session` as interrupted."""
    past = history.PastSession(history.interrupted_end(session.last), session.dose)
    return replace(known, sessions=(*known.sessions, past))


def describe(
    verdict: rest.RestVerdict, now: ClockReading, latest: Sequence[SessionSummary], *, running: bool
) -> Iterator[str]:
    """Yield the lines: the state, why, what can be done, the clock, the latest sessions."""
    if running:
        yield "A session is running."
    elif verdict.locked:
        yield f"Resting {_until(verdict, now)}."
        yield verdict.sentence
        yield f"What can you do? {verdict.can_do}"
    else:
        yield f"Ready. {verdict.sentence}"
    yield _CLOCKS[now.source]
    yield ""
    if not latest:
        yield "No session yet."
        return
    yield "Latest sessions:"
    for session in latest:
        yield f"  {_date(session.date):<22}  {_result(session, running=running)}"


def _until(verdict: rest.RestVerdict, now: ClockReading) -> str:
    days = "1 day" if verdict.days_left == 1 else f"{verdict.days_left} days"
    if verdict.until_wall is not None:
        local = datetime.fromtimestamp(verdict.until_wall + now.utc_offset, UTC)
        return f"until {local:%A, %d %B, %H:%M} ({days})"
    hours = -(-verdict.seconds_left // _HOUR_S)
    whole, rest = divmod(int(hours), int(_DAY_S / _HOUR_S))
    left = f"{whole} d {rest} h" if whole else f"{rest} h"
    return f"for {left} more with the power on ({days})"


def _date(date: datetime | None) -> str:
    return "date unknown" if date is None else f"{date:%a %d %b %Y, %H:%M}"


def _result(session: SessionSummary, *, running: bool) -> str:
    reps = "1 rep" if session.reps == 1 else f"{session.reps} reps"
    ending = _ending(session, running=running)
    parts = [reps, _ENDINGS.get(ending, str(ending))]
    if session.refused:
        parts.append(f"not counted: {_counts(session.refused)}")
    return ", ".join(parts)


def _ending(session: SessionSummary, *, running: bool) -> str | None:
    return session.ending if session.ending or running else "interrupted"


def _iso(date: datetime | None) -> str | None:
    return None if date is None else date.isoformat(timespec="minutes")


def _wrapped(line: str) -> list[str]:
    """Return a line as several that fit a terminal; those of a list go on below its text."""
    indent = " " * 26 if line.startswith("  ") else ""
    return textwrap.wrap(line, _WIDTH, subsequent_indent=indent) or [""]


def _counts(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {word.replace('_', ' ')}" for word, number in numbers.items())
