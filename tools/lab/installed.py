"""The machine after `install.sh` and its next start: LiftLight is ready, and the moment is kept."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.environment import ROOT
from tools.lab import machine, stock
from tools.lab.machine import Machine, System
from tools.lab.steps import run, step

SHIPPED = ("device", "models", "firmware_config", "pyproject.toml", "README.md", "LICENSE")
"""What of a checkout `install.sh` reads."""
FERRY_BYTES = 256 << 20
FERRIED = "/root/liftlight"
"""Where a checkout is put in the machine."""
READY = "ready"
"""The moment at which LiftLight has just said that it is ready."""
INSTALL_S = 3600.0

_FILES = """
list() { find / -xdev -type f ! -path '/var/log/*' ! -path '/root/*' ! -path '/tmp/*' \
  -printf '%p %T@ %s\\n' | sort; }
"""
_STOCK = """
uname -m
od -A n -t x1 /proc/device-tree/system/linux,revision
blkid -s LABEL -o value /dev/vda1 /dev/vda2 /dev/vda3
ls -d /sys/devices/platform/gpio-sim.0/gpiochip0/sim_gpio* | wc -l
"""
"""What the machine is before anything is installed."""
_COMPILE = """
cd /usr/lib/python3/dist-packages
device=/opt/liftlight/lib/python3*/site-packages/device
python3 -m compileall -q gpiozero colorzero lgpio.py $device
"""
"""Compiles to bytecode what LiftLight starts. On a Pi apt and pip compile all that they install;
here they are kept from it, as it takes long in an emulator."""
_STARTED = """
timeout 120 sh -c 'until systemctl is-active --quiet liftlight; do sleep 1; done' || {
  journalctl -b -u liftlight --no-pager | tail -n 30 >&2
  exit 1
}
systemctl is-system-running --wait || true
# Until what it sounds then is over.
sleep 5
"""


def installed_system() -> tuple[System, Path]:
    """Return the machine with LiftLight on it, and the folder with what `install.sh` said.

    Made if need be. Raises NeedError, and says why. The folder holds `stock`, which says what the
    machine was before, `first.log` and `second.log` of the two runs, and `changed.log`: the files
    that the second one touched.
    """
    before = stock.stock_system()
    folder = step(
        "installed",
        [Path(__file__), before.disk.parent.name, *_what_counts()],
        lambda folder: _install(before, folder),
    )
    return System(folder / "disk.qcow2", before.kernel, folder / "initrd.img"), folder


def ready_system() -> System:
    """Return the machine whose disk holds the moment `READY`, for an exact machine to go on from.

    The disk is not to be written to: see `lent`.
    """
    system, installed = installed_system()
    folder = step(
        "ready",
        [str(installed), Path(machine.__file__)],
        lambda folder: _start(system, folder),
    )
    return System(folder / "disk.qcow2", system.kernel, system.initrd)


def lent(system: System, folder: Path) -> list[str]:
    """Return QEMU's description of a copy of a system's disk, with its saved moments.

    A new front of the disk (`front`) would have none of them.
    """
    copy = folder / "disk.qcow2"
    run("cp", "--sparse=always", "--reflink=auto", system.disk, copy)
    return _drive(copy)


def front(back: Path, kind: str, disk: Path) -> list[str]:
    """Return QEMU's description of a disk that begins as `back` and keeps its writes in `disk`."""
    run("qemu-img", "create", "-q", "-f", "qcow2", "-b", back, "-F", kind, disk)
    return _drive(disk)


@dataclass(frozen=True, slots=True)
class Ferry:
    """A disk of its own that carries files to a machine and back."""

    image: Path

    def bring_back(self, name: str, folder: Path) -> Path:
        """Take a file that the machine left on it."""
        run("debugfs", "-R", f"dump /{name} {folder / name}", self.image)
        return folder / name


@contextmanager
def ferry(folder: Path) -> Iterator[tuple[Ferry, list[str]]]:
    """A ferry with a checkout on board, and QEMU's description of it."""
    image = folder / "ferry.img"
    with tempfile.TemporaryDirectory(prefix="lab-") as scratch:
        _checkout(Path(scratch))
        run("mke2fs", "-q", "-t", "ext4", "-L", "ferry", "-d", scratch, image,
            f"{FERRY_BYTES >> 10}k")  # fmt: skip
    try:
        yield (
            Ferry(image),
            ["-drive", f"file={image},format=raw,if=none,id=ferry,cache=unsafe",
             "-device", "virtio-blk-pci,drive=ferry"],
        )  # fmt: skip
    finally:
        image.unlink()


def fetch_checkout(there: Machine) -> None:
    """Let the machine copy the checkout from its ferry."""
    there.sh(f"mount LABEL=ferry /mnt && cp -r /mnt/liftlight {FERRIED}")


def send_initrd(there: Machine) -> None:
    """Let the machine put its new initramfs on the ferry: the lab's QEMU starts from that."""
    there.sh("cp /boot/initrd.img-* /mnt/initrd.img && umount /mnt")


def _install(system: System, folder: Path) -> None:
    """Bring a checkout to the machine, run the installer twice, bring the new initramfs back."""
    card = front(system.disk, "raw", folder / "disk.qcow2")
    with ferry(folder) as (image, drive):
        with Machine(system, folder, card, more=drive) as there:
            there.wait_for_agent()
            (folder / "stock").write_text(there.sh(_STOCK))
            fetch_checkout(there)
            install = f"cd {FERRIED} && firmware_config/install.sh 2>&1"
            (folder / "first.log").write_text(there.sh(install, seconds=INSTALL_S))
            there.sh(f"{_FILES} list > /tmp/before")
            (folder / "second.log").write_text(there.sh(install, seconds=INSTALL_S))
            changed = f"{_FILES} list > /tmp/after; diff /tmp/before /tmp/after || true"
            (folder / "changed.log").write_text(there.sh(changed))
            there.sh(_COMPILE)
            send_initrd(there)
            there.switch_off()
        image.bring_back("initrd.img", folder)


def _start(system: System, folder: Path) -> None:
    card = front(system.disk, "qcow2", folder / "disk.qcow2")
    with Machine(system, folder, card, exact=True) as there:
        there.wait_for_agent()
        there.sh(_STARTED)
        there.save(READY)


def _drive(disk: Path) -> list[str]:
    return ["-drive", f"file={disk},format=qcow2,if=none,id=disk,cache=unsafe"]


def _shipped() -> list[str]:
    """Return the files of `SHIPPED` that git would clone."""
    said = run("git", "-C", ROOT, "ls-files", "--cached", "-z", *SHIPPED)
    return [name for name in said.split("\0") if name]


def _what_counts() -> Iterator[str | Path]:
    """Yield name and path of each file on which the machine depends: of `SHIPPED` all but pages."""
    for name in _shipped():
        if not name.endswith(".md"):
            yield from (name, ROOT / name)


def _checkout(tree: Path) -> None:
    """Copy the files of `SHIPPED` into `tree`/liftlight."""
    place = tree / "liftlight"
    for name in _shipped():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        run("cp", ROOT / name, place / name)
