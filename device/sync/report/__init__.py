"""report.html: the log on one page, for any browser; and health.txt, how the device is."""

from __future__ import annotations

from device.sync.report import words
from device.sync.report.health import HEALTH, health_of
from device.sync.report.render import REPORT, report_of, write_report

__all__ = ["HEALTH", "REPORT", "health_of", "report_of", "words", "write_report"]
