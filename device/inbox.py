"""Where everything that happens outside the loop is handed to it, one at a time.

The button calls from gpiozero's thread, vision works on a thread of its own, the journal
acknowledges from its writer. All of them only put something here; the loop alone acts.
"""

from __future__ import annotations

import queue
import signal
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from device.clock import Clock
from device.coach.cues import Cue
from device.coach.events import Fault
from device.errors import CameraError, CameraStuckError, EndOfRecording, LiftLightError
from device.panel.panel import Panel
from device.panel.terminal import TerminalPanel
from device.sync.news import StickNews
from device.vision.sample import LiftSample, SampleSource

READ_TIMEOUT_S = 0.5
"""How long the eyes wait for a frame before they look whether they should close."""

CLOSE_WITHIN_S = 4.0
"""How long the eyes may take to close: that wait, the camera's own (`RELEASE_S`), and some more.

Nobody feeds the watchdog meanwhile, so it must be more patient than this.
"""


@dataclass(frozen=True, slots=True)
class ButtonDown:
    """The button went down at `time`, monotonic seconds."""

    time: float


@dataclass(frozen=True, slots=True)
class ButtonUp:
    """The button came up at `time`, monotonic seconds."""

    time: float


@dataclass(frozen=True, slots=True)
class Committed:
    """What `cue` announces is on the disk, or could not be written: then `error` says why."""

    cue: Cue
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class SourceFailed:
    """The camera failed."""

    error: LiftLightError


@dataclass(frozen=True, slots=True)
class SourceEnded:
    """A recording has no more to show."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Somebody asked the whole device to stop."""


Stimulus = (
    LiftSample
    | ButtonDown
    | ButtonUp
    | Committed
    | SourceFailed
    | SourceEnded
    | StickNews
    | Fault
    | Stop
)


class Inbox(Protocol):
    """What the loop waits on."""

    def put(self, stimulus: Stimulus) -> None:
        """Hand over a stimulus, from any thread."""
        ...

    def wait(self, until: float | None) -> Stimulus | None:
        """Return the next stimulus, or None once `until` (monotonic seconds) has come."""
        ...

    def watch(self, on: bool) -> None:
        """Open or close the eyes: samples arrive only in between. Returns once it is done.

        Raises CameraStuckError if the camera does not switch off, and again each time until it
        does: its light must stay on.
        """
        ...

    def expect(self, done: Future[None], cue: Cue) -> None:
        """Put `Committed(cue)` once `done` is."""
        ...


def listen(panel: Panel, inbox: Inbox) -> None:
    """Hand presses and signals to the inbox."""
    panel.when_down = lambda at: inbox.put(ButtonDown(at))
    panel.when_up = lambda at: inbox.put(ButtonUp(at))
    if isinstance(panel, TerminalPanel):
        panel.when_quit = lambda: inbox.put(Stop())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: inbox.put(Stop()))


def _committed(done: Future[None], cue: Cue) -> Committed:
    return Committed(cue, done.exception(0))


class LiveInbox:
    """Real time: a queue that threads fill."""

    def __init__(self, source: SampleSource, clock: Clock) -> None:
        self._queue: queue.SimpleQueue[Stimulus] = queue.SimpleQueue()
        self._source = source
        self._clock = clock
        self._eyes: threading.Thread | None = None
        self._closing = threading.Event()
        self._stuck: CameraStuckError | None = None

    def put(self, stimulus: Stimulus) -> None:
        """Hand over a stimulus, from any thread."""
        self._queue.put(stimulus)

    def wait(self, until: float | None) -> Stimulus | None:
        """Return the next stimulus, or None once `until` (monotonic seconds) has come."""
        timeout = None if until is None else max(0.0, until - self._clock.monotonic())
        try:
            return self._queue.get(timeout=timeout)
        except queue.Empty:
            return None

    def watch(self, on: bool) -> None:
        """Open or close the eyes; closing waits until the camera is really off.

        Raises CameraStuckError if it is not within `CLOSE_WITHIN_S`; asked again, it only looks.
        """
        if on and self._eyes is None:
            self._closing.clear()
            self._stuck = None
            self._eyes = threading.Thread(target=self._look, name="eyes", daemon=True)
            self._eyes.start()
        elif not on and self._eyes is not None:
            patience = 0.0 if self._closing.is_set() else CLOSE_WITHIN_S
            self._closing.set()
            self._eyes.join(patience)
            if self._eyes.is_alive():
                raise _stuck("it does not answer")
            if self._stuck is not None:
                raise self._stuck
            self._eyes = None

    def expect(self, done: Future[None], cue: Cue) -> None:
        """Put `Committed(cue)` once `done` is, from whichever thread finishes it."""
        done.add_done_callback(lambda finished: self.put(_committed(finished, cue)))

    def _look(self) -> None:
        try:
            self._source.start()
            while not self._closing.is_set():
                sample = self._source.read(READ_TIMEOUT_S)
                if sample is not None and not self._closing.is_set():
                    self.put(sample)
        except EndOfRecording:
            self.put(SourceEnded())
        except LiftLightError as error:
            self.put(SourceFailed(error))
        except Exception as error:  # noqa: BLE001 (eyes that die unheard look like a loose cable)
            failed = f"nothing can be made of the camera's pictures ({error!r}): `liftlight doctor`"
            self.put(SourceFailed(CameraError(f"{failed} looks for the cause")))
        finally:
            try:
                self._source.stop()
            except LiftLightError as error:
                self._stuck = CameraStuckError(str(error))
            except Exception as error:  # noqa: BLE001 (whatever it is, the camera may be on)
                self._stuck = _stuck(repr(error))


def _stuck(why: str) -> CameraStuckError:
    return CameraStuckError(f"the camera does not switch off ({why}): pull the plug and try again")
