"""The inbox: a queue through which everything that happens outside the loop reaches it.

The button calls from gpiozero's thread, vision works on a thread of its own, and the journal
acknowledges from its writer's thread. All of them only put a stimulus here; the loop alone acts.
"""

from __future__ import annotations

import queue
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from device.clock import Clock
from device.coach import cues, events
from device.errors import CameraError, CameraStuckError, EndOfRecording, LiftLightError
from device.panel import Panel, TerminalPanel
from device.sample import LiftSample, SampleSource
from device.sync import StickNews

READ_TIMEOUT_S = 0.5
"""How long the source waits for a sample before it checks whether it is to stop, seconds."""


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
    """What `cue` announces is on the disk; or it could not be written, and `error` says why."""

    cue: cues.Cue
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class SourceFailed:
    """The camera, or vision on its pictures, failed."""

    error: LiftLightError


@dataclass(frozen=True, slots=True)
class SourceEnded:
    """A recording has ended."""


@dataclass(frozen=True, slots=True)
class SourceStopped:
    """The camera is off. If there is an `error`, it may still be on and cannot be switched off."""

    error: CameraStuckError | None = None


@dataclass(frozen=True, slots=True)
class Died:
    """A thread ended with an exception that nothing caught."""

    error: BaseException


@dataclass(frozen=True, slots=True)
class Stop:
    """A person or the service manager asked the device to stop."""


Stimulus = (
    LiftSample
    | ButtonDown
    | ButtonUp
    | Committed
    | SourceFailed
    | SourceEnded
    | SourceStopped
    | StickNews
    | events.Fault
    | Died
    | Stop
)


class Inbox(Protocol):
    """What the loop waits for."""

    def put(self, stimulus: Stimulus) -> None:
        """Hand over a stimulus, from any thread."""
        ...

    def wait(self, until: float | None) -> Stimulus | None:
        """Return the next stimulus, or None once `until` (monotonic seconds) has come."""
        ...

    def watch(self, on: bool) -> None:
        """Begin to switch the source of samples on or off, without waiting for it.

        After `watch(True)` samples arrive, and after `watch(False)` none. A source that was
        switched on puts `SourceStopped` when its camera is off, whether it was told to stop or
        failed; only then may it be switched on again.
        """
        ...

    def expect(self, done: Future[None], cue: cues.Cue) -> None:
        """Put `Committed(cue)` once `done` is."""
        ...


def listen(panel: Panel, inbox: Inbox) -> None:
    """Have the button's presses, its failure, and the process's signals put in the inbox."""
    panel.when_down = lambda at: inbox.put(ButtonDown(at))
    panel.when_up = lambda at: inbox.put(ButtonUp(at))
    panel.when_failed = lambda at, error: inbox.put(
        events.Fault(at, events.FaultKind.PANEL, str(error))
    )
    if isinstance(panel, TerminalPanel):
        panel.when_quit = lambda: inbox.put(Stop())
    ends = [signal.SIGTERM, signal.SIGINT]
    # Of a terminal that is closed, too: else the pins would stay as they are. But not under nohup.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        ends.append(signal.SIGHUP)
    for number in ends:
        signal.signal(number, lambda *_: inbox.put(Stop()))


@contextmanager
def reporting_dead_threads(inbox: Inbox) -> Iterator[None]:
    """Put in the inbox, while this context lasts, every exception that ends a thread.

    What a dead thread did, the button for example, would stop working without a sign.
    """

    def hand_over(died: threading.ExceptHookArgs) -> None:
        if died.exc_type is not SystemExit:  # which ends a thread on purpose
            inbox.put(Died(died.exc_value or died.exc_type()))

    before, threading.excepthook = threading.excepthook, hand_over
    try:
        yield
    finally:
        threading.excepthook = before


def _committed(done: Future[None], cue: cues.Cue) -> Committed:
    return Committed(cue, done.exception(0))


class LiveInbox:
    """An inbox in real time, which threads fill::

    inbox = LiveInbox(source, clock)
    inbox.watch(True)
    stimulus = inbox.wait(until=clock.monotonic() + 1.0)  # a sample, or None after 1 s
    """

    def __init__(self, source: SampleSource, clock: Clock) -> None:
        self._queue: queue.SimpleQueue[Stimulus] = queue.SimpleQueue()
        self._source = source
        self._clock = clock
        self._closing = threading.Event()

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
        """Begin to switch the source on or off, on a thread of its own, as `Inbox` says."""
        self._closing.set()
        if on:
            self._closing = threading.Event()
            reading = threading.Thread(
                target=self._read_samples, args=(self._closing,), name="vision", daemon=True
            )
            reading.start()

    def expect(self, done: Future[None], cue: cues.Cue) -> None:
        """Put `Committed(cue)` once `done` is, from whichever thread finishes it."""
        done.add_done_callback(lambda finished: self.put(_committed(finished, cue)))

    def _read_samples(self, closing: threading.Event) -> None:
        try:
            self._source.start()
            while not closing.is_set():
                sample = self._source.read(READ_TIMEOUT_S)
                if sample is not None and not closing.is_set():
                    self.put(sample)
        except EndOfRecording:
            self.put(SourceEnded())
        except LiftLightError as error:
            self.put(SourceFailed(error))
        except Exception as error:  # noqa: BLE001 (unreported, it would look like a loose cable)
            failed = f"nothing can be made of the camera's pictures ({error!r}): `liftlight doctor`"
            self.put(SourceFailed(CameraError(f"{failed} looks for the cause")))
        finally:
            self.put(SourceStopped(self._stop()))

    def _stop(self) -> CameraStuckError | None:
        try:
            self._source.stop()
        except LiftLightError as error:
            return CameraStuckError(str(error))
        except Exception as error:  # noqa: BLE001 (whatever it is, the camera may be on)
            return stuck(repr(error))
        return None


def stuck(why: str) -> CameraStuckError:
    """Return the error that says that the camera may still be on, and `why`."""
    return CameraStuckError(f"the camera does not switch off ({why}): pull the plug and try again")
