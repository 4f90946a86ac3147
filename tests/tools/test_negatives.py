"""What is no lift, cut out of films and put between rests: made faces, one film of our subject."""

from __future__ import annotations

import json
import math
import random
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from device.camera.subject import PEOPLE, script
from device.coach import events
from device.coach.counting import RepetitionCounter
from tests import videos
from tests.lift_traces import talking
from tests.subjects import small
from tools import negatives
from tools.evaluate.annotations import Event
from tools.negatives import (
    REST_S,
    Watched,
    between_rests,
    by_s_alone,
    confusion,
    joined,
    lasting,
    outcomes,
    rests,
    table,
)
from tools.sets.script import Camera, Face, Person, Piece, lift, play, rest

SMILE = lift(hold=2.6, rise=0.3, fall=0.3, height=0.9)


def film(*acts: tuple[str, Piece], network: float = math.nan) -> Watched:
    """What vision would say of somebody who does one act after the other, at 15 frames a second.

    `network` is what the lift network says of a lift; as a rule it is not asked.
    """
    happened, at = [], 0.0
    for kind, act in acts:
        begin, end = act.hold or (0.0, act.seconds)
        held = (at + begin, at + end) if act.hold else (None, None)
        happened.append(Event(kind, at, at + act.seconds, *held))
        at += act.seconds
    pieces = [act for _, act in acts]
    person = Person(noise=0.002, network=network)
    return Watched("ada", play(pieces, person, Camera(15.0), random.Random(1)).samples, happened)


def test_what_nothing_rests_before_passes_in_the_film_and_is_counted_between_rests() -> None:
    """Ada talks, and ends with a smile that she holds; no rest was before it."""
    ada = film(
        ("rest", rest(3.0)),
        ("talking", talking(4.0)),
        ("sustained_smile", SMILE),
        ("rest", rest(3.0)),
    )
    counter = RepetitionCounter.population()
    said = [event for sample in ada.samples for event in counter.feed(sample)]
    assert not [event for event in said if isinstance(event, events.Rep)]

    talked, smiled = outcomes(ada)
    assert (talked.event.kind, talked.reps) == ("talking", 0)
    assert (smiled.event.kind, smiled.reps) == ("sustained_smile", 1)
    assert smiled.told[0].startswith("ada 7.0 s, sustained_smile, plain: held 2.5 s at 0.9")
    rows = table([talked, smiled], []).splitlines()
    assert rows[2].startswith("| sustained smile | 1 | 3 | ")
    assert "| 1 | 0 of 0 |" in rows[2]
    assert rows[-2].startswith("By all witnesses: plain, 1 repetition in ")


def test_a_film_with_a_lift_is_counted_after_it_as_well() -> None:
    """In Ada's own lifts, which are large, her smile of half of one is too small."""
    half = lift(hold=2.4, height=0.6)
    shown = lift(hold=2.4, height=1.6)
    ada = film(
        ("rest", rest(3.0)),
        ("lift", shown),
        ("rest", rest(2.0)),
        ("sustained_smile", half),
        ("rest", rest(2.0)),
    )
    plain, after = outcomes(ada)
    assert (plain.practised, plain.reps) == (False, 1)
    assert (after.practised, after.reps, after.refused) == (True, 0, ("too_small",))


def test_what_s_alone_takes_for_a_lift_stands_beside_what_all_witnesses_do() -> None:
    """Ada's cheeks do nothing while she presses her lips; in her lift they do."""

    def still_cheeks(time: float) -> Face:
        return replace(SMILE.course(time), network=0.0)

    ada = film(
        ("rest", rest(3.0)),
        ("lift", lift(hold=2.4)),
        ("rest", rest(2.0)),
        ("lift", lift(hold=2.4)),
        ("rest", rest(2.0)),
        ("lip_press", replace(SMILE, course=still_cheeks)),
        ("rest", rest(2.0)),
        ("lift", lift(hold=0.8)),
        ("rest", rest(2.0)),
        network=1.0,
    )
    found, alone = list(outcomes(ada)), list(outcomes(by_s_alone(ada)))
    assert [one.reps for one in found] == [0, 0]
    assert [one.reps for one in alone] == [1, 1]
    (pressed,) = (one for one in table(found, alone).splitlines() if one.startswith("| lip press"))
    assert "| 0 | 0 of 1 | 1; 1 of 1 | `too_small` 2 |" in pressed

    assert confusion([ada]).splitlines() == [
        "| what was done | times | repetition | `too_short` | `too_small` | nothing |",
        "| --- | --- | --- | --- | --- | --- |",
        "| a lift, held | 1 | 1 → 1 |  |  |  |",
        "| a lift, held too short | 1 |  | 1 → 1 |  |  |",
        "| everything else | 1 | 1 → 0 |  | 0 → 1 |  |",
    ]


def test_only_what_is_no_lift_is_asked_about() -> None:
    ada = film(("rest", rest(3.0)), ("lift", SMILE), ("rest", rest(1.0)), ("cheek_only", SMILE))
    assert list(outcomes(ada)) == []


def test_a_film_without_rest_tells_nothing() -> None:
    ada = film(("talking", talking(6.0)), ("sustained_smile", SMILE))
    assert rests(ada) == []
    assert list(outcomes(ada)) == []


def test_a_short_rest_is_played_to_and_fro_until_it_is_long_enough() -> None:
    ada = film(
        ("talking", talking(3.0)),
        ("rest", rest(1.4)),
        ("sustained_smile", SMILE),
        ("rest", rest(1.5)),
    )
    smile = ada.events[2]
    samples = between_rests(ada, smile)
    level = [(sample.lift - Person().rest) / Person().range for sample in samples]
    up = [sample.time for sample, height in zip(samples, level, strict=True) if height > 0.45]
    assert up[0] > REST_S
    assert samples[-1].time - up[-1] > REST_S
    assert np.max(np.abs(level[: round(15 * REST_S)])) < 0.1


def test_joined_parts_keep_their_pace_whichever_way_they_are_played() -> None:
    samples = film(("rest", rest(2.0))).samples
    again = joined(samples[::-1], samples)
    steps = [b.time - a.time for a, b in pairwise(again)]
    assert again[0].time == 0.0
    assert steps == pytest.approx([1 / 15] * len(steps))
    assert [one.lift for one in again] == [one.lift for one in [*samples[::-1], *samples]]


def test_a_level_counts_as_lasting_if_it_lasts_as_long_as_a_hold() -> None:
    for hold, level in ((2.4, 0.9), (0.6, 0.0)):
        smile = lift(hold=hold, rise=0.3, fall=0.3, height=0.9)
        ada = film(("rest", rest(4.0)), ("sustained_smile", smile), ("rest", rest(4.0)))
        samples = between_rests(ada, ada.events[1])
        assert lasting(samples, "lift") == pytest.approx(level, abs=0.1)


def test_a_film_is_watched_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Real models on a film of our subject, who lifts once, rests, and talks."""
    fps, plan, talk = 10.0, script("good", reps=1, speed=1.5), script("talking")
    times = np.arange(0.0, plan.duration, 1 / fps).tolist()
    spoken = np.arange(3.0, 8.0, 1 / fps).tolist()
    subject = small(PEOPLE["grace"])
    pictures = [subject.render(plan.at(time)) for time in times]
    pictures += [subject.render(talk.at(time)) for time in spoken]
    (shown,) = plan.lifts
    hold = {"hold_start_s": shown.top, "hold_end_s": shown.release}
    done = [
        {"type": "lift", "start_s": shown.start, "end_s": shown.end, **hold},
        {"type": "talking", "start_s": plan.duration, "end_s": plan.duration + 5.0},
    ]
    films, traces = tmp_path / "films", tmp_path / "traces"
    films.mkdir()
    videos.write_video(films / "grace.mp4", pictures, fps=fps)
    about = {"lifts": 1, "count_range": [1, 1], "events": done}
    (films / "grace.json").write_text(json.dumps(about))
    command = [str(films), "--traces", str(traces), "--jobs", "1"]

    assert negatives.main(command) == 0
    first = capsys.readouterr().out
    assert "1 film of 1 with" in first
    assert "| talking | 1 | 5 |" in first
    assert "| 0 | 0 of 1 |" in first

    monkeypatch.setattr(negatives, "vision", None)
    assert negatives.main(command) == 0
    assert capsys.readouterr().out == first


def test_films_of_lifts_alone_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    videos.film(tmp_path / "bo.mp4", 3)
    (tmp_path / "bo.json").write_text('{"lifts": 0, "count_range": [0, 0], "events": []}')
    assert negatives.main([str(tmp_path)]) == 1
    assert "name other films" in capsys.readouterr().err
