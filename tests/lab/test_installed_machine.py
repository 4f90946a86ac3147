"""What `install.sh` made of the stock machine, and how LiftLight stands in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.lab.bedside import lit, press
from tools.lab.machine import Machine

EXPOSURE = 1.5
"""The most that `systemd-analyze security` may find, of 10."""
MOST_WAKES = 250.0
"""Of LiftLight in a second: half of them are looks at the button, most others lgpio's own."""

ITS_USER = "setpriv --reuid liftlight --regid liftlight --init-groups "
STRANGER = "setpriv --reuid 65534 --regid 65534 --clear-groups "
"""A user without any right to LiftLight's data."""


def test_what_it_meets_looks_like_a_raspberry_pi(installation: Path) -> None:
    architecture, revision, *labels, lines = (installation / "stock").read_text().splitlines()
    assert architecture == "aarch64"
    assert revision.split() == ["00", "c0", "31", "14"]
    assert labels == ["bootfs", "rootfs", "LIFTLIGHT"]
    assert lines == "54"


def test_the_installer_comes_to_its_end_and_changes_nothing_the_second_time(
    installation: Path,
) -> None:
    assert "Done. Switch off and on again" in (installation / "first.log").read_text()
    assert (installation / "second.log").read_text() == "Nothing to do: LiftLight is installed.\n"
    assert (installation / "changed.log").read_text() == ""


def test_it_starts_by_itself_and_says_that_it_is_ready(ready: Machine) -> None:
    assert ready.sh("systemctl is-active liftlight").strip() == "active"
    assert ready.sh("systemctl list-units --failed --plain --no-legend") == ""
    assert lit(ready) == {"ready"}


def test_with_nothing_to_do_it_wakes_seldom(ready: Machine, lab_report: list[str]) -> None:
    count = (
        "cat /proc/$(systemctl show -P MainPID liftlight)/task/*/status | "
        "awk '/^voluntary/ { sum += $2 } END { print sum }'"
    )
    before, after = ready.sh(f"{count}; sleep 10; {count}").split()
    wakes = (int(after) - int(before)) / 10.0
    lab_report += ["", f"with nothing to do it wakes {wakes:.0f} times a second"]
    assert wakes < MOST_WAKES


def test_the_sandbox_is_tight_on_the_machine_too(ready: Machine, lab_report: list[str]) -> None:
    said = ready.sh("systemd-analyze security --no-pager liftlight.service | tail -n 1")
    lab_report += ["", f"the sandbox, in the machine:{said.split('for', 1)[1].rstrip()}"]
    assert float(said.split(":")[1].split()[0]) <= EXPOSURE


@pytest.mark.parametrize("who", ["", STRANGER])
def test_doctor_finds_no_trouble_whoever_asks(ready: Machine, who: str) -> None:
    """It exits with 1 if there is any."""
    said = ready.sh(f"cd / && {who}liftlight doctor")
    assert ("not seen  journal" in said) == (who == STRANGER)


def test_doctor_finds_no_trouble_in_what_was_stopped(ready: Machine) -> None:
    ready.sh(f"cd / && systemctl stop liftlight && {ITS_USER}liftlight doctor")


def test_stopped_it_is_dark_and_said_nothing_unforeseen(ready: Machine) -> None:
    ready.sh(press() + "sleep 3; systemctl stop liftlight")
    assert lit(ready) == set()
    assert "Traceback" not in ready.sh("journalctl -b -u liftlight -o cat --no-pager")


def test_there_is_no_network(ready: Machine) -> None:
    pid = "$(systemctl show -P MainPID liftlight)"
    assert ready.sh(f"nsenter -n -t {pid} ls /sys/class/net").split() == ["lo"]
    assert ready.sh("cat /proc/net/tcp /proc/net/tcp6 | grep -vc local_address || true") == "0\n"


def test_udev_accepts_the_rules(ready: Machine) -> None:
    said = ready.sh("udevadm verify /etc/udev/rules.d/*-liftlight*.rules")
    assert "Fail:    0" in said


def test_root_forgets_and_only_the_data_partition_is_written(ready: Machine) -> None:
    assert ready.sh("findmnt -n -o FSTYPE /; findmnt -n -o FSTYPE /data").split() == [
        "overlay",
        "ext4",
    ]
    *_, before = _written(ready)
    ready.sh("echo a > /etc/a; echo b > /var/b; " + press() + "sleep 5\n" + press(2.1) + "sync")
    boot, root, data = _written(ready)
    assert boot == root == 0
    assert data > before


def _written(machine: Machine) -> list[int]:
    """Sectors written to each partition since the machine was started."""
    said = machine.sh("for n in 1 2 3; do awk '{ print $7 }' /sys/block/vda/vda$n/stat; done")
    return [int(sectors) for sectors in said.split()]
