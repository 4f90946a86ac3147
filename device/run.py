"""`liftlight run`: open every room, wire them to the loop, and leave everything dark."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from device.camera.open import open_camera
from device.clock import Clock, SystemClock
from device.coach.coach import Coach
from device.coach.cues import Cue, CueKind
from device.coach.exercises import CHEEK_LIFTER
from device.errors import LiftLightError
from device.inbox import ButtonDown, ButtonUp, LiveInbox, Stop
from device.journal import JOURNAL_NAME, Journal, last_time_set
from device.loop import Loop
from device.panel.gpio import open_gpio_panel
from device.panel.panel import Panel
from device.panel.terminal import TerminalPanel
from device.settings import Settings, load
from device.sync.news import Listener
from device.traces import TRACES, SessionTraces
from device.vision.runtime import DETECTOR, LANDMARKS, Model
from device.vision.sample import SampleSource
from device.vision.trace import TraceSource
from device.vision.watcher import Watcher
from device.watchdog import Watchdog

SETTINGS = "settings.toml"
RUN_FOLDER = "RUNTIME_DIRECTORY"
"""systemd names the service's run folder in this variable."""

FAULT_SHOWN_S = 10.0
"""How long a fault at the start is shown before the process ends and is started again."""


def run(camera: str, panel_kind: str, data: Path) -> int:
    """Be the device until the power goes or somebody stops it; return the exit code.

    Raises LiftLightError for what keeps it from starting, after the panel has shown it.
    """
    settings = load(data / SETTINGS)
    # A wrong argument is said before anything lights up.
    clock = SystemClock(last_time_set(data / JOURNAL_NAME))
    source = open_source(camera, clock)
    with open_panel(panel_kind, settings, clock) as panel, _shown(panel):
        with Journal(data / JOURNAL_NAME, clock) as journal:
            coach = open_coach(journal, settings)
            inbox = LiveInbox(source, clock)
            traces = SessionTraces(data / TRACES, clock) if settings.trace.keep else None
            loop = Loop(inbox, coach, panel, journal, clock, traces, Watchdog())
            listen(panel, inbox)
            _listen_to_sticks(inbox)
            loop.run()
        if loop.power_off:
            _ask_for_power_off()
    return 0


def open_coach(journal: Journal, settings: Settings) -> Coach:
    """Return the coach with what the journal knows of the past."""
    dose = replace(CHEEK_LIFTER.dose, reps=settings.session.reps)
    exercise = replace(CHEEK_LIFTER, dose=dose)
    return Coach(journal.history(), journal.unfinished_session(), exercise)


def open_source(camera: str, clock: Clock) -> SampleSource:
    """Return what `camera` names as a source of samples.

    Raises CallerError for something there is not, ModelError if a model is damaged.
    """
    kind, _, path = camera.partition(":")
    if kind == "trace":
        return TraceSource(path, clock)
    return Watcher(open_camera(camera, clock.monotonic), Model(DETECTOR), Model(LANDMARKS))


def open_panel(kind: str, settings: Settings, clock: Clock) -> Panel:
    """Return the panel, dark; raises PanelError if its pins cannot be had."""
    quiet = settings.panel.quiet
    if kind == "terminal":
        return TerminalPanel(settings.pins, clock, quiet=quiet)
    brightness = settings.panel.brightness
    return open_gpio_panel(settings.pins, clock, quiet=quiet, brightness=brightness)


def listen(panel: Panel, inbox: LiveInbox) -> None:
    """Hand presses and signals to the inbox."""
    panel.when_down = lambda at: inbox.put(ButtonDown(at))
    panel.when_up = lambda at: inbox.put(ButtonUp(at))
    if isinstance(panel, TerminalPanel):
        panel.when_quit = lambda: inbox.put(Stop())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: inbox.put(Stop()))


def _listen_to_sticks(inbox: LiveInbox) -> None:
    """Hear of sticks from the service that serves them; on a laptop there is none."""
    folder = os.environ.get(RUN_FOLDER)
    try:
        if folder:
            Listener(Path(folder), inbox.put)
    except OSError as error:
        sys.stderr.write(f"liftlight: nothing will be heard of sticks ({error}): restart it\n")


@contextmanager
def _shown(panel: Panel) -> Iterator[None]:
    """Show on the panel that something failed, before the failure goes on its way."""
    try:
        yield
    except LiftLightError:
        panel.show(Cue(CueKind.FAULT, time.monotonic()))
        end = time.monotonic() + FAULT_SHOWN_S
        while (now := time.monotonic()) < end:
            due = panel.next_deadline()
            time.sleep(max(0.0, min(end if due is None else due, end) - now))
            panel.tick()
        raise


def _ask_for_power_off() -> None:
    """Leave a note for the unit that may switch the machine off; without one, just end."""
    folder = os.environ.get(RUN_FOLDER)
    if folder:
        (Path(folder) / "power-off").touch()
