"""The machine as the checks see it: a root folder, a data folder, modules and one command."""

from __future__ import annotations

import enum
import importlib
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class Verdict(enum.Enum):
    """How one check ended."""

    OK = "ok"
    NOTE = "note"
    """LiftLight runs, and this is worth knowing."""
    PROBLEM = "PROBLEM"
    """Something LiftLight needs is broken."""
    NOT_HERE = "not here"
    """This machine has no such part and need not have one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, in one line, and in another what to do about it."""

    verdict: Verdict
    says: str
    cure: str = ""


def fine(says: str) -> Finding:
    """All is well."""
    return Finding(Verdict.OK, says)


def note(says: str, cure: str) -> Finding:
    """It works, but."""
    return Finding(Verdict.NOTE, says, cure)


def problem(says: str, cure: str = "") -> Finding:
    """It does not work; without a `cure`, what it `says` ends in one."""
    return Finding(Verdict.PROBLEM, says, cure)


def not_here(says: str) -> Finding:
    """It cannot be checked on this machine, and need not be."""
    return Finding(Verdict.NOT_HERE, says)


def run_command(command: Sequence[str]) -> str | None:
    """Return what a command prints; None if there is no such command or it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout


@dataclass(frozen=True, slots=True)
class Machine:
    """Where to look. A test gives a root of a few files, and modules that fail as it likes."""

    data: Path
    root: Path = Path("/")
    load: Callable[[str], Any] = importlib.import_module
    """Imports a module by name; raises ImportError, or ValueError for one built against
    another numpy."""
    command: Callable[[Sequence[str]], str | None] = run_command

    @property
    def is_pi(self) -> bool:
        """Whether this is a Raspberry Pi, on which the panel and the camera must be there."""
        return (self.text("proc/device-tree/model") or "").startswith("Raspberry Pi")

    def text(self, path: Path | str) -> str | None:
        """Return the content of a file under the root, stripped; None if it cannot be read."""
        try:
            content = (self.root / path).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        return content.strip("\0 \n")

    def number(self, path: Path | str) -> int | None:
        """Return the whole number in a file under the root; None if there is none."""
        text = self.text(path)
        try:
            return None if text is None else int(text)
        except ValueError:
            return None

    def memory(self, name: str) -> int | None:
        """Return a line of /proc/meminfo in bytes; None if it is not there."""
        for line in (self.text("proc/meminfo") or "").splitlines():
            key, _, rest = line.partition(":")
            if key == name:
                return int(rest.split()[0]) * 1024
        return None
