"""`liftlight demo`: a whole session with a synthetic person who answers the cues.

The real models watch drawn frames, the real coach counts, the real panel shows it on mock pins,
and the journal is a real one in a temporary folder. Time is simulated: a slow machine shows the
same session, more slowly.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from device.camera.subject import CHARACTERS, SubjectCamera, from_spec
from device.clock import Clock, earliest
from device.coach import cues, events
from device.coach.counting import Phase, RepetitionCounter
from device.desk.film import Film, View
from device.desk.simulated_time import SimulatedClock, SimulatedInbox
from device.desk.window import FPS, LiftView, Showing, ShownCounter, Window
from device.errors import CallerError, LiftLightError
from device.inbox import (
    ButtonDown,
    ButtonUp,
    Inbox,
    Stimulus,
    Stop,
    listen,
    reporting_dead_threads,
)
from device.journal import JOURNAL_NAME, Journal, last_session
from device.loop import Loop
from device.panel import TerminalPanel, patterns
from device.protocols import Display
from device.run import open_coach
from device.sample import LiftSample
from device.settings import Settings
from device.sync.report import words, write_report
from device.vision import VisionSource, shipped_models

TITLE = "LiftLight demo"
BEGIN_AFTER_S = 1.0
"""When the button is pressed to begin, seconds."""
PRESS_S = 0.1
"""How long the button is held down, seconds."""
LINGER_S = 3.0
"""How long the last cue stays to be seen, seconds."""

OVER = frozenset({cues.CueKind.DONE, cues.CueKind.STOPPED, cues.CueKind.FAULT})
"""Cues after which the demo ends."""

WELCOME = """\
LiftLight demo: a synthetic person does a Cheek Lifter session.
It takes about a minute and a half.
This is {name}, who {about}.
The face is drawn by this program; no camera is used.
"""


class Bedside:
    """A `Display` that is a panel for one session, with the synthetic subject beside it, if any.

    It hands everything on to `panel` and lets the subject perceive the cues, presses the button
    once at the beginning, and stops the loop a moment after the session is over. `showing`, if
    there is one, is kept up to date.
    """

    def __init__(
        self,
        panel: Display,
        subject: SubjectCamera | None,
        inbox: Inbox,
        clock: Clock,
        showing: Showing | None = None,
    ) -> None:
        self._panel = panel
        self._showing = showing
        self._subject = subject
        self._inbox = inbox
        self._clock = clock
        self.failed = False
        """Whether a fault was shown."""
        press_at = clock.monotonic() + BEGIN_AFTER_S
        self._coming: list[tuple[float, Stimulus]] = [
            (press_at, ButtonDown(press_at)),
            (press_at + PRESS_S, ButtonUp(press_at + PRESS_S)),
        ]

    def show(self, cue: cues.Cue) -> None:
        """Show a cue, and let the subject perceive it."""
        self._panel.show(cue)
        if self._showing is not None:
            self._showing.cue(patterns.pattern_of(cue))
        now = self._clock.monotonic()
        if self._subject is not None:
            self._subject.hear(cue.words, now)
        self.failed = self.failed or cue.kind is cues.CueKind.FAULT
        if cue.kind in OVER:
            self._coming.append((now + LINGER_S, Stop()))

    def gauge(self, fraction: float) -> None:
        """Fill the hold bar."""
        self._panel.gauge(fraction)

    def camera_light(self, on: bool) -> None:
        """Switch the camera's light."""
        self._panel.camera_light(on)
        if self._showing is not None and not on:
            self._showing.camera_off()

    def toggle_quiet(self) -> None:
        """Switch between sound and quiet."""
        self._panel.toggle_quiet()

    def hush(self, on: bool) -> None:
        """Answer presses by light alone, or by a click too."""
        self._panel.hush(on)

    def tick(self) -> None:
        """Carry on what is playing, and hand over what is due."""
        now = self._clock.monotonic()
        self._panel.tick()
        if self._showing is not None:
            self._showing.draw(now)
        while self._coming and self._coming[0][0] <= now:
            self._inbox.put(self._coming.pop(0)[1])

    def next_deadline(self) -> float | None:
        """When `tick` is wanted next."""
        coming = self._coming[0][0] if self._coming else None
        return earliest(self._panel.next_deadline(), coming)


class _LiftOnPanel:
    """Has a terminal draw the lift as it rises."""

    def __init__(self, panel: TerminalPanel) -> None:
        self._panel = panel

    def observe(
        self, sample: LiftSample, counter: RepetitionCounter, known: list[events.LiftEvent]
    ) -> None:
        del sample, known
        self._panel.lift(counter.level, held=counter.phase is Phase.HOLD)

    def practised(self) -> None: ...


def demo(character: str, window: bool, record: Path | None) -> int:
    """Run the demo with one of the characters and say in words how it went; return the exit code.

    `window` draws it to a window, and `record` to an MP4. It goes no faster than real time if there
    is a window or a terminal, and otherwise as fast as the machine can. Raises CallerError if there
    is no such character, if no window can be opened, or if `record` cannot be written.
    """
    if character not in CHARACTERS:
        names = ", ".join(CHARACTERS)
        raise CallerError(f"nobody here is called {character!r}: choose one of {names}.")
    clock = SimulatedClock()
    subject = from_spec(character, clock.monotonic, FPS)
    vision = VisionSource(subject, *shipped_models())
    inbox = SimulatedInbox(vision, clock, paced=window or sys.stdout.isatty())
    settings = Settings()
    with ExitStack() as stack:
        film = stack.enter_context(Film(record, FPS)) if record is not None else None
        screen = Window(TITLE, lambda: inbox.put(Stop())) if window else None
        stack.enter_context(reporting_dead_threads(inbox))
        folder = _new_folder()
        sys.stdout.write(WELCOME.format(name=character, about=CHARACTERS[character].about) + "\n")
        sys.stdout.flush()
        journal = stack.enter_context(Journal(folder / JOURNAL_NAME, clock))
        panel = stack.enter_context(TerminalPanel(settings.pins, clock))
        listen(panel, inbox)
        showing = None
        views: list[LiftView] = [_LiftOnPanel(panel)]
        if film is not None or screen is not None:
            view = View(vision)
            showing = stack.enter_context(Showing(view, panel, film, screen))
            views.append(view)

        def new_counter() -> RepetitionCounter:
            counter = ShownCounter.population()
            counter.views = views
            return counter

        bedside = Bedside(panel, subject, inbox, clock, showing)
        Loop(inbox, open_coach(journal, settings, new_counter), bedside, journal, clock).run()
        with journal.reading() as rows:
            session = last_session(rows)
    sys.stdout.write("\n")
    if session is None:
        sys.stdout.write("The session was left before it began.\n")
        return int(bedside.failed)
    report = folder / "report.html"
    write_report(journal.path, report)
    sys.stdout.write(words.in_words(session) + f"\nThe report, for any browser: {report}\n")
    if record is not None:
        sys.stdout.write(f"The film: {record}\n")
    return int(bedside.failed)


def _new_folder() -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix="liftlight-demo-"))
    except OSError as error:
        raise LiftLightError(
            f"no folder can be made for the log ({error.strerror}): make room on the disk, or name "
            "a folder in TMPDIR."
        ) from error
