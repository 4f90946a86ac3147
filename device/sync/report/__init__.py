"""report.html: the log on one page, for any browser."""

from __future__ import annotations

from device.sync.report import words
from device.sync.report.render import REPORT, report_of, write_report

__all__ = ["REPORT", "report_of", "words", "write_report"]
