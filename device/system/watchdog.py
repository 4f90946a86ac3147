"""The service manager's watchdog: told that the loop goes round, and only then.

systemd restarts LiftLight if nothing was heard for `WatchdogSec=`. The protocol is sd_notify(3):
datagrams to the socket that NOTIFY_SOCKET names. Without one, at a desk, nobody is told.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress

ROUNDS = 4
"""How often the watchdog is fed in the time after which it bites."""


class Watchdog:
    """Feeds the watchdog; the first time it also says that LiftLight is ready."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET")
        limit = int(environment.get("WATCHDOG_USEC", "0")) / 1e6
        self._every = limit / ROUNDS if limit > 0 else None
        self._due: float | None = 0.0 if self._address else None

    def next_deadline(self) -> float | None:
        """When it wants to be fed next, monotonic seconds; None if nobody waits for it."""
        return self._due

    def feed(self, now: float) -> None:
        """Say that the loop went round at `now`, monotonic seconds, if it is time to."""
        self._feed(now, "WATCHDOG=1" if self._due else "READY=1\nWATCHDOG=1")

    def appease(self, now: float) -> None:
        """Feed it without a word of being ready: what is wrong is being shown."""
        self._feed(now, "WATCHDOG=1")

    def _feed(self, now: float, message: str) -> None:
        if self._due is None or now < self._due:
            return
        self._tell(message)
        self._due = None if self._every is None else now + self._every

    def _tell(self, message: str) -> None:
        assert self._address is not None
        # A leading @ stands for the zero byte of an abstract address.
        address = self._address.replace("@", "\0", 1) if self._address[0] == "@" else self._address
        # Nobody listens, or not fast enough: the loop must go on, systemd will act.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.setblocking(False)
            out.sendto(message.encode(), address)
