"""`install.sh --make-room` on a card that root fills, and the boot after it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tools.environment import ROOT
from tools.lab import stock
from tools.lab.installed import FERRIED, ferry, fetch_checkout, front, send_initrd
from tools.lab.machine import Machine, System
from tools.lab.steps import step

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
        lambda folder: _make(before, folder),
    )  # fmt: skip


def _make(system: System, folder: Path) -> None:
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
