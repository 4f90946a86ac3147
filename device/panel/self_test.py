"""The panel's test of itself: every light, the buzzer and the button in turn.

A person watches: a light that stays dark, or that is lit together with another, is wired wrongly.
`liftlight doctor --panel` runs it with a line of text for each part, and `liftlight run` without
any, for whoever holds the button while the power comes on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from device.panel.errors import ButtonHeldError
from device.panel.panel import Panel
from device.panel.pattern import (
    BAR,
    Lamp,
    Pattern,
    Phrase,
    Sound,
    Stay,
    melody,
    steady,
)
from device.panel.pins import Pins

HELD_S = 1.0
"""How long the button must stay down to ask for the test, seconds: no bump of the box lasts so."""

LIT_S = 1.0
"""How long each light is lit, seconds."""

DARK_S = 0.3
"""How long it is dark between two lights, seconds."""

LEFT_ALONE_S = 8.0
"""How long nothing may happen to the button before its test is over, seconds: time to find it."""

PRESSED_FOR_S = 30.0
"""How long presses are answered at most, seconds. The whole test must be over well within the 90 s
that systemd gives a service to start."""

_NAMES = {
    **{lamp: f"hold bar, light {lamp + 1} of 5" for lamp in BAR},
    Lamp.READY: "ready (green)",
    Lamp.REST: "rest (amber)",
}


def is_asked_for(panel: Panel) -> bool:
    """Return whether the button is down now and stays so for `HELD_S`.

    Raises PanelError if the button cannot be read.
    """
    up = threading.Event()
    panel.when_up = lambda _: up.set()
    asked = panel.pressed and not up.wait(HELD_S)
    panel.when_up = None
    return asked


def walk(panel: Panel, pins: Pins, say: Callable[[str], None]) -> int:
    """Show every part of `panel` in turn; return how often the button was pressed in its turn.

    `say` is called with a line of text before each part of `pins`. It takes up to a minute, and
    leaves the panel dark.

    The camera's light is the first, and alone, so that it is not taken for a sign that the camera
    is on. It must be lit here all the same: what must never happen is a camera that is on without
    its light, and a light that is broken can only be found by looking. No camera is open meanwhile.

    Raises ButtonHeldError if the button is down all the time, PanelError if a pin cannot be driven.
    """
    lamp_too = " and illuminator" if pins.illuminator is not None else ""
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
    say(
        "green: now press the button, more than once; each press ticks and lights one more light "
        f"of the bar. Leave it alone for {LEFT_ALONE_S:.0f} s to end"
    )
    try:
        return _answer_presses(panel)
    finally:
        panel.when_down = panel.when_up = None
        panel.dark()


def _answer_presses(panel: Panel) -> int:
    moved, presses = threading.Event(), 0

    def down(_: float) -> None:
        nonlocal presses
        presses += 1
        moved.set()

    panel.when_down, panel.when_up = down, lambda _: moved.set()
    panel.play(_PRESS)
    end = time.monotonic() + PRESSED_FOR_S
    while time.monotonic() < end:
        if not _wait(panel, LEFT_ALONE_S, moved):
            if panel.pressed:
                raise ButtonHeldError
            break
        moved.clear()
        # Counted, so that a button that bounces is seen: one press lights two.
        panel.gauge(((presses - 1) % len(BAR) + 1) / len(BAR) if presses else 0.0)
    return presses


_EVERYTHING = Pattern(
    "everything",
    Stay.OVERLAY,
    (steady(2.5, "##### ga"),),
    # Of three lengths, for three that are equal would sound like an alarm.
    Phrase(Sound("", melody("G4l , D5m , B5s"), says="", heard="")),
    means="",
    looks="",
)

_PRESS = Pattern("press", Stay.BACKGROUND, (steady(1.0, "..... g."),), None, means="", looks="")


def _only(lamp: Lamp) -> Pattern:
    drawn = "".join("#" if one is lamp else "." for one in Lamp)
    return Pattern(str(lamp), Stay.OVERLAY, (steady(LIT_S, drawn),), None, means="", looks="")


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
