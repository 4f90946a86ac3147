"""The machine as the checks see it: a root folder, a data folder, modules and commands."""

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
from device.system import installation

_TOOL_WITHIN_S = 5.0
_ENDS_WITHIN_S = 120.0
"""Both models are tried in far less, on the slowest board as well."""


class Verdict(enum.Enum):
    """How one check ended."""

    OK = "ok"
    NOTE = "note"
    """LiftLight runs, and this is worth knowing."""
    PROBLEM = "PROBLEM"
    """Something LiftLight needs is broken."""
    NOT_HERE = "not here"
    """This machine has no such part and need not have one."""
    NOT_SEEN = "not seen"
    """Whoever asks has no right to look there."""


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


def not_seen(says: str) -> Finding:
    """Whoever asks may not look: nothing is known of it."""
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
    """How a process ended: its code, below zero for the signal that killed it, None if it hung.

    `said` is the last line that it wrote to stderr.
    """

    code: int | None
    said: str


def run_elsewhere(module: str, function: str) -> Ended:
    """Call a function of ours, which returns an exit code, in a process that may die of it."""
    # It finds the same modules as we do, wherever we were started; a nameless path is the working
    # folder, in which no Python starts once it was deleted.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    call = f"import sys, {module}; sys.exit({module}.{function}())"
    command = [sys.executable, "-c", call]
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
    """Where to look. A test gives a root of a few files, and modules that fail as it likes."""

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
    """Where lgpio would leave its files if somebody started LiftLight as this was started."""

    @property
    def is_pi(self) -> bool:
        """Whether this is a Raspberry Pi, on which the panel and the camera must be there."""
        return (self.text("proc/device-tree/model") or "").startswith("Raspberry Pi")

    @property
    def is_installed(self) -> bool:
        """Whether the installer made it into the device, whatever board it is."""
        return installation.is_installed(self.root)

    @property
    def is_for_maintenance(self) -> bool:
        """Whether this boot is open, and LiftLight off on purpose."""
        return (self.root / installation.MAINTENANCE).exists()

    @property
    def awaits_restart(self) -> bool:
        """Whether the installer ran in this boot, so that boot settings are not yet in force."""
        root = self.mount_of(Path("/"))
        if root is not None and root.kind == "overlay":
            return False  # Nobody installs under it; and the clock may have been wrong since.
        try:
            installed = (self.root / installation.ACTIVE).stat().st_mtime
        except OSError:
            return False
        lines = (line.split() for line in (self.text("proc/stat") or "").splitlines())
        return any(line[:1] == ["btime"] and installed > int(line[1]) for line in lines)

    @property
    def is_running(self) -> bool:
        """Whether a LiftLight runs here: it writes this journal, or systemd says so."""
        return is_being_written(self.data / JOURNAL_NAME) or any(
            self.unit(name).get("ActiveState", "inactive") not in ("inactive", "failed")
            for name in (installation.SERVICE, installation.NO_DATA_SERVICE)
        )

    def unit(self, name: str) -> Mapping[str, str]:
        """Return what systemd says of a unit of ours, drop-ins included; empty if it does not.

        A property that has several lines has its values behind each other.
        """
        if not self.is_installed:
            return {}
        return _properties(self.command(("systemctl", "show", "--no-pager", name)))

    def manager(self) -> Mapping[str, str]:
        """Return what systemd says of itself; empty if there is none."""
        return _properties(self.command(("systemctl", "show", "--no-pager")))

    def may(self, path: Path, mode: int) -> bool:
        """Whether LiftLight may: `os.R_OK`, `os.W_OK` or both.

        Where it is installed a user of its own runs it, so it does not matter who asks here.
        """
        if not self.is_installed:
            return os.access(path, mode)
        try:
            user, file = self.account(installation.USER), path.stat()
        except (KeyError, OSError):
            return False
        shift = 6 if file.st_uid == user.uid else 3 if file.st_gid in user.groups else 0
        return file.st_mode >> shift & mode == mode

    def look_into_data(self) -> None:
        """Raise PermissionError if whoever asks may not look into the data folder."""
        if self.data.is_dir():
            next(self.data.iterdir(), None)

    def mount_of(self, path: Path) -> Mount | None:
        """Return the mount that `path` is on; None if the kernel does not tell."""
        found = None
        for line in (self.text("proc/mounts") or "").splitlines():
            _, point, kind, *_ = line.split()
            where = Path(point.replace("\\040", " "))
            # The last of those at one place is on top.
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
        """Return a line of /proc/meminfo in bytes; None if it is not there."""
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
