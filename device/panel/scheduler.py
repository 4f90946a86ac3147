"""What plays over what: told what to show and what time it is, it says what is lit and sounds.

The scheduler has no clock, no thread and no pins. Three layers lie over one another, the upper
hiding the lower: the background (`lift`, `rest`, ...), the gauge (on the bar alone, while a hold
fills it), and the overlay (`hold_reached`, `rep`, ...). A press blinks green over all of them.
There is one buzzer, so patterns play one after another; an urgent one cuts in.

Whatever plays over whatever, nothing flashes faster than twice a second.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from device.panel.pattern import BAR, DARK, Lamp, Levels, Pattern, Stay
from device.panel.patterns import PRESS_CLICK, PRESS_LIGHT_S

SHORTEST_FLASH_S = 0.5
"""The shortest time, in seconds, between two moments at which a light begins to brighten, and
between two at which it begins to dim. WCAG 2.3.1 allows three flashes a second; this is slower
because the panel stands in a bedroom."""

GAP_S = 0.15
"""The pause between two patterns that play one after another, in seconds."""

STALE_S = 3.0
"""An overlay that waited longer than this, in seconds, is dropped: what it is about is over."""

REPEATED_S = 3.0
"""A background that sounded and is shown again within this time, in seconds, does not sound again;
later it is a reminder, and does."""

FADE_STEP_S = 0.04
"""How often a light is set while it fades, in seconds."""

_TOLERANCE_S = 1e-6
"""Times that differ by less than this, in seconds, are the same: sums of floats are not exact."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the panel puts out: the brightness of each lamp, and a tone in hertz (0 is silence)."""

    levels: Levels
    tone: float


SILENT_AND_DARK = Outputs(DARK, 0.0)


@dataclass(frozen=True, slots=True)
class _Playing:
    pattern: Pattern
    since: float
    audible: bool


class Scheduler:
    """Plays patterns: `show` and `gauge` take what to play, `tick` says what to put out.

    Every method takes the time in monotonic seconds, which must not go back::

        scheduler = Scheduler()
        scheduler.show(pattern_of(cue), now=10.0)
        outputs = scheduler.tick(now=10.0)
        again_at = scheduler.next_deadline(now=10.0)
    """

    def __init__(self) -> None:
        self._limiter = FlashLimiter()
        self._forget()

    def dark(self, now: float) -> None:
        """Forget every pattern that plays or waits; everything is dark and silent at once."""
        self._forget()
        self._limiter.darken(now)

    def _forget(self) -> None:
        self._background: _Playing | None = None
        self._background_shown_at = 0.0
        self._background_heard = False
        self._current: _Playing | None = None
        self._waiting: deque[_Playing] = deque()
        self._free_at = 0.0
        self._filled = 0
        self._pressed_at = self._clicks_until = -PRESS_LIGHT_S
        self._press_lights = False

    def show(self, pattern: Pattern, now: float, audible: bool = True) -> None:
        """Play `pattern` from `now` on, or after what plays already; `audible` lets it sound."""
        self._catch_up(now)
        asked = _Playing(pattern, now, audible)
        if pattern.stay is not Stay.OVERLAY:
            if pattern.stay is Stay.ENDING:
                self._background = None
                there = [p for p in (self._current, *self._waiting) if p and p.pattern is pattern]
                if any(one.audible or not audible for one in there):
                    return
                # It begins anew if so far it was shown by light alone.
                if self._current in there:
                    self._current = None
                self._waiting = deque(w for w in self._waiting if w not in there)
            elif self._background is None or self._background.pattern is not pattern:
                self._background = asked
            elif now < self._background_shown_at + REPEATED_S and (
                self._background_heard or not audible
            ):
                return
            self._background_shown_at, self._background_heard = now, audible
            self._filled = 0
            # Of the backgrounds that wait to be heard, only the last one is still true.
            self._waiting = deque(w for w in self._waiting if w.pattern.stay is not Stay.BACKGROUND)
        if pattern.urgent:
            self._waiting.clear()
            self._current = asked
        else:
            self._waiting.append(asked)
            self._catch_up(now)

    def gauge(self, fraction: float) -> None:
        """Fill the bar: one light as soon as a hold begins, all five only once it is reached."""
        most = len(BAR)
        filled = 1 + int(fraction * (most - 1) + _TOLERANCE_S)
        self._filled = min(most, filled) if fraction > 0 else 0

    def press(self, now: float, audible: bool = True) -> None:
        """Answer a press at once: green blinks the other way, with a click if it is `audible`."""
        self._press_lights = self._meant(now)[Lamp.READY] < 0.5
        self._pressed_at = now
        self._clicks_until = now + PRESS_CLICK.seconds if audible else now

    def tick(self, now: float) -> Outputs:
        """Return what the panel should put out at `now`."""
        self._catch_up(now)
        meant = list(self._meant(now))
        if now < self._pressed_at + PRESS_LIGHT_S - _TOLERANCE_S:
            meant[Lamp.READY] = float(self._press_lights)
        return Outputs(self._limiter.follow(tuple(meant), now), self._tone(now))

    def next_deadline(self, now: float) -> float | None:
        """Return when `tick` will next have something to change, None if nothing ever will.

        `now` is the time of the last tick.
        """
        return min((at for at in self._changes(now) if at > now + _TOLERANCE_S), default=None)

    def _catch_up(self, now: float) -> None:
        # A pattern hands over at the time it ended, not at the later time of this call.
        while True:
            if self._current is not None:
                ends = self._current.since + _seconds_alone(self._current.pattern)
                if now < ends - _TOLERANCE_S:
                    return
                self._current = None
                self._free_at = ends + GAP_S
            if not self._waiting:
                return
            asked = self._waiting.popleft()
            since = max(asked.since, self._free_at)
            if asked.pattern.stay is not Stay.OVERLAY or since - asked.since <= STALE_S:
                self._current = _Playing(asked.pattern, since, asked.audible)

    def _meant(self, now: float) -> Levels:
        """Return the levels that the patterns ask for, before the limiter."""
        current = self._current
        if (
            current is not None
            and current.pattern.stay is not Stay.BACKGROUND
            and now >= current.since - _TOLERANCE_S
        ):
            return _levels(current, now)
        levels = DARK if self._background is None else _levels(self._background, now)
        if self._filled:
            bar = tuple(float(lamp < self._filled) for lamp in BAR)
            levels = (*bar, *levels[len(BAR) :])
        return levels

    def _tone(self, now: float) -> float:
        if now < self._clicks_until - _TOLERANCE_S:
            return PRESS_CLICK.frequency
        if self._current is None or not self._current.audible:
            return 0.0
        at = now - self._current.since + _TOLERANCE_S
        for step in self._current.pattern.melody if at >= 0 else ():
            if at < step.seconds:
                return step.frequency
            at -= step.seconds
        return 0.0

    def _changes(self, now: float) -> Iterator[float]:
        """Yield every time at which an output may change, those that are over among them."""
        yield self._clicks_until
        yield self._pressed_at + PRESS_LIGHT_S
        if self._limiter.waits_until is not None:
            yield self._limiter.waits_until
        if self._background is not None:
            yield from _light_changes(self._background, now)
        if self._current is not None:
            yield self._current.since
            yield self._current.since + _seconds_alone(self._current.pattern)
            if self._current.pattern.stay is not Stay.BACKGROUND:
                yield from _light_changes(self._current, now)
            at = self._current.since
            for step in self._current.pattern.melody:
                at += step.seconds
                yield at


def _seconds_alone(pattern: Pattern) -> float:
    """Return for how long no other pattern may play beside this one."""
    # The lights of a background lie below the others, so only its melody keeps them waiting.
    if pattern.stay is Stay.BACKGROUND:
        return pattern.sound_seconds
    return max(pattern.sound_seconds, pattern.light_seconds)


def _levels(playing: _Playing, now: float) -> Levels:
    steps = playing.pattern.lights
    at = now - playing.since + _TOLERANCE_S
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
    # A background keeps its last picture; an overlay or an ending that still sounds is dark.
    return before if playing.pattern.stay is Stay.BACKGROUND else DARK


def _light_changes(playing: _Playing, now: float) -> Iterator[float]:
    pattern = playing.pattern
    at = now - playing.since + _TOLERANCE_S
    begins = playing.since
    if pattern.repeats and at > 0:
        begins += pattern.light_seconds * (at // pattern.light_seconds)
    for step in pattern.lights:
        ends = begins + step.seconds
        if step.fade and begins <= now + _TOLERANCE_S < ends:
            yield min(now + FADE_STEP_S, ends)
        yield ends
        begins = ends


class FlashLimiter:
    """Lets each lamp follow its target, but never flash faster than `SHORTEST_FLASH_S` allows.

    A lamp may begin to brighten once within that time, and begin to dim once; the same holds for
    the sum of all lamps, the light of the panel as a whole. What may not change yet keeps its
    brightness and follows as soon as it may, so a lamp that is left alone always comes to what was
    meant. Brightness plays no part: a dim flicker is a flicker too.
    """

    def __init__(self) -> None:
        self._shown = DARK
        self._lamps = [_Reversals() for _ in Lamp]
        self._panel = _Reversals()
        self._waits_until: float | None = None

    @property
    def waits_until(self) -> float | None:
        """When a lamp that was held back may follow, monotonic seconds; None if none is."""
        return self._waits_until

    def darken(self, now: float) -> None:
        """Take note that every lamp is switched off at `now`, limit or no limit."""
        self._show(DARK, now)
        self._waits_until = None

    def follow(self, target: Levels, now: float) -> Levels:
        """Return what may be shown in place of `target` at `now`, which must not go back."""
        waits: list[float] = []
        allowed = list(self._shown)
        for lamp, reversals in enumerate(self._lamps):
            free_at = reversals.free_at(target[lamp])
            if now < free_at:
                waits.append(free_at)
            else:
                allowed[lamp] = target[lamp]
        free_at = self._panel.free_at(_sum(allowed))
        if now < free_at:
            waits.append(free_at)
        else:
            self._show(tuple(allowed), now)
        self._waits_until = min(waits, default=None)
        return self._shown

    def _show(self, levels: Levels, now: float) -> None:
        for reversals, level in zip(self._lamps, levels, strict=True):
            reversals.note(level, now)
        self._panel.note(_sum(levels), now)
        self._shown = levels


class _Reversals:
    """When a light last began to brighten, and when it last began to dim."""

    def __init__(self) -> None:
        self._shown = 0.0
        self._brightens = False
        self._began_at = {True: -SHORTEST_FLASH_S, False: -SHORTEST_FLASH_S}

    def free_at(self, wanted: float) -> float:
        """Return when the light may become as bright as `wanted`; at any time if it goes on so."""
        brightens = wanted > self._shown
        if wanted == self._shown or brightens == self._brightens:
            return -SHORTEST_FLASH_S
        return self._began_at[brightens] + SHORTEST_FLASH_S

    def note(self, shown: float, now: float) -> None:
        """Take note that the light becomes as bright as `shown` at `now`."""
        brightens = shown > self._shown
        if shown != self._shown and brightens != self._brightens:
            self._brightens = brightens
            self._began_at[brightens] = now
        self._shown = shown


def _sum(levels: Sequence[float]) -> float:
    # Rounded, so that the sum of lamps that take turns stays exactly the same.
    return round(sum(levels), 6)
