"""`liftlight doctor --panel`: the panel's test of itself, with a line of text for each part."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from device.clock import SystemClock
from device.doctor.live.ending import ended_by_signals, ignore_signals
from device.errors import LiftLightError
from device.journal import JOURNAL_NAME, is_being_written
from device.panel import Panel, Pins, TerminalPanel, self_test
from device.settings import SETTINGS, load
from device.start import open_panel


class PanelInUseError(LiftLightError):
    """The device runs and has the panel to itself."""


def tour(kind: str, folder: Path) -> int:
    """Show every part of the panel in turn; return 1 if nobody pressed the button.

    Ctrl-C, or another signal to end, raises KeyboardInterrupt once the panel is dark and silent.
    Raises PanelInUseError while the device runs, PanelError if a pin cannot be had or the button is
    down all the time.
    """
    if kind == "gpio" and is_being_written(folder / JOURNAL_NAME):
        raise PanelInUseError(
            "LiftLight runs and has the panel: sudo systemctl stop liftlight, look, and start it "
            "again."
        )
    settings, clock = load(folder / SETTINGS), SystemClock()
    with ended_by_signals():
        if kind == "terminal":
            with TerminalPanel(settings.pins, clock, quiet=settings.panel.quiet) as drawn:
                return walk(drawn, settings.pins, drawn.say)
        with open_panel(settings, clock) as panel:
            try:
                return walk(panel, settings.pins, _say)
            finally:
                ignore_signals()  # Nothing keeps the panel from being switched off.


def walk(panel: Panel, pins: Pins, say: Callable[[str], None]) -> int:
    """Show every part of `panel` in turn, saying which; return 1 if nobody pressed the button."""
    presses = self_test.walk(panel, pins, say)
    if not presses:
        say("no press came: check the button's two wires, GPIO and ground")
        return 1
    say(f"the button works; presses seen: {presses}. If you made fewer, it bounces")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
