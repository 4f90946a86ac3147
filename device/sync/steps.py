"""The steps of serving a stick, each a process of its own without rights: what `plug.py` runs.

`python -m device.sync.steps STEP FOLDER --data DIR` prints one line of JSON and returns 0, or
one line on stderr and another exit code. FOLDER is the mounted stick; for `tell` it is the
device's run folder, and the news comes on stdin.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from device.errors import LiftLightError
from device.sync.errors import stick_error
from device.sync.news import parse, tell


def _write(folder: Path, data: Path, _: Path | None) -> dict[str, object]:
    from device.clock import SystemClock  # noqa: PLC0415  (`tell` must be quick)
    from device.journal import JOURNAL_NAME, last_time_set  # noqa: PLC0415
    from device.sync.stick import write_export  # noqa: PLC0415

    now = SystemClock(last_time_set(data / JOURNAL_NAME)).reading()
    done = write_export(data, folder, now)
    problem = None if done.problem is None else str(done.problem)
    export = str(done.folder.relative_to(folder))
    return {"export": export, "new_settings": done.new_settings, "problem": problem}


def _check(folder: Path, _: Path, export: Path | None) -> dict[str, object]:
    from device.sync.stick import check_export  # noqa: PLC0415

    check_export(_named(folder, export))
    return {}


def _discard(folder: Path, _: Path, export: Path | None) -> dict[str, object]:
    from device.sync.stick import discard_export  # noqa: PLC0415

    discard_export(_named(folder, export))
    return {}


def _finish(folder: Path, _: Path, export: Path | None) -> dict[str, object]:
    from device.sync.stick import retire_older  # noqa: PLC0415
    from device.sync.time_file import take_time  # noqa: PLC0415

    retire_older(_named(folder, export))
    try:
        return {"time": take_time(folder)}
    except OSError as error:
        raise stick_error(folder, error) from error


def _tell(folder: Path, _: Path, __: Path | None) -> dict[str, object]:
    news = parse(sys.stdin.readline())
    return {"heard": news is not None and tell(folder, news)}


def _named(stick: Path, export: Path | None) -> Path:
    return stick if export is None else stick / export


STEPS: dict[str, Callable[[Path, Path, Path | None], dict[str, object]]] = {
    "write": _write,
    "check": _check,
    "discard": _discard,
    "finish": _finish,
    "tell": _tell,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Do one step; return the exit code."""
    parser = argparse.ArgumentParser(prog="device.sync.steps")
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, default=Path())
    parser.add_argument("--export", type=Path)
    options = parser.parse_args(arguments)
    try:
        done = STEPS[options.step](options.folder, options.data, options.export)
    except LiftLightError as error:
        sys.stderr.write(" ".join(str(error).split()) + "\n")
        return error.exit_code
    sys.stdout.write(json.dumps(done) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
