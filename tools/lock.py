"""Write the lock files: one a Python at the desk, every package with its hashes.

`python -m tools.lock` resolves pyproject.toml anew with uv (in an environment of its own) and
rewrites `requirements-3.*.lock`. Read the difference before committing it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = "uv==0.13.9"
PYTHONS = ("3.11", "3.12", "3.13")


def main() -> int:
    """Rewrite every lock file; returns the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        subprocess.run([f"{folder}/bin/pip", "install", "--quiet", UV], check=True)
        for python in PYTHONS:
            target = ROOT / f"requirements-{python}.lock"
            print(f"{target.name} ...")
            command = [
                f"{folder}/bin/uv", "pip", "compile", "--quiet", "--upgrade", "--generate-hashes",
                "--no-header", "--no-emit-index-url", "--python-version", python, "--extra", "desk",
                "--output-file", target.name, "pyproject.toml",
            ]  # fmt: skip
            subprocess.run(command, cwd=ROOT, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
