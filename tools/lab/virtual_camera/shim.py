"""What picamera2 needs to run on libcamera's `virtual` pipeline, and a Raspberry Pi does not.

Import this before picamera2. libcamera 0.4.0's virtual camera has no raw stream, completes requests
as fast as they are queued, calls every frame a failure, and wants each plane of a picture in its
own piece of memory; and nothing here has a display or DMA heaps.
"""

from __future__ import annotations

import mmap
import os
import sys
import time
from typing import Any
from unittest import mock

import libcamera

FPS = 15.0

MANAGER = libcamera.CameraManager.singleton()
"""Held so that all pictures are read now, not when the camera is opened, where it would be late."""

for _name in ("pykms", "prctl", "pidng", "pidng.camdefs", "pidng.core", "OpenEXR"):
    sys.modules[_name] = mock.MagicMock()

libcamera.FrameMetadata.status = property(lambda _: libcamera.FrameMetadata.Status.Success)

import picamera2.picamera2 as real  # noqa: E402  (only now can it be imported)
from picamera2.allocators.allocator import Allocator, Sync  # noqa: E402


class MemoryAllocator(Allocator):  # type: ignore[misc]
    """Buffers in anonymous memory, luminance and colour as two planes."""

    def __init__(self) -> None:
        super().__init__()
        self.mapped_buffers: dict[Any, mmap.mmap] = {}
        self.sync = _Mapped
        self._buffers: dict[Any, list[Any]] = {}
        self._files: list[int] = []

    def allocate(self, streams: Any, _: Any) -> None:
        """Make the buffers of every stream."""
        self.close()
        for stream in streams:
            self._buffers[stream.stream] = [
                self._buffer(stream) for _ in range(stream.buffer_count)
            ]

    def buffers(self, stream: Any) -> list[Any]:
        """Return the buffers of one stream."""
        return self._buffers[stream]

    def acquire(self, buffers: Any) -> None:
        """Nothing is counted."""

    def release(self, buffers: Any) -> None:
        """Nothing is counted."""

    def close(self) -> None:
        """Let go of all memory."""
        for file in self._files:
            os.close(file)
        self._files, self._buffers, self.mapped_buffers = [], {}, {}

    def _buffer(self, stream: Any) -> Any:
        file = os.memfd_create("frame")
        os.ftruncate(file, stream.frame_size)
        self._files.append(file)
        luminance = stream.stride * stream.size.height
        planes = []
        for offset, length in ((0, luminance), (luminance, stream.frame_size - luminance)):
            plane = libcamera.FrameBuffer.Plane()
            plane.fd, plane.offset, plane.length = file, offset, length
            planes.append(plane)
        buffer = libcamera.FrameBuffer(planes)
        self.mapped_buffers[buffer] = mmap.mmap(file, stream.frame_size)
        return buffer


class _Mapped(Sync):  # type: ignore[misc]
    def __init__(self, allocator: MemoryAllocator, buffer: Any, _: bool) -> None:
        self._memory = allocator.mapped_buffers[buffer]

    def __enter__(self) -> mmap.mmap:
        return self._memory

    def __exit__(self, *exc: object) -> None:
        pass

    def get_buffer(self) -> mmap.mmap:
        """Return the memory of the buffer."""
        return self._memory


_raw_modes = real.Picamera2._get_raw_modes
_process = real.Picamera2.process_requests


def _get_raw_modes(camera: Any) -> Any:
    roles = libcamera.StreamRole
    if camera.camera.generate_configuration([roles.Raw]) is not None:
        return _raw_modes(camera)
    size = camera.camera.generate_configuration([roles.Viewfinder]).at(0).size
    return [{"format": "SRGGB10", "size": (size.width, size.height)}]


def _process_requests(camera: Any, *arguments: Any) -> Any:
    """Hand on what is complete, at a camera's pace."""
    now = time.monotonic()
    due = max(getattr(camera, "_lab_due", 0.0), now)
    time.sleep(due - now)
    camera._lab_due = due + 1.0 / FPS
    return _process(camera, *arguments)


real.Picamera2._get_raw_modes = _get_raw_modes
real.Picamera2.process_requests = _process_requests
real.DmaAllocator = MemoryAllocator
Picamera2: Any = real.Picamera2
