"""The buzzer: a clean tone from the Pi's own PWM, or gpiozero's software tone without it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Protocol

from gpiozero import TonalBuzzer
from gpiozero.pins import Factory

from device.panel.errors import PanelError

SYSFS = Path("/sys/class/pwm")

DUTY = 0.1
"""How long the pin is high in each period: a passive piezo at 0.5 is an alarm clock."""

CHANNELS = {
    re.compile(r"[0-9a-f]+20c000\.pwm"): {12: 0, 13: 1, 18: 0, 19: 1},
    re.compile(r"1f00098000\.pwm"): {12: 0, 13: 1, 18: 2, 19: 3},
}
"""Channel of each GPIO, by the PWM device's name: every Pi up to the 4, then the Pi 5.

The number of the chip says nothing: on a Pi 5 it was 2 up to Linux 6.6 and is 0 since 6.12.
"""


class Voice(Protocol):
    """Something that can sound one tone at a time."""

    def play(self, frequency: float) -> None:
        """Sound `frequency` hertz until told otherwise."""
        ...

    def stop(self) -> None:
        """Be silent."""
        ...

    def close(self) -> None:
        """Be silent and let go of the pin; may be called twice."""
        ...


class SoftwareVoice:
    """gpiozero's TonalBuzzer: it warbles while the machine is busy."""

    def __init__(self, pin: int, factory: Factory) -> None:
        # Two octaves either side of A5: 220 to 3520 Hz, more than any melody needs.
        self._buzzer = TonalBuzzer(pin, mid_tone="A5", octaves=2, pin_factory=factory)

    def play(self, frequency: float) -> None:
        """Sound `frequency` hertz until told otherwise."""
        self._buzzer.play(frequency)

    def stop(self) -> None:
        """Be silent."""
        self._buzzer.stop()
        # lgpio leaves the pin as the tone's last swing did, up as often as down.
        self._buzzer.pwm_device.pin.state = 0

    def close(self) -> None:
        """Be silent and let go of the pin; may be called twice."""
        self._buzzer.close()


class HardwareVoice:
    """The Pi's PWM through sysfs: no load on the processor, and no warble."""

    def __init__(self, pwm: Any) -> None:
        """Take over a `periphery.PWM`, whatever a process before us left it doing."""
        self._pwm: Any | None = pwm
        # Fresh from the boot it has no period, and without one the kernel refuses all else.
        if not pwm.period_ns:
            pwm.period_ns = 1_000_000
        self.stop()

    def play(self, frequency: float) -> None:
        """Sound `frequency` hertz until told otherwise."""
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
    """Return chip and channel of the hardware PWM behind GPIO `pin`, None if it has none."""
    for chip in sorted(sysfs.glob("pwmchip*")):
        device = (chip / "device").resolve().name
        for name, channels in CHANNELS.items():
            if name.fullmatch(device) and pin in channels:
                return int(chip.name.removeprefix("pwmchip")), channels[pin]
    return None


def open_voice(pin: int, factory: Factory, sysfs: Path = SYSFS) -> Voice:
    """Return the best voice there is for the buzzer on GPIO `pin`.

    Raises PanelError if there is hardware PWM but it cannot be used: a software tone on that pin
    would take it away from the PWM until the next boot.
    """
    found = find_channel(pin, sysfs)
    if found is None:
        return SoftwareVoice(pin, factory)
    try:
        # It is the system's package on the device, and nowhere else.
        from periphery import PWM  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415

        return HardwareVoice(PWM(*found))
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
