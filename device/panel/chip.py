"""The GPIO chip of the 40-pin header, found by its label.

The number of a GPIO chip depends on the kernel: on a Pi 5 the header's chip was number 4 up to
Linux 6.6.44, then 0, and is 15 since Linux 6.12.96. Its label does not change, so everything in
LiftLight that needs the header's lines finds their chip here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from device.panel.errors import GPIO_ERRORS, PanelError

LABELS = ("pinctrl-rp1", "pinctrl-bcm2711", "pinctrl-bcm2835")
"""Labels that the kernel's driver gives the header's chip: on a Pi 5, on a Pi 4, on older ones."""

_NUMBERS = range(256)
"""All numbers that the kernel can give to a GPIO chip (GPIO_DEV_MAX)."""


class NoHeaderError(PanelError):
    """None of the GPIO chips that can be opened belongs to the 40-pin header.

    `labels` has the label of each chip that can be opened, by the chip's name in /dev.
    """

    def __init__(self, labels: Mapping[str, str]) -> None:
        self.labels = labels
        there = ", ".join(f"{name} is {label!r}" for name, label in labels.items())
        super().__init__(
            "no GPIO chip that can be opened here is that of a Raspberry Pi's header "
            f"({there or 'there is none'}). On a Raspberry Pi `sudo liftlight doctor` names the "
            "cure; elsewhere use --panel terminal."
        )


def open_header(lgpio: Any) -> tuple[str, int]:
    """Return the name in /dev of the header's chip, and a handle on it.

    `lgpio` is the module of that name, or one that stands in for it. Raises NoHeaderError if the
    header's chip cannot be found or opened.
    """
    labels = {}
    for number in _NUMBERS:
        try:
            handle = lgpio.gpiochip_open(number)
        except GPIO_ERRORS:
            continue
        name = f"gpiochip{number}"
        try:
            *_, labels[name] = lgpio.gpio_get_chip_info(handle)
        except GPIO_ERRORS:
            labels[name] = ""
        if labels[name] in LABELS:
            return name, int(handle)
        lgpio.gpiochip_close(handle)
    raise NoHeaderError(labels)
