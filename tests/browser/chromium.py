"""The browser of these tests, or a skip that says how to get it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.browser import open_page
from tools.environment import ToolError


def opened(page: Path, *flags: str) -> tuple[str, list[str]]:
    """The page's document once its scripts have run, and what it wrote to the console."""
    try:
        return open_page(page, "--dump-dom", *flags)
    except ToolError as error:
        pytest.skip(str(error))
