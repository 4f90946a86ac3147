"""A recorded video as a camera: what it shows, and what it says when it is not one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.camera.frame import Frame
from device.camera.video import VideoFileCamera
from device.errors import CallerError, CameraError, EndOfRecording
from tests.videos import (
    FPS,
    HEIGHT,
    WIDTH,
    film,
    h264,
    oblong,
    picture,
    pieced,
    remuxed,
    retimed,
    shown,
    ticks_a_second,
    trimmed,
    with_sound,
)


def frames(camera: VideoFileCamera) -> Iterator[Frame]:
    while True:
        try:
            frame = camera.read(1.0)
        except EndOfRecording:
            return
        assert frame is not None
        yield frame


def show(path: Path) -> list[Frame]:
    with VideoFileCamera(path) as camera:
        camera.start()
        return list(frames(camera))


def where_is_red(frame: Frame) -> tuple[str, str]:
    reddish = (frame.pixels[..., 0] > 150) & (frame.pixels[..., 1] < 100)
    rows, columns = np.nonzero(reddish)
    height, width = reddish.shape
    return (
        "top" if rows.mean() < height / 2 else "bottom",
        "left" if columns.mean() < width / 2 else "right",
    )


def test_every_frame_comes_once_in_order_with_its_time(tmp_path: Path) -> None:
    seen = show(film(tmp_path / "a.mp4", 45))
    assert [frame.number for frame in seen] == list(range(45))
    assert [frame.time for frame in seen] == pytest.approx([n / FPS for n in range(45)], abs=1e-3)
    for frame in seen:
        assert frame.pixels.dtype == np.uint8
        assert np.abs(frame.pixels.astype(int) - picture(frame.number)).mean() < 6


@pytest.mark.parametrize(("name", "codec"), [("a.avi", "MJPG"), ("a.mkv", "mp4v")])
def test_other_containers_tell_the_same_times(tmp_path: Path, name: str, codec: str) -> None:
    seen = show(film(tmp_path / name, 30, codec))
    assert [frame.time for frame in seen] == pytest.approx([n / FPS for n in range(30)], abs=2e-3)


def test_it_tells_how_long_it_is_before_it_is_started(tmp_path: Path) -> None:
    camera = VideoFileCamera(film(tmp_path / "a.mp4", 45))
    assert camera.frame_count == 45
    assert camera.fps == pytest.approx(FPS)
    assert not camera.live


def test_a_rate_that_varies_is_followed(tmp_path: Path) -> None:
    """Phones film fewer frames a second in the dark."""
    path = film(tmp_path / "a.mp4", 40)
    tick = ticks_a_second(path)
    seen = show(retimed(path, [(20, tick // 30), (20, tick // 15)]))
    expected = [*(n / 30 for n in range(20)), *(20 / 30 + n / 15 for n in range(20))]
    assert [frame.time for frame in seen] == pytest.approx(expected, abs=2e-3)


def test_times_always_increase_even_where_the_container_stands_still(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", 20)
    seen = show(retimed(path, [(10, 0), (10, ticks_a_second(path) // 30)]))
    times = [frame.time for frame in seen]
    assert times == sorted(set(times))


@pytest.mark.parametrize(
    ("how", "corner", "size"),
    [
        ("turned 90", ("top", "right"), (WIDTH, HEIGHT)),
        ("turned 180", ("bottom", "right"), (HEIGHT, WIDTH)),
        ("turned 270", ("bottom", "left"), (WIDTH, HEIGHT)),
        ("mirrored", ("top", "right"), (HEIGHT, WIDTH)),
        ("turned 90, mirrored", ("top", "left"), (WIDTH, HEIGHT)),
    ],
)
def test_a_film_is_turned_and_mirrored_as_a_player_does_it(
    tmp_path: Path, how: str, corner: tuple[str, str], size: tuple[int, int]
) -> None:
    """Phones note how they were held; selfies are stored one way round and shown the other."""
    first = show(shown(film(tmp_path / "a.mp4", 5), how))[0]
    assert first.pixels.shape == (*size, 3)
    assert where_is_red(first) == corner


def grey(frame: Frame) -> float:
    return float(np.median(frame.pixels))


def test_what_an_edit_list_hides_is_not_shown(tmp_path: Path) -> None:
    """A phone trims without loss: 20 of 90 pictures are left, from the midst of a group."""
    path = film(tmp_path / "a.mp4", 90)
    whole = show(path)
    seen = show(trimmed(path, 53 / FPS, 72.5 / FPS))
    assert [frame.time for frame in seen] == pytest.approx([n / FPS for n in range(20)], abs=2e-3)
    for frame, before in zip(seen, whole[53:73], strict=True):
        assert np.array_equal(frame.pixels, before.pixels)


@pytest.mark.parametrize("name", ["a.mkv", "a.mov", "a.avi"])
def test_sound_that_goes_on_after_the_pictures_is_no_damage(tmp_path: Path, name: str) -> None:
    path = with_sound(film(tmp_path / "silent.mp4", 30), tmp_path / name, 5.0)
    assert len(show(path)) == 30


@pytest.mark.parametrize("name", ["a.avi", "a.mkv", "a.ts", "a.mp4"])
def test_pictures_that_are_stored_in_another_order_come_at_their_own_times(
    tmp_path: Path, name: str
) -> None:
    """An AVI has no times for them, so all but the first few may come a picture late."""
    seen = show(h264(tmp_path / name, 90, bf="3"))
    late = [frame.time - n / FPS for n, frame in enumerate(seen)]
    assert late == pytest.approx([0.0] * 90, abs=2e-3 + (name == "a.avi") / FPS)
    assert late[5:] == pytest.approx([late[5]] * 85, abs=2e-3)
    for frame, brightness in zip(seen, map(picture, range(90)), strict=True):
        assert grey(frame) == pytest.approx(np.median(brightness), abs=3)


@pytest.mark.parametrize("begins", ["95440", "95441.5", "95443.6"])
def test_a_stream_whose_time_wraps_is_whole(tmp_path: Path, begins: str) -> None:
    """MPEG's 33 bits last for 26 hours; a stream that was long on the air may wrap in any film."""
    path = film(tmp_path / "a.mpg", 90, "PIM1")
    path = remuxed(path, tmp_path / "a.ts", output_ts_offset=begins)
    seen = show(path)
    assert [frame.time for frame in seen] == pytest.approx([n / FPS for n in range(90)], abs=2e-3)


def test_pictures_that_change_their_pixel_format_are_all_shown_as_they_are(tmp_path: Path) -> None:
    pieces = [("yuvj422p", WIDTH, HEIGHT), ("yuvj420p", WIDTH, HEIGHT), ("yuvj444p", WIDTH, HEIGHT)]
    seen = show(pieced(tmp_path / "a.avi", pieces))
    assert len(seen) == 30
    for frame in seen:
        assert where_is_red(frame) == ("top", "left")
        assert grey(frame) == pytest.approx(np.median(picture(frame.number)), abs=3)


@pytest.mark.parametrize("matrix", ["bt2020c", "YCgCo", "ictcp"])
def test_a_colour_matrix_that_cannot_be_turned_into_rgb_is_taken_for_the_usual_one(
    tmp_path: Path, matrix: str
) -> None:
    """The colours are a little off then, as in a player; the film is whole."""
    path = h264(tmp_path / "a.mp4", 10, **{"x264-params": f"colormatrix={matrix}"})
    seen = show(path)
    assert len(seen) == 10
    for frame in seen:
        assert where_is_red(frame) == ("top", "left")
        assert grey(frame) == pytest.approx(np.median(picture(frame.number)), abs=3)


def test_pictures_that_change_their_size_are_refused_with_the_time(tmp_path: Path) -> None:
    """As when a phone is turned, or a call's network gets slower."""
    path = pieced(tmp_path / "a.mkv", [("yuvj420p", 96, 64), ("yuvj420p", 64, 96)])
    with VideoFileCamera(path) as camera:
        camera.start()
        seen = [camera.read(1.0) for _ in range(10)]
        with pytest.raises(CallerError, match=r"from 96x64 to 64x96 pixels at 0\.3 s") as caught:
            camera.read(1.0)
    assert len(seen) == 10
    assert "\n" not in str(caught.value)


def test_a_film_that_goes_back_in_time_is_refused_with_the_time(tmp_path: Path) -> None:
    """Two films in one file: to go on from the later time would squeeze the second into nothing."""
    one, two = (film(tmp_path / f"{name}.mpg", 60, "PIM1") for name in "ab")
    both = tmp_path / "both.mpg"
    both.write_bytes(one.read_bytes() + two.read_bytes())
    with pytest.raises(CallerError, match=r"goes back in time after [12]\.\d s: cut it there"):
        show(both)


def test_pixels_that_are_not_square_are_shown_as_wide_as_they_are(tmp_path: Path) -> None:
    first = show(oblong(tmp_path / "a.mp4", Fraction(4, 3)))[0]
    assert first.pixels.shape == (HEIGHT, WIDTH * 4 // 3, 3)


def test_started_again_it_begins_anew(tmp_path: Path) -> None:
    with VideoFileCamera(film(tmp_path / "a.mp4", 10)) as camera:
        camera.start()
        once = [frame.time for frame in frames(camera)]
        camera.stop()
        camera.stop()
        camera.start()
        assert [frame.time for frame in frames(camera)] == once


def test_it_is_dark_until_it_is_started(tmp_path: Path) -> None:
    camera = VideoFileCamera(film(tmp_path / "a.mp4", 10))
    with pytest.raises(CameraError, match="before it was started"):
        camera.read(1.0)


def test_a_title_in_another_encoding_is_no_reason_not_to_show_it(tmp_path: Path) -> None:
    path = oblong(tmp_path / "a.avi", Fraction(1))
    path.write_bytes(path.read_bytes().replace(b"a film", "größe".encode("latin-1") + b"!"))
    assert len(show(path)) == 10


def test_a_name_that_looks_like_a_pattern_is_only_a_name(tmp_path: Path) -> None:
    assert len(show(film(tmp_path / "a.mp4", 10).rename(tmp_path / "100%02d:a.mp4"))) == 10
    for name in ("1.png", "2.png", "%d.png"):
        cv2.imwrite(str(tmp_path / name), picture(0))
    with pytest.raises(CallerError, match="a single picture"):
        VideoFileCamera(tmp_path / "%d.png")


def nothing(folder: Path) -> Path:
    return folder / "nothing.mp4"


def folder(folder: Path) -> Path:
    return folder


def empty(folder: Path) -> Path:
    path = folder / "empty.mp4"
    path.touch()
    return path


def renamed_text(folder: Path) -> Path:
    path = folder / "text.mp4"
    path.write_text("a letter, not a film\n" * 100)
    return path


def plain_text(folder: Path) -> Path:
    """FFmpeg would show this one as a terminal that types it."""
    path = folder / "text.txt"
    path.write_text("ein Brief, kein Film: größer als ein Kopf\n" * 1000, encoding="utf-8")
    return path


def noise(folder: Path) -> Path:
    path = folder / "noise.mp4"
    path.write_bytes(np.random.default_rng(1).bytes(20_000))
    return path


def no_frames(folder: Path) -> Path:
    return film(folder / "none.mp4", 0)


def unknown(folder: Path) -> Path:
    path = film(folder / "unknown.mkv", 10)
    path.write_bytes(path.read_bytes().replace(b"V_MPEG4", b"V_NEVER"))
    return path


def photograph(folder: Path) -> Path:
    return film(folder / "one.mp4", 1)


def device(folder: Path) -> Path:
    return Path("/dev/null")


def cut(name: str, codec: str, share: float) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = film(folder / name, 150, codec)
        data = path.read_bytes()
        path.write_bytes(data[: int(share * len(data))])
        return path

    return make


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (nothing, "is not there"),
        (folder, "is a folder"),
        (empty, "is empty"),
        (renamed_text, "is text"),
        (plain_text, "is text"),
        (noise, "is no video"),
        (no_frames, "no pictures"),
        (unknown, "cannot decode"),
        (photograph, "a single picture"),
        (device, "is no file"),
        (cut("a.mp4", "mp4v", 0.999), "was cut short"),
        (cut("a.mp4", "mp4v", 0.5), "was cut short"),
        (cut("a.mp4", "mp4v", 0.01), "was cut short"),
        (cut("a.avi", "MJPG", 0.9), "was cut short"),
        (cut("a.avi", "MJPG", 0.1), "was cut short"),
        (cut("a.mkv", "mp4v", 0.4), "was cut short"),
    ],
)
def test_what_is_no_whole_video_is_refused_at_once_in_one_line(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    make: Callable[[Path], Path],
    says: str,
) -> None:
    path = make(tmp_path)
    capfd.readouterr()
    with pytest.raises(CallerError, match=says) as caught:
        VideoFileCamera(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2
    assert capfd.readouterr().err == "", "the libraries underneath keep quiet"


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mp4", {}),
        ("a.mp4", {"movflags": "faststart"}),
        ("a.mkv", {}),
        ("a.mkv", {"live": "1"}),
        ("a.avi", {}),
    ],
)
def test_wherever_a_film_is_cut_it_is_refused_or_has_lost_no_picture(
    tmp_path: Path, name: str, options: dict[str, str]
) -> None:
    """The table of contents of one comes last, another has none and can be played anywhere."""
    path = with_sound(film(tmp_path / "silent.mp4", 60), tmp_path / name, 2.0, **options)
    data = path.read_bytes()
    assert len(show(path)) == 60
    for left in (*range(1, len(data), len(data) // 40), *range(len(data) - 40, len(data), 8)):
        path.write_bytes(data[:left])
        try:
            seen = show(path)
        except CallerError:
            continue
        assert len(seen) == 60


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mp4", "mp4v"), ("a.mkv", "mp4v"), ("a.avi", "MJPG")]
)
def test_a_film_with_a_hole_in_it_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str, codec: str
) -> None:
    """As a download leaves it that reserved its room first."""
    path = film(tmp_path / name, 300, codec)
    data = bytearray(path.read_bytes())
    begin, end = 2 * len(data) // 5, 4 * len(data) // 5
    data[begin:end] = bytes(end - begin)
    path.write_bytes(data)
    with pytest.raises(CallerError, match="cut short or damaged") as caught:
        show(path)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr().err == ""


def test_a_film_that_goes_away_before_it_is_started_is_missed(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", 10)
    camera = VideoFileCamera(path)
    path.unlink()
    with pytest.raises(CallerError, match="no video"):
        camera.start()


def test_a_real_film_is_read_to_its_end(clips: Path) -> None:
    camera = VideoFileCamera(clips / "intel_headpose_male.mp4")
    assert len(show(camera.path)) == camera.frame_count


def test_nothing_on_the_devices_own_path_reads_films() -> None:
    """PyAV is a desk's: the device starts without it."""
    named = "device.cli, device.run, device.camera.open, device.desk.replay"
    code = f"import sys, {named}; print('av' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "False\n"


def test_where_pyav_is_not_installed_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = film(tmp_path / "a.mp4", 5)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(CallerError, match="pip install av") as caught:
        VideoFileCamera(path)
    assert "\n" not in str(caught.value)
