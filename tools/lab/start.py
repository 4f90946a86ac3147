"""A start of the lab's machine: what LiftLight waits for, and how long its own part takes.

`python -m tools.lab start` asks the machine that was saved when LiftLight had just said that it is
ready, and puts a table between its marks in the lab's README. The machine counts its time by its
instructions, so what the processor does takes as long on a busy computer. While it waits for its
disk it skips to its next timer, so how long systemd waits for a partition says little: only what
begins once nothing else is waited for is compared.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from tools.documents import head, rewrite, row
from tools.environment import ToolError
from tools.lab.installed import READY, lent, ready_system
from tools.lab.machine import Machine
from tools.lab.steps import lab_folder

README = Path(__file__).with_name("README.md")
PART = "start"
KEPT = "start.json"
"""What the last run measured, in the lab's folder."""

_ASK = r"""
import json, os, subprocess, time

def shown(unit, name):
    words = ["systemctl", "show", "--value", "-p", name + "Monotonic", *unit]
    return int(subprocess.check_output(words) or 0) / 1e6

booted = time.time() - time.clock_gettime(time.CLOCK_MONOTONIC)
print(json.dumps({
    "free": max(shown(["basic.target"], "ActiveEnterTimestamp"),
                shown(["data.mount"], "ActiveEnterTimestamp")),
    "panel_off": shown(["liftlight-panel-off.service"], "ActiveEnterTimestamp")
        - shown(["liftlight-panel-off.service"], "InactiveExitTimestamp"),
    "process": shown(["liftlight.service"], "ExecMainStartTimestamp"),
    "panel": os.stat("/run/liftlight/pins.toml").st_mtime - booted,
    "ready": shown(["liftlight.service"], "ActiveEnterTimestamp"),
}))
"""
"""Asks systemd when its units began and ended. As LiftLight takes the panel it leaves a note of the
pins, whose age tells when."""
_CHAIN = "systemd-analyze critical-chain --no-pager liftlight.service"
_BLAME = "systemd-analyze blame --no-pager"
_IMPORTS = """
cd / && LG_WD=/tmp /opt/liftlight/bin/python3 -X importtime -c '
import device.cli, device.start, device.panel.gpio, device.panel.polled_pins
import sys
print("then", file=sys.stderr)
import device.run
' 2>&1
"""
"""Loads what LiftLight loads, in its order: what the panel needs, and then the rest."""
_IMPORT = re.compile(r"^import time: +(\d+) \| +\d+ \| +([\w.]+)$", re.MULTILINE)
OURS, GPIO, NUMBERS, PYTHON = "LiftLight's", "gpiozero's", "numpy's", "Python's own"
_WHOSE = {
    "device": OURS, "gpiozero": GPIO, "colorzero": GPIO, "lgpio": GPIO, "_lgpio": GPIO,
    "numpy": NUMBERS,
}  # fmt: skip
_HEAD = re.compile(r"^\W*(\S+\.(?:service|mount|target|socket|device)) ?@?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Start:
    """When each step of a start was done, seconds since the kernel began, and what systemd says.

    LiftLight is `free` to begin once systemd's basic.target is reached and the data are mounted.
    `panel_off` is how long the panel was made dark by a process of its own, 0 if it was not.
    `before_panel` and `after_panel` hold how long modules took to load, seconds, by their maker.
    `chain` and `blame` are what systemd-analyze prints.
    """

    free: float
    panel_off: float
    process: float
    panel: float
    ready: float
    before_panel: dict[str, float]
    after_panel: dict[str, float]
    chain: str
    blame: str

    @classmethod
    def seen(cls, machine: Machine) -> Self:
        """Ask a machine on which LiftLight is ready."""
        times = json.loads(machine.sh(f"python3 - <<'END'\n{_ASK}END"))
        before, after = machine.sh(_IMPORTS).split("\nthen\n")
        return cls(
            **times,
            before_panel=load_times(before),
            after_panel=load_times(after),
            chain=machine.sh(_CHAIN),
            blame=machine.sh(_BLAME),
        )


def load_times(said: str) -> dict[str, float]:
    """Return how long each maker's modules took to load, seconds, from `-X importtime`'s lines."""
    total: Counter[str] = Counter()
    for microseconds, module in _IMPORT.findall(said):
        total[_WHOSE.get(module.partition(".")[0], PYTHON)] += int(microseconds)
    return {maker: count / 1e6 for maker, count in total.items()}


def units_on(chain: str) -> list[str]:
    """Return the units on a critical chain, from the last to the first."""
    _, _, listed = chain.partition("\n\n")
    return _HEAD.findall(listed or chain)


def write_start(before: Path | None) -> None:
    """Measure a start and put its table into the lab's README; say where the figures are kept.

    `before` names the figures of another start, kept by another run, which become a column of their
    own. Raises ToolError if they cannot be read, NeedError if the machine cannot be made.
    """
    earlier = _read(before) if before else None
    system = ready_system()
    with tempfile.TemporaryDirectory(prefix="lab-") as scratch:
        disk = lent(system, Path(scratch))
        with Machine(system, Path(scratch), disk, exact=True, moment=READY) as machine:
            machine.wait_for_agent()
            start = Start.seen(machine)
    kept = lab_folder() / KEPT
    kept.write_text(json.dumps(asdict(start), indent=1), encoding="utf-8")
    rewrite(README, PART, table(start, earlier))
    print(f"{README}\n{kept}")


def _read(path: Path) -> Start:
    try:
        return Start(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise ToolError(
            f"{path} holds no figures of a start ({error}): `python -m tools.lab start` keeps some."
        ) from error


def table(now: Start, before: Start | None = None) -> str:
    """Return the table of one start, or of two side by side, with the later critical chain."""
    starts = [start for start in (before, now) if start]
    columns = ["before", "now"] if before else ["now"]
    lines = head(["from everything that LiftLight needs to ready", *columns])
    for name in _steps(now):
        lines.append(row([name, *(f"{_steps(start)[name]:.2f} s" for start in starts)]))
    whole = [f"**{start.ready - start.free:.2f} s**" for start in starts]
    lines.append(row(["**in all**", *whole]))
    for name, loaded in (
        ("modules loaded until the panel is taken", [start.before_panel for start in starts]),
        ("modules loaded after it", [start.after_panel for start in starts]),
    ):
        for maker in (PYTHON, GPIO, NUMBERS, OURS):
            if any(maker in makers for makers in loaded):
                cells = [f"{makers.get(maker, 0.0):.2f} s" for makers in loaded]
                lines.append(row([f"{name}: {maker}", *cells]))
    chain = [line.rstrip() for line in now.chain.splitlines() if re.match(r"\W*\S+ [@+]", line)]
    return "\n".join([*lines, "", "```", _CHAIN, *chain, "```"])


def _steps(start: Start) -> dict[str, float]:
    """Return how long each step took, seconds; together they are all of it."""
    return {
        "the panel made dark by a process of its own": start.panel_off,
        "systemd, until LiftLight's process begins": start.process - start.free - start.panel_off,
        "LiftLight, until it takes the panel": start.panel - start.process,
        "LiftLight, until it is ready": start.ready - start.panel,
    }
