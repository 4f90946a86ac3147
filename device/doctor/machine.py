"""The machine as the checks see it, and what a check finds.

A check is a function from a `Machine` to a `Finding`. It looks at the machine through the `Machine`
alone, so a test can give it one that is made of a few files.
"""

from __future__ import annotations

import enum
import importlib
import os
import pwd
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from device.journal import JOURNAL_NAME, is_being_written
from device.processes import run
from device.system import ACTIVE, MAINTENANCE, NO_DATA_SERVICE, SERVICE, USER, is_installed

_TOOL_WITHIN_S = 5.0
_ENDS_WITHIN_S = 120.0
"""Even the slowest board tries both models in far less."""


class Verdict(enum.Enum):
    """The result of one check."""

    OK = "ok"
    NOTE = "note"
    """LiftLight runs, but this is worth knowing."""
    PROBLEM = "PROBLEM"
    """Something LiftLight needs is broken."""
    NOT_HERE = "not here"
    """This machine has no such part and need not have one."""
    NOT_SEEN = "not seen"
    """Whoever asks has no right to look there."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: `says` is one line, and `cure` another on what to do about it."""

    verdict: Verdict
    says: str
    cure: str = ""


def fine(says: str) -> Finding:
    """Return the finding that all is well."""
    return Finding(Verdict.OK, says)


def note(says: str, cure: str) -> Finding:
    """Return the finding that LiftLight runs, but that something should be put right."""
    return Finding(Verdict.NOTE, says, cure)


def problem(says: str, cure: str = "") -> Finding:
    """Return the finding that something is broken; without a `cure`, `says` ends in one."""
    return Finding(Verdict.PROBLEM, says, cure)


def not_here(says: str) -> Finding:
    """Return the finding that this machine has no such part, and need not have one."""
    return Finding(Verdict.NOT_HERE, says)


def not_seen(says: str) -> Finding:
    """Return the finding that the user who asks has no right to look."""
    return Finding(Verdict.NOT_SEEN, says)


def run_command(command: Sequence[str]) -> str | None:
    """Return what a command prints; None if there is no such command or it fails."""
    try:
        done = run(command, _TOOL_WITHIN_S)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 else None


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended.

    `code` is its exit code; below zero it is the signal that killed the process, and None if the
    process hung. `said` is the last line that it wrote to stderr.
    """

    code: int | None
    said: str


def run_elsewhere(module: str, function: str) -> Ended:
    """Call a function of a module in a process of its own, which may crash; return how it ended.

    The function takes nothing and returns an exit code.
    """
    # The process must find the same modules, wherever this one was started. An empty path stands
    # for the working folder; if that has been deleted, no Python starts in it.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    call = f"import sys, {module}; sys.exit({module}.{function}())"
    command = [sys.executable, "-P", "-c", call]
    try:
        done = run(command, _ENDS_WITHIN_S, environment)
    except subprocess.TimeoutExpired:
        return Ended(None, "")
    return Ended(done.returncode, (done.stderr.splitlines() or [""])[-1])


@dataclass(frozen=True, slots=True)
class Account:
    """A user as the kernel knows one."""

    uid: int
    groups: frozenset[int]


def find_account(name: str) -> Account:
    """Return the user of that name; raises KeyError if there is none."""
    user = pwd.getpwnam(name)
    return Account(user.pw_uid, frozenset(os.getgrouplist(name, user.pw_gid)))


@dataclass(frozen=True, slots=True)
class Mount:
    """A file system, and where it is mounted."""

    where: Path
    kind: str


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine to examine, by default this one.

        machine = Machine(data=Path("/data/liftlight"))
        print(machine.is_pi, machine.memory("MemAvailable"))

    `data` is the data folder and `root` the root folder. A test gives a root of a few files, and
    functions that fail as it likes.
    """

    data: Path
    root: Path = Path("/")
    load: Callable[[str], Any] = importlib.import_module
    """Imports a module by name; raises ImportError, or ValueError for one built against
    another numpy."""
    command: Callable[[Sequence[str]], str | None] = run_command
    elsewhere: Callable[[str, str], Ended] = run_elsewhere
    account: Callable[[str], Account] = find_account
    """Finds a user by name; raises KeyError."""
    here: Path = field(default_factory=Path.cwd)
    """The folder in which lgpio would leave its files if LiftLight were started here."""

    @property
    def is_pi(self) -> bool:
        """Whether this is a Raspberry Pi, on which the panel and the camera must be there."""
        return (self.text("proc/device-tree/model") or "").startswith("Raspberry Pi")

    @property
    def is_installed(self) -> bool:
        """Whether the installer made this machine into the device, whatever board it is."""
        return is_installed(self.root)

    @property
    def is_for_maintenance(self) -> bool:
        """Whether this boot is for maintenance, so that LiftLight is off on purpose."""
        return (self.root / MAINTENANCE).exists()

    @property
    def awaits_restart(self) -> bool:
        """Whether the installer ran in this boot, so that boot settings are not yet in force."""
        root = self.mount_of(Path("/"))
        if root is not None and root.kind == "overlay":
            return False  # Nobody can install under it, and the clock may have been wrong since.
        try:
            installed = (self.root / ACTIVE).stat().st_mtime
        except OSError:
            return False
        lines = (line.split() for line in (self.text("proc/stat") or "").splitlines())
        return any(line[:1] == ["btime"] and installed > int(line[1]) for line in lines)

    @property
    def is_running(self) -> bool:
        """Whether LiftLight runs here: it is writing the journal, or systemd says so."""
        return is_being_written(self.data / JOURNAL_NAME) or any(
            self.unit(name).get("ActiveState", "inactive") not in ("inactive", "failed")
            for name in (SERVICE, NO_DATA_SERVICE)
        )

    def unit(self, name: str) -> Mapping[str, str]:
        """Return the properties of one of LiftLight's units, with drop-ins, as systemd tells them.

        The values of a property with several lines are joined by spaces. Empty if systemd does not
        answer, or LiftLight is not installed.
        """
        if not self.is_installed:
            return {}
        return _properties(self.command(("systemctl", "show", "--no-pager", name)))

    def manager(self) -> Mapping[str, str]:
        """Return the properties of systemd itself; empty without systemd."""
        return _properties(self.command(("systemctl", "show", "--no-pager")))

    def may(self, path: Path, mode: int) -> bool:
        """Whether LiftLight may use `path` in this way: `os.R_OK`, `os.W_OK` or both.

        Where it is installed a user of its own runs it, whoever asks here.
        """
        if not self.is_installed:
            return os.access(path, mode)
        try:
            user, file = self.account(USER), path.stat()
        except (KeyError, OSError):
            return False
        shift = 6 if file.st_uid == user.uid else 3 if file.st_gid in user.groups else 0
        return file.st_mode >> shift & mode == mode

    def look_into_data(self) -> None:
        """Raise PermissionError if the user who asks may not look into the data folder."""
        if self.data.is_dir():
            next(self.data.iterdir(), None)

    def mount_of(self, path: Path) -> Mount | None:
        """Return the file system that `path` is on; None if the kernel does not tell."""
        found = None
        for line in (self.text("proc/mounts") or "").splitlines():
            _, point, kind, *_ = line.split()
            where = Path(point.replace("\\040", " "))
            # Of several that are mounted at one place, the last is on top.
            if path.is_relative_to(where) and (found is None or where.is_relative_to(found.where)):
                found = Mount(where, kind)
        return found

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
        """Return the number of bytes that /proc/meminfo gives for `name`; None if it gives none."""
        for line in (self.text("proc/meminfo") or "").splitlines():
            key, _, rest = line.partition(":")
            if key == name:
                return int(rest.split()[0]) * 1024
        return None


def _properties(said: str | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in (said or "").splitlines():
        name, _, value = line.partition("=")
        found[name] = f"{found[name]} {value}" if name in found else value
    return found
