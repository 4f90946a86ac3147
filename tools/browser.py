"""A headless Chromium that opens one file, without Node.js or a driver."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from tools.environment import ToolError

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--enable-logging=stderr",
    "--virtual-time-budget=5000",
)
_WITHIN_S = 180.0


def open_page(page: Path, *flags: str) -> tuple[str, list[str]]:
    """Open a file; return what Chromium printed, and what the page wrote to its console.

    `--dump-dom` prints the document once its scripts have run, `--screenshot=FILE` draws it.
    Raises ToolError if there is no Chromium.
    """
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise ToolError("no Chromium here: apt-get install chromium")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        done = subprocess.run(
            [found, *_FLAGS, f"--user-data-dir={profile}", *flags, page.as_uri()],
            capture_output=True,
            text=True,
            timeout=_WITHIN_S,
            check=False,
        )
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]
