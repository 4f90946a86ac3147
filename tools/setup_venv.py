"""Make the virtual environment that `make run` and `make test` use.

Runs on a bare Python with nothing installed, so it is careful about what it assumes and says in
one line what is missing and how to get it.
"""

from __future__ import annotations

import os
import platform
import shutil
import struct
import subprocess
import sys
from pathlib import Path

SUPPORTED = ((3, 11), (3, 12), (3, 13))
ROOT = Path(__file__).resolve().parent.parent


def why_not() -> str | None:
    """Return what keeps this machine from running LiftLight, and its cure; None if nothing."""
    version = sys.version_info[:2]
    if version not in SUPPORTED:
        return (
            f"Python {version[0]}.{version[1]} is not supported: LiftLight needs 3.11 to 3.13. "
            "Try `make run PYTHON=python3.11`, or install one with `sudo apt install python3`."
        )
    if struct.calcsize("P") * 8 != 64:
        return (
            "This is a 32-bit system and the face models need a 64-bit one: "
            "install Raspberry Pi OS (64-bit)."
        )
    if sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"):
        return (
            f"{platform.system()} on {platform.machine()} is not supported: "
            "LiftLight runs on 64-bit Linux, x86 or ARM, also in a container or in WSL."
        )
    try:
        import ensurepip  # noqa: F401, PLC0415  (Debian ships it apart from Python itself)
        import venv  # noqa: F401, PLC0415
    except ImportError:
        return "Python's venv is missing: `sudo apt install python3-venv`, then run make again."
    return None


def main(venv: Path) -> int:
    """Make `venv` anew from the lock file of this Python; return the exit code."""
    problem = why_not()
    if problem:
        sys.stderr.write(f"liftlight: {problem}\n")
        return 2
    lock = ROOT / f"requirements-3.{sys.version_info[1]}.lock"
    sys.stderr.write(
        f"Setting up {venv} for Python 3.{sys.version_info[1]} (once; a minute or two) ...\n"
    )
    shutil.rmtree(venv, ignore_errors=True)
    environment = dict(os.environ, PIP_DISABLE_PIP_VERSION_CHECK="1")
    venv = venv.absolute()
    python = str(venv / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--quiet"]
    steps = [
        [sys.executable, "-m", "venv", str(venv)],
        [*pip, "--require-hashes", "--only-binary", ":all:", "--requirement", str(lock)],
        [*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)],
        [python, "-m", "tools.completion", "--quiet"],
    ]
    for step in steps:
        done = subprocess.run(step, env=environment, cwd=ROOT, check=False)
        if done.returncode != 0:
            sys.stderr.write(
                f"liftlight: this step failed: {' '.join(step)}\n"
                "liftlight: is the network up? Nothing was left half-made; run make again.\n"
            )
            shutil.rmtree(venv, ignore_errors=True)
            return 1
    (venv / ".ready").touch()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
