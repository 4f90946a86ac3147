"""How what holds the panel or the camera ends: by a signal, and only once all is switched off."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, the system's word to end, and a terminal that is closed."""


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Raise KeyboardInterrupt inside at the first signal that asks the process to end.

    Further ones are ignored: whoever presses Ctrl-C twice must not keep a camera or a tone from
    being switched off. Only the main thread may use it.
    """

    def end(*_: object) -> NoReturn:
        ignore_signals()
        raise KeyboardInterrupt

    before = [signal.signal(one, end) for one in _ENDS]
    try:
        yield
    finally:
        for one, handler in zip(_ENDS, before, strict=True):
            signal.signal(one, handler)


def ignore_signals() -> None:
    """Ignore every signal that asks the process to end."""
    for one in _ENDS:
        signal.signal(one, signal.SIG_IGN)
