"""The panel: eight lights, a buzzer and a button, and cues made of them."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Protocol, Self, TypeVar

from gpiozero import LED, PWMLED, DigitalInputDevice
from gpiozero.pins import Factory

from device.clock import Clock
from device.coach import cues
from device.panel.errors import GPIO_ERRORS, PanelError
from device.panel.pattern import BAR, Pattern
from device.panel.patterns import HEARD, QUIET, pattern_of
from device.panel.pins import Pins
from device.panel.scheduler import SILENT_AND_DARK, Outputs, Scheduler
from device.panel.tone import SoftwareVoice, Voice


class _Closable(Protocol):
    def close(self) -> None: ...


_Part = TypeVar("_Part", bound=_Closable)

BOUNCE_S = 0.02
"""A contact that opens or closes for less than this has not moved."""


class Panel:
    """Lights, buzzer and button as one object; cues in, presses out.

    Whoever drives it calls `tick` when `next_deadline` has come, and after every press, which may
    have moved the deadline. Presses arrive on the button's own thread: `when_down` and `when_up`
    are called there with the time in monotonic seconds and should only hand it over. The click
    of a press follows, before anything else is shown; one that fails is tried again at the next
    `tick`, which says so. `when_failed` is called there too, with the time and what keeps the
    button from being read. `when_shown` is called with each cue, by whoever shows it.

    The panel closes `factory` when it is closed. Raises PanelError if a pin cannot be had; a
    `partial` one does without it, to show at least that something is wrong.
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
        partial: bool = False,
    ) -> None:
        self.when_down: Callable[[float], None] | None = None
        self.when_up: Callable[[float], None] | None = None
        self.when_failed: Callable[[float, PanelError], None] | None = None
        self.when_shown: Callable[[cues.Cue], None] | None = None
        self._clock = clock
        self._quiet = quiet
        self._hushed = False
        self._scheduler = Scheduler()
        self._shown = SILENT_AND_DARK
        self._ticked_at = clock.monotonic()
        self._lock = threading.RLock()
        with contextlib.ExitStack() as undo:
            undo.callback(factory.close)

            def claim(name: str, make: Callable[[int], _Part]) -> _Part | None:
                pin = pins.fitted().get(name)
                if pin is None:
                    return None
                try:
                    part = make(pin)
                except (PanelError, *GPIO_ERRORS) as error:
                    if partial:
                        return None
                    raise _busy(name, pin, error) from error
                undo.callback(part.close)
                return part

            # In the order in which they go on; they go off the other way round.
            self._seeing = [
                claim(name, lambda pin: LED(pin, pin_factory=factory))
                for name in ("camera", "illuminator")
            ]
            self._lights = [
                claim(name, lambda pin: _Light(pin, factory, brightness))
                for name in (*(f"hold_{n + 1}" for n in BAR), "ready", "rest")
            ]
            self._voice = claim("buzzer", lambda pin: open_voice(pin, factory))
            # A gpiozero Button without its thread that wakes ten times a second to see whether
            # it is being held: how long is long is the coach's to say.
            button = claim(
                "button",
                lambda pin: DigitalInputDevice(
                    pin, pull_up=True, bounce_time=BOUNCE_S, pin_factory=factory
                ),
            )
            if button is not None:
                button.when_activated = self._went_down
                button.when_deactivated = self._came_up
            self._to_close = undo.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave everything dark and silent and let go of the pins; may be called twice."""
        self._to_close.close()

    def show(self, cue: cues.Cue) -> None:
        """Show a cue now; it is heard too unless the panel is quiet or the cue is light only."""
        self._play(pattern_of(cue), heard=not cue.light_only)
        if self.when_shown is not None:
            self.when_shown(cue)

    def gauge(self, fraction: float) -> None:
        """Fill the hold bar to `fraction`, 0 to 1; it is full only at 1."""
        with self._lock:
            self._scheduler.gauge(fraction)
            self.tick()

    def camera_light(self, on: bool) -> None:
        """Switch the light that says that the camera sees, and the illuminator if there is one.

        No pattern ever touches either. The illuminator is lit only while that light is.
        """
        with self._lock, _answering():
            for part in self._seeing if on else reversed(self._seeing):
                if part is not None:
                    part.value = on

    def hush(self, on: bool) -> None:
        """At night, with nothing running, answer presses by light alone; else by a click too."""
        self._hushed = on

    def play(self, pattern: Pattern) -> None:
        """Play a pattern that is no cue's, to show what the panel can do."""
        self._play(pattern)

    @property
    def quiet(self) -> bool:
        """Whether the panel only shows and never sounds."""
        return self._quiet

    def toggle_quiet(self) -> None:
        """Switch between sound and quiet, and say so."""
        with self._lock:
            self._quiet = not self._quiet
            self._play(QUIET if self._quiet else HEARD, heard=not self._hushed)

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
        tone = 0.0 if self._quiet else outputs.tone
        with _answering():
            for light, level, before in zip(
                self._lights, outputs.levels, self._shown.levels, strict=True
            ):
                if light is not None and level != before:
                    light.set(level)
            if self._voice is not None and tone != self._shown.tone:
                if tone:
                    self._voice.play(tone)
                else:
                    self._voice.stop()
        self._shown = Outputs(outputs.levels, tone)

    def _went_down(self) -> None:
        # Locked, so that what the press leads to is shown after its click.
        with self._lock:
            now = self._clock.monotonic()
            if self.when_down is not None:
                self.when_down(now)
            self._scheduler.press(now, heard=not self._hushed)
            with contextlib.suppress(PanelError):
                self.tick()

    def _came_up(self) -> None:
        if self.when_up is not None:
            self.when_up(self._clock.monotonic())

    def button_failed(self, error: Exception) -> None:
        """Say that the button cannot be read; presses are heard again once it can."""
        if self.when_failed is not None:
            cure = "Check its wiring and start LiftLight anew."
            problem = PanelError(f"the button cannot be read: {error}. {cure}")
            self.when_failed(self._clock.monotonic(), problem)


class _Light:
    """A PWMLED whose software PWM rests while it is dark."""

    def __init__(self, pin: int, factory: Factory, brightness: float) -> None:
        self._brightness = brightness
        self._led = PWMLED(pin, pin_factory=factory)
        self._frequency = self._led.frequency
        self.set(0.0)

    def set(self, level: float) -> None:
        # The eye takes the square root of a light: a squared level fades evenly.
        # Wholly lit it has PWM too: that keeps lgpio's thread awake, which otherwise sleeps for
        # 20 ms, and a software tone would begin that much late.
        if level:
            self._led.frequency = self._frequency
            self._led.value = self._brightness * level**2
        else:
            # In this order: lgpio's PWM, told to be dark, would be so from its next cycle on, and
            # stopped before that it leaves the pin as it is, lit.
            self._led.frequency = None
            self._led.off()

    def close(self) -> None:
        if not self._led.closed:
            self.set(0.0)
        self._led.close()


def _busy(setting: str, pin: int, error: Exception) -> PanelError:
    if isinstance(error, PanelError):
        return error
    return PanelError(
        f"GPIO {pin} cannot be used for the panel ([pins] {setting}): {error}. Stop the "
        "program that holds it, or move the setting to another pin."
    )


@contextlib.contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except GPIO_ERRORS as error:
        raise PanelError(
            f"the panel stopped answering: {error}. Check its wiring and start LiftLight anew."
        ) from error
