"""Boots for maintenance on the installed machine, and `install.sh --uninstall` in the last one."""

from __future__ import annotations

from pathlib import Path

from tools.lab import machine
from tools.lab.installed import FERRIED, READY, lent, ready_system
from tools.lab.machine import Machine, System
from tools.lab.steps import step

_OPEN = """
mount -o remount,rw /boot/firmware
mv /boot/firmware/overlayroot.off /boot/firmware/overlayroot.conf
sync
"""
_STATE = """
findmnt -n -o FSTYPE /
systemctl is-active liftlight || true
ls /boot/firmware | grep overlayroot
ls /run/liftlight-maintenance /etc/forgotten /etc/kept /data/liftlight -d 2>/dev/null || true
"""
_INSTALLER = f"cd {FERRIED} && firmware_config/install.sh"
_STARTED = "systemctl is-system-running --wait || true"


def maintained() -> Path:
    """Return a folder with what was seen, made if need be. Raises NeedError, and says why.

    Of four boots, the second and the last for maintenance: `boot-1` to `boot-4` say how the machine
    stood, `dry-run.log`, `uninstall.log` and `again.log` what the installer said in the last,
    and `left` what of LiftLight was there afterwards.
    """
    system = ready_system()
    return step(
        "maintained",
        [str(system.disk), Path(__file__), Path(machine.__file__)],
        lambda folder: _make(system, folder),
    )


def _make(system: System, folder: Path) -> None:
    disk = lent(system, folder)
    with Machine(system, folder, disk, exact=True, moment=READY) as there:
        there.wait_for_agent()
        _look(there, folder / "boot-1", "touch /etc/forgotten;" + _OPEN)
        there.restart()
        _look(there, folder / "boot-2", "touch /etc/kept")
        there.restart()
        _look(there, folder / "boot-3", _OPEN)
        there.restart()
        _look(there, folder / "boot-4", "true")
        for name, mode in (("dry-run", "--dry-run"), ("uninstall", "--uninstall"),
                           ("again", "--uninstall")):  # fmt: skip
            (folder / f"{name}.log").write_text(there.sh(f"{_INSTALLER} {mode} 2>&1"))
        (folder / "left").write_text(
            there.sh(
                "find / -xdev -path /root -prune -o -name '*liftlight*' -print | sort;"
                "ls -d /data/liftlight"
            )
        )
    (folder / "disk.qcow2").unlink()


def _look(there: Machine, seen: Path, then: str) -> None:
    there.sh(_STARTED)
    seen.write_text(there.sh(_STATE))
    there.sh(then)
