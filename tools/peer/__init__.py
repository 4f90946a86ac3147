"""MediaPipe Face Mesh, with which our vision is compared. It is never a dependency.

It lives in an environment of its own, from a lock file, made when a tool first asks for it. It
needs Python 3.11: the last version that has Face Mesh has no wheel for later ones that our lock
file fits.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from pathlib import Path

from tools.environment import ToolError, environment, made, run_module

NAME = "mediapipe"
LOCK = Path(__file__).with_name("requirements.lock")


def peer_is_here() -> bool:
    """Whether the environment was made already, so that using it costs nothing."""
    python = _python()
    return python is not None and made(NAME, LOCK, python) is not None


def peer() -> Path:
    """Return the Python that has MediaPipe, its environment made on first use.

    Raises ToolError if there is no Python 3.11 or MediaPipe cannot be installed.
    """
    python = _python()
    if python is None:
        raise ToolError("MediaPipe needs Python 3.11, and there is none here: install python3.11")
    return environment(NAME, LOCK, python)


def run_in_peer(module: str, *arguments: str) -> str:
    """Run `module` of this repo under MediaPipe's Python and return what it printed.

    Raises ToolError with the last line of its stderr if it fails.
    """
    return run_module(peer(), module, *arguments)


def _python() -> str | None:
    ours = platform.python_version_tuple()[:2] == ("3", "11")
    python = sys.executable if ours else shutil.which("python3.11")
    # The interpreter itself, not a virtual environment around it.
    return python and os.path.realpath(python)
