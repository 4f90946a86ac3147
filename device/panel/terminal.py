"""The panel in a terminal: the same code on gpiozero's mock pins, drawn live.

What is drawn of the panel is read back from the mock pins, so it is what the pins of a Raspberry Pi
would do. Below it are the last cues and, if somebody tells it, the lift as it rises. Keys press the
button by pulling its pin low. Where the output is no terminal, or too small a one, each cue is one
plain line.
"""

from __future__ import annotations

import atexit
import contextlib
import math
import os
import select
import sys
import termios
import textwrap
import threading
import tty
from collections import deque
from collections.abc import Callable
from typing import Self, TextIO

from gpiozero.pins.mock import MockFactory, MockPWMPin
from gpiozero.tones import Tone

from device.clock import Clock
from device.coach import cues
from device.files import can_overwrite
from device.panel.panel import Panel
from device.panel.pattern import BAR
from device.panel.patterns import QUIET_OFF, QUIET_ON, pattern_of
from device.panel.pins import Pins

IDLE_S = 60.0
"""How long the keyboard waits for a key before it looks again whether it is closed, seconds."""

CLOSE_WITHIN_S = 1.0
"""How long closing waits, in seconds, for what a key started. That takes no time at all unless
something hangs."""


KEYS = {
    " ": (0.1,),
    "d": (0.1, 0.15, 0.1),
    "t": (0.1, 0.15, 0.1, 0.15, 0.1),
    "h": (2.2,),
    "o": (5.2,),
}
"""What each key does to the button: for how many seconds it is down, up, down, ..."""

HELP = "keys: space press, d twice, t three times, h hold 2 s, o hold 5 s, q quit"

WIDTH = 80
"""How many columns are written at most; a terminal with fewer is not drawn on."""

WHITE, GREEN, AMBER = 97, 92, 33
"""The ANSI colours of the lights."""

BRIGHTNESS = ("○◔◑◕●", ".:oO@")
"""A light from dark to bright, in Unicode, and in ASCII for a terminal that has nothing else."""

CHART_ROWS, CHART_COLUMNS, COLUMN_S = 6, 32, 0.25
"""The size of the chart of the lift in letters, and how many seconds a column is."""

CHART_TOP, CHART_LIFT = 1.5, 2
"""The level at the top of the chart, in lifts, and the row whose upper edge is a whole lift."""

BLOCKS = (" ▁▂▃▄▅▆▇█", " ...::::#")
"""A letter from empty to full, by eighths, in Unicode and in ASCII."""

PLAIN_MEANS = 34
"""In plain lines, the column at which it is said what a cue means."""

HEIGHT = CHART_ROWS + 8
"""How many lines a terminal must have to be drawn on."""


class TerminalPanel(Panel):
    """A Panel on mock pins that draws itself in a terminal; keys press its button.

    It is driven like any Panel::

        with TerminalPanel(Pins(), clock) as panel:
            panel.when_quit = quitting.set
            panel.show(cue)

    `screen` and `keys` are standard output and input if they are left out. `when_quit` is called
    when somebody presses q, on the thread that reads the keys. `lift` adds to the chart.
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
        plain = not _can_write(self._screen, BRIGHTNESS[0] + BLOCKS[0])
        self._bright, self._blocks = BRIGHTNESS[plain], BLOCKS[plain]
        self._drawn: list[str] = []
        self._said = ("", "")
        self._history: deque[str] = deque(maxlen=CHART_ROWS)
        self._lift: deque[tuple[int, float, bool]] = deque(maxlen=CHART_COLUMNS)
        self._reps = 0
        keys = sys.stdin if keys is None else keys
        self._has_keys = self._live and keys.isatty()
        self._closing = threading.Event()
        self._draw()
        self._keyboard = Keyboard(keys, self._typed) if self._has_keys else None

    def close(self) -> None:
        """Switch everything off and restore the terminal; may be called twice."""
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
        """Show a cue, and write what it means."""
        if cue.kind is cues.CueKind.REP:
            self._reps = cue.count
        pattern = pattern_of(cue)
        self.say(pattern.name, pattern.means)
        super().show(cue)

    def toggle_quiet(self) -> None:
        """Switch quiet mode on or off, and show which."""
        pattern = QUIET_OFF if self.quiet else QUIET_ON
        self.say(pattern.name, pattern.means)
        super().toggle_quiet()

    def camera_light(self, on: bool) -> None:
        """Switch the camera's light, and write that it was switched."""
        if on != self.lit("camera"):
            self.say("camera on" if on else "camera off", "")
        super().camera_light(on)
        self._draw()

    def tick(self) -> None:
        """Put out what should be lit and heard at this moment, and draw it."""
        super().tick()
        self._draw()

    def lift(self, level: float, *, held: bool) -> None:
        """Add to the chart how high the lift is now, in lifts, and whether that counts as a hold.

        A level that is NaN leaves a gap.
        """
        column = int(self._clock.monotonic() / COLUMN_S)
        with self._lock:
            if self._lift and self._lift[-1][0] == column:
                self._lift.pop()
            self._lift.append((column, level, held))
        self._draw()

    def lit(self, light: str) -> float:
        """Return how bright the pin of `light` makes it, 0 to 1; `light` is a name in Pins."""
        return float(self._pins[light].state)

    def heard(self) -> str:
        """Return the note that the pin of the buzzer makes, such as C5; empty for silence."""
        frequency = self._pins["buzzer"].frequency
        return Tone.from_frequency(frequency).note if frequency else ""

    def press_key(self, key: str) -> None:
        """Press the button as `key` stands for; takes as long as a finger would."""
        pin = self._pins["button"]
        for index, seconds in enumerate(KEYS.get(key, ())):
            if index % 2:
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
        """Write the name of what is shown and what it means, unless they were written last."""
        if (name, means) == self._said:
            return
        self._said = (name, means)
        seconds = self._clock.monotonic() - self._began
        begin = f"{seconds:7.1f} s  {name}"
        self._history.append(begin)
        if not self._live:
            line = f"{begin:<{PLAIN_MEANS - 1}} {means}".rstrip()
            below = " " * PLAIN_MEANS
            self._screen.write(textwrap.fill(line, WIDTH, subsequent_indent=below) + "\n")
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
        said = textwrap.wrap(f"{name}: {means}" if means else name, WIDTH)[:2]
        return [
            "   ".join(lights),
            f"repetitions {self._reps}{'   quiet' if self.quiet else ''}",
            *said,
            *[""] * (3 - len(said)),
            *self._recently(),
            "",
            HELP if self._has_keys else "",
        ]

    def _recently(self) -> list[str]:
        """Return the last cues, the newest at the bottom, beside the chart if there is one."""
        cues = [*[""] * (CHART_ROWS - len(self._history)), *self._history]
        if not self._lift:
            return cues
        return [f"{chart}  {cue}" for chart, cue in zip(self._chart(), cues, strict=True)]

    def _chart(self) -> list[str]:
        """Return the chart of the lift, up to this moment, with its scale."""
        now = int(self._clock.monotonic() / COLUMN_S)
        known = {column: (level, held) for column, level, held in self._lift}
        columns = [known.get(now - back, (math.nan, False)) for back in range(CHART_COLUMNS)]
        scale = {CHART_LIFT: "lift", CHART_ROWS - 1: "rest"}
        rows = []
        for row in range(CHART_ROWS):
            drawn = "".join(self._block(row, *column) for column in reversed(columns))
            rows.append(f"{scale.get(row, ''):>4} |{drawn}|")
        return rows

    def _block(self, row: int, level: float, held: bool) -> str:
        """Return the letter in this row, counted from the top, of a column so high."""
        if math.isnan(level):
            return " "
        # A face at rest is seen, too: its column is never quite empty.
        eighths = max(round(8 * CHART_ROWS * level / CHART_TOP), 1)
        full = min(max(eighths - 8 * (CHART_ROWS - 1 - row), 0), 8)
        block = self._blocks[full]
        return f"\x1b[{GREEN}m{block}\x1b[0m" if self._colour and held and full else block

    def _light(self, name: str, colour: int) -> str:
        level = self.lit(name)
        # A light that fades is drawn as dark, or as full, only once it is.
        most = len(self._bright) - 1
        step = 0 if level == 0 else most if level == 1 else 1 + int(level * (most - 1))
        drawn = self._bright[step]
        return f"\x1b[{colour}m{drawn}\x1b[0m" if self._colour and step else drawn


class Keyboard:
    """Calls `when_key` with each key that is pressed on `terminal`, on a thread of its own.

    Keys come one by one and are not echoed; Ctrl-C still interrupts. Closing restores the terminal,
    and so does leaving the program without closing.
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

        Takes `CLOSE_WITHIN_S` at most, even if `when_key` does not return.
        """
        if self._closing.is_set():
            return
        self._closing.set()
        atexit.unregister(self.close)
        os.write(self._wake, b".")
        on_its_thread = threading.current_thread() is self._thread
        if not on_its_thread:
            self._thread.join(CLOSE_WITHIN_S)
        if on_its_thread or not self._thread.is_alive():
            # A thread that is still alive may read the pipe, so its numbers must not be reused.
            os.close(self._woken)
            os.close(self._wake)
        with contextlib.suppress(termios.error):  # the terminal may be gone
            termios.tcsetattr(self._terminal, termios.TCSADRAIN, self._before)

    def _listen(self) -> None:
        while not self._closing.is_set():
            ready, _, _ = select.select([self._terminal, self._woken], [], [], IDLE_S)
            if self._terminal not in ready:
                continue
            try:
                typed = os.read(self._terminal, 64)
            except OSError:
                typed = b""
            if not typed:
                # The terminal is gone, so no key will ever come.
                return
            for key in typed.decode("ascii", "ignore"):
                self._when_key(key)


def _can_draw(screen: TextIO) -> bool:
    if not can_overwrite(screen):
        return False
    size = os.get_terminal_size(screen.fileno())
    return size.columns >= WIDTH and size.lines >= HEIGHT


def _can_write(screen: TextIO, letters: str) -> bool:
    try:
        letters.encode(screen.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
