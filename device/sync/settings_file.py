"""settings.toml on the stick: a person edits it, the checked loader reads it."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

from device.errors import LiftLightError
from device.files import whole_file
from device.settings import (
    LARGEST_BYTES,
    SETTINGS,
    PanelSettings,
    Session,
    SettingsError,
    TraceSettings,
    load,
)
from device.sync.errors import DamagedExportError
from device.sync.generations import is_folder, write_plain
from device.sync.manifest import plain_file

PROBLEM = "settings-problem.txt"

_TABLES: dict[str, Session | PanelSettings | TraceSettings] = {
    "session": Session(),
    "panel": PanelSettings(),
    "trace": TraceSettings(),
}


def as_it_is(path: Path) -> bytes | None:
    """Return the settings file at `path`, None if there is none.

    Raises SettingsError for what cannot be a settings file, OSError from the medium.
    """
    try:
        with plain_file(path) as file:
            text = file.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        return None
    except DamagedExportError:
        raise SettingsError(f"{path} is not a plain file: save it as plain text.") from None
    if len(text) > LARGEST_BYTES:
        raise SettingsError(f"{path} is larger than {LARGEST_BYTES // 1024} kB: save it smaller.")
    return text


def hash_of(text: bytes) -> str:
    """Return what tells one settings file from another."""
    return hashlib.sha256(text).hexdigest()


def example() -> bytes:
    """Return a settings file that changes nothing, with every setting ready to be edited."""
    lines = ["# LiftLight settings. Remove the # before a line, change it, and plug the stick in."]
    for table, defaults in _TABLES.items():
        lines += ["", f"[{table}]"]
        for one in dataclasses.fields(defaults):
            value = getattr(defaults, one.name)
            shown = str(value).lower() if isinstance(value, bool) else str(value)
            bounds = f"  # {one.metadata['low']} to {one.metadata['high']}" if one.metadata else ""
            lines.append(f"# {one.name} = {shown}{bounds}")
    return ("\n".join(lines) + "\n").encode()


def take_over(text: bytes, target: Path) -> None:
    """Make `text` the device's settings, from its next start on.

    Raises SettingsError, and changes nothing, if the checked loader refuses it.
    """
    with whole_file(target) as partial:
        partial.write_bytes(text)
        load(partial)


def tell_problem(folder: Path, error: LiftLightError | None) -> None:
    """Leave a note beside settings.toml that says what is wrong with it, or remove it."""
    note = folder / PROBLEM
    if error is not None:
        said = str(error).replace(".settings.partial.toml", SETTINGS)
        write_plain(note, f"Nothing was changed. {said}\r\n".encode(errors="replace"))
    elif not is_folder(note):
        note.unlink(missing_ok=True)
