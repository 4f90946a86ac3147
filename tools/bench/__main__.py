"""The command: measure, print the table, write the JSON."""

from __future__ import annotations

import platform
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import numpy as np

import tools.bench
from device.camera.subject import from_spec
from device.desk import film
from device.files import keep_apart, text_file
from tools.bench.compare import (
    BUDGET,
    RUNS,
    Cost,
    compare,
    emulator,
    per_frame,
    whole_lifts,
)
from tools.bench.live import Idle, Session, idle, session
from tools.bench.report import Row, Spread, beside, table
from tools.clips import clips_folder, frame_rate, recorded, whole_sets
from tools.documents import as_json, console, rewrite
from tools.environment import ToolError, argument_parser, in_one_line
from tools.peer import peer

LIVE_RUNS = 3
README = Path(__file__).with_name("README.md")

SCENARIO = "good"


def side_by_side(pairs: list[tuple[Cost, Cost | None]]) -> list[Row]:
    """Return the rows that compare ours with MediaPipe."""

    def of(name: str) -> list[tuple[float, float | None]]:
        return [(getattr(a, name), getattr(b, name) if b else None) for a, b in pairs]

    return [
        beside("CPU per frame", "ms", of("cpu_ms_per_frame"), goal=0.33),
        beside("start to first landmark", "s", of("first_landmark_s"), goal=1 / 3),
        beside("CPU to first landmark", "s", of("first_landmark_cpu_s")),
        beside("peak memory, seeing alone", "MB", of("peak_mb"), goal=0.6),
        beside("frames with a face", "", of("faces")),
    ]


def whole_device(sessions: list[Session], waits: list[Idle], bound_ms: float) -> list[Row]:
    """Return the rows about the whole device; its 95th percentile may be late by `bound_ms`."""

    def late(percent: float) -> Spread:
        return Spread.of([1000 * float(np.percentile(s.delays_s, percent)) for s in sessions])

    def alone(what: str, unit: str, values: list[float], goal: float | None = None) -> Row:
        return Row(what, unit, Spread.of(values), goal=goal)

    dropped = [100 * (1 - one.samples / one.frames) for one in sessions]
    return [
        Row("exposure to sample in the loop, median", "ms", late(50)),
        Row("the same, 95th percentile", "ms", late(95), goal=bound_ms),
        Row("the same, 99th percentile", "ms", late(99)),
        alone("frames dropped", "%", dropped),
        alone("CPU in a session", "% of a core", [100 * one.cpu_share for one in sessions]),
        alone("peak memory, whole device", "MB", [one.peak_mb for one in sessions], 120.0),
        alone("start to ready", "s", [one.ready_s for one in waits], 2.0),
        alone("CPU to ready", "s", [one.ready_cpu_s for one in waits]),
        alone("CPU while waiting", "% of a core", [100 * one.cpu_share for one in waits], 0.5),
    ]


def instructions(clip: Path) -> list[Row]:
    """Return the rows about aarch64 instructions, none if there is no emulator for them."""
    folder = emulator()
    if folder is None:
        print("without aarch64 instructions: run tools/bench/aarch64.sh once", file=sys.stderr)
        return []
    print("counting aarch64 instructions (some minutes) ...", file=sys.stderr)
    first, end = counted = whole_lifts(clip)
    ours = per_frame(folder, clip, "ours", counted) / 1e6
    theirs = per_frame(folder, clip, "theirs", counted) / 1e6
    what = f"aarch64 instructions per frame, frames {first} to {end}"
    budget = Row(f"{what}, Zero 2 W", "million", Spread.of([ours]), goal=BUDGET / 1e6)
    return [beside(what, "million", [(ours, theirs)], goal=0.28), budget]


def bench(clip: Path, theirs: Path | None) -> list[Row]:
    """Return every row for `clip`."""
    pairs = compare(clip, theirs)
    rows = side_by_side(pairs)
    sessions, waits = [], []
    for number in range(LIVE_RUNS):
        print(f"whole device, run {number + 1} of {LIVE_RUNS} ...", file=sys.stderr)
        sessions.append(session(clip))
        waits.append(idle(clip))
    # One frame and one inference.
    bound_ms = 1000 / frame_rate(clip) + rows[0].ours.median
    return rows + instructions(clip) + whole_device(sessions, waits, bound_ms)


@in_one_line
def main() -> int:
    """Run the command; return its exit code."""
    parser = argument_parser("tools.bench", tools.bench.__doc__)
    parser.add_argument(
        "clip", nargs="?", type=Path, metavar="VIDEO", help="a set of lifts; there is a default"
    )
    parser.add_argument(
        "--write", action="store_true", help="put the table into the bench's README as well"
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="the figures go there too; - is stdout"
    )
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        target = arguments.json and stack.enter_context(text_file(arguments.json))
        clip = arguments.clip or default_clip(folder)
        keep_apart([clip], [arguments.json])
        frame_rate(clip)  # What is no video is found out before MediaPipe is installed.
        try:
            theirs = peer()
        except ToolError as error:
            print(f"without MediaPipe: {error}", file=sys.stderr)
            theirs = None
        rows = bench(clip, theirs)
        machine = f"{platform.machine()}, Python {platform.python_version()}"
        text = f"{clip.stem}, {RUNS} runs, {machine}; min / median / max\n\n{table(rows)}"
        print(text, file=console(arguments.json))
        if arguments.write:
            rewrite(README, "figures", text)
        if target:
            figures = {
                "clip": clip.name,
                "machine": machine,
                "rows": [row.as_json() for row in rows],
            }
            target.write(as_json(figures))
    return 0


def default_clip(folder: Path) -> Path:
    """Return the first development clip with a whole set of lifts, else a rendered one.

    The rendered one is written to `folder`.
    """
    try:
        if sets := whole_sets(clips_folder()):
            return sets[0]
    except ToolError:
        pass
    print("no development clips: rendering the synthetic subject (a minute) ...", file=sys.stderr)
    return _rendered(folder / "synthetic subject.mp4")


def _rendered(path: Path) -> Path:
    rate = 30.0
    with film.Film(path, rate) as target:
        for frame in recorded(from_spec(SCENARIO, fps=rate, live=False)):
            target.add(frame.pixels)
    return path


if __name__ == "__main__":
    sys.exit(main())
