"""The log leaves the device: tables, a report and a copy of the journal on a stick, and back."""

from __future__ import annotations

from device.sync.errors import DamagedExportError, SyncError
from device.sync.news import Listener, StickNews, Word

__all__ = [
    "DamagedExportError",
    "Listener",
    "StickNews",
    "SyncError",
    "Word",
    "gadget",
    "generations",
    "image",
    "manifest",
    "news",
    "plug",
    "report",
    "restore",
    "steps",
    "stick",
    "tables",
]
