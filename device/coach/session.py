"""One session: from the search for a face to its end, in cues and events.

Theory of operation
-------------------
Three things move a session on. Samples say what the person does: a face is found, it comes to
rest, it lifts, it is lost. The agenda says what is due by the clock: prompts, the end. The coach
hands on what the button says: pause, resume, stop. Whatever moves it goes through `TRANSITIONS`.
A sample first brings the session up to its exposure time and is looked at then, so the same
samples give the same cues live and from a recording.

A session goes through these stages. The face is found (`aiming.py`) and comes to rest. The first
lift is the practised one: it sets the person's own range (`Practice`); after a few in vain that of
the population serves. From then on each lift is counted or refused (`counting/`) and told. A
lost face or a pause leads back to the search, and then on to where the session was.

While somebody holds, the cues of the hold follow the clock (`holding.py`). A word of advice comes
after a lift, one at most, and only ever asks for less; a lift that begins silences what was still
to be said about the one before. `Tally` counts every lift once towards the dose, also one that a
pause or the end cut short.

A massage is no session in this sense: nothing is watched. `MassageTimer` gives its cues.
"""

from __future__ import annotations

import enum
import math
from contextlib import suppress
from dataclasses import replace

from device.clock import earliest
from device.coach.agenda import Agenda, Table, follow
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
    """Where a session is; README.md draws how it gets there."""

    FINDING = "finding"
    RESTING = "resting"
    PRACTISING = "practising"
    LIFTING = "lifting"
    PAUSED = "paused"
    ENDED = "ended"


class SessionTrigger(enum.StrEnum):
    """What takes a session from one state to another."""

    FOUND = "found"
    FOUND_AGAIN = "found again"
    LOST = "lost"
    RESTED = "rested"
    PRACTISED = "practised"
    PAUSE = "pause"
    RESUME = "resume"
    END = "end"


TRANSITIONS: Table[SessionState, SessionTrigger] = {
    SessionState.FINDING: {
        SessionTrigger.FOUND: SessionState.RESTING,
        SessionTrigger.FOUND_AGAIN: SessionState.LIFTING,
        SessionTrigger.PAUSE: SessionState.PAUSED,
        SessionTrigger.END: SessionState.ENDED,
    },
    SessionState.RESTING: {
        SessionTrigger.RESTED: SessionState.PRACTISING,
        SessionTrigger.LOST: SessionState.FINDING,
        SessionTrigger.PAUSE: SessionState.PAUSED,
        SessionTrigger.END: SessionState.ENDED,
    },
    SessionState.PRACTISING: {
        SessionTrigger.PRACTISED: SessionState.LIFTING,
        SessionTrigger.LOST: SessionState.FINDING,
        SessionTrigger.PAUSE: SessionState.PAUSED,
        SessionTrigger.END: SessionState.ENDED,
    },
    SessionState.LIFTING: {
        SessionTrigger.LOST: SessionState.FINDING,
        SessionTrigger.PAUSE: SessionState.PAUSED,
        SessionTrigger.END: SessionState.ENDED,
    },
    SessionState.PAUSED: {
        SessionTrigger.RESUME: SessionState.FINDING,
        SessionTrigger.END: SessionState.ENDED,
    },
    SessionState.ENDED: {},
}

PRACTISED_FROM_S = 1.0
"""A practised lift must be held this long, seconds, so that it has a plateau to measure."""
PRACTISE_TRIES = 3
"""After so many lifts that cannot be the practised one, the session goes on with the range of the
population: nobody is kept from training."""
REST_REPEAT_S = 10.0
"""A face that does not come to rest is asked again after this long, seconds."""
LOST_GRACE_S = 1.5
"""A face that is back within so many seconds was worth no cue: a head turned, a hand passed."""
ADVICE_AFTER_S = 0.8
"""Advice comes this long after a lift, seconds: the sound of the repetition is over then."""
BUSY_S = 0.5
"""An invitation that would come during a movement is tried again after this long, seconds."""

SessionOutput = Cue | Gauge | Event

_WATCHED = {SessionState.PRACTISING, SessionState.LIFTING}
"""Where lifts are followed. Earlier the person's rest is not known."""


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

        session = Session(CHEEK_LIFTER, RepetitionCounter.population())
        outputs = session.start(time)
        outputs = session.feed(sample)  # and so on, until session.ended

    All times are seconds of one monotonic clock. An input whose time is earlier than that of the
    one before it counts as of now. Once the session has ended, every input returns an empty list,
    and `ended` says how it went.
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
        """A face was found at least once."""
        self._advice: CueKind | None = None
        self._advised_last: CueKind | None = None

    def start(self, time: float) -> list[SessionOutput]:
        """Begin at `time` with the search for a face."""
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
            self._see(self._exercise.movement.as_lift(sample))
            self._advance(self._now)
        return self._taken()

    def tick(self, time: float) -> list[SessionOutput]:
        """Do what is due by `time`."""
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
        """End at `time`, unless the session ended by itself before."""
        self._advance(time)
        self._end(self._now, ending)
        return self._taken()

    def next_deadline(self) -> float | None:
        """When `tick` is wanted next, seconds; None once the session has ended."""
        beside = (self._aiming.next_deadline(), self._hold.next_deadline())
        return earliest(self._agenda.next(), *beside)

    # What the person does

    def _see(self, sample: LiftSample) -> None:
        for event in self._counter.feed(sample):
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
            self._move(SessionTrigger.RESTED)
            self._agenda.cancel(_Due.ASK_FOR_REST)
            self._active(sample.time)
            self._say(self._exercise.practise, sample.time)
        self._follow_hold(sample.time)

    def _find_face(self, time: float) -> None:
        if self._practice.done:
            self._move(SessionTrigger.FOUND_AGAIN)
            self._agenda.set(_Due.INVITE, time + self._timing.relax)
        else:
            self._move(SessionTrigger.FOUND)
            self._counter.begin_rest()
            if not self._met:  # Later, coming and going must not keep the camera on.
                self._active(time)
            self._met = True
            self._agenda.set(_Due.ASK_FOR_REST, time)

    def _lose_face(self, time: float) -> None:
        if SessionTrigger.LOST in TRANSITIONS[self.state]:
            self._move(SessionTrigger.LOST)
            self._agenda.cancel(_Due.ASK_FOR_REST, _Due.ADVISE, _Due.INVITE)
            self._aiming.search(time, LOST_GRACE_S)

    def _follow_hold(self, time: float) -> None:
        """Time the hold, as far as the counter knows when its plateau began."""
        apex = self._counter.apex_time if self.state in _WATCHED else None
        if apex is None:
            self._out += self._hold.ends(time)
        elif self._hold.begins(apex, time):
            self._tally.settle(apex)
            self._active(time)

    def _judge(self, lift: Rep | Refused) -> None:
        """Count and keep a lift that is over, and say what there is to say about it."""
        self._out += self._hold.judged(lift.time)
        practised = self._practice.done
        if not (practised or self.state is SessionState.PRACTISING):
            return  # Before rest is known nothing can be told about a lift.
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
                self._move(SessionTrigger.PRACTISED)
        if self._tally.is_enough(self._exercise.dose):
            self._end(lift.time, Ending.DONE)
        elif self.state in _WATCHED:
            self._advise(lift)

    def _advise(self, lift: Rep | Refused) -> None:
        """Plan the word about `lift`, if there is one, and the invitation to the next lift."""
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
        self._move(SessionTrigger.PAUSE)
        self._silence(time)
        self._agenda.set(_Due.PAUSE_OVER, time + self._timing.pause)
        self._out.append(Paused(time))
        self._say(CueKind.PAUSED, time)

    def _resume(self, time: float) -> None:
        self._move(SessionTrigger.RESUME)
        self._agenda.cancel(_Due.PAUSE_OVER)
        self._active(time)
        self._out.append(Resumed(time))
        self._aiming.search(time)

    def _end(self, time: float, ending: Ending) -> None:
        if self.state is SessionState.ENDED:
            return
        self._cut_off(time)
        self._move(SessionTrigger.END)
        self._silence(time)
        self._agenda.clear()
        self.ended = self._tally.ended(time, ending)
        complete = self._tally.reps >= self._exercise.dose.complete
        self._out += [self.ended, Cue(ending_cue(ending, complete), time, durable=True)]

    def _cut_off(self, time: float) -> None:
        """Keep and count a lift that is unfinished at the end, as far as it went."""
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
        """Take back all that was still to be said or shown."""
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
        """Start the time to the prompt and to giving up anew: the person is doing something."""
        self._agenda.set(_Due.NUDGE, time + self._timing.nudge)
        self._agenda.set(_Due.GIVE_UP, time + self._timing.give_up)

    def _move(self, trigger: SessionTrigger) -> None:
        self.state = follow(TRANSITIONS, self.state, trigger)

    def _say(self, kind: CueKind, at: float) -> None:
        self._out.append(Cue(kind, at))

    def _taken(self) -> list[SessionOutput]:
        out, self._out = self._out, []
        return out


_NOT_PRACTISED = {
    *(Reason.MOUTH_OPEN, Reason.FACE_LOST, Reason.HEAD_MOVED, Reason.NO_REST, Reason.CUT_OFF)
}
"""A lift refused for one of these was not seen well enough to measure anybody by. One that did not
fall back to rest least of all: it is another rest, as of a head that moved or a hand put down."""


class Practice:
    """Looks for the practised lift, from which `counter` takes the person's own range.

    `done` says that this is settled, by such a lift or after `PRACTISE_TRIES` in vain.
    """

    def __init__(self, counter: RepetitionCounter) -> None:
        self.done = False
        self._counter = counter
        self._tries = 0

    def take(self, lift: Rep | Refused) -> Calibrated | Refused:
        """Return the person's own range if `lift` shows it, else `lift` as a refused one."""
        taken: Calibrated | Refused = _refused(lift)
        unclear = isinstance(lift, Refused) and lift.reason in _NOT_PRACTISED
        if lift.hold >= PRACTISED_FROM_S and not unclear:
            with suppress(CalibrationError):
                taken = self._counter.adopt_lift()
        self._tries += 1
        self.done = isinstance(taken, Calibrated) or self._tries >= PRACTISE_TRIES
        if self.done:
            self._counter.restart_numbers()
        return taken


def _refused(lift: Rep | Refused) -> Refused:
    """Return `lift` as it is kept if it is not the practised one."""
    if isinstance(lift, Refused):
        return lift
    return Refused(lift.time, Reason.TOO_SMALL, lift.onset, lift.end, lift.hold, lift.peak)


class Tally:
    """Counts repetitions, lifts and the dose; each lift once, though a pause cut it short.

    All holds and times are in seconds.
    """

    def __init__(self) -> None:
        self.reps = self.lifts = self.dose = 0
        self._cut_short = 0.0
        self._cut_at = 0.0

    def judged(self, held: float) -> None:
        """Count a lift that was judged; one that had been cut short is this one."""
        self._cut_short = 0.0
        self._count(held)

    def cut_short(self, held: float, time: float) -> None:
        """Note that a lift was cut short at `time`, held for `held`; it may yet be judged."""
        self._cut_short, self._cut_at = max(self._cut_short, held), time

    def settle(self, apex: float = math.inf) -> None:
        """Count a lift that was cut short before `apex`, when the next plateau began.

        Nobody will judge it any more. A plateau that began before the cut is of the lift itself,
        which is seen again and goes on.
        """
        if self._cut_at > apex:
            return
        if self._cut_short >= COUNTS_FROM_S:
            self._count(self._cut_short)
        self._cut_short = 0.0

    def is_enough(self, dose: Dose) -> bool:
        """Whether there were as many repetitions or lifts as `dose` asks for."""
        return self.reps >= dose.reps or self.dose >= dose.lifts

    def ended(self, time: float, ending: Ending) -> SessionEnded:
        """Return the end of a session that came to this."""
        return SessionEnded(time, ending, self.reps, self.lifts, self.dose)

    def _count(self, held: float) -> None:
        self.lifts += 1
        self.dose += held >= COUNTS_FROM_S


# In the order of importance. Nothing is said about lifts that were short, small or uneven, for
# that would ask for more effort. A hold that was too long was asked to end by `let_go`.
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
    """Return the word for `lift`, None if there is none or it was `said_last`, a lift before."""
    if isinstance(lift, Refused):
        words = [_ON_REASON[lift.reason]] if lift.reason in _ON_REASON else []
    else:
        words = [word for note, word in _ON_NOTE.items() if note in lift.notes]
    return next((word for word in words if word is not said_last), None)


_RAN_OUT = {Ending.TIMED_OUT, Ending.PAUSED_TOO_LONG}


def ending_cue(ending: Ending, complete: bool) -> CueKind:
    """Return what says how a session ended: a `complete` set that ran out of time is done.

    What ended it otherwise, a fault or something that hurts, is said by the coach.
    """
    done = ending is Ending.DONE or (complete and ending in _RAN_OUT)
    return CueKind.DONE if done else CueKind.STOPPED


class _MassageDue(enum.Enum):
    MIDWAY = enum.auto()
    OVER = enum.auto()


class MassageTimer:
    """The cues of a timed exercise that begins at `start` seconds; no camera, no count.

    Once it has ended, every input returns an empty list, and `ended` says how long it was.
    """

    def __init__(self, exercise: TimedExercise, start: float) -> None:
        self.ended: Massage | None = None
        self._exercise = exercise
        self._start = start
        self._agenda: Agenda[_MassageDue] = Agenda()
        self._agenda.set(_MassageDue.MIDWAY, start + exercise.midway)
        self._agenda.set(_MassageDue.OVER, start + exercise.length)

    def begin(self) -> list[Cue | Massage]:
        """Return the cue that begins it."""
        return [Cue(self._exercise.begin_cue, self._start)]

    def tick(self, time: float) -> list[Cue | Massage]:
        """Return what is due by `time`."""
        out: list[Cue | Massage] = []
        for due, at in self._agenda.take_due(time):
            if due is _MassageDue.MIDWAY:
                out.append(Cue(self._exercise.midway_cue, at))
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
