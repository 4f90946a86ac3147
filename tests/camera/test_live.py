"""Live cameras: the newest frame, its time of exposure, and what happens when they fail."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from device.camera.frame import Camera, Frame
from device.camera.live import ExposureClock, LiveCamera, PacedCamera, Shot
from device.camera.open import open_camera
from device.camera.picamera import REOPENINGS, STEADY_FRAMES, Picamera2Camera
from device.camera.v4l2 import V4l2Camera
from device.errors import CallerError, CameraError, EndOfRecording, LiftLightError
from tests.fake_picamera2 import World
from tests.videos import film

LONG_S = 30.0
MANY = 10_000
"""Never reached, unless something is broken."""

PIXELS = np.zeros((4, 6, 3), np.uint8)


class Shutter(LiveCamera):
    """A camera that takes a picture whenever the test says so."""

    def __init__(self) -> None:
        super().__init__("the test camera")
        self._running = False
        self.error: Exception | None = None
        self._go = threading.Semaphore(0)
        self._taken = threading.Semaphore(0)

    def press(self) -> None:
        """Take a picture; return once it is the newest."""
        self._go.release()
        assert self._taken.acquire(timeout=LONG_S)

    def runs(self) -> bool:
        return self._running

    def _open(self) -> None:
        self._running = True
        if isinstance(self.error, CameraError):
            raise self.error

    def _next(self) -> Shot | None:
        self._taken.release()
        while not self._go.acquire(timeout=0.005):
            if self._closing.is_set():
                return None
        if self.error is not None:
            raise self.error
        return PIXELS, None

    def _close(self) -> None:
        self._running = False


@pytest.fixture
def shutter() -> Iterator[Shutter]:
    with Shutter() as camera:
        camera.start()
        assert camera._taken.acquire(timeout=LONG_S)
        yield camera


def until(camera: Camera, number: int) -> Frame:
    """Read on until a frame of at least this number comes."""
    for _ in range(number + 1):
        frame = camera.read(LONG_S)
        assert frame is not None, "the camera fell silent"
        if frame.number >= number:
            return frame
    raise AssertionError("the camera gives one frame again and again")


def test_a_slow_reader_gets_the_newest_frame_and_sees_that_it_missed_some(shutter: Shutter) -> None:
    for _ in range(3):
        shutter.press()
    frame = shutter.read(0.0)
    assert frame is not None
    assert frame.number == 2
    assert shutter.read(0.0) is None, "no frame is given twice"


def test_a_reader_that_is_early_waits(shutter: Shutter) -> None:
    seen: list[Frame | None] = []
    reader = threading.Thread(target=lambda: seen.append(shutter.read(LONG_S)))
    reader.start()
    shutter.press()
    reader.join(LONG_S)
    assert len(seen) == 1
    assert seen[0] is not None


def test_a_failure_is_heard_by_the_reader_and_the_camera_can_be_stopped(shutter: Shutter) -> None:
    shutter.error = ZeroDivisionError("a bug")
    shutter._go.release()
    with pytest.raises(CameraError, match="the test camera failed"):
        shutter.read(LONG_S)
    assert shutter.runs()
    shutter.stop()
    assert not shutter.runs()


def test_stopped_it_is_dark_and_can_be_started_again(shutter: Shutter) -> None:
    shutter.press()
    shutter.stop()
    shutter.stop()
    assert not shutter.runs()
    with pytest.raises(CameraError, match="before it was started"):
        shutter.read(0.0)
    shutter.start()
    assert shutter.runs()
    assert shutter.read(0.0) is None, "a frame from before the pause is not shown after it"


def test_a_camera_that_cannot_be_opened_is_left_closed() -> None:
    camera = Shutter()
    camera.error = CameraError("no")
    with pytest.raises(CameraError, match="no"):
        camera.start()
    assert not camera.runs()


def test_a_frame_has_the_time_of_its_exposure_not_of_its_arrival() -> None:
    assert ExposureClock(lambda: 100.0).exposure(99.93) == 99.93


@pytest.mark.parametrize("stamp", [None, 0.0, 42.0, 1.7e9, 100.5])
def test_a_stamp_of_another_clock_is_not_believed(stamp: float | None) -> None:
    assert ExposureClock(lambda: 100.0).exposure(stamp) == 100.0


def test_times_of_exposure_always_increase() -> None:
    clock = ExposureClock(lambda: 100.0)
    times = [clock.exposure(stamp) for stamp in (99.9, 99.9, 99.8, None, 99.95)]
    assert times == sorted(set(times))


# The Pi's own camera, on a stand-in for picamera2.


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World().install(monkeypatch)


def test_the_pi_camera_runs_one_small_stream_with_short_exposures(world: World) -> None:
    with Picamera2Camera() as camera:
        camera.start()
        until(camera, 3)
    assert world.asked["main"] == {"size": (640, 480), "format": "BGR888"}
    assert world.asked["raw"] is None
    assert "lores" not in world.asked
    assert world.asked["buffer_count"] <= 3
    assert world.asked["queue"] is False
    assert world.asked["controls"]["FrameDurationLimits"] == (33_333, 33_333)
    assert world.asked["controls"]["AeExposureMode"].name == "Short"
    assert world.asked["sensor"] == {"output_size": (2304, 1296)}, "the whole field of view"
    assert world.calls == ["open", "configure", "start", "flush", "close"]
    assert world.open == 0
    assert world.held == 0, "every buffer went back to the camera"
    assert all(isinstance(wait, float) for wait in world.waits), "no capture waits for ever"


def test_a_control_that_a_camera_lacks_is_not_asked_for(world: World) -> None:
    world.controls = {"FrameDurationLimits"}
    with Picamera2Camera() as camera:
        camera.start()
        until(camera, 0)
    assert set(world.asked["controls"]) == {"FrameDurationLimits"}


def test_the_sensors_stamp_is_the_frames_time(world: World) -> None:
    world.age_s = 0.25
    with Picamera2Camera() as camera:
        camera.start()
        frame = until(camera, 5)
        assert time.monotonic() - frame.time >= 0.25


def colours() -> NDArray[np.uint8]:
    """A picture of four plain fields, RGB, so smooth that halving its colour loses nothing."""
    picture = np.zeros((480, 640, 3), np.uint8)
    picture[:240, :320], picture[:240, 320:] = (200, 40, 40), (40, 200, 40)
    picture[240:, :320], picture[240:, 320:] = (40, 40, 200), (128, 128, 128)
    return picture


def i420(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420), np.uint8)


def interleaved(planar: NDArray[np.uint8]) -> NDArray[np.uint8]:
    u, v = planar[480:600].reshape(240, 320), planar[600:].reshape(240, 320)
    return np.vstack([planar[:480], np.dstack([u, v]).reshape(240, 640)])


def padded(planar: NDArray[np.uint8], stride: int) -> NDArray[np.uint8]:
    """YUV420 as picamera2 hands it out: padding and all, two rows of colour to a row."""
    out = np.full((720, stride), 77, np.uint8)
    out[:480, :640] = planar[:480]
    out[480:].reshape(480, stride // 2)[:, :320] = planar[480:].reshape(480, 320)
    return out


def alpha(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.dstack([rgb, np.full((480, 640), 255, np.uint8)])


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("BGR888", colours()),
        ("RGB888", colours()[..., ::-1]),
        ("XBGR8888", alpha(colours())),
        ("XRGB8888", alpha(colours()[..., ::-1])),
        ("YUV420", i420(colours())),
        ("YUV420", padded(i420(colours()), 768)),
        ("NV12", interleaved(i420(colours()))),
    ],
)
def test_whatever_format_the_pipeline_gives_the_frame_is_rgb(
    world: World, name: str, array: NDArray[np.uint8]
) -> None:
    world.format, world.array = name, np.ascontiguousarray(array)
    with Picamera2Camera() as camera:
        camera.start()
        pixels = until(camera, 0).pixels
    assert pixels.shape == (480, 640, 3)
    for y, x in ((100, 100), (100, 500), (400, 100), (400, 500)):
        assert pixels[y, x].astype(int) == pytest.approx(colours()[y, x].astype(int), abs=3)


def test_a_size_that_the_pipeline_changed_is_believed(world: World) -> None:
    world.format, world.size = "YUV420", (320, 240)
    world.array = np.full((360, 384), 128, np.uint8)
    with Picamera2Camera() as camera:
        camera.start()
        assert until(camera, 0).pixels.shape == (240, 320, 3)


def test_a_format_nobody_knows_is_named_and_the_camera_is_off(world: World) -> None:
    world.format = "MJPEG"
    with pytest.raises(CameraError, match="gives MJPEG pictures"):
        Picamera2Camera().start()
    assert world.open == 0


def test_a_stalled_camera_is_flushed_and_opened_anew(world: World) -> None:
    world.script = iter([None, None, TimeoutError()])
    with Picamera2Camera() as camera:
        camera.start()
        until(camera, 10)
    again = ["flush", "close", "open", "configure", "start"]
    assert world.calls == ["open", "configure", "start", *again, "flush", "close"]


def test_a_camera_that_stays_stalled_is_given_up_after_two_tries(world: World) -> None:
    world.script = iter([TimeoutError()] * 10)
    with Picamera2Camera() as camera:
        camera.start()
        with pytest.raises(CameraError, match="switch off and press its ribbon cable"):
            until(camera, 0)
        assert world.open == 0, "it is off even before anybody stops it"
    assert world.calls.count("open") == 1 + REOPENINGS


def test_a_cable_that_comes_loose_is_given_up_after_two_tries(world: World) -> None:
    loose = threading.Event()

    def until_it_is_loose() -> Iterator[BaseException | None]:
        loose.wait(LONG_S)
        world.broken["open"] = RuntimeError("Camera(s) not found")
        yield RuntimeError("the loop died")

    world.script = until_it_is_loose()
    with Picamera2Camera() as camera:
        camera.start()
        loose.set()
        with pytest.raises(CameraError, match="opening it anew 2 times did not help"):
            until(camera, MANY)
    assert world.calls.count("open") == 1 + REOPENINGS
    assert world.open == 0


def test_a_camera_that_ran_well_again_has_its_tries_back(world: World) -> None:
    stalls: list[BaseException | None] = [TimeoutError()] * REOPENINGS
    world.script = iter([*stalls, *[None] * STEADY_FRAMES, *stalls])
    with Picamera2Camera() as camera:
        camera.start()
        until(camera, STEADY_FRAMES + 1)
    assert world.calls.count("open") == 1 + 2 * REOPENINGS


@pytest.mark.parametrize("where", ["open", "configure", "start"])
def test_a_camera_that_does_not_start_says_so_in_one_line_and_is_off(
    world: World, where: str
) -> None:
    world.broken[where] = RuntimeError("no memory")
    camera = Picamera2Camera()
    with pytest.raises(CameraError, match="no memory") as caught:
        camera.start()
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 1
    assert world.open == 0


def test_a_camera_that_cannot_flush_is_closed_all_the_same(world: World) -> None:
    camera = Picamera2Camera()
    camera.start()
    world.broken["flush"] = RuntimeError("odd")
    with pytest.raises(CameraError, match="does not switch off"):
        camera.stop()
    assert world.calls[-1] == "close"
    assert world.open == 0


def test_a_camera_that_does_not_switch_off_is_never_called_off(world: World) -> None:
    """Whoever owns the camera light must hear of it, and may try again."""
    camera = Picamera2Camera()
    camera.start()
    world.broken["close"] = RuntimeError("stuck")
    for _ in range(2):
        with pytest.raises(CameraError, match="does not switch off"):
            camera.stop()
    world.broken.clear()
    camera.stop()
    assert world.open == 0


def test_a_stop_during_a_stall_does_not_open_the_camera_again(world: World) -> None:
    camera = Picamera2Camera()

    def stalled_until_it_is_stopped() -> Iterator[BaseException | None]:
        camera._closing.wait(LONG_S)
        yield TimeoutError()

    world.script = stalled_until_it_is_stopped()
    camera.start()
    camera.stop()
    assert world.calls.count("open") == 1
    assert world.open == 0


def test_without_picamera2_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(CameraError, match="sudo apt install python3-picamera2"):
        Picamera2Camera().start()


# Webcams. Where there is none, OpenCV's capture is stood in for; /dev/null passes for the device.


class FakeCapture:
    """What OpenCV's V4L2 backend does, as far as it is used."""

    latest: FakeCapture

    def __init__(self, device: str, backend: int) -> None:
        assert backend == cv2.CAP_V4L2
        FakeCapture.latest = self
        self.opened = True
        self.asked: dict[int, float] = {}

    def isOpened(self) -> bool:  # noqa: N802
        return self.opened

    def set(self, key: int, value: float) -> bool:
        self.asked[key] = value
        return True

    def get(self, key: int) -> float:
        assert key == cv2.CAP_PROP_POS_MSEC
        return 1000.0 * (time.monotonic() - 0.125)

    def read(self) -> tuple[bool, NDArray[np.uint8] | None]:
        time.sleep(0.001)
        return True, np.full((480, 640, 3), (10, 20, 30), np.uint8)

    def release(self) -> None:
        self.opened = False


@pytest.fixture
def capture(monkeypatch: pytest.MonkeyPatch) -> type[FakeCapture]:
    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)
    return FakeCapture


def test_a_webcam_gives_rgb_stamped_by_its_driver(capture: type[FakeCapture]) -> None:
    with V4l2Camera("/dev/null") as camera:
        camera.start()
        frame = until(camera, 3)
        assert tuple(frame.pixels[0, 0]) == (30, 20, 10)
        assert time.monotonic() - frame.time >= 0.125
        assert capture.latest.asked[cv2.CAP_PROP_FRAME_WIDTH] == 640
    assert not capture.latest.opened


def test_a_webcam_that_is_unplugged_is_missed(
    tmp_path: Path, capture: type[FakeCapture], monkeypatch: pytest.MonkeyPatch
) -> None:
    plug = tmp_path / "video9"
    plug.symlink_to("/dev/null")
    with V4l2Camera(str(plug)) as camera:
        camera.start()
        until(camera, 0)
        plug.unlink()
        monkeypatch.setattr(capture, "read", lambda _: (False, None))
        with pytest.raises(CameraError, match="was unplugged"):
            until(camera, MANY)
    assert not capture.latest.opened


def test_a_webcam_that_falls_silent_is_given_up(
    capture: type[FakeCapture], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device.camera.v4l2.STALL_S", 0.05)
    monkeypatch.setattr(capture, "read", lambda _: (False, None))
    with V4l2Camera("/dev/null") as camera:
        camera.start()
        with pytest.raises(CameraError, match="has given no picture"):
            camera.read(LONG_S)


def test_a_webcam_that_another_program_holds_is_not_opened(
    capture: type[FakeCapture], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture, "isOpened", lambda _: False)
    with pytest.raises(CameraError, match="another program may be using it"):
        V4l2Camera("/dev/null").start()
    assert not capture.latest.opened


@pytest.mark.parametrize(
    ("name", "says"), [("/dev/video99", "is not there"), (__file__, "is no device")]
)
def test_without_a_webcam_one_line_says_what_to_do(
    capfd: pytest.CaptureFixture[str], name: str, says: str
) -> None:
    with pytest.raises(CameraError, match=says) as caught:
        V4l2Camera(name).start()
    assert caught.value.exit_code == 1
    assert "\n" not in str(caught.value)
    assert capfd.readouterr().err == ""


def test_opencv_itself_keeps_quiet_about_what_is_no_camera(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(CameraError, match="gives no pictures"):
        V4l2Camera("/dev/null").start()
    assert capfd.readouterr().err == ""


# Which camera a word names.


def test_each_word_names_its_camera(tmp_path: Path) -> None:
    assert isinstance(open_camera("picamera2"), Picamera2Camera)
    assert isinstance(open_camera("v4l2:/dev/video0"), V4l2Camera)
    assert isinstance(open_camera(f"video:{film(tmp_path / 'a:b.mp4', 3)}"), PacedCamera)


def test_a_video_named_as_the_camera_plays_in_real_time_and_ends(tmp_path: Path) -> None:
    seen: list[Frame] = []
    began = time.monotonic()
    with open_camera(f"video:{film(tmp_path / 'a.mp4', 8)}") as camera:
        assert camera.live
        camera.start()
        with pytest.raises(EndOfRecording):
            seen.extend(until(camera, number) for number in range(MANY))
    for frame in seen:
        assert frame.time - began >= frame.number / 30 - 0.002, "never before it is due"
        assert frame.time - seen[0].time == pytest.approx(
            (frame.number - seen[0].number) / 30, abs=2e-3
        )


def test_the_subject_is_a_camera_like_any_other() -> None:
    clock = iter(np.arange(5.0, 50.0, 0.1))
    camera = open_camera("subject", lambda: float(next(clock)))
    with camera:
        camera.start()
        frame = camera.read(1.0)
    assert frame is not None
    assert frame.pixels.ndim == 3


def test_a_video_that_breaks_off_while_it_plays_says_so_as_it_is(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", 90)
    data = bytearray(path.read_bytes())
    data[len(data) // 4 : len(data) // 2] = bytes(len(data) // 2 - len(data) // 4)
    path.write_bytes(data)
    with open_camera(f"video:{path}") as camera:
        camera.start()
        with pytest.raises(CallerError, match="was cut short"):
            until(camera, MANY)


@pytest.mark.parametrize(
    "word",
    ["", "webcam", "picamera2:0", "v4l2", "v4l2:", "video", "video:", "Subject", "subject:nobody"],
)
def test_a_word_that_names_none_is_refused_with_those_that_do(word: str) -> None:
    with pytest.raises(CallerError) as caught:
        open_camera(word)
    assert "subject" in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_video_that_is_not_there_is_the_callers_mistake() -> None:
    with pytest.raises(LiftLightError) as caught:
        open_camera("video:/nowhere/a.mp4")
    assert caught.value.exit_code == 2
