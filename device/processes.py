"""Other programs, each with a limit that holds even for one that cannot be killed.

`subprocess.run` waits for what it killed without a limit; a program that waits for a disk that is
gone does not die of it before the kernel gives that disk up.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

REAPED_WITHIN_S = 5.0
"""A process that was killed is gone at once, also on a busy machine; one that is not after this
is stuck in the kernel."""


def run(
    command: Sequence[str | Path], within: float, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, with nothing to read, and return what it said.

    After `within` seconds it is killed. Raises subprocess.TimeoutExpired then, OSError if it
    cannot be started.
    """
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env=env,
    )
    try:
        out, err = process.communicate(timeout=within)
    except BaseException:
        end(process)
        raise
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def end(process: subprocess.Popen[str] | subprocess.Popen[bytes], patience: float = 0.0) -> bool:
    """Close the pipes of a process, kill it after `patience` seconds, and return whether it ended.

    Waits `REAPED_WITHIN_S` longer at the most.
    """
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(OSError):  # It reads no more, and what was left is lost.
                pipe.close()
    for limit in (patience, REAPED_WITHIN_S):
        try:
            process.wait(limit)
        except subprocess.TimeoutExpired:
            process.kill()
        else:
            return True
    return False
