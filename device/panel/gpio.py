"""The panel on real pins: gpiozero with lgpio, and nothing else in its place."""

from __future__ import annotations

from gpiozero import OutputDevice
from gpiozero.pins import Factory

from device.clock import Clock
from device.panel.errors import GPIO_ERRORS, PanelError
from device.panel.panel import Panel
from device.panel.pins import Pins
from device.panel.tone import open_voice


def open_gpio_panel(
    pins: Pins,
    clock: Clock,
    *,
    quiet: bool = False,
    brightness: float = 1.0,
    partial: bool = False,
) -> Panel:
    """Return the panel of this Raspberry Pi.

    Raises PanelError if this is none, or if a pin or the buzzer's PWM cannot be had; a `partial`
    one is made of those that can.
    """
    factory = _lgpio()
    panel = Panel(
        pins,
        clock,
        factory,
        open_voice=open_voice,
        quiet=quiet,
        brightness=brightness,
        partial=partial,
    )
    factory.when_failed = panel.button_failed
    return panel


def panel_off(*wirings: Pins) -> None:
    """Make the panel dark and silent, whatever a process that was killed left it doing.

    A Pi keeps its outputs as they are when a process dies. Everything that can be switched off
    is, on the pins of each of `wirings`, before PanelError names what could not.
    """
    factory = _lgpio()
    failed = []
    buzzers = {pins.buzzer for pins in wirings}
    for pin in buzzers:
        try:
            open_voice(pin, factory).close()
        except (PanelError, *GPIO_ERRORS) as error:
            failed.append(f"buzzer ({error})")
    lights = {
        pin: name for pins in wirings for name, pin in pins.fitted().items() if name != "button"
    }
    for pin, name in lights.items():
        # Taken as a light, a buzzer's pin would be lost to its PWM until the next boot.
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


def _lgpio() -> Factory:
    try:
        from device.panel.contact import SampledFactory  # noqa: PLC0415  (only a Pi has lgpio)

        return SampledFactory()
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
