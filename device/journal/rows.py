"""The SQL that writes each event, and readings of the clock from the columns they are kept in.

Nothing here does I/O. A statement is SQL text and its values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from device.clock import ClockReading, ClockSource, TimeSetting
from device.coach import events, exercises, history
from device.system import is_plausible

Value = str | int | float | None
Statement = tuple[str, Sequence[Value]]

STEP_S = 2.0
"""How far the wall clock may drift from the monotonic one between two readings, in seconds, before
it counts as a step."""

LONGEST_TEXT = 4000
"""How many characters of an explanation are kept: about a page."""

_SOURCES = frozenset(source.value for source in ClockSource)

_CURRENT = "(SELECT id FROM sessions WHERE ending IS NULL)"
"""SQL for the session that is running; NULL outside a session."""

_HURT_AFTER_STOP = (
    f"UPDATE sessions SET ending = '{events.Ending.HURT}'"
    f" WHERE id = (SELECT max(id) FROM sessions) AND ending = '{events.Ending.STOPPED}'"
)
"""SQL that changes the ending of a session that was stopped just before a press said that something
hurts: that was why it was stopped. One that was done stays done."""

MOMENTS: dict[type[object], str] = {
    events.FaceLost: "face_lost",
    events.FaceFound: "face_found",
    events.Paused: "paused",
    events.Resumed: "resumed",
    events.Hurt: "hurt",
    events.Copied: "copied",
}
"""The word in the table `moments` for each kind of event that is kept there."""


def stamp_of(reading: ClockReading) -> tuple[Value, ...]:
    """Return the five values of a reading's stamp, in the order of `stamp_columns`."""
    return (
        reading.boot,
        reading.monotonic,
        reading.wall,
        reading.utc_offset,
        reading.source.value,
    )


def stamp_columns(prefix: str = "") -> str:
    """Return the names of the five columns of a stamp, for a SELECT or an INSERT."""
    names = ("boot", "monotonic_s", "wall_s", "utc_offset_s", "source")
    return ", ".join(prefix + name for name in names)


def reading_of(boot: str, monotonic: float, wall: float, offset: int, source: str) -> ClockReading:
    """Return the reading that the five values of a stamp stand for.

    It is untrusted, whatever its source, if its year is one in which there was no LiftLight, or if
    this LiftLight does not know its source.
    """
    known = source in _SOURCES and is_plausible(wall)
    believed = ClockSource(source) if known else ClockSource.UNTRUSTED
    return ClockReading(boot, monotonic, wall, offset, believed)


def checkpoint(reading: ClockReading) -> tuple[Statement, Statement]:
    """Return what writes that the power was on until `reading`.

    The first statement moves the end of the latest clock span. If it changes no row, because the
    boot, the source or the zone is another or the clock stepped, the second one begins a new span.
    """
    boot, monotonic, wall, utc_offset, source = stamp_of(reading)
    move = (
        "UPDATE clock_spans SET last_monotonic_s = ?, last_wall_s = ?"
        " WHERE id = (SELECT max(id) FROM clock_spans)"
        " AND boot = ? AND source = ? AND utc_offset_s = ?"
        " AND abs((? - last_wall_s) - (? - last_monotonic_s)) <= ?",
        (monotonic, wall, boot, source, utc_offset, wall, monotonic, STEP_S),
    )
    begin = (
        "INSERT INTO clock_spans (boot, source, utc_offset_s, first_monotonic_s, first_wall_s,"
        " last_monotonic_s, last_wall_s) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (boot, source, utc_offset, monotonic, wall, monotonic, wall),
    )
    return move, begin


def of_event(
    event: events.Event, now: ClockReading, unfinished: history.UnfinishedSession | None = None
) -> list[Statement]:
    """Return what writes `event`, with the reading `now`.

    `unfinished` is a session that an earlier run left open. It is ended by a `SessionEnded` that
    says it was interrupted, and by the next session that starts.
    """
    match event:
        case events.SessionStarted():
            row = _insert("sessions", "started_", now, exercise=event.exercise)
            return [row] if unfinished is None else [_interrupted(unfinished), row]
        case events.Calibrated():
            values = (event.rest, event.practised)
            return [(f"UPDATE sessions SET rest = ?, practised = ? WHERE id = {_CURRENT}", values)]
        case events.Rep() | events.Refused():
            return [_lift(event, now)]
        case events.SessionEnded(ending=events.Ending.INTERRUPTED) if unfinished is not None:
            return [_interrupted(unfinished)]
        case events.SessionEnded():
            return [_ended(event.ending, event.reps, event.lifts, event.dose, now)]
        case _:
            beside = _beside(event, now)
            return [beside, (_HURT_AFTER_STOP, ())] if isinstance(event, events.Hurt) else [beside]


def of_time_setting(setting: TimeSetting) -> Statement:
    """Return what writes a time that a person set."""
    columns = f"{stamp_columns('before_')}, {stamp_columns('after_')}, rtc_s, rtc_name"
    values = (*stamp_of(setting.before), *stamp_of(setting.after), setting.rtc, setting.rtc_name)
    return f"INSERT INTO time_sets ({columns}) VALUES ({_marks(values)})", values


def of_setback(kind: history.SetbackKind, detail: str, now: ClockReading) -> Statement:
    """Return what writes that something happened to the journal itself."""
    return _insert("setbacks", "", now, kind=kind.value, detail=_written(detail))


def of_refused(row: object, why: Exception, at: ClockReading) -> Statement:
    """Return what writes `row`, which the database refused, as text among the faults.

    Its stamp has no wall time, since a reading of the clock may be what was refused.
    """
    told = (
        f"the journal could take a row only as text ({why}); nothing else is lost. If it happens "
        f"again, run the installer again. The row: {row!r}"
    )
    unknown = replace(at, wall=0.0, utc_offset=0, source=ClockSource.UNTRUSTED)
    return _insert(
        "faults", "", unknown, kind=events.FaultKind.UNKNOWN.value, detail=_written(told)
    )


def _beside(
    event: events.FaceLost
    | events.FaceFound
    | events.Paused
    | events.Resumed
    | events.Hurt
    | events.Massage
    | events.Copied
    | events.Fault,
    now: ClockReading,
) -> Statement:
    """Return what writes an event that may come in a session or outside one."""
    match event:
        case events.Massage():
            seconds = event.time - event.start
            return _insert("massages", "", now, exercise=exercises.MASSAGE.name, seconds=seconds)
        case events.Fault():
            detail = event.detail[:LONGEST_TEXT]
            return _insert("faults", "", now, kind=event.kind.value, detail=detail)
        case _:
            return _in_session("moments", now, kind=MOMENTS[type(event)])


def _lift(event: events.Rep | events.Refused, now: ClockReading) -> Statement:
    if isinstance(event, events.Refused):
        return _in_session(
            "lifts",
            now,
            reason=event.reason.value,
            onset_s=event.onset,
            end_s=event.end,
            hold_s=event.hold,
            peak=event.peak,
        )
    return _in_session(
        "lifts",
        now,
        number=event.number,
        onset_s=event.onset,
        apex_s=event.apex,
        offset_s=event.offset,
        end_s=event.end,
        hold_s=event.hold,
        peak=event.peak,
        left_side=event.left,
        right_side=event.right,
        notes=" ".join(event.notes),
    )


def _interrupted(session: history.UnfinishedSession) -> Statement:
    ended = history.interrupted_end(session.last)
    return _ended(events.Ending.INTERRUPTED, session.reps, session.lifts, session.dose, ended)


def _ended(ending: events.Ending, reps: int, lifts: int, dose: int, at: ClockReading) -> Statement:
    values = (ending.value, reps, lifts, dose, *stamp_of(at))
    columns = f"ending, reps, lifts, dose, {stamp_columns('ended_')}"
    return f"UPDATE sessions SET ({columns}) = ({_marks(values)}) WHERE id = {_CURRENT}", values


def _insert(table: str, prefix: str, now: ClockReading, **columns: Value) -> Statement:
    values = (*columns.values(), *stamp_of(now))
    names = f"{', '.join(columns)}, {stamp_columns(prefix)}"
    return f"INSERT INTO {table} ({names}) VALUES ({_marks(values)})", values


def _in_session(table: str, now: ClockReading, **columns: Value) -> Statement:
    values = (*columns.values(), *stamp_of(now))
    names = f"session, {', '.join(columns)}, {stamp_columns()}"
    return f"INSERT INTO {table} ({names}) VALUES ({_CURRENT}, {_marks(values)})", values


def _written(detail: str) -> str:
    """Return an explanation as SQLite takes it: a path in it may have bytes that are not UTF-8."""
    return detail.encode("utf-8", "backslashreplace").decode("utf-8")[:LONGEST_TEXT]


def _marks(values: Sequence[Value]) -> str:
    return ", ".join("?" * len(values))
