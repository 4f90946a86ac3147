"""`python -m tools.translate`: the catalogues of all that a person reads in another language.

Collects every marked text anew (Babel finds them in the code and in the page's template), brings
the catalogues (.po) up to date, and compiles them to what the device reads (.mo). What is new is
then empty in the catalogues: write it there and run this again. What is not said any more goes.
With --check nothing is written; what is missing or stale is named, and the exit code is 1.
"""

from __future__ import annotations

import string
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from device.language import DOMAIN, ENGLISH, LANGUAGES, LOCALE
from tools.environment import ROOT, argument_parser
from tools.guide import page

_METHODS = [("**.py", "python"), ("**.html", "jinja2")]
_OPTIONS = {"**.html": {"newstyle_gettext": "true"}}
_KEYWORDS: dict[str, Any] = {
    "_": None,  # None: the first argument
    "N_": None,
    "Told": None,
    "gettext": None,
    "_n": (1, 2),
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Domain:
    """Texts that share a catalogue: its name, the folder they are in, and that of catalogues.

    `more` are single files in which there are others.
    """

    name: str
    source: Path
    locale: Path
    more: tuple[Path, ...] = ()

    def po(self, language: str) -> Path:
        """Return the file in which the texts of a language are written."""
        return self.locale / language / "LC_MESSAGES" / f"{self.name}.po"


DOMAINS = (
    Domain(DOMAIN, ROOT / "device", LOCALE),
    Domain(page.DOMAIN, ROOT / "tools" / "guide", page.LOCALE, (ROOT / "tools" / "stand.py",)),
)
OTHERS = tuple(language for language in LANGUAGES if language != ENGLISH)
"""The languages that have a catalogue; English is in the code."""


def main(arguments: list[str] | None = None) -> int:
    """Bring all catalogues up to date, or check that they are; return the exit code."""
    parser = argument_parser("tools.translate", __doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; name what is missing or stale"
    )
    options = parser.parse_args(arguments)
    complaints: list[str] = []
    for domain in DOMAINS:
        wanted = collected(domain)
        for language in OTHERS:
            if not options.check:
                bring_up_to_date(domain, language, wanted)
            complaints += check(domain, language, wanted)
    sys.stdout.writelines(f"{complaint}\n" for complaint in complaints)
    return 1 if complaints else 0


def collected(domain: Domain) -> Catalog:
    """Return every marked text of a domain, without translations."""
    catalog = Catalog(project="LiftLight", fuzzy=False)
    found = [
        (file, text, context)
        for file, _, text, _, context in extract_from_dir(
            domain.source, _METHODS, _OPTIONS, _KEYWORDS
        )
    ]
    found += [
        (path.name, text, context)
        for path in domain.more
        for _, text, _, context in extract_from_file("python", path, _KEYWORDS)
    ]
    for file, text, context in found:
        # Without line numbers, a catalogue changes only where a text does.
        catalog.add(text, None, [(file, None)], context=context)  # type: ignore[list-item]
    return catalog


def bring_up_to_date(domain: Domain, language: str, wanted: Catalog) -> None:
    """Write the catalogue of a language anew: what it had, and what is wanted; and compile it."""
    path = domain.po(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    catalog = read(path, language) if path.exists() else Catalog(language, project="LiftLight")
    # Near is not right: a text that changed is translated again.
    catalog.update(wanted, no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    with path.open("wb") as file:
        write_po(file, catalog, width=_WIDTH, sort_by_file=True, include_lineno=False)
    path.with_suffix(".mo").write_bytes(compiled(read(path, language)))


def check(domain: Domain, language: str, wanted: Catalog) -> Iterator[str]:
    """Yield what is wrong with the catalogue of a language, a line each."""
    path = domain.po(language)
    if not path.exists():
        yield f"{path.relative_to(ROOT)}: there is none. Run python -m tools.translate."
        return
    catalog = read(path, language)
    where = path.relative_to(ROOT)
    asked = {(message.context, message.id) for message in wanted if message.id}
    there = {(message.context, message.id) for message in catalog if message.id}
    for _, text in sorted(asked - there, key=str):
        yield f"{where}: knows nothing of {text!r}. Run python -m tools.translate."
    for _, text in sorted(there - asked, key=str):
        yield f"{where}: has {text!r}, which nobody says. Run python -m tools.translate."
    for message in catalog:
        if message.id:
            yield from (f"{where}: {wrong}" for wrong in _wrong(message))
    binary = path.with_suffix(".mo")
    if not binary.exists() or binary.read_bytes() != compiled(catalog):
        yield f"{binary.relative_to(ROOT)}: is older. Run python -m tools.translate."


def _wrong(message: Message) -> Iterator[str]:
    """Yield what is wrong with one translation."""
    ids = (message.id,) if isinstance(message.id, str) else message.id
    said = (message.string,) if isinstance(message.string, str) else message.string or ("",)
    if message.fuzzy:
        yield f"{ids[0]!r} is marked as uncertain"
    if not all(said):
        yield f"{ids[0]!r} is not translated"
        return
    for one in said:
        if not any(_places(one) == _places(text) for text in ids):
            yield f"{one!r} has other values in it than {ids[0]!r}"


def _places(text: str) -> set[str]:
    """Return what a text leaves open: names in braces, and after a per cent sign in brackets."""
    named = {part.split(")")[0] for part in text.split("%(")[1:]}
    try:
        return named | {name for _, name, _, _ in string.Formatter().parse(text) if name}
    except ValueError:
        return named


def read(path: Path, language: str) -> Catalog:
    """Return the catalogue in a file."""
    with path.open("rb") as file:
        return read_po(file, language)


def compiled(catalog: Catalog) -> bytes:
    """Return a catalogue as gettext reads it."""
    file = BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


if __name__ == "__main__":
    sys.exit(main())
