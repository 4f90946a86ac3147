"""What every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def clips() -> Path:
    """The folder of annotated development clips; they are people's faces and not in the repo."""
    folder = Path(os.environ.get("LIFTLIGHT_CLIPS", ROOT.parent / "shared" / "clips"))
    if not folder.is_dir():
        pytest.skip(f"no clips at {folder}: set LIFTLIGHT_CLIPS to a folder of annotated clips")
    return folder
