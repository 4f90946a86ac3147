"""One person's rest and range: what turns the raw signal into fractions of their own lift.

Rest is learnt while the face rests and never while it is lifted. It follows slow changes (a head
that sinks into the pillow, fingers put down late) with a time constant of seconds. Another level
replaces it only after the face has stayed there for a while, and for the longer, the longer it
had been at the old one: a smile at the start is corrected at once, a pout in mid-session is not
taken for rest. And a level at which the face has rested for much longer than at the present one
is habitual: coming back to it is no lift.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

POPULATION_LIFT = 0.14
"""The raw signal's change in a full lift, for a person nobody has met (0.11 to 0.18 measured)."""
POPULATION_SIDE = 0.3
"""The change in a one-sided signal, as a share of the change in the whole one."""

NEAR_REST = 0.3
"""A level this close to rest, in fractions of the range, is taken for rest, and adapted to."""
SAME_LEVEL = 0.2
"""Two levels no further apart are the same one, in fractions of the range."""
ADAPT_S = (0.3, 4.0)
"""Time constant with which rest follows the face: at the very first, and once it is known well."""
DOUBT_SHARE = 0.25
"""The face must have been at another level for this share of the time that it was at rest ..."""
DOUBT_S = (0.6, 4.0)
"""... and for at least the first on end; after the second on end it is believed anyway, seconds."""
CONFIRMED_S = 16.0
"""A rest that a repetition confirmed is believed as if the face had been there so long, seconds:
from then on the second of these decides."""
HABIT_RATIO = 2.5
"""A level is habitual if the face was there so many times longer than at the present rest ..."""
HABIT_S = 8.0
"""... and at least this long ..."""
HOME_S = 5.0
"""... unless it has been at the present one for so long, seconds, ..."""
HOME_NEAR = 0.6
"""... and the way back is as high as a lift, in fractions of the range."""
MEMORY_S = 120.0
"""Time constant with which it is forgotten where the face was, seconds."""
BIN = 0.1 * POPULATION_LIFT
"""How finely levels are told apart in that memory, in raw units."""


@dataclass(frozen=True, slots=True)
class Span:
    """How far the raw signals go from rest to the practised lift."""

    whole: float
    left: float
    right: float

    @classmethod
    def typical(cls, whole: float = POPULATION_LIFT) -> Span:
        """Return the span of a person whose sides are alike."""
        return cls(whole, POPULATION_SIDE * whole, POPULATION_SIDE * whole)

    def toward(self, other: Span, share: float) -> Span:
        """Return the span that lies `share` of the way from this one to `other`, by ratio."""
        return Span(
            _between(self.whole, other.whole, share),
            _between(self.left, other.left, share),
            _between(self.right, other.right, share),
        )

    def within(self, other: Span, factor: float) -> Span:
        """Return this span, no further from `other` than by `factor` in either direction."""

        def bounded(one: float, centre: float) -> float:
            return min(centre * factor, max(centre / factor, one))

        return Span(
            bounded(self.whole, other.whole),
            bounded(self.left, other.left),
            bounded(self.right, other.right),
        )


class PersonalRange:
    """Rest level and span of one person, in raw units of the lift signal.

    `rest` is NaN until a face was seen.
    """

    def __init__(self, span: Span | None = None) -> None:
        self.span = span or Span.typical()
        self.rest = math.nan
        self._dwelt: dict[int, float] = {}
        self._other = math.nan
        self._other_for = 0.0

    def level(self, raw: float) -> float:
        """Return a raw lift as a fraction of this person's own; 0 while rest is unknown."""
        return 0.0 if math.isnan(self.rest) else (raw - self.rest) / self.span.whole

    def forget_rest(self) -> None:
        """Learn rest anew from the next sample on."""
        self.rest = math.nan
        self._dwelt.clear()
        self._other_for = 0.0

    def set_rest(self, raw: float, seconds: float) -> None:
        """Take `raw` for rest, as if the face had been there for `seconds` at least."""
        self.rest = raw
        self._other_for = 0.0
        missing = seconds - self.dwelt(raw)
        if missing > 0.0:
            self._remember(raw, missing)

    def confirm(self) -> None:
        """A repetition began at rest and came back to it: it is rest, and is not doubted soon."""
        self.set_rest(self.rest, CONFIRMED_S)

    def doubt(self, seconds: float) -> None:
        """Believe rest no more than if the face had been there for `seconds`."""
        dwelt = self.dwelt(self.rest)
        if dwelt > seconds:
            self._dwelt = {key: value * seconds / dwelt for key, value in self._dwelt.items()}

    def watch(self, raw: float, seconds: float) -> None:
        """Learn from `raw`, seen for `seconds`. Must not be called while a lift is under way."""
        kept = math.exp(-seconds / MEMORY_S)
        for key in self._dwelt:
            self._dwelt[key] *= kept
        self._remember(raw, seconds)
        if math.isnan(self.rest):
            self.rest = raw
        elif abs(self.level(raw)) <= NEAR_REST:
            first, known = ADAPT_S
            time_constant = min(known, max(first, self.dwelt(self.rest)))
            self.rest += (raw - self.rest) * min(1.0, seconds / time_constant)
            self._other_for = max(0.0, self._other_for - seconds)
        else:
            self._watch_other(raw, seconds)

    def habitual(self, raw: float) -> bool:
        """Whether the face has rested at `raw` for much longer than at the present rest."""
        here, home = self.dwelt(raw), self.dwelt(self.rest)
        recent = home < HOME_S or abs(self.level(raw)) < HOME_NEAR
        return here >= HABIT_S and here >= HABIT_RATIO * home and recent

    def dwelt(self, raw: float) -> float:
        """Return for how long the face has rested near `raw`, seconds; what is long ago fades."""
        if math.isnan(raw):
            return 0.0
        reach = SAME_LEVEL * self.span.whole
        low, high = math.floor((raw - reach) / BIN), math.ceil((raw + reach) / BIN)
        return sum(value for key, value in self._dwelt.items() if low <= key <= high)

    def _remember(self, raw: float, seconds: float) -> None:
        key = round(raw / BIN)
        self._dwelt[key] = self._dwelt.get(key, 0.0) + seconds

    def _watch_other(self, raw: float, seconds: float) -> None:
        if self._other_for == 0.0 or abs(raw - self._other) > SAME_LEVEL * self.span.whole:
            self._other = raw
            self._other_for = 0.0
        self._other_for += seconds
        self._other += (raw - self._other) * min(1.0, seconds / self._other_for)
        shortest, longest = DOUBT_S
        often = self.dwelt(self._other) >= DOUBT_SHARE * self.dwelt(self.rest)
        if self._other_for >= (shortest if often else longest):
            self.set_rest(self._other, self._other_for)


def _between(one: float, other: float, share: float) -> float:
    """Geometric interpolation, for what is only ever known as a ratio; keeps `one` if it cannot."""
    if not (one > 0.0 and other > 0.0):
        return one
    return one * math.pow(other / one, share)
