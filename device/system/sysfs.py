"""What the kernel says in a file under /sys."""

from __future__ import annotations

from pathlib import Path


def text_of(path: Path) -> str | None:
    """Return what a file says, without the line's end; None if it cannot be read."""
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return None


def number_of(path: Path) -> int | None:
    """Return the whole number that a file says; None if it says none or cannot be read."""
    text = text_of(path)
    try:
        return None if text is None else int(text)
    except ValueError:
        return None
