"""What tools write: parts of Markdown documents, HTML pages, JSON files.

A part of a document that a command writes stands between two marks, so that it cannot drift from
what the command says: `<!-- NAME: the command that writes it -->`, the part, and
`<!-- end of NAME -->`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from device.files import STDOUT, text_file
from tools.environment import ToolError

_STYLE = Path(__file__).with_name("page.css")


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
    """Write `parts` into `document` and print its path; return a command's exit code."""
    document.write_text(updated(document, parts), encoding="utf-8")
    print(document)
    return 0


def row(cells: Sequence[str]) -> str:
    """Return a row of a table in Markdown."""
    return f"| {' | '.join(cells)} |"


def head(cells: Sequence[str]) -> list[str]:
    """Return the two rows that begin a table in Markdown: its head, and the rule below."""
    return [row(cells), row(["---"] * len(cells))]


def html_page(template: Path, **values: Any) -> str:
    """Return the Jinja `template` filled in, with the tools' stylesheet as `style`.

    Every value is escaped. The pages are one file each and request nothing.
    """
    engine = Environment(
        loader=FileSystemLoader(template.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = Markup(_STYLE.read_text(encoding="utf-8"))
    return engine.get_template(template.name).render(style=style, **values)


def write_json(path: Path, data: object) -> None:
    """Write `data` to `path` as JSON, whole or not at all, or to stdout if it is `STDOUT`.

    Raises CallerError as `text_file` does.
    """
    with text_file(path) as file:
        file.write(as_json(data))


def as_json(data: object) -> str:
    """Return the text of a JSON file that holds `data`."""
    return json.dumps(data, indent=1) + "\n"


def console(*outputs: Path | None) -> TextIO:
    """Return where a command prints: stdout, or stderr if stdout is one of its `outputs`.

    What is piped into another program is then the output alone.
    """
    return sys.stderr if STDOUT in outputs else sys.stdout
