"""`liftlight run` beside the bed: the outermost layer, which shows what keeps others from running.

It needs the panel and nothing else. Camera, vision and coach are imported only once the panel is
there, so that a missing library, or an unforeseen error, does not leave the device dark and silent.
"""

from __future__ import annotations

import signal
import sys
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

from device.clock import Clock, SystemClock
from device.errors import AlreadyReportedError, LiftLightError
from device.journal import JOURNAL_NAME, last_time_set
from device.panel import ButtonHeldError, Panel, PanelError, Pins, open_gpio_panel
from device.panel_off import keep_pins, kept_pins
from device.settings import SETTINGS, Settings, load
from device.startup_faults import BareClock, Failure, SuddenEndError
from device.system import Stage, ask_for_power_off, note_end, note_start, run_folder


def start(camera: str, data: Path) -> int:
    """Be the device until the power goes or somebody stops it; return the exit code.

    Raises what keeps it from running, after the journal has kept it and the panel has shown it.
    The panel uses whichever of its pins are available; if the settings cannot be read, its pins
    are those that were driven last, or the default ones. If the button is held down at the first
    start in a boot, the panel tests itself before anything else begins.
    """
    journal = data / JOURNAL_NAME
    clock = _open_clock(journal)
    driven_before = kept_pins()
    settings, panel = replace(Settings(), pins=driven_before or Pins()), None
    # Leave the panel dark also if the program is stopped while it starts.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ended_at = note_start()
    with ExitStack() as opened:
        try:
            settings = load(data / SETTINGS)
            panel = opened.enter_context(open_panel(settings, clock))
            known: list[LiftLightError] = []
            # Only as the power comes on. Later, whoever holds the button means something else, and
            # a short circuit in its wires must not light up the room at each start.
            if driven_before is None and panel.pressed:
                known += _test_if_asked(panel, settings.pins)
            if isinstance(clock, BareClock):
                raise clock.error
            if ended_at is Stage.STARTING:
                raise SuddenEndError
            from device.run import be_at_the_bedside  # noqa: PLC0415  (only once the panel is there)

            if ended_at is Stage.RUNNING:
                known.append(SuddenEndError())
            if be_at_the_bedside(camera, panel, settings, data, clock, known):
                # Here, for a part of the panel that cannot be closed must not keep the power on.
                ask_for_power_off()
        except AlreadyReportedError:
            raise
        except Exception as error:
            failure = Failure(error, clock, run_folder())
            failure.keep(journal)
            with suppress(PanelError):
                if panel is None:
                    panel = opened.enter_context(open_panel(settings, clock, partial=True))
                if failure.show(panel):
                    ask_for_power_off()
            raise
        finally:
            note_end()
    return 0


def _test_if_asked(panel: Panel, pins: Pins) -> list[LiftLightError]:
    """Let the panel test itself if its button stays down; return what is wrong with the button.

    The watchdog is not fed meanwhile: systemd waits for it only once it was fed, and what is
    imported after this may take longer than it waits.
    """
    from device.panel import self_test  # noqa: PLC0415  (a start in which nobody asks is quicker)

    if self_test.is_asked_for(panel):
        try:
            self_test.walk(panel, pins, lambda _: None)
        except ButtonHeldError as error:
            return [error]
    return []


def _open_clock(journal: Path) -> SystemClock | BareClock:
    """Return the clock, or a `BareClock` with the error if it cannot be made."""
    try:
        return SystemClock(last_time_set(journal))
    except Exception as error:  # noqa: BLE001  (the panel must show it, and is not there yet)
        return BareClock(error)


def open_panel(settings: Settings, clock: Clock, *, partial: bool = False) -> Panel:
    """Return the panel that the settings describe, dark; see `device.panel.open_gpio_panel`."""
    if folder := run_folder():
        keep_pins(settings.pins, folder)
    return open_gpio_panel(
        settings.pins,
        clock,
        quiet=settings.panel.quiet,
        brightness=settings.panel.brightness,
        shortest_press=settings.button.shortest_press,
        partial=partial,
    )
