"""`python -m tools.vendor_uplot`: fetch the plotting library that the report embeds.

uPlot: MIT, 51 kB, no dependencies, draws on canvas. It comes from npm by version and hash. To take
a newer one, change the version and the hashes here, run this, and look at the report's screenshots.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tools.environment import ROOT, ToolError, argument_parser, in_one_line

VERSION = "1.6.32"
SHA256 = {
    "dist/uPlot.iife.min.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
    "dist/uPlot.min.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
    "LICENSE": "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
}
FOLDER = ROOT / "device" / "sync" / "report" / "vendor"


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


@in_one_line
def main() -> int:
    """Write the files, and a note of where they are from; return the exit code."""
    argument_parser("tools.vendor_uplot", __doc__).parse_args()
    files = fetch("uplot", VERSION, SHA256)
    FOLDER.mkdir(exist_ok=True)
    for name, content in files.items():
        (FOLDER / _local(name)).write_bytes(content)
    lines = [f"uPlot {VERSION}, from the npm package `uplot`, MIT (LICENSE). SHA-256:\n"]
    lines += [f"{sha256}  {_local(name)}\n" for name, sha256 in SHA256.items()]
    (FOLDER / "ORIGIN").write_text("".join(lines), encoding="utf-8")
    return 0


def _local(member: str) -> str:
    return Path(member).name


if __name__ == "__main__":
    sys.exit(main())
