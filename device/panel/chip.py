"""The GPIO chip of the 40-pin header, found by its label.

A chip's number says nothing: on a Pi 5 the header's was 4 up to Linux 6.6.44, then 0, and is 15
since Linux 6.12.96. So whoever wants the header's lines finds its chip here, and takes no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from device.panel.errors import GPIO_ERRORS, PanelError

LABELS = ("pinctrl-rp1", "pinctrl-bcm2711", "pinctrl-bcm2835")
"""What the kernel's driver calls the header's chip: on a Pi 5, on a Pi 4, on every Pi before."""

_NUMBERS = range(256)
"""All that the kernel can give to GPIO chips (GPIO_DEV_MAX)."""


class NoHeaderError(PanelError):
    """No GPIO chip that can be opened is the header's.

    `labels` has the label of each that can be opened, by its name.
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
    """Return the name of the header's chip, as in /dev, and the handle of `lgpio` on it.

    Raises NoHeaderError if there is none that can be opened.
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
