"""The coach: button, samples, clock and faults in; cues, events and requests out.

Theory of operation
-------------------
Each input carries its time. It is checked, everything that was due by then is done in order, and
only then does the input itself take effect; what follows from both is returned. Nothing here
waits: `next_deadline` says when `tick` is wanted, and any input with a later time does the same.
An input that cannot be true raises IllegalInput and leaves the state as it was.

The tables in `device_states.py` own every state of the device and every meaning of a gesture. A
gesture means something only if the state in which it began is still there when the gesture is
complete. There are two exceptions. READY and LOCKED may change into each other under a finger.
And for `HURTS_WITHIN_S` after a stop, a press says that something hurts, and so does the hold that
stopped, if it goes on: the end of these seconds waits for a press that began in them, and a fault
that comes meanwhile locks only afterwards.

Whether the device is READY or LOCKED is never stored. It is decided anew (`rest.py`) at each
clock reading, each press and after each session.

While a session or a massage runs, it alone speaks. What the device itself has to say, a fault or
the end of a copy, is kept until that is over.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Sequence

from device.clock import ClockReading, TimeSetting, earliest
from device.coach.agenda import Agenda, IllegalInput, follow
from device.coach.button import AGAIN_S, Button, Gesture, Recognized
from device.coach.counting import RepetitionCounter
from device.coach.cues import Cue, CueKind, Gauge, Request, SetTime
from device.coach.device_states import (
    GRAMMARS,
    HURTS_WITHIN_S,
    IDLE,
    TRANSITIONS,
    DeviceState,
    DeviceTrigger,
    Meaning,
    meaning_of,
)
from device.coach.events import (
    Copied,
    Ending,
    Event,
    Fault,
    FaultKind,
    Hurt,
    Massage,
    SessionEnded,
)
from device.coach.exercises import CHEEK_LIFTER, MASSAGE, Exercise
from device.coach.history import History, UnfinishedSession
from device.coach.rest import Past, RestVerdict
from device.coach.session import MassageTimer, Session
from device.sample import LiftSample

OFFER_S = 15 * 60.0
"""How long a time named on a stick waits for the press that sets it, seconds: long enough to
carry the stick from the computer to the bed, short enough to be remembered."""
LARGE_STEP_S = 14 * 86400.0
"""A time that is further than this from the present one is set only by a long press, seconds."""
FAULT_AGAIN_S = 5.0
"""A fault that stands is shown again this long after a massage, seconds: the end of the massage is
told by then."""
RECHECK_S = 1.0
"""A locked device is checked again no sooner than this, seconds: the rest that is left may be
less than the clock can resolve."""

LOCKING = frozenset({FaultKind.CAMERA, FaultKind.DISK, FaultKind.MODEL})
"""Without these there can be no session. Other faults are kept and shown, and life goes on."""
RETRIED = frozenset({FaultKind.CAMERA, FaultKind.MODEL})
"""A press tries these again. A disk must have answered first."""

Output = Cue | Gauge | Event | Request | SetTime

_DECIDED_BY_CLOCK = {*IDLE, DeviceState.STARTING}


class _Due(enum.Enum):
    RESTED = enum.auto()
    HURTS_OVER = enum.auto()
    OFFER_OVER = enum.auto()
    FAULT_AGAIN = enum.auto()


class Coach:
    """The whole device without its hardware.

        coach = Coach(journal.history(), journal.unfinished_session())
        outputs = coach.clock(clock.reading())  # wakes it
        outputs = coach.button_down(time)  # then act on each output, in order

    `history` is what the journal knows, `unfinished` the session that it saw begin and not end.
    `again_s` is how soon after a release, in seconds, a press belongs to the same gesture.
    The first `clock` wakes the device. All times are seconds of one monotonic clock, that of
    `ClockReading.monotonic` and of live samples. Every input returns what follows from it, in
    order; a cue that is `durable` comes after the event that it announces.
    """

    def __init__(
        self,
        history: History,
        unfinished: UnfinishedSession | None = None,
        exercise: Exercise = CHEEK_LIFTER,
        new_counter: Callable[[], RepetitionCounter] = RepetitionCounter.population,
        again_s: float = AGAIN_S,
    ) -> None:
        self._state = DeviceState.STARTING
        self._past = Past(history)
        self._unfinished = unfinished
        self._exercise = exercise
        self._new_counter = new_counter
        self._button: Button[DeviceState] = Button(again_s)
        self._agenda: Agenda[_Due] = Agenda()
        self._session: Session | MassageTimer | None = None
        self._offered = 0.0
        """The time that waits for a press while SETTING_TIME, seconds since 1970, UTC."""
        self._broken: set[FaultKind] = set()
        """The locking faults that stand."""
        self._out: list[Output] = []
        self._announcer = Announcer(self._past, self._out.append)

    @property
    def state(self) -> DeviceState:
        """What the device is doing."""
        return self._state

    @property
    def history(self) -> History:
        """All that is known of the past, with what happened since the device woke."""
        return self._past.history

    def hushed(self, time: float) -> bool:
        """Whether a press at `time` is answered by light alone: it is night, and nothing runs."""
        busy = self._state in (DeviceState.SESSION, DeviceState.MASSAGE)
        return not busy and self._past.is_night(time) is True

    def next_deadline(self) -> float | None:
        """When `tick` is wanted next, seconds; None if only an input can change anything."""
        session = None if self._session is None else self._session.next_deadline()
        return earliest(self._button.next_deadline(), self._agenda.next(), session)

    # Inputs: time, samples and the button

    def tick(self, time: float) -> list[Output]:
        """Do what is due by `time`."""
        self._come_to(time)
        return self._taken()

    def clock(self, reading: ClockReading) -> list[Output]:
        """Take a reading of all clocks: the first wakes the device, then one a minute will do."""
        time = reading.monotonic
        self._come_to(time, reading.wall)
        self._past.read_clock(reading)
        if self._unfinished is not None:
            self._close(self._unfinished, time)
        elif self._state is DeviceState.STARTING:
            self._greet(time)
        if self._state in _DECIDED_BY_CLOCK:
            self._go_home(time)
            self._announcer.say_kept(time)
        return self._taken()

    def feed(self, sample: LiftSample) -> list[Output]:
        """Take a sample; one that comes outside a session, or without a time, says nothing."""
        if math.isfinite(sample.time):
            self._come_to(sample.time)
            if isinstance(self._session, Session):
                self._relay(self._session.feed(sample))
        return self._taken()

    def button_down(self, time: float) -> list[Output]:
        """Take the edge of a press; in a state that knows no gesture it means nothing."""
        self._come_to(time)
        if self._state in GRAMMARS:
            self._interpret(self._button.down(time, self._state, GRAMMARS[self._state]))
        return self._taken()

    def button_up(self, time: float) -> list[Output]:
        """Take the edge of a release."""
        self._come_to(time)
        self._interpret(self._button.up(time))
        return self._taken()

    def shown(self, kind: CueKind, time: float) -> list[Output]:
        """Note that a cue that waited for the disk is perceived only now, at `time`.

        The seconds in which a press says that something hurts begin when the stop is perceived.
        """
        self._come_to(time)
        if kind is CueKind.STOPPED and self._state is DeviceState.STOPPED:
            self._agenda.set(_Due.HURTS_OVER, time + HURTS_WITHIN_S)
        return self._taken()

    # Inputs: what breaks and is mended

    def fault(self, fault: Fault) -> list[Output]:
        """Keep and show what broke; a fault that stands already is not told again.

        A locking one ends the session, which is kept, and nothing begins until it is mended.
        """
        self._come_to(fault.time)
        if self._state is not DeviceState.OFF and fault.kind not in self._broken:
            self._break_down(fault)
        return self._taken()

    def fault_cleared(self, time: float, kind: FaultKind) -> list[Output]:
        """Note that what broke works again.

        Raises IllegalInput before the first clock reading, when nothing can be ready.
        """
        self._come_to(time)
        if kind in self._broken and not self._past.knows_the_time:
            raise IllegalInput("coach: no clock reading yet, so nothing can be ready")
        self._broken.discard(kind)
        if self._state is DeviceState.FAULT and not self._broken:
            self._greet(time)
        return self._taken()

    # Inputs: what a stick brings

    def offer_time(self, time: float, wall: float) -> list[Output]:
        """Wait for the press that sets the clock to `wall`, seconds since 1970, UTC.

        Raises IllegalInput unless the device is idle.
        """
        self._come_to(time, wall)
        self._move(DeviceTrigger.TIME_OFFERED)
        self._offered = wall
        self._agenda.set(_Due.OFFER_OVER, time + OFFER_S)
        self._announcer.say(CueKind.WORKING, time, asked=True)
        return self._taken()

    def time_set(self, setting: TimeSetting) -> list[Output]:
        """Take over the time that was set as asked by `SetTime`.

        The cue that says so waits until the setting is on the disk.
        """
        time = setting.after.monotonic
        self._come_to(time, setting.after.wall)
        self._past.add_time_setting(setting)
        if self._state in IDLE:
            self._announcer.say(CueKind.SYNCED, time, durable=True, asked=True)
            self._go_home(time)
        return self._taken()

    def copy_begun(self, time: float) -> list[Output]:
        """Say that the log is being copied to a stick, unless a session runs."""
        self._come_to(time)
        if self._session is None:
            self._announcer.say(CueKind.WORKING, time, asked=True)
        return self._taken()

    def copy_ended(self, time: float, problem: str | None = None) -> list[Output]:
        """Say that the log is on the stick, or that `problem` kept it from there.

        It is said at once, or within a minute after the session that runs.
        """
        self._come_to(time)
        copied = problem is None
        self._out.append(Copied(time) if problem is None else Fault(time, FaultKind.STICK, problem))
        self._announcer.keep(CueKind.SYNCED if copied else CueKind.SYNC_FAILED, asked=True)
        if self._session is None:
            self._announcer.say_kept(time)
        return self._taken()

    # Time

    def _come_to(self, time: float, wall: float = 0.0) -> None:
        """Do everything that is due by `time`, in order; raises IllegalInput if it is no number."""
        if not (math.isfinite(time) and math.isfinite(wall)):
            raise IllegalInput("coach: a time that is no number")
        while (due := self.next_deadline()) is not None and due <= time:
            self._interpret(self._button.tick(due))
            for item, at in self._agenda.take_due(due):
                self._fall_due(item, at)
            if self._session is not None:
                self._relay(self._session.tick(due))

    def _fall_due(self, item: _Due, at: float) -> None:
        match item:
            case _Due.RESTED:
                self._go_home(at)
            case _Due.HURTS_OVER:
                held = self._button.next_deadline()
                if self._button.begun_in is DeviceState.STOPPED and held is not None:
                    self._agenda.set(item, held)
                else:
                    self._go_home(at)
            case _Due.OFFER_OVER:
                self._go_home(at)
                self._announcer.say(CueKind.SYNC_FAILED, at)
            case _Due.FAULT_AGAIN:
                self._announcer.say(CueKind.FAULT, at, fault=self._first_broken())

    def _taken(self) -> list[Output]:
        """Return what was said since this was asked last."""
        out = self._out.copy()
        self._out.clear()
        return out

    # Gestures

    def _interpret(self, gestures: list[Recognized[DeviceState]]) -> None:
        for recognized in gestures:
            meaning = meaning_of(recognized.gesture, recognized.context, self._state)
            if meaning is not None:
                self._obey(meaning, recognized)
            grammar = GRAMMARS.get(self._state)
            if recognized.gesture is Gesture.HOLD and grammar is not None and grammar.goes_on:
                self._button.go_on(recognized.time, self._state, grammar)

    def _obey(self, meaning: Meaning, recognized: Recognized[DeviceState]) -> None:
        time = recognized.time
        match meaning:
            case Meaning.BEGIN | Meaning.SHOW_REST:
                self._begin_if_rested(time)
            case Meaning.MASSAGE:
                self._begin_massage(time)
            case Meaning.QUIET:
                self._out.append(Request.TOGGLE_QUIET)
            case Meaning.POWER_OFF:
                self._move(DeviceTrigger.POWER_OFF)
                self._out.append(Request.POWER_OFF)
            case Meaning.PAUSE if isinstance(self._session, Session):
                self._relay(self._session.pause_or_resume(time))
            case Meaning.STOP | Meaning.END_MASSAGE if self._session is not None:
                self._relay(self._session.end(time, Ending.STOPPED))
            case Meaning.HURTS:
                self._note_hurt(time)
            case Meaning.SET_TIME | Meaning.SET_TIME_FIRMLY:
                self._set_time(recognized.began, firmly=meaning is Meaning.SET_TIME_FIRMLY)
            case Meaning.TRY_AGAIN:
                self._try_again(time)

    def _note_hurt(self, time: float) -> None:
        self._out.append(Hurt(time))
        self._past.add_hurt(time)
        self._announcer.say_rest_day(self._go_home(time), time, asked=True)

    def _set_time(self, pressed: float, *, firmly: bool) -> None:
        """Ask for the offered time, which it was when the press began; a large step firmly."""
        step = abs(self._offered - self._past.now(pressed).wall)
        if step > LARGE_STEP_S and not firmly:
            self._announcer.say(CueKind.WORKING, pressed, asked=True)
        else:
            self._go_home(pressed)
            self._out.append(SetTime(pressed, self._offered))

    def _try_again(self, time: float) -> None:
        first = self._first_broken()
        self._broken -= RETRIED
        if self._broken or not self._past.knows_the_time:
            kind = self._first_broken() or first
            self._announcer.say(CueKind.FAULT, time, fault=kind, asked=True)
        else:
            self._begin_if_rested(time)

    # Sessions and massages

    def _begin_if_rested(self, time: float) -> None:
        verdict = self._go_home(time)
        if verdict.locked:
            self._announcer.say_rest_day(verdict, time, asked=True)
            return
        self._move(DeviceTrigger.BEGIN)
        self._session = Session(self._exercise, self._new_counter())
        self._out.append(Request.CAMERA_ON)
        self._relay(self._session.start(time))

    def _begin_massage(self, time: float) -> None:
        self._move(DeviceTrigger.MASSAGE)
        self._session = MassageTimer(MASSAGE, time)
        self._relay(self._session.begin())

    def _relay(self, outputs: Sequence[Output]) -> None:
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
                self._move(DeviceTrigger.STOP)
                self._agenda.set(_Due.HURTS_OVER, ended.time + HURTS_WITHIN_S)
                return
        self._go_home(ended.time)
        if isinstance(ended, Massage) and self._state is DeviceState.FAULT:
            self._agenda.set(_Due.FAULT_AGAIN, ended.time + FAULT_AGAIN_S)

    def _close(self, unfinished: UnfinishedSession, time: float) -> None:
        """Keep a session that the power cut short, and say so."""
        self._unfinished = None
        self._out.append(self._past.close(unfinished))
        self._announcer.say(CueKind.INTERRUPTED, time, durable=True)

    # States

    def _break_down(self, fault: Fault) -> None:
        self._out.append(fault)
        if fault.kind in LOCKING:
            self._broken.add(fault.kind)
            if self._session is not None:
                self._relay(self._session.end(fault.time, Ending.FAULT))
                self._agenda.cancel(_Due.FAULT_AGAIN)  # It is shown now.
            elif self._state is not DeviceState.STOPPED:  # There a press may still say it hurts.
                self._move(DeviceTrigger.BREAK)
        if self._session is None:
            # The cue of the session that the fault ended waits for the disk, and this one comes
            # after it. A fault of the disk itself must not wait.
            durable = fault.kind is not FaultKind.DISK
            self._announcer.say(CueKind.FAULT, fault.time, durable=durable, fault=fault.kind)
        else:
            self._announcer.keep(CueKind.FAULT, fault=fault.kind)

    def _first_broken(self) -> FaultKind | None:
        """Return the locking fault to put right first, in the order of FaultKind."""
        return next((kind for kind in FaultKind if kind in self._broken), None)

    def _greet(self, time: float) -> None:
        """Become ready or locked, and say which."""
        verdict = self._go_home(time)
        if verdict.locked:
            self._announcer.say_rest_day(verdict, time, asked=False)
        else:
            self._announcer.say(CueKind.READY, time)

    def _go_home(self, time: float) -> RestVerdict:
        """Become broken, ready or locked, whichever is true at `time`; silently."""
        verdict = self._past.verdict(time)
        home = DeviceTrigger.MUST_REST if verdict.locked else DeviceTrigger.MAY_TRAIN
        self._move(DeviceTrigger.BREAK if self._broken else home)
        if self._state is DeviceState.LOCKED:
            self._agenda.set(_Due.RESTED, time + max(RECHECK_S, verdict.seconds_left))
        return verdict

    def _move(self, trigger: DeviceTrigger) -> None:
        self._state = follow(TRANSITIONS, self._state, trigger)
        self._agenda.clear()


class Announcer:
    """Says what belongs to no session, by handing a cue to `show`.

    At night its cues are light only. While nobody knows the hour, only the answer to what a
    person just asked for sounds::

        announcer = Announcer(past, outputs.append)
        announcer.say(CueKind.READY, time)
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
        """Say how many days of rest are left, and whether to leave the device plugged in."""
        silent = self._is_silent(time, asked)
        days, stay_on = verdict.days_left, verdict.stay_on
        self._show(Cue(CueKind.REST_DAY, time, days, light_only=silent, stay_on=stay_on))

    def keep(self, kind: CueKind, *, fault: FaultKind | None = None, asked: bool = False) -> None:
        """Keep `kind` until `say_kept`; it takes the place of one of the same kind."""
        self._kept[kind] = fault, asked

    def say_kept(self, time: float) -> None:
        """Say what was kept."""
        for kind, (fault, asked) in self._kept.items():
            self.say(kind, time, fault=fault, asked=asked)
        self._kept.clear()

    def _is_silent(self, time: float, asked: bool) -> bool:
        night = self._past.is_night(time)
        return not asked if night is None else night
