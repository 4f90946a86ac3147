"""The loop when things go wrong: what it is told by the world is scripted, the rest is real."""

from __future__ import annotations

import math
import random
import sys
import threading
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Self

import pytest

from device.clock import ClockReading, TimeSetting
from device.coach import Coach, History, cues, device_states, events
from device.errors import (
    AlreadyReportedError,
    CameraError,
    CameraStuckError,
    LiftLightError,
    ModelError,
)
from device.inbox import (
    ButtonDown,
    ButtonUp,
    Committed,
    LiveInbox,
    SourceFailed,
    SourceStopped,
    Stimulus,
    Stop,
    reporting_dead_threads,
)
from device.journal import RowRefusedError
from device.loop import CLOSE_WITHIN_S, COMMIT_WITHIN_S, Loop
from device.panel import PanelError
from device.sample import LiftSample
from device.startup_faults import FAULT_SHOWN_S
from device.supervisors import FIRST_FRAME_WITHIN_S
from device.sync import NewsKind, StickNews
from device.system import Board
from tests.virtual import VirtualClock, VirtualInbox

CALM = {
    "left": 0.0, "right": 0.0, "mouth_open": 0.02, "yaw": 0.0, "pitch": 0.0, "roll": 0.0,
    "x": 0.5, "y": 0.5, "size": 0.25, "quality": 1.0,
}  # fmt: skip
FULL_LIFT = 0.15
LONG_S = 30.0
LIFT_EVERY_S = 6.0


class Face:
    """Samples of a calm face that lifts for three seconds out of every six, after the first six."""

    live = True

    def __init__(self, clock: VirtualClock, fps: float = 30.0, until: float = 600.0) -> None:
        self._clock, self._step, self._until = clock, 1 / fps, clock.now + until
        self._began: float | None = None
        self._next = 0.0
        self.started = 0

    def start(self) -> None:
        self.started += 1
        self._began = self._began or self._clock.now
        self._next = self._clock.now

    def read(self, timeout: float) -> LiftSample | None:
        assert self._began is not None
        if self._next > self._until:
            raise CameraError("the camera was unplugged: plug it in")
        time, self._next = self._next, self._next + self._step
        phase = (time - self._began - 5.0) % LIFT_EVERY_S if time > self._began + 5.0 else 5.9
        lift = FULL_LIFT * min(max(phase / 0.6, 0.0), 1.0) * min(max((3.9 - phase) / 0.6, 0.0), 1.0)
        values = {**CALM, "left": lift / 2, "right": lift / 2}
        return LiftSample(time, face=True, brightness=120.0, lift=lift, **values)

    def stop(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()


class ShownPanel:
    """Remembers what it was asked to show, and when."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.shown: list[tuple[float, cues.Cue]] = []
        self.camera: list[bool] = []
        self.hushed: list[tuple[float, bool]] = []

    def show(self, cue: cues.Cue) -> None:
        self.shown.append((self._clock.now, cue))

    def kinds(self) -> list[cues.CueKind]:
        return [cue.kind for _, cue in self.shown]

    def gauge(self, fraction: float) -> None: ...

    def camera_light(self, on: bool) -> None:
        self.camera.append(on)

    def toggle_quiet(self) -> None: ...

    def hush(self, on: bool) -> None:
        if not self.hushed or self.hushed[-1][1] is not on:
            self.hushed.append((self._clock.now, on))

    def tick(self) -> None: ...

    def next_deadline(self) -> float | None:
        return None


class Memory:
    """A journal in memory whose disk can be told to hang or to fail."""

    def __init__(self) -> None:
        self.hanging: list[Future[None]] = []
        self.asked = 0
        self.events: list[events.Event] = []
        self.settings: list[TimeSetting] = []
        self.problem: LiftLightError | None = None
        self.failing = False

    def write(self, event: events.Event) -> Future[None]:
        self.events.append(event)
        return self._answer()

    def checkpoint(self, reading: ClockReading) -> Future[None]:
        return self._answer()

    def set_time(self, setting: TimeSetting) -> Future[None]:
        self.settings.append(setting)
        return self._answer()

    def trouble(self) -> LiftLightError | None:
        self.asked += 1
        return self.problem

    def recover(self) -> None:
        self.problem = None
        for done in self.hanging:
            done.set_result(None)

    def _answer(self) -> Future[None]:
        done: Future[None] = Future()
        if self.failing:
            done.set_exception(LiftLightError("the disk is full: free some space"))
        elif self.problem is not None:
            self.hanging.append(done)
        else:
            done.set_result(None)
        return done


class PromptInbox(VirtualInbox):
    """Hears of a commit when there is one, and waits for none."""

    def expect(self, done: Future[None], cue: cues.Cue) -> None:
        done.add_done_callback(lambda done: self.put(Committed(cue, done.exception())))


class Device:
    """A loop on a virtual clock, with one press that begins a session after a second."""

    def __init__(self, face_until: float = 600.0, until: float = 150.0) -> None:
        self.clock = VirtualClock()
        self.face = Face(self.clock, until=face_until)
        at = self.clock.now + 1.0
        presses: list[tuple[float, Stimulus]] = [
            (at, ButtonDown(at)),
            (at + 0.1, ButtonUp(at + 0.1)),
        ]
        self.inbox: VirtualInbox = PromptInbox(self.clock, self.face, presses, until)
        self.panel = ShownPanel(self.clock)
        self.memory = Memory()
        self.coach = Coach(History())
        self.loop = Loop(self.inbox, self.coach, self.panel, self.memory, self.clock)


def test_the_cameras_light_is_on_before_the_camera_opens_and_off_after_it_closes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    device = Device(until=10.0)
    order: list[str] = []
    watch = device.inbox.watch

    def and_note(on: bool) -> None:
        order.append(f"camera {on}")
        watch(on)

    monkeypatch.setattr(device.inbox, "watch", and_note)
    monkeypatch.setattr(device.panel, "camera_light", lambda on: order.append(f"light {on}"))

    device.loop.run()

    assert order[:2] == ["light True", "camera True"]
    assert order[-2:] == ["camera False", "light False"]


def test_a_session_is_counted_and_every_rep_is_safe_before_it_is_announced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    device = Device()
    safe_when_shown: list[bool] = []
    show = device.panel.show

    def watch(cue: cues.Cue) -> None:
        if cue.kind is cues.CueKind.REP:
            reps = [event for event in device.memory.events if isinstance(event, events.Rep)]
            safe_when_shown.append(reps[-1].number == cue.count)
        show(cue)

    monkeypatch.setattr(device.panel, "show", watch)
    device.loop.run()

    assert safe_when_shown == [True] * 10
    assert cues.CueKind.DONE in device.panel.kinds()


def test_a_rep_that_cannot_be_kept_is_not_announced_and_the_disk_is_named() -> None:
    device = Device()
    device.memory.failing = True

    device.loop.run()

    assert cues.CueKind.REP not in device.panel.kinds()
    assert cues.CueKind.FAULT in device.panel.kinds()
    faults = [event for event in device.memory.events if isinstance(event, events.Fault)]
    assert faults[0].kind is events.FaultKind.DISK
    assert "free some space" in faults[0].detail


def test_a_journal_that_takes_nothing_more_is_a_fault_and_no_crash(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    device = Device()

    def refuse(_: object) -> Future[None]:
        raise LiftLightError("a thousand rows wait: free some space")

    device.memory.problem = LiftLightError("the disk is full: free some space")
    monkeypatch.setattr(device.memory, "write", refuse)
    monkeypatch.setattr(device.memory, "checkpoint", refuse)
    device.loop.run()

    assert cues.CueKind.FAULT in device.panel.kinds()
    assert cues.CueKind.REP not in device.panel.kinds()
    assert device.coach.state is device_states.DeviceState.FAULT


def test_a_disk_that_hangs_is_a_fault_and_one_that_recovers_ends_it() -> None:
    device = Device(until=20.0)
    device.memory.problem = LiftLightError("the disk does not answer: switch off and on")
    device.loop.run()
    assert device.coach.state is device_states.DeviceState.FAULT

    device.memory.recover()
    device.inbox.resume(until=10.0)
    device.loop.run()
    assert device.coach.state in (device_states.DeviceState.READY, device_states.DeviceState.LOCKED)


@pytest.mark.parametrize("every", [0.3, 1.4, 2.0])
def test_a_disk_that_hangs_is_noticed_in_time_however_often_rows_come(every: float) -> None:
    device = Device(until=10.0)
    device.memory.problem = LiftLightError("the disk does not answer: switch off and on")
    began = device.clock.now
    for row in range(1, int(8.0 / every)):
        device.inbox.put_at(began + row * every, StickNews(NewsKind.SYNCED))

    device.loop.run()

    (at,) = [at for at, cue in device.panel.shown if cue.kind is cues.CueKind.FAULT]
    assert at == pytest.approx(began + COMMIT_WITHIN_S, abs=0.01)


def test_a_row_that_is_safe_hides_no_later_one_that_is_not() -> None:
    device = Device(until=10.0)
    began = device.clock.now
    hangs_from = began + 1.0
    write = device.memory.write

    def hang(event: events.Event) -> Future[None]:
        if device.clock.now >= hangs_from:
            device.memory.problem = LiftLightError("the disk does not answer: switch off and on")
        return write(event)

    device.memory.write = hang  # type: ignore[method-assign]
    # The row of the start is safe; when it would be asked for, this one is half a second old.
    device.inbox.put_at(hangs_from, StickNews(NewsKind.SYNCED))
    device.loop.run()

    (at,) = [at for at, cue in device.panel.shown if cue.kind is cues.CueKind.FAULT]
    assert at == pytest.approx(hangs_from + COMMIT_WITHIN_S, abs=0.01)


def test_a_fault_of_the_disk_that_a_refused_row_told_of_ends_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    device = Device(until=10.0)
    full = LiftLightError("a thousand rows wait: free some space")

    def refuse(_: object) -> Future[None]:
        raise full

    with monkeypatch.context() as patch:
        device.memory.problem = full
        patch.setattr(device.memory, "checkpoint", refuse)
        device.loop.run()
    assert device.coach.state is device_states.DeviceState.FAULT

    device.memory.recover()
    device.inbox.resume(until=1.0)
    device.loop.run()
    assert device.coach.state in (device_states.DeviceState.READY, device_states.DeviceState.LOCKED)


def test_a_rep_that_the_database_refuses_is_told_as_no_fault_of_the_card(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    device = Device()
    write = device.memory.write

    def refuse_reps(event: events.Event) -> Future[None]:
        if not isinstance(event, events.Rep):
            return write(event)
        refused: Future[None] = Future()
        refused.set_exception(RowRefusedError("kept as text: run the installer again"))
        return refused

    monkeypatch.setattr(device.memory, "write", refuse_reps)
    device.loop.run()

    assert cues.CueKind.REP not in device.panel.kinds()
    assert cues.CueKind.DONE in device.panel.kinds(), "the session goes on"
    faults = {event.kind for event in device.memory.events if isinstance(event, events.Fault)}
    assert faults == {events.FaultKind.UNKNOWN}
    assert device.coach.state is not device_states.DeviceState.FAULT


def test_a_fault_that_cannot_be_kept_is_shown_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    device = Device(until=10.0)
    refused: Future[None] = Future()
    refused.set_exception(RowRefusedError("kept as text: run the installer again"))
    monkeypatch.setattr(device.memory, "write", lambda _: refused)
    device.inbox.put(events.Fault(device.clock.now, events.FaultKind.UNKNOWN, "whatever"))

    device.loop.run()

    assert cues.CueKind.FAULT in device.panel.kinds()


def test_a_camera_that_fails_ends_the_session_and_keeps_it() -> None:
    device = Device(face_until=30.0)

    with pytest.raises(AlreadyReportedError, match="plug it in"):
        device.loop.run()

    faults = [event for event in device.memory.events if isinstance(event, events.Fault)]
    assert faults[0].kind is events.FaultKind.CAMERA
    assert "plug it in" in faults[0].detail
    ended = [event for event in device.memory.events if isinstance(event, events.SessionEnded)]
    assert ended[0].reps >= 1
    assert device.panel.camera[-1] is False
    (at, cue) = device.panel.shown[-1]
    assert cue.kind is cues.CueKind.FAULT, (
        "it is not hidden by the cue of the session that it ended"
    )
    assert device.clock.now == pytest.approx(at + FAULT_SHOWN_S, abs=0.1)


def test_a_camera_that_failed_is_not_opened_again_by_the_same_process() -> None:
    device = Device(face_until=4.0)
    again = device.clock.now + 8.0
    device.inbox.put_at(again, ButtonDown(again))
    device.inbox.put_at(again + 0.1, ButtonUp(again + 0.1))

    with pytest.raises(AlreadyReportedError, match="plug it in"):
        device.loop.run()

    assert device.clock.now < again + 1.0, "the press did not wait"
    assert device.face.started == 1
    assert device.panel.camera == [True, False]


def test_a_press_that_switches_off_is_heard_while_a_camera_that_failed_is_shown() -> None:
    device = Device(face_until=30.0)
    held = device.clock.now + 33.0
    device.inbox.put_at(held, ButtonDown(held))

    device.loop.run()

    assert device.loop.power_off


class SlowInbox(VirtualInbox):
    """Its camera takes some seconds to switch off; until then it must not be opened again."""

    closes_in = 3.0
    off_at = -math.inf

    def watch(self, on: bool) -> None:
        if on or not self.watching:
            assert self._virtual.now >= self.off_at, "it is still closing"
            super().watch(on)
            return
        self._source.stop()
        self._sample, self.watching = None, False
        self.off_at = self._virtual.now + self.closes_in
        self.put_at(self.off_at, SourceStopped())


def a_device_that_is_slow_to_close(until: float, closes_in: float) -> Device:
    """A press begins a session, a hold a few seconds later ends it."""
    device = Device()
    moves = ((1.0, ButtonDown), (1.1, ButtonUp), (6.0, ButtonDown), (9.0, ButtonUp))
    presses = [(at := device.clock.now + after, move(at)) for after, move in moves]
    device.inbox = inbox = SlowInbox(device.clock, device.face, presses, until)
    inbox.closes_in = closes_in
    device.loop = Loop(device.inbox, device.coach, device.panel, device.memory, device.clock)
    return device


def lights(device: Device, monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, bool]]:
    """When the camera's light is switched from now on, and whether on or off."""
    switched: list[tuple[float, bool]] = []
    monkeypatch.setattr(
        device.panel, "camera_light", lambda on: switched.append((device.clock.now, on))
    )
    return switched


def test_a_stop_is_heard_at_once_and_the_light_stays_until_the_camera_is_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    device = a_device_that_is_slow_to_close(60.0, closes_in=3.0)
    stopped = device.clock.now + 8.0
    switched = lights(device, monkeypatch)
    device.loop.run()

    (heard,) = [at for at, cue in device.panel.shown if cue.kind is cues.CueKind.STOPPED]
    assert heard == pytest.approx(stopped, abs=0.01)
    assert [on for _, on in switched] == [True, False]
    assert switched[-1][0] == pytest.approx(stopped + 3.0, abs=0.01)
    assert not [event for event in device.memory.events if isinstance(event, events.Fault)]


@pytest.mark.parametrize(("after", "hurts"), [(11.5, True), (13.0, False)])
def test_the_seconds_in_which_it_can_hurt_begin_when_stopped_is_heard(
    monkeypatch: pytest.MonkeyPatch, after: float, hurts: bool
) -> None:
    device = a_device_that_is_slow_to_close(60.0, closes_in=1.0)
    stopped = device.clock.now + 8.0
    # On the stage a commit takes no time: here the word of it is brought two seconds later.
    monkeypatch.setattr(
        device.inbox, "expect", lambda _, cue: device.inbox.put_at(stopped + 2.0, Committed(cue))
    )
    press = stopped + after
    device.inbox.put_at(press, ButtonDown(press))
    device.inbox.put_at(press + 0.1, ButtonUp(press + 0.1))
    device.loop.run()

    assert any(isinstance(event, events.Hurt) for event in device.memory.events) is hurts


class Nobody(Face):
    """An empty room."""

    def read(self, timeout: float) -> LiftSample | None:
        seen = super().read(timeout)
        return None if seen is None else LiftSample(seen.time, face=False, brightness=120.0)


def test_a_camera_that_is_wanted_again_while_it_closes_is_opened_once_it_is_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    device = Device()
    at = device.clock.now + 1.0
    presses: list[tuple[float, Stimulus]] = [(at, ButtonDown(at)), (at + 0.1, ButtonUp(at + 0.1))]
    device.face = Nobody(device.clock)
    device.inbox = inbox = SlowInbox(device.clock, device.face, presses, until=100.0)
    device.loop = Loop(inbox, device.coach, device.panel, device.memory, device.clock)
    show = device.panel.show

    def press_at_the_end(cue: cues.Cue) -> None:
        show(cue)
        if cue.kind is cues.CueKind.STOPPED:
            at = device.clock.now + 0.5
            inbox.put_at(at, ButtonDown(at))
            inbox.put_at(at + 0.1, ButtonUp(at + 0.1))

    monkeypatch.setattr(device.panel, "show", press_at_the_end)
    device.loop.run()

    assert device.face.started == 2
    assert device.panel.camera == [True, True, False], "it stayed lit in between"
    assert not [event for event in device.memory.events if isinstance(event, events.Fault)]


@pytest.mark.parametrize("seed", range(20))
def test_whenever_the_button_is_pressed_the_light_is_on_while_the_camera_may_be(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = random.Random(seed)
    device = Device()
    device.face = chosen.choice([Face, Nobody])(device.clock)
    device.inbox = inbox = SlowInbox(device.clock, device.face, until=300.0)
    device.loop = Loop(inbox, device.coach, device.panel, device.memory, device.clock)
    at = device.clock.now
    while at < device.clock.now + 300.0:
        down = at + chosen.choice([0.3, 1.0, 5.0, 40.0])
        at = down + chosen.choice([0.1, 0.1, 2.5])
        inbox.put_at(down, ButtonDown(down))
        inbox.put_at(at, ButtonUp(at))
    watch = inbox.watch

    def watch_lit(on: bool) -> None:
        assert device.panel.camera[-1], "the light is on before the camera and while it closes"
        inbox.closes_in = chosen.uniform(0.0, CLOSE_WITHIN_S - 0.1)
        watch(on)

    def switch(on: bool) -> None:
        assert on or device.clock.now >= inbox.off_at
        device.panel.camera.append(on)

    monkeypatch.setattr(inbox, "watch", watch_lit)
    monkeypatch.setattr(device.panel, "camera_light", switch)
    device.loop.run()

    assert device.face.started >= 1
    assert device.panel.camera[-1] is False
    assert not inbox.watching
    assert not [event for event in device.memory.events if isinstance(event, events.Fault)]


@pytest.mark.parametrize("until", [60.0, 5.0], ids=["stopped by hand", "stopped by a signal"])
def test_the_cameras_light_stays_on_with_a_camera_that_stays_on(until: float) -> None:
    device = a_device_that_is_slow_to_close(until, math.inf)

    with pytest.raises(CameraStuckError):
        device.loop.run()

    assert device.panel.camera == [True]
    (fault,) = [event for event in device.memory.events if isinstance(event, events.Fault)]
    assert fault.kind is events.FaultKind.CAMERA
    assert "pull the plug" in fault.detail


def test_a_panel_that_fails_as_well_does_not_hide_a_camera_that_stays_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The camera's light would be switched off then; here the hold bar fails, in a hold."""
    device = Device()
    begin = device.clock.now + 1.0
    presses: list[tuple[float, Stimulus]] = [
        (begin, ButtonDown(begin)),
        (begin + 0.1, ButtonUp(begin + 0.1)),
    ]
    device.inbox = inbox = SlowInbox(device.clock, device.face, presses, until=15.0)
    inbox.closes_in = math.inf
    device.loop = Loop(inbox, device.coach, device.panel, device.memory, device.clock)

    def fail(fraction: float) -> None:
        if not inbox.watching:
            raise PanelError("the panel stopped answering")

    monkeypatch.setattr(device.panel, "gauge", fail)
    with pytest.raises(CameraStuckError):
        device.loop.run()


def test_a_camera_that_does_not_switch_off_is_shown_before_the_process_ends() -> None:
    device = a_device_that_is_slow_to_close(60.0, math.inf)
    stopped = device.clock.now + 8.0

    with pytest.raises(CameraStuckError):
        device.loop.run()

    kinds = device.panel.kinds()
    assert kinds.index(cues.CueKind.STOPPED) < kinds.index(cues.CueKind.FAULT) == len(kinds) - 1
    shown = device.panel.shown[-1][0]
    assert shown == pytest.approx(stopped + CLOSE_WITHIN_S, abs=0.1)
    assert device.clock.now == pytest.approx(shown + FAULT_SHOWN_S, abs=0.1)


def test_a_camera_that_switches_off_late_is_dark_after_all() -> None:
    device = a_device_that_is_slow_to_close(60.0, CLOSE_WITHIN_S + 2.0)

    with pytest.raises(AlreadyReportedError):
        device.loop.run()

    assert device.panel.camera == [True, False]


def test_a_session_stopped_while_the_camera_still_opens_is_no_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Nothing interrupts the opening, so it is off only some seconds later.
    device = a_device_that_is_slow_to_close(60.0, closes_in=CLOSE_WITHIN_S + 2.0)
    monkeypatch.setattr(device.face, "read", lambda _: None)
    stopped = device.clock.now + 8.0
    switched = lights(device, monkeypatch)
    device.loop.run()

    (_, first), (off, last) = switched
    assert (first, last) == (True, False)
    assert off == pytest.approx(stopped + CLOSE_WITHIN_S + 2.0, abs=0.1)
    assert not [event for event in device.memory.events if isinstance(event, events.Fault)]
    assert device.coach.state is device_states.DeviceState.READY


def test_a_camera_that_neither_opens_nor_switches_off_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    device = a_device_that_is_slow_to_close(60.0, math.inf)
    monkeypatch.setattr(device.face, "read", lambda _: None)
    switched = lights(device, monkeypatch)

    with pytest.raises(CameraStuckError):
        device.loop.run()

    ((opened, on),) = switched
    assert on, "it is lit for as long as the camera may be on"
    (fault,) = [event for event in device.memory.events if isinstance(event, events.Fault)]
    assert fault.time == pytest.approx(opened + FIRST_FRAME_WITHIN_S, abs=0.1)


def test_a_camera_that_gives_no_picture_is_a_fault_within_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    device = Device()
    monkeypatch.setattr(device.face, "read", lambda _: None)

    with pytest.raises(AlreadyReportedError):
        device.loop.run()

    faults = [event for event in device.memory.events if isinstance(event, events.Fault)]
    assert [fault.kind for fault in faults] == [events.FaultKind.CAMERA]
    assert "no picture" in faults[0].detail


def test_a_picture_that_comes_once_the_camera_is_off_need_not_be_followed_by_more() -> None:
    class Late(VirtualInbox):
        """It is in the middle of a picture when it is told to close."""

        def watch(self, on: bool) -> None:
            super().watch(on)
            if not on:
                self.put(LiftSample(device.clock.now, face=False))

    device = Device()
    moves = ((1.0, ButtonDown), (1.1, ButtonUp), (6.0, ButtonDown), (9.0, ButtonUp))
    presses = [(at := device.clock.now + after, move(at)) for after, move in moves]
    inbox = Late(device.clock, device.face, presses, until=60.0)
    Loop(inbox, device.coach, device.panel, device.memory, device.clock).run()

    assert cues.CueKind.STOPPED in device.panel.kinds()
    assert not [event for event in device.memory.events if isinstance(event, events.Fault)]
    assert device.coach.state is device_states.DeviceState.READY


def test_a_hold_cue_keeps_its_time_while_frames_are_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    device = Device()
    began = device.clock.now + 1.0
    read = device.face.read

    def late(timeout: float) -> LiftSample | None:
        sample = read(timeout)
        # From the second lift on, a second of frames is lost just before the hold is reached.
        while sample is not None and 13.2 < sample.time - began < 14.1:
            sample = read(timeout)
        return sample

    monkeypatch.setattr(device.face, "read", late)
    device.loop.run()

    reached = [at for at, cue in device.panel.shown if cue.kind is cues.CueKind.HOLD_REACHED]
    due = [cue.at for _, cue in device.panel.shown if cue.kind is cues.CueKind.HOLD_REACHED]
    assert len(reached) >= 2
    assert reached == pytest.approx(due, abs=0.001)


def a_device_whose_time_is_set_in_a_while(wall: float) -> Device:
    """A stick named a time `wall` seconds from now; the press comes 100 s on."""
    device = Device(until=300.0)
    at = device.clock.now + 100.0
    device.inbox = VirtualInbox(
        device.clock, device.face, [(at, ButtonDown(at)), (at + 0.2, ButtonUp(at + 0.2))], 300.0
    )
    device.loop = Loop(device.inbox, device.coach, device.panel, device.memory, device.clock)
    device.coach.clock(device.clock.reading())
    device.coach.offer_time(device.clock.now, device.clock.reading().wall + wall)
    return device


def test_the_time_set_is_that_of_the_press_however_late_it_is_judged() -> None:
    device = a_device_whose_time_is_set_in_a_while(7200.0)
    pressed = device.clock.reading().wall + 100.0
    device.loop.run()
    (setting,) = device.memory.settings
    assert setting.after.wall - setting.before.wall == pytest.approx(7200.0 - 100.0)
    assert setting.before.wall == pytest.approx(pressed + 0.2)
    assert cues.CueKind.SYNCED in device.panel.kinds()


def test_a_time_that_could_not_be_kept_is_not_called_set() -> None:
    device = a_device_whose_time_is_set_in_a_while(7200.0)
    device.memory.failing = True
    device.loop.run()
    assert cues.CueKind.SYNCED not in device.panel.kinds()
    assert cues.CueKind.FAULT in device.panel.kinds()


def test_a_time_that_a_person_sets_is_no_fault_of_the_clock_and_a_step_still_is() -> None:
    device = a_device_whose_time_is_set_in_a_while(7200.0)

    device.loop.run()

    assert device.memory.settings
    assert not [event for event in device.memory.events if isinstance(event, events.Fault)]

    device.clock.set_time(device.clock.reading().wall + 7200.0)
    device.inbox.resume(until=100.0)
    device.loop.run()
    (fault,) = [event for event in device.memory.events if isinstance(event, events.Fault)]
    assert fault.kind is events.FaultKind.CLOCK


def test_at_night_a_press_is_heard_in_a_session_and_not_outside_it() -> None:
    device = Device(until=120.0)
    began = device.clock.now
    device.clock.set_time(device.clock.reading().wall + 8 * 3600)  # From four to midnight.
    device.loop.run()
    assert [on for _, on in device.panel.hushed] == [True, False, True]
    (first, off, on) = [at - began for at, _ in device.panel.hushed]
    assert first == 0.0
    assert 1.0 < off < 2.0
    assert on > 60.0


def test_by_day_nothing_is_hushed() -> None:
    device = Device(until=20.0)
    device.loop.run()
    assert [on for _, on in device.panel.hushed] == [False]


def test_a_model_that_fails_is_told_from_a_camera_that_does() -> None:
    device = Device(until=10.0)
    device.inbox.put(SourceFailed(ModelError("the detector is damaged: install it again")))
    device.loop.run()
    (fault,) = [event for event in device.memory.events if isinstance(event, events.Fault)]
    assert fault.kind is events.FaultKind.MODEL
    (cue,) = [cue for _, cue in device.panel.shown if cue.kind is cues.CueKind.FAULT]
    assert cue.fault is events.FaultKind.MODEL


def test_a_weak_supply_is_kept_at_once_and_shown_once_the_session_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    volt = tmp_path / "sys/class/hwmon/hwmon0"
    volt.mkdir(parents=True)
    (volt / "name").write_text("rpi_volt\n")
    alarm = volt / "in0_lcrit_alarm"
    alarm.write_text("0\n")
    device = Device(until=200.0)
    show = device.panel.show

    def sag_with_the_first_rep(cue: cues.Cue) -> None:
        if cue.kind is cues.CueKind.REP:
            alarm.write_text("1\n")
        show(cue)

    monkeypatch.setattr(device.panel, "show", sag_with_the_first_rep)
    rooms = (device.inbox, device.coach, device.panel, device.memory, device.clock)
    Loop(*rooms, board=Board(tmp_path)).run()

    (fault,) = [event for event in device.memory.events if isinstance(event, events.Fault)]
    (ended,) = [event for event in device.memory.events if isinstance(event, events.SessionEnded)]
    assert fault.kind is events.FaultKind.POWER
    assert fault.time < ended.time
    kinds = device.panel.kinds()
    assert kinds.index(cues.CueKind.FAULT) > kinds.index(cues.CueKind.DONE)


def test_a_live_source_hands_over_nothing_once_it_is_told_to_stop() -> None:
    class Slow(Face):
        def __init__(self) -> None:
            super().__init__(VirtualClock())
            self.looking = threading.Event()
            self.told_to_close = threading.Event()

        def read(self, timeout: float) -> LiftSample | None:
            self.looking.set()
            assert self.told_to_close.wait(LONG_S)
            return LiftSample(0.0, face=False)

    source = Slow()
    inbox = LiveInbox(source, VirtualClock())
    inbox.watch(True)
    assert source.looking.wait(LONG_S)
    inbox.watch(False)
    source.told_to_close.set()

    assert inbox.wait(None) == SourceStopped()


def test_a_live_source_is_not_waited_for_and_says_when_the_camera_is_off() -> None:
    let_go = threading.Event()

    class Slow(Face):
        def read(self, timeout: float) -> LiftSample | None:
            return None

        def stop(self) -> None:
            assert let_go.wait(LONG_S)

    inbox = LiveInbox(Slow(VirtualClock()), VirtualClock())
    inbox.watch(True)
    began = time.monotonic()
    inbox.watch(False)
    assert time.monotonic() - began < LONG_S / 2
    assert inbox.wait(0.0) is None

    let_go.set()
    assert inbox.wait(None) == SourceStopped()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (CameraError("the camera does not switch off: pull the plug"), "pull the plug"),
        (OSError("no such device"), "no such device.*pull the plug"),
    ],
)
def test_a_live_source_tells_of_a_camera_that_stays_on(error: Exception, said: str) -> None:
    class Stuck(Face):
        def read(self, timeout: float) -> LiftSample | None:
            threading.Event().wait(0.01)
            return None

        def stop(self) -> None:
            raise error

    inbox = LiveInbox(Stuck(VirtualClock()), VirtualClock())
    inbox.watch(True)
    inbox.watch(False)

    stopped = inbox.wait(None)
    assert isinstance(stopped, SourceStopped)
    with pytest.raises(CameraStuckError, match=said):
        raise stopped.error or AssertionError


def test_an_error_that_nobody_thought_of_in_vision_is_heard_at_once() -> None:
    class Odd(Face):
        def read(self, timeout: float) -> LiftSample | None:
            raise ValueError("a picture of no size")

    inbox = LiveInbox(Odd(VirtualClock()), VirtualClock())
    inbox.watch(True)
    failed = inbox.wait(None)

    assert isinstance(failed, SourceFailed)
    assert isinstance(failed.error, CameraError)
    assert "a picture of no size" in str(failed.error)
    assert inbox.wait(None) == SourceStopped(), "though nobody asked"


def test_what_escapes_any_thread_ends_the_loop() -> None:
    device = Device(until=10.0)

    def fail() -> None:
        raise ZeroDivisionError("in the thread of the button, say")

    before = threading.excepthook
    with reporting_dead_threads(device.inbox):
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join(LONG_S)
        with pytest.raises(ZeroDivisionError, match="the button"):
            device.loop.run()
    assert threading.excepthook is before


def test_a_thread_that_ends_itself_is_no_fault() -> None:
    device = Device(until=10.0)
    with reporting_dead_threads(device.inbox):
        thread = threading.Thread(target=sys.exit)
        thread.start()
        thread.join(LONG_S)
        device.loop.run()


def test_live_failures_reach_the_loop_as_stimuli() -> None:
    class Missing(Face):
        def start(self) -> None:
            raise CameraError("there is no camera: plug one in")

    inbox = LiveInbox(Missing(VirtualClock()), VirtualClock())
    inbox.watch(True)
    assert isinstance(inbox.wait(None), SourceFailed)
    assert inbox.wait(None) == SourceStopped()
    inbox.put(Stop())
    assert isinstance(inbox.wait(None), Stop)


def test_power_off_ends_the_loop_and_says_why() -> None:
    device = Device()
    at = device.clock.now + 1.0
    presses: list[tuple[float, Stimulus]] = [(at, ButtonDown(at)), (at + 6, ButtonUp(at + 6))]
    inbox = VirtualInbox(device.clock, device.face, presses, 30.0)
    loop = Loop(inbox, device.coach, device.panel, device.memory, device.clock)

    loop.run()

    assert loop.power_off
    assert device.coach.state is device_states.DeviceState.OFF
