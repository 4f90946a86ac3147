"""The languages in which a person is spoken to, and texts that wait to be said in one of them.

What stands on the stick and in the guide is for the person, in the language of their settings; what
stands in a terminal is for whoever builds or keeps the device, in English. The catalogues are those
of gettext, kept by `python -m tools.translate`; English is in the code itself.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable
from pathlib import Path
from typing import Self

ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "de": "Deutsch", "es": "Español", "fr": "Français"}
"""Each language's code (ISO 639-1), and its name in itself."""

DOMAIN = "liftlight"
LOCALE = Path(__file__).with_name("locale")
"""Where the device's own catalogues lie."""


def N_(text: str) -> str:  # noqa: N802  (gettext's own name for it)
    """Return `text` as it is: it is marked, to be translated where it is said."""
    return text


class Told(str):
    """A text with values in it, in English, which can still be said in another language::

        told = Told("{free} MB free", free=512)
        str(told)                       # "512 MB free"
        told.said(catalogue.gettext)    # "512 MB frei"

    A value that is itself marked or `Told` is translated too.
    """

    __slots__ = ("template", "values")

    template: str
    values: dict[str, object]

    def __new__(cls, template: str, **values: object) -> Self:
        """Return `template` with `values` in the places that it names in braces."""
        told = super().__new__(cls, template.format(**values))
        told.template, told.values = template, values
        return told

    def said(self, translate: Callable[[str], str]) -> str:
        """Return the text as `translate` says it."""
        values = {name: say(value, translate) for name, value in self.values.items()}
        return translate(self.template).format(**values)


def say(text: object, translate: Callable[[str], str]) -> object:
    """Return `text` as `translate` says it if it is a text, and anything else as it is."""
    if isinstance(text, Told):
        return text.said(translate)
    # gettext answers an empty text with the catalogue's own header.
    return translate(text) if isinstance(text, str) and text else text


def translations(
    language: str, domain: str = DOMAIN, folder: Path = LOCALE
) -> gettext.NullTranslations:
    """Return the catalogue of `language`, one of LANGUAGES; that of English changes nothing.

    Raises FileNotFoundError if `folder` has no catalogue of that `domain`.
    """
    if language == ENGLISH:
        return gettext.NullTranslations()
    return gettext.translation(domain, folder, [language])
