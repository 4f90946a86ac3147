"""A trace: written while a session runs, replayed without a picture."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device import trace
from device.clock import ClockReading, TimeSetting
from device.errors import CallerError, CameraError, EndOfRecording, LiftLightError
from device.sample import LiftSample, SampleSource
from device.trace import TraceSource, TraceWriter

TOLERANCES = {
    "mouth_open": 5e-4,
    "brightness": 0.5,
    "yaw": 0.05,
    "pitch": 0.05,
    "roll": 0.05,
    "x": 5e-4,
    "y": 5e-4,
    "size": 5e-4,
    "quality": 5e-3,
    "seen_left": 5e-4,
    "seen_right": 5e-4,
    "jaw": 5e-4,
    "eyes_open": 5e-3,
}


def session(seconds: float, fps: float = 30.0, begin: float = 7_000.0) -> Iterator[LiftSample]:
    """Yield what vision might see: lifts, noise, and a second without a face."""
    chance = np.random.default_rng(5)
    for number in range(int(seconds * fps)):
        time = begin + number / fps
        if 2.0 <= time - begin < 3.0:
            yield LiftSample(time, face=False, brightness=81.3)
            continue
        lift = 0.14 * max(0.0, math.sin(number / 40)) + chance.normal(0, 0.002)
        noise = chance.normal(size=10)
        yield LiftSample(
            time=time,
            face=True,
            brightness=112.0 + noise[0],
            lift=lift,
            left=lift / 2 + 0.002 * noise[1],
            right=lift / 2 + 0.002 * noise[2],
            mouth_open=abs(0.01 * noise[3]),
            yaw=-3.0 + noise[4],
            pitch=5.0 + noise[5],
            roll=90.0 + noise[6],
            x=0.48 + 0.01 * noise[7],
            y=0.52 + 0.01 * noise[8],
            size=0.31 + 0.002 * noise[9],
            quality=0.97,
            seen_left=lift / 0.14 + 0.3,
            seen_right=lift / 0.14 - 0.2,
            jaw=1.3 + 0.002 * noise[3],
            eyes_open=0.3 + 0.002 * noise[4],
        )


def write(path: Path, samples: Iterator[LiftSample]) -> Path:
    with TraceWriter(path) as writer:
        for sample in samples:
            writer.append(sample)
    return path


def until_the_end(source: SampleSource) -> Iterator[LiftSample]:
    while True:
        try:
            sample = source.read(0.0)
        except EndOfRecording:
            return
        assert sample is not None
        yield sample


def everything(source: SampleSource) -> list[LiftSample]:
    with source:
        source.start()
        return list(until_the_end(source))


def assert_same(read: LiftSample, written: LiftSample) -> None:
    assert read.face == written.face
    for field in dataclasses.fields(LiftSample)[2:]:
        expected = getattr(written, field.name)
        if not abs(expected) < 1e300:
            expected = math.nan
        assert getattr(read, field.name) == pytest.approx(
            expected, abs=TOLERANCES.get(field.name, 5e-5) + 1e-9, nan_ok=True
        ), field.name


class HandClock:
    """A clock that the test turns."""

    def __init__(self, now: float) -> None:
        self.now = now

    def monotonic(self) -> float:
        return self.now

    def reading(self) -> ClockReading:
        raise AssertionError("a trace has no use for the time of day")

    def set_time(self, wall: float) -> TimeSetting:
        raise AssertionError("a trace has no use for the time of day")


def test_what_was_written_is_read_back_to_a_tenth_of_its_noise(tmp_path: Path) -> None:
    samples = list(session(5.0))
    read = everything(TraceSource(write(tmp_path / "a.trace", iter(samples))))
    assert len(read) == len(samples)
    for before, after in zip(samples, read, strict=True):
        assert after.time == pytest.approx(before.time - samples[0].time, abs=5.1e-4)
        assert_same(after, before)


figures = st.sampled_from([math.nan, math.inf, -math.inf, 1e308]) | st.floats(-1e6, 1e6)
steps = st.floats(0.0001, 5.0)
seen = st.lists(st.tuples(steps, st.booleans(), st.tuples(*[figures] * 14)), min_size=1, max_size=4)


@settings(max_examples=50)
@given(seen=seen)
def test_any_sample_survives_the_trace(
    seen: list[tuple[float, bool, tuple[float, ...]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever vision says, the trace can be read, in the same order, times to a millisecond."""
    path = tmp_path_factory.getbasetemp() / "any.trace"
    times = itertools.accumulate(step for step, _, _ in seen)
    written = [
        LiftSample(time, face, *values) for time, (_, face, values) in zip(times, seen, strict=True)
    ]
    read = everything(TraceSource(write(path, iter(written))))
    assert [sample.time for sample in read] == sorted({sample.time for sample in read})
    first_of = {round(one.time - written[0].time, 3): one for one in reversed(written)}
    assert len(read) == len(first_of)
    for sample in read:
        assert_same(sample, first_of[sample.time])


def test_a_trace_is_small_and_says_what_it_holds(tmp_path: Path) -> None:
    path = write(tmp_path / "a.trace", session(60.0))
    assert path.stat().st_size / 60.0 < 2_700
    title, columns, first, *_ = path.read_text().splitlines()
    assert title == "# LiftLight trace, version 1"
    assert columns.startswith("time_s,face,brightness,lift,")
    assert first.startswith("0,1,")


@pytest.mark.parametrize(
    ("newest", "named", "figures"),
    [
        pytest.param(",seen_left", "", "", id="before the lift network"),
        pytest.param(",seen_left", ",cheek,cheek_quality", ",.131,.9", id="with the cheeks"),
        pytest.param(",jaw", "", "", id="before jaw and eyes"),
    ],
)
def test_an_older_trace_is_read(tmp_path: Path, newest: str, named: str, figures: str) -> None:
    path = write(tmp_path / "a.trace", session(1.0))
    title, columns, *lines = path.read_text().splitlines()
    kept, _, gone = columns.partition(newest)
    lost = gone.count(",") + 1
    older = [title, kept + named, *(one.rsplit(",", lost)[0] + figures for one in lines)]
    (tmp_path / "older.trace").write_text("".join(f"{line}\n" for line in older))
    before = everything(TraceSource(tmp_path / "older.trace"))
    assert [one.lift for one in before] == [one.lift for one in everything(TraceSource(path))]
    assert all(math.isnan(one.jaw) for one in before)
    assert all(math.isnan(one.seen) == (newest == ",seen_left") for one in before if one.face)


def test_it_stops_growing_at_the_length_of_a_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace, "MAX_BYTES", 5_000)
    path = tmp_path / "a.trace"
    with TraceWriter(path) as writer:
        full = []
        for sample in session(60.0):
            full.append(writer.full)
            writer.append(sample)
    assert not full[0]
    assert full[-1]
    assert path.stat().st_size < 5_200
    assert everything(TraceSource(path))


def test_the_real_limit_leaves_room_for_the_longest_session(tmp_path: Path) -> None:
    """Six minutes of session and two of pause."""
    seconds = 20.0
    size = write(tmp_path / "a.trace", session(seconds)).stat().st_size
    assert size / seconds * 8 * 60 < trace.MAX_BYTES


def test_two_samples_of_one_moment_are_kept_as_one(tmp_path: Path) -> None:
    first, second, *_ = session(1.0)
    twin = dataclasses.replace(first, time=first.time + 1e-5)
    read = everything(TraceSource(write(tmp_path / "a.trace", iter([first, twin, second]))))
    assert len(read) == 2


def test_each_sample_is_in_the_file_before_the_next(tmp_path: Path) -> None:
    """So a process that is killed loses nothing that it wrote."""
    path = tmp_path / "a.trace"
    with TraceWriter(path) as writer:
        for number, sample in enumerate(session(0.5), start=1):
            writer.append(sample)
            assert path.read_bytes().count(b"\n") == 2 + number
        writer.close()


def test_a_line_that_was_cut_short_is_left_out(tmp_path: Path) -> None:
    path = write(tmp_path / "a.trace", session(1.0))
    whole = len(everything(TraceSource(path)))
    data = path.read_bytes()
    last = len(data.splitlines()[-1]) + 1
    for lost in range(1, last + 1):
        path.write_bytes(data[: len(data) - lost])
        assert len(everything(TraceSource(path))) == whole - 1


def test_a_disk_that_fails_is_said_once_and_stops_nobody() -> None:
    with pytest.raises(LiftLightError, match="make room") as caught:
        TraceWriter("/dev/full")
    assert caught.value.exit_code == 1


def test_a_disk_that_fills_up_on_the_way_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = session(1.0)
    with TraceWriter(tmp_path / "a.trace") as writer, Path("/dev/full").open("w") as full:
        writer.append(next(samples))
        writer._file.close()
        full.reconfigure(line_buffering=True)
        monkeypatch.setattr(writer, "_file", full)
        with pytest.raises(LiftLightError, match="No space left"):
            writer.append(next(samples))
        writer.append(next(samples))
    assert len(everything(TraceSource(tmp_path / "a.trace"))) == 1


@pytest.mark.parametrize("place", ["no/such/folder/a.trace", "."])
def test_a_place_where_none_can_be_written_is_the_callers_mistake(
    tmp_path: Path, place: str
) -> None:
    with pytest.raises(CallerError, match="name a file in a folder that exists"):
        TraceWriter(tmp_path / place)


def test_started_again_it_begins_anew(tmp_path: Path) -> None:
    source = TraceSource(write(tmp_path / "a.trace", session(0.2)))
    assert everything(source) == everything(source)


def test_it_is_dark_until_it_is_started(tmp_path: Path) -> None:
    source = TraceSource(write(tmp_path / "a.trace", session(0.2)))
    with pytest.raises(CameraError, match="before it was started"):
        source.read(1.0)


# In real time: the first sample is due at the start, the others as far apart as they were.


def test_with_a_clock_each_sample_waits_for_its_moment(tmp_path: Path) -> None:
    clock = HandClock(100.0)
    source = TraceSource(write(tmp_path / "a.trace", session(0.1)), clock)
    assert source.live
    with source:
        source.start()
        first = source.read(0.0)
        assert first is not None
        assert first.time == 100.0
        assert source.read(0.0) is None, "the second is not due yet"
        clock.now = 100.0 + 1 / 30 + 0.001
        second = source.read(0.0)
        assert second is not None
        assert second.time == pytest.approx(100.0 + 1 / 30, abs=1e-3)


def test_with_a_clock_a_reader_that_comes_late_catches_up_and_misses_nothing(
    tmp_path: Path,
) -> None:
    clock = HandClock(100.0)
    source = TraceSource(write(tmp_path / "a.trace", session(1.0)), clock)
    with source:
        source.start()
        clock.now = 110.0
        times = [sample.time for sample in until_the_end(source)]
    assert len(times) == 30
    assert times[-1] == pytest.approx(100.0 + 29 / 30, abs=1e-3)


# What is no trace, or a broken one: which file, which line, and what to do.

GOOD = "0,1,112,.14,.07,.07,.01,-3,5,90,.5,.5,.3,.97,.15,.9,1.3,.28"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is no LiftLight trace"),
        ("a letter\n", "is no LiftLight trace"),
        ("# LiftLight trace, version 2\n", "line 1: .* version 2.*update LiftLight"),
        ("# LiftLight trace, version 1\n", "line 2: the columns"),
        ("# LiftLight trace, version 1\ntime_s,face\n", "line 2: the columns"),
        ([], "holds no samples"),
        ([GOOD[:-4]], "line 3: 17 fields where there should be 18"),
        ([GOOD, GOOD], "line 4: time_s 0 is not later"),
        ([GOOD.replace(".14", "x")], "line 3: lift 'x' is no number"),
        ([GOOD.replace(".14", "nan")], "line 3: lift 'nan' is no number"),
        ([GOOD.replace(".14", "inf")], "line 3: lift 'inf' is no number"),
        ([GOOD.replace(".14", "1e308")], "line 3: lift '1e308' is no number, or too large a one"),
        (["" + GOOD[1:]], "line 3: time_s '' is no number"),
        ([GOOD.replace("0,1", "0,yes")], "line 3: face 'yes' is neither 0 nor 1"),
        ([GOOD, "", "1" + GOOD[1:]], "line 4: 1 fields"),
    ],
)
def test_a_broken_trace_is_refused_with_its_line(
    tmp_path: Path, text: str | list[str], says: str
) -> None:
    path = tmp_path / "a.trace"
    if isinstance(text, list):
        head = write(tmp_path / "good", session(0.1)).read_text().splitlines()[:2]
        text = "".join(f"{line}\n" for line in [*head, *text])
    path.write_text(text)
    with pytest.raises(CallerError, match=says) as caught:
        TraceSource(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_cannot_be_a_trace_at_all_is_refused(tmp_path: Path) -> None:
    binary = tmp_path / "film.mp4"
    binary.write_bytes(bytes(range(256)) * 40)
    with pytest.raises(CallerError, match="is no LiftLight trace"):
        TraceSource(binary)
    with pytest.raises(CallerError, match="is not there"):
        TraceSource(tmp_path / "nothing")
    with pytest.raises(CallerError, match="is no file"):
        TraceSource(tmp_path)
