"""Steps of a long build: each made once, kept in the cache, and timed."""

from __future__ import annotations

import hashlib
import shutil
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from tools.environment import cache_folder


def lab_folder() -> Path:
    """Return where the lab keeps what it made; it may be deleted at any time."""
    return cache_folder() / "lab"


def step(name: str, inputs: Iterable[str | bytes | Path], make: Callable[[Path], None]) -> Path:
    """Return a folder that `make` filled, from the cache if it was made of the same inputs.

    `inputs` are texts, and files or folders of which the content counts; the code of `make` should
    be among them. An older folder of the same name is removed. How long it took is said.
    """
    folder = lab_folder() / f"{name}-{digest(inputs)}"
    if (folder / ".seconds").exists():
        return folder
    for old in lab_folder().glob(f"{name}-*"):
        shutil.rmtree(old)
    folder.mkdir(parents=True)
    sys.stderr.write(f"lab: making {name} ...\n")
    began = time.monotonic()
    make(folder)
    seconds = time.monotonic() - began
    sys.stderr.write(f"lab: {name} took {seconds:.0f} s\n")
    (folder / ".seconds").write_text(f"{seconds:.0f}\n")
    return folder


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
