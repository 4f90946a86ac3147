"""An exercise that is only timed, such as the massage: cues by the clock, no camera, no count."""

from __future__ import annotations

import enum

from device.coach.agenda import Agenda
from device.coach.cues import Cue
from device.coach.events import Ending, Massage
from device.coach.exercises import TimedExercise
from device.coach.stages import ending_cue


class _Due(enum.Enum):
    MIDWAY = enum.auto()
    OVER = enum.auto()


class TimedSession:
    """One timed exercise, begun at `start` seconds. After the end everything returns nothing."""

    def __init__(self, exercise: TimedExercise, start: float) -> None:
        self.ended: Massage | None = None
        self._exercise = exercise
        self._start = start
        self._agenda: Agenda[_Due] = Agenda()
        self._agenda.set(_Due.MIDWAY, start + exercise.turn)
        self._agenda.set(_Due.OVER, start + exercise.length)

    def begin(self) -> list[Cue | Massage]:
        """Return what begins it."""
        return [Cue(self._exercise.begin, self._start)]

    def tick(self, time: float) -> list[Cue | Massage]:
        """It is `time`: return what is due."""
        out: list[Cue | Massage] = []
        for due, at in self._agenda.take_due(time):
            if due is _Due.MIDWAY:
                out.append(Cue(self._exercise.midway, at))
            else:
                out += self.end(at, Ending.DONE)
        return out

    def end(self, time: float, ending: Ending) -> list[Cue | Massage]:
        """End at `time`, unless it ended by itself before."""
        if self.ended is not None:
            return []
        self._agenda.clear()
        self.ended = Massage(time, self._start)
        return [self.ended, Cue(ending_cue(ending, complete=False), time)]

    def next_deadline(self) -> float | None:
        """When `tick` is wanted next, seconds; None once it has ended."""
        return self._agenda.next()
