"""What the boot settings say: config.txt and the files that it includes."""

from __future__ import annotations

from collections.abc import Iterator

from device.doctor.machine import Machine

FOLDER = "boot/firmware"

_PWM = {"pwm": {"pin": 18}, "pwm-2chan": {"pin": 18, "pin2": 19}}
"""The overlays that give pins to the PWM, and which if they name none."""


def pwm_pins(machine: Machine) -> set[int] | None:
    """Return the GPIO numbers that the PWM is led to; None if there are no boot settings here.

    Of two overlays the later is taken, as the firmware lays one over the other. Sections for one
    board are taken for all.
    """
    lines = list(_lines(machine, "config.txt", 0))
    if not lines:
        return None
    pins: set[int] = set()
    for line in lines:
        name, *given = line.removeprefix("dtoverlay=").split(",")
        if line.startswith("dtoverlay=") and name in _PWM:
            chosen = dict(one.split("=", 1) for one in given if "=" in one)
            wanted = [chosen.get(key, str(pin)) for key, pin in _PWM[name].items()]
            pins = {int(pin) for pin in wanted if pin.isdecimal()}
    return pins


def _lines(machine: Machine, name: str, depth: int) -> Iterator[str]:
    for line in (machine.text(f"{FOLDER}/{name}") or "").splitlines():
        if line.startswith("include ") and depth < 8:
            yield from _lines(machine, line.removeprefix("include ").strip(), depth + 1)
        else:
            yield line.strip()
