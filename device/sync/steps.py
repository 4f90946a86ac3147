"""The steps of serving a stick, done by a process without rights, which `plug.py` starts.

`python -m device.sync.steps` reads requests from stdin, one JSON object a line, and answers each
with a line on stdout. The request `{"step": "write", "folder": STICK, "data": DIR}` is answered
with `{"done": {...}}`, or with `{"problem": "..."}` if the step failed. `folder` is the mounted
stick. For the step `tell` it is the device's run folder, and `news` is what to tell. Between two
requests no file is open, so the stick can be unmounted.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from device.errors import LiftLightError
from device.sync.errors import stick_error
from device.sync.news import parse, tell


def _write(folder: Path, data: Path, _: Path | None) -> dict[str, object]:
    from device.clock import SystemClock  # noqa: PLC0415  (`tell` must not wait for it)
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


def _finish(folder: Path, data: Path, export: Path | None) -> dict[str, object]:
    from device.settings import language_in  # noqa: PLC0415
    from device.sync.stick import retire_older  # noqa: PLC0415
    from device.sync.time_file import take_time  # noqa: PLC0415

    retire_older(_named(folder, export))
    try:
        return {"time": take_time(folder, language_in(data))}
    except OSError as error:
        raise stick_error(folder, error) from error


def _named(stick: Path, export: Path | None) -> Path:
    return stick if export is None else stick / export


STEPS: dict[str, Callable[[Path, Path, Path | None], dict[str, object]]] = {
    "write": _write,
    "check": _check,
    "discard": _discard,
    "finish": _finish,
}


def answer(request: dict[str, Any]) -> dict[str, object]:
    """Do one step; return the answer."""
    folder = Path(request["folder"])
    if request["step"] == "tell":
        news = parse(request["news"])
        return {"done": {"heard": news is not None and tell(folder, news)}}
    export = request.get("export")
    try:
        done = STEPS[request["step"]](
            folder, Path(request["data"]), None if export is None else Path(export)
        )
    except LiftLightError as error:
        return {"problem": " ".join(str(error).split())}
    return {"done": done}


def main() -> None:
    """Answer requests until stdin ends."""
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        answers.write(json.dumps(answer(json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
