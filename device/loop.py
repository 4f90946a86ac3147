"""The loop: the only place that knows every room, and does nothing but carry between them.

    inbox ──samples, presses──▶ coach ──cues──▶ panel
                                  └──events──▶ journal ──committed──▶ inbox

One thread. It sleeps until the next stimulus or the next deadline, whichever is first, so a hold
cue is shown at its time even while no frame arrives. A cue that must not be shown before its rep
is safe (`durable`) waits for the journal's acknowledgement; everything else is shown at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future

from device.board import Board
from device.clock import SettableClock
from device.coach.agenda import earliest
from device.coach.coach import Coach, Output
from device.coach.cues import Cue, Gauge, Request, SetTime
from device.coach.events import Event, Fault, FaultKind
from device.coach.history import CHECKPOINT_S
from device.coach.transitions import IllegalInput
from device.errors import CameraStuckError, LiftLightError, ToldError
from device.failing import FAULT_SHOWN_S, kind_of
from device.inbox import (
    ButtonDown,
    ButtonUp,
    Committed,
    Inbox,
    SourceEnded,
    SourceFailed,
    Stimulus,
    Stop,
)
from device.rooms import Display, Keeper, TraceKeeper
from device.supervisors import BoardSupervisor, ClockSupervisor, FrameSupervisor
from device.sync.news import StickNews, Word
from device.vision.sample import LiftSample
from device.watchdog import Watchdog

COMMIT_WITHIN_S = 1.5
"""When to ask the journal whether a row it was given is safe; it calls one late after 1 s."""


class Loop:
    """Carries stimuli to the coach and its answers to the panel and the journal."""

    def __init__(
        self,
        inbox: Inbox,
        coach: Coach,
        panel: Display,
        journal: Keeper,
        clock: SettableClock,
        trace: TraceKeeper | None = None,
        watchdog: Watchdog | None = None,
        board: Board | None = None,
    ) -> None:
        self._inbox = inbox
        self._coach = coach
        self._panel = panel
        self._journal = journal
        self._clock = clock
        self._trace = trace
        self._watchdog = Watchdog({}) if watchdog is None else watchdog
        self._frames = FrameSupervisor()
        self._lost: Fault | None = None
        self._stuck: CameraStuckError | None = None
        self._board = None if board is None else BoardSupervisor(board)
        self._disk_due: float | None = None
        self._disk_failed = False
        self._wall = ClockSupervisor()
        self._checkpoint_due = clock.monotonic()
        self._last_write: Future[None] | None = None
        self._running = False
        self.power_off = False
        """The person asked for the power to go; true once `run` has returned for that reason."""

    def run(self) -> None:
        """Run until the coach asks for the power to go, the inbox says stop, or it raises.

        The camera and its light are off afterwards, whatever happened. Raises ToldError once a
        camera that failed was shown for `FAULT_SHOWN_S`: only a new process has a new libcamera.
        Raises CameraStuckError if the camera does not switch off; its light is on then.
        """
        self._running = True
        try:
            while self._running:
                self._attend_to_time()
                stimulus = self._inbox.wait(self._next_deadline())
                if stimulus is not None:
                    self._handle(stimulus)
        finally:
            self._close_eyes()
            if self._stuck is not None:
                raise self._stuck

    def _next_deadline(self) -> float | None:
        return earliest(
            self._coach.next_deadline(),
            self._panel.next_deadline(),
            self._frames.next_deadline(),
            self._disk_due,
            self._checkpoint_due,
            self._watchdog.next_deadline(),
            None if self._board is None else self._board.next_deadline(),
            None if self._lost is None else self._lost.time + FAULT_SHOWN_S,
        )

    def _attend_to_time(self) -> None:
        now = self._clock.monotonic()
        if now >= self._checkpoint_due:
            self._checkpoint_due = now + CHECKPOINT_S
            reading = self._clock.reading()
            self._handed_over(lambda: self._journal.checkpoint(reading))
            self._report(self._wall.reading(reading))
            self._act(self._coach.clock(reading))
        due = self._coach.next_deadline()
        if due is not None and now >= due:
            self._act(self._coach.tick(now))
        self._report(self._frames.check(now))
        for fault in () if self._board is None else self._board.check(now):
            self._report(fault)
        self._look_after_disk(now)
        self._panel.hush(self._coach.hushed(now))
        self._panel.tick()
        if self._lost is not None and now >= self._lost.time + FAULT_SHOWN_S:
            raise ToldError(self._lost.detail)
        # Last, so that it is told only of rounds that came to their end.
        self._watchdog.feed(now)

    def _handle(self, stimulus: Stimulus) -> None:
        match stimulus:
            case LiftSample():
                self._frames.seen(self._clock.monotonic())
                if self._trace is not None:
                    self._trace.append(stimulus)
                self._act(self._coach.feed(stimulus))
            case ButtonDown(time):
                self._act(self._coach.button_down(time))
            case ButtonUp(time):
                self._act(self._coach.button_up(time))
            case Committed(cue, error):
                if error is None:
                    self._panel.show(cue)
                else:
                    self._report(self._fault(FaultKind.DISK, str(error)))
            case SourceFailed(error):
                self._report(self._fault(kind_of(error) or FaultKind.CAMERA, str(error)))
            case SourceEnded():
                self._frames.closed()
            case StickNews():
                self._act(self._told_of_stick(stimulus))
            case Fault():
                self._report(stimulus)
            case Stop():
                self._running = False

    def _told_of_stick(self, news: StickNews) -> list[Output]:
        now = self._clock.monotonic()
        match news.word:
            case Word.WORKING:
                return self._coach.copy_begun(now)
            case Word.SYNCED:
                return self._coach.copy_ended(now)
            case Word.FAILED:
                return self._coach.copy_ended(now, news.detail)
            case Word.TIME:
                return self._offer_time(now, news.wall)

    def _offer_time(self, now: float, wall: float) -> list[Output]:
        try:
            return self._coach.offer_time(now, wall)
        except IllegalInput:
            problem = "the stick's time came while the device was busy: write the file again"
            return self._coach.copy_ended(now, problem)

    def _act(self, outputs: Iterable[Output]) -> None:
        for output in outputs:
            match output:
                case Cue():
                    self._show(output)
                case Gauge():
                    self._panel.gauge(output.fraction)
                case Request.CAMERA_ON:
                    self._open_eyes()
                case Request.CAMERA_OFF:
                    self._close_eyes()
                case Request.TOGGLE_QUIET:
                    self._panel.toggle_quiet()
                case Request.POWER_OFF:
                    self.power_off = True
                    self._running = False
                case SetTime():
                    self._set_time(output)
                case _:
                    self._write(output)

    def _show(self, cue: Cue) -> None:
        if cue.durable and self._last_write is not None:
            self._inbox.expect(self._last_write, cue)
        else:
            self._panel.show(cue)

    def _write(self, event: Event) -> None:
        self._last_write = self._handed_over(lambda: self._journal.write(event))

    def _handed_over(self, write: Callable[[], Future[None]]) -> Future[None]:
        """Hand a row to the journal; one that it refuses is a fault, and never committed."""
        self._disk_due = self._clock.monotonic() + COMMIT_WITHIN_S
        try:
            return write()
        except LiftLightError as error:
            refused: Future[None] = Future()
            refused.set_exception(error)
            self._report(self._fault(FaultKind.DISK, str(error)))
            return refused

    def _set_time(self, asked: SetTime) -> None:
        setting = self._clock.set_time(asked.wall + self._clock.monotonic() - asked.at)
        self._wall.time_was_set()
        self._last_write = self._handed_over(lambda: self._journal.set_time(setting))
        self._act(self._coach.time_set(setting))

    def _look_after_disk(self, now: float) -> None:
        if self._disk_due is None or now < self._disk_due:
            return
        trouble = self._journal.trouble()
        self._disk_due = None if trouble is None else now + COMMIT_WITHIN_S
        if trouble is not None and not self._disk_failed:
            self._report(self._fault(FaultKind.DISK, str(trouble)))
        elif trouble is None and self._disk_failed:
            self._act(self._coach.fault_cleared(now, FaultKind.DISK))
        self._disk_failed = trouble is not None

    def _open_eyes(self) -> None:
        if self._lost is not None:
            raise ToldError(self._lost.detail)
        if self._trace is not None:
            self._trace.begin()
        # The light is on before the first frame and off after the last.
        self._panel.camera_light(True)
        self._frames.opened(self._clock.monotonic())
        self._inbox.watch(True)

    def _close_eyes(self) -> None:
        if self._trace is not None:
            self._trace.end()
        self._frames.closed()
        try:
            self._inbox.watch(False)
        except CameraStuckError as error:
            self._stuck = error
            self._report(self._fault(FaultKind.CAMERA, str(error)))
        else:
            self._stuck = None
            self._panel.camera_light(False)

    def _fault(self, kind: FaultKind, detail: str) -> Fault:
        return Fault(self._clock.monotonic(), kind, detail)

    def _report(self, fault: Fault | None) -> None:
        if fault is None:
            return
        if fault.kind is FaultKind.CAMERA and self._lost is None:
            self._lost = fault
        self._act(self._coach.fault(fault))
