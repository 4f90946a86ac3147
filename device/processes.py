"""Run other programs, each with a time limit that holds even for one that cannot be killed.

`subprocess.run` kills a program at its limit and then waits for it without one. A program that
waits for a disk that is gone does not end before the kernel gives that disk up.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

REAPED_WITHIN_S = 5.0
"""How long to wait for a killed process, seconds: one that still runs is stuck in the kernel."""


def run(
    command: Sequence[str | Path], within: float, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, with an empty stdin, and return its exit code and output.

    Raises subprocess.TimeoutExpired after killing it at `within` seconds, and OSError if it cannot
    be started.
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

    Waits at most `REAPED_WITHIN_S` seconds more.
    """
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(
                OSError
            ):  # Its reader is gone, and so is what was not written yet.
                pipe.close()
    for limit in (patience, REAPED_WITHIN_S):
        try:
            process.wait(limit)
        except subprocess.TimeoutExpired:
            process.kill()
        else:
            return True
    return False
