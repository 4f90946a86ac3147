"""Boots that the installer brings about: for maintenance, and to make room for the data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tools.environment import ROOT
from tools.lab import machine, stock
from tools.lab.installed import (
    FERRIED,
    READY,
    ferry,
    fetch_checkout,
    front,
    lent,
    ready_system,
    send_initrd,
)
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

_FILL = """
set -e
wipefs --quiet --all /dev/vda3
sfdisk --quiet --no-reread --force --delete /dev/vda 3
# udev looks at both again, and what is looked at cannot go.
udevadm settle
partx --delete --nr 3 /dev/vda
echo ,+ | sfdisk --quiet --no-reread --force -N 2 /dev/vda
partx --update --nr 2 /dev/vda
resize2fs /dev/vda2 2>&1
"""
_TABLE = "sfdisk --json /dev/vda"
_LABELS = "udevadm settle; blkid -s LABEL -o value /dev/vda1 /dev/vda2 /dev/vda3 || true"


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
        lambda folder: _maintain(system, folder),
    )


def _maintain(system: System, folder: Path) -> None:
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


def room_made() -> Path:
    """Return a folder with what was seen, made if need be. Raises NeedError, and says why.

    `before.json` and `after.json` are the card's partition tables, `labels` those of its file
    systems at the end, `said.log` the installer's words.
    """
    before = stock.stock_system()
    return step(
        "room",
        [Path(__file__), before.disk.parent.name, *(
            ROOT / "firmware_config" / name for name in ("install.sh", "make_room")
        )],
        lambda folder: _make_room(before, folder),
    )  # fmt: skip


def _make_room(system: System, folder: Path) -> None:
    disk = folder / "disk.qcow2"
    card = front(system.disk, "raw", disk)
    with ferry(folder) as (image, drive):
        with Machine(system, folder, card, more=drive) as there:
            there.wait_for_agent()
            there.sh(_FILL)
            (folder / "before.json").write_text(there.sh(_TABLE))
            fetch_checkout(there)
            said = there.sh(f"cd {FERRIED} && firmware_config/install.sh --make-room 2>&1")
            (folder / "said.log").write_text(said)
            send_initrd(there)
            there.switch_off()
        initrd = image.bring_back("initrd.img", folder)
    with Machine(replace(system, initrd=initrd), folder, card) as there:
        there.wait_for_agent()
        (folder / "after.json").write_text(there.sh(_TABLE))
        (folder / "labels").write_text(there.sh(_LABELS))
        log = "cat /run/initramfs/liftlight-room.log"
        (folder / "said.log").write_text(said + there.sh(f"{log}; dmesg | grep -c EXT4-fs.error"
                                                         " || true"))  # fmt: skip
    disk.unlink()
