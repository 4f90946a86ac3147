"""What a person at a desk sees of a recording: the signal, and each verdict with its reason."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.coach import events
from device.coach.counting import Phase
from device.desk import drawing
from device.desk.chart import PLOT_WIDTH, ROW_HEIGHT, Timeline, chart, plot, short_label
from device.desk.drawing import DAY, Picture
from device.desk.film import Film
from device.errors import CallerError
from device.sample import LiftSample
from tests.desk.words import covered, written_on_charts

COUNTED = events.Rep(6.0, 3, 2.0, 2.6, 5.2, 5.8, 2.6, 0.97, 0.95, 0.99, (events.Note.LIPS_PARTED,))
SHORT = events.Refused(9.9, events.Reason.TOO_SHORT, 8.0, 9.8, 0.71, 0.92)


def signal(seconds: float, *verdicts: events.LiftEvent, face: bool = True) -> Timeline:
    seen = Timeline()
    for n in range(int(10 * seconds)):
        sample = LiftSample(n / 10, face, mouth_open=0.05)
        level, phase = (0.0, Phase.REST) if face else (math.nan, Phase.LOST)
        seen.add(sample, level, phase, [v for v in verdicts if math.isclose(v.time, n / 10)])
    return seen


def drawn(seen: Timeline) -> Picture:
    picture = np.zeros((200, 1000, 3), np.uint8)
    chart(picture, seen, 0.0, 10.0, DAY)
    return picture


def greener(picture: Picture, x: int) -> bool:
    """Whether the paper at this x, high above the curve, is tinted green."""
    red, green, _ = map(int, picture[60, x])
    return green > red


def test_a_verdict_says_what_decided_it() -> None:
    assert drawing.reasons_of(COUNTED) == (
        "rep 3: held 2.60 s, 0.97 of a lift; the lips were parted"
    )
    assert drawing.reasons_of(SHORT).startswith("refused: let go a little early (0.71 s; 1.")
    small = events.Refused(9.9, events.Reason.TOO_SMALL, 8.0, 9.8, 2.1, 0.42)
    assert "(0.42 of a lift; 0.475 counts)" in drawing.reasons_of(small)
    not_borne_out = events.Refused(9.9, events.Reason.TOO_SMALL, 8.0, 9.8, 2.1, 0.93)
    assert drawing.reasons_of(not_borne_out).endswith(
        "(0.93 of a lift; not borne out by the rest of the face)"
    )
    for reason in events.Reason:
        told = drawing.reasons_of(events.Refused(9.9, reason, 8.0, 9.8, 1.0, 0.9))
        assert "_" not in told


def test_the_practised_lift_has_no_number() -> None:
    seen = signal(10.0, COUNTED)
    seen.practised()

    assert short_label(seen.verdicts[0]) == "practised: 2.6 s"
    assert drawing.reasons_of(seen.verdicts[0]).startswith("practised: held 2.60 s")


def test_a_lift_is_shaded_from_its_beginning_to_its_end_once_it_was_judged() -> None:
    before, after = drawn(signal(5.9, COUNTED)), drawn(signal(10.0, COUNTED, SHORT))

    assert not greener(before, 400)
    assert greener(after, 400)
    assert not greener(after, 100)
    assert not greener(after, 850)
    assert (after[60, 850] != after[60, 650]).any()


def test_labels_of_lifts_that_follow_closely_do_not_cover_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = written_on_charts(monkeypatch)
    hurried = [
        events.Refused(at + 0.6, events.Reason.NO_REST, at, at + 0.6, 0.3, 0.9)
        for at in range(10, 30)
    ]
    plot(signal(70.0, COUNTED, *hurried), "hurried")
    labels = [one.line for one in written if one.line == "no rest"]
    assert len(hurried) / 2 < len(labels) < len(hurried), "not all have room"
    assert not list(covered(written))


def test_labels_leave_the_curve_alone_however_high_it_goes() -> None:
    high = signal(10.0, COUNTED, SHORT)
    high.levels[:] = [9.9] * len(high.levels)
    curve = (drawn(high) == np.array(DAY.ink)).all(axis=2)
    assert curve.any()
    assert not curve[: letters_end(drawn(signal(10.0, COUNTED, SHORT)))].any()


def letters_end(picture: Picture) -> int:
    """The lowest line of the letters of labels."""
    rows = (picture == np.array(DAY.poor)).all(axis=2).any(axis=1)
    return int(np.flatnonzero(rows[:100])[-1])


def test_the_times_have_a_place_of_their_own_below_the_lips() -> None:
    wide = signal(10.0)
    wide.mouths[:] = [1.0] * len(wide.mouths)
    shut, open_wide = drawn(signal(10.0)), drawn(wide)
    assert (shut[:185] != open_wide[:185]).any(), "the lips are drawn"
    assert (shut[188:] == open_wide[188:]).all(), "and leave the times alone"
    assert np.min(shut[188:]) < 160, "which are written there"


@pytest.mark.parametrize("anchor", [0.0, 0.5, 1.0])
def test_a_line_is_written_whole_even_at_the_edge(anchor: float) -> None:
    inside = np.full((60, 400, 3), 255, np.uint8)
    drawing.text(inside, "let go a little early", 200, 40, (0, 0, 0), 0.6, anchor)
    for x in (-50, 0, 400, 450):
        edge = np.full((60, 400, 3), 255, np.uint8)
        drawing.text(edge, "let go a little early", x, 40, (0, 0, 0), 0.6, anchor)
        assert edge.sum() == inside.sum()


def test_a_line_too_long_for_its_picture_is_written_smaller() -> None:
    picture = np.full((60, 200, 3), 255, np.uint8)
    drawing.text(picture, "let go a little early, and once more, slowly", 0, 40, (0, 0, 0), 0.6)
    assert (picture[:, -12:] == 255).all()


def test_where_nobody_was_seen_the_line_of_rest_is_a_bar() -> None:
    nobody, somebody = drawn(signal(9.0, face=False)), drawn(signal(9.0))
    dim = np.array(DAY.dim)
    assert (nobody == dim).all(axis=2).sum() > 2 * (somebody == dim).all(axis=2).sum()


def test_a_plot_has_a_row_a_minute_and_a_line_a_verdict() -> None:
    short, long = plot(signal(20.0), "x"), plot(signal(130.0, COUNTED, SHORT), "x")

    assert short.shape[1] == long.shape[1] == PLOT_WIDTH
    assert long.shape[0] >= short.shape[0] + 2 * ROW_HEIGHT


def test_a_plot_stays_in_memory_whatever_times_a_recording_has() -> None:
    """As a camera that takes a picture an hour, and a film whose times are wrong."""
    for last in (3600.0 * 24, 1e15):
        seen = Timeline()
        for time in (0.0, last / 2, last):
            seen.add(LiftSample(time, face=False), math.nan, Phase.LOST, [])
        assert plot(seen, "slow").size < 200e6


def test_an_empty_recording_has_a_plot_too() -> None:
    assert plot(Timeline(), "nothing").size


def test_a_film_is_an_mp4_and_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    picture = np.full((48, 64, 3), 90, np.uint8)
    with pytest.raises(RuntimeError), Film(path, 12.0) as film:
        film.add(picture)
        raise RuntimeError
    assert not list(tmp_path.iterdir())

    with Film(path, 12.0) as film:
        for _ in range(3):
            film.add(picture)
    video = cv2.VideoCapture(str(path))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == 3
    video.release()

    with pytest.raises(CallerError, match=r"\.mp4"), Film(tmp_path / "film.gif", 12.0):
        pass
