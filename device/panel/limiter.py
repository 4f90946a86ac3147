"""Nothing flashes faster than twice a second, whatever plays over whatever."""

from __future__ import annotations

from collections.abc import Sequence

from device.panel.pattern import DARK, Lamp, Levels

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
