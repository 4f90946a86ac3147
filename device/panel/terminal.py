"""The same panel on a laptop: gpiozero's mock pins, drawn live in the terminal.

What is drawn is read back from the mock pins, so it is what a Raspberry Pi would do and not what
somebody thinks it does. Keys press the button by pulling its pin down. Without a terminal there
is one plain line a cue.

Single keys from a terminal, on a thread of their own, and the terminal restored afterwards.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import sys
import termios
import threading
import tty
from collections.abc import Callable
from typing import Self, TextIO

from gpiozero.pins.mock import MockFactory, MockPWMPin
from gpiozero.tones import Tone

from device.clock import Clock
from device.coach import cues
from device.panel.panel import Panel
from device.panel.pattern import BAR
from device.panel.patterns import HEARD, QUIET, pattern_of
from device.panel.pins import Pins

CLOSE_WITHIN_S = 1.0
"""How long, in seconds, what a key does is waited for at the end: it is over at once."""


class Keyboard:
    """Calls `when_key` with each key pressed on `terminal`, until closed.

    Keys come one by one and are not echoed; Ctrl-C still interrupts. The terminal is put back as
    it was when this is closed, at the latest when the program exits.
    """

    def __init__(self, terminal: TextIO, when_key: Callable[[str], None]) -> None:
        self._closing = threading.Event()
        self._terminal = terminal.fileno()
        self._when_key = when_key
        self._before = termios.tcgetattr(self._terminal)
        self._woken, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._listen, name="keys", daemon=True)
        atexit.register(self.close)
        tty.setcbreak(self._terminal)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening and restore the terminal; may be called twice, from any thread.

        Takes `CLOSE_WITHIN_S` at most, whatever a key is still doing.
        """
        if self._closing.is_set():
            return
        self._closing.set()
        atexit.unregister(self.close)
        os.write(self._wake, b".")
        ours = threading.current_thread() is self._thread
        if not ours:
            self._thread.join(CLOSE_WITHIN_S)
        if ours or not self._thread.is_alive():
            # Else it still looks at one of them, and its number must not become another file's.
            os.close(self._woken)
            os.close(self._wake)
        with contextlib.suppress(termios.error):  # the terminal may be gone
            termios.tcsetattr(self._terminal, termios.TCSADRAIN, self._before)

    def _listen(self) -> None:
        while not self._closing.is_set():
            ready, _, _ = select.select([self._terminal, self._woken], [], [])
            if self._terminal not in ready:
                continue
            try:
                typed = os.read(self._terminal, 64)
            except OSError:
                typed = b""
            if not typed:
                # The terminal is gone; nobody will ever press a key again.
                return
            for key in typed.decode("ascii", "ignore"):
                self._when_key(key)


KEYS = {
    " ": (0.1,),
    "d": (0.1, 0.15, 0.1),
    "t": (0.1, 0.15, 0.1, 0.15, 0.1),
    "h": (2.2,),
    "o": (5.2,),
}
"""What a key does to the button: seconds down, up, down, ... in turn."""

HELP = "keys: space press, d twice, t three times, h hold 2 s, o hold 5 s, q quit"

NARROWEST = len(HELP) + 2
"""Columns a terminal needs to be drawn on; a narrower one gets plain lines."""

WHITE, GREEN, AMBER = 97, 92, 33
"""ANSI colours of the lights."""

BRIGHTNESS = ("○◔◑◕●", ".:oO@")
"""A light from dark to bright; the second row where the terminal knows no such letters."""


class TerminalPanel(Panel):
    """A Panel on mock pins that shows itself.

    `when_quit` is called, on the thread that reads the keys, when somebody presses q.
    """

    def __init__(
        self,
        pins: Pins,
        clock: Clock,
        *,
        quiet: bool = False,
        screen: TextIO | None = None,
        keys: TextIO | None = None,
    ) -> None:
        self.when_quit: Callable[[], None] | None = None
        factory = MockFactory(pin_class=MockPWMPin)
        super().__init__(pins, clock, factory, quiet=quiet)
        self._pins = {name: factory.pin(pin) for name, pin in pins.fitted().items()}
        self._began = clock.monotonic()
        self._screen = sys.stdout if screen is None else screen
        self._live = _can_draw(self._screen)
        self._colour = self._live and not os.environ.get("NO_COLOR")
        self._bright = BRIGHTNESS[0 if _can_write(self._screen, BRIGHTNESS[0]) else 1]
        self._drawn: list[str] = []
        self._said = ("", "")
        self._reps = 0
        keys = sys.stdin if keys is None else keys
        self._has_keys = self._live and keys.isatty()
        self._closing = threading.Event()
        self._draw()
        self._keyboard = Keyboard(keys, self._typed) if self._has_keys else None

    def close(self) -> None:
        """Leave everything dark and silent and the terminal as it was; may be called twice."""
        self._closing.set()
        if self._keyboard is not None:
            self._keyboard.close()
        super().close()
        if self._live:
            self._draw()
            self._live = False
            self._screen.write("\x1b[?25h")
            self._screen.flush()

    def show(self, cue: cues.Cue) -> None:
        """Show a cue now, and say what it means."""
        if cue.kind is cues.CueKind.REP:
            self._reps = cue.count
        pattern = pattern_of(cue)
        self.say(pattern.name, pattern.means)
        super().show(cue)

    def toggle_quiet(self) -> None:
        """Switch between sound and quiet, and say so."""
        pattern = HEARD if self.quiet else QUIET
        self.say(pattern.name, pattern.means)
        super().toggle_quiet()

    def camera_light(self, on: bool) -> None:
        """Switch the light that says that the camera sees."""
        if on != self.lit("camera"):
            self.say("camera on" if on else "camera off", "")
        super().camera_light(on)
        self._draw()

    def tick(self) -> None:
        """Carry whatever is playing on to the present, and draw it."""
        super().tick()
        self._draw()

    def lit(self, light: str) -> float:
        """How bright the pin of `light`, a name in Pins, makes it: 0 to 1."""
        return float(self._pins[light].state)

    def heard(self) -> str:
        """The note that the pin of the buzzer makes, nothing for silence."""
        frequency = self._pins["buzzer"].frequency
        return Tone.from_frequency(frequency).note if frequency else ""

    def press_key(self, key: str) -> None:
        """Do to the button what `key` stands for; takes as long as a finger would."""
        pin = self._pins["button"]
        for turn, seconds in enumerate(KEYS.get(key, ())):
            if turn % 2:
                pin.drive_high()
            else:
                pin.drive_low()
            if self._closing.wait(seconds):
                break
        pin.drive_high()

    def _typed(self, key: str) -> None:
        if key == "q" and self.when_quit is not None:
            self.when_quit()
        self.press_key(key)

    def say(self, name: str, means: str = "") -> None:
        """Write what is being shown, and what it means."""
        if (name, means) == self._said:
            return
        self._said = (name, means)
        if not self._live:
            seconds = self._clock.monotonic() - self._began
            self._screen.write(f"{seconds:7.1f} s  {name:<22} {means}".rstrip() + "\n")
            self._screen.flush()

    def _draw(self) -> None:
        if not self._live:
            return
        with self._lock:
            lines = self._picture()
            if lines == self._drawn:
                return
            up = f"\x1b[{len(self._drawn)}A" if self._drawn else "\x1b[?25l"
            self._screen.write(up + "".join(f"\r\x1b[2K{line}\n" for line in lines))
            self._screen.flush()
            self._drawn = lines

    def _picture(self) -> list[str]:
        bar = " ".join(self._light(f"hold_{lamp + 1}", WHITE) for lamp in BAR)
        lights = [
            f"camera {self._light('camera', WHITE)}",
            f"hold {bar}",
            f"ready {self._light('ready', GREEN)}",
            f"rest {self._light('rest', AMBER)}",
            f"sound {self.heard() or '-'}",
        ]
        name, means = self._said
        return [
            "   ".join(lights),
            f"{name}: {means}" if means else name,
            f"repetitions {self._reps}{'   quiet' if self.quiet else ''}",
            HELP if self._has_keys else "",
        ]

    def _light(self, name: str, colour: int) -> str:
        level = self.lit(name)
        # A fading light is never drawn as dark or full before it is.
        most = len(self._bright) - 1
        step = 0 if level == 0 else most if level == 1 else 1 + int(level * (most - 1))
        drawn = self._bright[step]
        return f"\x1b[{colour}m{drawn}\x1b[0m" if self._colour and step else drawn


def _can_draw(screen: TextIO) -> bool:
    if not screen.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        return False
    return os.get_terminal_size(screen.fileno()).columns >= NARROWEST


def _can_write(screen: TextIO, letters: str) -> bool:
    try:
        letters.encode(screen.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
