"""Processes that a test starts: none outlives it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def running(command: Sequence[str | Path], **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """Start a process; at the end it is killed, if it still runs, and waited for.

    `options` are those of Popen. What it prints is text, unless they say otherwise.
    """
    with subprocess.Popen(command, **{"text": True, **options}) as process:
        try:
            yield process
        finally:
            process.kill()
