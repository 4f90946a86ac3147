"""Watching a lift while it happens: where it is now, and when its plateau began.

This file owns every transition of a lift's phases; the table is below.

Theory of operation
-------------------
A filtered level (0 at rest, 1 at the person's practised lift) drives the table with hysteresis in
height and in time. A lift begins when the level has left rest, and is over when it came back, when
it came to stay at another, lower level (the head turned, the face did not quite relax), or when
it never fell (then the "lift" is a new rest). The plateau's beginning is foretold from the rise as
`segmentation` explains, so that a hold can be timed while it lasts. What a lift is worth is not
decided here.
"""

from __future__ import annotations

import enum
from collections import deque
from itertools import pairwise

from device.coach.agenda import Table, follow
from device.coach.counting.measure import HIGH, LOW, SETTLE_S, TO_PLATEAU


class Phase(enum.StrEnum):
    """Where a lift is, as far as is known at the time."""

    LOST = "lost"
    REST = "rest"
    ONSET = "onset"
    HOLD = "hold"
    OFFSET = "offset"


class Turn(enum.StrEnum):
    """What moves a lift on."""

    FACE_FOUND = "face found"
    FACE_LOST = "face lost"
    ROSE = "rose"
    REACHED = "reached"
    SAGGED = "sagged"
    ROSE_AGAIN = "rose again"
    RELAXED = "relaxed"
    SETTLED = "settled"
    NEVER_FELL = "never fell"
    FORGOTTEN = "forgotten"


TRANSITIONS: Table[Phase, Turn] = {
    Phase.LOST: {
        Turn.FACE_FOUND: Phase.REST,
        Turn.FORGOTTEN: Phase.LOST,
    },
    Phase.REST: {
        Turn.FACE_LOST: Phase.LOST,
        Turn.ROSE: Phase.ONSET,
        Turn.FORGOTTEN: Phase.REST,
    },
    Phase.ONSET: {
        Turn.FACE_LOST: Phase.LOST,
        Turn.REACHED: Phase.HOLD,
        Turn.RELAXED: Phase.REST,
        Turn.SETTLED: Phase.REST,
        Turn.NEVER_FELL: Phase.REST,
        Turn.FORGOTTEN: Phase.REST,
    },
    Phase.HOLD: {
        Turn.FACE_LOST: Phase.LOST,
        Turn.SAGGED: Phase.OFFSET,
        Turn.NEVER_FELL: Phase.REST,
        Turn.FORGOTTEN: Phase.REST,
    },
    Phase.OFFSET: {
        Turn.FACE_LOST: Phase.LOST,
        Turn.ROSE_AGAIN: Phase.HOLD,
        Turn.RELAXED: Phase.REST,
        Turn.SETTLED: Phase.REST,
        Turn.NEVER_FELL: Phase.REST,
        Turn.FORGOTTEN: Phase.REST,
    },
}

ROSE_LEVEL = 0.35
"""A level above this, in practised lifts, begins a lift: more than turning the head leaks."""
REACHED_LEVEL = 0.5
"""A lift that stays lower has no plateau worth a cue, in practised lifts."""
SAGGED_SHARE = 0.65
"""Below this share of the plateau the hold is over ..."""
AGAIN_SHARE = 0.8
"""... above this one it goes on ..."""
RELAXED_SHARE = 0.25
"""... and below this one the lift is over."""
SETTLED_SHARE = 0.6
"""A face that stays below this share of the plateau has let go without coming back to rest ..."""
STEADY_SHARE = 0.25
"""A level that swings less than this share of the plateau, or of a whole lift, is steady."""
SETTLED_S = 0.8
"""... if it stays so long, and is steady, seconds."""
CONFIRM_S = 0.08
"""How long a level must last before it is believed, seconds."""
BEFORE_S = 1.0
"""What is kept of the levels at rest, so that a slow rise is known from its beginning, seconds."""
SINK_S = 1.0
"""Time constant with which the plateau follows a lift that sinks slowly, seconds."""
APEX_STANDS_S = 1.0
"""An apex is not moved any more after so long, seconds."""
NEVER_FELL_S = 12.0
"""A lift that lasts longer, and is steady, is no lift but a new rest, seconds ..."""
GIVEN_UP_S = 20.0
"""... and one that lasts this long, whether steady or not."""


class LiftWatch:
    """Follows one lift after the other in a stream of levels.

    `onset`, `apex` and `plateau` are of the lift in progress: times in seconds or None, height in
    fractions of the practised lift. `apex` may still move a little in its first second.
    """

    def __init__(self) -> None:
        self.phase = Phase.LOST
        self.onset: float | None = None
        self.apex: float | None = None
        self.plateau = 0.0
        self._levels: deque[tuple[float, float]] = deque()
        self._rising_since: float | None = None
        self._sagging_since: float | None = None
        self._relaxed_since: float | None = None
        self._settled_since: float | None = None

    def find(self) -> None:
        """A face is there."""
        self._turn(Turn.FACE_FOUND)

    def lose(self) -> None:
        """No face is there any more."""
        self._turn(Turn.FACE_LOST)
        self._clear()

    def forget(self) -> None:
        """Drop the lift in progress, if there is one."""
        self._turn(Turn.FORGOTTEN)
        self._clear()

    def feed(self, time: float, level: float, swing: float) -> Turn | None:
        """Take the next level; return the turn that began or ended a lift by it, if one did.

        `swing` is how far the level went up and down lately. After the turn that ends a lift,
        `onset`, `apex` and `plateau` are gone.
        """
        elapsed = time - self._levels[-1][0] if self._levels else 0.0
        self._levels.append((time, level))
        if self.phase is Phase.REST:
            return self._rest(time, level)
        if level > self.plateau:
            self.plateau = level
        elif level > SAGGED_SHARE * self.plateau:
            self.plateau += (level - self.plateau) * min(1.0, elapsed / SINK_S)
        over = self._over(time, level, swing < STEADY_SHARE * max(1.0, self.plateau))
        if over:
            self._turn(over)
            self._clear()
            return over
        if self.phase is Phase.ONSET:
            self._rise(time, elapsed)
        elif self.phase is Phase.HOLD:
            self._hold(time, level, elapsed)
        elif level > AGAIN_SHARE * self.plateau:
            self._turn(Turn.ROSE_AGAIN)
            self._sagging_since = None
        return None

    def _rest(self, time: float, level: float) -> Turn | None:
        while self._levels[0][0] < time - BEFORE_S:
            self._levels.popleft()
        self._rising_since = _since(self._rising_since, level > ROSE_LEVEL, time)
        if not _lasted(self._rising_since, time, CONFIRM_S):
            return None
        self._turn(Turn.ROSE)
        self.onset = self._rising_since
        self.plateau = level
        return Turn.ROSE

    def _rise(self, time: float, elapsed: float) -> None:
        lag = SETTLE_S + elapsed
        apex = self._foretold()
        if self.plateau >= REACHED_LEVEL and time >= apex:
            self._turn(Turn.REACHED)
            self.apex = apex - lag

    def _hold(self, time: float, level: float, elapsed: float) -> None:
        if self.apex is not None and time - self.apex < APEX_STANDS_S:
            self.apex = self._foretold() - SETTLE_S - elapsed
        self._sagging_since = _since(self._sagging_since, level < SAGGED_SHARE * self.plateau, time)
        if _lasted(self._sagging_since, time, CONFIRM_S):
            self._turn(Turn.SAGGED)

    def _over(self, time: float, level: float, steady: bool) -> Turn | None:
        relaxed = level < RELAXED_SHARE * self.plateau
        settled = steady and level < SETTLED_SHARE * self.plateau
        self._relaxed_since = _since(self._relaxed_since, relaxed, time)
        self._settled_since = _since(self._settled_since, settled, time)
        if self.phase is not Phase.HOLD:
            if _lasted(self._relaxed_since, time, CONFIRM_S):
                return Turn.RELAXED
            if _lasted(self._settled_since, time, SETTLED_S):
                return Turn.SETTLED
        lasted = 0.0 if self.onset is None else time - self.onset
        if (steady and lasted > NEVER_FELL_S) or lasted > GIVEN_UP_S:
            return Turn.NEVER_FELL
        return None

    def _foretold(self) -> float:
        """When the filtered level reaches its plateau, told from the rise so far."""
        low = high = self._levels[0][0]
        for (after, above), (before, below) in pairwise(reversed(self._levels)):
            if below < HIGH * self.plateau <= above:
                high = _passed(before, below, after, above, HIGH * self.plateau)
            if below < LOW * self.plateau:
                low = _passed(before, below, after, above, LOW * self.plateau)
                break
        return high + TO_PLATEAU * (high - low)

    def _turn(self, turn: Turn) -> None:
        self.phase = follow(TRANSITIONS, self.phase, turn)

    def _clear(self) -> None:
        self.onset = self.apex = None
        self.plateau = 0.0
        self._levels.clear()
        self._rising_since = self._sagging_since = None
        self._relaxed_since = self._settled_since = None


def _since(since: float | None, holds: bool, time: float) -> float | None:
    """Return since when something holds, None if it does not."""
    if not holds:
        return None
    return time if since is None else since


def _lasted(since: float | None, time: float, seconds: float) -> bool:
    return since is not None and time - since >= seconds


def _passed(before: float, below: float, after: float, above: float, level: float) -> float:
    """Return when a level was passed between two samples."""
    if not below < level <= above:
        return after
    return before + (after - before) * (level - below) / (above - below)
