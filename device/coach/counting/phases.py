"""Where a lift is now: the live filter, and the phases that its level drives.

This file owns every transition of a lift's phases; the table is below.

Theory of operation
-------------------
`LiveFilter` smooths the raw signal as it comes. Its level (0 at rest, 1 at the person's practised
lift) drives the table with hysteresis in height and in time. A lift begins when the level has left
rest. It is over when the level came back to rest, when it came to stay at another, lower level (the
head turned, the face did not quite relax), or when it never fell (then the "lift" is a new rest).
While it lasts, the beginning of its plateau is foretold from the times at which the rise passed
25 % and 80 % of the way, as `measure` explains, so that a hold can be timed before it is over.
What a lift is worth is not decided here.
"""

from __future__ import annotations

import enum
import math
import statistics
from collections import deque
from itertools import pairwise

from device.coach.agenda import Table, follow
from device.coach.counting.measure import DIP_S, HIGH, LOW, NEAR, TO_PLATEAU


class Phase(enum.StrEnum):
    """Where a lift is, as far as is known at the time."""

    LOST = "lost"
    REST = "rest"
    ONSET = "onset"
    HOLD = "hold"
    OFFSET = "offset"


class Trigger(enum.StrEnum):
    """What moves a lift from one phase to another."""

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


TRANSITIONS: Table[Phase, Trigger] = {
    Phase.LOST: {
        Trigger.FACE_FOUND: Phase.REST,
        Trigger.FORGOTTEN: Phase.LOST,
    },
    Phase.REST: {
        Trigger.FACE_LOST: Phase.LOST,
        Trigger.ROSE: Phase.ONSET,
        Trigger.FORGOTTEN: Phase.REST,
    },
    Phase.ONSET: {
        Trigger.FACE_LOST: Phase.LOST,
        Trigger.REACHED: Phase.HOLD,
        Trigger.RELAXED: Phase.REST,
        Trigger.SETTLED: Phase.REST,
        Trigger.NEVER_FELL: Phase.REST,
        Trigger.FORGOTTEN: Phase.REST,
    },
    Phase.HOLD: {
        Trigger.FACE_LOST: Phase.LOST,
        Trigger.SAGGED: Phase.OFFSET,
        Trigger.NEVER_FELL: Phase.REST,
        Trigger.FORGOTTEN: Phase.REST,
    },
    Phase.OFFSET: {
        Trigger.FACE_LOST: Phase.LOST,
        Trigger.ROSE_AGAIN: Phase.HOLD,
        Trigger.RELAXED: Phase.REST,
        Trigger.SETTLED: Phase.REST,
        Trigger.NEVER_FELL: Phase.REST,
        Trigger.FORGOTTEN: Phase.REST,
    },
}

SETTLE_S = 0.05
"""Time constant of the live filter, seconds; with its median of three it lags by about 0.1 s."""
SWING_S = 0.6
"""Over how long the swing of the level is told, seconds."""

ROSE_LEVEL = 0.35
"""A lift begins above this level, and what stays lower is not reported, in practised lifts: turning
the head leaks less."""
REACHED_LEVEL = 0.5
"""A lift that stays lower has no hold that is timed, in practised lifts."""
SAGGED_SHARE = 0.65
"""The hold is over below this share of the plateau."""
AGAIN_SHARE = 0.8
"""A hold that was over goes on above this share of the plateau."""
RELAXED_SHARE = 0.25
"""The lift is over below this share of the plateau."""
SETTLED_SHARE = 0.6
"""A face that stays below this share of the plateau may have let go without coming back to rest."""
SETTLED_S = 0.8
"""It has once it has stayed there for so long and is steady, seconds."""
STEADY_SHARE = 0.25
"""A level that swings by less than this share of the plateau, or of a whole lift, is steady."""
CONFIRM_S = 0.08
"""How long a level must last before it is believed, seconds."""
BEFORE_S = 1.0
"""How much of the levels at rest is kept, so that a slow rise is known from its beginning,
seconds."""
SINK_S = 1.0
"""Time constant with which the plateau follows a lift that sinks slowly, seconds."""
APEX_STANDS_S = 1.0
"""An apex is not moved any more after so long, seconds."""
APEX_MOVES_S = 0.5
"""Nor is it moved further than this from where it was first, seconds: a hold that trembles upward
for long would else be asked for as long again. Nor is it foretold further than this from where the
rise comes near its plateau: a rise in steps is over then, and a single one of 2.5 s or less."""
NEVER_FELL_S = 12.0
"""A steady lift that lasts longer is no lift but a new rest, seconds."""
UP_WHEN_FOUND_S = 4.0
"""So is one that nobody saw rise, because a lost face was found at that level, and that lasts
longer than this, seconds. A fifth less, 3.2 s, is as long as a hold in which the face was lost; a
fifth more keeps who has moved from the next lift for as much longer."""
GIVEN_UP_S = 20.0
"""So is one that is not steady and lasts longer than this, seconds."""


class LiveFilter:
    """A median of three against single outliers, then a first-order low-pass.

    Samples may come at uneven times. `value` is NaN before the first::

        live = LiveFilter()
        live.feed(time=0.0, raw=-0.25)  # -0.25
        live.swing()  # infinite: nothing is known yet of how steady it is
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.value = math.nan
        self._last: deque[float] = deque(maxlen=3)
        self._recent: deque[tuple[float, float]] = deque()
        self._time = math.nan

    def feed(self, time: float, raw: float) -> float:
        """Take the next sample; return the filtered value."""
        self._last.append(raw)
        median = statistics.median_high(self._last)
        if math.isnan(self.value):
            self.value = median
        else:
            elapsed = time - self._time
            self.value += (median - self.value) * (1.0 - math.exp(-elapsed / SETTLE_S))
        self._time = time
        self._recent.append((time, self.value))
        while self._recent[0][0] < time - SWING_S:
            self._recent.popleft()
        return self.value

    def swing(self) -> float:
        """Return how far the value went up and down in the last `SWING_S`; infinite if unknown."""
        if not self._recent or self._recent[-1][0] - self._recent[0][0] < SWING_S / 2:
            return math.inf
        values = [value for _, value in self._recent]
        return max(values) - min(values)


class LiftWatch:
    """Follows one lift after the other in a stream of levels.

    `onset`, `apex` and `plateau` are of the lift in progress: times in seconds or None, height in
    fractions of the practised lift. `apex` may still move a little in its first second::

        watch = LiftWatch()
        watch.find()
        trigger = watch.feed(time=0.0, level=0.02, swing=0.01)
    """

    def __init__(self) -> None:
        self.phase = Phase.LOST
        self.onset: float | None = None
        self.apex: float | None = None
        self._latest_apex = math.inf
        self._seen_low = False
        """Since the face was found, the level was low enough for a lift to begin."""
        self.plateau = 0.0
        self._levels: deque[tuple[float, float]] = deque()
        self._rising_since: float | None = None
        self._sagging_since: float | None = None
        self._relaxed_since: float | None = None
        self._settled_since: float | None = None

    def find(self) -> None:
        """A face is there."""
        self._follow(Trigger.FACE_FOUND)
        self._seen_low = False

    def lose(self) -> None:
        """No face is there any more."""
        self._follow(Trigger.FACE_LOST)
        self._clear()

    def forget(self) -> None:
        """Drop the lift in progress, if there is one."""
        self._follow(Trigger.FORGOTTEN)
        self._clear()

    def feed(self, time: float, level: float, swing: float) -> Trigger | None:
        """Take the next level; return the trigger that began or ended a lift by it, if one did.

        `time` is in seconds, `level` in practised lifts; `swing` is how far the level went up and
        down lately, in the same. Once a lift has ended, its `onset`, `apex` and `plateau` are gone.
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
            self._follow(over)
            self._clear()
            return over
        if self.phase is Phase.ONSET:
            self._rise(time, elapsed)
        elif self.phase is Phase.HOLD:
            self._hold(time, level, elapsed)
        elif level > AGAIN_SHARE * self.plateau:
            self._rise_again(elapsed)
        return None

    def _rest(self, time: float, level: float) -> Trigger | None:
        while self._levels[0][0] < time - BEFORE_S:
            self._levels.popleft()
        self._seen_low = self._seen_low or level <= ROSE_LEVEL
        self._rising_since = _since(self._rising_since, level > ROSE_LEVEL, time)
        if not _lasted(self._rising_since, time, CONFIRM_S):
            return None
        self._follow(Trigger.ROSE)
        self.onset = self._rising_since
        self.plateau = level
        return Trigger.ROSE

    def _rise(self, time: float, elapsed: float) -> None:
        lag = SETTLE_S + elapsed
        apex = self._foretold()
        if self.plateau >= REACHED_LEVEL and time >= apex:
            self._follow(Trigger.REACHED)
            self.apex = apex - lag
            self._latest_apex = self.apex + APEX_MOVES_S

    def _hold(self, time: float, level: float, elapsed: float) -> None:
        if self.apex is not None and time - self.apex < APEX_STANDS_S:
            self.apex = min(self._apex_now(elapsed), self._latest_apex)
        self._sagging_since = _since(self._sagging_since, level < SAGGED_SHARE * self.plateau, time)
        if _lasted(self._sagging_since, time, CONFIRM_S):
            self._follow(Trigger.SAGGED)

    def _rise_again(self, elapsed: float) -> None:
        """Go on with the hold; after more than a dip it is another one, with an apex of its own."""
        self._follow(Trigger.ROSE_AGAIN)
        since, self._sagging_since = self._sagging_since, None
        if since is None:
            return
        sagged = [one for one in self._levels if one[0] >= since]
        # As it will be measured: what lasts is the time spent below, not the way back up.
        below = [at for at, level in sagged if level < SAGGED_SHARE * self.plateau]
        if not below or below[-1] - since < DIP_S:
            return
        lowest = min(sagged, key=lambda one: one[1])
        self._levels = deque(sagged[sagged.index(lowest) :])
        self.apex = self._apex_now(elapsed)
        self._latest_apex = self.apex + APEX_MOVES_S

    def _over(self, time: float, level: float, steady: bool) -> Trigger | None:
        relaxed = level < RELAXED_SHARE * self.plateau
        settled = steady and level < SETTLED_SHARE * self.plateau
        self._relaxed_since = _since(self._relaxed_since, relaxed, time)
        self._settled_since = _since(self._settled_since, settled, time)
        if self.phase is not Phase.HOLD:
            if _lasted(self._relaxed_since, time, CONFIRM_S):
                return Trigger.RELAXED
            if _lasted(self._settled_since, time, SETTLED_S):
                return Trigger.SETTLED
        lasted = 0.0 if self.onset is None else time - self.onset
        longest = NEVER_FELL_S if self._seen_low else UP_WHEN_FOUND_S
        if (steady and lasted > longest) or lasted > GIVEN_UP_S:
            return Trigger.NEVER_FELL
        return None

    def _apex_now(self, elapsed: float) -> float:
        """Return when the plateau begins, told from the rise so far, without the filter's lag."""
        return self._foretold() - SETTLE_S - elapsed

    def _foretold(self) -> float:
        """Return when the filtered level reaches its plateau, told from the rise so far.

        A fall tells nothing: the rise is the one before it. One in steps is over where it comes
        near its plateau, however early it began.
        """
        low = high = near = self._levels[0][0]
        risen = False
        for (after, above), (before, below) in pairwise(reversed(self._levels)):
            if below < NEAR * self.plateau <= above:
                near = _passed(before, below, after, above, NEAR * self.plateau)
            if below < HIGH * self.plateau <= above:
                high = _passed(before, below, after, above, HIGH * self.plateau)
                risen = True
            if risen and below < LOW * self.plateau:
                low = _passed(before, below, after, above, LOW * self.plateau)
                break
        return min(high + TO_PLATEAU * (high - low), near + APEX_MOVES_S)

    def _follow(self, trigger: Trigger) -> None:
        self.phase = follow(TRANSITIONS, self.phase, trigger)

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
