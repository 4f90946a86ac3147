"""The camera in front of the subject: optics, light, colour, noise, eight bits."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from device.camera.subject.state import State

OPTICS_BLUR = 0.55
"""Sharpness of a good lens, standard deviation in pixels at 640x480; also smooths the edges."""
FULL_HEIGHT = 480
SHOT_NOISE = 3.2
"""Standard deviation of a cheap sensor's shot noise, in grey levels after the response."""
POOL_MARGIN = 64


class Sensor:
    """Turns a clean picture into what a cheap camera delivers; the same moment, the same noise."""

    def __init__(self, width: int, height: int, seed: int) -> None:
        self._size = (height, width)
        self._seed = seed
        pool = (height + POOL_MARGIN, width + POOL_MARGIN, 3)
        self._pool = np.random.default_rng(seed + 77).standard_normal(pool, np.float32)
        # Light changes seldom: the pool is scaled to it once.
        self._scaled = np.zeros(pool, np.int8)
        self._scaled_by = 0.0

    def expose(self, picture: NDArray[np.uint8], state: State) -> NDArray[np.uint8]:
        """The picture (height, width, 3) as this camera sees it in the state's light."""
        blur = np.hypot(OPTICS_BLUR, state.blur) * self._size[0] / FULL_HEIGHT
        if blur > 0.2:
            picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), float(blur)), np.uint8)
        exposed = cv2.LUT(picture, _response(state)[None])
        # With a square-root response shot noise is the same at every level.
        deviation = float(np.hypot(SHOT_NOISE * state.shot, state.grain))
        return np.asarray(cv2.add(exposed, self._noise(deviation, state.time), dtype=cv2.CV_8U))

    def _noise(self, deviation: float, time: float) -> NDArray[np.int8]:
        """A part of the noise pool, in grey levels, that depends on the moment alone."""
        if deviation != self._scaled_by:
            levels = np.rint(self._pool * np.float32(deviation))
            self._scaled = np.clip(levels, -127, 127).astype(np.int8)
            self._scaled_by = deviation
        height, width = self._size
        moment = np.random.SeedSequence([self._seed, round(abs(time) * 1e6)])
        y, x = moment.generate_state(2) % POOL_MARGIN
        return self._scaled[y : y + height, x : x + width]


def _response(state: State) -> NDArray[np.uint8]:
    """The exposed level for each clean level and channel, (256, 3)."""
    light = (np.arange(256) / 255)[:, None] ** 2
    colour = np.array([1 + 0.25 * state.warmth, 1.0, 1 - 0.35 * state.warmth])
    exposed = np.clip(light * state.gain * colour, 0, 1)
    return np.asarray(255 * np.sqrt(exposed) + 0.5, np.uint8)
