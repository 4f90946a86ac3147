"""`liftlight run`: open every room, wire them to the loop, and leave everything dark."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from device.board import Board
from device.camera.open import look_for, open_camera
from device.clock import Clock, SystemClock
from device.coach.coach import Coach
from device.coach.exercises import CHEEK_LIFTER
from device.coach.repetitions import RepetitionCounter
from device.errors import CameraError, LiftLightError
from device.failing import Failure, NoSource
from device.inbox import ButtonDown, ButtonUp, Inbox, LiveInbox, SourceFailed, Stop
from device.journal import JOURNAL_NAME, Journal, last_time_set
from device.loop import Loop
from device.panel.errors import PanelError
from device.panel.gpio import open_gpio_panel
from device.panel.panel import Panel
from device.panel.terminal import TerminalPanel
from device.panel_off import keep_pins
from device.settings import Settings, load
from device.sync.news import Listener
from device.traces import TRACES, SessionTraces
from device.vision.runtime import DETECTOR, LANDMARKS, Model, ModelError
from device.vision.sample import SampleSource
from device.vision.trace import TraceSource
from device.vision.watcher import Watcher
from device.watchdog import Watchdog

SETTINGS = "settings.toml"
RUN_FOLDER = "RUNTIME_DIRECTORY"
"""systemd names the service's run folder in this variable."""


def run(camera: str, panel_kind: str, data: Path) -> int:
    """Be the device until the power goes or somebody stops it; return the exit code.

    Raises LiftLightError for what keeps it from starting, after the journal has kept it and the
    panel has shown it. At the bedside it starts without a model or a camera all the same: it can
    show that, be switched off, and hand out its log.
    """
    settings = load(data / SETTINGS)
    if panel_kind == "terminal":
        # Whoever sits there can plug it in; at the bedside a webcam may come late.
        look_for(camera)
    # A wrong argument is said before anything lights up.
    clock = SystemClock(last_time_set(data / JOURNAL_NAME))
    source = _open_what_there_is(camera, clock)
    if folder := _run_folder():
        keep_pins(settings.pins, folder)
    try:
        panel = open_panel(panel_kind, settings, clock)
    except PanelError as error:
        _tell_on_what_is_left(Failure(error, clock, _run_folder()), settings, data, clock)
        raise
    with panel:
        try:
            power_off = _be_the_device(source, panel, settings, data, clock)
        except LiftLightError as error:
            failure = Failure(error, clock, _run_folder())
            failure.keep(data / JOURNAL_NAME)
            with suppress(PanelError):
                failure.show(panel)
            raise
    if power_off:
        _ask_for_power_off()
    return 0


def _be_the_device(
    source: SampleSource, panel: Panel, settings: Settings, data: Path, clock: SystemClock
) -> bool:
    """Run the loop; return whether it ended because the power is to go."""
    if isinstance(source, NoSource) and isinstance(panel, TerminalPanel):
        raise source.error
    with Journal(data / JOURNAL_NAME, clock) as journal:
        coach = open_coach(journal, settings)
        inbox = LiveInbox(source, clock)
        traces = SessionTraces(data / TRACES, clock) if settings.trace.keep else None
        loop = Loop(inbox, coach, panel, journal, clock, traces, Watchdog(), Board())
        listen(panel, inbox)
        _listen_to_sticks(inbox)
        if isinstance(source, NoSource):
            inbox.put(SourceFailed(source.error))
        loop.run()
    return loop.power_off


def open_coach(
    journal: Journal,
    settings: Settings,
    new_counter: Callable[[], RepetitionCounter] = RepetitionCounter.population,
) -> Coach:
    """Return the coach with what the journal knows of the past."""
    dose = replace(CHEEK_LIFTER.dose, reps=settings.session.reps)
    exercise = replace(CHEEK_LIFTER, dose=dose)
    return Coach(journal.history(), journal.unfinished_session(), exercise, new_counter)


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


def listen(panel: Panel, inbox: Inbox) -> None:
    """Hand presses and signals to the inbox."""
    panel.when_down = lambda at: inbox.put(ButtonDown(at))
    panel.when_up = lambda at: inbox.put(ButtonUp(at))
    if isinstance(panel, TerminalPanel):
        panel.when_quit = lambda: inbox.put(Stop())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: inbox.put(Stop()))


def _listen_to_sticks(inbox: LiveInbox) -> None:
    """Hear of sticks from the service that serves them; on a laptop there is none."""
    folder = _run_folder()
    try:
        if folder:
            Listener(folder, inbox.put)
    except OSError as error:
        sys.stderr.write(f"liftlight: nothing will be heard of sticks ({error}): restart it\n")


def _open_what_there_is(camera: str, clock: Clock) -> SampleSource:
    try:
        return open_source(camera, clock)
    except (CameraError, ModelError) as error:
        return NoSource(error)


def _tell_on_what_is_left(failure: Failure, settings: Settings, data: Path, clock: Clock) -> None:
    """Tell that the panel cannot be had, on those of its pins that can."""
    failure.keep(data / JOURNAL_NAME)
    with (
        suppress(PanelError),
        open_gpio_panel(settings.pins, clock, quiet=settings.panel.quiet, partial=True) as left,
    ):
        failure.show(left)


def _ask_for_power_off() -> None:
    """Leave a note for the unit that may switch the machine off; without one, just end."""
    folder = _run_folder()
    if folder:
        (folder / "power-off").touch()


def _run_folder() -> Path | None:
    folder = os.environ.get(RUN_FOLDER)
    return Path(folder) if folder else None
