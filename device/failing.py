"""What keeps LiftLight from starting: shown on the panel, kept in the journal, and not all night.

The service is started anew every few seconds until it can run. Each fault is kept once in a boot,
and heard once, by day; before and after it is shown by light alone.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Self

from device.clock import Clock
from device.coach.cues import Cue, CueKind
from device.coach.events import Fault, FaultKind
from device.coach.past import is_night
from device.errors import CameraError, LiftLightError
from device.journal import DiskError, Journal, JournalBusyError, NewerJournalError
from device.panel.errors import PanelError
from device.panel.panel import Panel
from device.vision.runtime import ModelError
from device.vision.sample import LiftSample

FAULT_SHOWN_S = 10.0
"""How long a fault is shown before the process ends and is started again."""

_KINDS: dict[type[LiftLightError], FaultKind] = {
    CameraError: FaultKind.CAMERA,
    ModelError: FaultKind.MODEL,
    PanelError: FaultKind.PANEL,
    DiskError: FaultKind.DISK,
    JournalBusyError: FaultKind.DISK,
    NewerJournalError: FaultKind.DISK,
}


def kind_of(error: BaseException) -> FaultKind | None:
    """Return what is broken; None for an error that says nothing about a part."""
    return next((kind for known, kind in _KINDS.items() if isinstance(error, known)), None)


class Failure:
    """One failure, to be told before it goes on its way.

    `notes` is a folder that lasts as long as the boot, where what was told is noted; None at a
    desk, where nobody starts the program anew.
    """

    def __init__(self, error: LiftLightError, clock: Clock, notes: Path | None) -> None:
        self._error = error
        self._kind = kind_of(error)
        self._clock = clock
        self._notes = notes

    def keep(self, journal: Path) -> None:
        """Keep it in the journal if it is news, and no fault of the disk itself."""
        if self._kind is None or self._kind is FaultKind.DISK or not self._is_news("kept"):
            return
        fault = Fault(self._clock.monotonic(), self._kind, str(self._error))
        with suppress(LiftLightError), Journal(journal, self._clock) as kept:
            kept.write(fault)

    def show(self, panel: Panel, seconds: float = FAULT_SHOWN_S) -> None:
        """Show it for some seconds; raises PanelError if the panel does not answer."""
        silent = is_night(self._clock.reading()) is True or not self._is_news("heard")
        now = self._clock.monotonic()
        panel.show(Cue(CueKind.FAULT, now, light_only=silent, fault=self._kind))
        end = now + seconds
        while (now := self._clock.monotonic()) < end:
            due = panel.next_deadline()
            time.sleep(max(0.0, min(end if due is None else due, end) - now))
            panel.tick()

    def _is_news(self, how: str) -> bool:
        """Return whether it was not kept or heard yet, and note that it is."""
        try:
            if self._notes is not None:
                (self._notes / f"{how}-{self._kind or 'unknown'}").touch(exist_ok=False)
        except FileExistsError:
            return False
        except OSError:
            pass  # Told once too often rather than never.
        return True


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
