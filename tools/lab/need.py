"""What the lab needs of the machine it runs on, and how to get it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from tools.environment import ToolError

PACKAGES = {
    "qemu-system-aarch64": "qemu-system-arm",
    "qemu-img": "qemu-utils",
    "qemu-storage-daemon": "qemu-utils",
    "qemu-aarch64-static": "qemu-user-static binfmt-support",
    "aarch64-linux-gnu-gcc": "gcc-aarch64-linux-gnu libc6-dev-arm64-cross",
    "mmdebstrap": "mmdebstrap",
    "mke2fs": "e2fsprogs",
    "debugfs": "e2fsprogs",
    "e2fsck": "e2fsprogs",
    "fdtput": "device-tree-compiler",
    "mcopy": "mtools",
    "mkfs.vfat": "dosfstools",
    "sfdisk": "fdisk",
    "swig": "swig",
    "depmod": "kmod",
    "unzip": "unzip",
    "dpkg-scanpackages": "dpkg-dev",
    "losetup": "mount",
    "mount": "mount",
}
"""The Debian package of each command that the lab calls."""


class NeedError(ToolError):
    """The lab cannot run here; the one line names what to install or how to start it."""


def need(commands: Sequence[str], *, root: bool = False) -> None:
    """Raise NeedError unless all `commands` are here and, if `root`, we may do everything."""
    missing = sorted({PACKAGES[name] for name in commands if shutil.which(name) is None})
    if missing:
        raise NeedError(f"sudo apt install {' '.join(missing)}")
    if root and os.geteuid() != 0:
        raise NeedError("it mounts disks and makes root file systems: run it as root")


def need_emulation() -> None:
    """Raise NeedError unless the kernel starts programs for 64-bit ARM."""
    kernel = Path("/proc/sys/fs/binfmt_misc")
    if not (kernel / "qemu-aarch64").exists():
        raise NeedError(
            f"the kernel starts no programs for 64-bit ARM: sudo mount -t binfmt_misc none {kernel}"
            " && sudo update-binfmts --enable qemu-aarch64"
        )
