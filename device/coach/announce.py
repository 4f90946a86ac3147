"""What is said outside a session: when it is heard, and when it has to wait."""

from __future__ import annotations

from collections.abc import Callable

from device.coach.cues import Cue, CueKind
from device.coach.events import FaultKind
from device.coach.past import Past
from device.coach.rest import RestVerdict


class Announcer:
    """Says what is no part of a session, by handing a cue to `show`.

    At night it is light only; while nobody knows the hour, only what a person just asked for is
    heard. What has to be said while a session runs is kept until it is over.
    """

    def __init__(self, past: Past, show: Callable[[Cue], None]) -> None:
        self._past = past
        self._show = show
        self._kept: dict[CueKind, tuple[FaultKind | None, bool]] = {}

    def say(
        self,
        kind: CueKind,
        time: float,
        *,
        durable: bool = False,
        fault: FaultKind | None = None,
        asked: bool = False,
    ) -> None:
        """Say `kind` at `time`; `asked` if a person just asked for it."""
        silent = self._is_silent(time, asked)
        self._show(Cue(kind, time, durable=durable, light_only=silent, fault=fault))

    def say_rest_day(self, verdict: RestVerdict, time: float, *, asked: bool) -> None:
        """Say how many days of rest are left, and whether to leave it plugged in."""
        silent = self._is_silent(time, asked)
        days, stay_on = verdict.days_left, verdict.stay_on
        self._show(Cue(CueKind.REST_DAY, time, days, light_only=silent, stay_on=stay_on))

    def keep(self, kind: CueKind, *, fault: FaultKind | None = None, asked: bool = False) -> None:
        """Keep `kind` until it can be said; of several of a kind the last."""
        self._kept[kind] = fault, asked

    def say_kept(self, time: float) -> None:
        """Say what was kept."""
        for kind, (fault, asked) in self._kept.items():
            self.say(kind, time, fault=fault, asked=asked)
        self._kept.clear()

    def _is_silent(self, time: float, asked: bool) -> bool:
        night = self._past.is_night(time)
        return not asked if night is None else night
