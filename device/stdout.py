"""Stdout, which may be closed, full, or read by nobody: an error in one line, as all others are."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from device.errors import LiftLightError


class OutputError(LiftLightError):
    """Stdout takes nothing more: it is closed, its disk is full, or nobody reads it."""


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
