"""`liftlight run`: open every room and connect them to the loop.

Beside the bed `device.start` is the layer around this one, which shows what keeps it from running.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import NoReturn, Protocol, runtime_checkable

from device.camera import check_present, open_camera
from device.clock import Clock, SystemClock
from device.coach import Coach, events, exercises
from device.coach.counting import RepetitionCounter
from device.errors import CameraError, CameraStuckError, LiftLightError, ModelError
from device.inbox import LiveInbox, SourceFailed, listen, reporting_dead_threads
from device.journal import JOURNAL_NAME, Journal, faults_of_last_boot, last_time_set
from device.loop import Loop
from device.panel import Panel, TerminalPanel
from device.sample import SampleSource
from device.settings import SETTINGS, Settings, load
from device.startup_faults import NoSource, flush_deferred_faults, kind_of
from device.supervisors import clock_at_start
from device.sync import Listener
from device.system import Board, Watchdog, ask_for_power_off, note_end, note_running, run_folder
from device.trace import TRACES, SessionTraces, TraceSource
from device.vision import VisionSource, shipped_models


def run_at_a_desk(camera: str, data: Path) -> int:
    """Be the device with its panel in the terminal, until somebody stops it; return the exit code.

    Raises LiftLightError for what keeps it from starting.
    """
    settings = load(data / SETTINGS)
    # Beside the bed a webcam may appear later; here somebody can plug it in and try again.
    check_present(camera)
    clock = SystemClock(last_time_set(data / JOURNAL_NAME))
    # Before the panel, so that a wrong argument is reported before anything lights up.
    source = open_source(camera, clock)
    with TerminalPanel(settings.pins, clock, quiet=settings.panel.quiet) as panel:
        power_off = _be_the_device(source, panel, settings, data, clock)
    if power_off:
        ask_for_power_off()
    return 0


def be_at_the_bedside(
    camera: str,
    panel: Panel,
    settings: Settings,
    data: Path,
    clock: SystemClock,
    known: Sequence[LiftLightError],
) -> bool:
    """Be the device; return whether the person asked to switch the power off.

    `known` is what was found wrong before, and keeps nothing from running: it is told and kept.

    Without a model or a camera it runs all the same: it shows that fault, can be switched off, and
    copies its log to a stick. Raises whatever else keeps it from running; a camera that does not
    switch off ends the process with exit code 1.
    """
    try:
        source = open_source(camera, clock)
    except (CameraError, ModelError) as error:
        source = NoSource(error)
    return _be_the_device(source, panel, settings, data, clock, known)


def _be_the_device(
    source: SampleSource,
    panel: Panel,
    settings: Settings,
    data: Path,
    clock: SystemClock,
    known: Sequence[LiftLightError] = (),
) -> bool:
    """Run the loop; return whether it ended because the power is to be switched off."""
    loop, inbox = None, LiveInbox(source, clock)
    try:
        with (
            SessionTraces(data / TRACES, clock) if settings.trace.keep else nullcontext() as traces,
            reporting_dead_threads(inbox),
            Journal(data / JOURNAL_NAME, clock) as journal,
        ):
            flush_deferred_faults(run_folder(), journal, clock)
            coach = open_coach(journal, settings)
            loop = Loop(inbox, coach, panel, journal, clock, traces, Watchdog(), Board())
            listen(panel, inbox)
            _let_perceive(source, panel, clock)
            _listen_to_sticks(inbox)
            if isinstance(source, NoSource):
                inbox.put(SourceFailed(source.error))
            for fault in _found_at_the_start(journal, coach, clock, known):
                inbox.put(fault)
            note_running()
            try:
                loop.run()
            except CameraStuckError as error:
                if isinstance(panel, TerminalPanel):
                    raise
                _exit_with_light_on(error, journal, loop.power_off)
    except LiftLightError as error:
        # A disk that does not take the last rows must not keep the power on.
        if loop is None or not loop.power_off:
            raise
        sys.stderr.write(f"liftlight: switched off all the same: {error}\n")
    return loop.power_off


@runtime_checkable
class CameraWithSubject(Protocol):
    """A camera whose subject perceives the panel's cues, as the synthetic one does."""

    def hear(self, cue: str, at: float) -> None:
        """Let the subject perceive a cue in its words, at a time in monotonic seconds."""
        ...


def _let_perceive(source: SampleSource, panel: Panel, clock: Clock) -> None:
    if isinstance(source, VisionSource) and isinstance(source.camera, CameraWithSubject):
        hear = source.camera.hear
        panel.when_shown = lambda cue: hear(cue.words, clock.monotonic())


def _exit_with_light_on(error: CameraStuckError, journal: Journal, power_off: bool) -> NoReturn:
    """End this process, and the camera with it, and leave the camera's light on.

    Every other way out would darken the panel first, while the camera is still on. The service
    runs `liftlight panel-off` after each end, which darkens it once the camera is off.
    """
    try:
        sys.stderr.write(f"liftlight: {error}\n")
        sys.stderr.flush()
        with suppress(LiftLightError):
            journal.close()
        if power_off:
            ask_for_power_off()
        note_end()
    finally:  # Whatever else may be broken, too.
        os._exit(error.exit_code)


def open_coach(
    journal: Journal,
    settings: Settings,
    new_counter: Callable[[], RepetitionCounter] = RepetitionCounter.population,
) -> Coach:
    """Return the coach, with the journal's history and an unfinished session if there is one."""
    dose = replace(exercises.CHEEK_LIFTER.dose, reps=settings.session.reps)
    exercise = replace(exercises.CHEEK_LIFTER, dose=dose)
    return Coach(
        journal.history(),
        journal.unfinished_session(),
        exercise,
        new_counter,
        settings.button.join_within,
    )


def open_source(camera: str, clock: Clock) -> SampleSource:
    """Return the source of samples that `camera` names: a trace, or vision on a camera.

    Raises CallerError if there is no such camera or trace, ModelError if a model is damaged.
    """
    kind, _, path = camera.partition(":")
    if kind == "trace":
        return TraceSource(path, clock)
    return VisionSource(open_camera(camera, clock.monotonic), *shipped_models())


def _found_at_the_start(
    journal: Journal, coach: Coach, clock: SystemClock, known: Sequence[LiftLightError]
) -> list[events.Fault]:
    """Return the faults of the time before this start that were not yet kept in this boot."""
    now = clock.reading()
    found = [clock_at_start(now, coach.history.boots, has_chip=clock.has_chip)]
    for error in known:
        kind = kind_of(error) or events.FaultKind.UNKNOWN
        found.append(events.Fault(now.monotonic, kind, str(error)))
    with journal.reading() as connection:
        told = {fault.kind for fault in faults_of_last_boot(connection)}
    return [fault for fault in found if fault is not None and fault.kind not in told]


def _listen_to_sticks(inbox: LiveInbox) -> None:
    """Have the service that serves sticks put its news in the inbox, where there is one."""
    folder = run_folder()
    try:
        if folder:
            Listener(folder, inbox.put)
    except OSError as error:
        sys.stderr.write(f"liftlight: nothing will be heard of sticks ({error}): restart it\n")
