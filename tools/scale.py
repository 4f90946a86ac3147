"""The optional extra `scale`: engines for collections that outgrow one machine's ordinary tools."""

from __future__ import annotations

import sys


def how_to_install() -> str:
    """Return the command that installs the extra, every package by its hash."""
    lock = f"requirements-scale-{sys.version_info[0]}.{sys.version_info[1]}.lock"
    return f"{sys.executable} -m pip install --require-hashes --requirement {lock}"
