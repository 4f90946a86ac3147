"""`python -m tools.vendor_uplot`: fetch the plotting library that the report embeds.

uPlot: MIT, 51 kB, no dependencies, draws on canvas. To take a newer one, change the version and
the hashes here, run this, and look at the report's screenshots.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tools.environment import ROOT, in_one_line
from tools.npm import fetch

VERSION = "1.6.32"
SHA256 = {
    "dist/uPlot.iife.min.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
    "dist/uPlot.min.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
    "LICENSE": "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
}
FOLDER = ROOT / "device" / "sync" / "report" / "vendor"


@in_one_line
def main() -> int:
    """Write the files, and a note of where they are from; return the exit code."""
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
