"""Rest days over whole lives, and on histories that nobody would believe."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.clock import ClockReading, ClockSource, TimeSetting
from device.coach import rest
from device.coach.history import Boot, History, PastSession, Setback, SetbackKind
from device.coach.rest import Credit, decide
from tools.documents import replaced
from tools.rest_fuzz.__main__ import PAGE, PART, in_words, main
from tools.rest_fuzz.life import LONGEST_LOCK, Life, RuleBroken, Tally

BATCH = 25


@pytest.mark.parametrize("batch", range(4))
def test_no_life_unlocks_early_or_locks_for_good(batch: int) -> None:
    """Twenty weeks of presses, cuts, steps and voyages never beat the rules, nor does the lock."""
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        Life(seed).live()


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("REST_HOURS", 35.5),
        ("REST_DAYS", 1),
        ("WEEK_SESSIONS", 4),
        ("TRAINING_DOSE", 4),
        ("HURT_LOCK_DAYS", 6),
        ("HURT_AGAIN_DAYS", 10.0),
        ("SETBACK_DAYS", {SetbackKind.RESTORED: 1, SetbackKind.DAMAGED: 1}),
        ("LONGEST_GAP_S", 1e9),
        ("RTC_DRIFT", -0.01),
    ],
)
def test_the_oracle_notices_a_rule_that_is_wrong(
    monkeypatch: pytest.MonkeyPatch, name: str, wrong: object
) -> None:
    """A check that cannot fail proves nothing: each rule made a little laxer is found out."""
    monkeypatch.setattr(rest, name, wrong)
    with pytest.raises(RuleBroken):
        for seed in range(400):
            Life(seed).live()


def test_thirty_lives_see_everything_that_may_happen_and_hold_every_rule_against_it() -> None:
    """Nothing is left out for want of chance: each kind of event, each rule."""
    seen = Tally()
    for seed in range(30):
        seen += Life(seed).live()
    assert set(seen.happened) == {
        "times set",
        "power cuts",
        "changes of zone",
        "sessions that the power cut off",
        "presses that it hurts",
        "clocks that stepped",
        "journals lost",
        "chips that lost their time",
        "chips that leapt ahead",
    }
    assert len(seen.checks) == 10
    assert min(seen.checks.values()) >= 30


def test_what_the_lives_came_to_has_a_place_in_the_page() -> None:
    sums = Tally(asked=3, sessions=2, happened=Counter({"power cuts": 4}), checks=Counter(a=5, b=6))
    said = in_words(2, 0, sums)
    assert " ".join(said.split()) == (
        "In 2 lives of 20 weeks there were 3 presses and 2 sessions, and besides: 4 power cuts. "
        "2 rules were checked 11 times, and none of the lives broke one."
    )
    assert f"\n{said}\n" in replaced(PAGE.read_text(encoding="utf-8"), PART, said)


def test_the_command_counts_its_variants(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says how many lives it ran, and fails if one of them broke a rule."""
    assert main(["--variants", "3", "--jobs", "1"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("3 variants of 20 weeks")
    assert "0 broke a rule" in said
    assert "rules, checked" in said
    assert "power cuts" in said
    monkeypatch.setattr(rest, "REST_DAYS", 1)
    assert main(["--variants", "9", "--jobs", "1"]) == 1
    assert "a training day" in capsys.readouterr().out


SECONDS = st.floats(0.0, 3e7)
WALLS = st.floats(-1e11, 1e11)
SOURCES = st.sampled_from(ClockSource)
DOSES = st.integers(0, 15)
KINDS = st.sampled_from(SetbackKind)
OFFSETS = st.integers(-20 * 3600, 20 * 3600)


@st.composite
def readings(draw: st.DrawFn, boot: str) -> ClockReading:
    return ClockReading(boot, draw(SECONDS), draw(WALLS), draw(OFFSETS), draw(SOURCES))


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Any clocks at all, but rows come no later than the journal can have written them."""
    names = [f"boot {number}" for number in range(draw(st.integers(1, 5)))]
    boots = tuple(Boot(draw(readings(name)), draw(readings(name))) for name in names)

    @st.composite
    def rows(draw: st.DrawFn) -> ClockReading:
        boot = draw(st.sampled_from(boots))
        monotonic = draw(st.floats(0.0, boot.last.monotonic + 120.0))
        return replace(draw(readings(boot.last.boot)), monotonic=monotonic)

    return History(
        boots=boots,
        sessions=tuple(draw(st.lists(st.builds(PastSession, rows(), DOSES), max_size=6))),
        hurts=tuple(draw(st.lists(rows(), max_size=3))),
        time_sets=tuple(draw(st.lists(st.builds(TimeSetting, rows(), rows()), max_size=3))),
        setbacks=tuple(draw(st.lists(st.builds(Setback, rows(), KINDS), max_size=2))),
    )


@st.composite
def presents(draw: st.DrawFn, history: History) -> ClockReading:
    """Any clocks at all, after every row of the latest boot."""
    last = history.boots[-1].last
    return replace(draw(readings(last.boot)), monotonic=last.monotonic + 120.0)


@settings(max_examples=100, deadline=None)
@given(histories(), st.data())
def test_whatever_the_clocks_say_leaving_it_on_ends_the_rest(
    history: History, data: st.DataObject
) -> None:
    """No history, however wrong, locks for longer than a bound, or beyond what it says is left."""
    now = data.draw(presents(history))
    verdict = decide(history, now)
    assert verdict.locked == (verdict.seconds_left > 0) == (verdict.days_left > 0)
    assert verdict.seconds_left <= LONGEST_LOCK
    later = verdict.seconds_left + 1.0
    rested = replace(now, monotonic=now.monotonic + later, wall=now.wall + later)
    assert not decide(history, rested).locked


@settings(max_examples=60, deadline=None)
@given(histories(), st.data(), SECONDS)
def test_more_time_with_the_power_on_never_locks_again(
    history: History, data: st.DataObject, more: float
) -> None:
    """What is owed only shrinks while the device is left alone, however wrong its past is."""
    now = data.draw(presents(history))
    rested = replace(now, monotonic=now.monotonic + more, wall=now.wall + more)
    assert decide(history, rested).seconds_left <= decide(history, now).seconds_left + 1.0


@st.composite
def leaping_chips(draw: st.DrawFn) -> tuple[History, ClockReading]:
    """Boots of a chip that comes back from every power cut more than eight days ahead, or behind.

    The person trains, is hurt, corrects the time, or lies about it, whenever they like.
    """
    wall, boots, sessions, hurts, settings_ = 1.8e9, [], [], [], []
    for number in range(draw(st.integers(2, 6))):
        at = 20.0
        name = f"boot {number}"
        first = ClockReading(name, at, wall, 0, ClockSource.RTC)
        last = first
        for what in draw(st.lists(st.sampled_from(("train", "hurt", "set", "wait")), max_size=4)):
            passed = draw(st.floats(1.0, 40 * 3600.0))
            last = replace(last, monotonic=last.monotonic + passed, wall=last.wall + passed)
            if what == "train":
                sessions.append(PastSession(last, draw(DOSES)))
            elif what == "hurt":
                hurts.append(last)
            elif what == "set":
                told = replace(last, wall=last.wall + draw(st.floats(-1e6, 1e6)))
                settings_.append(TimeSetting(last, told))
                last = told
        boots.append(Boot(first, last))
        leap = draw(st.floats(8 * 86400.0 + 21.0, 1e8) | st.floats(-1e8, 0.0))
        wall = last.wall + leap
    history = History(tuple(boots), tuple(sessions), tuple(hurts), tuple(settings_))
    return history, boots[-1].last


@settings(max_examples=200, deadline=None)
@given(leaping_chips())
def test_no_row_of_gaps_that_a_clock_claims_too_much_of_shortens_any_rest(
    life: tuple[History, ClockReading],
) -> None:
    """Whatever leaps, only the time with the power on has passed."""
    history, now = life
    sums = Credit(history)
    for moment in (*(s.ended for s in history.sessions), *history.hurts):
        first, last = history.place(moment), history.place(now)
        on = sum(boot.last.monotonic for boot in history.boots[first:last]) + now.monotonic
        assert sums.passed(moment, now) <= on - moment.monotonic + 1e-3
