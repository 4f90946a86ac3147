"""LiftLight as a service: where the installer puts it, and what systemd and it tell each other.

systemd gives the service a run folder, which lasts as long as the boot, and restarts a service from
which it has heard nothing for `WatchdogSec=`. At a desk there is neither: no note is kept, and
nobody waits to hear anything.
"""

from __future__ import annotations

import enum
import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

SERVICE = "liftlight.service"
NO_DATA_SERVICE = "liftlight-no-data.service"
USER = "liftlight"
DATA = Path("/data/liftlight")

ACTIVE = Path("opt/liftlight/.active")
"""There once an installation is complete; what it changed takes effect at the next start."""
MAINTENANCE = Path("run/liftlight-maintenance")
"""There in a boot for maintenance: the root is writable, and LiftLight stays off."""

RUN_FOLDER = "RUNTIME_DIRECTORY"
"""The environment variable in which systemd names the service's run folder."""

ROUNDS = 4
"""How many times the watchdog is fed within the time after which it restarts the service."""

_UNITS = Path("etc/systemd/system")
_UNDER_WAY = "under-way"


class Stage(enum.StrEnum):
    """How far a start has come."""

    STARTING = "starting"
    RUNNING = "running"


def is_installed(root: Path = Path("/")) -> bool:
    """Whether the installer made this machine into the device; false at a desk."""
    return (root / _UNITS / SERVICE).exists()


def default_data(root: Path = Path("/")) -> Path:
    """Return the data folder that is used when none is named."""
    return DATA if is_installed(root) else own_data()


def own_data() -> Path:
    """Return the data folder of the user who calls, at a desk."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "liftlight"


def run_folder() -> Path | None:
    """Return the service's run folder; None if systemd did not start this process."""
    folder = os.environ.get(RUN_FOLDER)
    return Path(folder) if folder else None


def ask_for_power_off() -> None:
    """Leave a note for the unit that may switch the machine off; without a run folder do nothing.

    Raises OSError if the note cannot be written.
    """
    folder = run_folder()
    if folder is not None:
        (folder / "power-off").touch()


def note_start() -> Stage | None:
    """Note that a start begins; return how far the last one came if it ended without a word.

    A processor that meets an instruction it does not know ends the process on the spot, and so
    does the watchdog. Only the next start can tell of it then.
    """
    folder, last = run_folder(), None
    if folder is not None:
        with suppress(OSError, ValueError):
            last = Stage((folder / _UNDER_WAY).read_text(encoding="utf-8"))
    _note(Stage.STARTING)
    return last


def note_running() -> None:
    """Note that LiftLight runs."""
    _note(Stage.RUNNING)


def note_end() -> None:
    """Note that LiftLight ended in good order, or that the reason for its end has been told."""
    folder = run_folder()
    if folder is not None:
        with suppress(OSError):
            (folder / _UNDER_WAY).unlink(missing_ok=True)


def _note(stage: Stage) -> None:
    folder = run_folder()
    if folder is not None:
        with suppress(OSError):  # Without a note this start is like the first.
            (folder / _UNDER_WAY).write_text(stage, encoding="utf-8")


class Watchdog:
    """Tells systemd that the loop goes round, and the first time also that LiftLight is ready.

        watchdog = Watchdog()
        while True:
            watchdog.feed(time.monotonic())

    The protocol is sd_notify(3): datagrams to the socket that NOTIFY_SOCKET names. Without one
    nothing is sent. `environment` holds the variables that systemd sets.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET")
        limit = int(environment.get("WATCHDOG_USEC", "0")) / 1e6
        self._every = limit / ROUNDS if limit > 0 else None
        self._due: float | None = 0.0 if self._address else None

    def next_deadline(self) -> float | None:
        """Return when to feed it next, monotonic seconds; None if systemd does not wait for it."""
        return self._due

    def feed(self, now: float) -> None:
        """Say that the loop went round at `now`, monotonic seconds, if that is due."""
        self._feed(now, "WATCHDOG=1" if self._due else "READY=1\nWATCHDOG=1")

    def appease(self, now: float) -> None:
        """Feed it at `now` without saying that LiftLight is ready, as while a fault is shown."""
        self._feed(now, "WATCHDOG=1")

    def _feed(self, now: float, message: str) -> None:
        if self._due is None or now < self._due:
            return
        self._send(message)
        self._due = None if self._every is None else now + self._every

    def _send(self, message: str) -> None:
        assert self._address is not None
        # A leading @ stands for the zero byte of an abstract address.
        address = self._address.replace("@", "\0", 1) if self._address[0] == "@" else self._address
        # If nobody reads, or not fast enough, the loop goes on all the same: systemd will act.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.setblocking(False)
            out.sendto(message.encode(), address)
