"""The hold of a lift, by the clock: the bar fills, the target is reached, then "let go".

A hold begins at the lift's apex, where its plateau begins. The counter may still move that while
the plateau takes shape, and what is due moves with it. Each cue comes once in a lift, and at its
time even if no frame comes then. Only `let_go` is repeated, while the person is still seen to hold.

A lift that is known by then not to count reaches no target: the bar empties, and "let go" comes in
its place, so that nobody holds on for nothing.
"""

from __future__ import annotations

import enum
from collections.abc import Callable

from device.coach.agenda import Agenda
from device.coach.cues import Cue, CueKind, Gauge
from device.coach.exercises import Timing

LET_GO_REPEAT_S = 2.0
"""Who is still seen to hold is asked again to let go after this long, seconds."""
BAR_STEP_S = 0.1
"""How often the bar is told how far it is filled, seconds."""


class _Due(enum.Enum):
    BAR = enum.auto()
    REACHED = enum.auto()
    LET_GO = enum.auto()


class Hold:
    """Times the hold in progress, if there is one.

    hold = Hold(exercise.timing, may_count)
    hold.begins(apex, now)  # at each sample of the plateau
    outputs = hold.tick(now)  # when next_deadline says so
    outputs = hold.ends(now)  # the plateau was left

    `may_count` is asked when the target is reached: whether the lift in progress may be a
    repetition, for all that is known of it by then.
    """

    def __init__(self, timing: Timing, may_count: Callable[[], bool]) -> None:
        self._timing = timing
        self._may_count = may_count
        self._agenda: Agenda[_Due] = Agenda()
        self._apex: float | None = None
        self._seen = 0.0
        self._held = 0.0
        self._filled = 0.0
        self._told: set[_Due] = set()

    def begins(self, apex: float, time: float) -> bool:
        """Note that a plateau seen at `time` began at `apex`; return whether it is a new one."""
        new = self._apex is None
        self._seen = time
        if apex == self._apex:
            return False
        self._apex = apex
        if new:
            self._held = self._filled = 0.0
            self._agenda.set(_Due.BAR, apex + BAR_STEP_S)
        if _Due.REACHED not in self._told or new:
            self._agenda.set(_Due.REACHED, apex + self._timing.hold)
        if _Due.LET_GO not in self._told or new:
            self._agenda.set(_Due.LET_GO, apex + self._timing.let_go)
        return new

    def ends(self, time: float) -> list[Gauge]:
        """Note that the hold was over by `time`; empties the bar if there was one."""
        if self._apex is None:
            return []
        self._held, self._apex = self.lasted(time), None
        self._agenda.clear()
        return [Gauge(time, 0.0)]

    def judged(self, time: float) -> list[Gauge]:
        """Note that the lift was judged at `time`: the next one gets every cue again."""
        emptied = self.ends(time)
        self._held = 0.0
        self._told.clear()
        return emptied

    def lasted(self, time: float) -> float:
        """How long the lift that is not judged yet has been or was held by `time`, seconds."""
        return self._held if self._apex is None else max(0.0, time - self._apex)

    def tick(self, time: float) -> list[Cue | Gauge]:
        """Return what is due by `time`."""
        out: list[Cue | Gauge] = []
        for due, at in self._agenda.take_due(time):
            match due:
                case _Due.BAR:
                    share = self.lasted(at) / self._timing.hold
                    if share < 1.0:  # The rest of it comes with the target.
                        out += self._fill(share, at)
                        self._agenda.set(_Due.BAR, at + BAR_STEP_S)
                case _Due.REACHED:
                    self._agenda.cancel(_Due.BAR)
                    out += self._reach(at)
                case _Due.LET_GO:
                    if due not in self._told or self._seen > at - LET_GO_REPEAT_S:
                        out.append(self._let_go(at))
        return out

    def _reach(self, at: float) -> list[Cue | Gauge]:
        told = _Due.REACHED in self._told
        self._told.add(_Due.REACHED)
        if not self._may_count():
            return [self._let_go(at), Gauge(at, 0.0)]
        return [*self._fill(1.0, at), *([] if told else [Cue(CueKind.HOLD_REACHED, at)])]

    def _let_go(self, at: float) -> Cue:
        self._told.add(_Due.LET_GO)
        self._agenda.set(_Due.LET_GO, at + LET_GO_REPEAT_S)
        return Cue(CueKind.LET_GO, at)

    def _fill(self, share: float, at: float) -> list[Gauge]:
        self._filled = max(self._filled, share)
        return [Gauge(at, self._filled)]

    def next_deadline(self) -> float | None:
        """When `tick` is wanted next, seconds."""
        return self._agenda.next()
