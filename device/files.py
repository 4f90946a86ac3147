"""Output: files that appear whole or not at all, and streams that may be closed or full.

An output is a new or a regular file, and none of those that are read. Anything else of that name
(a device, a pipe, a link, a folder) is refused and left as it is.
"""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from device.errors import CallerError, LiftLightError

STDOUT = Path("-")
"""Given in place of a file for text, it means stdout."""

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
}


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a path beside `path` to write to, and move it into place once all went well::

        with whole_file(Path("report.html")) as partial:
            partial.write_text(page)

    Whatever fails, `path` is left as it was. Raises CallerError if it exists and is no regular
    file, or if nothing can be written there, and LiftLightError if its disk takes no more.
    """
    _check_kind(path)
    partial = _partial(path)
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
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        raise no_room(path, error.strerror) from error
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def text_file(path: Path) -> Iterator[TextIO]:
    """Give a stream to write text to: `path`, whole or not at all, or stdout if it is `STDOUT`.

    What is no Unicode, as names of files may be, is written as escapes. Raises what `whole_file`
    raises.
    """
    if path == STDOUT:
        yield sys.stdout
        return
    with (
        whole_file(path) as partial,
        partial.open("w", encoding="utf-8", errors="backslashreplace") as lines,
    ):
        yield lines


def keep_apart(inputs: Iterable[Path], outputs: Iterable[Path | None]) -> None:
    """Raise CallerError if an output is one of the inputs, or two outputs are one file.

    An output that is `STDOUT` or None is not looked at. Nor may an input be what an output is
    called while it is written.
    """
    read = [_real(path) for path in inputs]
    written: list[Path] = []
    for path in outputs:
        if path is None or path == STDOUT:
            continue
        # The last part is not resolved: a link there is refused by `whole_file`.
        name = _real(path.parent) / path.name
        if any(_is_one(new, one) for one in read for new in (name, _partial(name))):
            raise CallerError(f"{path} is what is read: name another file to write to.")
        if name in written:
            raise CallerError(f"{path} is named twice: name a file of its own for each.")
        written.append(name)


def give_to_owner(path: Path) -> None:
    """Give a file that root has made to whoever its folder belongs to; a link is not followed.

    The device runs as a user of its own, who could not open what `sudo liftlight restore` left.
    Does nothing for anybody but root. Raises OSError if the file cannot be given.
    """
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def can_overwrite(stream: TextIO) -> bool:
    """Return whether a line written to `stream` can be replaced: only some terminals know how."""
    return stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def no_room(path: Path, reason: str | None) -> LiftLightError:
    """Return the error for a file that its disk does not take."""
    return LiftLightError(f"cannot write {path} ({reason}): make room on its disk.")


def _partial(path: Path) -> Path:
    """Return where a file is written until it is whole."""
    return path.parent / f".{path.stem}.partial{path.suffix}"


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


def _unwritable(path: Path, error: OSError) -> LiftLightError:
    if error.errno in _NO_ROOM:
        return no_room(path, error.strerror)
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


class OutputError(LiftLightError):
    """Stdout takes nothing more: it is closed, its disk is full, or its reader is gone."""


def take_streams() -> None:
    """Have `sys.stdout` raise OutputError for what it does not take, and `sys.stderr` drop it.

    If the caller closed one of stdin, stdout and stderr, the next file that is opened would get
    its descriptor, and whatever a library prints would go into that file. So the null device is
    opened in its place. A stream that somebody replaced is left alone.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            # Writing to a stdout that was closed must fail, to stderr it need not.
            os.open(os.devnull, os.O_WRONLY if name == "stderr" else os.O_RDONLY)
            mode = "r" if name == "stdin" else "w"
            stream = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)
    if sys.stdout is sys.__stdout__ and sys.stdout is not None:
        sys.stdout = _Stdout(sys.stdout)
    if sys.stderr is sys.__stderr__ and sys.stderr is not None:
        sys.stderr = _Stderr(sys.stderr)


def give_up_stdout() -> None:
    """Discard what stdout has not taken yet: Python would try to write it again when it exits."""
    if isinstance(sys.stdout, _Stdout):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


class _Stream(io.TextIOWrapper):
    """A stream to where `taken` writes, which can encode any text."""

    def __init__(self, taken: TextIO, *, line_buffering: bool) -> None:
        super().__init__(
            open(taken.fileno(), "wb", closefd=False),  # noqa: SIM115 (it is not ours)
            encoding=taken.encoding,
            errors="backslashreplace",
            line_buffering=line_buffering,
        )


class _Stderr(_Stream):
    """A stderr that drops what it does not take: no news of a fault may be a fault of its own."""

    def __init__(self, taken: TextIO) -> None:
        super().__init__(taken, line_buffering=True)

    def write(self, text: str) -> int:
        with suppress(OSError):
            return super().write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            super().flush()


class _Stdout(_Stream):
    """A stdout that raises OutputError for what it does not take."""

    def __init__(self, taken: TextIO) -> None:
        super().__init__(taken, line_buffering=taken.isatty())

    def write(self, text: str) -> int:
        with _failing_as_output():
            return super().write(text)

    def flush(self) -> None:
        with _failing_as_output():
            super().flush()


@contextmanager
def _failing_as_output() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"stdout takes nothing more ({error.strerror}): give it a file with room, or a reader "
            "that stays."
        ) from error
