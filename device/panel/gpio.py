"""The panel on the pins of a Raspberry Pi, by gpiozero and lgpio."""

from __future__ import annotations

from gpiozero import OutputDevice
from gpiozero.pins import Factory

from device.clock import Clock
from device.panel.errors import GPIO_ERRORS, PanelError
from device.panel.panel import BOUNCE_S, Panel
from device.panel.pins import Pins
from device.panel.tone import open_buzzer


def open_gpio_panel(
    pins: Pins,
    clock: Clock,
    *,
    quiet: bool = False,
    brightness: float = 1.0,
    shortest_press: float = BOUNCE_S,
    partial: bool = False,
) -> Panel:
    """Return the panel on the header of this Raspberry Pi.

    The options are those of Panel. Raises PanelError if this machine has no header, or if a pin or
    the buzzer's PWM cannot be taken; a `partial` panel goes without the parts it cannot take.
    """
    factory = _open_header_pins()
    panel = Panel(
        pins,
        clock,
        factory,
        open_buzzer=open_buzzer,
        quiet=quiet,
        brightness=brightness,
        shortest_press=shortest_press,
        partial=partial,
    )
    factory.when_failed = panel.button_failed
    return panel


def panel_off(*wirings: Pins) -> None:
    """Switch off every light and the buzzer on the pins of each of `wirings`.

    A Raspberry Pi keeps its outputs as they are when the process that drove them is killed, so
    this runs after one has ended. Raises PanelError for the parts that could not be switched off,
    once all others are.
    """
    factory = _open_header_pins()
    failed = []
    buzzers = {pins.buzzer for pins in wirings}
    for pin in buzzers:
        try:
            open_buzzer(pin, factory).close()
        except (PanelError, *GPIO_ERRORS) as error:
            failed.append(f"buzzer ({error})")
    lights = {
        pin: name for pins in wirings for name, pin in pins.fitted().items() if name != "button"
    }
    for pin, name in lights.items():
        # A pin that is taken as a light is lost to the hardware PWM until the next boot.
        if pin in buzzers:
            continue
        try:
            OutputDevice(pin, pin_factory=factory).close()
        except GPIO_ERRORS as error:
            failed.append(f"{name} ({error})")
    factory.close()
    if failed:
        raise PanelError(
            f"could not switch off: {', '.join(failed)}. Stop the program that holds them: "
            "sudo systemctl stop liftlight"
        )


def _open_header_pins() -> Factory:
    try:
        from device.panel.polled_pins import PolledFactory  # noqa: PLC0415  (only a Pi has lgpio)

        return PolledFactory()
    except ImportError as error:
        raise PanelError(
            "the panel needs the library lgpio. On a Raspberry Pi: sudo apt install "
            "python3-lgpio; elsewhere use --panel terminal."
        ) from error
    except GPIO_ERRORS as error:
        raise PanelError(
            f"there is no usable GPIO here: {error}. Elsewhere than on a Raspberry Pi use "
            "--panel terminal."
        ) from error
