"""The stock machine after `install.sh`, and what was seen while it ran."""

from __future__ import annotations

import json
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from tools.environment import ROOT
from tools.lab.logged_disk import run
from tools.lab.machine import FAST, Machine, MachineError, System, writable
from tools.lab.steps import step
from tools.lab.stock import initrd_of, stock_system

CHECKOUT = "/home/pi/liftlight"
INSTALL = f"cd {CHECKOUT} && firmware_config/install.sh"
PARTS = ("device", "models", "firmware_config", "pyproject.toml", "README.md", "LICENSE")
"""What of the checkout the installer needs."""
TRACE = "/srv/lab/session.csv"
SERVICE = f"""\
# The lab: a recorded lift trace in place of a camera. The panel and the sandbox are the device's.
[Service]
ExecStart=
ExecStart=/opt/liftlight/bin/liftlight run --camera trace:{TRACE} --data /data/liftlight
"""
DROP_IN = "/etc/systemd/system/liftlight.service.d/lab.conf"
OFF_WITHIN_S = 600.0

CHANGED = (
    "find / -xdev -newer /run/lab-stamp ! -path '/proc/*' ! -path '/run/*' ! -path '/tmp/*' "
    "! -path '/var/log/*' ! -path '/var/lib/systemd/*' ! -path '/var/tmp/*' ! -type d"
)
"""Every file that is newer than the stamp."""


@dataclass(frozen=True, slots=True)
class Installation:
    """What the installer said and did, in the order in which it was run."""

    dry_run: str
    changed_by_dry_run: str
    first: str
    first_seconds: float
    second: str
    changed_by_second: str
    failed_units: str


def installed_system(trace: Path) -> tuple[System, Installation]:
    """Return the machine with LiftLight on it, and how it got there; made if need be.

    Its camera is `trace`. Raises NeedError if the lab cannot run here.
    """
    stock = stock_system()
    inputs: list[str | bytes | Path] = [
        *(ROOT / part for part in PARTS),
        Path(__file__),
        trace,
        str(stock.disk),
    ]
    folder = step("installed", inputs, lambda folder: _install(stock, trace, folder))
    seen = Installation(**json.loads((folder / "seen.json").read_text()))
    return System(folder / "disk.img", stock.kernel, folder / "initrd.img"), seen


def _install(stock: System, trace: Path, folder: Path) -> None:
    disk = folder / "disk.img"
    run("cp", "--sparse=always", stock.disk, disk)
    with tempfile.TemporaryDirectory(prefix="lab-") as name:
        scratch = Path(name)
        source = scratch / "checkout.tar"
        skip = ("--exclude=__pycache__", "--exclude=.*_cache")
        run("tar", "-c", "-C", ROOT, *skip, "-f", source, *PARTS)
        drive = ["-drive", f"file={source},format=raw,if=none,id=source,readonly=on",
                 "-device", "virtio-blk-pci,drive=source"]  # fmt: skip
        with Machine(stock, scratch, writable(disk), speed=FAST, extra=drive) as machine:
            machine.wait_for_agent()
            seen = _run_installer(machine)
            machine.sh(f"mkdir -p $(dirname {TRACE}) $(dirname {DROP_IN})")
            machine.write(TRACE, trace.read_bytes())
            machine.write(DROP_IN, SERVICE.encode())
            # So that the first start does not compile all that it imports, each time anew.
            machine.sh(f"cd /; LG_WD=/tmp /opt/liftlight/bin/python -c '{_IMPORTS}'")
            machine.sh("systemctl --no-block poweroff")
            if not machine.wait_until_off(OFF_WITHIN_S):
                raise MachineError(f"it did not switch off:\n{machine.serial()[-1000:]}")
    initrd_of(disk, (stock.disk.parent / "kernel").read_text(), folder / "initrd.img")
    (folder / "seen.json").write_text(json.dumps(asdict(seen), indent=1))


_IMPORTS = (
    "import device.cli, device.run, device.status, device.doctor, device.panel.gpio, "
    "gpiozero.pins.lgpio, lgpio, numpy"
)


def _run_installer(machine: Machine) -> Installation:
    machine.sh(f"mkdir -p {CHECKOUT} && tar -x -f /dev/vdb -C {CHECKOUT}")
    machine.sh("touch /run/lab-stamp && sleep 1")
    dry_run = machine.sh(f"{INSTALL} --dry-run")
    changed_by_dry_run = machine.sh(CHANGED)
    began = time.monotonic()
    first = machine.sh(INSTALL, seconds=3600.0)
    first_seconds = time.monotonic() - began
    machine.sh("sleep 1; touch /run/lab-stamp; sleep 1")
    second = machine.sh(INSTALL)
    return Installation(
        dry_run,
        changed_by_dry_run,
        first,
        first_seconds,
        second,
        changed_by_second=machine.sh(CHANGED),
        failed_units=machine.sh("systemctl --failed --no-legend"),
    )
