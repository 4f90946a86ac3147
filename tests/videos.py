"""Little videos for tests: made here, so that they can be broken in known ways."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT, FPS = 96, 64, 30
ONE, UNIT = 1 << 16, 1 << 30

TURNS = {
    90: (0, ONE, 0, -ONE, 0, 0, HEIGHT * ONE, 0, UNIT),
    180: (-ONE, 0, 0, 0, -ONE, 0, WIDTH * ONE, HEIGHT * ONE, UNIT),
    270: (0, -ONE, 0, ONE, 0, 0, 0, WIDTH * ONE, UNIT),
}
"""Display matrices of a film that is to be turned clockwise by so much (ISO/IEC 14496-12)."""


def picture(number: int) -> NDArray[np.uint8]:
    """Return RGB: a red patch at the top left, and a grey level that tells the frame's number."""
    pixels = np.full((HEIGHT, WIDTH, 3), 40 + 2 * (number % 90), np.uint8)
    pixels[:16, :24] = (255, 0, 0)
    return pixels


def film(path: Path, frames: int, codec: str = "mp4v", fps: float = FPS) -> Path:
    """Write `frames` pictures to `path`, whose ending chooses the container."""
    return write_video(path, [picture(number) for number in range(frames)], codec, fps)


def write_video(
    path: Path, pictures: Sequence[NDArray[np.uint8]], codec: str = "mp4v", fps: float = FPS
) -> Path:
    """Write RGB `pictures`, all of one size, to `path`; none at all makes a film without one."""
    height, width = pictures[0].shape[:2] if pictures else (HEIGHT, WIDTH)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), fps, (width, height))
    assert writer.isOpened()
    for pixels in pictures:
        writer.write(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    writer.release()
    return path


def turned(path: Path, clockwise: int) -> Path:
    """Let an MP4 say that it is to be shown turned, as a phone does; the pictures stay."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 44  # of a version 0 box, as FFmpeg writes it
    data[at : at + 36] = struct.pack(">9i", *TURNS[clockwise])
    path.write_bytes(data)
    return path


def retimed(path: Path, frames_and_ticks: list[tuple[int, int]]) -> Path:
    """Give an MP4 of one steady rate another time table: so many frames of so many ticks each."""
    data = bytearray(path.read_bytes())
    at = data.index(b"stts") - 4
    old = int.from_bytes(data[at : at + 4], "big")
    table = b"".join(struct.pack(">2I", *entry) for entry in frames_and_ticks)
    new = struct.pack(">I4s2I", 16 + len(table), b"stts", 0, len(frames_and_ticks)) + table
    data[at : at + old] = new
    data = data.replace(b"edts", b"free")  # an edit list would still end at the old length
    for parent in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
        size = data.index(parent) - 4
        grown = int.from_bytes(data[size : size + 4], "big") + len(new) - old
        data[size : size + 4] = grown.to_bytes(4, "big")
    path.write_bytes(data)
    return path


def ticks_a_second(path: Path) -> int:
    """Return the time scale of an MP4's only track."""
    data = path.read_bytes()
    at = data.index(b"mdhd") + 16
    return int.from_bytes(data[at : at + 4], "big")
