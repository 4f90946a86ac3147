"""`liftlight run` at the bedside: the outermost layer, which shows whatever keeps the rest away.

It needs the panel and nothing else. The rooms with the eyes are imported only once the panel is
there: a library that is missing, or an error that nobody thought of, must not become a device
that is dark and mute.
"""

from __future__ import annotations

import signal
import sys
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

from device.clock import Clock, SystemClock
from device.errors import AlreadyReportedError
from device.journal import JOURNAL_NAME, last_time_set
from device.panel import Panel, PanelError, Pins, open_gpio_panel
from device.panel_off import keep_pins, kept_pins
from device.settings import SETTINGS, Settings, load
from device.startup_faults import BareClock, Failure, SuddenEndError
from device.system import Stage, ask_for_power_off, note_end, note_start, run_folder


def start(camera: str, data: Path) -> int:
    """Be the device until the power goes or somebody stops it; return the exit code.

    Raises what keeps it from that, after the journal has kept it and the panel has shown it: on
    those of its pins that can be had, and on those used last, or the usual ones, if the settings
    cannot be read.
    """
    journal = data / JOURNAL_NAME
    clock = _open_clock(journal)
    settings, panel = replace(Settings(), pins=kept_pins() or Pins()), None
    # Stopped while it starts, it leaves the panel dark all the same.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ended_at = note_start()
    with ExitStack() as opened:
        try:
            settings = load(data / SETTINGS)
            panel = opened.enter_context(open_panel(settings, clock))
            if isinstance(clock, BareClock):
                raise clock.error
            if ended_at is Stage.STARTING:
                raise SuddenEndError
            from device.run import be_at_the_bedside  # noqa: PLC0415  (see above)

            cut_short = ended_at is Stage.RUNNING
            power_off = be_at_the_bedside(camera, panel, settings, data, clock, cut_short=cut_short)
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
    if power_off:
        ask_for_power_off()
    return 0


def _open_clock(journal: Path) -> SystemClock | BareClock:
    """Return the clock; one that cannot be made is told once there is a panel."""
    try:
        return SystemClock(last_time_set(journal))
    except Exception as error:  # noqa: BLE001  (nothing may keep it from the panel)
        return BareClock(error)


def open_panel(settings: Settings, clock: Clock, *, partial: bool = False) -> Panel:
    """Return the panel as the settings have it, dark; see `device.panel.gpio.open_gpio_panel`."""
    if folder := run_folder():
        keep_pins(settings.pins, folder)
    return open_gpio_panel(
        settings.pins,
        clock,
        quiet=settings.panel.quiet,
        brightness=settings.panel.brightness,
        partial=partial,
    )
