"""Steps of the long build that are made once and kept.

A step is kept in the cache, under a name made of what it was made of, and timed.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from tools.environment import cache_folder

KEPT = 2
"""How many older folders of a step stay: two checkouts of this repo may take turns."""


def run(*command: str | Path) -> str:
    """Run a command, return what it printed; raises CalledProcessError if it fails."""
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout


def lab_folder() -> Path:
    """Return where the lab keeps what it made; it may be deleted at any time."""
    folder = cache_folder() / "lab"
    folder.mkdir(exist_ok=True)
    return folder


def step(name: str, inputs: Iterable[str | bytes | Path], make: Callable[[Path], None]) -> Path:
    """Return a folder that `make` filled, from the cache if it was made of the same inputs.

    `inputs` are texts, and files or folders of which the content counts; the code of `make` should
    be among them. How long it took is said. Who comes while it is made waits.
    """
    folder = lab_folder() / f"{name}-{digest(inputs)}"
    done = folder / ".seconds"
    with (lab_folder() / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if done.exists():
            done.touch()
            return folder
        _remove_old(name)
        folder.mkdir(parents=True)
        sys.stderr.write(f"lab: making {name} ...\n")
        began = time.monotonic()
        make(folder)
        seconds = time.monotonic() - began
        sys.stderr.write(f"lab: {name} took {seconds:.0f} s\n")
        done.write_text(f"{seconds:.0f}\n")
    return folder


def made() -> list[str]:
    """Return each folder's name and how long it took to make, in words."""
    finished = sorted(lab_folder().glob("*/.seconds"))
    return [f"{one.parent.name} {one.read_text().strip()} s" for one in finished]


def _remove_old(name: str) -> None:
    """Remove what was never finished, and all but the newest."""
    finished = sorted(
        lab_folder().glob(f"{name}-*/.seconds"), key=lambda path: path.stat().st_mtime, reverse=True
    )
    kept = {path.parent for path in finished[:KEPT]}
    for folder in set(lab_folder().glob(f"{name}-*")) - kept:
        shutil.rmtree(folder)


def digest(inputs: Iterable[str | bytes | Path]) -> str:
    """Return a short name for what `inputs` hold."""
    total = hashlib.sha256()
    for one in inputs:
        if isinstance(one, Path):
            for file in sorted(one.rglob("*")) if one.is_dir() else [one]:
                if file.is_file() and "__pycache__" not in file.parts:
                    total.update(f"{file.relative_to(one)}\0".encode() + file.read_bytes())
        else:
            total.update(one.encode() if isinstance(one, str) else one)
        total.update(b"\0\0")
    return total.hexdigest()[:12]
