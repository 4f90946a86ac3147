"""A whole session on a logged disk, with a note on the disk of everything that was acknowledged.

It is the device's own loop, coach and journal in real time; only the eyes are a trace's, the
panel's pins are mock ones, and the wall clock is taken to be a real-time clock's.
"""

from __future__ import annotations

import io
import json
import mmap
import os
from concurrent.futures import Future
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from device.clock import ClockReading, ClockSource, SystemClock
from device.coach import cues, events
from device.inbox import ButtonDown, ButtonUp, LiveInbox, Stop
from device.journal import JOURNAL_NAME, Journal
from device.loop import Loop
from device.panel import Pins, TerminalPanel
from device.run import open_coach
from device.settings import Settings
from device.trace import TraceSource
from tools.lab.disklog import SECTOR, Request
from tools.lab.logged_disk import SYSTEM_BYTES, LoggedDisk

HELD_S = 0.5
"""A lift held this long counts towards the dose (DESIGN: dose)."""
PRESS_AT_S = 1.0
PRESS_S = 0.1
LINGER_S = 12.0
"""How long the machine stays on afterwards: the file system commits every five seconds, and a
camera that sends no picture is missed after ten."""
_MARK = b"LIFTLIGHT-ACK "


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """All that the journal has called safe by some moment. `wall` is when, seconds since 1970."""

    wall: float = 0.0
    lifts: int = 0
    dose: int = 0
    ended: bool = False


def acknowledged(request: Request) -> Acknowledged | None:
    """Return the note that a request wrote, None if it is none."""
    if request.offset < SYSTEM_BYTES or not request.data.startswith(_MARK):
        return None
    return Acknowledged(**json.loads(request.data.removeprefix(_MARK).rstrip(b"\0")))


class TrustedClock(SystemClock):
    """The machine's time, as a real-time clock with a good battery would tell it."""

    def reading(self) -> ClockReading:
        """Everything known about the time right now."""
        return replace(super().reading(), source=ClockSource.RTC, utc_offset=0)


def spend_night(disk: LoggedDisk, trace: Path) -> Acknowledged:
    """Do the session that `trace` recorded; return what was acknowledged at its end."""
    data = disk.folder / "liftlight"
    data.mkdir()
    clock = TrustedClock()
    inbox = LiveInbox(TraceSource(trace, clock), clock)
    with Journal(data / JOURNAL_NAME, clock) as journal:
        notary = Notary(journal, disk.device, clock)
        with Bedside(inbox, clock) as bedside:
            Loop(inbox, open_coach(journal, Settings()), bedside, notary, clock).run()
        notary.close()
    return notary.so_far


class Notary:
    """The journal, and a note behind the file system of each row that it called safe."""

    def __init__(self, journal: Journal, device: Path, clock: TrustedClock) -> None:
        self.checkpoint = journal.checkpoint
        self.set_time = journal.set_time
        self.trouble = journal.trouble
        self.so_far = Acknowledged()
        self._journal = journal
        self._clock = clock
        self._device = os.open(device, os.O_WRONLY | os.O_DIRECT)
        self._page = mmap.mmap(-1, SECTOR * 8)

    def write(self, event: events.Event) -> Future[None]:
        """Queue an event; once it is safe, note so before anybody else hears of it."""
        done = self._journal.write(event)
        done.add_done_callback(lambda _: self._note(event))
        return done

    def close(self) -> None:
        """No more notes."""
        os.close(self._device)

    def _note(self, event: events.Event) -> None:
        was, wall = self.so_far, self._clock.reading().wall
        match event:
            case events.Calibrated():
                now = replace(was, dose=was.dose + 1)
            case events.Rep():
                now = replace(was, lifts=was.lifts + 1, dose=was.dose + 1)
            case events.Refused():
                now = replace(was, lifts=was.lifts + 1, dose=was.dose + (event.hold >= HELD_S))
            case events.SessionEnded():
                now = replace(was, ended=True)
            case _:
                return
        self.so_far = replace(now, wall=wall)
        note = _MARK + json.dumps(asdict(self.so_far)).encode()
        self._page[:] = note.ljust(len(self._page), b"\0")
        os.pwrite(self._device, self._page, SYSTEM_BYTES)


class Bedside(TerminalPanel):
    """A panel that nobody looks at: its button is pressed once, and at the end the power goes."""

    def __init__(self, inbox: LiveInbox, clock: TrustedClock) -> None:
        super().__init__(Pins(), clock, screen=io.StringIO())
        self._inbox = inbox
        self._now = clock.monotonic
        self._press_at: float | None = self._now() + PRESS_AT_S
        self._leave_at: float | None = None

    def show(self, cue: cues.Cue) -> None:
        """Show a cue; after the last one of a session, get ready to leave."""
        super().show(cue)
        if cue.kind in (cues.CueKind.DONE, cues.CueKind.STOPPED, cues.CueKind.FAULT):
            self._leave_at = self._now() + LINGER_S

    def tick(self) -> None:
        """Carry on what is playing; press or leave when it is time."""
        super().tick()
        now = self._now()
        if self._press_at is not None and now >= self._press_at:
            self._press_at = None
            self._inbox.put(ButtonDown(now))
            self._inbox.put(ButtonUp(now + PRESS_S))
        if self._leave_at is not None and now >= self._leave_at:
            self._leave_at = None
            self._inbox.put(Stop())

    def next_deadline(self) -> float | None:
        """When `tick` is wanted next."""
        due = (super().next_deadline(), self._press_at, self._leave_at)
        return min((at for at in due if at is not None), default=None)
