"""A machine that is too slow for its camera sees fewer frames, and none of them late."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from device.camera import Frame, LiveCamera, Shot
from device.clock import SystemClock
from device.inbox import LiveInbox
from device.sample import LiftSample
from device.vision.runtime import DETECTOR, LANDMARKS, LIFT, Model
from device.vision.source import VisionSource

LONG_S = 30.0
FRAMES_A_LOOK = 4
LOOKS = 6


class Shutter(LiveCamera):
    """A camera that takes a picture whenever it is told to, and notes which one was read when."""

    def __init__(self) -> None:
        super().__init__("the test camera")
        self._go = threading.Semaphore(0)
        self._stored = threading.Semaphore(0)
        self._pending = False
        self.taken = 0
        self.reads: list[tuple[int, int]] = []
        """The number of each frame that was read, and how many had been taken by then."""

    def press(self) -> None:
        """Take a picture; return once it is the newest."""
        self.taken += 1
        self._go.release()
        assert self._stored.acquire(timeout=LONG_S)

    def read(self, timeout: float) -> Frame | None:
        frame = super().read(timeout)
        if frame is not None:
            self.reads.append((frame.number, self.taken))
        return frame

    def _open(self) -> None:
        pass

    def _next(self) -> Shot | None:
        # Asked for the next shot, so the one before it is stored.
        if self._pending:
            self._pending = False
            self._stored.release()
        if not self._go.acquire(timeout=0.005):
            return None
        self._pending = True
        return np.zeros((48, 64, 3), np.uint8), None

    def _close(self) -> None:
        pass


class SlowNetwork:
    """A network that takes as long as the camera takes for some frames."""

    def __init__(self, model: Model, camera: Shutter) -> None:
        self._model = model
        self._camera = camera
        self.looks = 0
        self.done = threading.Event()

    def run(self, tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        self.looks += 1
        if self.looks < LOOKS:
            for _ in range(FRAMES_A_LOOK):
                self._camera.press()
        else:
            self.done.set()
        return self._model.run(tensor)


def test_frames_that_come_while_the_network_is_busy_are_dropped_and_never_queued() -> None:
    camera = Shutter()
    network = SlowNetwork(Model(DETECTOR), camera)
    clock = SystemClock()
    inbox = LiveInbox(VisionSource(camera, network, Model(LANDMARKS), Model(LIFT)), clock)
    inbox.watch(True)
    try:
        camera.press()
        assert network.done.wait(LONG_S)
        samples = [inbox.wait(clock.monotonic() + LONG_S) for _ in range(LOOKS)]
        # Nothing waits behind them, in the camera or in the loop's inbox.
        assert inbox.wait(clock.monotonic() + 0.05) is None
    finally:
        inbox.watch(False)
    assert all(isinstance(sample, LiftSample) for sample in samples)
    # Every frame that was looked at was the newest one there was ...
    assert [number + 1 for number, _ in camera.reads] == [taken for _, taken in camera.reads]
    # ... and of those that came during a look, all but the last were let go.
    assert [number for number, _ in camera.reads] == [FRAMES_A_LOOK * i for i in range(LOOKS)]
