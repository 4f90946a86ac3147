"""The browser of these tests, or a skip that says how to get it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tools.browser import open_page
from tools.environment import ToolError, cache_folder
from tools.vendor_uplot import fetch

AXE_VERSION = "4.14.1"
AXE_SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"

# A headless window cannot be as narrow as a phone, but a frame in it can.
PHONE = """
<iframe src="{page}" style="width: 360px; height: 800px"></iframe>
<script>
addEventListener("message", (told) => {{
  const note = document.createElement("pre");
  note.id = "seen"; note.textContent = told.data; document.body.append(note);
}});
</script>
"""


def opened(page: Path, *flags: str) -> tuple[str, list[str]]:
    """The page's document once its scripts have run, and what it wrote to the console."""
    try:
        return open_page(page, "--dump-dom", *flags)
    except ToolError as error:
        pytest.skip(str(error))


def axe() -> str:
    """The script of axe-core, which finds what keeps people out of a page, or a skip."""
    if shutil.which("npm") is None:
        pytest.skip("no npm here to fetch axe-core with: apt-get install npm")
    kept = cache_folder() / f"axe-{AXE_VERSION}.min.js"
    if not kept.exists():
        try:
            files = fetch("axe-core", AXE_VERSION, {"axe.min.js": AXE_SHA256})
        except ToolError as error:
            pytest.skip(f"axe-core cannot be had here: {error}")
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(files["axe.min.js"])
    return f"<script>{kept.read_text(encoding='utf-8')}</script>"
