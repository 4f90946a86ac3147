"""What holds for the coach whatever is done to it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.clock import ClockReading, ClockSource, TimeSetting
from device.coach.agenda import IllegalInput, follow
from device.coach.button import Gesture
from device.coach.coach import Coach, Output
from device.coach.counting.phases import GIVEN_UP_S
from device.coach.cues import Cue, CueKind, Gauge, Request
from device.coach.device_states import GRAMMARS, MEANINGS, TRANSITIONS, DeviceState, DeviceTrigger
from device.coach.events import (
    Calibrated,
    Fault,
    FaultKind,
    Paused,
    Reason,
    Refused,
    Rep,
    SessionEnded,
    SessionStarted,
)
from device.coach.history import History
from device.coach.session import TRANSITIONS as SESSION_TRANSITIONS
from device.coach.session import SessionState, SessionTrigger
from device.sample import LiftSample
from tests.bedroom import DAY, MONDAY_NOON, Bedroom, Person

FPS = 15
CUT_OFF = Reason.CUT_OFF


class Rough:
    """A coach to which anything may happen."""

    def __init__(self) -> None:
        self.coach = Coach(History())
        self.now = 50.0
        self.wall = MONDAY_NOON
        self.outputs: list[Output] = []
        self.random = Random(0)
        self.tell(self.coach.clock(self.reading(ClockSource.RTC)))

    def reading(self, source: ClockSource = ClockSource.UNTRUSTED) -> ClockReading:
        return ClockReading("boot", self.now, self.wall + self.now, 0, source)

    def wait(self, seconds: float) -> None:
        end = self.now + seconds
        while (due := self.coach.next_deadline()) is not None and due <= end:
            self.now = max(self.now, due)
            self.tell(self.coach.tick(self.now))
        self.now = end

    def watch(self, seconds: float, person: Person) -> None:
        person.lift(self.now + 0.3)
        for _ in range(int(seconds * FPS)):
            self.wait(1 / FPS)
            self.tell(self.coach.feed(person.sample(self.now, self.random)))

    def tell(self, outputs: list[Output]) -> None:
        self.outputs += outputs


SAMPLES = st.builds(
    LiftSample,
    time=st.floats(0.0, 200.0) | st.just(float("nan")),
    face=st.booleans(),
    brightness=st.floats(0.0, 255.0),
    lift=st.floats() | st.floats(-0.1, 0.3),
    left=st.floats(),
    right=st.floats(),
    mouth_open=st.floats(),
    yaw=st.floats(),
    x=st.floats(),
    size=st.floats(),
)
PEOPLE = st.builds(
    Person,
    amplitude=st.sampled_from((0.3, 1.0, 1.6)),
    holds=st.sampled_from((0.3, 2.4, 6.0)),
    rise=st.sampled_from((0.02, 0.5)),
    away=st.booleans(),
    size=st.sampled_from((0.05, 0.25)),
)
ACTIONS = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from((0.1, 0.5, 2.5, 6.0, 40.0, 130.0, 5000.0))),
    st.tuples(st.just("watch"), st.tuples(st.sampled_from((1.0, 6.0)), PEOPLE)),
    st.tuples(st.just("sample"), SAMPLES),
    st.tuples(st.just("down"), st.none()),
    st.tuples(st.just("up"), st.none()),
    st.tuples(st.just("press"), st.none()),
    st.tuples(st.just("train"), PEOPLE),
    st.tuples(st.just("clock"), st.tuples(st.sampled_from(ClockSource), st.floats(-1e7, 1e7))),
    st.tuples(st.just("fault"), st.sampled_from(FaultKind)),
    st.tuples(st.just("mended"), st.sampled_from(FaultKind)),
    st.tuples(st.just("offer"), st.floats(0.0, 4e9)),
    st.tuples(st.just("set"), st.floats(0.0, 4e9)),
    st.tuples(st.just("nonsense"), st.sampled_from((float("nan"), float("inf")))),
)


def do(rough: Rough, name: str, value: object) -> None:  # noqa: PLR0912  (one branch a thing)
    """Do one thing to the coach; an input it calls illegal must leave it as it was."""
    coach, before = rough.coach, rough.coach.state
    try:
        match name, value:
            case "wait", float(seconds):
                rough.wait(seconds)
            case "watch", (float(seconds), Person() as person):
                rough.watch(seconds, person)
            case "train", Person() as person:
                do(rough, "press", None)
                rough.watch(25.0, replace(person, away=False, size=0.25))
            case "sample", LiftSample() as sample:
                rough.tell(coach.feed(replace(sample, time=rough.now - 100.0 + sample.time)))
            case "down", None:
                rough.tell(coach.button_down(rough.now))
            case "up", None:
                rough.tell(coach.button_up(rough.now))
            case "press", None:
                rough.tell(coach.button_down(rough.now))
                rough.wait(0.1)
                rough.tell(coach.button_up(rough.now))
                rough.wait(0.5)
            case "clock", (ClockSource() as source, float(step)):
                rough.wall += step
                rough.tell(coach.clock(rough.reading(source)))
            case "fault", FaultKind() as kind:
                rough.tell(coach.fault(Fault(rough.now, kind, "broken: mend it")))
            case "mended", FaultKind() as kind:
                rough.tell(coach.fault_cleared(rough.now, kind))
            case "offer", float(wall):
                rough.tell(coach.offer_time(rough.now, wall))
            case "set", float(wall):
                after = replace(rough.reading(ClockSource.PERSON), wall=wall)
                rough.tell(coach.time_set(TimeSetting(rough.reading(), after)))
            case "nonsense", float(time):
                rough.tell(coach.tick(time))
    except IllegalInput:
        assert rough.coach.state is before


@settings(max_examples=120, deadline=None)
@given(st.lists(ACTIONS, min_size=4, max_size=30))
def test_nothing_raises_and_every_state_has_a_way_out(actions: list[tuple[str, object]]) -> None:
    """No inputs, however wrong, raise but a named error or leave a state that cannot be left."""
    rough = Rough()
    for name, value in actions:
        do(rough, name, value)
    coach = rough.coach
    if coach.state is DeviceState.OFF:
        assert coach.next_deadline() is None
        return
    # Let go, mend what is broken, and leave it alone for as long as a rest can take.
    rough.tell(coach.clock(rough.reading()))
    rough.tell(coach.button_up(rough.now))
    for kind in FaultKind:
        rough.tell(coach.fault_cleared(rough.now, kind))
    rough.wait(20 * 60.0)
    rough.wait(10 * DAY)
    rough.tell(coach.clock(rough.reading()))
    assert coach.state is DeviceState.READY
    do(rough, "press", None)
    assert isinstance(rough.outputs[-2], SessionStarted)


@settings(max_examples=80, deadline=None)
@given(st.lists(ACTIONS, min_size=4, max_size=30))
def test_what_it_says_is_well_formed(actions: list[tuple[str, object]]) -> None:
    """Whatever happens: sessions begin and end in turn, the camera with them, caps are kept."""
    rough = Rough()
    for name, value in actions:
        do(rough, name, value)
    rough.wait(2000.0)
    marks = [
        output
        for output in rough.outputs
        if isinstance(output, SessionStarted | SessionEnded)
        or output in (Request.CAMERA_ON, Request.CAMERA_OFF)
    ]
    shape = [output if isinstance(output, Request) else type(output) for output in marks]
    turn = [Request.CAMERA_ON, SessionStarted, SessionEnded, Request.CAMERA_OFF]
    assert shape == turn * (len(shape) // len(turn))
    starts = [output for output in marks if isinstance(output, SessionStarted)]
    ends = [output for output in marks if isinstance(output, SessionEnded)]
    for start, end in zip(starts, ends, strict=True):
        assert 0.0 <= end.time - start.time <= 360.0 + 1e-6
        assert end.reps <= 10
        assert end.dose <= 15
        assert end.reps <= end.dose <= end.lifts
    for start, end in zip(starts, ends, strict=True):
        inside = rough.outputs[rough.outputs.index(start) : rough.outputs.index(end)]
        pauses = sum(isinstance(output, Paused) for output in inside)
        assert 0 <= end.dose - sum(map(_counts, inside)) <= 1 + pauses
    durable = [output for output in rough.outputs if isinstance(output, Cue) and output.durable]
    announced = [cue for cue in durable if cue.kind not in (CueKind.SYNCED, CueKind.FAULT)]
    reps = [output for output in rough.outputs if isinstance(output, Rep)]
    assert len(announced) == len(reps) + len(ends)


ANSWERS = {
    *(CueKind.REP, CueKind.NOT_COUNTED, CueKind.PAUSED, CueKind.FIND_FACE, CueKind.TOO_DARK),
    *(CueKind.DONE, CueKind.STOPPED),
}
"""What may follow the cues of a hold."""
WORDS = {
    *(CueKind.SOFTER, CueKind.SLOWER, CueKind.CLOSE_MOUTH, CueKind.REST),
    *(CueKind.FIND_FACE, CueKind.TOO_DARK),
}
LONGEST_LIFT_S = GIVEN_UP_S + 5.0
"""A lift that never ends is given up, and what it comes to is said within seconds."""
HOW = st.fixed_dictionaries(
    {
        "amplitude": st.sampled_from((0.3, 0.5, 0.8, 1.0, 1.6)),
        "holds": st.sampled_from((0.3, 1.0, 2.4, 6.0, 30.0)),
        "rise": st.sampled_from((0.02, 0.5)),
        "right": st.sampled_from((0.1, 1.0)),
        "mouth_open": st.sampled_from((0.02, 0.5)),
        "yaw": st.sampled_from((0.0, 40.0, 65.0)),
        "brightness": st.sampled_from((9.0, 15.0, 120.0)),
        "rest": st.sampled_from((0.0, 0.03, 0.06)),
        "away": st.sampled_from((False, False, False, True)),
    }
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0.3, 9.0), HOW, st.booleans()), min_size=3, max_size=12))
def test_what_a_hold_was_told_is_always_answered(
    turns: list[tuple[float, dict[str, float], bool]],
) -> None:
    """Whatever the face does, and however often it is paused, no cue of a hold is the last word.

    A practised lift that is taken is answered by the invitation to the next.
    """
    room = Bedroom(fps=FPS)
    room.begin_session()
    room.until_cue(CueKind.PRACTISE)
    for seconds, how, press in turns:
        vars(room.person).update(how)
        room.wait(seconds)
        if press and room.camera_on:
            room.press()
    room.person.obeys = False
    room.wait(LONGEST_LIFT_S)
    waiting: Cue | None = None
    for output in room.outputs:
        if isinstance(output, Calibrated) or (isinstance(output, Cue) and output.kind in ANSWERS):
            waiting = None
        elif isinstance(output, Cue) and output.kind in (CueKind.HOLD_REACHED, CueKind.LET_GO):
            waiting = waiting or output
        assert waiting is None or _time(output) - waiting.at <= LONGEST_LIFT_S
    assert waiting is None


def _time(output: Output) -> float:
    """When something was said, as far as it has a time."""
    return output.at if isinstance(output, Cue | Gauge) else getattr(output, "time", 0.0)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(2.0, 9.0), HOW), min_size=3, max_size=15))
def test_no_two_lifts_in_a_row_that_do_not_count_have_a_word_each(
    turns: list[tuple[float, dict[str, float]]],
) -> None:
    """Each is answered once, at once."""
    room = Bedroom(fps=FPS)
    room.begin_session()
    room.until_cue(CueKind.LIFT)
    for seconds, how in turns:
        vars(room.person).update(how, yaw=0.0, brightness=120.0, away=False)
        room.wait(seconds)
    lifts = [one for one in room.outputs if isinstance(one, Rep | Refused)]
    refused = [one for one in lifts if isinstance(one, Refused) and one.reason is not CUT_OFF]
    # A hold that was told and came to no lift at all is answered too.
    answered = [cue.at for cue in room.cues(CueKind.NOT_COUNTED)]
    assert {one.time for one in refused} <= {*answered}
    assert len({*answered}) == len(answered)
    words = [cue.at for cue in room.cues(*WORDS)]
    worded = [any(0.0 < at - lift.time <= 1.0 for at in words) for lift in lifts]
    for pair, said in zip(pairwise(lifts), pairwise(worded), strict=True):
        assert not (all(isinstance(lift, Refused) for lift in pair) and all(said))


def _counts(output: Output) -> bool:
    """A row that the journal counts towards the dose."""
    held = isinstance(output, Rep | Refused) and output.hold >= 0.5
    return held or isinstance(output, Calibrated)


@settings(max_examples=15, deadline=None)
@given(PEOPLE, st.integers(12, 60))
def test_a_recording_gives_the_same_cues_as_life(person: Person, fps: int) -> None:
    """The same samples, with ticks at every deadline or with none at all, say the same."""
    room = Bedroom(replace(person, away=False), fps=fps)
    samples: list[LiftSample] = []
    live_sample = room.person.sample

    def remember(time: float, random: Random) -> LiftSample:
        samples.append(live_sample(time, random))
        return samples[-1]

    room.person.sample = remember  # type: ignore[method-assign]
    room.begin_session()
    room.wait(45.0)
    replayed = Coach(History())
    outputs = replayed.clock(replace(room.reading(), monotonic=100.0))
    outputs += replayed.button_down(100.0)
    outputs += replayed.button_up(100.1)
    for sample in samples:
        outputs += replayed.feed(sample)
    last = samples[-1].time
    assert [o for o in outputs if _told_by(o, last)] == [
        o for o in room.outputs if _told_by(o, last)
    ]


def _told_by(output: Output, time: float) -> bool:
    """A cue or a rep that was due by then; READY knows another hour."""
    if isinstance(output, Cue):
        return output.at <= time and output.kind is not CueKind.READY
    return isinstance(output, Rep | SessionEnded) and output.time <= time


class TestTheTables:
    def test_every_gesture_that_can_be_judged_has_a_meaning(self) -> None:
        """Where the button means anything, each gesture of its grammar does."""
        assert set(GRAMMARS) == set(MEANINGS)
        for state, grammar in GRAMMARS.items():
            gestures = set(Gesture) if grammar.adds_up else {Gesture.PRESS, Gesture.HOLD}
            assert set(MEANINGS[state]) == gestures

    def test_every_state_of_the_device_is_reached_and_leads_home(self) -> None:
        assert set(TRANSITIONS) == set(DeviceState)
        reached = {target for row in TRANSITIONS.values() for target in row.values()}
        assert reached == set(DeviceState) - {DeviceState.STARTING}
        assert {trigger for row in TRANSITIONS.values() for trigger in row} == set(DeviceTrigger)
        for state in set(DeviceState) - {DeviceState.OFF}:
            assert TRANSITIONS[state][DeviceTrigger.MAY_TRAIN] is DeviceState.READY
            assert TRANSITIONS[state][DeviceTrigger.MUST_REST] is DeviceState.LOCKED
            assert TRANSITIONS[state][DeviceTrigger.BREAK] is DeviceState.FAULT

    def test_every_state_of_a_session_is_reached_and_can_end(self) -> None:
        assert set(SESSION_TRANSITIONS) == set(SessionState)
        reached = {target for row in SESSION_TRANSITIONS.values() for target in row.values()}
        assert reached == set(SessionState)
        assert {trigger for row in SESSION_TRANSITIONS.values() for trigger in row} == set(
            SessionTrigger
        )
        for state in set(SessionState) - {SessionState.ENDED}:
            assert SESSION_TRANSITIONS[state][SessionTrigger.END] is SessionState.ENDED

    @pytest.mark.parametrize("state", list(DeviceState))
    def test_an_input_that_means_nothing_is_named(self, state: DeviceState) -> None:
        for trigger in set(DeviceTrigger) - set(TRANSITIONS[state]):
            with pytest.raises(IllegalInput, match=f"{trigger.value} means nothing while {state}"):
                follow(TRANSITIONS, state, trigger)
