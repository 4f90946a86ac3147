"""The device at an emulated bedside: its button pressed, its pins watched, its journal read."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from device.journal import JOURNAL_NAME
from device.panel import Pins
from tools.lab.machine import Machine

LINES = "/sys/devices/platform/gpio-sim.0/gpiochip0/sim_gpio"
BUTTON = f"{LINES}{Pins().button}/pull"
DATA = "/data/liftlight"
TRACING = "/sys/kernel/tracing"
SILENCE_S = 0.03
"""A tone's edges are never that far apart: its lowest note swings 392 times a second."""
_CHANGE = re.compile(r" (\d+\.\d+): gpio_value: (\d+) set ([01])$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Change:
    """A pin was told to be `value`, at a time of the machine's own in monotonic seconds."""

    at: float
    pin: int
    value: int


def press(seconds: float = 0.1) -> str:
    """A script that presses the button for so long, by the machine's own time."""
    return f"echo pull-down > {BUTTON}; sleep {seconds}; echo pull-up > {BUTTON}\n"


def watch(machine: Machine, script: str) -> list[Change]:
    """Run a script in the machine; return what the kernel saw its pins do meanwhile."""
    machine.sh(
        f"mountpoint -q {TRACING} || mount -t tracefs tracefs {TRACING}; cd {TRACING}; "
        "echo mono > trace_clock; echo 16384 > buffer_size_kb; echo > trace; "
        "echo 1 > events/gpio/gpio_value/enable; echo 1 > tracing_on"
    )
    machine.sh(script)
    seen = machine.sh(
        f"cd {TRACING}; echo 0 > events/gpio/gpio_value/enable; "
        "cat /sys/class/gpio/gpiochip*/base | head -n 1; grep gpio_value: trace"
    )
    first = int(seen.split("\n", 1)[0])
    return [
        Change(float(at), int(line) - first, int(value))
        for at, line, value in _CHANGE.findall(seen)
    ]


def lit(machine: Machine) -> set[str]:
    """The names of the panel's parts whose pin is up right now, the button left out."""
    parts = {name: pin for name, pin in Pins().fitted().items() if name != "button"}
    values = machine.sh("cat " + " ".join(f"{LINES}{pin}/value" for pin in parts.values()))
    return {name for name, value in zip(parts, values.split(), strict=True) if value == "1"}


def rows(machine: Machine, query: str) -> list[Sequence[Any]]:
    """Ask the device's journal, as it lies on the data partition."""
    script = (
        "import json, sqlite3; "
        f"db = sqlite3.connect('file:{DATA}/{JOURNAL_NAME}?mode=ro', uri=True); "
        f"print(json.dumps(db.execute({query!r}).fetchall()))"
    )
    found: list[Sequence[Any]] = json.loads(machine.sh(f'python3 -c "{script}"'))
    return found


def tones(seen: Sequence[Change], pin: int) -> list[tuple[float, float]]:
    """When a pin that was swung like a buzzer's began and ceased to sound, one pair a tone."""
    heard: list[tuple[float, float]] = []
    for change in seen:
        if change.pin != pin:
            continue
        if heard and change.at - heard[-1][1] < SILENCE_S:
            heard[-1] = (heard[-1][0], change.at)
        else:
            heard.append((change.at, change.at))
    return [(start, end) for start, end in heard if end > start]
