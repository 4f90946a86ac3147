"""Power cuts: a session on a logged disk, cut at many points, and what the device makes of each.

The session is the device's own loop, coach and journal in real time; only the eyes are a trace's,
the panel's pins are mock ones, and the wall clock is taken to be a real-time clock's. A note is
written on the disk, behind the file system, of everything that the journal acknowledged.
"""

from __future__ import annotations

import io
import json
import math
import mmap
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random

from device.clock import ClockReading, ClockSource, SystemClock
from device.coach import cues, events, rest
from device.errors import LiftLightError
from device.inbox import ButtonDown, ButtonUp, LiveInbox, Stop
from device.journal import JOURNAL_NAME, Journal, connect_to_read
from device.loop import Loop
from device.panel import Pins, TerminalPanel
from device.run import open_coach
from device.settings import Settings
from device.status import with_interrupted
from device.trace import TraceSource
from tools.lab.logged_disk import SECTOR, SYSTEM_BYTES, LoggedDisk, Request, cut, read_log

HELD_S = 0.5
"""How long a lift must be held to count towards the dose, seconds."""
PRESS_AT_S = 1.0
PRESS_S = 0.1
LINGER_S = 12.0
"""How long the machine stays on afterwards: the file system commits every five seconds, and a
camera that sends no picture is missed after ten."""
_MARK = b"LIFTLIGHT-ACK "

TRAINED = 3
"""The dose that makes a day a training day, lifts."""
REST_S = 36 * 3600.0
DAY_S = 86400.0
ON_S = 10.0
"""Age of the boot after the cut when it reads the clock, seconds."""
NEXT_S = LINGER_S + ON_S + 8.0
"""Time from the last thing that the person was told to the next start's reading, seconds: the start
before it may have gone on for `LINGER_S`, and then the power was away for a while."""


# A session, and notes of what was acknowledged


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """All that the journal has acknowledged by the moment `wall`, seconds since 1970."""

    wall: float = 0.0
    lifts: int = 0
    dose: int = 0
    ended: bool = False


def acknowledged(request: Request) -> Acknowledged | None:
    """Return the note that a request wrote, None if the request is no note."""
    if request.offset < SYSTEM_BYTES or not request.data.startswith(_MARK):
        return None
    return Acknowledged(**json.loads(request.data.removeprefix(_MARK).rstrip(b"\0")))


class TrustedClock(SystemClock):
    """The machine's time, as a real-time clock with a good battery would tell it."""

    def reading(self) -> ClockReading:
        """Return everything known about the time right now."""
        return replace(super().reading(), source=ClockSource.RTC, utc_offset=0)


def session_on_disk(disk: LoggedDisk, trace: Path) -> Acknowledged:
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
    """The journal, with a note behind the file system of each row that it acknowledged."""

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
        """Close the disk; nothing is noted any more."""
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
        """Return when `tick` is wanted next."""
        due = (super().next_deadline(), self._press_at, self._leave_at)
        return min((at for at in due if at is not None), default=None)


# Cuts


@dataclass(frozen=True, slots=True)
class Cut:
    """What was found after one power cut.

    `after` requests had been answered. `known` is what the person had been told by then, `lifts`
    and `ended` what the journal knew at the next start. `wrong` says in words what is not as it
    must be, empty if all is.
    """

    after: int
    known: Acknowledged
    lifts: int = 0
    ended: bool = False
    replayed: bool = False
    wrong: str = ""


def cuts(disk: LoggedDisk, scratch: Path, points: int) -> Iterator[Cut]:
    """Cut the power at `points` random moments of what `disk` recorded, each judged alone.

    The moments are spread evenly over the requests; which of the unflushed writes survive is
    drawn anew each time.
    """
    random = Random(1)
    requests = read_log(disk.log)
    for number in range(points):
        share = (number + random.random()) / points
        yield _judge(disk.base, requests[: 1 + int(share * len(requests))], scratch, random)


def table(found: Sequence[Cut], requests: int) -> Iterator[str]:
    """Yield lines of Markdown that say what came of all cuts."""
    told = [one for one in found if one.known.lifts]
    trained = [one for one in found if one.known.dose >= TRAINED]
    yield "| what | of | how often |"
    yield "|---|--:|--:|"
    yield f"| cut within {requests} requests, unflushed writes lost or torn | | {len(found)} |"
    for what, many, cases in (
        (
            "the file system's own log was played back",
            found,
            [one for one in found if one.replayed],
        ),
        (
            "more lifts on the disk than the person had been told of",
            found,
            [one for one in found if one.lifts > one.known.lifts],
        ),
        ("file system or journal not whole", found, _those(found, "whole")),
        ("a lift that was acknowledged is missing", told, _those(found, "missing")),
        ("unlocked before it was due", trained, _those(found, "early")),
    ):
        yield f"| {what} | {len(many)} | {len(cases)} |"


def _those(found: Sequence[Cut], word: str) -> list[Cut]:
    return [one for one in found if word in one.wrong]


def _judge(base: Path, requests: Sequence[Request], scratch: Path, random: Random) -> Cut:
    notes = [note for request in requests if (note := acknowledged(request)) is not None]
    known = notes[-1] if notes else Acknowledged()
    image, data = scratch / "cut.img", scratch / "cut"
    cut(base, requests, image, random)
    # As liftlight-fsck.service does it.
    checked = subprocess.run(["e2fsck", "-y", image], check=False, capture_output=True, text=True)
    replayed = "recovering journal" in checked.stdout
    if checked.returncode > 1:
        return Cut(len(requests), known, wrong=f"not whole: e2fsck {checked.returncode}")
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir()
    dump: list[str | Path] = ["debugfs", "-R", f'rdump /liftlight "{data}"', image]
    subprocess.run(dump, check=True, capture_output=True)
    return _start(data / "liftlight", len(requests), known, replayed)


def _start(folder: Path, after: int, known: Acknowledged, replayed: bool) -> Cut:
    """Start the device's journal in what is left, and compare it with what was promised."""
    if not folder.exists():
        return Cut(after, known, replayed=replayed, wrong="missing folder" if known.wall else "")
    clock = _NextBoot(known.wall)
    path = folder / JOURNAL_NAME
    wrong = []
    try:
        with Journal(path, clock) as journal:
            if journal.set_aside is not None:
                wrong.append("not whole: the journal was set aside")
            history, unfinished = journal.history(), journal.unfinished_session()
    except LiftLightError as error:
        return Cut(after, known, replayed=replayed, wrong=f"not whole: {error}")
    if unfinished is not None:
        history = with_interrupted(history, unfinished)
    verdict = rest.decide(history, clock.reading())
    opens = clock.reading().wall + verdict.seconds_left
    with closing(connect_to_read(path)) as rows:
        lifts = rows.execute("SELECT count(*) FROM lifts").fetchone()[0]
        ended = rows.execute("SELECT count(*) FROM sessions WHERE ending = 'done'").fetchone()[0]
    if lifts < known.lifts or ended < known.ended:
        wrong.append(f"missing: {known.lifts} lifts were acknowledged, {lifts} are there")
    if known.dose >= TRAINED and opens < _due(known.wall):
        wrong.append(f"early by {_due(known.wall) - opens:.0f} s")
    return Cut(after, known, lifts, bool(ended), replayed, "; ".join(wrong))


def _due(trained: float) -> float:
    """When the next session may begin at the earliest after training at this UTC time."""
    return max(trained + REST_S, (math.floor(trained / DAY_S) + 2) * DAY_S)


class _NextBoot:
    """The clock of the start after the cut: a real-time clock counted on."""

    def __init__(self, cut_at: float) -> None:
        self._reading = ClockReading("the next", ON_S, cut_at + NEXT_S, 0, ClockSource.RTC)

    def monotonic(self) -> float:
        return self._reading.monotonic

    def reading(self) -> ClockReading:
        return self._reading
