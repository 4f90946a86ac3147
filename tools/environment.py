"""What every command in tools/ needs: its arguments, its errors, and packages that are optional.

Packages that are no dependency of LiftLight, such as MediaPipe, are installed into virtual
environments of their own. Each is made once, when a tool first asks for it, and kept in a cache.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec

from device.errors import LiftLightError
from device.files import OutputError, give_up_stdout, take_streams

Given = ParamSpec("Given")

ROOT = Path(__file__).resolve().parent.parent
SPARK_MODULES = frozenset({"pyspark", "py4j"})


class ToolError(LiftLightError):
    """A tool cannot do its work; the one line says why and what to do."""


def in_one_line(main: Callable[Given, int]) -> Callable[Given, int]:
    """Decorate a tool's `main`: an error becomes one line on stderr and the exit code."""

    @functools.wraps(main)
    def told(*args: Given.args, **kwargs: Given.kwargs) -> int:
        take_streams()
        try:
            try:
                return main(*args, **kwargs)
            finally:
                sys.stdout.flush()
        except LiftLightError as error:
            if isinstance(error, OutputError):
                give_up_stdout()
            print(error, file=sys.stderr)
            return error.exit_code

    return told


def argument_parser(tool: str, about: str | None) -> argparse.ArgumentParser:
    """Return a parser for the arguments of `python -m TOOL`; `about` is its module's docstring."""
    return argparse.ArgumentParser(prog=f"python -m {tool}", description=about)


def how_to_install(module: str = "") -> str:
    """Return the command that installs an optional `module`, from the repository's folder.

    The extra `scale` has Ibis, DuckDB and Dask, and is locked. The extra `spark` adds Spark, half a
    gigabyte that few people need, and is not.
    """
    pip = f"{sys.executable} -m pip install"
    if module in SPARK_MODULES:
        return f"{pip} --editable '.[scale,spark]'"
    lock = f"requirements-scale-{sys.version_info[0]}.{sys.version_info[1]}.lock"
    return f"{pip} --require-hashes --requirement {lock}"


def cache_folder() -> Path:
    """Return the folder for what can be fetched or made again; it is created if missing."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "liftlight"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def made(name: str, lock: Path, python: str = sys.executable) -> Path | None:
    """Return the Python of an environment if `environment` has made it already."""
    folder = _folder(name, lock, python)
    return folder / "bin" / "python" if (folder / ".ready").exists() else None


def environment(name: str, lock: Path, python: str = sys.executable) -> Path:
    """Return the Python of an environment holding exactly what `lock` names, made on first use.

    `python` is the interpreter it is built on. Another lock or interpreter makes another
    environment. Raises ToolError if the packages cannot be installed.
    """
    if there := made(name, lock, python):
        return there
    folder = _folder(name, lock, python)
    inside = folder / "bin" / "python"
    print(f"Setting up {folder} (once; a minute or two) ...", file=sys.stderr)
    shutil.rmtree(folder, ignore_errors=True)
    install = [str(inside), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    pinned = ["--require-hashes", "--only-binary", ":all:", "--requirement", str(lock)]
    for step in ([python, "-m", "venv", str(folder)], [*install, *pinned]):
        done = subprocess.run(step, check=False, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            shutil.rmtree(folder, ignore_errors=True)
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise ToolError(f"cannot install {lock.relative_to(ROOT)}: {last}")
    (folder / ".ready").touch()
    return inside


def run_module(python: Path, module: str, *arguments: str | Path) -> str:
    """Run `module` of this repo under another environment's Python and return what it printed.

    Raises ToolError with the last line of its stderr if it fails.
    """
    done = subprocess.run(
        [python, "-m", module, *arguments],
        cwd=ROOT,
        env=dict(os.environ, PYTHONPATH=""),
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ToolError(f"{module} failed: {last}")
    return done.stdout


def _folder(name: str, lock: Path, python: str) -> Path:
    key = hashlib.sha256(lock.read_bytes() + python.encode()).hexdigest()[:12]
    return cache_folder() / f"{name}-{key}"
