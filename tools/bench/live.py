"""The whole device: samples late by how much, memory, and what waiting for the button costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tools.bench.compare import show
from tools.environment import ROOT, ToolError

SESSION_S = 20.0
IDLE_S = 20.0
SETTLE_S = 3.0
ENDS_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Session:
    """A part of a session in real time."""

    delays_s: list[float]
    """Exposure of a frame to the loop taking up its sample, for each sample."""
    samples: int
    frames: int
    """Frames that the camera showed; those without a sample were dropped as late."""
    cpu_share: float
    """CPU time over time, 1 is a whole core."""
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Idle:
    """`liftlight run`, waiting for its button."""

    ready_s: float
    """From starting the process to its `ready` cue."""
    ready_cpu_s: float
    """CPU time it had used by then."""
    cpu_share: float
    """CPU time over time while it waits, 1 is a whole core."""


def session(clip: Path) -> Session:
    """Run the device on `clip` in real time; raises ToolError if it fails."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "figures.json"
        show(clip, [sys.executable, "-m", "tools.bench.session", str(SESSION_S), str(target)])
        return Session(**json.loads(target.read_text(encoding="utf-8")))


def idle(clip: Path) -> Idle:
    """Start `liftlight run` with `clip` for a camera, wait until it is ready, and watch it wait.

    Raises ToolError if it ends before it is ready.
    """
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        with subprocess.Popen(
            [
                sys.executable, "-m", "device", "run",
                "--camera", f"video:{clip}", "--panel", "terminal", "--data", folder,
            ],
            cwd=ROOT,
            env=dict(os.environ, PYTHONUNBUFFERED="1"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as device:  # fmt: skip
            assert device.stdout is not None
            try:
                for line in device.stdout:
                    if " ready " in line:
                        break
                else:
                    raise ToolError("`liftlight run` ended before it was ready")
                ready, ready_cpu = time.monotonic() - started, _cpu_s(device.pid)
                time.sleep(SETTLE_S)
                before, since = _cpu_s(device.pid), time.monotonic()
                time.sleep(IDLE_S)
                share = (_cpu_s(device.pid) - before) / (time.monotonic() - since)
                device.terminate()
                with suppress(subprocess.TimeoutExpired):
                    device.communicate(timeout=ENDS_WITHIN_S)
            finally:
                device.kill()
    return Idle(ready_s=ready, ready_cpu_s=ready_cpu, cpu_share=share)


def _cpu_s(process: int) -> float:
    """Return the CPU time of all threads of a process so far, seconds."""
    # The name in the second field may hold spaces; the rest follows its closing bracket.
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
