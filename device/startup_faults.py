"""Faults that keep LiftLight from running: shown on the panel and kept in the journal.

The service manager starts the program anew every few seconds until it can run. So that a fault is
not repeated all night, each kind is kept once in a boot and heard once, by day; otherwise it is
shown by light alone. A press lets it be heard again, and holding the button switches the power
off, as they do while LiftLight runs.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Self

from device.clock import Clock, ClockReading, earliest
from device.coach import button, cues, device_states, events, rest
from device.errors import CameraError, LiftLightError, ModelError
from device.inbox import ButtonDown, ButtonUp, Died, LiveInbox, Stop, listen, reporting_dead_threads
from device.journal import (
    DiskError,
    EventOrderError,
    Journal,
    JournalBusyError,
    NewerJournalError,
    RowRefusedError,
)
from device.panel import Panel, PanelError, PinError
from device.sample import LiftSample
from device.settings import SettingsError
from device.system import Watchdog

FAULT_SHOWN_S = 10.0
"""How long a fault is shown before the process ends and is started again, seconds."""

KEPT_WITHIN_S = 4.0
"""How long a disk may take to keep a fault before it is shown, seconds; the service manager's
watchdog is not fed meanwhile."""

_KINDS: dict[type[LiftLightError], events.FaultKind] = {
    CameraError: events.FaultKind.CAMERA,
    ModelError: events.FaultKind.MODEL,
    PanelError: events.FaultKind.PANEL,
    DiskError: events.FaultKind.DISK,
    RowRefusedError: events.FaultKind.UNKNOWN,
    EventOrderError: events.FaultKind.UNKNOWN,
    JournalBusyError: events.FaultKind.DISK,
    NewerJournalError: events.FaultKind.DISK,
    SettingsError: events.FaultKind.SETTINGS,
    PinError: events.FaultKind.SETTINGS,
}


class SuddenEndError(LiftLightError):
    """The process before this one ended suddenly and could not report why."""

    def __init__(self) -> None:
        super().__init__(
            "LiftLight ended without a word: it hung, the memory ran out, or a library does not "
            "suit this processor. If it happens again, run the installer again; `journalctl -u "
            "liftlight` says more."
        )


def kind_of(error: BaseException) -> events.FaultKind | None:
    """Return which part an error says is broken; None if it names no part."""
    return next((kind for known, kind in _KINDS.items() if isinstance(error, known)), None)


class NoSource:
    """A `SampleSource` in place of a camera or model that cannot be used: it raises the error."""

    live = True

    def __init__(self, error: LiftLightError) -> None:
        self.error = error

    def start(self) -> None:
        """Raise the error."""
        raise self.error

    def read(self, timeout: float) -> LiftSample | None:
        """Raise the error."""
        del timeout
        raise self.error

    def stop(self) -> None:
        """Do nothing, for nothing runs."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()


class BareClock:
    """A clock in place of one that could not be made: it runs, but `reading` raises the error."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def monotonic(self) -> float:
        """Return seconds on a clock that never steps."""
        return time.monotonic()

    def reading(self) -> ClockReading:
        """Raise the error."""
        raise self.error


class Failure:
    """One error that ends the program, to be kept and shown first::

        failure = Failure(error, clock, run_folder())
        failure.keep(data / JOURNAL_NAME)
        asked_for_power_off = failure.show(panel)

    `notes` is a folder that lasts until the next boot, for notes of what was already kept and
    heard; None if there is none.
    """

    def __init__(self, error: BaseException, clock: Clock, notes: Path | None) -> None:
        self._error = error
        self._kind = kind_of(error) or events.FaultKind.UNKNOWN
        self._clock = clock
        self._notes = notes
        self._watchdog = Watchdog()

    def keep(self, journal: Path) -> None:
        """Write the fault to the journal, once in a boot; defer it if that cannot be done now."""
        self._watchdog.appease(self._clock.monotonic())
        if not self._is_news("kept"):
            return
        kept = threading.Event()

        def write() -> None:
            with suppress(Exception):
                with Journal(journal, self._clock) as opened:
                    opened.write(events.Fault(self._clock.monotonic(), self._kind, self._detail()))
                kept.set()

        # Not even a disk that hangs may keep the fault from the panel.
        writing = threading.Thread(target=write, name="keep", daemon=True)
        writing.start()
        writing.join(KEPT_WITHIN_S)
        if not kept.is_set():
            self._defer()

    def _defer(self) -> None:
        if self._notes is not None:
            with suppress(OSError):
                _deferred(self._notes, self._kind).write_text(
                    self._detail(), encoding="utf-8", errors="backslashreplace"
                )

    def show(self, panel: Panel, seconds: float = FAULT_SHOWN_S) -> bool:
        """Show the fault for `seconds`; return whether the person asked to switch the power off.

        It is shown on whatever still answers: what is broken may be a part of the panel.
        """
        inbox = LiveInbox(NoSource(LiftLightError("a fault is shown")), self._clock)
        listen(panel, inbox)
        with reporting_dead_threads(inbox):
            return self._show(panel, inbox, seconds)

    def _show(self, panel: Panel, inbox: LiveInbox, seconds: float) -> bool:
        press: button.Button[device_states.DeviceState] = button.Button()
        night = self._is_night()
        # At an unknown hour it may be night, so then a sound is made only at a press.
        self._say(panel, heard=night is False and self._is_news("heard"))
        end = self._clock.monotonic() + seconds
        while (now := self._clock.monotonic()) < end or press.begun_in is not None:
            self._watchdog.appease(now)
            with suppress(PanelError):
                panel.tick()
            stimulus = inbox.wait(
                earliest(
                    end if now < end else None,
                    panel.next_deadline(),
                    press.next_deadline(),
                    self._watchdog.next_deadline(),
                )
            )
            recognized: list[button.Recognized[device_states.DeviceState]]
            match stimulus:
                case ButtonDown(time):
                    recognized = press.down(
                        time,
                        device_states.DeviceState.FAULT,
                        device_states.GRAMMARS[device_states.DeviceState.FAULT],
                    )
                case ButtonUp(time):
                    recognized = press.up(time)
                case Stop():
                    return False
                case Died(error):  # Only a new process gets that thread again.
                    Failure(error, self._clock, self._notes)._defer()
                    return False
                case _:
                    recognized = press.tick(self._clock.monotonic())
            for gesture in recognized:
                match device_states.MEANINGS[device_states.DeviceState.FAULT].get(gesture.gesture):
                    case device_states.Meaning.POWER_OFF:
                        return True
                    case device_states.Meaning.TRY_AGAIN:
                        self._say(panel, heard=night is not True)
        return False

    def _is_night(self) -> bool | None:
        """Return whether it is night; None if the hour is not known."""
        try:
            return rest.is_night(self._clock.reading())
        except Exception:  # noqa: BLE001  (nothing may keep the fault from the panel)
            return None

    def _say(self, panel: Panel, *, heard: bool) -> None:
        now = self._clock.monotonic()
        with suppress(PanelError):
            panel.show(cues.Cue(cues.CueKind.FAULT, now, light_only=not heard, fault=self._kind))

    def _detail(self) -> str:
        """Return the fault in one line that ends in a cure."""
        said = " ".join(str(self._error).split())
        if isinstance(self._error, LiftLightError):
            return said
        return (
            f"{type(self._error).__name__}: {said}. Run the installer again; "
            "`journalctl -u liftlight` says where it was."
        )

    def _is_news(self, how: str) -> bool:
        """Return whether the fault was not yet `how` (kept or heard) in this boot, and note it."""
        try:
            if self._notes is not None:
                (self._notes / f"{how}-{self._kind}").touch(exist_ok=False)
        except FileExistsError:
            return False
        except OSError:
            pass  # Reported once too often rather than never.
        return True


def flush_deferred_faults(notes: Path | None, journal: Journal, clock: Clock) -> None:
    """Write to the journal the faults that could not be kept earlier in this boot."""
    if notes is None:
        return
    for kind in events.FaultKind:
        note = _deferred(notes, kind)
        try:
            detail = note.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        earlier = f"earlier, when nothing could be kept: {detail}"
        written = journal.write(events.Fault(clock.monotonic(), kind, earlier))
        written.add_done_callback(partial(_forget, note))


def _forget(note: Path, written: Future[None]) -> None:
    if written.exception(0) is None:
        with suppress(OSError):
            note.unlink(missing_ok=True)


def _deferred(notes: Path, kind: events.FaultKind) -> Path:
    return notes / f"owed-{kind}"
