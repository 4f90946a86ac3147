"""The emulated machine before LiftLight: what the installer will meet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tools.lab.machine import Machine, forgetful
from tools.lab.stock import stock_system


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A stock machine that has started."""
    scratch = tmp_path_factory.mktemp("machine")
    system = stock_system()
    with Machine(system, scratch, forgetful(system.disk, scratch)) as started:
        started.wait_for_agent()
        yield started


def test_it_looks_like_a_raspberry_pi(machine: Machine) -> None:
    assert machine.sh("uname -m").strip() == "aarch64"
    assert machine.sh("od -A n -t x1 /proc/device-tree/system/linux,revision").split() == [
        "00", "c0", "31", "14",
    ]  # fmt: skip
    labels = machine.sh("blkid -s LABEL -o value /dev/vda1 /dev/vda2 /dev/vda3").split()
    assert labels == ["bootfs", "rootfs", "LIFTLIGHT"]
    lines = machine.sh("ls -d /sys/devices/platform/gpio-sim.0/gpiochip0/sim_gpio*").split()
    assert len(lines) == 54
