"""The guide for the person in bed, printed."""

from __future__ import annotations

import re
from pathlib import Path

from tests.browser.chromium import opened
from tools import guide


def test_the_guide_is_one_page_to_print(tmp_path: Path) -> None:
    paper = tmp_path / "guide.pdf"
    opened(guide.OUT, "--no-pdf-header-footer", f"--print-to-pdf={paper}")
    assert re.findall(rb"/Count (\d+)", paper.read_bytes()) == [b"1"]
