"""The coach: button, samples, clock and faults in; cues, events and requests out.

Theory of operation
-------------------
Here is what the outside meets: each input is checked, brings the device up to its time, is handed
to `conduct.py`, which does what follows, and returns what was said. Nothing here waits:
`next_deadline` says when `tick` is wanted; an input with a later time does the same. An input
that cannot be true raises IllegalInput and changes nothing.

A time that a stick named, waiting for the press that sets it.

What is broken now, and what that keeps from beginning.

What is said outside a session: when it is heard, and when it has to wait.

What the device does: what follows from each input, by the tables of `appliance.py`.

Theory of operation
-------------------
The tables own every transition and every meaning of a gesture. A gesture whose state is gone when
it is judged means nothing, except that the ten seconds in which a press says "something hurts"
wait for a press begun in them, and a fault waits for their end. READY or LOCKED is never
remembered: it is decided anew (`rest.py`) at each clock reading, each press and after each session.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from device.clock import ClockReading, TimeSetting
from device.coach.agenda import Agenda, IllegalInput, earliest, follow
from device.coach.button import Button, Judged
from device.coach.counting import RepetitionCounter
from device.coach.cues import Cue, CueKind, Gauge, Request, SetTime
from device.coach.device_states import (
    GRAMMARS,
    HURTS_WITHIN_S,
    IDLE,
    TRANSITIONS,
    Meaning,
    State,
    Trigger,
    meaning_of,
)
from device.coach.events import Copied, Ending, Event, Fault, FaultKind, Hurt, SessionEnded
from device.coach.exercises import CHEEK_LIFTER, MASSAGE, Exercise
from device.coach.history import History, UnfinishedSession
from device.coach.rest import Past, RestVerdict
from device.coach.session import Session, TimedSession
from device.sample import LiftSample

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


Output = Cue | Gauge | Event | Request | SetTime

_WAITING = {*IDLE, State.STARTING}


class _Due(enum.Enum):
    RESTED = enum.auto()
    HURTS_OVER = enum.auto()
    OFFER_OVER = enum.auto()


class Conduct:
    """The device in its states. `advance` comes before any other input of the same time."""

    def __init__(
        self,
        history: History,
        unfinished: UnfinishedSession | None,
        new_session: Callable[[], Session],
    ) -> None:
        self.state = State.STARTING
        self.past = Past(history)
        self._unfinished = unfinished
        self._new_session = new_session
        self._button: Button[State] = Button()
        self._agenda: Agenda[_Due] = Agenda()
        self._session: Session | TimedSession | None = None
        self._offer: TimeOffer | None = None
        self._faults = Faults()
        self._out: list[Output] = []
        self._announcer = Announcer(self.past, self._out.append)

    def taken(self) -> list[Output]:
        """Return what was said since it was asked last."""
        out = self._out.copy()
        self._out.clear()
        return out

    def next_deadline(self) -> float | None:
        """When `advance` is wanted next, seconds."""
        session = None if self._session is None else self._session.next_deadline()
        return earliest(self._button.next_deadline(), self._agenda.next(), session)

    def advance(self, time: float) -> None:
        """Do everything that is due by `time`, in order."""
        while (due := self.next_deadline()) is not None and due <= time:
            self._interpret(self._button.tick(due))
            for item, at in self._agenda.take_due(due):
                self._fall_due(item, at)
            if self._session is not None:
                self._pass_on(self._session.tick(due))

    def read_clock(self, reading: ClockReading) -> None:
        """Take a reading of all clocks; the first one wakes the device."""
        time = reading.monotonic
        self.past.read_clock(reading)
        if self._unfinished is not None:
            self._close(self._unfinished, time)
        elif self.state is State.STARTING:
            self._greet(time)
        if self.state in _WAITING:
            self._go_home(time)
            self._announcer.say_kept(time)

    def see(self, sample: LiftSample) -> None:
        """Let a session see `sample`."""
        if isinstance(self._session, Session):
            self._pass_on(self._session.feed(sample))

    def button_down(self, time: float) -> None:
        """The button went down; outside the states that know a gesture it means nothing."""
        if self.state in GRAMMARS:
            self._interpret(self._button.down(time, self.state, GRAMMARS[self.state]))

    def button_up(self, time: float) -> None:
        """The button came up."""
        self._interpret(self._button.up(time))

    def note_shown(self, kind: CueKind, time: float) -> None:
        """A cue was perceived at `time`: from `stopped` on, a press may say that it hurts."""
        if kind is CueKind.STOPPED and self.state is State.STOPPED:
            self._agenda.set(_Due.HURTS_OVER, time + HURTS_WITHIN_S)

    # What is broken

    def break_down(self, fault: Fault) -> None:
        """Keep a fault and show it; a locking one ends what runs."""
        if self.state is State.OFF or fault.kind in self._faults:
            return
        self._out.append(fault)
        if self._faults.add(fault.kind):
            if self._session is not None:
                self._pass_on(self._session.end(fault.time, Ending.FAULT))
            elif self.state is not State.STOPPED:  # There a press may still say that it hurts.
                self._move(Trigger.BREAK)
        if self._session is None:
            # Behind the cue of a session that it ended, which waits for the disk; a fault of the
            # disk itself must not.
            durable = fault.kind is not FaultKind.DISK
            self._announcer.say(CueKind.FAULT, fault.time, durable=durable, fault=fault.kind)
        else:
            self._announcer.keep(CueKind.FAULT, fault=fault.kind)

    def mend(self, time: float, kind: FaultKind) -> None:
        """What broke works again; raises IllegalInput before the first reading of a clock."""
        if kind in self._faults and not self.past.knows_the_time:
            raise IllegalInput("coach: no clock reading yet, so nothing can be ready")
        self._faults.mended(kind)
        if self.state is State.FAULT and not self._faults:
            self._greet(time)

    def _try_again(self, time: float) -> None:
        standing = self._faults.first
        self._faults.give_another_chance()
        if self._faults or not self.past.knows_the_time:
            kind = self._faults.first or standing
            self._announcer.say(CueKind.FAULT, time, fault=kind, asked=True)
        else:
            self._begin_if_rested(time)

    # What a stick brings

    def offer_time(self, time: float, wall: float) -> None:
        """Wait for the press that makes it `wall`; raises IllegalInput where none can be set."""
        self._move(Trigger.TIME_OFFERED)
        self._offer = TimeOffer(wall)
        self._agenda.set(_Due.OFFER_OVER, time + OFFER_S)
        self._announcer.say(CueKind.WORKING, time, asked=True)

    def take_time(self, setting: TimeSetting) -> None:
        """The time was set."""
        self.past.add_time_setting(setting)
        if self.state in IDLE:
            self._announcer.say(CueKind.SYNCED, setting.after.monotonic, durable=True, asked=True)
            self._go_home(setting.after.monotonic)

    def say_copy_begun(self, time: float) -> None:
        """The log is being copied to a stick."""
        if self._session is None:
            self._announcer.say(CueKind.WORKING, time, asked=True)

    def end_copy(self, time: float, happened: Copied | Fault) -> None:
        """The log is on the stick, or a fault kept it from there; said once nothing runs."""
        self._out.append(happened)
        kind = CueKind.SYNCED if isinstance(happened, Copied) else CueKind.SYNC_FAILED
        self._announcer.keep(kind, asked=True)
        if self._session is None:
            self._announcer.say_kept(time)

    def _set_time(self, pressed: float, *, firmly: bool) -> None:
        assert self._offer is not None
        answer = self._offer.answer(self.past.now(pressed), firmly=firmly)
        if answer is None:
            self._announcer.say(CueKind.WORKING, pressed, asked=True)
        else:
            self._go_home(pressed)
            self._out.append(answer)

    # What follows

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
                self._announcer.say(CueKind.SYNC_FAILED, at)

    def _interpret(self, gestures: list[Judged[State]]) -> None:
        for judged in gestures:
            meaning = meaning_of(judged.gesture, judged.context, self.state)
            if meaning is not None:
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
        self._out.append(self.past.close(unfinished))
        self._announcer.say(CueKind.INTERRUPTED, time, durable=True)

    def _greet(self, time: float) -> None:
        """Go home and say which it is."""
        verdict = self._go_home(time)
        if verdict.locked:
            self._announcer.say_rest_day(verdict, time, asked=False)
        else:
            self._announcer.say(CueKind.READY, time)

    def _go_home(self, time: float) -> RestVerdict:
        """Be broken, ready or locked, whichever it is now; silently."""
        verdict = self.past.verdict(time)
        home = Trigger.MUST_REST if verdict.locked else Trigger.MAY_TRAIN
        self._move(Trigger.BREAK if self._faults else home)
        if self.state is State.LOCKED:
            self._agenda.set(_Due.RESTED, time + max(1.0, verdict.seconds_left))
        return verdict

    def _begin_if_rested(self, time: float) -> None:
        verdict = self._go_home(time)
        if verdict.locked:
            self._announcer.say_rest_day(verdict, time, asked=True)
            return
        self._move(Trigger.BEGIN)
        self._session = self._new_session()
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
            self.past.add_session(self.past.now(ended.time), ended.dose)
            if ended.ending is Ending.STOPPED:
                self._move(Trigger.STOP)
                self._agenda.set(_Due.HURTS_OVER, ended.time + HURTS_WITHIN_S)
                return
        self._go_home(ended.time)

    def _note_hurt(self, time: float) -> None:
        self._out.append(Hurt(time))
        self.past.add_hurt(time)
        self._announcer.say_rest_day(self._go_home(time), time, asked=True)

    def _move(self, trigger: Trigger) -> None:
        self.state = follow(TRANSITIONS, self.state, trigger)
        self._agenda.clear()


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
        self._conduct = Conduct(history, unfinished, lambda: Session(exercise, new_counter()))

    def clock(self, reading: ClockReading) -> list[Output]:
        """Take a reading of all clocks: the first wakes the device, then one a minute will do."""
        self._come_to(reading.monotonic, reading.wall)
        self._conduct.read_clock(reading)
        return self._conduct.taken()

    def feed(self, sample: LiftSample) -> list[Output]:
        """Take a sample; one that comes outside a session, or without a time, says nothing."""
        if math.isfinite(sample.time):
            self._come_to(sample.time)
            self._conduct.see(sample)
        return self._conduct.taken()

    def button_down(self, time: float) -> list[Output]:
        """The button went down."""
        self._come_to(time)
        self._conduct.button_down(time)
        return self._conduct.taken()

    def button_up(self, time: float) -> list[Output]:
        """The button came up."""
        self._come_to(time)
        self._conduct.button_up(time)
        return self._conduct.taken()

    def tick(self, time: float) -> list[Output]:
        """It is `time`."""
        self._come_to(time)
        return self._conduct.taken()

    def fault(self, fault: Fault) -> list[Output]:
        """Something broke. A session ends and is kept; nothing new begins until it is mended."""
        self._come_to(fault.time)
        self._conduct.break_down(fault)
        return self._conduct.taken()

    def fault_cleared(self, time: float, kind: FaultKind) -> list[Output]:
        """What broke works again."""
        self._come_to(time)
        self._conduct.mend(time, kind)
        return self._conduct.taken()

    def offer_time(self, time: float, wall: float) -> list[Output]:
        """A stick names the minute `wall` (seconds since 1970, UTC): a press then will set it."""
        self._come_to(time, wall)
        self._conduct.offer_time(time, wall)
        return self._conduct.taken()

    def time_set(self, setting: TimeSetting) -> list[Output]:
        """The time was set as asked by `SetTime`; what says so waits until that is on the disk."""
        self._come_to(setting.after.monotonic, setting.after.wall)
        self._conduct.take_time(setting)
        return self._conduct.taken()

    def copy_begun(self, time: float) -> list[Output]:
        """The log is being copied to a stick."""
        self._come_to(time)
        self._conduct.say_copy_begun(time)
        return self._conduct.taken()

    def copy_ended(self, time: float, problem: str | None = None) -> list[Output]:
        """The log is on the stick, or `problem` kept it from there; said once no session runs."""
        self._come_to(time)
        failed = None if problem is None else Fault(time, FaultKind.STICK, problem)
        self._conduct.end_copy(time, failed or Copied(time))
        return self._conduct.taken()

    def shown(self, kind: CueKind, time: float) -> list[Output]:
        """A cue of this `kind` that waited for the disk is perceived only now."""
        self._come_to(time)
        self._conduct.note_shown(kind, time)
        return self._conduct.taken()

    def next_deadline(self) -> float | None:
        """When `tick` is wanted next, seconds; None if only an input can change anything."""
        return self._conduct.next_deadline()

    @property
    def state(self) -> State:
        """What the device is doing."""
        return self._conduct.state

    @property
    def history(self) -> History:
        """All that is known of the past, with what happened since it woke."""
        return self._conduct.past.history

    def hushed(self, time: float) -> bool:
        """Whether a press at `time` is answered by light alone: it is night, and nothing runs."""
        busy = self.state in (State.SESSION, State.MASSAGE)
        return not busy and self._conduct.past.is_night(time) is True

    def _come_to(self, time: float, wall: float = 0.0) -> None:
        if not (math.isfinite(time) and math.isfinite(wall)):
            raise IllegalInput("coach: a time that is no number")
        self._conduct.advance(time)
