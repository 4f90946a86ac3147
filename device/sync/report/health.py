"""health.txt: how the device is, by what doctor finds at a glance, and by the latest faults."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from device.clock import ClockReading
from device.doctor import Finding, Verdict
from device.journal import Calendar, connect_to_read, disk_error
from device.language import ENGLISH
from device.sync.report import words
from device.sync.report.figures import KnownFault, known_faults
from device.sync.report.words import Words

HEALTH = "health.txt"

_TOLD = (Verdict.OK, Verdict.NOTE, Verdict.PROBLEM)
"""What is not here, or could not be seen, is no news for the person."""


def health_of(
    journal: Path,
    now: ClockReading,
    findings: Mapping[str, Finding],
    language: str = ENGLISH,
) -> str:
    """Return the text of health.txt in a language; raises DiskError if `journal` is unreadable."""
    connection = connect_to_read(journal)
    try:
        calendar = Calendar(connection)
        written = calendar.date(now)
        faults = known_faults(connection, calendar, written.date() if written else None)
    except sqlite3.Error as error:
        raise disk_error(journal, error) from error
    finally:
        connection.close()
    return "\n".join(_lines(Words(language), written, findings, faults)) + "\n"


def told(findings: Mapping[str, Finding]) -> dict[str, Finding]:
    """Return the findings that are worth a line, each by what it is about."""
    return {
        words.CHECKS.get(name, name): finding
        for name, finding in findings.items()
        if finding.verdict in _TOLD
    }


def _lines(
    say: Words,
    written: datetime | None,
    findings: Mapping[str, Finding],
    faults: Sequence[KnownFault],
) -> Iterator[str]:
    yield say.say(words.HEALTH_TITLE)
    yield ""
    yield say.written(written)
    yield say.health(findings, faults)
    yield ""
    what_to_do = say.say(words.WHAT_TO_DO)
    for name, finding in told(findings).items():
        verdict = say.say(words.VERDICTS[finding.verdict])
        yield f"{say.named(say.say(name), say.say(finding.says))} ({verdict})"
        if finding.cure:
            yield f"    {what_to_do} {say.say(finding.cure)}"
    for title, since_start in ((words.FAULTS_SINCE_START, True), (words.FAULTS_BEFORE, False)):
        some = [fault for fault in faults if fault.since_start is since_start]
        if some:
            yield ""
            yield say.say(title)
        for fault in some:
            said = words.fault(fault)
            yield f"{say.say(said.what)} ({say.when_it_came(fault)})"
            yield f"    {what_to_do} {say.say(said.cure)}"
            yield f"    {say.say(words.FOR_A_HELPER)} {fault.latest.detail}"
    yield ""
    yield say.say(words.AT_A_GLANCE)
