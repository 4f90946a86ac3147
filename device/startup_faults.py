"""What keeps LiftLight from starting: shown on the panel, kept in the journal, and not all night.

The service is started anew every few seconds until it can run. Each fault is kept once in a boot,
and heard once, by day; before and after it is shown by light alone. A press lets it be heard
again, and holding the button switches off, as they do in a LiftLight that runs.
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
from device.inbox import ButtonDown, ButtonUp, Died, LiveInbox, Stop, hearing_of_deaths, listen
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
"""How long a fault is shown before the process ends and is started again."""

KEPT_WITHIN_S = 4.0
"""How long a disk may take to keep a fault before it is shown: nobody feeds the watchdog then."""

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
    """The process before this one ended where it stood, and could not tell why."""

    def __init__(self) -> None:
        super().__init__(
            "LiftLight ended without a word: it hung, the memory ran out, or a library does not "
            "suit this processor. If it happens again, run the installer again; `journalctl -u "
            "liftlight` says more."
        )


def kind_of(error: BaseException) -> events.FaultKind | None:
    """Return what is broken; None for an error that says nothing about a part."""
    return next((kind for known, kind in _KINDS.items() if isinstance(error, known)), None)


class NoSource:
    """In place of a camera or a model that is not there or is damaged: each start says so."""

    live = True

    def __init__(self, error: LiftLightError) -> None:
        self.error = error

    def start(self) -> None:
        """Raise what is wrong."""
        raise self.error

    def read(self, timeout: float) -> LiftSample | None:
        """Raise what is wrong."""
        del timeout
        raise self.error

    def stop(self) -> None:
        """Do nothing: nothing runs."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()


class BareClock:
    """In place of a clock that could not be made: it goes on, and each reading says why."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def monotonic(self) -> float:
        """Seconds on a clock that never steps."""
        return time.monotonic()

    def reading(self) -> ClockReading:
        """Raise what is wrong."""
        raise self.error


class Failure:
    """One failure, to be told before it goes on its way.

    `notes` is a folder that lasts as long as the boot, where what was told is noted; None where
    there is none.
    """

    def __init__(self, error: BaseException, clock: Clock, notes: Path | None) -> None:
        self._error = error
        self._kind = kind_of(error) or events.FaultKind.UNKNOWN
        self._clock = clock
        self._notes = notes
        self._watchdog = Watchdog()

    def keep(self, journal: Path) -> None:
        """Keep it in the journal if it is news; while that cannot be, note that it is owed."""
        self._watchdog.appease(self._clock.monotonic())
        if not self._is_news("kept"):
            return
        kept = threading.Event()

        def write() -> None:
            with suppress(Exception):
                with Journal(journal, self._clock) as opened:
                    opened.write(events.Fault(self._clock.monotonic(), self._kind, self._detail()))
                kept.set()

        # Nothing may keep it from the panel, not even a disk that hangs.
        writing = threading.Thread(target=write, name="keep", daemon=True)
        writing.start()
        writing.join(KEPT_WITHIN_S)
        if not kept.is_set():
            self._owe()

    def _owe(self) -> None:
        if self._notes is not None:
            with suppress(OSError):
                _owed(self._notes, self._kind).write_text(
                    self._detail(), encoding="utf-8", errors="backslashreplace"
                )

    def show(self, panel: Panel, seconds: float = FAULT_SHOWN_S) -> bool:
        """Show it for some seconds; return whether the person asked for the power to go.

        Raises PanelError if the panel does not answer.
        """
        inbox = LiveInbox(NoSource(LiftLightError("a fault is shown")), self._clock)
        listen(panel, inbox)
        with hearing_of_deaths(inbox):
            return self._show(panel, inbox, seconds)

    def _show(self, panel: Panel, inbox: LiveInbox, seconds: float) -> bool:
        press: button.Button[device_states.DeviceState] = button.Button()
        night = self._is_night()
        # While nobody knows the hour it may be night: only what was asked for is heard.
        self._say(panel, heard=night is False and self._is_news("heard"))
        end = self._clock.monotonic() + seconds
        while (now := self._clock.monotonic()) < end or press.begun_in is not None:
            self._watchdog.appease(now)
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
                case Died(error):  # The next process has that thread again.
                    Failure(error, self._clock, self._notes)._owe()
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
        """Return whether it is night; None if nobody knows, whatever the clock has to say."""
        try:
            return rest.is_night(self._clock.reading())
        except Exception:  # noqa: BLE001  (nothing may keep it from the panel)
            return None

    def _say(self, panel: Panel, *, heard: bool) -> None:
        now = self._clock.monotonic()
        panel.show(cues.Cue(cues.CueKind.FAULT, now, light_only=not heard, fault=self._kind))

    def _detail(self) -> str:
        """One line that ends in a cure."""
        said = " ".join(str(self._error).split())
        if isinstance(self._error, LiftLightError):
            return said
        return (
            f"{type(self._error).__name__}: {said}. Run the installer again; "
            "`journalctl -u liftlight` says where it was."
        )

    def _is_news(self, how: str) -> bool:
        """Return whether it was not kept or heard yet, and note that it is."""
        try:
            if self._notes is not None:
                (self._notes / f"{how}-{self._kind}").touch(exist_ok=False)
        except FileExistsError:
            return False
        except OSError:
            pass  # Told once too often rather than never.
        return True


def flush_deferred_faults(notes: Path | None, journal: Journal, clock: Clock) -> None:
    """Write down what could not be kept earlier in this boot."""
    if notes is None:
        return
    for kind in events.FaultKind:
        owed = _owed(notes, kind)
        try:
            detail = owed.read_text(encoding="utf-8")
        except OSError:
            continue
        earlier = f"earlier, when nothing could be kept: {detail}"
        written = journal.write(events.Fault(clock.monotonic(), kind, earlier))
        written.add_done_callback(partial(_forget, owed))


def _forget(owed: Path, written: Future[None]) -> None:
    if written.exception(0) is None:
        with suppress(OSError):
            owed.unlink(missing_ok=True)


def _owed(notes: Path, kind: events.FaultKind) -> Path:
    return notes / f"owed-{kind}"
