"""`liftlight doctor`: small checks, one line each, and the cure for what is wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from device.doctor import computer, parts, software, storage
from device.doctor.machine import Finding, Machine, Verdict

CHECKS: Mapping[str, Callable[[Machine], Finding]] = {
    "system": computer.system,
    "memory": computer.memory,
    "heat": computer.heat,
    "power": computer.power,
    "watchdog": computer.watchdog,
    "numpy": software.numpy,
    "models": software.models,
    "settings": software.settings,
    "data": storage.data_folder,
    "journal": storage.journal,
    "faults": storage.faults,
    "clock": parts.clock,
    "camera": parts.camera,
    "camera memory": parts.camera_memory,
    "panel": parts.panel,
    "buzzer": parts.buzzer,
}
"""In the order in which one fault explains the next."""


def doctor(folder: Path) -> int:
    """Check this machine and print what was found; return 1 if something needed is broken."""
    machine = Machine(folder)
    problems = 0
    for name, check in CHECKS.items():
        finding = check(machine)
        problems += finding.verdict is Verdict.PROBLEM
        sys.stdout.write(f"{in_words(name, finding)}\n")
        sys.stdout.flush()
    if problems:
        things = "1 thing needs" if problems == 1 else f"{problems} things need"
        sys.stdout.write(f"\n{things} to be put right.\n")
        return 1
    sys.stdout.write("\nAll that LiftLight needs here is in order.\n")
    return 0


def in_words(name: str, finding: Finding) -> str:
    """Return a finding as a line, with its cure on the next."""
    line = f"{finding.verdict.value:<9} {name:<14} {finding.says}"
    return line if not finding.cure else f"{line}\n{'':<25}→ {finding.cure}"
