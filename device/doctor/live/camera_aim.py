"""`liftlight doctor --aim`: how the camera sees the face, live and in words, to set its arm once.

It looks with the device's own camera and vision, and by the thresholds by which a session looks for
a face. Nothing of a picture is kept.
"""

from __future__ import annotations

import math
import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NoReturn

import cv2
import numpy as np
from numpy.typing import NDArray

from device import stand
from device.camera import check_present, field_of_view
from device.clock import SystemClock
from device.coach import aiming
from device.doctor.live.ending import ended_by_signals, ignore_signals
from device.doctor.machine import Machine
from device.errors import CameraError, EndOfRecording, LiftLightError
from device.files import can_overwrite
from device.run import open_source
from device.sample import LiftSample, SampleSource
from device.settings import SETTINGS, load
from device.start import open_panel
from device.vision import Landmarks, VisionSource, roi

EYES_CM = 8.9
"""From the outer corner of one eye to that of the other in the canonical face; most adults' are
within a tenth of it."""
USUAL_FIELD_DEG = 41.0
"""Taken for the field of view of a camera that is not known: that of the device's own."""
BLURRED = 0.035
"""From this blur on a picture is called blurred: its standard deviation in distances between the
outer eye corners. It only advises. With a fifth less, films of real faces are still sharp as they
were filmed; with a fifth more, they are still blurred when they are put out of focus by 0.06, which
costs some of them lifts (`tests/doctor/test_sharpness.py`)."""

EVERY_S = 1.0
"""How often a line is written."""
UPDATED_S = 0.5
"""How often it is updated in a terminal, where it stays in its place."""
PICTURE_WITHIN_S = 1.0
"""How long to wait for a picture before the line says that there is none."""
WIDTH = 80
"""How many columns a terminal must have for a line that is updated."""

_FILMING = ("picamera2", "v4l2")
"""The cameras by which somebody is filmed; a subject, a video or a trace films nobody."""

_EYES_PX = 64.0
"""The distance between the eyes in the picture that sharpness is measured in: about what the
landmark network sees."""
_FINE, _COARSE = 1.0, 2.0
"""Deviations of the two blurs that are compared, pixels of that picture."""
_EDGES = 0.95
"""The steepest twentieth of the pixels are edges."""


class CameraInUseError(LiftLightError):
    """The device runs and has the camera to itself."""


def aim(camera: str, folder: Path) -> int:
    """Say how `camera` sees the face until Ctrl-C or the end of a recording; return 0.

    On a Raspberry Pi the panel's camera light, by the settings in `folder`, is on while the camera
    is; elsewhere a line says so. Raises CameraInUseError while the device runs, CallerError or
    CameraError if there is no such camera, PanelError if its light cannot be had.
    """
    machine, clock = Machine(folder), SystemClock()
    filming = camera.partition(":")[0] in _FILMING
    if filming and machine.is_running:
        raise CameraInUseError(
            "LiftLight runs and has the camera: sudo systemctl stop liftlight, aim, and start it "
            "again."
        )
    check_present(camera)
    source = open_source(camera, clock)
    with ExitStack() as opened:
        light = _say_light if filming else _no_light
        if filming and (machine.is_pi or machine.is_installed):
            panel = opened.enter_context(open_panel(load(folder / SETTINGS), clock))
            light = panel.camera_light
        look(source, field_of_view(camera), light)
    return 0


def look(source: SampleSource, field_deg: float | None, light: Callable[[bool], None]) -> None:
    """Write what `source` sees until it ends or somebody ends it, with `light` on meanwhile.

    `field_deg` is what the shorter side of a picture spans, None if unknown. If the camera does not
    switch off, the process ends with exit code 1 and leaves the light on, for closing the panel
    would darken it while the camera may be on.
    """
    with ended_by_signals():
        light(True)
        try:
            with suppress(KeyboardInterrupt):
                source.start()
                for line in introduction(field_deg):
                    _say(line)
                _watch(source, field_deg or USUAL_FIELD_DEG)
        finally:
            ignore_signals()
            try:
                source.stop()
            except CameraError as error:
                _exit_with_light_on(error)
            light(False)


def _watch(source: SampleSource, field_deg: float) -> None:
    """Write a line for every `EVERY_S` of what `source` sees, or keep one up to date."""
    updated = can_overwrite(sys.stdout) and shutil.get_terminal_size().columns >= WIDTH
    every = UPDATED_S if updated else EVERY_S
    due = -math.inf
    try:
        while True:
            sample = source.read(PICTURE_WITHIN_S)
            if sample is None:
                _show("no picture", updated=updated)
            elif sample.time >= due:
                due = sample.time + every
                _show(in_words(sample, _blur_seen(source), field_deg), updated=updated)
    except EndOfRecording:
        pass
    finally:
        if updated:
            _say("")


def introduction(field_deg: float | None) -> Iterator[str]:
    """Yield the lines above: what to aim for, how the figures are had, and the columns' names."""
    less, more = stand.OFF_AXIS_DEG
    sees = f"the camera sees {field_deg or USUAL_FIELD_DEG:.0f} degrees"
    if field_deg is None:
        sees = f"as if {sees.replace('sees', 'saw')}, so they may be a fifth off"
    yield from textwrap.wrap(
        f"Move the camera until all is good: {stand.DISTANCE_CM:.0f} cm from the face; on an arm, "
        f"{less:.0f} to {more:.0f} degrees to the side of where the face looks, never straight "
        "above it. All figures are estimates, the cm from the eyes, which in most people are "
        f"{EYES_CM:.0f} cm wide, give or take a tenth ({sees}). No picture is kept. Ctrl-C "
        "ends it.",
        WIDTH - 1,
    )
    yield ""
    yield _columns("distance", "turned, to its own side", "place", "light", "picture")


def in_words(sample: LiftSample, blur: float, field_deg: float) -> str:
    """Return the line for one sample: distance, yaw and pitch, place, light and sharpness.

    `blur` is that of `blurring`; NaN if unknown. What is `barely` good is so near to the border
    that a session, once it has asked for a change, asks for some more.
    """
    lit = "too dark" if sample.brightness < aiming.TOO_DARK else "good"
    light = f"{sample.brightness:.0f} {lit}"
    if not sample.face:
        return _columns("no face", "", "", light, "")
    far = _judged(sample.size, aiming.FAR, "too far")
    near = _judged(sample.size, aiming.NEAR, "too near")
    turned = _judged(sample.off_axis, aiming.TURNED, "too much")
    off = max(abs(sample.x - 0.5), abs(sample.y - 0.5))
    whole = not math.isnan(sample.lift)
    sideways = "left" if sample.yaw > 0 else "right"
    upward = "up" if sample.pitch > 0 else "down"
    return _columns(
        f"{distance_cm(sample.size, field_deg):.0f} cm {near if far == 'good' else far}",
        f"{abs(sample.yaw):.0f} {sideways}, {abs(sample.pitch):.0f} {upward}: {turned}",
        _judged(off, aiming.OFF, "off centre") if whole else "cut off",
        light,
        "" if math.isnan(blur) else "blurred" if blur > BLURRED else "sharp",
    )


def _columns(*cells: str) -> str:
    widths = (16, 28, 12, 13, 0)
    return "".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()


def _judged(value: float, border: tuple[float, float], complaint: str) -> str:
    """Return `complaint` beyond where `border` says that it begins, and `barely` up to its end."""
    begins, ends = border
    sign = 1 if begins > ends else -1
    if sign * value > sign * begins:
        return complaint
    return "barely" if sign * value > sign * ends else "good"


def distance_cm(size: float, field_deg: float) -> float:
    """Return how far the eyes are that take up `size` of a picture's shorter side, cm.

    It is an estimate, for it takes everybody's eyes to be `EYES_CM` wide.
    """
    return EYES_CM / (size * 2 * math.tan(math.radians(field_deg / 2)))


def _blur_seen(source: SampleSource) -> float:
    """Return the blur of the face in the last picture of `source`; NaN if none was seen."""
    if not isinstance(source, VisionSource) or source.frame is None or source.landmarks is None:
        return math.nan
    return blurring(source.frame.pixels, source.landmarks)


def blurring(pixels: NDArray[np.uint8], face: Landmarks) -> float:
    """Return how blurred the eyes of a face are, in distances between their outer corners.

    An edge that is blurred by s and then by f has a slope of 1 / hypot(s, f). So the slopes of the
    same edges after two known blurs tell the first one (Zhuo and Sim, Pattern Recognition
    44:1852, 2011). NaN if too little of the eyes is in the picture.
    """
    eyes = face.signals.eyes
    x, y = face.points[[roi.RIGHT_EYE, roi.LEFT_EYE], :2].mean(axis=0).tolist()
    reach = 0.75 * eyes
    height, width = pixels.shape[:2]
    left, right = max(0, round(x - reach)), min(width, round(x + reach))
    top, bottom = max(0, round(y - reach)), min(height, round(y + reach))
    if min(right - left, bottom - top) < eyes / 2:
        return math.nan
    part = pixels[top:bottom, left:right]
    grey = part if part.ndim == 2 else cv2.cvtColor(part, cv2.COLOR_RGB2GRAY)
    scale = _EYES_PX / eyes
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    scaled = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=how).astype(np.float32)
    fine, coarse = _slopes(scaled, _FINE), _slopes(scaled, _COARSE)
    edges = fine >= np.quantile(fine, _EDGES)
    ratio = float(np.median(fine[edges] / np.maximum(coarse[edges], 1e-6)))
    if ratio <= 1.0:
        return math.nan
    squared = (_COARSE**2 - (ratio * _FINE) ** 2) / (ratio**2 - 1)
    return math.sqrt(max(0.0, squared)) / _EYES_PX


def _slopes(picture: NDArray[np.float32], blur: float) -> NDArray[np.float32]:
    soft = cv2.GaussianBlur(picture, (0, 0), blur)
    across, down = (cv2.Sobel(soft, cv2.CV_32F, x, 1 - x) for x in (1, 0))
    return np.hypot(across, down)


def _exit_with_light_on(error: CameraError) -> NoReturn:
    sys.stderr.write(f"liftlight: {error}. Its light stays on: `sudo liftlight panel-off`.\n")
    sys.stderr.flush()
    os._exit(error.exit_code)


def _say_light(on: bool) -> None:
    _say("The camera is on." if on else "The camera is off.")


def _no_light(_: bool) -> None:
    pass


def _show(line: str, *, updated: bool) -> None:
    if not updated:
        _say(line)
        return
    sys.stdout.write(f"\r\x1b[2K{line}")
    sys.stdout.flush()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
