"""Debian 13 for 64-bit ARM, from this machine's own package mirror."""

from __future__ import annotations

import subprocess

SUITE = "trixie"
PYTHON = "3.13"

PACKAGES = (
    "systemd-sysv", "udev", "kmod", "dbus", "python3", "python3-venv", "python3-numpy",
    "python3-jinja2", "qemu-guest-agent", "linux-image-arm64",
    "initramfs-tools", "zstd", "e2fsprogs", "dosfstools", "exfatprogs", "fdisk",
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
