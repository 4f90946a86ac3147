"""What is true of all patterns, alone and over one another."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from device.coach import cues, events
from device.panel import patterns
from device.panel.pattern import Lamp, Levels, Pattern, Stay, bursts, melody
from device.panel.patterns import PRESS_CLICK, all_patterns, pattern_of
from device.panel.scheduler import SHORTEST_FLASH_S, FlashLimiter, Outputs, Scheduler
from tools import sound_distances

PATTERNS = all_patterns()
HEARD = {name: pattern for name, pattern in PATTERNS.items() if pattern.melody}
TICK_S = 0.02
"""Seconds between two ticks of a pattern that is played."""


def reversals(levels: Sequence[float], times: Sequence[float], rising: bool) -> list[float]:
    """When a light that dimmed, or never shone, began to brighten, or the other way round."""
    found: list[float] = []
    going_up: bool | None = False
    for before, now, when in zip(levels, levels[1:], times[1:], strict=False):
        if now != before:
            up = now > before
            if up != going_up and up == rising:
                found.append(when)
            going_up = up
    return found


def assert_slow(levels: Sequence[float], times: Sequence[float]) -> None:
    for rising in (True, False):
        for first, second in itertools.pairwise(reversals(levels, times, rising)):
            assert second - first >= SHORTEST_FLASH_S - 1e-6, (first, second)


def played(pattern: Pattern, seconds: float) -> tuple[list[float], list[Levels]]:
    scheduler = Scheduler()
    scheduler.show(pattern, 0.0)
    times = [n * TICK_S for n in range(int(seconds / TICK_S))]
    return times, [scheduler.tick(when).levels for when in times]


def meant(pattern: Pattern, seconds: float) -> list[Levels]:
    """The pictures as written, without the limiter."""
    levels: list[Levels] = [(0.0,) * len(Lamp)]
    for step in pattern.lights * (4 if pattern.repeats else 1):
        steps = round(step.seconds / TICK_S)
        before = levels[-1]
        for n in range(1, steps + 1):
            share = n / steps if step.fade else 1.0
            levels.append(
                tuple(a + (b - a) * share for a, b in zip(before, step.levels, strict=True))
            )
    if pattern.stay is not Stay.BACKGROUND:
        levels.append((0.0,) * len(Lamp))
    return levels[: int(seconds / TICK_S)]


def test_every_cue_there_is_has_its_pattern() -> None:
    for kind in cues.CueKind:
        for aim in (None, *cues.Aim):
            for count in (-1, 0, 1, 7, 99):
                assert pattern_of(cues.Cue(kind, 0.0, count=count, aim=aim)).name in {
                    *PATTERNS,
                    "rep 0",
                }
    for broken in events.FaultKind:
        assert pattern_of(cues.Cue(cues.CueKind.FAULT, 0.0, fault=broken)).name in PATTERNS
    plugged = pattern_of(cues.Cue(cues.CueKind.REST_DAY, 0.0, count=2, stay_on=True))
    assert plugged.name == "rest_day 2 stay_on"


@pytest.mark.parametrize("name", PATTERNS)
def test_every_cue_is_told_by_light_by_sound_and_in_words(name: str) -> None:
    pattern = PATTERNS[name]
    assert any(any(step.levels) for step in pattern.lights), "nothing is lit"
    assert bursts(pattern.melody) or name == "quiet", "nothing sounds"
    assert pattern.means.endswith(".")
    assert pattern.looks
    assert pattern.sounds


@pytest.mark.parametrize("name", PATTERNS)
def test_no_pattern_is_written_to_flash_and_the_limiter_never_touches_it(name: str) -> None:
    wanted = meant(PATTERNS[name], 8.0)
    times = [n * TICK_S for n in range(len(wanted))]
    limiter = FlashLimiter()
    for lamp in Lamp:
        assert_slow([levels[lamp] for levels in wanted], times)
    assert [limiter.follow(levels, when) for levels, when in zip(wanted, times, strict=True)] == (
        wanted
    )


@pytest.mark.parametrize("name", PATTERNS)
def test_the_whole_panel_does_not_flash_either(name: str) -> None:
    times, levels = played(PATTERNS[name], 8.0)
    assert_slow([0.0, *(round(sum(lamps), 6) for lamps in levels)], [-1.0, *times])


def test_light_alone_tells_every_cue_from_every_other() -> None:
    seen = {name: played(pattern, 5.0)[1] for name, pattern in PATTERNS.items()}
    for (one, first), (other, second) in itertools.combinations(seen.items(), 2):
        differs = sum(
            any((a >= 0.5) != (b >= 0.5) for a, b in zip(now, then, strict=True))
            for now, then in zip(first, second, strict=True)
        )
        assert differs * TICK_S >= 0.4, f"{one} and {other} look alike"


def in_session(name: str) -> bool:
    """Whether somebody who presses, does a session and is done may hear this pattern."""
    kinds = {kind.value for kind in patterns.SESSION} | {"find_face", "rep"}
    return name.split(maxsplit=1)[0] in kinds - {"massage", "massage_turn"}


def test_from_the_press_to_the_end_there_are_eight_sounds_to_know() -> None:
    heard = {pattern.phrase.sound.name for pattern in HEARD.values() if pattern.phrase}
    said_once = {
        pattern.phrase.sound.name
        for name, pattern in HEARD.items()
        if pattern.phrase and in_session(name)
    }
    assert said_once == {sound.name for sound in patterns.SOUNDS}
    assert len(said_once) <= 8
    assert heard <= said_once, "everything else is made of them"


def test_what_comes_twice_is_never_about_the_lift() -> None:
    """The rule of the guide: twice is about the device, and what it says of the face comes once."""
    for name, pattern in HEARD.items():
        assert pattern.phrase is not None
        if pattern.phrase.twice:
            assert not in_session(name)
        elif not in_session(name):
            assert name == "interrupted", "it sounds like the end that it tells of"


SAME = {
    "show your face": {"find_face searching", "find_face off_centre", "find_face turned_away"},
    "go on just so": {"find_face found", "hold_reached"},
    "lift": {"practise", "lift"},
    "be gentler": {"softer", "slower"},
    "nothing: it is kept": {"stopped", "interrupted"},
    "massage": {"massage", "massage_turn"},
    "leave it in": {"working", "rest_day 0 stay_on"},
    "nothing: all is well": {"synced", "heard"},
    "look what is wrong": {"sync_failed", "fault unknown"},
}
"""What sounds the same, by what it asks for."""


def test_what_asks_for_the_same_thing_sounds_the_same_and_nothing_else_does() -> None:
    asks = {name: asked for asked, names in SAME.items() for name in names}
    for (one, first), (other, second) in itertools.combinations(HEARD.items(), 2):
        same = asks.get(one, one) == asks.get(other, other)
        assert (first.phrase == second.phrase) == same, f"{one} and {other}"


@pytest.mark.parametrize(
    ("ears", "apart", "least"),
    [
        ("good", sound_distances.distance, 4.0),
        ("deaf to pitch", sound_distances.rhythm_distance, sound_distances.LEAST),
    ],
)
def test_each_of_the_few_sounds_is_unlike_every_other(
    ears: str, apart: Callable[..., float], least: float
) -> None:
    for one, other in itertools.combinations(patterns.SOUNDS, 2):
        edits = apart(one.melody, other.melody)
        assert edits >= least, f"{one.name} and {other.name} sound alike to ears that are {ears}"


def test_rhythm_alone_tells_every_phrase_from_every_other() -> None:
    for one, other in itertools.combinations(sound_distances.phrases(), 2):
        edits = sound_distances.rhythm_distance(one.melody, other.melody)
        assert edits >= sound_distances.LEAST, f"{one.words} and {other.words} sound alike"


def test_each_repetition_is_counted_by_a_higher_note() -> None:
    notes = [patterns.rep(number).melody[-1].frequency for number in range(1, 11)]
    assert notes == sorted(set(notes))


@pytest.mark.parametrize("name", HEARD)
def test_ears_that_lost_the_high_tones_hear_it_whole(name: str) -> None:
    heard = HEARD[name].melody
    assert sound_distances.heard_below(sound_distances.LOST_ABOVE_HZ, heard) == heard


def test_mirror_images_and_small_differences_count_as_alike() -> None:
    """What a person mistakes is near: backwards, a little longer, a note of another height."""
    good = melody("G4s ; D5l")
    assert sound_distances.distance(good, melody("D5l ; G4s")) == 0.0
    assert sound_distances.distance(good, melody("G4s ; E5l")) == 0.0
    assert sound_distances.distance(good, melody("G4s , D5l")) == 1.0
    assert sound_distances.distance(good, melody("D5s ; G4l")) == 1.0
    assert sound_distances.distance(good, melody("G4s ; D5l ; E5s")) == 3.0


def counted_out(name: str) -> int:
    """How many notes a pattern counts out."""
    phrase = HEARD[name].phrase
    return 0 if phrase is None else phrase.number


@pytest.mark.parametrize("name", HEARD)
def test_nothing_sounds_like_an_alarm(name: str) -> None:
    """IEC 60601-1-8: three equal pulses, or three and two, again and again, loud and long."""
    heard = bursts(HEARD[name].melody)
    for trio in zip(heard, heard[1:], heard[2:], strict=False):
        assert len({burst.frequencies for burst in trio}) > 1, "three equal tones"
        even = len({round(burst.seconds, 3) for burst in trio}) == 1
        pauses = [burst.silence_before for burst in trio[1:]]
        assert not (even and pauses[0] == pauses[1] < 0.5), "three even pulses"
    number = counted_out(name)
    assert len(heard) <= 6 + number
    assert HEARD[name].sound_seconds <= 2.0 + 0.63 * number
    assert all(burst.seconds <= 0.8 for burst in heard)
    assert all(350 < pitch < 1000 for burst in heard for pitch in burst.frequencies)


def test_a_press_clicks_shorter_than_any_note() -> None:
    shortest = min(note.seconds for pattern in HEARD.values() for note in pattern.melody)
    assert PRESS_CLICK.seconds * 2 < shortest


Act = tuple[float, str, float]
ACTS = st.lists(
    st.tuples(
        st.floats(0.0, 1.5, allow_nan=False),
        st.sampled_from([*PATTERNS, "gauge", "press"]),
        st.floats(0.0, 1.0),
    ),
    min_size=1,
    max_size=25,
)


def play(acts: list[Act], extra_looks: float | None = None) -> list[tuple[float, Outputs]]:
    """Everything a scheduler puts out while `acts` come at their times."""
    scheduler = Scheduler()
    now = 0.0
    shown: list[tuple[float, Outputs]] = []

    def look(when: float) -> None:
        shown.append((when, scheduler.tick(when)))

    def pass_time(until: float) -> None:
        looked = now
        while True:
            due = scheduler.next_deadline(looked)
            assert due is None or due > looked, "a deadline that never comes"
            if extra_looks is not None:
                due = min(looked + extra_looks, due or until)
            if due is None or due >= until:
                break
            looked = due
            look(looked)
        look(until)

    for wait, act, fraction in [*acts, (4.0, "gauge", 0.0)]:
        pass_time(now + wait)
        now += wait
        if act == "gauge":
            scheduler.gauge(fraction)
        elif act == "press":
            scheduler.press(now)
        else:
            scheduler.show(PATTERNS[act], now)
        look(now)
    return shown


@settings(max_examples=150, deadline=None)
@given(ACTS)
@example([(0.2, "rest_day 6", 0.0), (0.005, "fault panel", 0.0)])
def test_nothing_flashes_faster_than_twice_a_second_however_cues_overlap(acts: list[Act]) -> None:
    shown = play(acts)
    times = [-1.0, *(when for when, _ in shown)]
    for lamp in Lamp:
        assert_slow([0.0, *(outputs.levels[lamp] for _, outputs in shown)], times)
    assert_slow([0.0, *(round(sum(outputs.levels), 6) for _, outputs in shown)], times)


LEVELS = st.tuples(*[st.sampled_from([0.0, 0.3, 1.0])] * len(Lamp))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.floats(0.0, 0.6), LEVELS), min_size=1, max_size=12))
def test_what_is_held_back_comes_within_half_a_second(acts: list[tuple[float, Levels]]) -> None:
    limiter, now = FlashLimiter(), 0.0
    for wait, target in acts:
        now += wait
        limiter.follow(target, now)
    end = now + SHORTEST_FLASH_S
    while (due := limiter.waits_until) is not None and due <= end:
        limiter.follow(target, due)
    assert limiter.follow(target, end) == target


@settings(max_examples=80, deadline=None)
@given(ACTS, st.floats(0.003, 0.05))
def test_looking_more_often_changes_nothing(acts: list[Act], every: float) -> None:
    """The tone at any moment is the same, however often somebody looks in between."""
    seldom, often = dict(play(acts)), dict(play(acts, extra_looks=every))
    for when in seldom.keys() & often.keys():
        assert seldom[when].tone == often[when].tone


@settings(max_examples=80, deadline=None)
@given(ACTS)
def test_only_a_state_outlives_its_time(acts: list[Act]) -> None:
    """Left alone for some minutes, the panel shows its state or nothing, and is silent."""
    scheduler = Scheduler()
    now = 0.0
    state: Pattern | None = None
    for wait, act, _ in acts:
        now += wait
        if act in PATTERNS:
            pattern = PATTERNS[act]
            scheduler.show(pattern, now)
            if pattern.stay is not Stay.OVERLAY:
                state = pattern if pattern.stay is Stay.BACKGROUND else None
    now += 300.0
    outputs = [scheduler.tick(now + n * 0.1) for n in range(60)]
    assert all(output.tone == 0.0 for output in outputs)
    if state is None:
        assert all(not any(output.levels) for output in outputs)
    elif state.name != "ready":
        assert any(any(output.levels) for output in outputs)
