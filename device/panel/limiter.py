"""Nothing flashes faster than twice a second, whatever plays over whatever."""

from __future__ import annotations

from device.panel.pattern import DARK, Lamp, Levels

SHORTEST_CYCLE_S = 0.5
"""From one turn upward of a light to the next, and from one turn downward to the next.

WCAG 2.3.1 allows three flashes a second; ours is the slower limit of a bedroom.
"""


class FlashLimiter:
    """Lets every lamp follow its target, but not turn up or down twice within half a second.

    A lamp that may not turn yet stays as bright as it is and follows once it may, so what is
    shown at rest is always what was meant. It looks at turns and not at brightness, so a dim
    flicker is a flicker too.
    """

    def __init__(self) -> None:
        self._shown = list(DARK)
        self._rises = [False] * len(Lamp)
        self._rose_at = [-SHORTEST_CYCLE_S] * len(Lamp)
        self._fell_at = [-SHORTEST_CYCLE_S] * len(Lamp)
        self._waits_until: float | None = None

    @property
    def waits_until(self) -> float | None:
        """When a lamp that was held back may follow, None if none is."""
        return self._waits_until

    def darken(self, now: float) -> None:
        """Take note that everything was switched off at `now`, limit or no limit."""
        lit = [lamp for lamp, shown in enumerate(self._shown) if shown]
        for lamp in lit:
            self._shown[lamp], self._rises[lamp], self._fell_at[lamp] = 0.0, False, now
        self._waits_until = None

    def follow(self, target: Levels, now: float) -> Levels:
        """Return what may be shown at `now` (seconds, never going back) in place of `target`."""
        self._waits_until = None
        for lamp, wanted in enumerate(target):
            shown = self._shown[lamp]
            if wanted == shown:
                continue
            rises = wanted > shown
            turned_at = self._rose_at if rises else self._fell_at
            if rises != self._rises[lamp]:
                allowed = turned_at[lamp] + SHORTEST_CYCLE_S
                if now < allowed:
                    if self._waits_until is None or allowed < self._waits_until:
                        self._waits_until = allowed
                    continue
                self._rises[lamp] = rises
                turned_at[lamp] = now
            self._shown[lamp] = wanted
        return tuple(self._shown)
