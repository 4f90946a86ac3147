"""One random life: a person, their device, and all that happens to its power and its clocks."""

from __future__ import annotations

from collections import Counter
from copy import copy
from dataclasses import dataclass, field
from random import Random
from typing import Self

from device.clock import ClockReading
from device.coach import History, RestVerdict
from tools.rest_fuzz.oracle import DAY, HOUR, Moment, Oracle
from tools.rest_fuzz.virtual_device import Chip, VirtualDevice

WEEKS = 20
MINUTE = 60.0
LONGEST_GAP = 8 * DAY
"""A clock that claims more time than this without power is not believed, seconds."""
PERSON_ERROR = 60.0
"""An honest person presses within a minute of the time they named."""
SLACK = 1.0
"""Seconds by which the two may differ: the arithmetic is in floating point."""
CLOCK_DRIFT = 1e-4
"""The device's two clocks may drift apart by this share of the time."""
NARROW = 300.0
"""How much more than the rules it may ask for with a good clock and a quiet life, seconds."""
LONGEST_LOCK = 9 * DAY + 28 * HOUR
"""The longest rest that may be asked for, seconds: a week, a day more after a hurt, and a day in
which the person travels round the world."""
_2026 = 1_767_225_600.0


@dataclass(frozen=True)
class Habits:
    """How often each thing happens to a device, and what its person is like."""

    chip: Chip
    drift: float
    unplugs: float
    """How often the power fails, times a week."""
    away: float
    """How long the power is typically away, hours."""
    travels: float
    """Changes of zone or daylight saving, times a week."""
    meddles: float
    """Clocks that step, wrong times set and damaged journals, times a week."""
    sets_time: float
    """The right time is set, times a week."""
    chip_failures: float
    """The chip loses its time, in sight or with the power off, and counts on, times a week."""
    leaps: float
    """The chip comes back from a power cut weeks or years ahead, times a week."""
    lies: bool
    """Wrong times are told across power cuts too, where nothing can contradict them."""
    eager: bool
    """Presses the very second the device says it is due."""


def random_habits(random: Random) -> Habits:
    """Return a kind of life, a quiet one now and then."""
    quiet = random.random() < 0.15
    return Habits(
        chip=random.choice((Chip.NONE, Chip.GOOD, Chip.GOOD, Chip.LOSES_TIME)),
        drift=random.uniform(-5e-5, 5e-5),
        unplugs=0.0 if quiet else random.choice((0.0, 0.5, 3.0, 10.0)),
        away=random.choice((0.02, 1.0, 12.0, 72.0)),
        travels=0.0 if quiet else random.choice((0.0, 0.3, 2.0)),
        meddles=0.0 if quiet else random.choice((0.0, 0.3, 2.0)),
        sets_time=0.0 if quiet else random.choice((0.0, 0.3, 7.0)),
        chip_failures=0.0 if quiet else random.choice((0.0, 0.0, 0.2, 1.0)),
        leaps=0.0 if quiet else random.choice((0.0, 0.0, 0.5, 2.0)),
        lies=random.random() < 0.2,
        eager=random.random() < 0.7,
    )


class RuleBroken(AssertionError):  # noqa: N818  (it says what happened)
    """The device unlocked too early, or does not unlock any more."""


@dataclass
class Tally:
    """What was seen in one life."""

    asked: int = 0
    sessions: int = 0
    happened: Counter[str] = field(default_factory=Counter)
    """What else happened, and how often."""
    checks: Counter[str] = field(default_factory=Counter)
    """How often each rule was held against what the device said."""

    def __iadd__(self, other: Tally) -> Self:
        self.asked += other.asked
        self.sessions += other.sessions
        self.happened += other.happened
        self.checks += other.checks
        return self


class Life:
    """Twenty weeks with one device; `live` raises RuleBroken."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.habits = random_habits(self.random)
        zone = self.random.randrange(-11, 13) * 3600
        start = _2026 + self.random.uniform(0, 365) * DAY
        self.device = VirtualDevice(start, self.habits.chip, self.habits.drift, zone)
        self.device.system_error = self.random.uniform(-400, 400) * DAY
        if self.habits.chip is Chip.GOOD:
            # Set once, at the factory: right, or wrong for good.
            self.device.chip_error = self.random.choice((0.0, 5 * HOUR, 100 * DAY))
        habits = self.habits
        self._untroubled = habits.chip is Chip.GOOD and not (
            habits.travels
            or habits.meddles
            or habits.sets_time
            or habits.chip_failures
            or habits.leaps
        )
        self.oracle = Oracle()
        self.tally = Tally()
        self._exports: list[tuple[History, Oracle]] = []
        self._undated: list[Moment] = []
        self.device.switch_on()

    def live(self, weeks: int = WEEKS) -> Tally:
        """Live so many weeks; then leave the device alone and see that it unlocks."""
        end = self.device.true + weeks * 7 * DAY
        happenings = (
            (7.0, self._press),
            (self.habits.unplugs, self._lose_power),
            (self.habits.travels, self._travel),
            (self.habits.meddles, self._meddle),
            (self.habits.sets_time, self._set_time_honestly),
            (self.habits.chip_failures, self._lose_chip_time),
            (self.habits.leaps, self._leap),
            (0.2, self._export),
        )
        rates = [rate for rate, _ in happenings]
        while self.device.true < end:
            self.device.wait(self.random.expovariate(sum(rates) / (7 * DAY)))
            (happening,) = self.random.choices([do for _, do in happenings], rates)
            happening()
        self._must_unlock()
        return self.tally

    # What happens

    def _press(self) -> None:
        verdict = self.device.verdict()
        self.tally.asked += 1
        if verdict.locked:
            self._check_answer(verdict)
            left = verdict.seconds_left
            if not self.habits.eager or self.random.random() < left / (2 * DAY):
                return
            self.device.wait(left - self.random.choice((30.0, 0.0)))
            verdict = self.device.verdict()
            if verdict.locked:
                return
        self._date_moments(self.device.reading())
        for rule, kept in self.oracle.rules(self.device.true + SLACK, self.device.zone):
            self._check(rule, kept, "unlocked too early")
        self._train()

    def _train(self) -> None:
        self.tally.sessions += 1
        dose = self.random.choice((0, 1, 1, 2, 2, 3, 9, 11, 15))
        length = self.random.uniform(10, 360)
        if self.random.random() < 0.1:
            self._train_until_the_power_fails(dose, length)
            return
        self.device.wait(length)
        self.oracle.sessions.append((self._moment(), dose))
        self.device.end_session(dose)
        if self.random.random() < 0.08:
            self.tally.happened["presses that it hurts"] += 1
            self.device.wait(self.random.uniform(1, 10))
            self.oracle.hurts.append(self._moment())
            self.device.hurt()

    def _train_until_the_power_fails(self, dose: int, length: float) -> None:
        self.device.wait(length)
        moment, last = self._moment(), self.device.last_checkpoint
        self.oracle.sessions.append((moment, dose))
        self.tally.happened["sessions that the power cut off"] += 1
        self._cut()
        self.device.wait(self._absence())
        self.device.switch_on()
        self.device.find_interrupted(dose, last)

    def _lose_power(self) -> None:
        self._cut()
        self.device.wait(self._absence())
        if self.habits.meddles and self.random.random() < 0.05:
            self.device.chip = Chip.LOSES_TIME
        self.device.switch_on()

    def _cut(self) -> None:
        self.tally.happened["power cuts"] += 1
        self._date_moments(self.device.last_checkpoint)
        self._undated.clear()
        self.device.cut_power()

    def _absence(self) -> float:
        absence = self.random.expovariate(1 / (self.habits.away * HOUR)) + 1.0
        if absence > LONGEST_GAP - HOUR:
            self._untroubled = False
        return absence

    def _leap(self) -> None:
        """The power is off for a while, and the chip gains weeks or years meanwhile."""
        if self.device.chip is not Chip.GOOD:
            return
        self.tally.happened["chips that leapt ahead"] += 1
        self._cut()
        self.device.wait(self._absence())
        self.device.chip_error += self.random.uniform(1, 2) * self.random.choice(
            (LONGEST_GAP, 30 * DAY, 365 * DAY)
        )
        self.device.switch_on()

    def _lose_chip_time(self) -> None:
        if self.device.chip is Chip.NONE:
            return
        self.tally.happened["chips that lost their time"] += 1
        if self.random.random() < 0.5:
            self.device.lose_chip_time()
            return
        self._cut()
        self.device.lose_chip_time()
        self.device.wait(self._absence())
        self.device.switch_on()

    def _travel(self) -> None:
        self.tally.happened["changes of zone"] += 1
        step = self.random.choice((-1, 1, 1, -1, self.random.randrange(-12, 13)))
        self.device.zone = max(-12, min(14, self.device.zone // 3600 + step)) * 3600

    def _meddle(self) -> None:
        self.random.choice(
            (self._step_clock, self._set_time_wrongly, self._set_time_wrongly, self._lose_journal)
        )()

    def _step_clock(self) -> None:
        """The system clock jumps, which nobody believes anyway; so may the chip, in sight."""
        self.tally.happened["clocks that stepped"] += 1
        step = self.random.uniform(-1, 1) * self.random.choice((HOUR, DAY, 30 * DAY, 3000 * DAY))
        self.device.system_error += step
        if self.habits.lies and self.device.chip is Chip.GOOD and self.random.random() < 0.3:
            self.device.chip_error += step
            self.oracle.fooled.append((self.device.true, max(0.0, step)))

    def _set_time_honestly(self) -> None:
        self._tell(self.random.uniform(-PERSON_ERROR, PERSON_ERROR))

    def _set_time_wrongly(self) -> None:
        wrong = self.random.uniform(-1, 1) * self.random.choice((HOUR, DAY, 10 * DAY, 3000 * DAY))
        if self.habits.lies:
            self._tell(wrong)
            return
        # A mistake, noticed and corrected while the device was on.
        self._tell(wrong)
        self.device.wait(self.random.uniform(30, HOUR))
        self._set_time_honestly()

    def _tell(self, error: float) -> None:
        """A person sets the time."""
        self.tally.happened["times set"] += 1
        self._date_moments(self.device.reading())
        self.device.set_time(error)

    def _lose_journal(self) -> None:
        self.tally.happened["journals lost"] += 1
        if self._exports and self.random.random() < 0.5:
            export, oracle = self._exports[-1]
            fooled = self.oracle.fooled
            self.device.restore(export)
            self.oracle = oracle.copy()
            self.oracle.fooled = fooled
            self.oracle.setbacks.append((self.device.true, 1))
            return
        self.device.damage()
        self.oracle = Oracle(setbacks=[(self.device.true, 2)], fooled=self.oracle.fooled)

    def _export(self) -> None:
        self._exports.append((self.device.history, self.oracle.copy()))

    # What must hold

    def _check(self, rule: str, kept: bool, broken: str = "broken") -> None:
        self.tally.checks[rule] += 1
        if not kept:
            raise RuleBroken(f"{broken}: {rule}")

    def _check_answer(self, verdict: RestVerdict) -> None:
        """What the device says about the end of the rest is true, and not out of reach."""
        left = verdict.seconds_left
        if self._untroubled:
            needed = self.oracle.forbids(self.device.true - NARROW, self.device.zone)
            self._check("with a good clock it asks for no more than the rules do", bool(needed))
        self._check("it asks for no more than nine days", 0 < left <= LONGEST_LOCK)
        told = verdict.days_left and verdict.sentence and verdict.can_do
        self._check("it says how long, why and what helps", bool(told))
        patient = copy(self.device)
        patient.wait(left * (1 + CLOCK_DRIFT) + SLACK)
        news = patient.reading().source is not self.device.reading().source
        stepped = abs(_error(patient) - _error(self.device)) > MINUTE
        if not (news or stepped):
            self._check("left on for as long as it asked, it opens", not patient.verdict().locked)

    def _must_unlock(self) -> None:
        self.device.wait(LONGEST_LOCK)
        self._check("it never locks for good", not self.device.verdict().locked)

    def _moment(self) -> Moment:
        moment = Moment(self.device.true, self.device.zone, self.device.trusted_error())
        if moment.clock_error is None:
            self._undated.append(moment)
        return moment

    def _date_moments(self, known: ClockReading) -> None:
        """What happened earlier in this boot gets a date once the device believes a clock."""
        if known.source.trusted:
            for moment in self._undated:
                moment.clock_error = known.wall - self.device.when(known)
            self._undated.clear()


def _error(device: VirtualDevice) -> float:
    """How wrong the wall clock is that the device shows, believed or not."""
    return device.reading().wall - device.true


def live(seed: int) -> Tally | str:
    """Live one life; return what was seen, or how a rule was broken."""
    try:
        return Life(seed).live()
    except RuleBroken as broken:
        return f"variant {seed}: {broken}"
