"""A recording, replayed without its pictures: samples in, lift events and a summary out."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Self

import pytest

from device.cli import main
from device.coach import events
from device.coach.counting import RepetitionCounter
from device.desk.replay import Progress, Summary, as_text, replay, summary_as_text
from device.errors import CallerError, EndOfRecording
from device.sample import LiftSample
from tests.bedroom import Person

FPS = 30
TRACE = Path(__file__).parents[1] / "lab/session.csv"


class Recording:
    """Samples of somebody who lifts once at 4 s and holds for `holds` seconds."""

    live = False

    def __init__(self, seconds: float, holds: float) -> None:
        self._seconds = seconds
        self._holds = holds
        self._samples: Iterator[LiftSample] = iter(())

    def start(self) -> None:
        person, random = Person(holds=self._holds), Random(3)
        person.lift(4.0)
        frames = range(int(self._seconds * FPS))
        self._samples = iter([person.sample(n / FPS, random) for n in frames])

    def read(self, timeout: float) -> LiftSample:
        sample = next(self._samples, None)
        if sample is None:
            raise EndOfRecording("that was all")
        return sample

    def stop(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None: ...


def test_a_whole_lift_is_counted_and_nothing_is_added_at_the_end() -> None:
    summary = Summary()
    happened = list(replay(Recording(12.0, 2.5), RepetitionCounter.population(), summary))
    assert [event for event in happened if isinstance(event, events.Rep | events.Refused)] == [
        happened[-1]
    ]
    assert isinstance(happened[-1], events.Rep)
    assert (summary.reps, dict(summary.refused)) == (1, {})


def test_a_lift_that_the_recording_cuts_off_is_refused_and_not_forgotten() -> None:
    summary = Summary()
    happened = list(replay(Recording(7.0, 9.0), RepetitionCounter.population(), summary))
    (cut,) = [event for event in happened if isinstance(event, events.Rep | events.Refused)]
    assert isinstance(cut, events.Refused)
    assert cut.reason is events.Reason.CUT_OFF
    assert 3.9 < cut.onset < 4.6
    assert summary.refused == {"cut_off": 1}


def test_a_practised_lift_that_is_cut_off_is_not_counted_either() -> None:
    summary = Summary()
    counter = RepetitionCounter.population()
    happened = list(replay(Recording(7.0, 9.0), counter, summary, (3.5, 9.0)))
    assert not [event for event in happened if isinstance(event, events.Rep | events.Refused)]


def test_a_practised_lift_that_ends_with_its_span_is_not_counted_either() -> None:
    """What it was is known a moment after it is over, and belongs to it all the same."""
    plain = list(replay(Recording(9.0, 2.5), RepetitionCounter.population(), Summary()))
    (rep,) = [event for event in plain if isinstance(event, events.Rep)]
    for end in (rep.offset, rep.time - 0.1, rep.time - 0.01, rep.time):
        counter = RepetitionCounter.population()
        told = list(replay(Recording(9.0, 2.5), counter, Summary(), (3.5, end)))
        assert not [event for event in told if isinstance(event, events.Rep | events.Refused)]
        assert counter.peak == 0.0


def test_a_practised_lift_must_be_in_the_recording() -> None:
    counter = RepetitionCounter.population()
    with pytest.raises(CallerError, match="nothing was recorded from 500 to 600 s"):
        list(replay(Recording(9.0, 2.5), counter, Summary(), (500.0, 600.0)))


def test_a_trace_is_known_by_its_ending_however_that_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Some cameras' cards and older systems know capitals only."""
    shutil.copy(TRACE, tmp_path / "SESSION.CSV")
    assert main(["replay", str(tmp_path / "SESSION.CSV")]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["reps"] > 0


@pytest.mark.parametrize(("kind", "replaced"), [("xterm", True), ("dumb", False)])
def test_how_far_it_is_stands_only_on_a_terminal_where_it_can_be_replaced(
    monkeypatch: pytest.MonkeyPatch, kind: str, replaced: bool
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", kind)
    with Progress(frames=2) as progress:
        progress.observe(LiftSample(0.0, face=False), RepetitionCounter.population(), [])
    assert screen.getvalue() == ("\rreplaying ... 50 %\r\033[K" if replaced else "")


def test_to_a_person_everything_is_told_in_lines_that_fit_a_terminal() -> None:
    noted = events.Rep(3605.8, 10, 2.0, 2.6, 5.2, 5.8, 2.6, 0.97, 0.95, 0.99, tuple(events.Note))
    told = as_text(noted).splitlines()
    assert told[0].startswith(" 3605.8 s  rep 10: held 2.60 s")
    assert max(map(len, told)) <= 80
    assert all(line.startswith(" " * 11) for line in told[1:])
    for reason in events.Reason:
        line = as_text(events.Refused(9.9, reason, 8.0, 9.8, 0.71, 0.4))
        assert line.startswith("    9.9 s  refused: ")
        assert "_" not in line
    assert as_text(events.FaceLost(20.0)) == "   20.0 s  the face is out of sight"
    assert as_text(events.FaceFound(21.0)) == "   21.0 s  a face is in sight"


def test_to_a_person_the_summary_names_pictures_without_a_face() -> None:
    summary = Summary(time=61.5, reps=1, frames=1845, face_frames=1830)
    summary.refused["too_short"] = 2
    assert summary_as_text(summary) == (
        "   61.5 s  1 lift counted, 2 refused; a face in 1830 of 1845 pictures"
    )
    assert summary_as_text(Summary()) == "    0.0 s  no lifts counted, none refused"
