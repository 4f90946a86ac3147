"""A stick whose chip is smaller than it says, as forged ones are: a script for nbdkit.

`nbdkit python tests/lying_chip.py chip=FILE true=BYTES shown=BYTES way=lost`: what is written
behind its true end is lost and reads as zeros; with `way=wraps` it lands at the beginning again.
"""

from __future__ import annotations

import os

API_VERSION = 2

_CHIP = {"chip": "", "true": "0", "shown": "0", "way": "lost"}


def config(key: str, value: str) -> None:
    """Take one word of the command line."""
    _CHIP[key] = value


def open(_read_only: bool) -> int:
    """Begin to be a disk; the name is nbdkit's."""
    return os.open(_CHIP["chip"], os.O_RDWR)


def close(chip: int) -> None:
    """Be no disk any more."""
    os.close(chip)


def get_size(_: int) -> int:
    """Say how large it is, which is a lie."""
    return int(_CHIP["shown"])


def pread(chip: int, buffer: bytearray, offset: int, _: int) -> None:
    """Give back what there is."""
    at = 0
    for start, length in _pieces(offset, len(buffer)):
        found = b"" if start is None else os.pread(chip, length, start)
        buffer[at : at + length] = found.ljust(length, b"\0")
        at += length


def pwrite(chip: int, buffer: bytearray, offset: int, _: int) -> None:
    """Take everything, and keep what there is room for."""
    at = 0
    for start, length in _pieces(offset, len(buffer)):
        if start is not None:
            os.pwrite(chip, buffer[at : at + length], start)
        at += length


def flush(chip: int, _: int) -> None:
    """Claim that all is safe."""
    os.fsync(chip)


def _pieces(offset: int, length: int) -> list[tuple[int | None, int]]:
    """Cut a span at the true end; a piece that is nowhere starts at None."""
    true = int(_CHIP["true"])
    pieces: list[tuple[int | None, int]] = []
    while length:
        lap, start = divmod(offset, true)
        part = min(length, true - start)
        pieces.append((None if lap and _CHIP["way"] == "lost" else start, part))
        offset, length = offset + part, length - part
    return pieces
