"""Parts of a document that a command writes, between two marks, so that they cannot drift.

A part looks like this: `<!-- NAME: the command that writes it -->`, its text, and
`<!-- end of NAME -->`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tools.environment import ToolError


def replaced(text: str, name: str, part: str) -> str:
    """Return the document `text` with `part` between the marks of `name`.

    Raises ToolError if the document has no such marks.
    """
    before, start, rest = text.partition(f"<!-- {name}: ")
    command, close, rest = rest.partition(" -->\n")
    _, end, after = rest.partition(f"<!-- end of {name} -->")
    if not (start and close and end):
        raise ToolError(f"a document has no marks for its part `{name}`: put them back")
    return f"{before}{start}{command}{close}{part.rstrip()}\n{end}{after}"


def rewrite(document: Path, name: str, part: str) -> None:
    """Write `part` into `document`, as `replaced` does."""
    text = document.read_text(encoding="utf-8")
    document.write_text(replaced(text, name, part), encoding="utf-8")


def updated(document: Path, parts: Mapping[str, Callable[[], str]]) -> str:
    """Return the text of `document` with each of `parts` made anew, by the name of its marks."""
    text = document.read_text(encoding="utf-8")
    for name, make in parts.items():
        text = replaced(text, name, make())
    return text


def bring_up_to_date(document: Path, parts: Mapping[str, Callable[[], str]]) -> int:
    """Write `parts` into `document` and say so: the whole of a command; returns its exit code."""
    document.write_text(updated(document, parts), encoding="utf-8")
    print(document)
    return 0
