"""The mirror's Debian packages, for the other processor and for this one."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.lab.debian import SUITE, mirror
from tools.lab.logged_disk import run

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


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
