"""The log leaves the device: tables, a report and a copy of the journal on a stick, and back.

The modules in `__all__` are loaded when they are imported, and not before: root serves a stick with
no more than `plug`, and `liftlight status` asks only for `noted_copy`.
"""

from __future__ import annotations

from device.sync.errors import DamagedExportError, SyncError
from device.sync.news import Listener, NewsKind, StickNews, noted_copy

__all__ = [
    "DamagedExportError",
    "Listener",
    "NewsKind",
    "StickNews",
    "SyncError",
    "export",
    "gadget",
    "noted_copy",
    "plug",
    "restore",
    "steps",
    "stick",
    "tables",
]
