"""The device at an emulated bedside: its button pressed, its pins watched, its journal read, and
what is plugged into its USB port.
"""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device.journal import JOURNAL_NAME
from device.panel import Pins
from tools.lab.machine import Machine, MachineError

LINES = "/sys/devices/platform/gpio-sim.0/gpiochip0/sim_gpio"
BUTTON = f"{LINES}{Pins().button}/pull"
DATA = "/data/liftlight"
TRACING = "/sys/kernel/tracing"
SILENCE_S = 0.03
"""Silence between two tones, at least, seconds. Edges of one tone are closer: its lowest note
swings 392 times a second."""
_CHANGE = re.compile(r" (\d+\.\d+): gpio_value: (\d+) set ([01])$", re.MULTILINE)

ROWS_WITHIN_S = 120.0
"""How long a row of the journal may take to be there, seconds of this computer."""

BUS = "usb.0"
_LET_GO_WITHIN_S = 60.0
_names = (f"plug{number}" for number in itertools.count())


@dataclass(frozen=True, slots=True)
class Change:
    """A pin was told to be `value`, at a time of the machine's own in monotonic seconds."""

    at: float
    pin: int
    value: int


def press(seconds: float = 0.1) -> str:
    """Return a script that presses the button for `seconds` of the machine's own time."""
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
    """Return the names of the panel's parts, but the button, whose pin is up right now."""
    parts = {name: pin for name, pin in Pins().fitted().items() if name != "button"}
    values = machine.sh("cat " + " ".join(f"{LINES}{pin}/value" for pin in parts.values()))
    return {name for name, value in zip(parts, values.split(), strict=True) if value == "1"}


def rows(machine: Machine, query: str) -> list[Sequence[Any]]:
    """Return the answer of the device's journal, on its data partition, to a query."""
    script = (
        "import json, sqlite3; "
        f"db = sqlite3.connect('file:{DATA}/{JOURNAL_NAME}?mode=ro', uri=True); "
        f"print(json.dumps(db.execute({query!r}).fetchall()))"
    )
    found: list[Sequence[Any]] = json.loads(machine.sh(f'python3 -c "{script}"'))
    return found


def wait_for_rows(machine: Machine, query: str, wanted: Sequence[Sequence[Any]]) -> None:
    """Wait until the device's journal answers a query with the rows that are `wanted`.

    The machine's time goes on without its disk, so after a while of it a row need not be written.
    Raises MachineError if it answers otherwise for `ROWS_WITHIN_S`.
    """
    end = time.monotonic() + ROWS_WITHIN_S
    while (found := rows(machine, query)) != wanted:
        if time.monotonic() > end:
            raise MachineError(f"{query}\nstill answers {found}, not {wanted}")
        time.sleep(0.5)


def tones(seen: Sequence[Change], pin: int) -> list[tuple[float, float]]:
    """Return begin and end of each tone of a pin that was swung like a buzzer's, seconds."""
    heard: list[tuple[float, float]] = []
    for change in seen:
        if change.pin != pin:
            continue
        if heard and change.at - heard[-1][1] < SILENCE_S:
            heard[-1] = (heard[-1][0], change.at)
        else:
            heard.append((change.at, change.at))
    return [(start, end) for start, end in heard if end > start]


class Plugged:
    """Something that is plugged into the port."""

    def __init__(self, machine: Machine, name: str, blocks: tuple[str, ...]) -> None:
        self._machine, self._name, self._blocks = machine, name, blocks
        self._there = True

    def pull(self) -> None:
        """Pull it out, even in the middle of a write. A second time does nothing."""
        if not self._there:
            return
        self._there = False
        self._machine.qmp("device_del", id=self._name)
        end = time.monotonic() + _LET_GO_WITHIN_S
        for block in self._blocks:
            while True:
                try:
                    self._machine.qmp("blockdev-del", **{"node-name": block})
                    break
                except MachineError:
                    if time.monotonic() > end:
                        raise
                    time.sleep(0.1)


@contextmanager
def stick(
    machine: Machine, image: Path, *, locked: bool = False, writes_a_second: int | None = None
) -> Iterator[Plugged]:
    """Plug a stick in for as long as the block lasts.

    `writes_a_second` limits the bytes a second that it takes, by the host's clock.
    """
    name = next(_names)
    file = {"driver": "file", "filename": str(image)}
    chip = {"driver": "raw", "node-name": name, "read-only": locked, "file": file}
    machine.qmp("blockdev-add", **chip)
    blocks = [name]
    if writes_a_second is not None:
        slow = f"{name}-slow"
        limits = {"bps-write": writes_a_second}
        machine.qmp("object-add", **{"qom-type": "throttle-group", "id": slow, "limits": limits})
        blocks.insert(0, f"{slow}-chip")
        machine.qmp(
            "blockdev-add",
            **{"driver": "throttle", "node-name": blocks[0], "throttle-group": slow, "file": name},
        )
    stuck = {"driver": "usb-storage", "drive": blocks[0], "removable": True}
    machine.qmp("device_add", id=name, bus=BUS, **stuck)
    with _pulled_at_the_end(Plugged(machine, name, tuple(blocks))) as plugged:
        yield plugged


@contextmanager
def gadget(machine: Machine, driver: str) -> Iterator[Plugged]:
    """Plug in another USB device, by QEMU's name of its driver, for as long as the block lasts."""
    name = next(_names)
    machine.qmp("device_add", id=name, bus=BUS, driver=driver)
    with _pulled_at_the_end(Plugged(machine, name, ())) as plugged:
        yield plugged


@contextmanager
def _pulled_at_the_end(plugged: Plugged) -> Iterator[Plugged]:
    try:
        yield plugged
    finally:
        with suppress(MachineError):
            plugged.pull()
