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
the population serves. From then on each lift is counted or refused (`counting/`) and told. If the
first ones are all far smaller, the practised one was more than is comfortable, and is asked for
again. A lost face or a pause leads back to the search, and then on to where the session was.

A head that stays turned away leads back to the search as well, as long as it is seen: what it lifts
meanwhile still counts if it can.

While somebody holds, the cues of the hold follow the clock (`holding.py`), and something always
follows them. A lift that is over is told at once, as a repetition or as not counted. A word of
advice may come after it, one at most and seldom (`Adviser`), and only ever asks for less or for
another place. A lift that begins silences what was still to be said about the one before; it is
said once that lift is over, if it did not count either. `Tally` counts every lift once towards the
dose, also one that a pause or the end cut short.

A massage is no session in this sense: nothing is watched. `MassageTimer` gives its cues.
"""

from __future__ import annotations

import enum
import math
from contextlib import suppress
from dataclasses import replace

from device.clock import earliest
from device.coach.agenda import Agenda, Table, follow
from device.coach.aiming import REPEAT_S, STEADY_S, Aiming, hindrance
from device.coach.counting import CalibrationError, Phase, RepetitionCounter
from device.coach.cues import Aim, Cue, CueKind, Gauge
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
    TURNED_AWAY = "turned away"
    RESTED = "rested"
    PRACTISED = "practised"
    DOUBTED = "doubted"
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
        SessionTrigger.TURNED_AWAY: SessionState.FINDING,
        SessionTrigger.PAUSE: SessionState.PAUSED,
        SessionTrigger.END: SessionState.ENDED,
    },
    SessionState.PRACTISING: {
        SessionTrigger.PRACTISED: SessionState.LIFTING,
        SessionTrigger.LOST: SessionState.FINDING,
        SessionTrigger.TURNED_AWAY: SessionState.FINDING,
        SessionTrigger.PAUSE: SessionState.PAUSED,
        SessionTrigger.END: SessionState.ENDED,
    },
    SessionState.LIFTING: {
        SessionTrigger.DOUBTED: SessionState.PRACTISING,
        SessionTrigger.LOST: SessionState.FINDING,
        SessionTrigger.TURNED_AWAY: SessionState.FINDING,
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
REST_ASKED_S = 2.0
"""A face that is well placed and does not come to rest is asked to after this long, seconds."""
REST_REPEAT_S = 10.0
"""It is asked again after this long, seconds."""
LOST_GRACE_S = 1.5
"""A face that is back within so many seconds was worth no cue: a head turned, a hand passed."""
ADVICE_AFTER_S = 0.8
"""Advice comes this long after a lift, seconds: the sound of the repetition is over then."""
BUSY_S = 0.5
"""What would come during a movement is tried again after this long, seconds."""

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
        self._hold = Hold(exercise.timing, self._may_count)
        self._now = 0.0
        self._out: list[SessionOutput] = []
        self._tally = Tally()
        self._practice = Practice(counter)
        self._met = False
        """A face was found at least once."""
        self._adviser = Adviser()
        self._advice: Cue | None = None
        self._promised = False
        """A cue of the hold was said, and nothing since of what may follow it."""
        self._seen: LiftSample | None = None
        """The last sample that shows a face."""

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
        self._seen = sample if sample.face else self._seen
        for event in self._counter.feed(sample):
            if isinstance(event, Rep | Refused):
                self._judge(event)
            else:
                self._out.append(event)
                if isinstance(event, FaceLost):
                    self._lose_face(event.time)
            if self.state is SessionState.ENDED:
                return
        if self._counter.phase in (Phase.REST, Phase.LOST):
            self._drop_unjudged(sample.time)
            if self.state is SessionState.ENDED:
                return
        if SessionTrigger.TURNED_AWAY in TRANSITIONS[self.state]:
            self._watch_the_head(sample)
        if self.state is SessionState.FINDING:
            self._search(sample)
        if self.state is SessionState.RESTING and self._counter.rested >= self._timing.rest:
            self._move(SessionTrigger.RESTED)
            self._agenda.cancel(_Due.ASK_FOR_REST)
            self._active(sample.time)
            self._say(self._exercise.practise, sample.time)
        self._follow_hold(sample.time)

    def _search(self, sample: LiftSample) -> None:
        was_placed = self._aiming.placed
        self._out += self._aiming.feed(sample, at_rest=self._counter.rested >= STEADY_S)
        if self._aiming.placed and not (was_placed or self._practice.done):
            self._counter.begin_rest()  # Seen from elsewhere, a relaxed face reads otherwise.
        if self._aiming.found:
            self._find_face(sample.time)
        elif not self._aiming.placed:
            self._agenda.cancel(_Due.ASK_FOR_REST)
        elif _Due.ASK_FOR_REST not in self._agenda:
            self._agenda.set(_Due.ASK_FOR_REST, sample.time + REST_ASKED_S)

    def _watch_the_head(self, sample: LiftSample) -> None:
        if not self._aiming.turned_away(sample):
            return
        self._tally.cut_short(self._hold.lasted(sample.time), sample.time)
        self._promised = False  # It is said where the face looks.
        self._search_again(SessionTrigger.TURNED_AWAY)
        self._aiming.search(sample.time, aim=Aim.TURNED_AWAY)

    def _find_face(self, time: float) -> None:
        self._agenda.cancel(_Due.ASK_FOR_REST)
        self._tally.settle()  # It was seen at rest: what was cut short is over.
        if self._end_if_enough(time):
            return
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
            self._search_again(SessionTrigger.LOST)
            told = self._advice is not None and self._advice.kind in _OF_THE_PICTURE
            self._aiming.search(time, 0.0 if told else LOST_GRACE_S)
            if told:
                self._advice = None  # The search says it.

    def _search_again(self, why: SessionTrigger) -> None:
        self._move(why)
        self._agenda.cancel(_Due.ASK_FOR_REST, _Due.ADVISE, _Due.INVITE)

    def _follow_hold(self, time: float) -> None:
        """Time the hold, as far as the counter knows when its plateau began."""
        apex = self._counter.apex_time if self.state in _WATCHED else None
        if apex is None:
            self._out += self._hold.ends(time)
        elif self._hold.begins(apex, time):
            self._agenda.set(_Due.GIVE_UP, time + self._timing.give_up)

    def _judge(self, lift: Rep | Refused) -> None:
        """Count and keep a lift that is over, and say what there is to say about it."""
        self._out += self._hold.judged(lift.time)
        self._promised = False
        practised = self._practice.done
        if not (practised or self.state is SessionState.PRACTISING):
            return  # Before rest is known nothing can be told about a lift.
        self._tally.judged(lift.hold)
        self._active(lift.time)
        kept = lift if practised else self._practice.take(lift)
        self._out.append(kept)
        if isinstance(kept, Rep):
            self._tally.reps += 1
            self._out.append(Cue(CueKind.REP, lift.time, count=self._tally.reps, durable=True))
        elif isinstance(kept, Refused) and kept.reason is not Reason.CUT_OFF:
            self._not_counted(lift.time)
        if self._practice.done and not practised:
            self._move(SessionTrigger.PRACTISED)
        elif practised and self._practice.doubts(lift) and self.state is SessionState.LIFTING:
            self._move(SessionTrigger.DOUBTED)  # From a search the way leads there anyway.
        if not self._end_if_enough(lift.time) and self.state in _WATCHED:
            self._advise(lift if isinstance(kept, Calibrated) else kept)

    def _drop_unjudged(self, time: float) -> None:
        """Let go of a lift, if there was one, that was too little to be judged."""
        held = self._hold.lasted(time)
        self._out += self._hold.judged(time)
        if self._promised:
            self._not_counted(time)
        if held >= COUNTS_FROM_S:
            self._tally.judged(held)
            self._end_if_enough(time)

    def _end_if_enough(self, time: float) -> bool:
        """End a session whose dose is full; return whether it is."""
        enough = self._tally.is_enough(self._exercise.dose)
        if enough:
            self._end(time, Ending.DONE)
        return enough

    def _not_counted(self, time: float) -> None:
        self._promised = False
        self._say(CueKind.NOT_COUNTED, time)

    def _hindrance(self) -> Cue | None:
        """Return the cue for what may be wrong with the picture in which lifts are watched."""
        if self._seen is None or self.state not in _WATCHED:
            return None
        return hindrance(self._seen)

    def _may_count(self) -> bool:
        """Return whether the lift in progress may be a repetition, or the practised lift.

        One that is let go before it was held long enough may not.
        """
        if self._counter.let_go:
            return False
        reason = self._counter.refused_so_far()
        return reason is None or not (self._practice.done or reason in _NOT_PRACTISED)

    def _advise(self, lift: Rep | Refused) -> None:
        """Plan the word about `lift`, if there is one, and the invitation to the next lift."""
        unsaid = self._advice is not None
        self._advice = self._adviser.about(lift, self._hindrance(), unsaid)
        relaxed = lift.time
        if self._advice is not None:
            # Who lifts again at once would never hear a word that waits.
            if not (unsaid and isinstance(lift, Refused)):
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
        self._promised = False
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
            told = self._hold.tick(due)
            self._promised = self._promised or any(isinstance(one, Cue) for one in told)
            self._out += told
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
                    self._out.append(replace(self._advice, at=at))
                    self._advice = None
            case _Due.INVITE | _Due.NUDGE | _Due.GIVE_UP if self._in_a_lift:
                self._agenda.set(item, at + BUSY_S)
            case _Due.NUDGE if (picture := self._hindrance()) and not self._tally.reps:
                # That no lift counted yet may be due to the picture.
                self._out.append(replace(picture, at=at))
                self._agenda.set(_Due.INVITE, at + REPEAT_S)
            case _Due.INVITE | _Due.NUDGE:
                self._invite(at)
            case _Due.GIVE_UP:
                self._end(at, Ending.TIMED_OUT)
            case _Due.PAUSE_OVER:
                self._end(at, Ending.PAUSED_TOO_LONG)
            case _Due.LENGTH:
                self._end(at, Ending.DONE)

    @property
    def _in_a_lift(self) -> bool:
        """Whether a lift is in progress, in which nobody is spoken to unasked, or left."""
        return self.state in _WATCHED and self._counter.phase is not Phase.REST

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


_OF_THE_PICTURE = {CueKind.FIND_FACE, CueKind.TOO_DARK}
_NOT_PRACTISED = {
    *(Reason.MOUTH_OPEN, Reason.FACE_LOST, Reason.HEAD_MOVED, Reason.NO_REST, Reason.CUT_OFF)
}
"""A lift refused for one of these was not seen well enough to measure anybody by. One that did not
fall back to rest least of all: it is another rest, as of a head that moved or a hand put down."""


class Practice:
    """Looks for the practised lift, from which `counter` takes the person's own range.

    `done` says that this is settled, by such a lift or after `PRACTISE_TRIES` in vain; `doubts`
    may open it again, once::

        practice = Practice(counter)
        kept = practice.take(lift)  # until practice.done
        if practice.doubts(later_lift):  # another one is wanted
    """

    def __init__(self, counter: RepetitionCounter) -> None:
        self.done = False
        self._counter = counter
        self._tries = 0
        self._small = 0
        self._adopted = False
        self._trusted = False

    def take(self, lift: Rep | Refused) -> Calibrated | Refused:
        """Return the person's own range if `lift` shows it, else `lift` as a refused one."""
        taken: Calibrated | Refused = _refused(lift)
        unclear = isinstance(lift, Refused) and lift.reason in _NOT_PRACTISED
        if lift.hold >= PRACTISED_FROM_S and not unclear:
            with suppress(CalibrationError):
                taken = self._counter.adopt_lift()
        self._tries += 1
        self._adopted = isinstance(taken, Calibrated)
        self.done = self._adopted or self._tries >= PRACTISE_TRIES
        if self.done and not self._adopted:
            self._counter.restart_numbers()
        return taken

    def doubts(self, lift: Rep | Refused) -> bool:
        """Return whether another practised lift is wanted, now that `lift` was judged by this one.

        It is if MANY in a row were held and too small before any counted, and once at most: who
        showed all they can would else be asked for half of it all session.
        """
        small = isinstance(lift, Refused) and lift.reason is Reason.TOO_SMALL
        self._small = self._small + 1 if small and lift.hold >= PRACTISED_FROM_S else 0
        self._trusted = self._trusted or isinstance(lift, Rep)
        if self._trusted or not self._adopted or self._small < MANY:
            return False
        self._trusted, self.done, self._tries = True, False, 0
        return True


def _refused(lift: Rep | Refused) -> Refused:
    """Return `lift` as it is kept if it is not the practised one."""
    if isinstance(lift, Refused):
        return lift
    return Refused(lift.time, Reason.TOO_SMALL, lift.onset, lift.end, lift.hold, lift.peak)


class Tally:
    """Counts repetitions, lifts and the dose; each lift once, though a pause cut it short.

    All holds and times are in seconds::

        tally = Tally()
        tally.judged(held=2.4)
        tally.is_enough(exercise.dose)  # False
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

    def settle(self, onset: float = math.inf) -> None:
        """Count a lift that was cut short before `onset`, when the next one began.

        Nobody will judge it any more. One that began before the cut is that lift itself, which was
        seen again and went on.
        """
        if self._cut_at > onset:
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


# In the order of importance. Nothing is said about a lift that was short, small or uneven, for that
# would ask for more effort. A hold that was too long was asked to end by `let_go`.
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
_ON_MANY = {
    Reason.TOO_SHORT: CueKind.SOFTER,
    Reason.ONE_SIDED: CueKind.SOFTER,
    Reason.HEAD_MOVED: CueKind.SLOWER,
    Reason.TOO_SMALL: CueKind.REST,
    Reason.FACE_LOST: CueKind.FIND_FACE,
}
"""What is said once `MANY` lifts in a row did not count for one of these reasons, and the picture
is not to blame. A gentle lift is held longer and is more even; one that begins from true rest is
higher. Nothing asks for effort."""
MANY = 3
"""So many lifts in a row that did not count for one reason are worth a word about it."""


class Adviser:
    """Finds the word about each lift, which only ever asks for less or for another place.

    There is one word a lift at most, never the same after two lifts in a row, and none after both
    of two lifts in a row that did not count::

        adviser = Adviser()
        word = adviser.about(lift, hindrance=None, unsaid=False)
    """

    def __init__(self) -> None:
        self._said: CueKind | None = None
        self._reason: Reason | None = None
        """Why the last lift did not count, None if it did."""
        self._many: CueKind | None = None
        """What many such lifts in a row are met with."""
        self._row = 0
        """How many lifts in a row, since it was said, did not count for that reason, or would be
        met with that."""

    def about(self, lift: Rep | Refused, hindrance: Cue | None, unsaid: bool) -> Cue | None:
        """Return the word about `lift`, None if there is none.

        `hindrance` is the cue for what is wrong with the picture, if anything is. The word before
        is `unsaid` if `lift` began too soon for it.
        """
        if unsaid:
            self._said, self._row = None, MANY
        before, many = self._reason, self._many
        self._reason = lift.reason if isinstance(lift, Refused) else None
        self._many = None
        if self._reason in _ON_MANY:
            self._many = _ON_MANY[self._reason] if hindrance is None else hindrance.kind
        same = self._reason is before or (self._many is not None and self._many is many)
        self._row = self._row + 1 if same else 1
        if isinstance(lift, Rep):
            words = [Cue(word, lift.time) for note, word in _ON_NOTE.items() if note in lift.notes]
        elif before is not None and self._said is not None:
            words = []
        elif self._many is not None:
            words = [hindrance or Cue(self._many, lift.time)] if self._row >= MANY else []
            self._row = 0 if words else self._row
        else:
            words = [Cue(_ON_REASON[lift.reason], lift.time)] if lift.reason in _ON_REASON else []
        word = next((word for word in words if word.kind is not self._said), None)
        self._said = None if word is None else word.kind
        return word


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

    Once it has ended, every input returns an empty list, and `ended` says how long it was::

        massage = MassageTimer(MASSAGE, start)
        outputs = massage.begin()
        outputs = massage.tick(time)  # when next_deadline says so
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
