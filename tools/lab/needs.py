"""What the lab needs of this computer: all of it at once, and the command that installs it.

`python -m tools.lab needs` says what is missing, and `sudo make lab-needs` installs it on Debian.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.bench.compare import emulator
from tools.environment import ROOT, ToolError, cache_folder
from tools.lab.debian import KEYRING

PACKAGES = {
    "qemu-system-aarch64": "qemu-system-arm",
    "qemu-img": "qemu-utils",
    "qemu-storage-daemon": "qemu-utils",
    "qemu-aarch64-static": "qemu-user-static binfmt-support",
    "update-binfmts": "binfmt-support",
    "aarch64-linux-gnu-gcc": "gcc-aarch64-linux-gnu libc6-dev-arm64-cross",
    "mmdebstrap": "mmdebstrap",
    "mke2fs": "e2fsprogs",
    "debugfs": "e2fsprogs",
    "e2fsck": "e2fsprogs",
    "fdtput": "device-tree-compiler",
    "mcopy": "mtools",
    "mkfs.vfat": "dosfstools",
    "fsck.vfat": "dosfstools",
    "mkfs.exfat": "exfatprogs",
    "fsck.exfat": "exfatprogs",
    "mount.exfat-fuse": "exfat-fuse",
    "fusefat": "fusefat",
    "nbdkit": "nbdkit-plugin-python",
    "sfdisk": "fdisk",
    "swig": "swig",
    "depmod": "kmod",
    "unzip": "unzip",
    "xz": "xz-utils",
    "make": "make",
    "git": "git",
    "dpkg-scanpackages": "dpkg-dev",
    "losetup": "mount",
    "mount": "mount",
}
"""The Debian package of each command that the lab calls."""

EMULATOR_PACKAGES = {
    "gcc": "gcc",
    "ninja": "ninja-build",
    "pkg-config": "pkg-config",
    "dpkg-source": "dpkg-dev",
}
"""The same for what makes the emulator that counts, which is made once."""

GLIB = Path("/usr/include/glib-2.0")
ENSUREPIP = "python3-venv"
BINFMT = Path("/proc/sys/fs/binfmt_misc")
FUSE = Path("/dev/fuse")
MAKE_EMULATOR = ROOT / "tools/bench/aarch64.sh"

DISK_BYTES = 5 << 30
MEMORY_BYTES = 4 << 30
"""What the lab takes. A computer of 4 GB tells of a little less: its kernel has some for itself."""


class NeedError(ToolError):
    """The lab cannot run here; the one line names what to install or how to start it."""


@dataclass(frozen=True, slots=True)
class Need:
    """Something that is missing: `what` it is, and the Debian packages or the command that help.

    With neither, only the person at this computer can help.
    """

    what: str
    packages: tuple[str, ...] = ()
    command: str = ""


def need(commands: Sequence[str], *, root: bool = False) -> None:
    """Raise NeedError unless all `commands` are here and, if `root`, we may do everything."""
    missing = sorted({PACKAGES[name] for name in commands if shutil.which(name) is None})
    if missing:
        raise NeedError(f"sudo apt install {' '.join(missing)}")
    if root and os.geteuid() != 0:
        raise NeedError("it mounts disks and makes root file systems: run it as root")


def need_emulation() -> None:
    """Raise NeedError unless the kernel starts programs for 64-bit ARM."""
    if not _starts_arm_programs():
        raise NeedError(f"the kernel starts no programs for 64-bit ARM: {_start_arm_programs()}")


def missing() -> list[Need]:
    """Return everything that some story of the lab lacks here; empty if all can be told."""
    return list(_missing())


def command_for(needs: Sequence[Need]) -> str:
    """Return the shell command, for root, that meets those of `needs` that a command can meet."""
    packages = sorted({package for one in needs for package in one.packages})
    commands = [one.command for one in needs if one.command]
    if packages:
        commands[:0] = ["apt-get update", f"apt-get install --yes {' '.join(packages)}"]
    return " && ".join(commands)


def install(needs: Sequence[Need]) -> None:
    """Run that command; raises NeedError if it fails."""
    command = command_for(needs)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if command and subprocess.run(["sh", "-c", command], check=False, env=environment).returncode:
        raise NeedError(f"this failed: {command}")


def in_words(needs: Sequence[Need]) -> str:
    """Return what is missing, a line each, and how to get it."""
    if not needs:
        return "The lab has all that it needs here."
    lines = ["The lab lacks here:", *(f"  {one.what}" for one in needs)]
    if command := command_for(needs):
        lines += ["", "On Debian this gets it: sudo make lab-needs", f"It runs: {command}"]
    if any(not one.packages and not one.command for one in needs):
        lines += ["", "The rest is for you to see to."]
    return "\n".join(lines)


def _missing() -> Iterator[Need]:
    if os.geteuid() != 0:
        yield Need("to be root, for it mounts disks and makes root file systems: sudo make lab")
    yield from _commands(PACKAGES)
    if not Path(KEYRING).exists():
        yield Need(f"{KEYRING}, to trust Debian's packages", ("debian-archive-keyring",))
    if not _starts_arm_programs():
        yield Need(
            "a kernel that starts programs for 64-bit ARM (binfmt_misc)",
            command=_start_arm_programs(),
        )
    if not os.access(FUSE, os.W_OK):
        yield Need(f"{FUSE}, to mount sticks", command="modprobe fuse")
    if emulator() is None:
        yield from _commands(EMULATOR_PACKAGES)
        if not GLIB.exists():
            yield Need("GLib's headers, to make the emulator", ("libglib2.0-dev",))
        yield Need(
            "the emulator that counts instructions, made once in ten minutes",
            (ENSUREPIP,),
            f"sh {MAKE_EMULATOR.relative_to(ROOT)}",
        )
    if (free := shutil.disk_usage(cache_folder()).free) < DISK_BYTES:
        yield Need(
            f"{DISK_BYTES >> 30} GB of disk in {cache_folder()}; it has {free / (1 << 30):.1f} GB"
        )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if memory < 0.9 * MEMORY_BYTES:
        yield Need(f"{MEMORY_BYTES >> 30} GB of memory; there are {memory / (1 << 30):.1f} GB")


def _commands(packages: dict[str, str]) -> Iterator[Need]:
    for name, package in packages.items():
        if shutil.which(name) is None:
            yield Need(f"the command {name}", tuple(package.split()))


def _starts_arm_programs() -> bool:
    return (BINFMT / "qemu-aarch64").exists()


def _start_arm_programs() -> str:
    mount = f"mount -t binfmt_misc none {BINFMT}"
    return f"{{ [ -e {BINFMT}/status ] || {mount}; }} && update-binfmts --enable qemu-aarch64"
