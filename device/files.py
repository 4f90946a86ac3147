"""Where output goes: files that appear whole or not at all, and stdout.

What is named for output is a new or a regular file, and none of those that are read. Anything else
there is (a device, a pipe, a link, a folder) is left as it is.
"""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from device.errors import CallerError, LiftLightError

STDOUT = Path("-")
"""Named in place of a file for text, it means stdout."""

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
}


class OutputError(LiftLightError):
    """Stdout takes nothing more: it is closed, its disk is full, or nobody reads it."""


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
    read = [os.path.realpath(path) for path in inputs]
    written: list[str] = []
    for path in outputs:
        if path is None or path == STDOUT:
            continue
        # A link at its end is refused for what it is.
        name = os.path.join(os.path.realpath(path.parent), path.name)  # noqa: PTH118 (no '..' kept)
        if any(_is_one(name, one) for one in read):
            raise CallerError(f"{path} is what is read: name another file to write to.")
        if name in written:
            raise CallerError(f"{path} is named twice: name a file of its own for each.")
        written.append(name)


def take_stdout() -> None:
    """Let what stdout does not take raise OutputError, and be sure of the numbers 0 to 2.

    The next file that is opened gets the number of a stream that the caller closed, so that what a
    library prints would go into it. Whoever put something else in the place of `sys.stdout` keeps
    it.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            # What reads finds nothing, and what is told to stdout is missed, unlike to stderr.
            os.open(os.devnull, os.O_WRONLY if name == "stderr" else os.O_RDONLY)
            mode = "r" if name == "stdin" else "w"
            stream = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)
    if sys.stdout is sys.__stdout__ and sys.stdout is not None:
        sys.stdout = _Stdout(sys.stdout)


def give_up_stdout() -> None:
    """Let what is still on its way to stdout go nowhere: Python would try it again at the end."""
    if isinstance(sys.stdout, _Stdout):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


class _Stdout(io.TextIOWrapper):
    """Stdout, and an error of its own for what it does not take; any text can be written."""

    def __init__(self, taken: TextIO) -> None:
        super().__init__(
            open(taken.fileno(), "wb", closefd=False),  # noqa: SIM115 (it is not ours)
            encoding=taken.encoding,
            errors="backslashreplace",
            line_buffering=taken.isatty(),
        )

    def write(self, text: str) -> int:
        with _missed():
            return super().write(text)

    def flush(self) -> None:
        with _missed():
            super().flush()


@contextmanager
def _missed() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"stdout takes nothing more ({error.strerror}): give it a file with room, or a reader "
            "that stays."
        ) from error


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


def _is_one(one: str, other: str) -> bool:
    try:
        return one == other or Path(one).samefile(other)
    except OSError:
        return False
