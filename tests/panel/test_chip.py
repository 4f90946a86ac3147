"""The header's GPIO chip on every kernel: a table of chips in place of lgpio, the rest is real."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from gpiozero.pins.local import LocalPiFactory

from device.clock import SystemClock
from device.coach import events
from device.errors import CameraError
from device.inbox import ButtonDown, LiveInbox, Stimulus, listen
from device.panel import contact, errors
from device.panel.chip import NoHeaderError
from device.panel.gpio import open_gpio_panel
from device.panel.pins import Pins
from device.panel_off import panel_off_command
from device.startup_faults import NoSource
from tests.virtual import VirtualClock

OTHER = "gpio-brcmstb@107d508500"
KERNELS = {
    "Pi 3": ({0: "pinctrl-bcm2835", 1: "raspberrypi-exp-gpio"}, 0),
    "Pi 4": ({0: "pinctrl-bcm2711", 1: "raspberrypi-exp-gpio"}, 0),
    "Pi 4, another chip first": ({0: "pcf8575", 1: "pinctrl-bcm2711"}, 1),
    "Pi 5, Linux 6.6.20": ({0: OTHER, 1: OTHER, 2: OTHER, 3: OTHER, 4: "pinctrl-rp1"}, 4),
    "Pi 5, Linux 6.6.47": ({0: "pinctrl-rp1", 10: OTHER, 11: OTHER, 12: OTHER, 13: OTHER}, 0),
    "Pi 5, Linux 6.12.96": ({11: OTHER, 12: OTHER, 13: OTHER, 14: OTHER, 15: "pinctrl-rp1"}, 15),
}
PATIENCE_S = 10.0


class Chips(ModuleType):
    """Stands in for lgpio: chips by number and label, and what was done to which."""

    SET_PULL_NONE, SET_PULL_UP, SET_PULL_DOWN = range(3)
    BOTH_EDGES, FALLING_EDGE, RISING_EDGE = range(3)

    def __init__(self) -> None:
        super().__init__("lgpio")
        self.error = errors.GPIO_ERRORS[1]
        self.labels: dict[int, str] = {}
        self.claimed: set[tuple[int, int]] = set()
        self.opened: set[int] = set()
        self.button: int | None = 1
        self._outputs: set[int] = set()

    def gpiochip_open(self, number: int) -> int:
        if number not in self.labels:
            raise self.error("can not open gpiochip")
        self.opened.add(number)
        return number

    def gpiochip_close(self, handle: int) -> int:
        self.opened.remove(handle)
        return 0

    def gpio_get_chip_info(self, handle: int) -> list[object]:
        return [0, 54, f"gpiochip{handle}", self.labels[handle]]

    def gpio_claim_output(self, handle: int, pin: int, *_: int) -> int:
        self._outputs.add(pin)
        self.claimed.add((handle, pin))
        return 0

    def gpio_claim_input(self, handle: int, pin: int, *_: int) -> int:
        self._outputs.discard(pin)
        self.claimed.add((handle, pin))
        return 0

    def gpio_get_mode(self, handle: int, pin: int) -> int:
        del handle
        return 2 * (pin in self._outputs)

    def gpio_read(self, handle: int, pin: int) -> int:
        del handle, pin
        if self.button is None:
            raise self.error("bad handle")
        return self.button

    def gpio_free(self, *_: int) -> int:
        return 0

    gpio_write = tx_pwm = gpio_set_debounce_micros = gpio_free


@pytest.fixture
def chips(monkeypatch: pytest.MonkeyPatch) -> Iterator[Chips]:
    chips = Chips()
    monkeypatch.setitem(sys.modules, "lgpio", chips)
    for module in ("gpiozero.pins.lgpio", "device.panel.polled_pins"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    lgpio = importlib.import_module("gpiozero.pins.lgpio")
    monkeypatch.setattr(lgpio.LGPIOFactory, "_get_revision", lambda _: 0xD04170)
    monkeypatch.setattr("device.panel.tone.SYSFS", Path("/nowhere"))
    yield chips
    LocalPiFactory.pins.clear()
    for module in ("gpiozero.pins.lgpio", "device.panel.polled_pins"):
        sys.modules.pop(module, None)


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_panel_takes_the_headers_lines_and_no_others(kernel: str, chips: Chips) -> None:
    chips.labels, header = KERNELS[kernel]
    with open_gpio_panel(Pins(), VirtualClock()):
        assert chips.claimed == {(header, pin) for pin in Pins().fitted().values()}
        assert chips.opened == {header}, "it keeps no other"
    assert not chips.opened


def test_panel_off_darkens_the_headers_lines_and_no_others(chips: Chips, tmp_path: Path) -> None:
    chips.labels, header = KERNELS["Pi 5, Linux 6.12.96"]
    assert panel_off_command(tmp_path) == 0
    lights = {pin for name, pin in Pins().fitted().items() if name != "button"}
    assert chips.claimed == {(header, pin) for pin in lights}


@pytest.mark.parametrize("labels", [{}, {0: OTHER}, {4: OTHER, 10: ""}])
def test_where_no_chip_is_the_headers_none_is_touched(labels: dict[int, str], chips: Chips) -> None:
    chips.labels = labels
    with pytest.raises(NoHeaderError, match="--panel terminal") as raised:
        open_gpio_panel(Pins(), VirtualClock(), partial=True)
    assert raised.value.labels == {f"gpiochip{number}": name for number, name in labels.items()}
    assert not chips.claimed
    assert not chips.opened


def test_a_button_that_cannot_be_read_is_a_fault_and_is_heard_again_once_it_can(
    chips: Chips, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contact, "UNREADABLE_S", 0.05)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    chips.labels = {15: "pinctrl-rp1"}
    clock = SystemClock()
    inbox = LiveInbox(NoSource(CameraError("there is none")), clock)

    def comes() -> Stimulus | None:
        return inbox.wait(clock.monotonic() + PATIENCE_S)

    with open_gpio_panel(Pins(), clock) as panel:
        listen(panel, inbox)
        chips.button = None
        fault = comes()
        assert isinstance(fault, events.Fault)
        assert fault.kind is events.FaultKind.PANEL
        assert fault.detail.startswith("the button cannot be read: bad handle. Check its wiring")
        chips.button = 0
        assert isinstance(comes(), ButtonDown)
