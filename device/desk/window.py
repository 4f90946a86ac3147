"""The demo as a picture: what the camera sees, the panel, and the lift signal, in a window or film.

The lights are read back from the panel's pins, so they are what a Raspberry Pi would show. The
window is Tk's, which comes with Python: OpenCV's own window would need another OpenCV than the one
that the device uses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np

from device.coach import events
from device.coach.counting import RepetitionCounter
from device.desk import drawing
from device.desk.drawing import NIGHT, Colour, Picture
from device.desk.film import STRIP_HEIGHT, Film, View
from device.errors import CallerError
from device.panel import pattern
from device.sample import LiftSample

FPS = 15.0
"""Pictures a second, in a film and in the window."""
WIDTH, HEIGHT = 640, 480
PANEL_HEIGHT = 76

_WARM: Colour = (255, 226, 170)
_AMBER: Colour = (255, 176, 60)
_DARK: Colour = (58, 56, 50)

_CURE = "use --record OUT.mp4 instead"


class Lights(Protocol):
    """What the picture asks of a panel: its lights and its sound."""

    def lit(self, light: str) -> float:
        """Return how bright a light is, 0 to 1."""
        ...

    def heard(self) -> str:
        """Return the note that sounds, an empty string for silence."""
        ...


class LiftView(Protocol):
    """What is shown every sample that a counter takes."""

    def observe(
        self, sample: LiftSample, counter: RepetitionCounter, known: list[events.LiftEvent]
    ) -> None:
        """Take one sample, the counter after it, and what became known by it."""
        ...

    def practised(self) -> None:
        """Mark the lift that was judged last as the practised one."""
        ...


class ShownCounter(RepetitionCounter):
    """A counter that shows its views every sample it takes."""

    views: Sequence[LiftView] = ()

    def feed(self, sample: LiftSample) -> list[events.LiftEvent]:
        """Take the next sample, and show it to the views."""
        known = super().feed(sample)
        for view in self.views:
            view.observe(sample, self, known)
        return known

    def adopt_lift(self) -> events.Calibrated:
        """Take the lift reported last as the practised one, and mark it in the views."""
        taken = super().adopt_lift()
        for view in self.views:
            view.practised()
        return taken


class Showing:
    """Draws camera, panel and lift signal to a film, a window or both; closes the window."""

    def __init__(
        self, view: View, lights: Lights, film: Film | None, window: Window | None
    ) -> None:
        self._view = view
        self._lights = lights
        self._film = film
        self._window = window
        self._cue = ""
        self._drawn = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._window is not None:
            self._window.close()

    def cue(self, pattern: pattern.Pattern) -> None:
        """Write the name of the panel's pattern, and what it means, from now on."""
        self._cue = f"{pattern.name}: {pattern.means}"

    def camera_off(self) -> None:
        """Show that the camera is off."""
        self._view.picture = None

    def draw(self, now: float) -> None:
        """Bring film and window up to `now`, seconds of the demo's time."""
        number = int(now * FPS)
        missing = number - self._drawn
        if missing <= 0:
            return
        self._drawn = number
        picture = self._composed()
        if self._film is not None:
            for _ in range(missing):
                self._film.add(picture)
        if self._window is not None:
            self._window.show(picture)

    def _composed(self) -> Picture:
        seen, strip = self._view.picture, self._view.strip
        if seen is None:
            seen = np.full((HEIGHT, WIDTH, 3), NIGHT.paper, np.uint8)
            drawing.text(seen, "camera off", WIDTH // 2, HEIGHT // 2, NIGHT.dim, 0.6, 0.5)
        if strip is None:
            strip = np.full((STRIP_HEIGHT, WIDTH, 3), NIGHT.paper, np.uint8)
        return np.vstack((seen, self._panel(), strip))

    def _panel(self) -> Picture:
        row = np.full((PANEL_HEIGHT, WIDTH, 3), NIGHT.paper, np.uint8)
        places = [("camera", 60, NIGHT.ink)]
        places += [(f"hold_{lamp + 1}", 180 + 34 * lamp, _WARM) for lamp in pattern.BAR]
        places += [("ready", 420, NIGHT.good), ("rest", 500, _AMBER)]
        for light, x, colour in places:
            # The eye takes the square root of a light's power.
            level = self._lights.lit(light) ** 0.5
            drawn = [
                round(dark + level * (lit - dark)) for dark, lit in zip(_DARK, colour, strict=True)
            ]
            drawing.lamp(row, x, 22, (drawn[0], drawn[1], drawn[2]), level)
        for name, x in (
            ("camera", 60),
            ("hold", 248),
            ("ready", 420),
            ("rest", 500),
            ("sound", 590),
        ):
            drawing.text(row, name, x, 46, NIGHT.dim, 0.38, 0.5)
        drawing.text(row, self._lights.heard() or "-", 590, 27, NIGHT.ink, 0.5, 0.5)
        drawing.text(row, self._cue, 12, 68, NIGHT.ink, 0.48)
        return row


class Window:
    """A window that shows one picture at a time; only the thread that made it may use it.

    `when_closed` is called, from `show`, when somebody closes the window. Raises CallerError if
    there is no Tk or no screen.
    """

    def __init__(self, title: str, when_closed: Callable[[], None]) -> None:
        try:
            import tkinter as tk  # noqa: PLC0415  (some systems ship it apart from Python)
        except ImportError:
            raise CallerError(
                f"a window needs Tk, which this Python lacks: `sudo apt install python3-tk`, or "
                f"{_CURE}."
            ) from None
        try:
            self._root = tk.Tk()
        except tk.TclError as error:
            raise CallerError(
                f"no window can be opened here ({error}): run it on a desktop, or {_CURE}."
            ) from error
        self._new_image: Callable[..., Any] = tk.PhotoImage
        self._image: Any = None
        self._label = tk.Label(self._root, borderwidth=0)
        self._label.pack()
        self._root.title(title)
        self._open = True
        self._when_closed = when_closed
        self._root.protocol("WM_DELETE_WINDOW", self._closed)
        for key in ("q", "<Escape>"):
            self._root.bind(key, lambda _: self._closed())

    def show(self, picture: Picture) -> None:
        """Show an RGB picture, and handle what was done to the window since the last one."""
        if not self._open:
            return
        height, width = len(picture), len(picture[0])
        data = b"P6 %d %d 255\n" % (width, height) + picture.tobytes()
        # Tk itself keeps no reference to an image.
        self._image = self._new_image(data=data, format="ppm")
        self._label.configure(image=self._image)
        self._root.update()

    def close(self) -> None:
        """Close the window; may be called twice."""
        if self._open:
            self._open = False
            self._root.destroy()

    def _closed(self) -> None:
        self.close()
        self._when_closed()
