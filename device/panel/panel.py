"""The panel: eight lights, a buzzer and a button, and cues made of them."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Self

from gpiozero import LED, PWMLED, DigitalInputDevice
from gpiozero.pins import Factory

from device.clock import Clock
from device.coach.cues import Cue
from device.panel.errors import GPIO_ERRORS, PanelError
from device.panel.pattern import BAR, Pattern
from device.panel.patterns import HEARD, QUIET, pattern_of
from device.panel.pins import Pins
from device.panel.scheduler import SILENT_AND_DARK, Outputs, Scheduler
from device.panel.tone import SoftwareVoice, Voice

BOUNCE_S = 0.02
"""A contact that opens or closes for less than this has not moved."""


class Panel:
    """Lights, buzzer and button as one object; cues in, presses out.

    Whoever drives it calls `tick` when `next_deadline` has come, and after every press, which may
    have moved the deadline. Presses arrive on gpiozero's own thread: `when_down` and `when_up`
    are called there with the time in monotonic seconds and should only hand it over. The click
    of a press has been started by then.

    The panel closes `factory` when it is closed. Raises PanelError if a pin cannot be had.
    """

    def __init__(
        self,
        pins: Pins,
        clock: Clock,
        factory: Factory,
        *,
        open_voice: Callable[[int, Factory], Voice] = SoftwareVoice,
        quiet: bool = False,
        brightness: float = 1.0,
    ) -> None:
        self.when_down: Callable[[float], None] | None = None
        self.when_up: Callable[[float], None] | None = None
        self._clock = clock
        self._quiet = quiet
        self._scheduler = Scheduler()
        self._shown = SILENT_AND_DARK
        self._ticked_at = clock.monotonic()
        self._lock = threading.RLock()
        with contextlib.ExitStack() as undo:
            undo.callback(factory.close)
            with _claiming("camera", pins.camera):
                self._camera = LED(pins.camera, pin_factory=factory)
            undo.callback(self._camera.close)
            self._lights = []
            for lamp, name in enumerate((*(f"hold_{n + 1}" for n in BAR), "ready", "rest")):
                with _claiming(name, getattr(pins, name)):
                    self._lights.append(_Light(getattr(pins, name), factory, brightness))
                undo.callback(self._lights[lamp].close)
            with _claiming("buzzer", pins.buzzer):
                self._voice = open_voice(pins.buzzer, factory)
            undo.callback(self._voice.close)
            with _claiming("button", pins.button):
                # A gpiozero Button without its thread that wakes ten times a second to see whether
                # it is being held: how long is long is the coach's to say.
                self._button = DigitalInputDevice(
                    pins.button, pull_up=True, bounce_time=BOUNCE_S, pin_factory=factory
                )
            undo.callback(self._button.close)
            self._button.when_activated = self._went_down
            self._button.when_deactivated = self._came_up
            self._to_close = undo.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave everything dark and silent and let go of the pins; may be called twice."""
        self._to_close.close()

    def show(self, cue: Cue) -> None:
        """Show a cue now; it is heard too unless the panel is quiet or the cue is light only."""
        self._play(pattern_of(cue), heard=not cue.light_only)

    def gauge(self, fraction: float) -> None:
        """Fill the hold bar to `fraction`, 0 to 1; it is full only at 1."""
        with self._lock:
            self._scheduler.gauge(fraction)
            self.tick()

    def camera_light(self, on: bool) -> None:
        """Switch the light that says that the camera sees. No pattern ever touches it."""
        with self._lock:
            self._camera.value = on

    @property
    def quiet(self) -> bool:
        """Whether the panel only shows and never sounds."""
        return self._quiet

    def toggle_quiet(self) -> None:
        """Switch between sound and quiet, and say so."""
        with self._lock:
            self._quiet = not self._quiet
            self._play(QUIET if self._quiet else HEARD)

    def dark(self) -> None:
        """Forget all cues; dark and silent at once, but for the camera's light."""
        with self._lock:
            self._scheduler.dark(self._clock.monotonic())
            self.tick()

    def tick(self) -> None:
        """Carry whatever is playing on to the present.

        Like everything that shows something, raises PanelError if the pins stop answering.
        """
        with self._lock:
            self._ticked_at = self._clock.monotonic()
            self._drive(self._scheduler.tick(self._ticked_at))

    def next_deadline(self) -> float | None:
        """When `tick` is wanted next, monotonic seconds; None if nothing is playing."""
        with self._lock:
            return self._scheduler.next_deadline(self._ticked_at)

    def _play(self, pattern: Pattern, heard: bool = True) -> None:
        with self._lock:
            self._scheduler.show(pattern, self._clock.monotonic(), heard)
            self.tick()

    def _drive(self, outputs: Outputs) -> None:
        try:
            self._set(outputs)
        except GPIO_ERRORS as error:
            raise PanelError(
                f"the panel stopped answering: {error}. Check its wiring and start LiftLight anew."
            ) from error

    def _set(self, outputs: Outputs) -> None:
        for light, level, before in zip(
            self._lights, outputs.levels, self._shown.levels, strict=True
        ):
            if level != before:
                light.set(level)
        tone = 0.0 if self._quiet else outputs.tone
        if tone != self._shown.tone:
            if tone:
                self._voice.play(tone)
            else:
                self._voice.stop()
        self._shown = Outputs(outputs.levels, tone)

    def _went_down(self) -> None:
        with self._lock:
            now = self._clock.monotonic()
            self._scheduler.press(now)
            self.tick()
        if self.when_down is not None:
            self.when_down(now)

    def _came_up(self) -> None:
        if self.when_up is not None:
            self.when_up(self._clock.monotonic())


class _Light:
    """A PWMLED whose software PWM rests while it is dark."""

    def __init__(self, pin: int, factory: Factory, brightness: float) -> None:
        self._brightness = brightness
        self._led = PWMLED(pin, pin_factory=factory)
        self._frequency = self._led.frequency
        self.set(0.0)

    def set(self, level: float) -> None:
        # The eye takes the square root of a light: a squared level fades evenly.
        if level:
            self._led.frequency = self._frequency
            self._led.value = self._brightness * level**2
        else:
            self._led.off()
            self._led.frequency = None

    def close(self) -> None:
        if not self._led.closed:
            self.set(0.0)
        self._led.close()


@contextlib.contextmanager
def _claiming(setting: str, pin: int) -> Iterator[None]:
    try:
        yield
    except GPIO_ERRORS as error:
        raise PanelError(
            f"GPIO {pin} cannot be used for the panel ([pins] {setting}): {error}. Stop the "
            "program that holds it, or move the setting to another pin."
        ) from error
