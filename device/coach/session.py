"""One session: from the search for a face to its end, in cues and events.

Theory of operation
-------------------
The table of `stages.py` owns every transition. Samples drive what the person does (found, rested,
practised, lost), the agenda drives what is due by the clock (hold cues, the bar, prompts, ends),
and the coach drives the button's part (pause, resume, stop). A sample first brings the clock up
to its exposure, then is judged, so the same samples give the same cues live and from a recording.

The hold cues follow the plateau as the counter knows it: while its beginning still moves by a
tenth of a second, their times move with it. Words of advice come after a lift, at most one at a
time, and only ever ask for less; the next lift, once begun, silences what is still to be said.

The stages of a session, what moves it on, and how its end is said: the session's tables.

What a session has come to: repetitions, lifts, and what counts towards the dose.

The practised lift: which lift sets a person's own measure.

What to say about a lift: one gentle word at most, and never one that asks for more.

An exercise that is only timed, such as the massage: cues by the clock, no camera, no count.
"""

from __future__ import annotations

import enum
import math
from dataclasses import replace

from device.coach.agenda import Agenda, Table, earliest, follow
from device.coach.aiming import Aiming
from device.coach.counting import CalibrationError, Phase, RepetitionCounter
from device.coach.cues import Cue, CueKind, Gauge
from device.coach.events import (
    Calibrated,
    Ending,
    Event,
    FaceLost,
    Massage,
    Note,
    Paused,
    Reason,
    Refused,
    Rep,
    Resumed,
    SessionEnded,
    SessionStarted,
)
from device.coach.exercises import COUNTS_FROM_S, Dose, Exercise, TimedExercise
from device.coach.holding import Hold
from device.sample import LiftSample


class SessionState(enum.StrEnum):
    """Where a session is."""

    FINDING = "finding"
    RESTING = "resting"
    PRACTISING = "practising"
    LIFTING = "lifting"
    PAUSED = "paused"
    ENDED = "ended"


class Step(enum.StrEnum):
    """What moves a session on."""

    FOUND = "found"
    FOUND_AGAIN = "found again"
    LOST = "lost"
    RESTED = "rested"
    PRACTISED = "practised"
    PAUSE = "pause"
    RESUME = "resume"
    END = "end"


TRANSITIONS: Table[SessionState, Step] = {
    SessionState.FINDING: {
        Step.FOUND: SessionState.RESTING,
        Step.FOUND_AGAIN: SessionState.LIFTING,
        Step.PAUSE: SessionState.PAUSED,
        Step.END: SessionState.ENDED,
    },
    SessionState.RESTING: {
        Step.RESTED: SessionState.PRACTISING,
        Step.LOST: SessionState.FINDING,
        Step.PAUSE: SessionState.PAUSED,
        Step.END: SessionState.ENDED,
    },
    SessionState.PRACTISING: {
        Step.PRACTISED: SessionState.LIFTING,
        Step.LOST: SessionState.FINDING,
        Step.PAUSE: SessionState.PAUSED,
        Step.END: SessionState.ENDED,
    },
    SessionState.LIFTING: {
        Step.LOST: SessionState.FINDING,
        Step.PAUSE: SessionState.PAUSED,
        Step.END: SessionState.ENDED,
    },
    SessionState.PAUSED: {
        Step.RESUME: SessionState.FINDING,
        Step.END: SessionState.ENDED,
    },
    SessionState.ENDED: {},
}

_ENDING_CUES = {
    Ending.DONE: CueKind.DONE,
    Ending.STOPPED: CueKind.STOPPED,
    Ending.TIMED_OUT: CueKind.STOPPED,
    Ending.PAUSED_TOO_LONG: CueKind.STOPPED,
    Ending.FAULT: CueKind.STOPPED,
}
_RAN_OUT = {Ending.TIMED_OUT, Ending.PAUSED_TOO_LONG}


def ending_cue(ending: Ending, complete: bool) -> CueKind:
    """Return what says how a session ended: a `complete` set that ran out of time is done.

    The coach adds the fault itself to a fault's end. It alone says that a session was interrupted,
    and that something hurts, for both are known only once the session is over.
    """
    return CueKind.DONE if complete and ending in _RAN_OUT else _ENDING_CUES[ending]


class Tally:
    """Counts each lift once, also one that a pause or a stop cut short; all holds in seconds."""

    def __init__(self) -> None:
        self.reps = self.lifts = self.dose = 0
        self._cut_short = 0.0
        self._cut_at = 0.0

    def judged(self, held: float) -> None:
        """A lift was judged; if something had cut it short before, this was it."""
        self._cut_short = 0.0
        self._count(held)

    def cut_short(self, held: float, time: float) -> None:
        """A lift was cut short at `time` after so long; it may yet be judged."""
        self._cut_short, self._cut_at = max(self._cut_short, held), time

    def settle(self, apex: float = math.inf) -> None:
        """Nobody will judge a lift that was cut short before `apex`: count it as far as it went.

        `apex` is when another plateau began. One that began before is of the lift itself, seen
        again so soon that it goes on.
        """
        if self._cut_at > apex:
            return
        if self._cut_short >= COUNTS_FROM_S:
            self._count(self._cut_short)
        self._cut_short = 0.0

    def is_enough(self, dose: Dose) -> bool:
        """Whether there were enough repetitions or lifts."""
        return self.reps >= dose.reps or self.dose >= dose.lifts

    def ended(self, time: float, ending: Ending) -> SessionEnded:
        """Return the end of a session that came to this."""
        return SessionEnded(time, ending, self.reps, self.lifts, self.dose)

    def _count(self, held: float) -> None:
        self.lifts += 1
        self.dose += held >= COUNTS_FROM_S


PRACTISED_FROM_S = 1.0
"""A practised lift must be held this long, so that it has a plateau to measure ..."""
PRACTISE_TRIES = 3
"""... and after so many in vain the session goes on with the range it has."""
_NOT_PRACTISED = {
    *(Reason.MOUTH_OPEN, Reason.FACE_LOST, Reason.HEAD_MOVED, Reason.NO_REST, Reason.CUT_OFF)
}
"""Least of all what never fell: that is another rest, fingers put down or a head moved."""


class Practice:
    """Looks for a lift that `counter` can take a person's range from; `done` once it is settled."""

    def __init__(self, counter: RepetitionCounter) -> None:
        self.done = False
        self._counter = counter
        self._tries = 0

    def take(self, lift: Rep | Refused) -> Calibrated | Refused:
        """Return the person's own range if `lift` shows it, else `lift` as a refused one."""
        try:
            if lift.hold < PRACTISED_FROM_S or getattr(lift, "reason", None) in _NOT_PRACTISED:
                raise CalibrationError("not held long enough, or not seen well enough")
            taken: Calibrated | Refused = self._counter.adopt_lift()
            self.done = True
        except CalibrationError:
            taken = _refused(lift)
            self._tries += 1
            self.done = self._tries >= PRACTISE_TRIES
        if self.done:
            self._counter.restart_numbers()
        return taken


def _refused(lift: Rep | Refused) -> Refused:
    """Return a lift that was held well and yet cannot be a practised one as a refused lift."""
    if isinstance(lift, Refused):
        return lift
    return Refused(lift.time, Reason.TOO_SMALL, lift.onset, lift.end, lift.hold, lift.peak)


# In the order of importance. Nothing is said about lifts that were short, small or uneven: the
# cure would be to ask for more. A hold that was too long has had its `let_go`.
_ON_REASON = {
    Reason.MOUTH_OPEN: CueKind.CLOSE_MOUTH,
    Reason.TOO_FAST: CueKind.SLOWER,
    Reason.NO_REST: CueKind.REST,
}
_ON_NOTE = {
    Note.OVER_EFFORT: CueKind.SOFTER,
    Note.LIPS_PARTED: CueKind.CLOSE_MOUTH,
    Note.UNSTEADY: CueKind.SOFTER,
}


def advise(lift: Rep | Refused, said_last: CueKind | None) -> CueKind | None:
    """Return the word for `lift`, or None; what was said after the lift before is not repeated."""
    if isinstance(lift, Refused):
        words = [_ON_REASON[lift.reason]] if lift.reason in _ON_REASON else []
    else:
        words = [word for note, word in _ON_NOTE.items() if note in lift.notes]
    return next((word for word in words if word is not said_last), None)


SessionOutput = Cue | Gauge | Event

_WATCHED = {SessionState.PRACTISING, SessionState.LIFTING}

REST_REPEAT_S = 10.0
"""A face that does not come to rest is asked again after this long."""
LOST_GRACE_S = 1.5
"""A face lost for less is not worth a cue: the head turned, a hand passed."""
ADVICE_AFTER_S = 0.8
"""Advice waits until the sound of the repetition is over."""
BUSY_S = 0.5
"""An invitation that falls into a movement waits this much longer."""


class _Due(enum.Enum):
    ASK_FOR_REST = enum.auto()
    ADVISE = enum.auto()
    INVITE = enum.auto()
    NUDGE = enum.auto()
    GIVE_UP = enum.auto()
    PAUSE_OVER = enum.auto()
    LENGTH = enum.auto()


class Session:
    """One session of one exercise.

    All times are seconds of one monotonic clock; an input that comes late, with an earlier time
    than the one before it, counts as of now. After the end, everything returns nothing, and
    `ended` says how it went.
    """

    def __init__(self, exercise: Exercise, counter: RepetitionCounter) -> None:
        self.state = SessionState.FINDING
        self.ended: SessionEnded | None = None
        self._exercise = exercise
        self._timing = exercise.timing
        self._counter = counter
        self._agenda: Agenda[_Due] = Agenda()
        self._aiming = Aiming()
        self._hold = Hold(exercise.timing)
        self._now = 0.0
        self._out: list[SessionOutput] = []
        self._tally = Tally()
        self._practice = Practice(counter)
        self._met = False
        self._advice: CueKind | None = None
        self._advised_last: CueKind | None = None

    def start(self, time: float) -> list[SessionOutput]:
        """Begin at `time`: look for a face."""
        self._now = time
        self._out.append(SessionStarted(time, self._exercise.name))
        self._agenda.set(_Due.LENGTH, time + self._exercise.dose.length)
        self._active(time)
        self._aiming.search(time)
        return self.tick(time)

    def feed(self, sample: LiftSample) -> list[SessionOutput]:
        """Take the next sample."""
        self._advance(sample.time)
        if self.state not in (SessionState.PAUSED, SessionState.ENDED):
            self._see(self._exercise.signal.view(sample))
            self._advance(self._now)
        return self._taken()

    def tick(self, time: float) -> list[SessionOutput]:
        """It is `time`."""
        self._advance(time)
        return self._taken()

    def pause_or_resume(self, time: float) -> list[SessionOutput]:
        """Pause, or go on after a pause."""
        self._advance(time)
        if self.state is SessionState.PAUSED:
            self._resume(self._now)
        elif self.state is not SessionState.ENDED:
            self._pause(self._now)
        return self._taken()

    def end(self, time: float, ending: Ending) -> list[SessionOutput]:
        """End at `time`, unless it ended by itself before."""
        self._advance(time)
        self._end(self._now, ending)
        return self._taken()

    def next_deadline(self) -> float | None:
        """When `tick` is wanted next, seconds; None once it has ended."""
        beside = (self._aiming.next_deadline(), self._hold.next_deadline())
        return earliest(self._agenda.next(), *beside)

    # What the person does

    def _see(self, sample: LiftSample) -> None:
        events = self._counter.feed(sample)
        for event in events:
            if isinstance(event, Rep | Refused):
                self._judge(event)
            else:
                self._out.append(event)
                if isinstance(event, FaceLost):
                    self._lose_face(event.time)
            if self.state is SessionState.ENDED:
                return
        if self.state is SessionState.FINDING:
            self._out += self._aiming.feed(sample)
            if self._aiming.found:
                self._find_face(sample.time)
        if self.state is SessionState.RESTING and self._counter.rested >= self._timing.rest:
            self._step(Step.RESTED)
            self._agenda.cancel(_Due.ASK_FOR_REST)
            self._active(sample.time)
            self._say(self._exercise.practise, sample.time)
        self._follow_hold(sample.time)

    def _find_face(self, time: float) -> None:
        if self._practice.done:
            self._step(Step.FOUND_AGAIN)
            self._agenda.set(_Due.INVITE, time + self._timing.relax)
        else:
            self._step(Step.FOUND)
            self._counter.begin_rest()
            if not self._met:  # Coming and going is no lift: it keeps the camera on no longer.
                self._active(time)
            self._met = True
            self._agenda.set(_Due.ASK_FOR_REST, time)

    def _lose_face(self, time: float) -> None:
        if Step.LOST in TRANSITIONS[self.state]:
            self._step(Step.LOST)
            self._agenda.cancel(_Due.ASK_FOR_REST, _Due.ADVISE, _Due.INVITE)
            self._aiming.search(time, LOST_GRACE_S)

    def _follow_hold(self, time: float) -> None:
        """Time the hold while there is something to be held."""
        apex = self._counter.apex_time if self.state in _WATCHED else None
        if apex is None:
            self._out += self._hold.ends(time)
        elif self._hold.begins(apex, time):
            self._tally.settle(apex)
            self._active(time)

    def _judge(self, lift: Rep | Refused) -> None:
        """A lift is over: count it, keep it, and say what there is to say."""
        self._out += self._hold.judged(lift.time)
        practised = self._practice.done
        if not (practised or self.state is SessionState.PRACTISING):
            return  # Nothing can be told about a lift before rest is known.
        self._tally.judged(lift.hold)
        self._active(lift.time)
        if practised:
            self._out.append(lift)
            if isinstance(lift, Rep):
                self._tally.reps += 1
                self._out.append(Cue(CueKind.REP, lift.time, count=self._tally.reps, durable=True))
        else:
            self._out.append(self._practice.take(lift))
            if self._practice.done:
                self._step(Step.PRACTISED)
        if self._tally.is_enough(self._exercise.dose):
            self._end(lift.time, Ending.DONE)
        elif self.state in _WATCHED:
            self._advise(lift)

    def _advise(self, lift: Rep | Refused) -> None:
        """Plan a word about `lift`, if there is one, and the invitation to the next."""
        self._advice = advise(lift, self._advised_last)
        self._advised_last = self._advice
        relaxed = lift.time
        if self._advice is not None:
            relaxed += ADVICE_AFTER_S
            self._agenda.set(_Due.ADVISE, relaxed)
        self._agenda.set(_Due.INVITE, relaxed + self._timing.relax)

    # What the button and the clock do

    def _pause(self, time: float) -> None:
        self._tally.cut_short(self._hold.lasted(time), time)
        self._counter.pause()
        self._step(Step.PAUSE)
        self._silence(time)
        self._agenda.set(_Due.PAUSE_OVER, time + self._timing.pause)
        self._out.append(Paused(time))
        self._say(CueKind.PAUSED, time)

    def _resume(self, time: float) -> None:
        self._step(Step.RESUME)
        self._agenda.cancel(_Due.PAUSE_OVER)
        self._active(time)
        self._out.append(Resumed(time))
        self._aiming.search(time)

    def _end(self, time: float, ending: Ending) -> None:
        if self.state is SessionState.ENDED:
            return
        self._cut_off(time)
        self._step(Step.END)
        self._silence(time)
        self._agenda.clear()
        self.ended = self._tally.ended(time, ending)
        complete = self._tally.reps >= self._exercise.dose.complete
        self._out += [self.ended, Cue(ending_cue(ending, complete), time, durable=True)]

    def _cut_off(self, time: float) -> None:
        """Keep and count a lift that the end leaves unfinished, as far as it went."""
        held = self._hold.lasted(time)
        for lift in self._counter.finish():
            if self._practice.done or held > 0.0:
                held = max(held, lift.hold)
                self._out.append(replace(lift, time=time, hold=held))
                self._tally.settle(lift.onset)
                self._tally.judged(held)
                return
        self._tally.cut_short(held, time)
        self._tally.settle()

    def _silence(self, time: float) -> None:
        """Nothing is to be said but what ends the session."""
        self._out += self._hold.ends(time)
        self._aiming.stop()
        self._agenda.cancel(*(due for due in _Due if due is not _Due.LENGTH))

    def _advance(self, time: float) -> None:
        """Do everything that is due by `time`, in order."""
        self._now = max(self._now, time)
        while (due := self.next_deadline()) is not None and due <= self._now:
            self._out += self._hold.tick(due)
            self._out += self._aiming.tick(due)
            for item, at in self._agenda.take_due(due):
                self._fall_due(item, at)

    def _fall_due(self, item: _Due, at: float) -> None:
        match item:
            case _Due.ASK_FOR_REST:
                self._say(CueKind.CLOSE_MOUTH if self._counter.mouth_wide else CueKind.REST, at)
                self._agenda.set(item, at + REST_REPEAT_S)
            case _Due.ADVISE:
                if self._advice is not None and self._counter.phase is Phase.REST:
                    self._say(self._advice, at)
            case _Due.INVITE | _Due.NUDGE:
                if self._counter.phase is Phase.REST:
                    self._invite(at)
                elif self.state in _WATCHED:
                    self._agenda.set(item, at + BUSY_S)
            case _Due.GIVE_UP:
                self._end(at, Ending.TIMED_OUT)
            case _Due.PAUSE_OVER:
                self._end(at, Ending.PAUSED_TOO_LONG)
            case _Due.LENGTH:
                self._end(at, Ending.DONE)

    def _invite(self, at: float) -> None:
        if self.state is SessionState.PRACTISING:
            self._say(self._exercise.practise, at)
        elif self.state is SessionState.LIFTING:
            self._say(self._exercise.invite, at)

    def _active(self, time: float) -> None:
        """The person is doing something: the time to prompt and to give up starts anew."""
        self._agenda.set(_Due.NUDGE, time + self._timing.nudge)
        self._agenda.set(_Due.GIVE_UP, time + self._timing.give_up)

    def _step(self, step: Step) -> None:
        self.state = follow(TRANSITIONS, self.state, step)

    def _say(self, kind: CueKind, at: float) -> None:
        self._out.append(Cue(kind, at))

    def _taken(self) -> list[SessionOutput]:
        out, self._out = self._out, []
        return out


class _TimedDue(enum.Enum):
    MIDWAY = enum.auto()
    OVER = enum.auto()


class TimedSession:
    """One timed exercise, begun at `start` seconds. After the end everything returns nothing."""

    def __init__(self, exercise: TimedExercise, start: float) -> None:
        self.ended: Massage | None = None
        self._exercise = exercise
        self._start = start
        self._agenda: Agenda[_TimedDue] = Agenda()
        self._agenda.set(_TimedDue.MIDWAY, start + exercise.turn)
        self._agenda.set(_TimedDue.OVER, start + exercise.length)

    def begin(self) -> list[Cue | Massage]:
        """Return what begins it."""
        return [Cue(self._exercise.begin, self._start)]

    def tick(self, time: float) -> list[Cue | Massage]:
        """It is `time`: return what is due."""
        out: list[Cue | Massage] = []
        for due, at in self._agenda.take_due(time):
            if due is _TimedDue.MIDWAY:
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
