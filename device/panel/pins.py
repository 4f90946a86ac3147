"""Which GPIO each part of the panel is wired to, checked for what cannot work."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from device.errors import CallerError

TAKEN = {
    0: "the ID EEPROM of add-on boards",
    1: "the ID EEPROM of add-on boards",
    2: "the real-time clock (I2C data)",
    3: "the real-time clock (I2C clock)",
    4: "the real-time clock, whose module covers it",
    14: "the serial console (sends)",
    15: "the serial console (receives)",
    21: "the shutdown button, if config.txt has one",
}
"""Pins that something else may be using, by GPIO number."""

HARDWARE_PWM = {12: 4, 13: 4, 18: 2, 19: 2}
"""The pins on which a Raspberry Pi has hardware PWM, and so a clean tone, by GPIO number.

The value is the pin function that `dtoverlay=pwm` needs to route the PWM to that pin.
"""

PULLED_UP = range(2, 9)
"""GPIO numbers that a Raspberry Pi pulls up from the boot until a program takes them."""

PHYSICAL = {
    2: 3, 3: 5, 4: 7, 14: 8, 15: 10, 17: 11, 18: 12, 27: 13, 22: 15, 23: 16, 24: 18, 10: 19,
    9: 21, 25: 22, 11: 23, 8: 24, 7: 26, 0: 27, 1: 28, 5: 29, 6: 31, 12: 32, 13: 33, 19: 35,
    16: 36, 26: 37, 20: 38, 21: 40,
}  # fmt: skip
"""Position on the 40-pin header, by GPIO number; the same on every board that has the header."""


class PinError(CallerError):
    """A pin setting that cannot work; the message names the setting and the cure."""


def _pin(default: int | None) -> Any:
    return field(default=default, metadata={"low": 0, "high": 27})


@dataclass(frozen=True, slots=True)
class Pins:
    """The GPIO number, not the position on the header, of each part of the panel.

    The table `[pins]` of the settings has these names. What is left out keeps its default::

        pins = Pins(ready=13, illuminator=26)
        pins.fitted()["ready"]  # 13

    By default the lights are on pins that a Raspberry Pi pulls down while it boots, so that they
    stay dark until LiftLight lights them, and the button is on one that it pulls up. The pins of
    I2C (the clock), the serial console, SPI and the add-on board's EEPROM are left free. The camera
    has a connector of its own.

    Raises PinError for a pin that does not exist, is taken, or is used twice; for a buzzer without
    hardware PWM; and for an illuminator that would be lit while the machine boots.
    """

    button: int = _pin(5)
    """Push button to ground; the Raspberry Pi's own pull-up is used."""
    buzzer: int = _pin(18)
    """Passive piezo; needs hardware PWM, so 12, 13, 18 or 19. The boot settings route the PWM to
    18; for another pin add its `dtoverlay=pwm` to config.txt, or the buzzer is mute."""
    camera: int = _pin(17)
    """Lit whenever the camera is."""
    ready: int = _pin(27)
    """Green: ready, or lift now."""
    rest: int = _pin(22)
    """Amber: rest."""
    hold_1: int = _pin(23)
    """First light of the hold bar, the one that fills first."""
    hold_2: int = _pin(24)
    """Second light of the hold bar."""
    hold_3: int = _pin(25)
    """Third light of the hold bar."""
    hold_4: int = _pin(16)
    """Fourth light of the hold bar."""
    hold_5: int = _pin(20)
    """Fifth light of the hold bar, lit once the hold is reached."""
    illuminator: int | None = _pin(None)
    """Infrared light through a transistor of its own, with a resistor that pulls it down; for
    example 26. Lit only while the camera is. Left out, there is none."""

    def fitted(self) -> dict[str, int]:
        """Return the GPIO number of each part that is fitted, by its name here."""
        return {name: pin for name, pin in dataclasses.asdict(self).items() if pin is not None}

    def __post_init__(self) -> None:
        owner: dict[int, str] = {}
        defaults = {one.name: one.default for one in dataclasses.fields(self)}
        for name, pin in self.fitted().items():
            if pin not in PHYSICAL:
                raise PinError(
                    f"[pins] {name} = {pin}: there is no GPIO {pin} on the 40-pin header. "
                    "Give a GPIO number from 5 to 27, not a position on the header."
                )
            if pin in TAKEN:
                raise PinError(
                    f"[pins] {name} = {pin}: GPIO {pin} belongs to {TAKEN[pin]}. "
                    f"Move {name} to another pin, {defaults[name] or 26} for example."
                )
            if pin in owner:
                raise PinError(
                    f"[pins] {name} = {pin}: GPIO {pin} is already used by {owner[pin]}. "
                    "Give each its own pin."
                )
            owner[pin] = name
        if self.illuminator in PULLED_UP:
            raise PinError(
                f"[pins] illuminator = {self.illuminator}: GPIO {self.illuminator} is pulled up "
                "while the machine boots, so it would be lit with the camera off. "
                "Use one from 9 to 27."
            )
        if self.buzzer not in HARDWARE_PWM:
            raise PinError(
                f"[pins] buzzer = {self.buzzer}: GPIO {self.buzzer} has no hardware PWM, so a tone "
                f"would warble. Use one of {', '.join(map(str, HARDWARE_PWM))}."
            )


def pwm_overlay(buzzer: int) -> str:
    """Return the line of config.txt that routes the PWM to `buzzer`, a pin of `HARDWARE_PWM`."""
    return f"dtoverlay=pwm,pin={buzzer},func={HARDWARE_PWM[buzzer]}"
