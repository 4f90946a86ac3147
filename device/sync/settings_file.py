"""settings.toml on the stick: a person edits it there, and the device takes it over.

A file that nobody edited must never become the device's settings, for the stick may be an old one
whose export is gone. So the file that the device puts on a stick ends in a line with a hash of
everything above it, the seal. While the seal still agrees, nobody has edited the file.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import re
from pathlib import Path

from device.errors import CallerError, LiftLightError
from device.files import give_to_owner, whole_file
from device.language import N_, Told, say, translations
from device.panel import Pins
from device.settings import (
    LARGEST_BYTES,
    SETTINGS,
    Settings,
    SettingsError,
    check,
    language_in,
    tables,
    text_of,
)
from device.sync.errors import DamagedExportError, SyncError
from device.sync.export import flush, is_folder, plain_file, write_plain

PROBLEM = "settings-problem.txt"
DOUBLED = f"{SETTINGS}.txt"
"""The name that Windows gives the file where it hides the endings of names."""

_SEAL = re.compile(r"^# As LiftLight left it: ([0-9a-f]{16})\n?", re.MULTILINE)

_TOO_LARGE = N_("{file} is larger than {most} kB: save it smaller.")

_SPARE_BYTES = 64
"""Room for the seal: with it the file must still be short enough to be read back."""

_TABLES = {
    table.name: getattr(Settings(), table.name)
    for table in dataclasses.fields(Settings)
    if table.name != "pins"
}
"""The tables that a person may edit on the stick; pins are for whoever wires the device."""


def exchange(own: Path, home: Path, left: str | None) -> tuple[bool, LiftLightError | None]:
    """Take over settings that a person edited in `home`, and put the device's settings there.

    `own` is the device's settings file; `home` is the device's folder on the stick. `left` is the
    hash of the file that the device left there, or None if no export on the stick tells it.

    Returns whether the device has new settings, and what was wrong with those on the stick. A file
    that is refused stays, with a note beside it. Raises OSError if the stick fails.
    """
    changed, problem = False, None
    try:
        edited = _edited(own, home, left)
        if edited is not None:
            take_over(edited, own)
            changed = True
        _put(own, home)
        # It has been taken over, or agrees with the device. Later it would undo newer settings.
        (home / DOUBLED).unlink(missing_ok=True)
    except (CallerError, SyncError) as error:
        problem = error  # SyncError: something is in the way of the device's own file.
    _tell_problem(home, problem, language_in(own.parent))
    return changed, problem


def take_over(source: Path, own: Path) -> None:
    """Make the settings file `source` the device's own, from its next start on.

    If it says nothing of the pins, the device keeps its own: how the panel is wired is known at
    the device, and not at a desk. Raises SettingsError, and changes nothing, if `source` is
    refused, `own` cannot be written, or the pins in it cannot be told; OSError if `source` cannot
    be read.
    """
    content = _as_it_is(source)
    if content is None:
        return
    found = tables(content, str(source))
    text = _unsealed(text_of(content))
    if "pins" not in found:
        text += _pins_of(own)
    check(tables(text.encode(), str(source)), str(source))
    if len(text.encode()) > LARGEST_BYTES - _SPARE_BYTES:
        raise SettingsError(Told(_TOO_LARGE, file=source, most=LARGEST_BYTES // 1024))
    try:
        with whole_file(own) as partial:
            partial.write_text(text, encoding="utf-8")
            give_to_owner(partial)
            flush(partial)
        # A power cut after the signal must not leave an empty file here.
        flush(own.parent.resolve())
    except (OSError, LiftLightError) as error:
        cause = error if isinstance(error, OSError) else error.__cause__
        raise SettingsError(
            Told(
                "{file} could not be written ({reason}): free some space on the card.",
                file=own,
                reason=getattr(cause, "strerror", None) or str(error),
            )
        ) from error


def hash_on(home: Path) -> str:
    """Return the hash of settings.toml in `home`; of an empty file if it is missing or refused."""
    try:
        there = _as_it_is(home / SETTINGS)
    except SettingsError:
        there = None
    refused = os.path.lexists(home / PROBLEM)
    return _hash_of(b"" if there is None or refused else there)


def _as_it_is(path: Path) -> bytes | None:
    """Return the settings file at `path`, None if there is none.

    Raises SettingsError for what cannot be a settings file, OSError if it cannot be read.
    """
    try:
        with plain_file(path) as file:
            text = file.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        return None
    except DamagedExportError:
        raise SettingsError(
            Told("{file} is not a plain file: save it as plain text.", file=path)
        ) from None
    if len(text) > LARGEST_BYTES:
        raise SettingsError(Told(_TOO_LARGE, file=path, most=LARGEST_BYTES // 1024))
    return text


def _own_settings(own: Path) -> bytes | None:
    try:
        return _as_it_is(own)
    except OSError as error:
        raise SettingsError(
            Told(
                "{file}: cannot be read ({reason}). Repair the card, or take another one.",
                file=own,
                reason=error.strerror,
            )
        ) from error


def _edited(own: Path, home: Path, left: str | None) -> Path | None:
    """Return the file in `home` that a person edited, None if nobody did.

    Raises SettingsError if there are two, or one that cannot be a settings file.
    """
    mine = _own_settings(own)
    edited = []
    for name in (SETTINGS, DOUBLED):
        there = _as_it_is(home / name)
        if there is not None and _hash_of(there) != left and not _is_ours(there, mine, home):
            edited.append(home / name)
    if len(edited) > 1:
        raise SettingsError(
            Told(
                "{file} and {other} beside it are both new. Remove one of them.",
                file=home / SETTINGS,
                other=DOUBLED,
            )
        )
    return edited[0] if edited else None


def _is_ours(there: bytes, mine: bytes | None, home: Path) -> bool:
    """Whether a file says what the device says, or is as the device once left it in `home`."""
    if there == mine:
        return True
    try:
        text = text_of(there)
    except UnicodeDecodeError:
        return False  # Taking it over will refuse it and name the cure.
    body = _unsealed(text)
    return _SEAL.findall(text) == [_seal(body, home)] or body.encode() == mine


def _put(own: Path, home: Path) -> None:
    """Put the device's settings into `home`, sealed, unless they are there already."""
    mine = _own_settings(own)
    try:
        body = _example() if mine is None else _unsealed(text_of(mine))
    except UnicodeDecodeError:
        raise SettingsError(
            Told("{file}: is not plain text. Save it as UTF-8 text.", file=own)
        ) from None
    if body and not body.endswith("\n"):
        body += "\n"
    wanted = f"{body}# As LiftLight left it: {_seal(body, home)}\n".encode()
    path = home / SETTINGS
    if _as_it_is(path) != wanted:
        # Half a file under this name would be taken for an edited one.
        new = home / f"{SETTINGS}.new"
        write_plain(new, wanted)
        new.replace(path)


def _unsealed(text: str) -> str:
    return _SEAL.sub("", text)


def _seal(body: str, home: Path) -> str:
    """Return the seal of a text. It differs by device: a copy from another one counts as edited."""
    return _hash_of(f"{home.name}\n{body.rstrip()}".encode())[:16]


def _hash_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _pins_of(own: Path) -> str:
    """Return the `[pins]` table of the device's settings; empty if all pins are the usual ones.

    Raises SettingsError if nobody can tell, because these settings are damaged themselves.
    """
    try:
        found = tables(_own_settings(own) or b"", str(own)).get("pins", {})
        pins = check({"pins": found}, str(own)).pins.fitted()
    except SettingsError as error:
        raise SettingsError(
            N_(
                "The settings that the device has now are damaged. Write a line [pins] into the "
                "new ones, and below it the pins of a panel that is wired in a way of its own."
            )
        ) from error
    usual = Pins().fitted()
    lines = [f"{name} = {pin}\n" for name, pin in pins.items() if usual.get(name) != pin]
    return "".join(["\n[pins]\n", *lines]) if lines else ""


def _example() -> str:
    """Return a settings file with every setting in a comment, ready to be edited."""
    lines = ["# LiftLight settings. Remove the # before a line, change it, and plug the stick in."]
    for table, defaults in _TABLES.items():
        lines += ["", f"[{table}]"]
        for one in dataclasses.fields(defaults):
            value, about = getattr(defaults, one.name), one.metadata["about"]
            shown = str(value)
            if isinstance(value, bool):
                shown = shown.lower()
            elif isinstance(value, str):
                shown, about = f'"{value}"', f"{', '.join(one.metadata['choices'])}: {about}"
            else:
                about = f"{one.metadata['low']} to {one.metadata['high']} {about}"
            lines.append(f"# {one.name} = {shown}  # {about}")
    return "\n".join(lines) + "\n"


def _tell_problem(home: Path, problem: LiftLightError | None, language: str) -> None:
    """Leave a note beside settings.toml that says what is wrong, or remove an old note."""
    note = home / PROBLEM
    if problem is not None:
        _ = translations(language).gettext
        said = str(say(problem.args[0] if problem.args else "", _))
        lines = (
            _("The settings on this stick were not used; the log was copied all the same."),
            said.replace(f"{home}/", ""),
            _("Then plug the stick in again. Without {file} the device lays its own here.").format(
                file=SETTINGS
            ),
        )
        with contextlib.suppress(SyncError):  # Something else has the note's name.
            write_plain(
                note, "".join(f"{line}\r\n" for line in lines).encode("utf-8-sig", "replace")
            )
    elif not is_folder(note):
        note.unlink(missing_ok=True)
