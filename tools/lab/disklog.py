"""What a disk was told, write by write, and what is on it when the power goes in between.

QEMU's block driver `blklogwrites` keeps a log in the format of the kernel's dm-log-writes
(Documentation/admin-guide/device-mapper/log-writes.rst): a superblock, then one entry a request,
each a sector with sector number, length, flags and length of inline data, followed by the data.
"""

from __future__ import annotations

import shutil
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

SECTOR = 512
MAGIC = 0x6A736677736872
FLUSH, FUA, DISCARD = 1, 2, 4

LOST = 0.5
"""How likely a write that nobody flushed is lost, each by itself."""
TORN = 0.1
"""How likely a lost write got as far as some of its sectors."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request that the disk had answered: bytes at an offset, a flush, or both."""

    offset: int
    data: bytes
    flush: bool
    """All that was written before this request is safe."""
    fua: bool
    """This request itself is safe."""


def read_log(path: Path) -> list[Request]:
    """Return the requests in a log, in order. Raises ValueError if it is no such log."""
    requests = []
    with path.open("rb") as file:
        magic, version, entries, sector = struct.unpack_from("<QQQI", file.read(SECTOR))
        if (magic, version) != (MAGIC, 1):
            raise ValueError(f"{path} is no log of disk writes")
        file.seek(sector)
        for _ in range(entries):
            place, length, flags, _ = struct.unpack_from("<QQQQ", file.read(sector))
            data = b"" if flags & DISCARD else file.read(length * sector)
            requests.append(Request(place * sector, data, bool(flags & FLUSH), bool(flags & FUA)))
    return requests


def cut(base: Path, requests: Sequence[Request], image: Path, random: Random) -> None:
    """Make `image` what `base` is after `requests` if the power goes just then.

    What came before the last flush is there. Of what came after it, each write is there, or
    lost, or torn: a card may write in any order whatever it was not asked to flush.
    """
    flushed = max((n for n, request in enumerate(requests) if request.flush), default=-1)
    shutil.copyfile(base, image)
    with image.open("r+b") as file:
        for number, request in enumerate(requests):
            data = request.data
            if number > flushed and not request.fua and random.random() < LOST:
                sectors = len(data) // SECTOR
                torn = random.random() < TORN and sectors > 1
                data = data[: SECTOR * random.randrange(1, sectors)] if torn else b""
            file.seek(request.offset)
            file.write(data)
