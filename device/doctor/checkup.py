"""`liftlight doctor`: run every check, print a line for each, and the cure for what is wrong."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

from device.doctor import appliance, computer, parts, storage
from device.doctor.machine import Finding, Machine, Verdict, not_seen, problem
from device.language import N_, Told

CHECKS: Mapping[str, Callable[[Machine], Finding]] = {
    "system": computer.system,
    "root": appliance.root,
    "memory": computer.memory,
    "heat": computer.heat,
    "power": computer.power,
    "watchdog": computer.watchdog,
    "numpy": computer.numpy,
    "models": computer.models,
    "service": appliance.service,
    "settings": storage.settings,
    "data": storage.data_folder,
    "journal": storage.journal,
    "faults": storage.faults,
    "clock": parts.clock,
    "camera": parts.camera,
    "camera memory": parts.camera_memory,
    "panel": parts.panel,
    "buzzer": parts.buzzer,
    "outputs": appliance.outputs,
}
"""In an order in which an earlier fault may explain a later one."""

AT_A_GLANCE = ("system", "memory", "heat", "power", "settings", "data", "clock")
"""The checks that read a few small files: they need no rights, no library and no other process."""

_WIDTH = 80
"""A line is at most so many characters wide."""


def doctor(folder: Path, here: Path, *, as_json: bool = False) -> int:
    """Check this machine and print what was found; return 1 if something needed is broken, else 0.

    `folder` is the data folder; `here` is the folder in which lgpio would leave its files.
    `as_json` prints one JSON object, for programs, once every check has run.
    """
    machine = Machine(folder, here=here)
    if as_json:
        return _print_json({name: examine(name, machine) for name in CHECKS})
    verdicts = []
    for name in CHECKS:
        finding = examine(name, machine)
        verdicts.append(finding.verdict)
        sys.stdout.write(f"{in_words(name, finding)}\n")
        sys.stdout.flush()
    problems = verdicts.count(Verdict.PROBLEM)
    if problems:
        things = "1 thing needs" if problems == 1 else f"{problems} things need"
        sys.stdout.write(f"\n{things} to be put right.\n")
    elif Verdict.NOT_SEEN in verdicts:
        sys.stdout.write("\nWhat could be seen is in order. For the rest: sudo liftlight doctor\n")
    else:
        sys.stdout.write("\nAll that LiftLight needs here is in order.\n")
    return 1 if problems else 0


def glance(folder: Path) -> Mapping[str, Finding]:
    """Return what the checks find that take no time and need no rights, by their names.

    `folder` is the data folder. No other program is asked, so `power` knows only of now.
    """
    machine = Machine(folder, command=lambda _: None, here=folder)
    return {name: examine(name, machine) for name in AT_A_GLANCE}


def _print_json(findings: Mapping[str, Finding]) -> int:
    problems = sum(one.verdict is Verdict.PROBLEM for one in findings.values())
    checks = [
        {
            "name": name,
            "verdict": finding.verdict.name.lower(),
            "says": finding.says,
            "cure": finding.cure or None,
        }
        for name, finding in findings.items()
    ]
    sys.stdout.write(json.dumps({"problems": problems, "checks": checks}, indent=1) + "\n")
    return 1 if problems else 0


def examine(name: str, machine: Machine) -> Finding:
    """Run the check of that name and return what it found; a check that breaks is a finding too."""
    try:
        return CHECKS[name](machine)
    except PermissionError as error:
        return not_seen(f"this user may not look at {error.filename or 'it'}")
    except Exception as error:  # noqa: BLE001  (the other checks must still run)
        says = Told(
            "the check itself broke ({kind}: {error})", kind=type(error).__name__, error=str(error)
        )
        cure = N_("first see to what else is wrong; if this stays, report it with this line")
        return problem(says, cure)


def in_words(name: str, finding: Finding) -> str:
    """Return a finding as a line of text, with its cure, if there is one, on the next.

    What is wider than a terminal goes on below itself.
    """
    lines = _wrapped(f"{finding.verdict.value:<9} {name:<14} ", finding.says)
    if finding.cure:
        lines += _wrapped(f"{'':<25}→ ", finding.cure)
    return "\n".join(lines)


def _wrapped(begin: str, text: str) -> list[str]:
    # Commands and paths stay whole, so that they can be copied.
    return textwrap.wrap(
        text, _WIDTH, initial_indent=begin, subsequent_indent=" " * len(begin),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
