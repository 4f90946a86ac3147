"""Little videos for tests: made here, so that they can be broken in known ways."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT, FPS = 96, 64, 30
ONE, UNIT = 1 << 16, 1 << 30

SHOWN = {
    "turned 90": (0, ONE, 0, -ONE, 0, 0, HEIGHT * ONE, 0, UNIT),
    "turned 180": (-ONE, 0, 0, 0, -ONE, 0, WIDTH * ONE, HEIGHT * ONE, UNIT),
    "turned 270": (0, -ONE, 0, ONE, 0, 0, 0, WIDTH * ONE, UNIT),
    "mirrored": (-ONE, 0, 0, 0, ONE, 0, WIDTH * ONE, 0, UNIT),
    "turned 90, mirrored": (0, ONE, 0, ONE, 0, 0, 0, 0, UNIT),
}
"""Display matrices of a film that is to be shown so, turned clockwise (ISO/IEC 14496-12)."""


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


def shown(path: Path, how: str) -> Path:
    """Let an MP4 say how it is to be shown, as a phone does; the pictures stay as they are."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 44  # of a version 0 box, as FFmpeg writes it
    data[at : at + 36] = struct.pack(">9i", *SHOWN[how])
    path.write_bytes(data)
    return path


def trimmed(path: Path, begin: float, end: float) -> Path:
    """Hide what an MP4 shows before `begin` and from `end` on, seconds, as a phone's editor does.

    All pictures stay in the file; its edit list (ISO/IEC 14496-12, section 8.6.6) tells.
    """
    data = bytearray(path.read_bytes())
    at = data.index(b"elst") + 12  # of a version 0 box with one entry
    scale = data.index(b"mvhd") + 16
    (ticks,) = struct.unpack_from(">I", data, scale)
    hidden = round(begin * ticks_a_second(path))
    struct.pack_into(">Ii", data, at, round((end - begin) * ticks), hidden)
    path.write_bytes(data)
    return path


def with_sound(path: Path, to: Path, seconds: float, **options: str) -> Path:
    """Copy the pictures of a film to `to`, with silence of so many seconds beside them.

    `options` are FFmpeg's for the container.
    """
    with av.open(path) as film, av.open(to, "w", options=options) as out:
        pictures = out.add_stream_from_template(film.streams.video[0])
        sound = out.add_stream("pcm_s16le", rate=8000, layout="mono")
        for packet in film.demux(video=0):
            if packet.dts is not None:
                packet.stream = pictures
                out.mux(packet)
        silence = np.zeros((1, 800), np.int16)
        for number in range(round(10 * seconds)):
            frame = av.AudioFrame.from_ndarray(silence, "s16", "mono")
            frame.rate, frame.pts, frame.time_base = 8000, 800 * number, Fraction(1, 8000)
            out.mux(sound.encode(frame))
    return to


def remuxed(path: Path, to: Path, **options: str) -> Path:
    """Copy the pictures of a film to `to`; `options` are FFmpeg's for the container."""
    with av.open(path) as film, av.open(to, "w", options=options) as out:
        pictures = out.add_stream_from_template(film.streams.video[0])
        for packet in film.demux(video=0):
            if packet.dts is not None:
                packet.stream = pictures
                out.mux(packet)
    return to


def h264(path: Path, frames: int, **options: str) -> Path:
    """Write `frames` pictures in H.264; `options` are the encoder's."""
    with av.open(path, "w") as out:
        stream = out.add_stream("libx264", rate=FPS, options=options)
        stream.pix_fmt, stream.width, stream.height = "yuv420p", WIDTH, HEIGHT
        for number in range(frames):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture(number), "rgb24")))
        out.mux(stream.encode())
    return path


def pieced(path: Path, pieces: Sequence[tuple[str, int, int]]) -> Path:
    """Write one Motion JPEG film of ten pictures a piece: their pixel format, width and height."""
    with av.open(path, "w") as out:
        stream = out.add_stream("mjpeg", rate=FPS)
        stream.pix_fmt, stream.width, stream.height = pieces[0]
        number = 0
        for pixels, width, height in pieces:
            encoder = av.CodecContext.create("mjpeg", "w")
            encoder.pix_fmt, encoder.width, encoder.height = pixels, width, height
            encoder.time_base = Fraction(1, FPS)
            for _ in range(10):
                frame = av.VideoFrame.from_ndarray(picture(number), "rgb24")
                frame = frame.reformat(width, height, pixels)
                frame.pts = number
                for packet in encoder.encode(frame):
                    packet.stream, packet.time_base = stream, Fraction(1, FPS)
                    out.mux(packet)
                number += 1
    return path


def oblong(path: Path, pixel: Fraction) -> Path:
    """Write ten pictures whose pixels are so many times as wide as they are high."""
    with av.open(path, "w") as out:
        out.metadata["title"] = "a film"
        stream = out.add_stream("mpeg4", rate=FPS)
        stream.pix_fmt, stream.width, stream.height = "yuv420p", WIDTH, HEIGHT
        stream.codec_context.sample_aspect_ratio = pixel
        for number in range(10):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture(number), "rgb24")))
        out.mux(stream.encode())
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
