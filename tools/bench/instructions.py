"""aarch64 instructions a frame, counted by an emulator: the same on every machine.

They tell nothing of how fast a processor gets through them, but two programs of one kind can be
compared by them, within about 2 %, on a machine that is no Raspberry Pi and is busy besides.
`aarch64.sh` makes what this needs.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from tools.bench.compare import show
from tools.environment import ROOT, ToolError, cache_folder

FEW, MANY = 30, 210
"""Frames of two runs; the difference is the cost of the frames between, without the start: six
seconds of a session, about one lift with the rest before it."""

BUDGET = 33e6
"""What a frame may cost on a Zero 2 W if it is to see 15 a second on one core of 1 GHz. An
estimate, measured on none: its A53 finishes two instructions a cycle at best, and we count on a
quarter of that, as its in-order pipeline waits whenever memory does."""

_PROCESSOR = "cortex-a53"


def emulator() -> Path | None:
    """Return the folder that aarch64.sh made, if it did."""
    folder = cache_folder() / "aarch64"
    return folder if (folder / ".ready").exists() else None


def per_frame(folder: Path, clip: Path, module: str, packages: str) -> float:
    """Return the instructions that `module` spends on a frame of `clip`.

    `packages` is the folder of its packages in `folder`. Raises ToolError if it cannot be run.
    """
    few, many = (_count(folder, clip, module, packages, n) for n in (FEW, MANY))
    return (many - few) / (MANY - FEW)


def _count(folder: Path, clip: Path, module: str, packages: str, shown: int) -> int:
    with tempfile.TemporaryDirectory() as logs:
        log = Path(logs) / "count"
        command = [
            str(folder / "qemu-aarch64"), "-cpu", _PROCESSOR, "-L", str(folder / "root"),
            "-plugin", f"{folder / 'libinsn.so'},inline=on", "-d", "plugin", "-D", str(log),
            "-E", f"PYTHONHOME={folder / 'root' / 'usr'}", "-E", "PYTHONHASHSEED=0",
            "-E", f"PYTHONPATH={os.pathsep.join((str(folder / packages), str(ROOT)))}",
            str(folder / "root" / "usr" / "bin" / "python3.11"), "-m", module,
        ]  # fmt: skip
        show(clip, command, shown)
        counted = re.search(r"insns: (\d+)", log.read_text())
    if not counted:
        raise ToolError("the emulator counted nothing: run tools/bench/aarch64.sh again")
    return int(counted[1])
