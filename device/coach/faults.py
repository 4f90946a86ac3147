"""What is broken now, and what that keeps from beginning."""

from __future__ import annotations

from device.coach.events import FaultKind

LOCKING = frozenset({FaultKind.CAMERA, FaultKind.DISK, FaultKind.MODEL})
"""Without these there is no session; the other faults are kept and shown, and life goes on."""
RETRIED = frozenset({FaultKind.CAMERA, FaultKind.MODEL})
"""A press tries these again; a disk must have answered first."""


class Faults:
    """The locking faults that stand."""

    def __init__(self) -> None:
        self._standing: set[FaultKind] = set()

    def __contains__(self, kind: FaultKind) -> bool:
        return kind in self._standing

    def __bool__(self) -> bool:
        return bool(self._standing)

    def add(self, kind: FaultKind) -> bool:
        """Note that `kind` broke; return whether it locks."""
        if kind in LOCKING:
            self._standing.add(kind)
        return kind in LOCKING

    def mended(self, kind: FaultKind) -> None:
        """Note that `kind` works again."""
        self._standing.discard(kind)

    def give_another_chance(self) -> None:
        """A press asks for it: forget what may be tried again."""
        self._standing -= RETRIED

    @property
    def first(self) -> FaultKind | None:
        """The one to put right first, None if nothing stands."""
        return next((kind for kind in FaultKind if kind in self._standing), None)
