"""Settings: what a person may change, in one small TOML file, with bounds and units.

Everything has a default that is right for most bedrooms, so the file may be missing. A mistake in
it is an error that names the file, the key and the cure; nothing is guessed.
"""

from __future__ import annotations

import codecs
import dataclasses
import difflib
import reprlib
import stat
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from device.coach import button
from device.errors import CallerError
from device.language import ENGLISH, LANGUAGES, N_, Told
from device.panel import PinError, Pins

_T = TypeVar("_T")

SETTINGS = "settings.toml"
"""The file's name, in the data folder."""

LARGEST_BYTES = 64 * 1024
"""A settings file is a page of text; anything larger is something else."""

# Byte order marks with which Windows begins a text file: Notepad, and PowerShell's `>`.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_LONGEST_NUMBER = 10**18
_LONGEST_TEXT = 120
"""How many characters of a file a message repeats."""


class SettingsError(CallerError):
    """The settings file cannot be used; the message names the file, the key and the cure."""


def _setting(default: object, about: str, **what: object) -> Any:
    """Return a field with what the file on a stick says about it, in a few words with the unit.

    `what` is `low` and `high` of a number, or the `choices` of a text.
    """
    return field(default=default, metadata={"about": about, **what})


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """How long a session may become; never longer than the exercise allows."""

    reps: int = _setting(10, "repetitions of a session", low=3, high=10)
    """Repetitions after which a session is done."""


@dataclass(frozen=True, slots=True)
class PanelSettings:
    """How the panel uses light and sound."""

    quiet: bool = _setting(False, "true for light only, without sound")
    """Start in quiet mode: light only. Three presses of the button change it at any time."""
    brightness: float = _setting(1.0, "of what the lights can", low=0.05, high=1.0)
    """How bright the lights get, as a share of what they can. The resistors already dim them."""


@dataclass(frozen=True, slots=True)
class ButtonSettings:
    """How the button understands hands that are slow or shake."""

    join_within: float = _setting(
        button.AGAIN_S, "seconds between the presses of a double press", low=0.4, high=1.2
    )
    """A press that begins within so many seconds after a release belongs to it: press twice, press
    three times. A single press is answered so much later where others have a meaning too."""
    shortest_press: float = _setting(
        0.02, "seconds; shorter is no press: for a hand that trembles", low=0.02, high=0.3
    )
    """A press or a release that lasts less than so many seconds is none. A hand that trembles four
    to twelve times a second lets go for 0.04 to 0.13 s."""


@dataclass(frozen=True, slots=True)
class TextSettings:
    """How the person is spoken to, in all that lies on a stick."""

    language: str = _setting(ENGLISH, "of all that is on the stick", choices=tuple(LANGUAGES))
    """The language of the report, of health.txt and of the notes beside them."""


@dataclass(frozen=True, slots=True)
class TraceSettings:
    """Whether traces are kept: the lift signal of each session as numbers, never as pictures."""

    keep: bool = _setting(False, "true to keep how each lift went, as numbers, never pictures")
    """Keep one trace file for each session, beside the journal."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings; each attribute is a table of the file."""

    session: SessionSettings = field(default_factory=SessionSettings)
    panel: PanelSettings = field(default_factory=PanelSettings)
    button: ButtonSettings = field(default_factory=ButtonSettings)
    text: TextSettings = field(default_factory=TextSettings)
    trace: TraceSettings = field(default_factory=TraceSettings)
    pins: Pins = field(default_factory=Pins)


def load(path: Path) -> Settings:
    """Read settings from `path`; a missing file means all defaults.

    Raises SettingsError for a file that is too large, is not TOML, names a key that does not
    exist, or gives a value of the wrong type or out of bounds.
    """
    return check(tables(_content(path), str(path)), str(path))


def language_in(data: Path) -> str:
    """Return the language that the settings in the data folder choose, a code of LANGUAGES.

    Another mistake in them does not change it. English while they cannot be read, or name no
    language that is known: why they cannot be used is told elsewhere.
    """
    path = data / SETTINGS
    try:
        text = tables(_content(path), str(path)).get("text", {})
        return check({"text": text}, str(path)).text.language
    except SettingsError:
        return ENGLISH


def _content(path: Path) -> bytes:
    """Return what is in the settings file, nothing if there is none; raises SettingsError."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise SettingsError(
                Told(
                    "{file}: is no plain file. Put a text file there, or nothing for the defaults.",
                    file=path,
                )
            )
        if found.st_size > LARGEST_BYTES:
            raise SettingsError(
                Told(
                    "{file}: larger than {most} kB, so it is no settings file. Put a small one "
                    "there, or delete it for the defaults.",
                    file=path,
                    most=LARGEST_BYTES // 1024,
                )
            )
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except PermissionError as error:
        raise SettingsError(
            Told("{file}: may not be read by this user. Ask again with sudo.", file=path)
        ) from error
    except OSError as error:
        raise SettingsError(
            Told(
                "{file}: cannot be read ({reason}). Repair the card, or take another one.",
                file=path,
                reason=error.strerror,
            )
        ) from error


def tables(content: bytes, where: str) -> dict[str, Any]:
    """Return the tables in `content`, the bytes of the settings file `where`, unchecked.

    Raises SettingsError if they are not text or not TOML.
    """
    try:
        return tomllib.loads(text_of(content))
    except UnicodeDecodeError as error:
        raise SettingsError(
            Told("{file}: is not plain text. Save it as UTF-8 text.", file=where)
        ) from error
    except tomllib.TOMLDecodeError as error:
        reason = _one_line(str(error))
    except RecursionError:
        reason = N_("brackets in brackets, too many of them")
    except ValueError:
        # Python reads no number of more than 4300 digits, and tomllib passes its error on.
        reason = N_("a number of thousands of digits")
    raise SettingsError(
        Told(
            "{file}: not valid TOML: {reason}. Settings look like `quiet = true` under `[panel]`.",
            file=where,
            reason=reason,
        )
    )


def text_of(content: bytes) -> str:
    """Return the text of a file, with plain newlines: UTF-8, or UTF-16 with a byte order mark.

    Raises UnicodeDecodeError for anything else.
    """
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8")
    return content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")


def check(found: dict[str, Any], where: str) -> Settings:
    """Return the settings that `found`, the tables of the file `where`, give.

    Raises SettingsError for a key that does not exist, a value of the wrong type or out of
    bounds, and pins that cannot work.
    """
    try:
        return _fill(Settings, found, where, "")
    except PinError as error:
        raise SettingsError(f"{where}: {error}") from error


def _fill(kind: type[_T], values: dict[str, Any], where: str, table: str) -> _T:
    fields = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    types = get_type_hints(kind)
    checked: dict[str, Any] = {}
    for key, value in values.items():
        if key not in fields:
            name = _one_line(key)
            near = difflib.get_close_matches(name, fields, 1)
            hint = (
                Told("Did you mean `{name}`?", name=near[0])
                if near
                else Told("Known: {names}.", names=", ".join(sorted(fields)))
            )
            raise SettingsError(
                Told(
                    "{file}: {table}unknown setting `{name}`. {hint}",
                    file=where,
                    table=table,
                    name=name,
                    hint=hint,
                )
            )
        if dataclasses.is_dataclass(types[key]):
            if not isinstance(value, dict):
                raise SettingsError(
                    Told(
                        "{file}: `{key}` is a table: write `[{key}]` on its own line.",
                        file=where,
                        key=key,
                    )
                )
            checked[key] = _fill(types[key], value, where, f"[{key}] ")
        else:
            checked[key] = _check(fields[key], types[key], value, f"{where}: {table}`{key}`")
    return kind(**checked)


def _check(one: dataclasses.Field[Any], kind: Any, value: Any, what: str) -> Any:
    if kind is bool:
        if not isinstance(value, bool):
            raise SettingsError(
                Told("{what} must be true or false, not {value}.", what=what, value=_shown(value))
            )
        return value
    if kind is str:
        choices = one.metadata["choices"]
        if value not in choices:
            known = ", ".join(f'"{choice}"' for choice in choices)
            raise SettingsError(
                Told(
                    "{what} must be one of {known}, not {value}.",
                    what=what,
                    known=known,
                    value=_shown(value),
                )
            )
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SettingsError(
            Told("{what} must be a number, not {value}.", what=what, value=_shown(value))
        )
    if kind is not float and not isinstance(value, int):
        raise SettingsError(
            Told("{what} must be a whole number, not {value}.", what=what, value=_shown(value))
        )
    low, high = one.metadata["low"], one.metadata["high"]
    if not low <= value <= high:
        raise SettingsError(
            Told(
                "{what} must be between {low} and {high}, not {value}.",
                what=what,
                low=low,
                high=high,
                value=_shown(value),
            )
        )
    return float(value) if kind is float else value


def _shown(value: object) -> str:
    """Return a value in a form that a message can hold, however long it is."""
    if isinstance(value, int) and abs(value) > _LONGEST_NUMBER:
        return N_("a number of that many digits")
    return reprlib.repr(value)


def _one_line(text: str) -> str:
    """Return the beginning of a text from the file, without control characters."""
    return "".join(one if one.isprintable() else "?" for one in text[:_LONGEST_TEXT])
