"""A video file as a camera: the pictures that a player shows, upright, at their own times.

PyAV reads it. The device beside the bed plays no videos and need not have PyAV, so it is imported
only when a video is named.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from device.camera.frame import Frame
from device.errors import CallerError, CameraError, EndOfRecording

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_USUAL_FPS = 30.0
_FASTEST_FPS = 1000.0
_LEAST_STEP_S = 0.001

_MISSING_S = 0.5
"""Pictures may be damaged, or missing at the end, for this long: too short to change a count."""
_WIDEST_PIXEL = 4.0
"""A pixel whose sides differ by more than this factor is a mistake in the file."""

_UNSPECIFIED_MATRIX, _UNSPECIFIED_RANGE = 2, 0
"""FFmpeg's numbers for a picture that does not name its colour matrix and range."""

_HEAD = 4096
"""How many of a file's first bytes tell whether it is text."""

_BOX_TYPES = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}
"""What an MP4 or QuickTime file may begin with (ISO/IEC 14496-12, section 4.2)."""


class VideoFileCamera:
    """A video file; `read` decodes the next picture, as fast as it is asked.

    `fps` is the mean rate and `frame_count` the number of pictures that the file holds, for
    showing progress::

        with VideoFileCamera("lifts.mp4") as video:
            video.start()
            first = video.read(timeout=0.0)  # after the last frame it raises EndOfRecording

    The constructor raises CallerError if there is no such file, if it can be told without decoding
    that it is no whole video, or if PyAV is not installed.
    """

    live = False

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.fps = _USUAL_FPS
        self.frame_count = 0
        self._begin = self._last = self._longest = 0.0
        self._pixel = 1.0
        self._film: InputContainer | None = None
        self._frames: Iterator[Frame] = iter(())
        self._check_file()
        with self._open() as film:
            self._scan_packets(film)

    def start(self) -> None:
        """Open the video at its first picture; raises CallerError if it went away meanwhile."""
        if self._film is None:
            self._film = self._open()
            self._frames = self._shown(self._film)

    def read(self, timeout: float) -> Frame | None:  # noqa: ARG002 (a file never keeps us waiting)
        """Return the next frame.

        Raises EndOfRecording after the last one, CallerError if pictures are damaged or missing
        for half a second, change their size or go back in time, CameraError if the video was not
        started.
        """
        if self._film is None:
            raise CameraError(f"{self.path} is read before it was started")
        frame = next(self._frames, None)
        if frame is None:
            raise EndOfRecording(f"{self.path} has ended")
        return frame

    def stop(self) -> None:
        """Close the file; started again, it begins at its first picture."""
        if self._film is not None:
            self._film.close()
            self._film = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def _wrong(self, what: str) -> CallerError:
        return CallerError(f"{self.path} {what}")

    def _damaged(self, where: str) -> CallerError:
        return self._wrong(f"{where}: it was cut short or damaged; record or copy it again")

    def _check_file(self) -> None:
        try:
            if self.path.is_dir():
                raise self._wrong("is a folder: name a video in it")
            if self.path.exists() and not self.path.is_file():
                raise self._wrong("is no file: name a video")
            with self.path.open("rb") as file:
                empty = not file.read(1)
                if empty:
                    raise self._wrong("is empty: record or copy it again")
                if _is_text(file):
                    raise self._wrong("is text, not a video: name a video")
                if _is_cut_short(file):
                    raise self._wrong("was cut short: record or copy it again")
        except FileNotFoundError as error:
            raise self._wrong("is not there: check its name") from error
        except OSError as error:
            raise self._wrong(
                f"cannot be read ({error.strerror}): check it and its disk"
            ) from error

    def _open(self) -> InputContainer:
        av = _pyav()
        try:
            # As an absolute path, so that a name cannot be taken for a URL, and as no pattern: of
            # a picture called a%d.png FFmpeg would show all of a1.png, a2.png, ...
            film = av.open(
                str(self.path.absolute()),
                metadata_errors="replace",
                options={"pattern_type": "none"},
            )
            return cast("InputContainer", film)
        except av.FFmpegError as error:
            raise self._wrong(
                "is no video, or a damaged one: name one that other players play"
            ) from error

    def _pictures_of(self, film: InputContainer) -> VideoStream:
        stream = film.streams.best("video")
        if stream is None:
            raise self._wrong("holds no pictures: name a video")
        if stream.codec_context is None:
            raise self._wrong("has pictures that PyAV cannot decode: convert it to H.264")
        return cast("VideoStream", stream)

    def _scan_packets(self, film: InputContainer) -> None:
        """Read every packet, without decoding, for rate, number and times; raise if not whole."""
        av = _pyav()
        stream = self._pictures_of(film)
        rate = float(stream.average_rate or 0.0)
        self.fps = rate if 0.0 < rate <= _FASTEST_FPS else _USUAL_FPS
        pixel = float(stream.sample_aspect_ratio or 1.0)
        self._pixel = pixel if 1.0 / _WIDEST_PIXEL <= pixel <= _WIDEST_PIXEL else 1.0
        times: list[float] = []
        ends = dict.fromkeys((one.index for one in film.streams), -math.inf)
        first = 0.0  # Before it if a film begins before 0, as where the time of a stream wraps.
        with _complaints() as complaints:
            try:
                for packet in film.demux():
                    if packet.is_corrupt:
                        raise self._damaged("is not whole")
                    if packet.is_discard or not packet.size:
                        continue
                    time = _seconds(packet.pts, packet.time_base)
                    if packet.stream_index == stream.index:
                        times.append(time)
                    if not math.isnan(time):
                        first = min(first, time)
                        end = time + _seconds(packet.duration or 0, packet.time_base)
                        ends[packet.stream_index] = max(ends[packet.stream_index], end)
            except av.FFmpegError as error:
                raise self._damaged("cannot be read to its end") from error
        if any(source == film.format.name for _, source, _ in complaints):
            raise self._damaged("is not whole")
        if len(times) < 2:
            seen = "a single picture" if times else "no pictures"
            raise self._wrong(f"holds {seen}: name a video")
        self.frame_count = len(times)
        times = sorted(time for time in times if not math.isnan(time))
        if not times:  # a raw stream has none
            return
        for end, announced in (
            (max(ends.values()), (film.duration or 0) / av.time_base),
            (ends[stream.index], _seconds(stream.duration or 0, stream.time_base)),
        ):
            if end - first < announced - _MISSING_S:
                raise self._damaged(f"ends after {end - first:.1f} s of {announced:.1f} s")
        self._begin = times[0]
        self._last = times[-1] - times[0]
        self._longest = max((after - before for before, after in pairwise(times)), default=0.0)

    def _shown(self, film: InputContainer) -> Iterator[Frame]:
        """Yield what a player shows; raises as `read` does."""
        time = sound_until = 0.0
        told_last, jumbled = -math.inf, False
        shape: tuple[int, ...] = ()
        matrix = 1, 0, 0, 1
        for number, (picture, sound) in enumerate(self._decoded(film)):
            told = _seconds(picture.pts, picture.time_base) - self._begin
            # An AVI has the times of decoding alone, and what FFmpeg takes for the others may be
            # out of order.
            jumbled = jumbled or told < told_last
            told_last = told
            if jumbled:
                told = _seconds(picture.dts, picture.time_base) - self._begin
            if math.isnan(told):
                told = time + 1.0 / self.fps if number else 0.0
            if told < time - _MISSING_S:
                raise self._wrong(f"goes back in time after {time:.1f} s: cut it there")
            time = max(told, time + _LEAST_STEP_S if number else 0.0)
            self._check_gap(sound_until, time)
            if sound:
                sound_until = time
            if number == 0:
                matrix = _display_matrix(picture)
            pixels = _upright(self._rgb(picture, time), *matrix)
            shape = shape or pixels.shape
            if pixels.shape != shape:
                before, after = (f"{width}x{height}" for height, width, _ in (shape, pixels.shape))
                raise self._wrong(
                    f"changes from {before} to {after} pixels at {time:.1f} s: cut it there, or "
                    "convert it to one size"
                )
            yield Frame(pixels, time, number)
        self._check_gap(sound_until, self._last)

    def _rgb(self, picture: VideoFrame, time: float) -> NDArray[np.uint8]:
        av = _pyav()
        width = round(self._pixel * picture.width)
        for usual in (False, True):
            if usual:  # Its matrix or range is one that FFmpeg cannot turn into RGB.
                picture.colorspace, picture.color_range = _UNSPECIFIED_MATRIX, _UNSPECIFIED_RANGE
            with suppress(av.FFmpegError):
                rgb = picture.to_ndarray(format="rgb24", width=width, threads=1)
                return np.asarray(rgb, np.uint8)
        raise self._damaged(f"has a picture at {time:.1f} s that cannot be shown")

    def _check_gap(self, sound_until: float, time: float) -> None:
        if time > sound_until + self._longest + _MISSING_S:
            raise self._damaged(f"shows nothing whole from {sound_until:.1f} s to {time:.1f} s")

    def _decoded(self, film: InputContainer) -> Iterator[tuple[VideoFrame, bool]]:
        """Yield every picture, and whether it is undamaged.

        Pictures after a damaged one are built on it, up to the next key frame.
        """
        av = _pyav()
        stream = self._pictures_of(film)
        # More would save no time worth having, and damage would show in another picture each time.
        stream.codec_context.thread_count = 1
        sound = True
        for packet in film.demux(stream):
            if not packet.size and packet.dts is not None:
                continue  # the same picture once more; the decoder would take it for the end
            try:
                pictures = packet.decode()
            except av.FFmpegError:
                sound = False
                continue
            for picture in pictures:
                sound = not picture.is_corrupt and (sound or picture.key_frame)
                yield picture, sound


def _is_text(file: BinaryIO) -> bool:
    """Return whether a file is plain text.

    FFmpeg would play it all the same: a letter as a terminal that types it, and a playlist as
    whatever it names, on any machine.
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


def _is_cut_short(file: BinaryIO) -> bool:
    """Return whether an MP4, QuickTime or AVI file ends before the last part that it announces."""
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


def _pyav() -> Any:
    try:
        import av  # noqa: PLC0415  (no part of the device)
        import av.logging  # noqa: PLC0415
    except ImportError:
        raise CallerError(
            "a film is read by PyAV, which is not installed here: `pip install av`, or take the "
            "film to a desktop"
        ) from None
    return av


@contextmanager
def _complaints() -> Iterator[list[tuple[int, str, str]]]:
    """Collect what FFmpeg logs as an error meanwhile: its level, which part says it, and what."""
    log = _pyav().logging
    before = log.get_level(), log.get_skip_repeated()
    log.set_level(log.ERROR)
    log.set_skip_repeated(False)
    try:
        with log.Capture() as said:
            yield said
    finally:
        log.set_level(before[0])
        log.set_skip_repeated(before[1])


def _seconds(ticks: int | None, tick: Fraction | None) -> float:
    return math.nan if ticks is None or tick is None else float(ticks * tick)


def _display_matrix(picture: VideoFrame) -> tuple[int, int, int, int]:
    """Return a, b, c, d of the film's display matrix: (x, y) is shown at (ax + cy, bx + dy).

    Reading it keeps the picture in memory until Python looks for reference cycles, so it is read
    of one picture only.
    """
    matrix: Any = picture.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return 1, 0, 0, 1
    a, b, _, c, d = np.frombuffer(matrix, np.int32)[:5].tolist()
    return a, b, c, d


def _upright(pixels: NDArray[np.uint8], a: int, b: int, c: int, d: int) -> NDArray[np.uint8]:
    """Return a picture turned by quarters, mirrored, or both, as the display matrix says."""
    if abs(b) + abs(c) > abs(a) + abs(d):
        pixels, a, d = np.asarray(cv2.transpose(pixels), np.uint8), c, b
    if a < 0:
        pixels = np.asarray(cv2.flip(pixels, 1), np.uint8)
    if d < 0:
        pixels = np.asarray(cv2.flip(pixels, 0), np.uint8)
    return pixels
