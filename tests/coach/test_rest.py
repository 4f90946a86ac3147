"""When the next session is due, to the letter, and what the clocks can and cannot do about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from device.clock import ClockReading, ClockSource, TimeSetting
from device.coach.history import (
    Boot,
    History,
    HistoryError,
    PastSession,
    Setback,
    SetbackKind,
    interrupted_end,
)
from device.coach.rest import Credit, RestVerdict, Why, decide

MINUTE = 60.0
HOUR = 3600.0
DAY = 24 * HOUR
RTC, PERSON, UNTRUSTED = ClockSource.RTC, ClockSource.PERSON, ClockSource.UNTRUSTED


def wall(text: str) -> float:
    """Return a time such as `Mon 10:00`; Monday is 2026-03-02, UTC. `Mon+1` is a week later."""
    day, clock = text.split()
    name, _, week = day.partition("+")
    index = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun").index(name) + 7 * int(week or 0)
    hour, minute = map(int, clock.split(":"))
    monday = datetime(2026, 3, 2, tzinfo=UTC).timestamp()
    return monday + index * DAY + hour * HOUR + minute * MINUTE


class AlwaysOn:
    """A device with a good clock that is never unplugged, in UTC."""

    start = wall("Mon 00:00")

    def at(self, text: str, zone: float = 0.0) -> ClockReading:
        now = wall(text)
        return ClockReading("boot", now - self.start, now, int(zone * HOUR), RTC)

    def after(self, *sessions: str | tuple[str, int], hurts: tuple[str, ...] = ()) -> History:
        past = [(entry, 11) if isinstance(entry, str) else entry for entry in sessions]
        return History(
            boots=(Boot(self.at("Mon 00:00"), self.at("Mon 00:00")),),
            sessions=tuple(PastSession(self.at(text), dose) for text, dose in past),
            hurts=tuple(self.at(text) for text in hurts),
        )

    def opens(self, history: History, text: str) -> None:
        """Check that `history` is locked a minute before `text` and open then."""
        now = self.at(text)
        before = replace(now, monotonic=now.monotonic - MINUTE, wall=now.wall - MINUTE)
        assert decide(history, before).locked
        assert not decide(history, now).locked


class TestTheCalendar:
    device = AlwaysOn()

    def test_a_new_device_is_open(self) -> None:
        verdict = decide(History(), self.device.at("Mon 08:00"))
        assert (verdict.locked, verdict.days_left, verdict.why) == (False, 0, Why.NOTHING)

    def test_due_on_the_second_calendar_day(self) -> None:
        self.device.opens(self.device.after("Mon 08:00"), "Wed 00:00")

    def test_and_not_before_36_hours(self) -> None:
        self.device.opens(self.device.after("Mon 22:00"), "Wed 10:00")

    def test_a_session_belongs_to_the_day_on_which_it_ended(self) -> None:
        self.device.opens(self.device.after("Tue 00:05"), "Thu 00:00")

    def test_at_most_three_in_any_seven_days(self) -> None:
        history = self.device.after("Mon 08:00", "Wed 08:00", "Fri 08:00")
        self.device.opens(history, "Mon+1 00:00")
        assert decide(history, self.device.at("Sun 12:00")).why is Why.WEEK_FULL

    def test_three_lifts_on_one_day_make_it_a_training_day(self) -> None:
        device = self.device
        assert not decide(device.after(("Mon 08:00", 2)), device.at("Mon 08:01")).locked
        assert decide(device.after(("Mon 08:00", 3)), device.at("Mon 08:01")).locked
        twice = device.after(("Mon 08:00", 2), ("Mon 19:00", 1))
        device.opens(twice, "Wed 07:00")
        next_day = device.after(("Mon 23:00", 2), ("Tue 01:00", 2))
        assert not decide(next_day, device.at("Tue 01:01")).locked

    def test_a_session_without_a_lift_locks_nothing(self) -> None:
        assert not decide(self.device.after(("Mon 08:00", 0)), self.device.at("Mon 08:01")).locked

    def test_the_bar_shows_calendar_days(self) -> None:
        history = self.device.after("Mon 20:00")
        answers = [decide(history, self.device.at(text)) for text in ("Mon 20:01", "Tue 12:00")]
        assert [answer.days_left for answer in answers] == [2, 1]
        assert answers[0].until_wall == wall("Wed 08:00")


class TestSomethingHurts:
    device = AlwaysOn()

    def test_one_rest_day_more(self) -> None:
        history = self.device.after("Mon 08:00", hurts=("Mon 08:01",))
        self.device.opens(history, "Thu 00:00")
        late = self.device.after("Mon 22:00", hurts=("Mon 22:00",))
        self.device.opens(late, "Thu 10:00")

    def test_late_in_the_evening_it_is_60_hours_at_least(self) -> None:
        history = self.device.after(("Mon 23:00", 1), hurts=("Mon 23:00",))
        self.device.opens(history, "Thu 11:00")

    def test_locked_at_once_however_few_the_lifts(self) -> None:
        history = self.device.after(("Mon 08:00", 1), hurts=("Mon 08:00",))
        self.device.opens(history, "Thu 00:00")

    def test_a_full_week_gets_a_day_more_too(self) -> None:
        sessions = ("Mon 08:00", "Wed 08:00", "Fri 08:00")
        self.device.opens(self.device.after(*sessions, hurts=("Fri 08:00",)), "Tue+1 00:00")

    def test_a_second_time_within_two_weeks_locks_seven_days(self) -> None:
        history = self.device.after(hurts=("Mon 08:00", "Mon+2 07:00"))
        verdict = decide(history, self.device.at("Mon+2 07:01"))
        assert (verdict.why, verdict.days_left) == (Why.HURT_AGAIN, 7)
        assert "printed advice" in verdict.sentence
        self.device.opens(history, "Mon+3 07:00")

    def test_a_second_time_later_is_a_first_time(self) -> None:
        history = self.device.after(hurts=("Mon 08:00", "Mon+2 09:00"))
        self.device.opens(history, "Thu+2 00:00")


class TestZones:
    device = AlwaysOn()

    def test_flying_east_shortens_nothing(self) -> None:
        history = self.device.after("Mon 08:00")
        assert decide(history, self.device.at("Tue 23:59", zone=10)).locked
        assert not decide(history, self.device.at("Wed 00:00", zone=10)).locked

    def test_flying_west_waits_for_the_day_to_come_there_too(self) -> None:
        history = self.device.after("Mon 08:00")
        assert decide(history, self.device.at("Wed 04:59", zone=-5)).locked
        assert not decide(history, self.device.at("Wed 05:00", zone=-5)).locked

    @pytest.mark.parametrize("hours", [-1, 1])
    def test_daylight_saving_never_shortens_a_rest(self, hours: int) -> None:
        history = self.device.after("Mon 08:00")
        assert decide(history, self.device.at("Tue 23:59", zone=hours)).locked

    def test_a_day_with_a_voyage_in_it_is_one_day(self) -> None:
        """Two lifts as Tuesday begins furthest east, two more 25 hours on, where it is Tuesday."""
        device = self.device
        east, west = device.at("Mon 10:10", 14), device.at("Tue 11:10", -11)
        history = replace(device.after(), sessions=(PastSession(east, 2), PastSession(west, 2)))
        assert decide(history, device.at("Tue 11:11", -11)).why is Why.TRAINED

    def test_a_zone_there_is_not_locks_no_longer_than_the_last_there_is(self) -> None:
        history = self.device.after("Mon 08:00")
        mad = decide(history, self.device.at("Tue 12:00", zone=-100_000))
        assert mad.seconds_left <= 36 * HOUR


class Unplugged:
    """Two boots of one device with `off` seconds between them; the session ended in the first."""

    def __init__(self, off: float, first: ClockSource, second: ClockSource) -> None:
        self.first, self.second = first, second
        self.began = wall("Mon 08:00")
        self.on_again = self.began + HOUR + off
        ended = self.reading("one", HOUR - MINUTE, first)
        self.history = History(
            boots=(
                Boot(self.reading("one", 20.0, first), self.reading("one", HOUR, first)),
                Boot(self.reading("two", 20.0, second), self.reading("two", 20.0, second)),
            ),
            sessions=(PastSession(ended, 11),),
        )

    def reading(self, boot: str, monotonic: float, source: ClockSource) -> ClockReading:
        start = self.began if boot == "one" else self.on_again
        return ClockReading(boot, monotonic, start + monotonic, 0, source)

    def verdict(self, monotonic: float) -> RestVerdict:
        return decide(self.history, self.reading("two", monotonic, self.second))


class TestOffTime:
    def test_counts_between_two_readings_of_one_good_clock(self) -> None:
        assert not Unplugged(40 * HOUR, RTC, RTC).verdict(30.0).locked

    @pytest.mark.parametrize(
        ("first", "second"), [(RTC, UNTRUSTED), (UNTRUSTED, RTC), (UNTRUSTED, UNTRUSTED)]
    )
    def test_counts_nothing_if_either_cannot_be_trusted(
        self, first: ClockSource, second: ClockSource
    ) -> None:
        verdict = Unplugged(40 * DAY, first, second).verdict(30.0)
        assert verdict.locked
        assert verdict.days_left == 2

    @pytest.mark.parametrize("first_jump", [0.0, 13 * DAY])
    @pytest.mark.parametrize("second_jump", [2 * DAY, 13 * DAY])
    def test_counts_nothing_between_two_times_that_a_person_set(
        self, first_jump: float, second_jump: float
    ) -> None:
        """A minute without power and no chip; jumps of up to 14 days need no long press."""
        unplugged = Unplugged(MINUTE, UNTRUSTED, UNTRUSTED)

        def told(boot: str, at: float, jump: float) -> TimeSetting:
            before = unplugged.reading(boot, at, UNTRUSTED)
            return TimeSetting(before, replace(before, wall=before.wall + jump, source=PERSON))

        jumps = (first_jump, first_jump + second_jump)
        settings = (told("one", 50 * MINUTE, jumps[0]), told("two", 6 * MINUTE, jumps[1]))
        known = replace(unplugged.history, time_sets=settings)
        now = replace(settings[1].after, monotonic=7 * MINUTE, wall=settings[1].after.wall + MINUTE)
        verdict = decide(known, now)
        assert verdict.locked
        assert verdict.seconds_left >= 36 * HOUR - 8 * MINUTE
        assert "plugged in" in verdict.can_do

    def test_a_device_unplugged_from_session_to_session_is_due_as_one_that_never_was(self) -> None:
        unplugged = Unplugged(2 * DAY - HOUR, RTC, RTC)
        assert not unplugged.verdict(MINUTE).locked
        assert not Unplugged(7.9 * DAY, RTC, RTC).verdict(MINUTE).locked

    @pytest.mark.parametrize("years", [0.03, 1, 40])
    def test_a_chip_that_comes_back_far_ahead_opens_nothing(self, years: float) -> None:
        """A minute without power, and a digit of the chip's year or month is upset."""
        ahead = Unplugged(years * 365 * DAY, RTC, RTC).verdict(MINUTE)
        assert ahead.locked
        assert ahead.seconds_left >= 36 * HOUR - 3 * MINUTE

    def test_after_three_weeks_away_it_rests_the_ordinary_days_again_and_no_more(self) -> None:
        unplugged = Unplugged(21 * DAY, RTC, RTC)
        verdict = unplugged.verdict(MINUTE)
        assert (verdict.why, verdict.days_left) == (Why.TRAINED, 2)
        assert not unplugged.verdict(verdict.seconds_left + 2 * MINUTE).locked

    def test_the_gap_after_a_restore_is_not_counted(self) -> None:
        """A restore may bring a time set along that the clock only takes over at its next start."""
        unplugged = Unplugged(40 * HOUR, RTC, RTC)
        restored = Setback(unplugged.reading("one", HOUR - 1.0, RTC), SetbackKind.RESTORED)
        history = replace(unplugged.history, setbacks=(restored,))
        assert decide(history, unplugged.reading("two", MINUTE, RTC)).seconds_left > 35 * HOUR

    def test_without_a_clock_a_day_of_rest_is_24_hours_powered_on(self) -> None:
        unplugged = Unplugged(10 * DAY, UNTRUSTED, UNTRUSTED)
        verdict = unplugged.verdict(HOUR)
        assert verdict.seconds_left == pytest.approx(48 * HOUR - HOUR - MINUTE)
        assert "plugged in" in verdict.can_do
        assert verdict.until_wall is None
        assert not unplugged.verdict(48 * HOUR - MINUTE).locked

    def test_three_in_seven_days_are_counted_powered_on_too(self) -> None:
        device = AlwaysOn()
        history = device.after("Mon 08:00", "Wed 08:00", "Fri 08:00")
        unknown = replace(
            history,
            boots=(Boot(*[replace(device.at("Mon 00:00"), source=UNTRUSTED)] * 2),),
            sessions=tuple(
                replace(past, ended=replace(past.ended, source=UNTRUSTED))
                for past in history.sessions
            ),
        )
        for text, locked in (("Mon+1 07:59", True), ("Mon+1 08:00", False)):
            assert decide(unknown, replace(device.at(text), source=UNTRUSTED)).locked is locked


class TestWhatCertainlyPassed:
    """From a session in one boot to a moment in the next, five days without power between them."""

    off = 5 * DAY

    def passed(self, unplugged: Unplugged, *settings: TimeSetting) -> float:
        """Return what is credited less what truly passed, seconds."""
        now = unplugged.reading("two", 30 * MINUTE, unplugged.second)
        history = replace(unplugged.history.at(now), time_sets=settings)
        since = history.sessions[0].ended
        return Credit(history).passed(since, now) - (MINUTE + self.off + 30 * MINUTE)

    def set_in(self, unplugged: Unplugged, boot: str, at: float, wrong: float = 0.0) -> TimeSetting:
        before = unplugged.reading(boot, at, RTC)
        return TimeSetting(before, replace(before, wall=before.wall + wrong))

    def test_what_a_chip_may_be_fast_by_is_taken_off(self) -> None:
        expected = -1e-4 * (self.off + HOUR) - 2.0
        assert self.passed(Unplugged(self.off, RTC, RTC)) == pytest.approx(expected)

    @pytest.mark.parametrize("wrong_first", [True, False])
    @pytest.mark.parametrize(("boot", "wrong"), [("one", -10 * HOUR), ("two", 10 * HOUR)])
    def test_of_two_times_set_in_one_boot_the_less_favourable_counts(
        self, boot: str, wrong: float, wrong_first: bool
    ) -> None:
        unplugged = Unplugged(self.off, RTC, RTC)
        other = "two" if boot == "one" else "one"
        right = self.set_in(unplugged, boot, 2 * MINUTE)
        mistaken = self.set_in(unplugged, boot, MINUTE if wrong_first else 3 * MINUTE, wrong)
        beside = self.set_in(unplugged, other, MINUTE)
        assert self.passed(unplugged, right, mistaken, beside) <= 0.0

    def test_a_chip_that_lost_its_time_before_the_power_went_tells_nothing(self) -> None:
        unplugged = Unplugged(self.off, RTC, RTC)
        one, two = unplugged.history.boots
        lost = replace(one, last=replace(one.last, source=UNTRUSTED))
        unplugged.history = replace(unplugged.history, boots=(lost, two))
        assert self.passed(unplugged) == pytest.approx(-self.off)


class TestClocksThatStep:
    @pytest.mark.parametrize("step", [-300 * DAY, -HOUR, HOUR, 300 * DAY])
    @pytest.mark.parametrize("source", list(ClockSource))
    def test_while_the_power_is_on_a_step_changes_nothing(
        self, step: float, source: ClockSource
    ) -> None:
        device = AlwaysOn()
        history = device.after("Mon 08:00")
        stepped = device.at("Tue 12:00")
        stepped = replace(stepped, wall=stepped.wall + step, source=source)
        verdict = decide(history, stepped)
        assert verdict.locked
        assert verdict.seconds_left <= 36 * HOUR

    def test_a_clock_that_is_ahead_in_one_boot_and_right_in_the_next_locks_no_longer(self) -> None:
        unplugged = Unplugged(HOUR, RTC, RTC)
        ahead = Boot(*(replace(r, wall=r.wall + 900 * DAY) for r in _ends(unplugged, 0)))
        past = PastSession(replace(unplugged.history.sessions[0].ended, wall=wall("Mon 09:00")), 11)
        history = replace(
            unplugged.history, boots=(ahead, unplugged.history.boots[1]), sessions=(past,)
        )
        now = unplugged.reading("two", 50 * HOUR, RTC)
        assert not decide(history, now).locked

    def test_a_time_set_between_two_boots_adds_nothing(self) -> None:
        """The clock chip keeps what a person set: the jump is no time that passed."""
        unplugged = Unplugged(HOUR, RTC, RTC)
        jump = 30 * DAY
        before = unplugged.reading("one", HOUR - 30.0, RTC)
        setting = TimeSetting(before, replace(before, wall=before.wall + jump))
        one, two = unplugged.history.boots
        history = replace(
            unplugged.history,
            boots=(one, Boot(*(replace(r, wall=r.wall + jump) for r in (two.first, two.last)))),
            time_sets=(setting,),
        )
        now = unplugged.reading("two", HOUR, RTC)
        verdict = decide(history, replace(now, wall=now.wall + jump))
        assert verdict.locked
        assert verdict.seconds_left > 30 * HOUR

    def test_rows_without_a_date_get_one_when_the_time_becomes_known(self) -> None:
        device = AlwaysOn()
        history = device.after("Mon 08:00")
        ended = replace(history.sessions[0].ended, wall=0.0, source=UNTRUSTED)
        history = replace(history, sessions=(PastSession(ended, 11),))
        assert decide(history, replace(device.at("Wed 00:30"), source=UNTRUSTED)).locked
        assert not decide(history, device.at("Wed 00:30")).locked

    @pytest.mark.parametrize(("between", "locked"), [(False, True), (True, False)])
    def test_a_session_without_a_date_is_of_no_later_day_than_the_one_after_it(
        self, between: bool, locked: bool
    ) -> None:
        """Two lifts at an hour unknown, two on Tuesday: of one day, unless Monday lies between."""
        unknown = ClockReading("earlier", HOUR, 0.0, 0, UNTRUSTED)
        booted = wall("Mon 22:00")

        def at(text: str) -> ClockReading:
            return ClockReading("now", wall(text) - booted, wall(text), 0, RTC)

        history = History(
            boots=(
                Boot(unknown, replace(unknown, monotonic=2 * HOUR)),
                Boot(at("Mon 22:00"), at("Tue 02:00")),
            ),
            sessions=(
                PastSession(unknown, 2),
                *((PastSession(at("Mon 23:00"), 0),) if between else ()),
                PastSession(at("Tue 01:00"), 2),
            ),
        )
        assert decide(history, at("Tue 02:00")).locked is locked


class TestPowerCuts:
    def test_an_interrupted_session_rests_from_its_latest_possible_end(self) -> None:
        last = AlwaysOn().at("Mon 23:59")
        end = interrupted_end(last)
        assert (end.monotonic, end.wall) == (last.monotonic + 60.0, wall("Tue 00:00"))

    def test_what_was_not_written_down_is_not_credited(self) -> None:
        unplugged = Unplugged(0.0, UNTRUSTED, UNTRUSTED)
        one, two = unplugged.history.boots
        forgotten = replace(one, last=replace(one.last, monotonic=HOUR - 90.0))
        shorter = replace(unplugged.history, boots=(forgotten, two))
        left = [
            decide(history, unplugged.reading("two", HOUR, UNTRUSTED)).seconds_left
            for history in (unplugged.history, shorter)
        ]
        assert left[1] - left[0] == pytest.approx(90.0)

    def test_a_row_of_a_time_at_which_the_power_was_off_locks_no_longer(self) -> None:
        """No checkpoint came near it, so nobody knows what it is; years it did not take."""
        unplugged = Unplugged(0.0, UNTRUSTED, UNTRUSTED)
        (past,) = unplugged.history.sessions
        late = PastSession(replace(past.ended, monotonic=3e8), 11)
        history = replace(unplugged.history, sessions=(late,))
        verdict = decide(history, unplugged.reading("two", 30.0, UNTRUSTED))
        assert verdict.seconds_left == pytest.approx(48 * HOUR + 2 * MINUTE - 30.0)

    def test_a_row_of_no_known_boot_is_a_damaged_journal(self) -> None:
        device = AlwaysOn()
        history = replace(device.after("Mon 08:00"), boots=())
        with pytest.raises(HistoryError, match="set the journal aside"):
            decide(history, replace(device.at("Tue 08:00"), boot="another"))


class TestSetbacks:
    @pytest.mark.parametrize(
        ("kind", "days"), [(SetbackKind.RESTORED, 1), (SetbackKind.DAMAGED, 2)]
    )
    def test_a_journal_that_was_lost_costs_days(self, kind: SetbackKind, days: int) -> None:
        device = AlwaysOn()
        at = device.at("Mon 08:00")
        history = replace(device.after(), setbacks=(Setback(at, kind),))
        verdict = decide(history, device.at("Mon 08:01"))
        assert (verdict.locked, verdict.days_left) == (True, days)
        device.opens(history, ("Tue 08:00", "Wed 08:00")[days - 1])


def _ends(unplugged: Unplugged, index: int) -> tuple[ClockReading, ClockReading]:
    boot = unplugged.history.boots[index]
    return boot.first, boot.last
