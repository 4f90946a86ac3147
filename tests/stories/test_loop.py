"""The loop when things go wrong: what it is told by the world is scripted, the rest is real."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Self

import pytest

from device import inbox as device_inbox
from device.board import Board
from device.clock import ClockReading, TimeSetting
from device.coach.appliance import State
from device.coach.coach import Coach
from device.coach.cues import Cue, CueKind
from device.coach.events import Event, Fault, FaultKind, Rep, SessionEnded
from device.coach.history import History
from device.errors import (
    CameraError,
    CameraStuckError,
    LiftLightError,
    ModelError,
    ToldError,
)
from device.failing import FAULT_SHOWN_S
from device.inbox import ButtonDown, ButtonUp, LiveInbox, SourceFailed, Stimulus, Stop
from device.loop import Loop
from device.vision.sample import LiftSample
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
        self.shown: list[tuple[float, Cue]] = []
        self.camera: list[bool] = []
        self.hushed: list[tuple[float, bool]] = []

    def show(self, cue: Cue) -> None:
        self.shown.append((self._clock.now, cue))

    def kinds(self) -> list[CueKind]:
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
        self.events: list[Event] = []
        self.settings: list[TimeSetting] = []
        self.problem: LiftLightError | None = None
        self.failing = False

    def write(self, event: Event) -> Future[None]:
        self.events.append(event)
        return self._answer()

    def checkpoint(self, reading: ClockReading) -> Future[None]:
        return self._answer()

    def set_time(self, setting: TimeSetting) -> Future[None]:
        self.settings.append(setting)
        return self._answer()

    def trouble(self) -> LiftLightError | None:
        return self.problem

    def _answer(self) -> Future[None]:
        done: Future[None] = Future()
        if self.failing:
            done.set_exception(LiftLightError("the disk is full: free some space"))
        else:
            done.set_result(None)
        return done


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
        self.inbox = VirtualInbox(self.clock, self.face, presses, until)
        self.panel = ShownPanel(self.clock)
        self.memory = Memory()
        self.coach = Coach(History())
        self.loop = Loop(self.inbox, self.coach, self.panel, self.memory, self.clock)


def test_the_cameras_light_is_on_before_the_eyes_open_and_off_after_they_close(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    device = Device(until=10.0)
    order: list[str] = []
    monkeypatch.setattr(device.inbox, "watch", lambda on: order.append(f"eyes {on}"))
    monkeypatch.setattr(device.panel, "camera_light", lambda on: order.append(f"light {on}"))

    device.loop.run()

    assert order[:2] == ["light True", "eyes True"]
    assert order[-2:] == ["eyes False", "light False"]


def test_a_session_is_counted_and_every_rep_is_safe_before_it_is_announced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    device = Device()
    safe_when_shown: list[bool] = []
    show = device.panel.show

    def watch(cue: Cue) -> None:
        if cue.kind is CueKind.REP:
            reps = [event for event in device.memory.events if isinstance(event, Rep)]
            safe_when_shown.append(reps[-1].number == cue.count)
        show(cue)

    monkeypatch.setattr(device.panel, "show", watch)
    device.loop.run()

    assert safe_when_shown == [True] * 10
    assert CueKind.DONE in device.panel.kinds()


def test_a_rep_that_cannot_be_kept_is_not_announced_and_the_disk_is_named() -> None:
    device = Device()
    device.memory.failing = True

    device.loop.run()

    assert CueKind.REP not in device.panel.kinds()
    assert CueKind.FAULT in device.panel.kinds()
    faults = [event for event in device.memory.events if isinstance(event, Fault)]
    assert faults[0].kind is FaultKind.DISK
    assert "free some space" in faults[0].detail


def test_a_journal_that_takes_nothing_more_is_a_fault_and_no_crash(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    device = Device()

    def refuse(_: object) -> Future[None]:
        raise LiftLightError("a thousand rows wait: free some space")

    monkeypatch.setattr(device.memory, "write", refuse)
    monkeypatch.setattr(device.memory, "checkpoint", refuse)
    device.loop.run()

    assert CueKind.FAULT in device.panel.kinds()
    assert CueKind.REP not in device.panel.kinds()
    assert device.coach.state is State.FAULT


def test_a_disk_that_hangs_is_a_fault_and_one_that_recovers_ends_it() -> None:
    device = Device(until=20.0)
    device.memory.problem = LiftLightError("the disk does not answer: switch off and on")
    device.loop.run()
    assert device.coach.state is State.FAULT

    device.memory.problem = None
    device.inbox.resume(until=10.0)
    device.loop.run()
    assert device.coach.state in (State.READY, State.LOCKED)


def test_a_camera_that_fails_ends_the_session_and_keeps_it() -> None:
    device = Device(face_until=30.0)

    with pytest.raises(ToldError, match="plug it in"):
        device.loop.run()

    faults = [event for event in device.memory.events if isinstance(event, Fault)]
    assert faults[0].kind is FaultKind.CAMERA
    assert "plug it in" in faults[0].detail
    ended = [event for event in device.memory.events if isinstance(event, SessionEnded)]
    assert ended[0].reps >= 1
    assert device.panel.camera[-1] is False
    (at, cue) = device.panel.shown[-1]
    assert cue.kind is CueKind.FAULT, "it is not hidden by the cue of the session that it ended"
    assert device.clock.now == pytest.approx(at + FAULT_SHOWN_S, abs=0.1)


def test_a_camera_that_failed_is_not_opened_again_by_the_same_process() -> None:
    device = Device(face_until=4.0)
    again = device.clock.now + 8.0
    device.inbox.put_at(again, ButtonDown(again))
    device.inbox.put_at(again + 0.1, ButtonUp(again + 0.1))

    with pytest.raises(ToldError, match="plug it in"):
        device.loop.run()

    assert device.clock.now < again + 1.0, "the press did not wait"
    assert device.face.started == 1
    assert device.panel.camera == [True, False, False]


def test_a_press_that_switches_off_is_heard_while_a_camera_that_failed_is_shown() -> None:
    device = Device(face_until=30.0)
    held = device.clock.now + 33.0
    device.inbox.put_at(held, ButtonDown(held))

    device.loop.run()

    assert device.loop.power_off


class StuckInbox(VirtualInbox):
    """Its camera does not switch off, until it does."""

    stuck = True

    def watch(self, on: bool) -> None:
        if not on and self.stuck:
            raise CameraStuckError("the camera does not switch off: pull the plug")
        super().watch(on)


def a_device_that_does_not_stop_seeing(until: float) -> Device:
    """A press begins a session, a hold a few seconds later ends it."""
    device = Device()
    moves = ((1.0, ButtonDown), (1.1, ButtonUp), (6.0, ButtonDown), (9.0, ButtonUp))
    presses = [(at := device.clock.now + after, move(at)) for after, move in moves]
    device.inbox = StuckInbox(device.clock, device.face, presses, until)
    device.loop = Loop(device.inbox, device.coach, device.panel, device.memory, device.clock)
    return device


@pytest.mark.parametrize("until", [60.0, 5.0], ids=["stopped by hand", "stopped by a signal"])
def test_the_cameras_light_stays_on_with_a_camera_that_stays_on(until: float) -> None:
    device = a_device_that_does_not_stop_seeing(until)

    with pytest.raises(CameraStuckError):
        device.loop.run()

    assert device.panel.camera == [True]
    (fault,) = [event for event in device.memory.events if isinstance(event, Fault)]
    assert fault.kind is FaultKind.CAMERA
    assert "pull the plug" in fault.detail


def test_a_camera_that_does_not_switch_off_is_shown_before_the_process_ends() -> None:
    device = a_device_that_does_not_stop_seeing(until=60.0)

    with pytest.raises(CameraStuckError):
        device.loop.run()

    kinds = device.panel.kinds()
    assert kinds.index(CueKind.STOPPED) < kinds.index(CueKind.FAULT) == len(kinds) - 1
    assert device.clock.now == pytest.approx(device.panel.shown[-1][0] + FAULT_SHOWN_S, abs=0.1)


def test_a_camera_that_switches_off_late_is_dark_after_all(monkeypatch: pytest.MonkeyPatch) -> None:
    device = a_device_that_does_not_stop_seeing(until=60.0)
    show = device.panel.show

    def and_let_go(cue: Cue) -> None:
        StuckInbox.stuck = cue.kind is not CueKind.FAULT
        show(cue)

    monkeypatch.setattr(StuckInbox, "stuck", StuckInbox.stuck)
    monkeypatch.setattr(device.panel, "show", and_let_go)
    with pytest.raises(ToldError):
        device.loop.run()

    assert device.panel.camera == [True, False]


def test_a_camera_that_gives_no_picture_is_a_fault_within_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    device = Device()
    monkeypatch.setattr(device.face, "read", lambda _: None)

    with pytest.raises(ToldError):
        device.loop.run()

    faults = [event for event in device.memory.events if isinstance(event, Fault)]
    assert [fault.kind for fault in faults] == [FaultKind.CAMERA]
    assert "no picture" in faults[0].detail


def test_a_picture_that_comes_once_the_camera_is_off_need_not_be_followed_by_more() -> None:
    class Late(VirtualInbox):
        """Its eyes are in the middle of a picture when they are closed."""

        def watch(self, on: bool) -> None:
            super().watch(on)
            if not on:
                self.put(LiftSample(device.clock.now, face=False))

    device = Device()
    moves = ((1.0, ButtonDown), (1.1, ButtonUp), (6.0, ButtonDown), (9.0, ButtonUp))
    presses = [(at := device.clock.now + after, move(at)) for after, move in moves]
    inbox = Late(device.clock, device.face, presses, until=60.0)
    Loop(inbox, device.coach, device.panel, device.memory, device.clock).run()

    assert CueKind.STOPPED in device.panel.kinds()
    assert not [event for event in device.memory.events if isinstance(event, Fault)]
    assert device.coach.state is State.READY


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

    reached = [at for at, cue in device.panel.shown if cue.kind is CueKind.HOLD_REACHED]
    due = [cue.at for _, cue in device.panel.shown if cue.kind is CueKind.HOLD_REACHED]
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
    assert CueKind.SYNCED in device.panel.kinds()


def test_a_time_that_could_not_be_kept_is_not_called_set() -> None:
    device = a_device_whose_time_is_set_in_a_while(7200.0)
    device.memory.failing = True
    device.loop.run()
    assert CueKind.SYNCED not in device.panel.kinds()
    assert CueKind.FAULT in device.panel.kinds()


def test_a_time_that_a_person_sets_is_no_fault_of_the_clock_and_a_step_still_is() -> None:
    device = a_device_whose_time_is_set_in_a_while(7200.0)

    device.loop.run()

    assert device.memory.settings
    assert not [event for event in device.memory.events if isinstance(event, Fault)]

    device.clock.set_time(device.clock.reading().wall + 7200.0)
    device.inbox.resume(until=100.0)
    device.loop.run()
    (fault,) = [event for event in device.memory.events if isinstance(event, Fault)]
    assert fault.kind is FaultKind.CLOCK


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
    (fault,) = [event for event in device.memory.events if isinstance(event, Fault)]
    assert fault.kind is FaultKind.MODEL
    (cue,) = [cue for _, cue in device.panel.shown if cue.kind is CueKind.FAULT]
    assert cue.fault is FaultKind.MODEL


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

    def sag_with_the_first_rep(cue: Cue) -> None:
        if cue.kind is CueKind.REP:
            alarm.write_text("1\n")
        show(cue)

    monkeypatch.setattr(device.panel, "show", sag_with_the_first_rep)
    rooms = (device.inbox, device.coach, device.panel, device.memory, device.clock)
    Loop(*rooms, board=Board(tmp_path)).run()

    (fault,) = [event for event in device.memory.events if isinstance(event, Fault)]
    (ended,) = [event for event in device.memory.events if isinstance(event, SessionEnded)]
    assert fault.kind is FaultKind.POWER
    assert fault.time < ended.time
    kinds = device.panel.kinds()
    assert kinds.index(CueKind.FAULT) > kinds.index(CueKind.DONE)


def test_live_eyes_hand_over_nothing_once_they_are_told_to_close() -> None:
    class Slow(Face):
        def __init__(self) -> None:
            super().__init__(VirtualClock())
            self.looking = threading.Event()

        def read(self, timeout: float) -> LiftSample | None:
            self.looking.set()
            assert inbox._closing.wait(LONG_S)
            return LiftSample(0.0, face=False)

    source = Slow()
    inbox = LiveInbox(source, VirtualClock())
    inbox.watch(True)
    assert source.looking.wait(LONG_S)
    inbox.watch(False)

    assert inbox.wait(0.0) is None


def test_live_eyes_close_and_a_camera_that_stays_on_is_reported() -> None:
    class Stuck(Face):
        def read(self, timeout: float) -> LiftSample | None:
            threading.Event().wait(0.01)
            return None

        def stop(self) -> None:
            raise CameraError("the camera does not switch off: pull the plug")

    inbox = LiveInbox(Stuck(VirtualClock()), VirtualClock())
    inbox.watch(True)

    for _ in range(2):
        with pytest.raises(CameraStuckError, match="pull the plug"):
            inbox.watch(False)


def test_a_camera_that_hangs_while_it_closes_holds_the_loop_up_for_a_moment_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    let_go = threading.Event()

    class Hanging(Face):
        def read(self, timeout: float) -> LiftSample | None:
            return None

        def stop(self) -> None:
            assert let_go.wait(LONG_S)

    monkeypatch.setattr(device_inbox, "CLOSE_WITHIN_S", 0.05)
    inbox = LiveInbox(Hanging(VirtualClock()), VirtualClock())
    inbox.watch(True)
    with pytest.raises(CameraStuckError, match="pull the plug"):
        inbox.watch(False)
    monkeypatch.setattr(device_inbox, "CLOSE_WITHIN_S", LONG_S)
    again = time.monotonic()
    with pytest.raises(CameraStuckError, match="pull the plug"):
        inbox.watch(False)
    assert time.monotonic() - again < LONG_S / 2, "it is not waited for twice"

    let_go.set()
    eyes = inbox._eyes
    assert eyes is not None
    eyes.join(LONG_S)
    inbox.watch(False)


def test_an_error_that_nobody_thought_of_is_heard_from_the_eyes_at_once() -> None:
    class Odd(Face):
        def read(self, timeout: float) -> LiftSample | None:
            raise ValueError("a picture of no size")

        def stop(self) -> None:
            raise OSError("no such device")

    inbox = LiveInbox(Odd(VirtualClock()), VirtualClock())
    inbox.watch(True)
    failed = inbox.wait(None)

    assert isinstance(failed, SourceFailed)
    assert isinstance(failed.error, CameraError)
    assert "a picture of no size" in str(failed.error)
    with pytest.raises(CameraStuckError, match="no such device"):
        inbox.watch(False)


def test_live_failures_reach_the_loop_as_stimuli() -> None:
    class Missing(Face):
        def start(self) -> None:
            raise CameraError("there is no camera: plug one in")

    inbox = LiveInbox(Missing(VirtualClock()), VirtualClock())
    inbox.watch(True)
    stimulus = inbox.wait(None)
    inbox.watch(False)

    assert isinstance(stimulus, SourceFailed)
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
    assert device.coach.state is State.OFF
