"""One scheduler for all patterns: told what to show and what time it is, it says what is lit.

It has no clock, no thread and no pins. Three layers lie over one another, the upper hiding the
lower: the state (`lift`, `rest`, ...), the gauge (on the bar alone, while a hold is filling it),
and the moment (`hold_reached`, `rep`, ...). A press blinks green over all of them. There is one
voice; cues take turns at it, and the ones whose moment is now cut in.

Nothing flashes faster than twice a second, whatever plays over whatever.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from device.panel.pattern import BAR, DARK, Lamp, Levels, Pattern, Stay
from device.panel.patterns import PRESS, PRESS_LIGHT_SECONDS

SHORTEST_CYCLE_S = 0.5
"""From one turn upward of a light to the next, and from one turn downward to the next.

WCAG 2.3.1 allows three flashes a second; ours is the slower limit of a bedroom.
"""


class FlashLimiter:
    """Lets every lamp follow its target, but not turn up or down twice within half a second.

    The same holds for the light of the whole panel, the sum of its lamps. A lamp that may not turn
    yet stays as bright as it is and follows once it may, and so do all of them when the panel may
    not turn; what is shown at rest is always what was meant. It looks at turns and not at
    brightness, so a dim flicker is a flicker too.
    """

    def __init__(self) -> None:
        self._shown = DARK
        self._lamps = [_Turns() for _ in Lamp]
        self._panel = _Turns()
        self._waits_until: float | None = None

    @property
    def waits_until(self) -> float | None:
        """When a lamp that was held back may follow, None if none is."""
        return self._waits_until

    def darken(self, now: float) -> None:
        """Take note that everything was switched off at `now`, limit or no limit."""
        self._show(DARK, now)
        self._waits_until = None

    def follow(self, target: Levels, now: float) -> Levels:
        """Return what may be shown at `now` (seconds, never going back) in place of `target`."""
        waits: list[float] = []
        allowed = list(self._shown)
        for lamp, turns in enumerate(self._lamps):
            free_at = turns.free_at(target[lamp])
            if now < free_at:
                waits.append(free_at)
            else:
                allowed[lamp] = target[lamp]
        free_at = self._panel.free_at(_light(allowed))
        if now < free_at:
            waits.append(free_at)
        else:
            self._show(tuple(allowed), now)
        self._waits_until = min(waits, default=None)
        return self._shown

    def _show(self, levels: Levels, now: float) -> None:
        for turns, level in zip(self._lamps, levels, strict=True):
            turns.note(level, now)
        self._panel.note(_light(levels), now)
        self._shown = levels


class _Turns:
    """How bright a light is, and when it last turned up and when down."""

    def __init__(self) -> None:
        self._shown = 0.0
        self._rises = False
        self._turned_at = {True: -SHORTEST_CYCLE_S, False: -SHORTEST_CYCLE_S}

    def free_at(self, wanted: float) -> float:
        """When the light may become as bright as `wanted`; going on as before is no turn."""
        rises = wanted > self._shown
        if wanted == self._shown or rises == self._rises:
            return -SHORTEST_CYCLE_S
        return self._turned_at[rises] + SHORTEST_CYCLE_S

    def note(self, shown: float, now: float) -> None:
        """Take note that the light becomes as bright as `shown` at `now`."""
        rises = shown > self._shown
        if shown != self._shown and rises != self._rises:
            self._rises = rises
            self._turned_at[rises] = now
        self._shown = shown


def _light(levels: Sequence[float]) -> float:
    # Rounded: of lamps that take turns the whole stays the same, but for its last digits.
    return round(sum(levels), 6)


BETWEEN_TURNS_S = 0.15
"""The silence between two cues that follow each other at once."""

STALE_S = 3.0
"""A moment that waited longer than this for its turn is over; states and endings still hold."""

SAME_STATE_S = 3.0
"""A state told again this soon is not news; later it is a reminder and sounds again."""

FADE_STEP_S = 0.04
"""How often a fading light is set anew."""

_NOW = 1e-6
"""Less than this many seconds ahead is now; the sum of some floats is not the sum of others."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the lamps and the buzzer should do: brightness 0 to 1 a lamp, hertz (0: silent)."""

    levels: Levels
    tone: float


SILENT_AND_DARK = Outputs(DARK, 0.0)


@dataclass(frozen=True, slots=True)
class _Playing:
    pattern: Pattern
    since: float
    heard: bool


class Scheduler:
    """Plays patterns: `show` and `gauge` say what, `tick` says what that makes of the outputs.

    Every method takes the time in monotonic seconds; it must not go back.
    """

    def __init__(self) -> None:
        self._limiter = FlashLimiter()
        self._forget()

    def dark(self, now: float) -> None:
        """Forget everything that is shown or waits; all is dark and silent at once."""
        self._forget()
        self._limiter.darken(now)

    def _forget(self) -> None:
        self._state: _Playing | None = None
        self._state_shown_at = 0.0
        self._turn: _Playing | None = None
        self._waiting: deque[_Playing] = deque()
        self._free_at = 0.0
        self._filled = 0
        self._pressed_at = self._clicks_until = -PRESS_LIGHT_SECONDS
        self._press_lights = False

    def show(self, pattern: Pattern, now: float, heard: bool = True) -> None:
        """Show `pattern` from `now` on, or when its turn comes; `heard` lets it sound too."""
        self._catch_up(now)
        asked = _Playing(pattern, now, heard)
        if pattern.stay is not Stay.MOMENT:
            if pattern.stay is Stay.ENDING:
                self._state = None
                if any(
                    p is not None and p.pattern is pattern for p in (self._turn, *self._waiting)
                ):
                    return
            elif self._state is None or self._state.pattern is not pattern:
                self._state = asked
            elif now < self._state_shown_at + SAME_STATE_S:
                return
            self._state_shown_at = now
            self._filled = 0
            # Of states only the last one still needs to be heard.
            self._waiting = deque(w for w in self._waiting if w.pattern.stay is not Stay.STATE)
        if pattern.urgent:
            self._waiting.clear()
            self._turn = asked
        else:
            self._waiting.append(asked)
            self._catch_up(now)

    def gauge(self, fraction: float) -> None:
        """Fill the bar: one light as soon as a hold begins, all five only once it is reached."""
        most = len(BAR)
        self._filled = min(most, 1 + int(fraction * (most - 1) + _NOW)) if fraction > 0 else 0

    def press(self, now: float, heard: bool = True) -> None:
        """Answer a press at once: a click if it is to be heard, and green blinks the other way."""
        self._press_lights = self._meant(now)[Lamp.READY] < 0.5
        self._pressed_at = now
        self._clicks_until = now + PRESS[1] if heard else now

    def tick(self, now: float) -> Outputs:
        """Return what the outputs should be at `now`."""
        self._catch_up(now)
        meant = list(self._meant(now))
        if now < self._pressed_at + PRESS_LIGHT_SECONDS - _NOW:
            meant[Lamp.READY] = float(self._press_lights)
        return Outputs(self._limiter.follow(tuple(meant), now), self._tone(now))

    def next_deadline(self, now: float) -> float | None:
        """Return when `tick` will next have something to change, None if nothing ever will.

        `now` is the time of the last tick.
        """
        return min((when for when in self._changes(now) if when > now + _NOW), default=None)

    def _catch_up(self, now: float) -> None:
        # A turn that ended hands over at the time it ended, not when somebody noticed.
        while True:
            if self._turn is not None:
                ends = self._turn.since + _turn_seconds(self._turn.pattern)
                if now < ends - _NOW:
                    return
                self._turn = None
                self._free_at = ends + BETWEEN_TURNS_S
            if not self._waiting:
                return
            asked = self._waiting.popleft()
            since = max(asked.since, self._free_at)
            if asked.pattern.stay is not Stay.MOMENT or since - asked.since <= STALE_S:
                self._turn = _Playing(asked.pattern, since, asked.heard)

    def _meant(self, now: float) -> Levels:
        turn = self._turn
        if turn is not None and turn.pattern.stay is not Stay.STATE and now >= turn.since - _NOW:
            return _levels(turn, now)
        levels = DARK if self._state is None else _levels(self._state, now)
        if self._filled:
            bar = tuple(float(lamp < self._filled) for lamp in BAR)
            levels = (*bar, *levels[len(BAR) :])
        return levels

    def _tone(self, now: float) -> float:
        if now < self._clicks_until - _NOW:
            return PRESS[0]
        if self._turn is None or not self._turn.heard:
            return 0.0
        at = now - self._turn.since + _NOW
        for note in self._turn.pattern.melody if at >= 0 else ():
            if at < note.seconds:
                return note.frequency
            at -= note.seconds
        return 0.0

    def _changes(self, now: float) -> Iterator[float]:
        yield self._clicks_until
        yield self._pressed_at + PRESS_LIGHT_SECONDS
        if self._limiter.waits_until is not None:
            yield self._limiter.waits_until
        if self._state is not None:
            yield from _light_changes(self._state, now)
        if self._turn is not None:
            yield self._turn.since
            yield self._turn.since + _turn_seconds(self._turn.pattern)
            if self._turn.pattern.stay is not Stay.STATE:
                yield from _light_changes(self._turn, now)
            when = self._turn.since
            for note in self._turn.pattern.melody:
                when += note.seconds
                yield when


def _turn_seconds(pattern: Pattern) -> float:
    # A state has only its melody to itself: its light lies below and waits for nobody.
    if pattern.stay is Stay.STATE:
        return pattern.sound_seconds
    return max(pattern.sound_seconds, pattern.light_seconds)


def _levels(playing: _Playing, now: float) -> Levels:
    steps = playing.pattern.steps
    at = now - playing.since + _NOW
    before = DARK
    if playing.pattern.repeats:
        at %= playing.pattern.light_seconds
        before = steps[-1].levels
    for step in steps:
        if at < step.seconds:
            if not step.fade:
                return step.levels
            share = at / step.seconds
            return tuple(a + (b - a) * share for a, b in zip(before, step.levels, strict=True))
        at -= step.seconds
        before = step.levels
    # Only a state outlasts its pictures; a moment or an ending that still sounds is dark.
    return before if playing.pattern.stay is Stay.STATE else DARK


def _light_changes(playing: _Playing, now: float) -> Iterator[float]:
    pattern = playing.pattern
    at = now - playing.since + _NOW
    begins = playing.since
    if pattern.repeats and at > 0:
        begins += pattern.light_seconds * (at // pattern.light_seconds)
    for step in pattern.steps:
        ends = begins + step.seconds
        if step.fade and begins <= now + _NOW < ends:
            yield min(now + FADE_STEP_S, ends)
        yield ends
        begins = ends
