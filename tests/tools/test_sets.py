"""The made sets: their truth is true, and the counter is exact on them."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import tools.sets.__main__ as command
from device.coach import events
from device.coach.counting import measure, phases, verdict
from device.sample import LiftSample
from device.trace import TraceWriter
from tools.sets import residuals, sensitivity, sides
from tools.sets.__main__ import not_lifted
from tools.sets.generate import CLEAR, make
from tools.sets.rendered import plan, rendered, watched
from tools.sets.rivals import RIVALS, Figures, counter
from tools.sets.script import (
    CHANNELS,
    KINDS,
    NETWORK_BLUR,
    Camera,
    Person,
    Piece,
    lift,
    play,
    rest,
)
from tools.sets.unrest import ALL, GENTLE, RESTED_S, restless


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
def test_what_is_no_lift_does_not_count_after_a_practised_lift(name: str) -> None:
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
    assert sorted(figures.start_errors)[len(figures.start_errors) // 2] < 0.12


def test_every_rival_counts_a_plain_set() -> None:
    made = make(1, replace(CLEAR, distracted=0.0, amplitude=(1.0, 1.0), movement=(0.4, 0.6)))
    for rival in RIVALS.values():
        assert len(rival(made)) == len(made.holds)


def test_everything_that_is_no_lift_comes_after_a_real_rest() -> None:
    """What nothing rests before is refused for that alone, and tells nothing."""
    pieces = restless(random.Random(1), 60.0)
    assert sum(piece.seconds for _, piece in pieces) >= 3600.0
    kinds = [kind for kind, _ in pieces]
    assert set(kinds[::2]) == {"rest"}
    assert set(kinds[1::2]) == set(ALL)
    assert min(piece.seconds for kind, piece in pieces if kind == "rest") >= RESTED_S[0]
    seconds = dict.fromkeys(ALL, 0.0)
    for kind, piece in pieces[1::2]:
        seconds[kind] += piece.seconds
    assert max(seconds, key=lambda kind: seconds[kind]) == "talking"


def test_talking_chewing_and_looking_round_count_nothing_in_half_an_hour() -> None:
    found = not_lifted(0.5)
    assert sum(one.times for one in found.values()) > 150
    assert found["talking"].seconds > 300.0
    assert found["coughing"].refused
    for kind in (*GENTLE, "yawning", "turning_over", "coughing", "swallowing"):
        assert (kind, found[kind].counted, found[kind].practised) == (kind, 0, 0)
    lines = list(command.negative_lines(found, 0.5))
    assert lines[0].startswith("In 0.5 hours in which nobody lifts, with 3 to 5 s of rest before")
    assert len(lines) == 4 + len(ALL)


def test_a_kind_that_is_counted_is_told_apart_from_its_neighbours() -> None:
    """Of a smile between two silent pieces the repetition is the smile's, and the first row's."""
    pieces = [rest(3.0), rest(2.0), rest(3.0), lift(hold=2.4), rest(3.0)]
    samples = play(pieces, Person(), Camera(15.0), random.Random(1)).samples
    one = command.Restless([], samples, [("blinking", 3.0, 5.0), ("grinning", 8.0, 11.6)])
    (rep,) = command.said_of(one, practised=False)
    assert isinstance(rep, events.Rep)
    assert command.kind_of(one, rep) == "grinning"


def test_the_network_is_asked_now_and_then_at_rest_in_front_and_always_in_a_lift_and_aside() -> (
    None
):
    def said(piece: Piece) -> int:
        somebody = Person(network=1.2)
        pieces = [rest(0.4), piece]
        samples = play(pieces, somebody, Camera(15.0), random.Random(1)).samples
        return len({sample.seen for sample in samples[5:50]})

    assert said(rest(3.0)) == 15
    assert said(lift(hold=0.1, rise=1.5, fall=1.5)) > 40
    assert said(rest(3.0, yaw=25.0)) == 45


def test_the_network_sees_a_lift_and_some_of_it_on_an_idle_side() -> None:
    pieces = [rest(2.0), lift(hold=3.0, left=1.0, right=0.0), rest(2.0)]
    quiet = Person(network=1.2)
    samples = play(pieces, quiet, Camera(15.0), random.Random(1)).samples
    held = [one for one in samples if 3.0 < one.time < 5.0]
    still = [one for one in samples if one.time < 1.8]
    left, right = (
        float(np.mean([getattr(one, side) for one in held]))
        - float(np.mean([getattr(one, side) for one in still]))
        for side in ("seen_left", "seen_right")
    )
    assert left == pytest.approx(1.2 * (1.0 - NETWORK_BLUR), abs=0.1)
    assert right == pytest.approx(1.2 * NETWORK_BLUR, abs=0.1)


def test_whether_the_network_is_asked_changes_nothing_else() -> None:
    def heights(network: float) -> list[float]:
        somebody = Person(noise=0.003, drift=0.1, network=network)
        return [
            one.lift
            for one in play([rest(5.0), lift()], somebody, Camera(15.0), random.Random(2)).samples
        ]

    assert heights(1.0) == heights(math.nan)


def test_the_share_exact_comes_with_how_sure_it_is() -> None:
    assert Figures(sets=100, exact=99).surely() == "99.0 % (94.6 to 99.8)"
    assert Figures(sets=4, exact=4).surely() == "100.0 % (51.0 to 100.0)"


def test_not_all_of_eight_hundred_is_not_called_all() -> None:
    assert Figures(sets=800, exact=797).cells()[0] == "99.6 %"
    assert Figures(sets=800, exact=800).cells()[0] == "100 %"


@pytest.mark.parametrize("kind", KINDS)
def test_noise_of_every_kind_has_the_size_it_is_given(kind: str) -> None:
    noise = KINDS[kind](random.Random(1))
    frames = np.array([noise.step(1 / 30) for _ in range(20000)])
    assert frames.shape == (20000, len(CHANNELS))
    assert np.max(np.abs(frames.mean(axis=0))) < 0.25
    assert frames.std(axis=0) == pytest.approx(1.0, abs=0.25)


def test_white_noise_forgets_and_the_others_remember() -> None:
    def remembered(kind: str) -> float:
        noise = KINDS[kind](random.Random(2))
        lift = np.array([noise.step(1 / 30)[0] for _ in range(5000)])
        return float(np.corrcoef(lift[:-1], lift[1:])[0, 1])

    assert abs(remembered("white")) < 0.05
    assert remembered("1/f") > 0.5
    assert remembered("recorded") > 0.5


# Sets end to end


def test_a_plan_is_the_same_every_time_and_has_a_name_of_its_own() -> None:
    assert plan(3).name == plan(3).name
    assert len({plan(number).name for number in range(20)}) == 20


def test_a_set_in_another_light_or_that_moves_otherwise_is_another_film() -> None:
    which = plan(0)
    dark = replace(which.script, base=replace(which.script.base, gain=0.1))
    still = replace(which.script, layers=())
    assert len({which.name, *(replace(which, script=one).name for one in (dark, still))}) == 3


def test_a_film_that_was_watched_is_not_made_again(tmp_path: Path) -> None:
    which = plan(0)
    with TraceWriter(tmp_path / which.name) as writer:
        times = np.arange(0.0, which.script.duration, 0.1).tolist()
        for time in times:
            state = which.script.at(time)
            writer.append(LiftSample(time, face=True, lift=0.14 * state.lift_left - 0.25))
    assert len(watched(which, tmp_path)) == len(times)
    made = rendered(0, tmp_path)
    assert made.shown[-1].time < which.showing <= made.samples[0].time
    assert len(made.holds) == len(which.held)


def test_what_is_left_without_the_truth_is_the_noise() -> None:
    truth = np.abs(np.sin(np.arange(0.0, 20.0, 1 / 15)))
    chance = random.Random(1)
    samples = [
        LiftSample(
            number / 15,
            face=True,
            lift=0.14 * share - 0.02 * share * share - 0.25 + chance.gauss(0.0, 0.003),
            left=0.04 * share,
            right=0.04 * share,
            mouth_open=0.01,
        )
        for number, share in enumerate(truth.tolist())
    ]
    left = residuals.residual(samples, truth.tolist())
    assert left[:, 0].std() == pytest.approx(0.003, rel=0.2)
    assert np.max(np.abs(left[:, 1:])) < 1e-9


# What each threshold does


def test_every_threshold_is_found_and_set_back() -> None:
    known = {one.title: one for one in sensitivity.thresholds()}
    assert {"HOLD_S", "ROSE_LEVEL", "DOUBT_S, 1", "DOUBT_S, 2"} <= set(known)
    with sensitivity.changed(known["HOLD_S"], 1.2):
        assert pytest.approx(1.2 * known["HOLD_S"].number) == verdict.HOLD_S
    assert known["HOLD_S"].number == verdict.HOLD_S


def test_two_files_that_use_one_name_are_told_apart() -> None:
    before = [one for one in sensitivity.thresholds() if one.name == "BEFORE_S"]
    assert len({id(one.value) for one in before}) == 2
    whole = next(one for one in before if one.place is None)
    with sensitivity.changed(whole, 0.5):
        assert isinstance(measure.BEFORE_S, tuple)
        assert whole.number / 2 == phases.BEFORE_S


def test_a_threshold_that_matters_changes_the_count() -> None:
    made = [make(seed, CLEAR) for seed in range(2)]
    hold = next(one for one in sensitivity.thresholds() if one.name == "HOLD_S")
    assert sensitivity.count(made, [])[0] == "100 %"
    with sensitivity.changed(hold, 2.0):
        assert sensitivity.count(made, [])[0] == "0.0 %"


def test_a_table_of_sets_alone_claims_nothing_of_false_repetitions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No hour without a lift was counted, so there is no column for one, and the text says so."""
    few = [one for one in sensitivity.thresholds() if one.name in {"HOLD_S", "POPULATION_LIFT"}]
    monkeypatch.setattr(sensitivity, "thresholds", lambda: few)
    text = sensitivity.report(2, 0.0)
    first = text.splitlines()[1]
    assert "false" not in first
    assert {line.count("|") for line in text.splitlines() if "|" in line} == {first.count("|")}
    assert "hours" not in text
    assert "all whose only job is to refuse what is no lift" in text
    assert "No count changes with a fifth more or less of `POPULATION_LIFT`." in text


def test_what_the_counter_knows_by_another_name_is_no_threshold_of_its_own() -> None:
    titles = {one.title for one in sensitivity.thresholds()}
    assert "NETWORK_DEG, 1" in titles
    assert "NETWORK_FROM_DEG" not in titles


def perfectly_seen() -> list[LiftSample]:
    """The practised lift and then each effort, as a signal that knows the truth would show them."""
    moves = [
        lift(height=1.0, left=one.left, right=one.right, rise=sides.RISE_S, hold=sides.HOLD_S)
        for one in sides.lifts()
    ]
    pieces = [rest(2.5)] + [piece for move in moves for piece in (move, rest(sides.REST_S))]
    return play(pieces, Person(), Camera(sides.FPS), random.Random(0)).samples


def test_an_idle_side_is_told_from_one_that_does_its_part() -> None:
    seen = {effort: sides.Seen() for effort in sides.EFFORTS}
    sides.judge(perfectly_seen(), seen)
    for effort, one in seen.items():
        assert one.shares == pytest.approx([effort, effort], abs=0.1)
        if abs(effort - verdict.SIDE_LEFT_OUT) > 0.1:
            assert one.one_sided == (2 if effort < verdict.SIDE_LEFT_OUT else 0)


def test_a_side_that_does_less_twice_in_a_row_is_told_by_its_height(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sides, "EFFORTS", (0.7, 1.0))
    seen = {effort: sides.Seen() for effort in sides.EFFORTS}
    sides.judge(perfectly_seen(), seen)
    assert {effort: one.lags for effort, one in seen.items()} == {0.7: 2, 1.0: 0}
