"""The emulated machine's USB port: what is plugged into it, and pulled out again."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tools.lab.machine import Machine, MachineError

BUS = "usb.0"
_LET_GO_WITHIN_S = 60.0
_names = (f"plug{number}" for number in itertools.count())


class Plugged:
    """Something in the port."""

    def __init__(self, machine: Machine, name: str, blocks: tuple[str, ...]) -> None:
        self._machine, self._name, self._blocks = machine, name, blocks
        self._there = True

    def pull(self) -> None:
        """Pull it out, whatever is going on."""
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
    """Plug a stick in; `writes_a_second` are the bytes that it takes, by the host's clock."""
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
    """Plug something else in, by QEMU's name of it."""
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
