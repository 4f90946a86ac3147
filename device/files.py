"""Files that appear whole or not at all.

What is named for output is a new or a regular file, and none of those that are read. Anything else
there is (a device, a pipe, a link, a folder) is left as it is.
"""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from device.errors import CallerError

STDOUT = Path("-")
"""Named in place of a file for text, it means stdout."""

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
}


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a path beside `path` to write to; move it into place once all went well.

    Whatever fails, `path` is left as it was. Raises CallerError if it is there and no regular file,
    or if nothing can be written there.
    """
    _check_kind(path)
    partial = path.with_name(f".{path.stem}.partial{path.suffix}")
    _check_kind(partial)
    try:
        partial.touch()
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        yield partial
        try:
            partial.replace(path)
        except OSError as error:
            raise _unwritable(path, error) from error
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def text_file(path: Path) -> Iterator[TextIO]:
    """Give a stream to write text to: `path`, whole or not at all, or stdout if it is `STDOUT`.

    Raises CallerError as `whole_file` does.
    """
    if path == STDOUT:
        yield sys.stdout
        return
    with whole_file(path) as partial, partial.open("w", encoding="utf-8") as lines:
        yield lines


def keep_apart(inputs: Iterable[Path], outputs: Iterable[Path | None]) -> None:
    """Raise CallerError if an output is one of the inputs, or two outputs are one file.

    `STDOUT`, and an output that is None, are no files.
    """
    read = [_real(path) for path in inputs]
    written: list[Path] = []
    for path in outputs:
        if path is None or path == STDOUT:
            continue
        # A link at its end is refused for what it is.
        name = _real(path.parent) / path.name
        if any(_is_one(name, one) for one in read):
            raise CallerError(f"{path} is what is read: name another file to write to.")
        if name in written:
            raise CallerError(f"{path} is named twice: name a file of its own for each.")
        written.append(name)


def _check_kind(path: Path) -> None:
    if not path.name:
        raise CallerError(f"{str(path)!r} is no file to write to: name one.")
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise _unwritable(path, error) from error
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "a device")
        raise CallerError(f"{path} is {kind}: name a new or a regular file to write to.")


def _unwritable(path: Path, error: OSError) -> CallerError:
    return CallerError(
        f"cannot write {path} ({error.strerror}): name a file in a folder you may write to."
    )


def _real(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # links in a ring, or the folder that we are in was deleted
        return path


def _is_one(one: Path, other: Path) -> bool:
    try:
        return one == other or one.samefile(other)
    except OSError:
        return False
