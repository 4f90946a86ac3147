"""The panel: eight lights, a buzzer and a button as one object."""

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
from device.panel.patterns import QUIET_OFF, QUIET_ON, pattern_of
from device.panel.pins import Pins
from device.panel.scheduler import SILENT_AND_DARK, Outputs, Scheduler
from device.panel.tone import Buzzer, SoftwareBuzzer


class _Closable(Protocol):
    def close(self) -> None: ...


_Part = TypeVar("_Part", bound=_Closable)

BOUNCE_S = 0.02
"""The longest time for which the button's contact may bounce, in seconds: a change that does not
last so long is none, however steady the hand."""


class Panel:
    """Shows cues with lights and a buzzer, and reports presses of a button.

    The panel has no thread for what it plays: its owner calls `tick` whenever the time of
    `next_deadline` has come, and after each press::

        with open_gpio_panel(Pins(), clock) as panel:
            panel.when_down = lambda time: presses.put(time)
            panel.show(cue)
            while (due := panel.next_deadline()) is not None:
                sleep_until(due)
                panel.tick()

    `when_down` and `when_up` are called on the button's own thread with the time in monotonic
    seconds, and should do no more than pass it on. The panel clicks after `when_down` and before
    it shows anything that the press leads to; a click that fails is tried again by the next `tick`,
    which raises what is wrong. `when_failed` is called on the button's thread too, with the time
    and the error that keeps the button from being read. `when_shown` is called with each cue, on
    the thread that shows it.

    `brightness`, 0 to 1, dims all lights but the camera's; a `quiet` panel shows and never sounds.
    A press or release that lasts less than `shortest_press` seconds is none.
    The panel owns `factory` and closes it. Raises PanelError if a pin cannot be taken; a `partial`
    panel goes without that part, so that it can at least show that something is wrong.
    """

    def __init__(
        self,
        pins: Pins,
        clock: Clock,
        factory: Factory,
        *,
        open_buzzer: Callable[[int, Factory], Buzzer] = SoftwareBuzzer,
        quiet: bool = False,
        brightness: float = 1.0,
        shortest_press: float = BOUNCE_S,
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
                    raise _cannot_take(name, pin, error) from error
                undo.callback(part.close)
                return part

            # In the order in which they are lit; they are switched off the other way round.
            self._camera_lights = [
                claim(name, lambda pin: LED(pin, pin_factory=factory))
                for name in ("camera", "illuminator")
            ]
            self._lights = [
                claim(name, lambda pin: _Light(pin, factory, brightness))
                for name in (*(f"hold_{n + 1}" for n in BAR), "ready", "rest")
            ]
            self._buzzer = claim("buzzer", lambda pin: open_buzzer(pin, factory))
            # Not a gpiozero Button, which starts a thread that wakes ten times a second to see
            # whether it is held. The coach decides what is a long press.
            self._button = claim(
                "button",
                lambda pin: DigitalInputDevice(
                    pin, pull_up=True, bounce_time=shortest_press, pin_factory=factory
                ),
            )
            if self._button is not None:
                self._button.when_activated = self._went_down
                self._button.when_deactivated = self._came_up
            self._to_close = undo.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Switch everything off and let go of the pins; may be called twice.

        Raises PanelError for a part that cannot be switched off, once all others are.
        """
        with _pin_errors():
            self._to_close.close()

    def show(self, cue: cues.Cue) -> None:
        """Show a cue, with its sound unless the panel is quiet or the cue is `light_only`."""
        self._play(pattern_of(cue), audible=not cue.light_only)
        if self.when_shown is not None:
            self.when_shown(cue)

    def gauge(self, fraction: float) -> None:
        """Fill the hold bar up to `fraction`, 0 to 1; all five lights are lit only at 1."""
        with self._lock:
            self._scheduler.gauge(fraction)
            self.tick()

    def camera_light(self, on: bool) -> None:
        """Switch the camera's light, and the illuminator if there is one.

        No pattern changes either. The illuminator is lit only while the camera's light is.
        """
        with self._lock, _pin_errors():
            for part in self._camera_lights if on else reversed(self._camera_lights):
                if part is not None:
                    part.value = on

    def hush(self, on: bool) -> None:
        """Answer presses by light alone while `on`, as at night when nothing runs."""
        self._hushed = on

    def play(self, pattern: Pattern) -> None:
        """Play a pattern that belongs to no cue."""
        self._play(pattern)

    @property
    def quiet(self) -> bool:
        """Whether the panel is in quiet mode, in which it never sounds."""
        return self._quiet

    @property
    def pressed(self) -> bool:
        """Whether the button is down at this moment; one that was not taken never is.

        Raises PanelError if the button cannot be read.
        """
        with _pin_errors():
            return self._button is not None and bool(self._button.is_active)

    def toggle_quiet(self) -> None:
        """Switch quiet mode on or off, and show which."""
        with self._lock:
            self._quiet = not self._quiet
            self._play(QUIET_ON if self._quiet else QUIET_OFF, audible=not self._hushed)

    def dark(self) -> None:
        """Forget all cues and be dark and silent at once; the camera's light stays as it is."""
        with self._lock:
            self._scheduler.dark(self._clock.monotonic())
            self.tick()

    def tick(self) -> None:
        """Put out what should be lit and heard at this moment.

        Raises PanelError if the pins cannot be driven, as every method that shows something does.
        """
        with self._lock:
            self._ticked_at = self._clock.monotonic()
            self._drive(self._scheduler.tick(self._ticked_at))

    def next_deadline(self) -> float | None:
        """Return when `tick` has something to change next, monotonic seconds; None if never."""
        with self._lock:
            return self._scheduler.next_deadline(self._ticked_at)

    def _play(self, pattern: Pattern, audible: bool = True) -> None:
        with self._lock:
            self._scheduler.show(pattern, self._clock.monotonic(), audible)
            self.tick()

    def _drive(self, outputs: Outputs) -> None:
        tone = 0.0 if self._quiet else outputs.tone
        # A part that fails must keep no other from changing, least of all a tone from ending.
        with _pin_errors(), contextlib.ExitStack() as changes:
            for light, level, before in zip(
                self._lights, outputs.levels, self._shown.levels, strict=True
            ):
                if light is not None and level != before:
                    changes.callback(light.set, level)
            if self._buzzer is not None and tone != self._shown.tone:
                if tone:
                    changes.callback(self._buzzer.play, tone)
                else:
                    changes.callback(self._buzzer.stop)
        self._shown = Outputs(outputs.levels, tone)

    def _went_down(self) -> None:
        # The lock makes whatever the press leads to wait for its click.
        with self._lock:
            now = self._clock.monotonic()
            if self.when_down is not None:
                self.when_down(now)
            self._scheduler.press(now, audible=not self._hushed)
            with contextlib.suppress(PanelError):
                self.tick()

    def _came_up(self) -> None:
        if self.when_up is not None:
            self.when_up(self._clock.monotonic())

    def button_failed(self, error: Exception) -> None:
        """Report to `when_failed` that the button cannot be read at present."""
        if self.when_failed is not None:
            cure = "Check its wiring and start LiftLight anew."
            problem = PanelError(f"the button cannot be read: {error}. {cure}")
            self.when_failed(self._clock.monotonic(), problem)


class _Light:
    """A PWMLED that has no software PWM running while it is dark."""

    def __init__(self, pin: int, factory: Factory, brightness: float) -> None:
        self._brightness = brightness
        self._led = PWMLED(pin, pin_factory=factory)
        self._frequency = self._led.frequency
        self.set(0.0)

    def set(self, level: float) -> None:
        # The eye perceives about the square root of a light, so a squared level fades evenly.
        # A light at full brightness has PWM too. It keeps lgpio's thread awake, which otherwise
        # sleeps for 20 ms, and a software tone would begin that much late.
        if level:
            self._led.frequency = self._frequency
            self._led.value = self._brightness * level**2
        else:
            # The PWM is stopped first: lgpio applies a new duty cycle only from the next cycle on,
            # and if it is stopped before that, the pin stays lit.
            self._led.frequency = None
            self._led.off()

    def close(self) -> None:
        if not self._led.closed:
            self.set(0.0)
        self._led.close()


def _cannot_take(setting: str, pin: int, error: Exception) -> PanelError:
    if isinstance(error, PanelError):
        return error
    return PanelError(
        f"GPIO {pin} cannot be used for the panel ([pins] {setting}): {error}. Stop the "
        "program that holds it, or move the setting to another pin."
    )


@contextlib.contextmanager
def _pin_errors() -> Iterator[None]:
    """Raise what gpiozero and lgpio raise inside as PanelError."""
    try:
        yield
    except GPIO_ERRORS as error:
        raise PanelError(
            f"the panel stopped answering: {error}. Check its wiring and start LiftLight anew."
        ) from error
