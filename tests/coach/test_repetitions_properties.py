"""What is true of the counter whatever it is fed; each test states its invariant in a sentence."""

from __future__ import annotations

import math
import random
from dataclasses import fields, replace
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from device.coach.counting.counter import RepetitionCounter
from device.coach.counting.phases import Phase
from device.coach.events import FaceFound, FaceLost, LiftEvent, Rep
from device.sample import LiftSample
from tests.lift_traces import (
    RANGE,
    REST,
    Piece,
    feed,
    lift,
    looking_round,
    reps,
    rest,
    talking,
    trace,
)

GOOD = st.builds(
    lift,
    hold=st.floats(2.3, 3.2),
    rise=st.floats(0.35, 0.9),
    fall=st.floats(0.35, 0.9),
    height=st.floats(0.75, 1.3),
)
BAD = st.builds(lift, hold=st.floats(0.1, 1.2), height=st.floats(0.5, 1.3)) | st.builds(
    lift, hold=st.floats(2.0, 3.0), height=st.floats(0.1, 0.35)
)
OTHER = st.builds(talking, st.floats(1.0, 4.0)) | st.builds(looking_round, st.floats(2.0, 6.0))
PIECES = st.lists(st.one_of(GOOD, BAD, OTHER), min_size=1, max_size=4)
SEEDS = st.integers(0, 2**32)


def evening(pieces: list[Piece], **how: float) -> list[LiftSample]:
    """Rest, then each piece with a rest after it."""
    rested = [part for piece in pieces for part in (piece, rest(1.5))]
    return trace(rest(2.5), *rested, **how)  # type: ignore[arg-type]


def spoilt(samples: list[LiftSample], seed: int, share: float) -> list[LiftSample]:
    """Drop some samples, blind some, repeat some and swap some, but never for 0.3 s on end."""
    chance = random.Random(seed)
    out = samples[:1]
    last_good = samples[0].time
    for sample in samples[1:]:
        kind = chance.random()
        if kind < share and sample.time - last_good < 0.3:
            if kind < share / 3:
                out.append(replace(sample, lift=math.nan))
            elif kind < share / 2:
                out.append(LiftSample(sample.time, face=False))
            continue
        out.append(sample)
        last_good = sample.time
        if kind > 1.0 - share / 4:
            out.append(sample)
        if kind > 1.0 - share / 8:
            out.append(out[-3 if len(out) > 2 else 0])
    return out


@settings(max_examples=40, deadline=None)
@given(PIECES, SEEDS, st.floats(0.0, 0.6))
def test_lost_blind_repeated_and_late_samples_never_make_more_repetitions(
    pieces: list[Piece], seed: int, share: float
) -> None:
    """Frames that are lost, blind, repeated or late leave the same repetitions or fewer."""
    samples = evening(pieces, noise=0.003)
    whole = reps(feed(RepetitionCounter(), samples))
    less = reps(feed(RepetitionCounter(), spoilt(samples, seed, share)))
    for rep in less:
        assert any(rep.apex < one.offset and one.apex < rep.offset for one in whole)
    assert len(less) <= len(whole)


@settings(max_examples=30, deadline=None)
@given(st.lists(GOOD, min_size=1, max_size=4), st.integers(1, 3), st.sampled_from([15.0, 30.0]))
def test_figures_that_stand_still_between_two_looks_change_no_count(
    lifts: list[Piece], repeated: int, fps: float
) -> None:
    """A vision that looks at every second to fourth frame and repeats itself loses no lift."""
    samples = evening(lifts, fps=fps, noise=0.003)
    looks = 1 + min(repeated, round(fps / 10))
    standing = [
        replace(samples[number - number % looks], time=sample.time)
        for number, sample in enumerate(samples)
    ]
    assert len(reps(feed(RepetitionCounter(), standing))) == len(lifts)


@settings(max_examples=30, deadline=None)
@given(PIECES, st.floats(0.65, 1.8), st.floats(-0.3, 0.3))
def test_scale_and_offset_of_the_raw_signal_do_not_change_the_count(
    pieces: list[Piece], scale: float, offset: float
) -> None:
    """After a practised lift the count does not depend on the raw signal's scale and offset."""

    def counted(scale: float, offset: float) -> list[type[LiftEvent]]:
        counter = RepetitionCounter()
        counter.begin_rest()
        shown = trace(rest(3.0), lift(), rest(1.5), scale=scale, offset=offset)
        feed(counter, shown)
        counter.adopt_lift()
        begin = shown[-1].time + 1 / 30
        samples = evening(pieces, scale=scale, offset=offset, begin=begin)
        return [type(event) for event in feed(counter, samples) if isinstance(event, Rep)]

    assert counted(scale, offset) == counted(1.0, 0.0)


@settings(max_examples=30, deadline=None)
@given(PIECES, st.floats(-1e6, 1e6))
def test_when_it_happens_does_not_matter(pieces: list[Piece], shift: float) -> None:
    """The count does not depend on when it happens."""
    here = reps(feed(RepetitionCounter(), evening(pieces)))
    there = reps(feed(RepetitionCounter(), evening(pieces, begin=shift)))
    assert len(here) == len(there)
    for one, other in zip(here, there, strict=True):
        assert math.isclose(one.hold, other.hold, abs_tol=1e-3)


NUMBERS = st.floats() | st.floats(-1.0, 1.0)
SAMPLES = st.builds(
    LiftSample,
    time=st.floats() | st.floats(0.0, 60.0),
    face=st.booleans() | st.just(True),
    brightness=NUMBERS,
    lift=NUMBERS,
    left=NUMBERS,
    right=NUMBERS,
    mouth_open=NUMBERS,
    yaw=NUMBERS,
    pitch=NUMBERS,
    size=NUMBERS,
    quality=NUMBERS,
    seen_left=NUMBERS,
    seen_right=NUMBERS,
    jaw=NUMBERS,
    eyes_open=NUMBERS,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(SAMPLES, max_size=60))
def test_nothing_that_is_a_sample_makes_it_raise_or_lose_its_order(
    samples: list[LiftSample],
) -> None:
    """No sequence of samples raises anything, and what is said is in order."""
    counter = RepetitionCounter()
    events = feed(counter, samples)
    events += counter.finish()
    assert counter.phase in Phase
    times = [event.time for event in events]
    assert times == sorted(times)
    faces = [event for event in events if isinstance(event, FaceFound | FaceLost)]
    for first, second in pairwise(faces):
        assert type(first) is not type(second)


FIGURES = sorted({field.name for field in fields(LiftSample)} - {"time", "face"})


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(FIGURES),
    st.floats(-1.0, 1.0) | st.sampled_from([math.nan, math.inf, -math.inf]),
    st.floats(0.0, 5.0),
    st.floats(0.1, 6.0),
    st.sampled_from([0.0, 35.0]),
)
@example("seen_left", math.inf, 0.0, 1.0, 35.0)
@example("seen_left", math.inf, 2.0, 1.0, 35.0)
@example("lift", -0.55, 0.0, 0.3, 35.0)
def test_one_figure_that_is_wrong_for_a_while_loses_no_lift_after_it(
    figure: str, value: float, begin: float, seconds: float, yaw: float
) -> None:
    """Or missing, or no number: once that is over, lifts are counted again."""
    # What seems to be a lift that never falls is given up after 12 s.
    after = trace(rest(2.0), lift(), rest(20.0), lift(), rest(1.0))
    shown = [
        replace(one, seen_left=0.7 * height, seen_right=0.6 * height, eyes_open=0.3, yaw=yaw)
        for one in after
        for height in [(one.lift - REST) / RANGE]
    ]
    spoilt = [
        replace(one, **{figure: value}) if begin <= one.time < begin + seconds else one  # type: ignore[arg-type]
        for one in shown
    ]
    last = reps(feed(RepetitionCounter.population(), spoilt))[-1]
    assert after[-1].time - last.time < 2.0


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-2.0, 2.0), st.floats(0.05, 3.0)),
        min_size=1,
        max_size=12,
    ),
    st.floats(12.0, 60.0),
)
@example([(0.0, 1.0), (-2.0, 1.0), (2.0, 3.0), (-1.0, 1.0)], 12.0)
def test_from_whatever_state_three_seconds_of_rest_and_a_lift_are_counted(
    steps: list[tuple[float, float]], fps: float
) -> None:
    """No stretch of any face, however odd, leaves the counter without a way back."""
    counter = RepetitionCounter()
    odd = [rest(seconds, height=height) for height, seconds in steps]
    # After the longest time at a wrong level, rest is believed again within seconds.
    after = trace(*odd, rest(14.0), lift(), rest(1.0), fps=fps)
    last = reps(feed(counter, after))[-1]
    assert after[-1].time - last.time < 2.0


@settings(max_examples=20, deadline=None)
@given(PIECES)
def test_the_same_samples_give_the_same_events(pieces: list[Piece]) -> None:
    """The same samples give the same events, to the last digit."""
    samples = evening(pieces, noise=0.004)
    assert feed(RepetitionCounter(), samples) == feed(RepetitionCounter(), samples)
