"""This repo's Python run as a Raspberry Pi's processor runs it, under an emulator.

The Python, the aarch64 wheels and the emulator are those that `tools/bench/aarch64.sh` fetches for
counting instructions; what is pure Python comes from the environment that runs this.
"""

from __future__ import annotations

import os
import subprocess
import sysconfig
from pathlib import Path

from tools.bench.compare import emulator
from tools.environment import ROOT
from tools.lab.needs import NeedError

PROCESSOR = "cortex-a53"
PURE = (
    "pytest", "_pytest", "pytest_timeout.py", "pluggy", "iniconfig", "packaging", "pygments",
    "sortedcontainers", "gpiozero", "colorzero", "jinja2", "markupsafe", "py.py", "setuptools",
    "typing_extensions.py",
)  # fmt: skip
"""Packages with nothing compiled that must be: theirs run anywhere."""


def run_on_arm(scratch: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run Python with `arguments` on an emulated Cortex-A53, in this repo's folder.

    `scratch` is an empty folder. Raises NeedError if the emulator was not made.
    """
    folder = emulator()
    if folder is None:
        raise NeedError("make its emulator: sh tools/bench/aarch64.sh")
    site = Path(sysconfig.get_path("purelib"))
    pure = scratch / "pure"
    pure.mkdir()
    for name in PURE:
        if (site / name).exists():
            (pure / name).symlink_to(site / name)
    path = os.pathsep.join(map(str, (folder / "ours", pure, ROOT)))
    root = folder / "root"
    return subprocess.run(
        [
            *(folder / "qemu-aarch64", "-cpu", PROCESSOR, "-L", root),
            *("-E", f"PYTHONHOME={root / 'usr'}", "-E", f"PYTHONPATH={path}"),
            *("-E", "PYTHONDONTWRITEBYTECODE=1", "-E", "OPENBLAS_NUM_THREADS=1"),
            *(root / "usr/bin/python3.11", *arguments),
        ],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
