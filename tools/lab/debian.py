"""Debian 13 for 64-bit ARM, from this machine's own package mirror."""

from __future__ import annotations

import subprocess
from pathlib import Path

SUITE = "trixie"

PACKAGES = (
    "systemd-sysv", "udev", "kmod", "dbus", "python3", "python3-venv", "python3-numpy",
    "python3-jinja2", "qemu-guest-agent", "linux-image-arm64",
    "initramfs-tools", "e2fsprogs", "dosfstools", "exfatprogs", "fdisk",
)  # fmt: skip
"""What stands for Raspberry Pi OS Lite; the rest is in an archive on the machine itself."""

DRIVERS = (
    "block", "virtio", "char", "gpio", "usb", "scsi", "media", "rtc", "watchdog",
)  # fmt: skip
INITRAMFS = ("virtio_pci", "virtio_blk", "ext4")


def mirror() -> str:
    """Return the address of this machine's Debian mirror, or Debian's own."""
    said = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages",
         "Component: main", "Origin: Debian"],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    found = [line for line in said.stdout.split() if "security" not in line]
    return found[0] if found else "http://deb.debian.org/debian"


def bootstrap(folder: Path) -> None:
    """Make a root file system with `PACKAGES` in `folder`, and only the drivers that it needs.

    Nothing is compiled to bytecode, and there are no certificates: emulated, each would take
    longer than all the rest.
    """
    kernel = "/usr/lib/modules/*/kernel"
    left_out = [
        *(f"/usr/share/{name}/*" for name in ("man", "doc", "locale", "i18n")),
        *(f"{kernel}/{name}/*" for name in ("drivers", "sound", "net")),
        "/usr/bin/py3compile",
        "/usr/share/ca-certificates/*",
    ]
    modules = "\\n".join((*INITRAMFS, ""))
    subprocess.run(
        [
            "mmdebstrap",
            "--quiet",
            "--variant=apt",
            "--architectures=arm64",
            '--aptopt=APT::Install-Recommends "false"',
            *(f"--dpkgopt=path-exclude={path}" for path in left_out),
            *(f"--dpkgopt=path-include={kernel}/drivers/{name}/*" for name in DRIVERS),
            "--essential-hook=mkdir -p $1/etc/initramfs-tools/conf.d",
            "--essential-hook=echo MODULES=list > $1/etc/initramfs-tools/conf.d/lab",
            f"--essential-hook=printf '{modules}' > $1/etc/initramfs-tools/modules",
            f"--include={','.join(PACKAGES)}",
            SUITE,
            folder,
            mirror(),
        ],
        check=True,
    )
