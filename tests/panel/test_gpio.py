"""Switching off what a killed process left lit, whatever the settings have become."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

import pytest
from gpiozero import LED
from gpiozero.pins.mock import MockFactory, MockPWMPin

from device.panel import gpio
from device.panel.errors import PanelError
from device.panel.pins import Pins
from device.panel_off import KEPT, keep_pins, panel_off_command
from device.settings import SettingsError, load
from device.start import start
from tests.virtual import VirtualClock


class LeavesOthersAlone(MockFactory):  # type: ignore[misc]
    """Lets go of no pin that it never took, as lgpio does; a mock one darkens them all."""

    def close(self) -> None:
        pass


@pytest.fixture
def factory(monkeypatch: pytest.MonkeyPatch) -> MockFactory:
    factory = LeavesOthersAlone(pin_class=MockPWMPin)
    monkeypatch.setattr(gpio, "_open_header_pins", lambda: factory)
    return factory


def leave_lit(factory: MockFactory, pins: Pins) -> dict[str, MockPWMPin]:
    """What a killed process leaves behind on some of its pins."""
    names = ("camera", "ready", "hold_3", "buzzer")
    left = {name: factory.pin(getattr(pins, name)) for name in names}
    for pin in left.values():
        pin.function = "output"
        pin.state = 1
    return left


def still_on(left: dict[str, MockPWMPin]) -> set[str]:
    return {name for name, pin in left.items() if pin.state}


MOVED = Pins(camera=6, ready=13, hold_3=26, buzzer=19)


def test_panel_off_darkens_what_a_killed_process_left_lit(
    factory: MockFactory, tmp_path: Path
) -> None:
    left = leave_lit(factory, Pins())
    assert panel_off_command(tmp_path) == 0
    assert not still_on(left)


def test_settings_that_cannot_be_read_any_more_do_not_keep_the_panel_lit(
    factory: MockFactory, tmp_path: Path
) -> None:
    left = leave_lit(factory, Pins())
    (tmp_path / "settings.toml").write_text("[pins\n")
    with pytest.raises(SettingsError, match="not valid TOML"):
        panel_off_command(tmp_path)
    assert not still_on(left)


@pytest.mark.parametrize("settings", ["", "[pins]\nready = 18\nbuzzer = 12\n", "[pins\n"])
def test_pins_that_were_moved_while_they_were_driven_are_dark_too(
    settings: str, factory: MockFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    keep_pins(MOVED, tmp_path)
    left = leave_lit(factory, MOVED)
    (tmp_path / "settings.toml").write_text(settings)
    with suppress(SettingsError):
        panel_off_command(tmp_path)
    assert not still_on(left)


def test_the_device_keeps_a_note_of_its_pins_before_it_drives_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_panel(*_: object, **__: object) -> None:
        noted.append(load(tmp_path / KEPT).pins)
        raise SystemExit

    noted: list[Pins] = []
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    monkeypatch.setattr("device.start.open_gpio_panel", open_panel)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    (tmp_path / "settings.toml").write_text("[pins]\nready = 13\n")
    with pytest.raises(SystemExit):
        start("v4l2:/dev/video99", tmp_path)
    assert noted == [Pins(ready=13)]


def test_panel_off_does_what_it_can_and_names_the_rest(factory: MockFactory) -> None:
    pins = Pins()
    busy = LED(pins.ready, pin_factory=factory)
    lit = factory.pin(pins.rest)
    lit.function = "output"
    lit.state = 1
    with pytest.raises(PanelError, match=r"could not switch off: ready .*systemctl stop"):
        gpio.panel_off(pins)
    assert not lit.state
    busy.close()


def test_without_lgpio_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gpiozero.pins.lgpio", None)
    with pytest.raises(PanelError, match="--panel terminal") as raised:
        gpio.open_gpio_panel(Pins(), VirtualClock())
    assert raised.value.exit_code == 1
