"""A stock machine: Debian 13 with what a Raspberry Pi's card has, waiting for `install.sh`."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from tools.environment import ROOT
from tools.lab import bootstrap, debian, parts
from tools.lab.machine import PARTITION, System
from tools.lab.needs import need, need_emulation
from tools.lab.steps import run, step

HERE = Path(__file__).parent
GUEST = HERE / "guest"
"""Files of the lab's own in the machine, path for path."""
SESSION = ROOT / "tests/lab/session.csv"
"""What LiftLight will see in it."""

MIB = 1 << 20
BOOT = (4 * MIB, 64 * MIB)
SYSTEM = (68 * MIB, 3072 * MIB)
DATA = (3140 * MIB, 64 * MIB)
"""Where each partition begins on the card, and how long it is."""
DISK_BYTES = 3208 * MIB
SECTOR = 512

NEEDED = (
    "qemu-aarch64-static", "qemu-system-aarch64", "qemu-img", "mke2fs", "debugfs",
    "mkfs.vfat", "mcopy", "sfdisk", "fdtput", "depmod", "unzip", "swig", "aarch64-linux-gnu-gcc",
    "dpkg-scanpackages",
)  # fmt: skip


def stock_system() -> System:
    """Return the machine before LiftLight, made if need be. Raises NeedError, and says why."""
    need(NEEDED, root=True)
    need_emulation()
    root = (
        step("debian", [Path(str(module.__file__)) for module in (bootstrap, debian)], _bootstrap)
        / "root"
    )
    extra = step(
        "parts",
        [Path(str(parts.__file__)), parts.BLIND, str(root), *sorted(parts.FIRMWARE.glob("*.lock"))],
        lambda folder: parts.make_parts(folder, root, _kernel(root)),
    )
    disk = step(
        "stock",
        [Path(__file__), GUEST, SESSION, str(extra)],
        lambda folder: _card(folder, root, extra),
    )
    return System(disk / "disk.img", disk / "vmlinuz", disk / "initrd.img")


def _bootstrap(folder: Path) -> None:
    bootstrap.bootstrap(folder / "root")


def _kernel(root: Path) -> str:
    return next((root / "usr/lib/modules").iterdir()).name


def _card(folder: Path, root: Path, extra: Path) -> None:
    """Make a card with the three partitions; the data one is empty, as its owner made it."""
    kernel = _kernel(root)
    disk = folder / "disk.img"
    with disk.open("wb") as file:
        file.truncate(DISK_BYTES)
    table = f"label: dos\nlabel-id: 0x{PARTITION}\n" + "".join(
        f"start={start // SECTOR}, size={size // SECTOR}, type={kind}\n"
        for (start, size), kind in ((BOOT, "c"), (SYSTEM, "83"), (DATA, "83"))
    )
    subprocess.run(["sfdisk", "--quiet", disk], input=table, text=True, check=True)
    fat = ["-F", "16", "-s", "4", "-n", "bootfs", f"--offset={BOOT[0] // SECTOR}"]
    run("mkfs.vfat", *fat, disk, str(BOOT[1] // 1024))
    config = folder / "config.txt"
    config.write_text("# For more options\nauto_initramfs=1\ndtparam=audio=on\n[all]\n")
    run("mcopy", "-i", f"{disk}@@{BOOT[0]}", config, "::/")
    _ext4(disk, DATA, "LIFTLIGHT")
    with tempfile.TemporaryDirectory(prefix="lab-") as scratch:
        upper, work, merged = (Path(scratch) / name for name in ("upper", "work", "merged"))
        for path in (upper, work, merged):
            path.mkdir()
        layers = f"lowerdir={root},upperdir={upper},workdir={work}"
        run("mount", "-t", "overlay", "-o", layers, "overlay", merged)
        try:
            _furnish(merged, extra, kernel)
            _ext4(disk, SYSTEM, "rootfs", merged)
        finally:
            run("umount", merged)
    for name in ("vmlinuz", "initrd.img"):
        run("cp", root / f"boot/{name}-{kernel}", folder / name)
    (folder / "kernel").write_text(kernel)


def _furnish(root: Path, extra: Path, kernel: str) -> None:
    run("cp", "-r", "--no-preserve=ownership", f"{GUEST}/.", root)
    run("cp", SESSION, root / "srv/session.csv")
    for name in ("packages", "wheels"):
        run("cp", "-r", extra / name, root / "srv" / name)
    (root / "etc/apt/sources.list").unlink(missing_ok=True)
    run("install", "-D", extra / "gpio-sim.ko",
        root / f"usr/lib/modules/{kernel}/updates/gpio-sim.ko")  # fmt: skip
    run("depmod", "--basedir", root, kernel)
    wants = root / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True, exist_ok=True)
    (wants / "lab-gpio.service").symlink_to("/etc/systemd/system/lab-gpio.service")
    (root / "boot/firmware").mkdir(exist_ok=True)


def _ext4(disk: Path, place: tuple[int, int], label: str, content: Path | None = None) -> None:
    start, size = place
    filled = ("-d", content) if content else ()
    run("mke2fs", "-q", "-t", "ext4", "-L", label, *filled, "-E", f"offset={start}", disk,
        f"{size // 1024}k")  # fmt: skip
