"""The made sets: their truth is true, and the counter is exact on them."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

import tools.sets.__main__ as command
from tools.sets.__main__ import CLEAR, Figures, false_repetitions
from tools.sets.generate import make
from tools.sets.rivals import RIVALS, counter
from tools.sets.script import Camera, Person, lift, play, rest
from tools.sets.unrest import ALL, restless


def test_a_made_set_holds_what_its_truth_says() -> None:
    made = make(3, replace(CLEAR, noise=0.0, drift=0.0))
    assert 8 <= len(made.holds) <= 10
    for begin, end in made.holds:
        assert end - begin >= 2.1
        middle = (begin + end) / 2
        height = min(
            (s.lift - made.person.rest) / made.person.range
            for s in made.samples
            if abs(s.time - middle) < 0.5
        )
        assert height > 0.5


def test_the_same_seed_makes_the_same_set() -> None:
    assert make(5, CLEAR).holds == make(5, CLEAR).holds
    assert make(5, CLEAR).holds != make(6, CLEAR).holds


def test_lost_frames_are_gone_and_times_stay_in_order() -> None:
    lossy = Camera(30.0, drops=0.5, jitter=0.9)
    played = play([rest(20.0)], Person(), lossy, random.Random(1))
    assert 200 < len(played.samples) < 400
    times = [sample.time for sample in played.samples]
    assert times == sorted(times)


@pytest.mark.parametrize("name", ALL)
def test_what_is_no_lift_is_never_counted_once(name: str) -> None:
    for seed in range(4):
        piece = ALL[name](random.Random(seed))
        assert piece.seconds < 21.0
        made = make(0, CLEAR)
        chance = random.Random(seed)
        pieces = [rest(4.0), piece, rest(3.0)]
        made.shown = play([rest(2.5), lift(), rest(1.0)], Person(), Camera(), chance).samples
        made.samples = play(pieces, Person(), Camera(), chance, begin=7.2).samples
        assert counter(made) == []


def test_the_counter_is_exact_and_on_time_on_sets_as_measured() -> None:
    figures = Figures()
    for seed in range(8):
        made = make(seed, CLEAR)
        figures.add(made, counter(made))
    assert figures.exact == figures.sets
    assert figures.start_errors is not None
    assert sorted(figures.start_errors)[len(figures.start_errors) // 2] < 0.12


def test_every_rival_counts_a_plain_set() -> None:
    made = make(1, replace(CLEAR, distracted=0.0, amplitude=(1.0, 1.0), movement=(0.4, 0.6)))
    for rival in RIVALS.values():
        assert len(rival(made)) == len(made.holds)


def test_a_quarter_of_an_hour_of_restless_people_counts_nothing() -> None:
    assert false_repetitions(0.25) == 0
    assert sum(piece.seconds for _, piece in restless(random.Random(1), 2.0)) >= 120.0


def test_the_page_keeps_what_is_written_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "COUNTING.md"
    page.write_text(f"before\n{command.BEGIN}\nold\n{command.END}\nafter\n")
    monkeypatch.setattr(command, "PAGE", page)
    command.write("new\n")
    text = page.read_text()
    assert "old" not in text
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "\nnew\n" in text


def test_the_page_in_the_house_has_its_marks() -> None:
    text = command.PAGE.read_text()
    assert command.BEGIN in text
    assert command.END in text.partition(command.BEGIN)[2]
