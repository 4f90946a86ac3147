"""HTML pages that a tool writes: one file each, no script, no request, everything escaped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

_STYLE = Path(__file__).with_name("page.css")


def rendered(template: Path, **values: Any) -> str:
    """Return `template` filled in, with the tools' style as `style`."""
    engine = Environment(
        loader=FileSystemLoader(template.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = Markup(_STYLE.read_text(encoding="utf-8"))
    return engine.get_template(template.name).render(style=style, **values)
