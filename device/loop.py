"""The loop: the only place that knows every room; all it does is carry between them.

    inbox ──samples, presses──▶ coach ──cues──▶ panel
                                  └──events──▶ journal ──committed──▶ inbox

It is one thread. It sleeps until the next stimulus or the next deadline, whichever is first, so a
hold cue is shown at its time even while no frame arrives. A cue that must not be shown before its
repetition is on the disk (`durable`) waits for the journal's acknowledgement; every other cue is
shown at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress

from device.clock import SettableClock, earliest
from device.coach import Coach, IllegalInput, Output, cues, events, history
from device.errors import AlreadyReportedError, CameraStuckError, LiftLightError
from device.inbox import (
    ButtonDown,
    ButtonUp,
    Committed,
    Died,
    Inbox,
    SourceEnded,
    SourceFailed,
    SourceStopped,
    Stimulus,
    Stop,
    stuck,
)
from device.protocols import Display, Keeper, TraceKeeper
from device.sample import LiftSample
from device.startup_faults import FAULT_SHOWN_S, kind_of
from device.supervisors import BoardSupervisor, ClockSupervisor, FrameSupervisor
from device.sync import NewsKind, StickNews
from device.system import Board, Watchdog

COMMIT_WITHIN_S = 1.5
"""How old a row that is not on the disk may become before the journal is asked what is wrong,
seconds; it knows after 1 s."""

ASK_AGAIN_S = 0.1
"""How often the journal is asked while its disk fails or a row is late, seconds."""

CLOSE_WITHIN_S = 4.0
"""How long the camera may take to switch off, seconds: its last read (`READ_TIMEOUT_S`), its own
limit (`RELEASE_S`), and a margin. One that gave no frame yet may still be opening, which nothing
interrupts: it has at least until its first frame is due (`FIRST_FRAME_WITHIN_S`)."""

LAST_ROUNDS_S = 0.05
"""How often the panel is brought up to date while the camera switches off at the end, seconds."""


class Loop:
    """Carries stimuli to the coach, and its answers to the panel and the journal::

        loop = Loop(LiveInbox(source, clock), coach, panel, journal, clock)
        loop.run()
        if loop.power_off:
            ask_for_power_off()

    `panel`, `journal` and `trace` are what `device.protocols` describes. Without `trace`,
    `watchdog` or `board`, samples are not kept, the service manager hears nothing, and voltage
    and temperature are not looked at.
    """

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
        self._lost: events.Fault | None = None
        self._watching = False
        self._closed_by: float | None = None
        """When the camera must be off, while it is switching off."""
        self._open_again = False
        self._stuck: CameraStuckError | None = None
        self._board = None if board is None else BoardSupervisor(board)
        self._not_on_disk: deque[tuple[float, Future[None]]] = deque()
        self._asked_disk = -ASK_AGAIN_S
        self._disk_failed = False
        self._wall = ClockSupervisor()
        self._checkpoint_due = clock.monotonic()
        self._last_write: Future[None] | None = None
        self._running = False
        self.power_off = False
        """Whether the person asked for the power to be switched off, once `run` has returned."""

    def run(self) -> None:
        """Run until the coach asks to switch the power off, or the inbox says `Stop`.

        The camera and its light are off afterwards, whatever happened. Raises AlreadyReportedError
        once a camera that failed was shown for `FAULT_SHOWN_S`, for only a new process gets a new
        libcamera. Raises CameraStuckError if the camera does not switch off; its light stays on
        then. Raises what ended any other thread, for only a new process gets that thread again.
        """
        self._running = True
        try:
            while self._running:
                self._handle_time()
                stimulus = self._inbox.wait(self._next_deadline())
                if stimulus is not None:
                    self._handle(stimulus)
        finally:
            try:
                self._wait_for_camera_off()
            finally:  # The panel may fail, too; that the camera may be on matters more.
                if self._stuck is not None:
                    raise self._stuck

    def _wait_for_camera_off(self) -> None:
        """Wait until the camera is off, or known to be stuck; ignore all other stimuli."""
        self._close_camera()
        while self._closed_by is not None:
            now = self._clock.monotonic()
            stimulus = self._inbox.wait(now + LAST_ROUNDS_S)
            if isinstance(stimulus, SourceStopped):
                self._source_stopped(stimulus.error)
            self._check_closing(now)
            with suppress(LiftLightError):  # The panel may be what ended the loop.
                self._panel.tick()
            self._watchdog.feed(now)

    def _next_deadline(self) -> float | None:
        return earliest(
            self._coach.next_deadline(),
            self._panel.next_deadline(),
            self._frames.next_deadline(),
            self._closed_by,
            self._disk_due(),
            self._checkpoint_due,
            self._watchdog.next_deadline(),
            None if self._board is None else self._board.next_deadline(),
            None if self._lost is None else self._lost.time + FAULT_SHOWN_S,
        )

    def _handle_time(self) -> None:
        now = self._clock.monotonic()
        if now >= self._checkpoint_due:
            self._checkpoint_due = now + history.CHECKPOINT_S
            reading = self._clock.reading()
            self._queue_row(lambda: self._journal.checkpoint(reading))
            self._report(self._wall.reading(reading))
            self._act(self._coach.clock(reading))
        due = self._coach.next_deadline()
        if due is not None and now >= due:
            self._act(self._coach.tick(now))
        self._report(self._frames.check(now))
        for fault in () if self._board is None else self._board.check(now):
            self._report(fault)
        self._check_disk(now)
        self._check_closing(now)
        self._panel.hush(self._coach.hushed(now))
        self._panel.tick()
        if self._lost is not None and now >= self._lost.time + FAULT_SHOWN_S:
            raise AlreadyReportedError(self._lost.detail)
        # Last, so that only a round that was completed feeds it.
        self._watchdog.feed(now)

    def _handle(self, stimulus: Stimulus) -> None:
        match stimulus:
            case LiftSample():
                self._see(stimulus)
            case ButtonDown(time):
                self._act(self._coach.button_down(time))
            case ButtonUp(time):
                self._act(self._coach.button_up(time))
            case Committed(cue, error):
                self._committed(cue, error)
            case SourceFailed(error):
                self._report(self._fault(kind_of(error) or events.FaultKind.CAMERA, str(error)))
            case SourceEnded():
                self._frames.closed()
            case SourceStopped(error):
                self._source_stopped(error)
            case StickNews():
                self._act(self._stick_news(stimulus))
            case events.Fault():
                self._report(stimulus)
            case Died(escaped):
                raise escaped
            case Stop():
                self._running = False

    def _see(self, sample: LiftSample) -> None:
        if not self._watching:
            return  # It was already on its way when the camera was told to close.
        self._frames.seen(self._clock.monotonic())
        if self._trace is not None:
            self._trace.append(sample)
        self._act(self._coach.feed(sample))

    def _committed(self, cue: cues.Cue, error: BaseException | None) -> None:
        # A fault is shown even if it could not be kept.
        if error is None or cue.kind is cues.CueKind.FAULT:
            self._panel.show(cue)
            self._act(self._coach.shown(cue.kind, self._clock.monotonic()))
        else:
            self._report(self._fault(kind_of(error) or events.FaultKind.DISK, str(error)))

    def _stick_news(self, news: StickNews) -> list[Output]:
        now = self._clock.monotonic()
        match news.kind:
            case NewsKind.WORKING:
                return self._coach.copy_begun(now)
            case NewsKind.SYNCED:
                return self._coach.copy_ended(now)
            case NewsKind.FAILED:
                return self._coach.copy_ended(now, news.detail)
            case NewsKind.TIME:
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
                case cues.Cue():
                    self._show(output)
                case cues.Gauge():
                    self._panel.gauge(output.fraction)
                case cues.Request.CAMERA_ON:
                    self._open_camera()
                case cues.Request.CAMERA_OFF:
                    self._close_camera()
                case cues.Request.TOGGLE_QUIET:
                    self._panel.toggle_quiet()
                case cues.Request.POWER_OFF:
                    self.power_off = True
                    self._running = False
                case cues.SetTime():
                    self._set_time(output)
                case _:
                    self._write(output)

    def _show(self, cue: cues.Cue) -> None:
        if cue.durable and self._last_write is not None:
            self._inbox.expect(self._last_write, cue)
        else:
            self._panel.show(cue)

    def _write(self, event: events.Event) -> None:
        self._last_write = self._queue_row(lambda: self._journal.write(event))

    def _queue_row(self, write: Callable[[], Future[None]]) -> Future[None]:
        """Queue a row; if the journal refuses it, report that and return a failed future."""
        now = self._clock.monotonic()
        try:
            done = write()
        except LiftLightError as error:
            refused: Future[None] = Future()
            refused.set_exception(error)
            self._report(self._fault(kind_of(error) or events.FaultKind.DISK, str(error)))
            return refused
        self._not_on_disk.append((now, done))
        return done

    def _set_time(self, asked: cues.SetTime) -> None:
        setting = self._clock.set_time(asked.wall + self._clock.monotonic() - asked.at)
        self._wall.time_was_set()
        self._last_write = self._queue_row(lambda: self._journal.set_time(setting))
        self._act(self._coach.time_set(setting))

    def _disk_due(self) -> float | None:
        """Return when to ask the journal: while it fails, or for the oldest row not on the disk."""
        while self._not_on_disk and self._not_on_disk[0][1].done():
            self._not_on_disk.popleft()
        again = self._asked_disk + ASK_AGAIN_S
        if self._disk_failed:
            return again
        return max(again, self._not_on_disk[0][0] + COMMIT_WITHIN_S) if self._not_on_disk else None

    def _check_disk(self, now: float) -> None:
        due = self._disk_due()
        if due is None or now < due:
            return
        self._asked_disk = now
        trouble = self._journal.trouble()
        if trouble is not None and not self._disk_failed:
            self._report(self._fault(events.FaultKind.DISK, str(trouble)))
        elif trouble is None and self._disk_failed:
            self._disk_failed = False
            self._act(self._coach.fault_cleared(now, events.FaultKind.DISK))

    def _open_camera(self) -> None:
        if self._lost is not None:
            raise AlreadyReportedError(self._lost.detail)
        if self._trace is not None:
            self._trace.begin()
        # A camera that is still closing is opened again once it is off; its light stays on.
        self._open_again = self._closed_by is not None
        if not self._open_again:
            self._start_watching()

    def _start_watching(self) -> None:
        # The light is on before the first frame and off after the last.
        self._panel.camera_light(True)
        self._frames.opened(self._clock.monotonic())
        self._watching = True
        self._inbox.watch(True)

    def _close_camera(self) -> None:
        """Let the camera begin to switch off; `_source_stopped` follows."""
        if self._trace is not None:
            self._trace.end()
        self._open_again = False
        if self._watching:
            self._watching = False
            now = self._clock.monotonic()
            self._closed_by = max(now + CLOSE_WITHIN_S, self._frames.opening_until(now))
            self._inbox.watch(False)
        self._frames.closed()

    def _source_stopped(self, error: CameraStuckError | None) -> None:
        self._frames.closed()
        self._watching, self._closed_by, self._stuck = False, None, error
        if error is not None:
            self._report(self._fault(events.FaultKind.CAMERA, str(error)))
        elif self._open_again:
            self._open_again = False
            self._start_watching()
        else:
            self._panel.camera_light(False)

    def _check_closing(self, now: float) -> None:
        if self._closed_by is not None and now >= self._closed_by:
            self._source_stopped(stuck("it does not answer"))

    def _fault(self, kind: events.FaultKind, detail: str) -> events.Fault:
        return events.Fault(self._clock.monotonic(), kind, detail)

    def _report(self, fault: events.Fault | None) -> None:
        if fault is None:
            return
        if fault.kind is events.FaultKind.CAMERA and self._lost is None:
            self._lost = fault
        if fault.kind is events.FaultKind.DISK:
            self._disk_failed = True
        self._act(self._coach.fault(fault))
