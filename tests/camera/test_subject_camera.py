"""The subject's scripts, and the camera that films them: live as a webcam, or as a recording."""

from __future__ import annotations

import math
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from device.camera.subject import (
    SCENARIOS,
    Actor,
    Phase,
    Player,
    Script,
    State,
    SubjectCamera,
    from_spec,
    script,
)
from device.errors import CallerError, CameraError, EndOfRecording
from device.run import run_at_a_desk
from tests.subjects import small


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_script_is_a_pure_function_of_time(name: str) -> None:
    one, other = script(name, reps=2), script(name, reps=2)
    times = np.linspace(-1, one.duration + 1, 50)

    forwards = [one.at(t) for t in times.tolist()]
    backwards = [other.at(t) for t in times[::-1].tolist()]

    assert forwards == backwards[::-1]


def test_the_events_say_what_the_lifts_do() -> None:
    plan = script("good", reps=3)

    assert [event.type for event in plan.events] == ["lift"] * 3
    for event in plan.events:
        before, held, after = (
            plan.at(t) for t in (event.start - 0.1, event.hold_start + 0.1, event.end + 0.1)
        )
        assert (before.phase, held.phase, after.phase) == (Phase.REST, Phase.HOLD, Phase.REST)
        assert (before.lift_left, after.lift_left) == (0, 0)
        assert held.lift_left == pytest.approx(event.amplitude, rel=0.08)
    written = plan.events[0].as_json()
    assert {"type", "start_s", "peak_s", "hold_start_s", "hold_end_s", "end_s"} <= set(written)


def test_speed_shortens_all_but_the_hold_and_a_seed_varies_it() -> None:
    slow, fast, other = (
        script("good", reps=4),
        script("good", reps=4, speed=2),
        script("good", reps=4, seed=7),
    )

    assert fast.duration < slow.duration
    long, short = (
        [event.hold_end - event.hold_start for event in plan.events] for plan in (slow, fast)
    )
    assert short == pytest.approx(long)
    assert other.events != slow.events


def test_an_unknown_scenario_is_the_callers_mistake() -> None:
    with pytest.raises(CallerError, match=r"'goood'.*good, short, jerky"):
        script("goood")


class Clock:
    """A clock that moves when somebody sleeps or works."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Still:
    """A performance that notes when it was asked, and how long it took to be drawn."""

    duration = math.inf

    def __init__(self, clock: Clock, takes: float = 0.0) -> None:
        self.asked: list[float] = []
        self.heard: list[tuple[str, float]] = []
        self._clock, self._takes = clock, takes

    def at(self, t: float) -> State:
        self.asked.append(t)
        self._clock.sleep(self._takes)
        return State(time=t)

    def hear(self, cue: str, t: float) -> None:
        self.heard.append((cue, t))


def film(performance: Actor | Script, clock: Clock, fps: float = 10) -> SubjectCamera:
    return SubjectCamera(performance, clock, fps, subject=small(), sleep=clock.sleep)


def test_live_frames_come_when_they_are_due_and_show_that_moment() -> None:
    clock = Clock()
    actor = Still(clock)
    with film(actor, clock) as camera:
        camera.start()
        frames = [camera.read(1) for _ in range(3)]

    times = [frame.time for frame in frames if frame]
    assert times == pytest.approx([50.0, 50.1, 50.2])
    assert actor.asked == times
    assert clock.now == pytest.approx(50.2)


def test_frames_that_come_too_late_are_dropped_and_never_queued() -> None:
    clock = Clock()
    with film(Still(clock, takes=0.25), clock) as camera:
        camera.start()
        frames = [camera.read(1) for _ in range(4)]

    assert [frame.number for frame in frames if frame] == [0, 2, 5, 7]


def test_a_reader_that_does_not_wait_long_enough_gets_nothing() -> None:
    clock = Clock()
    camera = film(Still(clock), clock, fps=1)
    camera.start()
    camera.read(0)

    assert camera.read(0.4) is None
    assert clock.now == pytest.approx(50.4)
    later = camera.read(0.7)
    assert later is not None
    assert later.time == 51.0


def test_a_script_begins_when_the_camera_is_first_started_and_goes_on_through_a_pause() -> None:
    clock = Clock()
    camera = film(script("good", reps=1), clock, fps=1)
    camera.start()
    camera.stop()
    clock.now = 54.0
    camera.start()

    frame = camera.read(1)

    assert frame is not None
    assert (frame.time, frame.number) == (54.0, 4)


def test_a_recording_gives_every_frame_at_its_exact_time_and_then_ends() -> None:
    plan = script("jerky", reps=1)
    camera = SubjectCamera(plan, fps=4, live=False, subject=small())
    camera.start()
    times = []
    with pytest.raises(EndOfRecording):
        while frame := camera.read(0):
            times.append(frame.time)

    assert times == [k / 4 for k in range(math.floor(plan.duration * 4) + 1)]


def test_a_camera_that_was_not_started_says_so() -> None:
    with pytest.raises(CameraError, match="before it was started"):
        film(Still(Clock()), Clock()).read(1)


def test_actors_hear_through_the_camera_and_scripts_are_deaf() -> None:
    actor = Still(Clock())
    film(actor, Clock()).hear("lift", 3.0)
    film(script("still"), Clock()).hear("lift", 3.0)

    assert actor.heard == [("lift", 3.0)]


def test_a_word_on_the_command_line_finds_a_script_a_character_and_a_person() -> None:
    plain, scripted = from_spec(None), from_spec("talking@bola")

    assert isinstance(plain.performance, Player)
    assert isinstance(scripted.performance, Script)
    assert scripted.subject.person.name == "bola"
    with pytest.raises(CallerError, match=r"'nobody'.*steady.*good"):
        from_spec("nobody")
    with pytest.raises(CallerError, match=r"'nobody'.*ada"):
        from_spec("good@nobody")


def test_run_lets_the_subject_perceive_what_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who hears nothing never lifts: the session would end for want of it."""
    heard: list[tuple[str, float]] = []

    def hear(_: SubjectCamera, cue: str, at: float) -> None:
        heard.append((cue, at))
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(SubjectCamera, "hear", hear)
    before = {
        number: signal.getsignal(number)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    }
    began = time.monotonic()
    try:
        assert run_at_a_desk("subject", tmp_path) == 0
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    ((cue, at),) = heard[:1]
    assert cue == "ready"
    assert began <= at <= time.monotonic()
