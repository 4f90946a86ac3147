"""The journal: what happened, kept for years in one database. It has no picture of anybody."""

from __future__ import annotations

from device.journal.errors import (
    DiskError,
    JournalBusyError,
    NewerJournalError,
    RowRefusedError,
    disk_error,
    is_damage,
)
from device.journal.examine import StrangeJournalError, refuse_strange
from device.journal.history import (
    Calendar,
    PastFault,
    SessionSummary,
    faults_of_last_boot,
    hurts,
    last_copy,
    last_session,
    last_time_set,
    latest_faults,
    load_history,
    massages,
    sessions,
    unfinished_session,
)
from device.journal.merge import MergeError, merge_export
from device.journal.rows import reading_of, stamp_columns
from device.journal.store import (
    JOURNAL_NAME,
    Store,
    connect,
    connect_to_read,
    is_being_written,
    open_store,
    problem_with,
    uri_of,
)
from device.journal.writer import EventOrderError, Journal

__all__ = [
    "JOURNAL_NAME",
    "Calendar",
    "DiskError",
    "EventOrderError",
    "Journal",
    "JournalBusyError",
    "MergeError",
    "NewerJournalError",
    "PastFault",
    "RowRefusedError",
    "SessionSummary",
    "Store",
    "StrangeJournalError",
    "connect",
    "connect_to_read",
    "disk_error",
    "faults_of_last_boot",
    "hurts",
    "is_being_written",
    "is_damage",
    "last_copy",
    "last_session",
    "last_time_set",
    "latest_faults",
    "load_history",
    "massages",
    "merge_export",
    "open_store",
    "problem_with",
    "reading_of",
    "refuse_strange",
    "rows",
    "sessions",
    "stamp_columns",
    "unfinished_session",
    "uri_of",
    "writer",
]
