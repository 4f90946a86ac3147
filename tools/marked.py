"""Parts of a document that a command writes, between two marks, so that they cannot drift."""

from __future__ import annotations

from pathlib import Path

from device.errors import LiftLightError


def rewrite(document: Path, name: str, command: str, text: str) -> None:
    """Put `text` between the marks of the part `name`, which `command` writes.

    Raises LiftLightError if the document has no such part.
    """
    begin, end = f"<!-- {name}: begin ({command}) -->\n", f"<!-- {name}: end -->"
    before, found, rest = document.read_text(encoding="utf-8").partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise LiftLightError(f"{document} has no part marked {begin.strip()}: put the marks back")
    document.write_text(f"{before}{begin}{text.rstrip()}\n{end}{after}", encoding="utf-8")
