"""What kind of life a device leads: how often what happens to it."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tools.lives.device import Chip


@dataclass(frozen=True)
class Habits:
    """What kind of life it is."""

    chip: Chip
    drift: float
    unplugs: float
    """How often the power goes, times a week."""
    away: float
    """For how long, hours; the typical one."""
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
