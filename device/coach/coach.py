"""The appliance: button, samples, clock and faults in; cues, events and requests out.

Theory of operation
-------------------
The tables of `appliance.py` own every transition and every meaning of a gesture. A gesture whose
state is gone when it is judged means nothing, except that the ten seconds in which a press says
"something hurts" wait for a press begun in them. Whether the device is READY or LOCKED is never
remembered: it is decided anew from the history (`rest.py`) at each clock reading, at each press
and after each session.

Nothing here waits. `next_deadline` says when `tick` is wanted; an input with a later time does
the same. An input that cannot be true raises IllegalInput and changes nothing.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Sequence

from device.clock import ClockReading, TimeSetting
from device.coach.agenda import Agenda
from device.coach.appliance import GRAMMARS, MEANINGS, TRANSITIONS, Meaning, State, Trigger
from device.coach.button import Button, Judged
from device.coach.cues import Cue, CueKind, Gauge, Request, SetTime
from device.coach.events import Copied, Ending, Event, Fault, FaultKind, Hurt, SessionEnded
from device.coach.exercises import CHEEK_LIFTER, MASSAGE, Exercise
from device.coach.history import History, UnfinishedSession, interrupted_end
from device.coach.past import Past
from device.coach.repetitions import RepetitionCounter
from device.coach.rest import DAY_S, RestVerdict
from device.coach.session import Session
from device.coach.timed import TimedSession
from device.coach.transitions import IllegalInput, follow
from device.vision.sample import LiftSample

Output = Cue | Gauge | Event | Request | SetTime

HURTS_WITHIN_S = 10.0
"""A press this soon after a stop says that something hurts."""
BIG_JUMP_S = 14 * DAY_S
"""A time further than this from the one we have must be confirmed with a long press."""
OFFER_S = 15 * 60.0
"""How long a time read from a stick waits for its press."""

_LOCKING = {FaultKind.CAMERA, FaultKind.DISK, FaultKind.MODEL}
"""Without these there is no session; the other faults are kept and shown, and life goes on."""
_RETRIED = {FaultKind.CAMERA, FaultKind.MODEL}
"""A press tries these again; a disk must have answered first."""
_IDLE = {State.READY, State.LOCKED}
_WAITING = {*_IDLE, State.STARTING}


class _Due(enum.Enum):
    RESTED = enum.auto()
    HURTS_OVER = enum.auto()
    OFFER_OVER = enum.auto()


class Coach:
    """The whole device without its hardware.

    `history` is what the journal knows, `unfinished` the session it saw begin and not end. The
    first `clock` wakes it. All times are seconds of one monotonic clock, that of
    `ClockReading.monotonic` and of live samples. Every input returns what follows from it, in
    order; a cue that is `durable` comes after the event it announces.
    """

    def __init__(
        self,
        history: History,
        unfinished: UnfinishedSession | None = None,
        exercise: Exercise = CHEEK_LIFTER,
        new_counter: Callable[[], RepetitionCounter] = RepetitionCounter.population,
    ) -> None:
        self.state = State.STARTING
        self._past = Past(history)
        self._unfinished = unfinished
        self._exercise = exercise
        self._new_counter = new_counter
        self._button: Button[State] = Button()
        self._agenda: Agenda[_Due] = Agenda()
        self._session: Session | TimedSession | None = None
        self._offer = 0.0
        self._untold: CueKind | None = None
        self._faults: set[FaultKind] = set()
        self._out: list[Output] = []

    # Inputs

    def clock(self, reading: ClockReading) -> list[Output]:
        """Take a reading of all clocks: the first wakes the device, then one a minute will do."""
        _check(reading.monotonic, reading.wall)
        self._advance(reading.monotonic)
        self._past.read_clock(reading)
        if self._unfinished is not None:
            self._close(self._unfinished, reading.monotonic)
        elif self.state is State.STARTING:
            self._greet(reading.monotonic)
        if self.state in _WAITING:
            self._go_home(reading.monotonic)
            self._tell_of_stick(reading.monotonic)
        return self._taken()

    def feed(self, sample: LiftSample) -> list[Output]:
        """Take a sample; one that comes outside a session, or without a time, says nothing."""
        if math.isfinite(sample.time):
            self._advance(sample.time)
            if isinstance(self._session, Session):
                self._pass_on(self._session.feed(sample))
        return self._taken()

    def button_down(self, time: float) -> list[Output]:
        """The button went down."""
        _check(time)
        self._advance(time)
        if self.state in GRAMMARS:
            self._interpret(self._button.down(time, self.state, GRAMMARS[self.state]))
        return self._taken()

    def button_up(self, time: float) -> list[Output]:
        """The button came up."""
        _check(time)
        self._advance(time)
        self._interpret(self._button.up(time))
        return self._taken()

    def tick(self, time: float) -> list[Output]:
        """It is `time`."""
        _check(time)
        self._advance(time)
        return self._taken()

    def fault(self, fault: Fault) -> list[Output]:
        """Something broke. A session ends and is kept; nothing new begins until it is mended."""
        _check(fault.time)
        self._advance(fault.time)
        if self.state is State.OFF or fault.kind in self._faults:
            return self._taken()
        self._out.append(fault)
        if fault.kind in _LOCKING:
            if self._session is not None:
                self._pass_on(self._session.end(fault.time, Ending.FAULT))
            self._faults.add(fault.kind)
            self._move(Trigger.BREAK)
        if self._session is None:
            self._say(CueKind.FAULT, fault.time)
        return self._taken()

    def fault_cleared(self, time: float, kind: FaultKind) -> list[Output]:
        """What broke works again."""
        _check(time)
        if kind in self._faults and not self._past.knows_the_time:
            raise IllegalInput("coach: no clock reading yet, so nothing can be ready")
        self._advance(time)
        self._faults.discard(kind)
        if self.state is State.FAULT and not self._faults:
            self._greet(time)
        return self._taken()

    def offer_time(self, time: float, wall: float) -> list[Output]:
        """A stick names the minute `wall` (seconds since 1970, UTC): a press then will set it."""
        _check(time, wall)
        self._advance(time)
        self._move(Trigger.TIME_OFFERED)
        self._offer = wall
        self._agenda.set(_Due.OFFER_OVER, time + OFFER_S)
        self._say(CueKind.WORKING, time, asked=True)
        return self._taken()

    def copy_begun(self, time: float) -> list[Output]:
        """The log is being copied to a stick."""
        _check(time)
        self._advance(time)
        if self._session is None:
            self._say(CueKind.WORKING, time, asked=True)
        return self._taken()

    def copy_ended(self, time: float, problem: str | None = None) -> list[Output]:
        """The log is on the stick, or `problem` kept it from there; said once no session runs."""
        _check(time)
        self._advance(time)
        if problem is None:
            self._out.append(Copied(time))
            self._untold = CueKind.SYNCED
        else:
            self._out.append(Fault(time, FaultKind.STICK, problem))
            self._untold = CueKind.SYNC_FAILED
        if self._session is None:
            self._tell_of_stick(time)
        return self._taken()

    def time_set(self, setting: TimeSetting) -> list[Output]:
        """The time was set as asked by `SetTime`, and that is on the disk."""
        reading = setting.after
        _check(reading.monotonic, reading.wall)
        self._advance(reading.monotonic)
        self._past.add_time_setting(setting)
        if self.state in _IDLE:
            self._say(CueKind.SYNCED, reading.monotonic, asked=True)
            self._go_home(reading.monotonic)
        return self._taken()

    def next_deadline(self) -> float | None:
        """When `tick` is wanted next, seconds; None if only an input can change anything."""
        session = self._session.next_deadline() if self._session is not None else None
        parts = (self._button.next_deadline(), self._agenda.next(), session)
        return min((due for due in parts if due is not None), default=None)

    @property
    def history(self) -> History:
        """All that is known of the past, with what happened since it woke."""
        return self._past.history

    # What follows

    def _advance(self, time: float) -> None:
        """Do everything that is due by `time`, in order."""
        while (due := self.next_deadline()) is not None and due <= time:
            self._interpret(self._button.tick(due))
            for item, at in self._agenda.take_due(due):
                self._fall_due(item, at)
            if self._session is not None:
                self._pass_on(self._session.tick(due))

    def _fall_due(self, item: _Due, at: float) -> None:
        match item:
            case _Due.RESTED:
                self._go_home(at)
            case _Due.HURTS_OVER:
                held = self._button.next_deadline()
                if self._button.begun_in is State.STOPPED and held is not None:
                    self._agenda.set(item, held + 0.1)
                else:
                    self._go_home(at)
            case _Due.OFFER_OVER:
                self._go_home(at)
                self._say(CueKind.SYNC_FAILED, at)

    def _interpret(self, gestures: list[Judged[State]]) -> None:
        for judged in gestures:
            same = judged.context is self.state or {judged.context, self.state} == _IDLE
            meaning = MEANINGS[judged.context].get(judged.gesture)
            if same and meaning is not None:
                self._obey(meaning, judged)

    def _obey(self, meaning: Meaning, judged: Judged[State]) -> None:
        time = judged.time
        match meaning:
            case Meaning.BEGIN | Meaning.SHOW_REST:
                self._begin_if_rested(time)
            case Meaning.MASSAGE:
                self._begin_massage(time)
            case Meaning.QUIET:
                self._out.append(Request.TOGGLE_QUIET)
            case Meaning.POWER_OFF:
                self._move(Trigger.POWER_OFF)
                self._out.append(Request.POWER_OFF)
            case Meaning.PAUSE if isinstance(self._session, Session):
                self._pass_on(self._session.pause_or_resume(time))
            case Meaning.STOP | Meaning.END_MASSAGE if self._session is not None:
                self._pass_on(self._session.end(time, Ending.STOPPED))
            case Meaning.HURTS:
                self._note_hurt(time)
            case Meaning.SET_TIME | Meaning.SET_TIME_FIRMLY:
                self._set_time(judged.began, firmly=meaning is Meaning.SET_TIME_FIRMLY)
            case Meaning.TRY_AGAIN:
                self._try_again(time)

    def _close(self, unfinished: UnfinishedSession, time: float) -> None:
        """Keep a session that the power cut short, and say so."""
        self._unfinished = None
        ended = interrupted_end(unfinished.last)
        self._past.add_session(ended, unfinished.dose)
        lifts = (unfinished.reps, unfinished.lifts, unfinished.dose)
        self._out.append(SessionEnded(ended.monotonic, Ending.INTERRUPTED, *lifts))
        self._say(CueKind.INTERRUPTED, time, durable=True)

    def _greet(self, time: float) -> None:
        """Go home and say which it is."""
        verdict = self._go_home(time)
        if verdict.locked:
            self._show_rest(verdict, time, asked=False)
        else:
            self._say(CueKind.READY, time)

    def _show_rest(self, verdict: RestVerdict, time: float, *, asked: bool = True) -> None:
        days, stay_on = verdict.days_left, verdict.stay_on
        self._say(CueKind.REST_DAY, time, count=days, stay_on=stay_on, asked=asked)

    def _go_home(self, time: float) -> RestVerdict:
        """Be ready or locked, whichever the history says; silently."""
        verdict = self._past.verdict(time)
        self._move(Trigger.MUST_REST if verdict.locked else Trigger.MAY_TRAIN)
        if verdict.locked:
            self._agenda.set(_Due.RESTED, time + max(1.0, verdict.seconds_left))
        return verdict

    def _begin_if_rested(self, time: float) -> None:
        verdict = self._go_home(time)
        if verdict.locked:
            self._show_rest(verdict, time)
            return
        self._move(Trigger.BEGIN)
        self._session = Session(self._exercise, self._new_counter())
        self._out.append(Request.CAMERA_ON)
        self._pass_on(self._session.start(time))

    def _begin_massage(self, time: float) -> None:
        self._move(Trigger.MASSAGE)
        self._session = TimedSession(MASSAGE, time)
        self._pass_on(self._session.begin())

    def _pass_on(self, outputs: Sequence[Output]) -> None:
        """Hand on what the session says; when it is over, keep it and leave it."""
        self._out += outputs
        ended = None if self._session is None else self._session.ended
        if ended is None:
            return
        self._session = None
        if isinstance(ended, SessionEnded):
            self._out.append(Request.CAMERA_OFF)
            self._past.add_session(self._past.now(ended.time), ended.dose)
            if ended.ending is Ending.STOPPED:
                self._move(Trigger.STOP)
                self._agenda.set(_Due.HURTS_OVER, ended.time + HURTS_WITHIN_S)
                return
        self._go_home(ended.time)

    def _tell_of_stick(self, time: float) -> None:
        untold, self._untold = self._untold, None
        if untold is not None:
            self._say(untold, time, asked=True)

    def _note_hurt(self, time: float) -> None:
        self._out.append(Hurt(time))
        self._past.add_hurt(time)
        self._show_rest(self._go_home(time), time)

    def _set_time(self, time: float, firmly: bool) -> None:
        jump = abs(self._offer - self._past.now(time).wall)
        if jump > BIG_JUMP_S and not firmly:
            self._say(CueKind.WORKING, time, asked=True)
            return
        self._go_home(time)
        self._out.append(SetTime(time, self._offer))

    def _try_again(self, time: float) -> None:
        self._faults -= _RETRIED
        if self._faults or not self._past.knows_the_time:
            self._say(CueKind.FAULT, time, asked=True)
        else:
            self._begin_if_rested(time)

    def _move(self, trigger: Trigger) -> None:
        self.state = follow(TRANSITIONS, self.state, trigger)
        self._agenda.clear()

    def _say(
        self,
        kind: CueKind,
        time: float,
        *,
        count: int = 0,
        durable: bool = False,
        stay_on: bool = False,
        asked: bool = False,
    ) -> None:
        """Say something that is no part of a session; `asked` if a person just asked for it.

        At night nothing sounds; while nobody knows the hour, only what was asked for does.
        """
        night = self._past.is_night(time)
        light_only = not asked if night is None else night
        self._out.append(Cue(kind, time, count, None, durable, light_only, stay_on))

    def _taken(self) -> list[Output]:
        out, self._out = self._out, []
        return out


def _check(*times: float) -> None:
    if not all(map(math.isfinite, times)):
        raise IllegalInput("coach: a time that is no number")
