"""`liftlight demo`: a whole session with a synthetic person who answers the cues.

The real models watch rendered frames, the real coach counts, the real panel (on mock pins) shows
it, and the journal is a real one in a folder of its own.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from device.camera.subject import SubjectCamera, from_spec
from device.clock import Clock, SystemClock
from device.coach.cues import Cue, CueKind
from device.inbox import ButtonDown, ButtonUp, Inbox, LiveInbox, Stop
from device.journal import JOURNAL_NAME, Journal
from device.journal.history import last_session
from device.loop import Display, Loop
from device.panel.terminal import TerminalPanel
from device.run import listen, open_coach
from device.settings import Settings
from device.summary import in_words
from device.sync.report import write_report
from device.vision.runtime import DETECTOR, LANDMARKS, Model
from device.vision.watcher import Watcher

BEGIN_AFTER_S = 1.0
PRESS_S = 0.1
LINGER_S = 3.0
"""How long the last cue is left to be seen."""

OVER = frozenset({CueKind.DONE, CueKind.STOPPED, CueKind.FAULT})

WELCOME = """\
LiftLight demo: a synthetic person does a Cheek Lifter session, about a minute and a half.
The face is drawn by this program; nothing is recorded and no camera is used.
"""


class Bedside:
    """The panel, and beside it the person who perceives its cues and presses its button.

    A `Display` that hands everything on to `panel`, lets the subject hear it, presses the button
    once at the beginning and stops the loop a moment after the session is over.
    """

    def __init__(self, panel: Display, subject: SubjectCamera, inbox: Inbox, clock: Clock) -> None:
        self._panel = panel
        self._subject = subject
        self._inbox = inbox
        self._clock = clock
        self._press_at: float | None = clock.monotonic() + BEGIN_AFTER_S
        self._leave_at: float | None = None

    def show(self, cue: Cue) -> None:
        """Show a cue, and let the subject perceive it."""
        self._panel.show(cue)
        now = self._clock.monotonic()
        self._subject.hear(cue.kind.value, now)
        if cue.kind in OVER:
            self._leave_at = now + LINGER_S

    def gauge(self, fraction: float) -> None:
        """Fill the hold bar."""
        self._panel.gauge(fraction)

    def camera_light(self, on: bool) -> None:
        """Switch the camera's light."""
        self._panel.camera_light(on)

    def toggle_quiet(self) -> None:
        """Switch between sound and quiet."""
        self._panel.toggle_quiet()

    def hush(self, on: bool) -> None:
        """Answer presses by light alone, or by a click too."""
        self._panel.hush(on)

    def tick(self) -> None:
        """Carry on what is playing; press or leave when it is time."""
        self._panel.tick()
        now = self._clock.monotonic()
        if self._press_at is not None and now >= self._press_at:
            self._press_at = None
            self._inbox.put(ButtonDown(now))
            self._inbox.put(ButtonUp(now + PRESS_S))
        if self._leave_at is not None and now >= self._leave_at:
            self._leave_at = None
            self._inbox.put(Stop())

    def next_deadline(self) -> float | None:
        """When `tick` is wanted next."""
        deadlines = (self._panel.next_deadline(), self._press_at, self._leave_at)
        return min((due for due in deadlines if due is not None), default=None)


def demo() -> int:
    """Run the demo and say in words how it went; return the exit code."""
    sys.stdout.write(WELCOME + "\n")
    sys.stdout.flush()
    folder = Path(tempfile.mkdtemp(prefix="liftlight-demo-"))
    clock = SystemClock()
    subject = from_spec(None, clock.monotonic)
    watcher = Watcher(subject, Model(DETECTOR), Model(LANDMARKS))
    settings = Settings()
    inbox = LiveInbox(watcher, clock)
    with (
        Journal(folder / JOURNAL_NAME, clock) as journal,
        TerminalPanel(settings.pins, clock) as panel,
    ):
        listen(panel, inbox)
        bedside = Bedside(panel, subject, inbox, clock)
        Loop(inbox, open_coach(journal, settings), bedside, journal, clock).run()
        with journal.reading() as rows:
            session = last_session(rows)
    sys.stdout.write("\n")
    if session is None:
        sys.stdout.write("The session was left before it began.\n")
        return 0
    report = folder / "report.html"
    write_report(journal.path, report)
    sys.stdout.write(in_words(session) + f"\nThe report, for any browser: {report}\n")
    return 0
