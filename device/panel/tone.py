"""The buzzer, on the Raspberry Pi's hardware PWM, or on a software tone where there is none."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Protocol

from gpiozero import TonalBuzzer
from gpiozero.pins import Factory

from device.panel.errors import PanelError

SYSFS = Path("/sys/class/pwm")
"""Where the kernel shows its PWM chips."""

DUTY = 0.1
"""Fraction of each period for which the pin is high. At 0.5 a passive piezo is as loud as an alarm
clock; a tenth is soft enough for a bedroom."""

CHANNELS = {
    re.compile(r"[0-9a-f]+20c000\.pwm"): {12: 0, 13: 1, 18: 0, 19: 1},
    re.compile(r"1f00098000\.pwm"): {12: 0, 13: 1, 18: 2, 19: 3},
}
"""The PWM channel of each GPIO, by the name of the PWM device: up to the Pi 4, and on the Pi 5.

The chip's number would not do: on a Pi 5 it was 2 up to Linux 6.6 and is 0 since 6.12.
"""


class Buzzer(Protocol):
    """A part that can sound one tone at a time."""

    def play(self, frequency: float) -> None:
        """Sound a tone of `frequency` hertz until `stop` or the next `play`."""
        ...

    def stop(self) -> None:
        """Be silent."""
        ...

    def close(self) -> None:
        """Be silent and let go of the pin; may be called twice."""
        ...


class SoftwareBuzzer:
    """A buzzer on gpiozero's software PWM, which warbles while the machine is busy."""

    def __init__(self, pin: int, factory: Factory) -> None:
        # Two octaves either side of A5: 220 to 3520 Hz, more than any melody needs.
        self._buzzer = TonalBuzzer(pin, mid_tone="A5", octaves=2, pin_factory=factory)

    def play(self, frequency: float) -> None:
        """Sound a tone of `frequency` hertz until `stop` or the next `play`."""
        self._buzzer.play(frequency)

    def stop(self) -> None:
        """Be silent."""
        self._buzzer.stop()
        # lgpio leaves the pin as the tone's last swing did, up as often as down.
        self._buzzer.pwm_device.pin.state = 0

    def close(self) -> None:
        """Be silent and let go of the pin; may be called twice."""
        self._buzzer.close()


class HardwareBuzzer:
    """A buzzer on the Pi's hardware PWM, which neither warbles nor loads the processor."""

    def __init__(self, pwm: Any) -> None:
        """Take over a `periphery.PWM`, and silence what an earlier process may have left on it."""
        self._pwm: Any | None = pwm
        # After a boot it has no period, and without one the kernel refuses every other setting.
        if not pwm.period_ns:
            pwm.period_ns = 1_000_000
        self.stop()

    def play(self, frequency: float) -> None:
        """Sound a tone of `frequency` hertz until `stop` or the next `play`."""
        if self._pwm is None:
            return
        period = round(1e9 / frequency)
        # The kernel refuses a period shorter than the pulse, so the pulse goes first.
        self._pwm.duty_cycle_ns = 0
        self._pwm.period_ns = period
        self._pwm.duty_cycle_ns = round(period * DUTY)
        self._pwm.enable()

    def stop(self) -> None:
        """Be silent."""
        if self._pwm is not None:
            self._pwm.duty_cycle_ns = 0
            self._pwm.disable()

    def close(self) -> None:
        """Be silent and let go of the pin; may be called twice."""
        if self._pwm is not None:
            self.stop()
            self._pwm.close()
            self._pwm = None


def find_channel(pin: int, sysfs: Path = SYSFS) -> tuple[int, int] | None:
    """Return the numbers of the chip and channel of the hardware PWM behind GPIO `pin`.

    None if there is none: the pin has no PWM, or the boot settings do not switch it on.
    """
    for chip in sorted(sysfs.glob("pwmchip*")):
        device = (chip / "device").resolve().name
        for name, channels in CHANNELS.items():
            if name.fullmatch(device) and pin in channels:
                return int(chip.name.removeprefix("pwmchip")), channels[pin]
    return None


def open_buzzer(pin: int, factory: Factory, sysfs: Path = SYSFS) -> Buzzer:
    """Return the buzzer on GPIO `pin`, on hardware PWM if the pin has it.

    Raises PanelError if there is hardware PWM but it cannot be used. Nothing else is tried then: a
    software tone would take the pin away from the PWM until the next boot.
    """
    found = find_channel(pin, sysfs)
    if found is None:
        return SoftwareBuzzer(pin, factory)
    try:
        # Only the device has this library, as a package of its system.
        from periphery import PWM  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415

        return HardwareBuzzer(PWM(*found))
    except ImportError as error:
        raise PanelError(
            "the buzzer's hardware PWM is switched on, but the library for it is missing. "
            "Install it: sudo apt install python3-periphery"
        ) from error
    except (OSError, LookupError, TimeoutError) as error:
        raise PanelError(
            f"the buzzer's PWM (chip {found[0]}, channel {found[1]}) cannot be used: {error}. "
            "Another program may hold it, or this user may not write to /sys/class/pwm."
        ) from error
