"""A time that a stick named, waiting for the press that sets it."""

from __future__ import annotations

from dataclasses import dataclass

from device.clock import ClockReading
from device.coach.cues import SetTime

OFFER_S = 15 * 60.0
"""How long it waits."""
BIG_JUMP_S = 14 * 86400.0
"""A time further than this from the one we have must be confirmed with a long press."""


@dataclass(frozen=True, slots=True)
class TimeOffer:
    """The minute that the stick named: `wall` seconds since 1970, UTC."""

    wall: float

    def answer(self, pressed: ClockReading, *, firmly: bool) -> SetTime | None:
        """Return what a press at `pressed` sets; None if it was not `firmly` enough for that."""
        if abs(self.wall - pressed.wall) > BIG_JUMP_S and not firmly:
            return None
        return SetTime(pressed.monotonic, self.wall)
