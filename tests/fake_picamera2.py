"""As much of picamera2 and libcamera as the device uses, without a camera.

The contract is that of picamera2 0.3.21 to 0.3.38: what is configured may come back changed,
`capture_request(wait=seconds)` raises TimeoutError, a job that timed out stays queued until
`cancel_all_and_flush`, and `close` is what lets go of the camera.
"""

from __future__ import annotations

import enum
import sys
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, Self

import numpy as np
import pytest
from numpy.typing import NDArray


class Exposure(enum.IntEnum):
    Normal = 0
    Short = 1


class Focus(enum.IntEnum):
    Manual = 0


class World:
    """What the cameras of one test do, and what was done to them.

    `script` is what the captures do, one after the other: None gives a picture, an exception is
    raised. When it is used up, every capture gives a picture. `broken` raises where it names a
    method of the camera.
    """

    def __init__(self) -> None:
        self.script: Iterator[BaseException | None] = iter(())
        self.broken: dict[str, Exception] = {}
        self.controls = {"FrameDurationLimits", "AeExposureMode", "AfMode", "LensPosition"}
        self.format = "BGR888"
        self.size = (640, 480)
        self.array: NDArray[np.uint8] = np.zeros((480, 640, 3), np.uint8)
        self.age_s: float | None = 0.02
        self.calls: list[str] = []
        self.asked: dict[str, Any] = {}
        self.open = 0
        self.held = 0
        self.waits: set[object] = set()

    def called(self, name: str) -> None:
        self.calls.append(name)
        if name in self.broken:
            raise self.broken[name]

    def install(self, monkeypatch: pytest.MonkeyPatch) -> Self:
        world = self

        class Camera(FakePicamera2):
            def __init__(self) -> None:
                super().__init__(world)

        controls = SimpleNamespace(AeExposureModeEnum=Exposure, AfModeEnum=Focus)
        modules = {
            "picamera2": SimpleNamespace(Picamera2=Camera),
            "libcamera": SimpleNamespace(controls=controls),
        }
        for name, module in modules.items():
            monkeypatch.setitem(sys.modules, name, module)
        return self


class FakePicamera2:
    sensor_resolution = (4608, 2592)

    def __init__(self, world: World) -> None:
        self._world = world
        self._configured: dict[str, Any] = {}
        self._stale_job = False
        world.called("open")
        if world.open:
            raise RuntimeError("Camera is in use by this very process")
        world.open += 1

    @property
    def camera_controls(self) -> dict[str, tuple[int, int, int]]:
        return dict.fromkeys(self._world.controls, (0, 1, 0))

    def create_video_configuration(self, **asked: Any) -> dict[str, Any]:
        self._world.asked = asked
        return asked

    def configure(self, configuration: dict[str, Any]) -> None:
        self._world.called("configure")
        main = {"format": self._world.format, "size": self._world.size, "stride": 0}
        self._configured = configuration | {"main": configuration["main"] | main}

    def camera_configuration(self) -> dict[str, Any]:
        return self._configured

    def start(self) -> None:
        self._world.called("start")

    def capture_request(self, wait: float | None = None) -> FakeRequest:
        assert self._world.open, "a camera that is closed is asked for a picture"
        assert not self._stale_job, "a picture is asked for behind a job that never ends"
        self._world.waits.add(wait)
        outcome = next(self._world.script, None)
        if outcome is not None:
            self._stale_job = isinstance(outcome, TimeoutError)
            raise outcome
        time.sleep(0.0005)
        return FakeRequest(self._world)

    def cancel_all_and_flush(self) -> None:
        self._world.called("flush")
        self._stale_job = False

    def stop(self) -> None:
        raise AssertionError("waits for ever if the event loop has died")

    def close(self) -> None:
        self._world.called("close")
        self._world.open -= 1


class FakeRequest:
    def __init__(self, world: World) -> None:
        self._world = world
        world.held += 1

    def make_array(self, name: str) -> NDArray[np.uint8]:
        assert name == "main"
        return self._world.array.copy()

    def get_metadata(self) -> dict[str, Any]:
        if self._world.age_s is None:
            return {}
        return {"SensorTimestamp": time.monotonic_ns() - int(self._world.age_s * 1e9)}

    def release(self) -> None:
        self._world.held -= 1
