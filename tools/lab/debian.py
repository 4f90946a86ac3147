"""Debian 13 for 64-bit ARM: which packages the machine has, and how to get them from this machine's
own package mirror, for the other processor and for this one.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.lab.steps import run

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

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def mirror() -> str:
    """Return the address of this machine's Debian mirror, or Debian's own."""
    said = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages",
         "Component: main", "Origin: Debian"],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    found = [line for line in said.stdout.split() if "security" not in line]
    return found[0] if found else "http://deb.debian.org/debian"


class Archive:
    """The mirror's packages of `SUITE`, to download one by one."""

    def __init__(self, scratch: Path) -> None:
        sources = scratch / "sources"
        (scratch / "lists" / "partial").mkdir(parents=True)
        sources.mkdir()
        (sources / "lab.sources").write_text(
            f"Types: deb\nURIs: {mirror()}\nSuites: {SUITE}\nComponents: main\n"
            f"Architectures: arm64 amd64\nSigned-By: {KEYRING}\n"
        )
        self._options = [
            *("-o", "Dir::Etc::SourceList=/dev/null", "-o", f"Dir::Etc::SourceParts={sources}"),
            *("-o", f"Dir::State::Lists={scratch / 'lists'}", "-o", "Dir::State::status=/dev/null"),
            *("-o", "APT::Architecture=arm64", "-o", "APT::Architectures::=arm64"),
            *("-o", "APT::Architectures::=amd64", "-o", "APT::Sandbox::User=root"),
        ]
        run("apt-get", "--quiet=2", *self._options, "update")

    def download(self, folder: Path, packages: Sequence[str]) -> list[Path]:
        """Put the newest of each package into `folder`; return the files."""
        folder.mkdir(parents=True, exist_ok=True)
        before = set(folder.iterdir())
        subprocess.run(
            ["apt-get", "--quiet=2", *self._options, "download", *packages], check=True, cwd=folder
        )
        return sorted(set(folder.iterdir()) - before)

    def download_for(self, root: Path, folder: Path, packages: Sequence[str]) -> None:
        """Put `packages` into `folder`, with all that they need and the system in `root` lacks."""
        partial = folder / "partial"
        partial.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [
                *("apt-get", "--quiet=2", *self._options),
                *("-o", f"Dir::State::status={root / 'var/lib/dpkg/status'}"),
                *("-o", f"Dir::Cache::archives={folder}", "-o", "Debug::NoLocking=true"),
                *("install", "--download-only", "--yes", "--no-install-recommends", *packages),
            ],
            check=True,
        )
        partial.rmdir()


@contextmanager
def archive() -> Iterator[Archive]:
    """The mirror, for as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="lab-") as scratch:
        yield Archive(Path(scratch))
