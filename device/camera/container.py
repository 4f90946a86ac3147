"""A look at a video file's own bytes, before any of it is decoded."""

from __future__ import annotations

import os
from typing import BinaryIO

_HEAD = 4096

_BOX_TYPES = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}
"""What an MP4 or QuickTime file may begin with (ISO/IEC 14496-12, section 4.2)."""


def is_text(file: BinaryIO) -> bool:
    """Whether a file is plain text, of which FFmpeg would make a film all the same.

    Of a letter that of a terminal which types it, of a playlist whatever that names, anywhere.
    """
    file.seek(0)
    head = file.read(_HEAD)
    if b"\0" in head:
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character cut in two by the end of the head is still text.
        return error.start > len(head) - 4 and len(head) == _HEAD
    return True


def is_cut_short(file: BinaryIO) -> bool:
    """Whether an MP4, QuickTime or AVI file ends before the last part that it announces."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(12)
    if head[4:8] in _BOX_TYPES:
        return _end_of_boxes(file, size) > size
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return _end_of_chunks(file, size) > size
    return False


def _end_of_boxes(file: BinaryIO, size: int) -> int:
    """Walk the outermost boxes: a big-endian length that counts itself, then a type."""
    at = 0
    while at + 8 <= size:
        file.seek(at)
        length = int.from_bytes(file.read(4), "big")
        if length == 1:  # a length too big for 32 bits follows the type
            file.seek(at + 8)
            length = int.from_bytes(file.read(8), "big")
        if length < 8:  # 0: up to the end, wherever that is; else rubbish behind the last box
            return size
        at += length
    return at


def _end_of_chunks(file: BinaryIO, size: int) -> int:
    """Walk the RIFF chunks: a name, a little-endian length of what follows, padded to even."""
    at = 0
    while at + 8 <= size:
        file.seek(at)
        name, length = file.read(4), int.from_bytes(file.read(4), "little")
        if name != b"RIFF" or length == 0:  # never filled in, or rubbish behind the last chunk
            return size
        at += 8 + length
    return at
