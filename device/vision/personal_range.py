"""One person's rest and range: what turns the raw signal into fractions of their own lift.

Rest is learnt while the face rests and never while it is lifted. It follows slow changes (a head
that sinks into the pillow, fingers put down late) with a time constant of seconds. Another level
replaces it only after the face has stayed there for a while, and for the longer, the longer the
old one was believed: a smile at the start is corrected at once, a pout in mid-session is not
taken for rest.
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
"""Another level is still the same one if it moves no more than this, in fractions of the range."""
ADAPT_S = 4.0
"""Time constant with which a rest that is believed follows the face, seconds."""
FIRST_S = 0.3
"""The same for the very first samples."""
TRUST_LIMIT_S = 20.0
"""Time at rest beyond which a rest level is not believed any more than before."""
DOUBT_SHARE = 0.25
"""Another level must last this share of the time for which the old rest was seen ..."""
DOUBT_S = (0.6, 4.0)
"""... but no less and no more than this, seconds."""


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

    `rest` is NaN until a face was seen. `trust` is for how many seconds it was seen at rest.
    """

    def __init__(self, span: Span | None = None) -> None:
        self.span = span or Span.typical()
        self.rest = math.nan
        self.trust = 0.0
        self._other = math.nan
        self._other_for = 0.0

    def level(self, raw: float) -> float:
        """Return a raw lift as a fraction of this person's own; 0 while rest is unknown."""
        return 0.0 if math.isnan(self.rest) else (raw - self.rest) / self.span.whole

    def forget_rest(self) -> None:
        """Learn rest anew from the next sample on."""
        self.set_rest(math.nan, 0.0)

    def set_rest(self, raw: float, trust: float) -> None:
        """Take `raw` for rest, believed as if it had been seen for `trust` seconds."""
        self.rest = raw
        self.trust = trust
        self._other_for = 0.0

    def doubt(self, trust: float) -> None:
        """Believe rest no more than if it had been seen for `trust` seconds."""
        self.trust = min(self.trust, trust)

    def watch(self, raw: float, seconds: float) -> None:
        """Learn from `raw`, seen for `seconds`. Must not be called while a lift is under way."""
        if math.isnan(self.rest):
            self.set_rest(raw, 0.0)
            return
        level = self.level(raw)
        if abs(level) <= NEAR_REST:
            time_constant = min(ADAPT_S, max(FIRST_S, self.trust))
            self.rest += (raw - self.rest) * min(1.0, seconds / time_constant)
            self.trust = min(TRUST_LIMIT_S, self.trust + seconds)
            self._other_for = max(0.0, self._other_for - seconds)
        else:
            self._watch_other(raw, seconds)

    def _watch_other(self, raw: float, seconds: float) -> None:
        if self._other_for == 0.0 or abs(raw - self._other) > SAME_LEVEL * self.span.whole:
            self._other = raw
            self._other_for = 0.0
        self._other_for += seconds
        self._other += (raw - self._other) * min(1.0, seconds / self._other_for)
        shortest, longest = DOUBT_S
        if self._other_for >= min(longest, max(shortest, DOUBT_SHARE * self.trust)):
            self.set_rest(self._other, self._other_for)


def _between(one: float, other: float, share: float) -> float:
    """Geometric interpolation, for what is only ever known as a ratio; keeps `one` if it cannot."""
    if not (one > 0.0 and other > 0.0):
        return one
    return one * (other / one) ** share
