"""A camera that films the synthetic subject."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Self

from device.camera.frame import Frame
from device.camera.subject.actor import CHARACTERS, Actor, Player
from device.camera.subject.person import DEFAULT, PEOPLE, Person
from device.camera.subject.render import Subject
from device.camera.subject.scenario import SCENARIOS, Script, script
from device.errors import CallerError, CameraError, EndOfRecording

FRAMES_PER_SECOND = 30.0
DEFAULT_CHARACTER = "steady"


class SubjectCamera:
    """A `device.camera.Camera` that films a performance, live or recorded::

        with SubjectCamera(script("good", reps=3), fps=15, live=False) as camera:
            camera.start()
            frame = camera.read(timeout=0.0)

    A live camera's frames are due at every multiple of 1/fps by `clock` and show the moment at
    which they were due; one whose moment has passed before it is read is dropped, also when
    drawing takes longer than a frame. A recorded one gives every frame, timed from 0, until the
    performance ends.

    A script begins when the camera is first started. An actor lives in the time of the frames,
    which is that of `clock` for a live camera: what it hears must be timed by the same clock.
    """

    def __init__(
        self,
        performance: Script | Actor,
        clock: Callable[[], float] = time.monotonic,
        fps: float = FRAMES_PER_SECOND,
        live: bool = True,
        *,
        subject: Subject | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.live = live
        self.performance = performance
        self._subject = subject
        self._clock, self._sleep = clock, sleep
        self._fps = fps
        self._began: float | None = None
        self._last = -1
        self._running = False
        # Cues are shown by one thread, frames are taken by another.
        self._performing = threading.Lock()

    @property
    def subject(self) -> Subject:
        """The person before the camera; made when first needed, which takes half a second."""
        if self._subject is None:
            self._subject = Subject()
        return self._subject

    def hear(self, cue: str, at: float) -> None:
        """Let the subject perceive a cue in its words, from any thread; a script is deaf."""
        if not isinstance(self.performance, Script):
            with self._performing:
                self.performance.hear(cue, at)

    def start(self) -> None:
        """Begin taking frames; a script that ran before goes on, a recording starts anew."""
        _ = self.subject
        if not self.live:
            self._last = -1
        elif self._began is None:
            self._began = self._clock()
        self._running = True

    def read(self, timeout: float) -> Frame | None:
        """Return the next frame, or None if none was due within `timeout` seconds.

        Raises EndOfRecording after the last frame of a recorded performance, CameraError if the
        camera was not started.
        """
        if not self._running:
            raise CameraError("the subject's camera is read before it was started")
        began = self._began if self.live and self._began is not None else 0.0
        if not self.live:
            number = self._last + 1
            if number / self._fps > self.performance.duration:
                raise EndOfRecording("the subject's performance is over")
        else:
            due = self._wait(began, timeout)
            if due is None:
                return None
            number = due
        self._last = number
        moment = number / self._fps
        heard_at = moment if isinstance(self.performance, Script) else began + moment
        with self._performing:
            state = self.performance.at(heard_at)
        return Frame(self.subject.render(state), began + moment, number)

    def _wait(self, began: float, timeout: float) -> int | None:
        """Wait for a frame later than the last; return the newest one's number."""
        latest = math.floor((self._clock() - began) * self._fps + 1e-6)
        if latest > self._last:
            return latest
        wait = began + (self._last + 1) / self._fps - self._clock()
        self._sleep(max(0.0, min(wait, timeout)))
        return self._last + 1 if wait <= timeout else None

    def stop(self) -> None:
        """Stop taking frames."""
        self._running = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()


def from_spec(
    spec: str | None,
    clock: Callable[[], float] = time.monotonic,
    fps: float = FRAMES_PER_SECOND,
    live: bool = True,
) -> SubjectCamera:
    """Return the camera for `--camera subject[:SCENARIO[@PERSON]]`; `spec` follows the colon.

    A scenario is a script, or a character, who reacts to cues. Without one it is the steady
    character. Raises CallerError, naming all there are, if there is no such scenario or person.
    """
    name, _, who = (spec or DEFAULT_CHARACTER).partition("@")
    if name in CHARACTERS:
        performance: Script | Actor = Player(CHARACTERS[name])
        person = PEOPLE[CHARACTERS[name].person]
    elif name in SCENARIOS:
        performance, person = script(name), DEFAULT
    else:
        raise CallerError(
            f"the synthetic subject knows no {name!r}: choose a character ("
            + ", ".join(CHARACTERS)
            + ") or a script ("
            + ", ".join(SCENARIOS)
            + ")"
        )
    if who:
        person = _person(who)
    return SubjectCamera(performance, clock, fps, live, subject=Subject(person))


def _person(name: str) -> Person:
    if name not in PEOPLE:
        raise CallerError(
            f"there is no synthetic person {name!r}: choose one of {', '.join(PEOPLE)}"
        )
    return PEOPLE[name]
