"""What happened, kept for years: sessions, lifts, presses, faults and time. Never a frame."""

from device.journal.errors import (
    DiskError,
    JournalBusyError,
    NewerJournalError,
    RowRefusedError,
)
from device.journal.history import last_time_set
from device.journal.store import JOURNAL_NAME
from device.journal.writer import EventOrderError, Journal

__all__ = [
    "JOURNAL_NAME",
    "DiskError",
    "EventOrderError",
    "Journal",
    "JournalBusyError",
    "NewerJournalError",
    "RowRefusedError",
    "last_time_set",
]
