"""`liftlight doctor --panel`: every light, the buzzer and the button in turn, with a line for each.

A person watches: a light that stays dark, or that is lit together with another, is wired wrongly.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from device.clock import SystemClock
from device.errors import LiftLightError
from device.journal import JOURNAL_NAME, is_being_written
from device.panel import Panel, TerminalPanel, pattern
from device.settings import SETTINGS, Settings, load
from device.start import open_panel

LIT_S = 1.0
"""How long each light is lit."""
DARK_S = 0.3
"""How long it is dark between two lights."""
PRESS_WITHIN_S = 15.0
"""How long to wait for the button."""

_NAMES = {
    **{
        lamp: f"hold bar, light {lamp + 1} of 5"
        for lamp in pattern.Lamp
        if lamp < pattern.Lamp.READY
    },
    pattern.Lamp.READY: "ready (green)",
    pattern.Lamp.REST: "rest (amber)",
}


class PanelInUseError(LiftLightError):
    """The device runs and has the panel to itself."""


def tour(kind: str, folder: Path) -> int:
    """Show every part of the panel in turn; return 1 if nobody pressed the button.

    Raises PanelInUseError while the device runs, PanelError if a pin cannot be had.
    """
    if kind == "gpio" and is_being_written(folder / JOURNAL_NAME):
        raise PanelInUseError(
            "LiftLight runs and has the panel: sudo systemctl stop liftlight, look, and start it "
            "again."
        )
    settings, clock = load(folder / SETTINGS), SystemClock()
    if kind == "terminal":
        with TerminalPanel(settings.pins, clock, quiet=settings.panel.quiet) as drawn:
            return walk(drawn, settings, drawn.say)
    with open_panel(settings, clock) as panel:
        return walk(panel, settings, _say)


def walk(panel: Panel, settings: Settings, say: Callable[[str], None]) -> int:
    """Show every part of `panel` in turn, saying which; return 1 if nobody pressed the button."""
    pressed = threading.Event()
    panel.when_down = lambda _: pressed.set()
    lamp_too = " and illuminator" if "illuminator" in settings.pins.fitted() else ""
    say(f"camera light{lamp_too}: lit for {LIT_S:.0f} s; nothing is being filmed")
    panel.camera_light(True)
    _wait(panel, LIT_S)
    panel.camera_light(False)
    for lamp, name in _NAMES.items():
        say(name)
        panel.play(_only(lamp))
        _wait(panel, LIT_S + DARK_S)
    say("all lights, then the buzzer: low, middle, high")
    panel.play(_EVERYTHING)
    _wait(panel, _EVERYTHING.light_seconds + 0.5)
    if panel.quiet:
        say("the buzzer was silent: quiet mode is on in the settings")
    pressed.clear()
    say(f"now press the button, within {PRESS_WITHIN_S:.0f} s")
    if not _wait(panel, PRESS_WITHIN_S, pressed):
        say("no press came: check the button's two wires, GPIO and ground")
        return 1
    say("the button works; that was all")
    _wait(panel, LIT_S)
    return 0


_EVERYTHING = pattern.Pattern(
    "everything",
    pattern.Stay.OVERLAY,
    (pattern.steady(2.5, "##### ga"),),
    pattern.Phrase(pattern.Sound("", pattern.melody("G4l , D5l , B5l"), says="", heard="")),
    means="",
    looks="",
)


def _only(lamp: pattern.Lamp) -> pattern.Pattern:
    drawn = "".join("#" if one is lamp else "." for one in pattern.Lamp)
    return pattern.Pattern(
        str(lamp), pattern.Stay.OVERLAY, (pattern.steady(LIT_S, drawn),), None, "", ""
    )


def _wait(panel: Panel, seconds: float, over: threading.Event | None = None) -> bool:
    """Keep the panel going for some seconds, or until `over` is set; return whether it was set."""
    over = over or threading.Event()
    end = time.monotonic() + seconds
    while (now := time.monotonic()) < end:
        due = panel.next_deadline()
        if over.wait(max(0.0, min(end, end if due is None else due) - now)):
            return True
        panel.tick()
    return False


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
