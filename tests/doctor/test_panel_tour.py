"""Stories of `liftlight doctor --panel` on mock pins, quickly."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin

from device.clock import SystemClock
from device.doctor.live import panel_tour, tour
from device.doctor.live.panel_tour import PanelInUseError, walk
from device.journal import Journal
from device.panel import Panel, Pins, self_test
from tests.journal_kit import HandClock


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(self_test, "LIT_S", 0.03)
    monkeypatch.setattr(self_test, "DARK_S", 0.0)
    monkeypatch.setattr(self_test, "LEFT_ALONE_S", 0.5)


def test_a_button_that_works_is_said() -> None:
    factory, said = MockFactory(pin_class=MockPWMPin), list[str]()
    with Panel(Pins(), SystemClock(), factory) as panel:
        button = factory.pin(Pins().button)

        def press_when_asked(line: str) -> None:
            said.append(line)
            if "press the button" in line:
                threading.Timer(0.1, lambda: (button.drive_low(), button.drive_high())).start()

        assert walk(panel, Pins(), press_when_asked) == 0
    assert said[-1].startswith("the button works; presses seen: 1.")


def test_a_button_that_does_nothing_is_said() -> None:
    said: list[str] = []
    with Panel(Pins(), SystemClock(), MockFactory(pin_class=MockPWMPin)) as panel:
        assert walk(panel, Pins(), said.append) == 1
    assert "two wires" in said[-1]


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whoever_ends_it_in_the_middle_of_a_tone_has_silence(
    end: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal that is closed, or a service manager, must not leave a tone on for ever."""
    noted: list[str] = []

    class Noted:
        def __init__(self, *_: object) -> None:
            pass

        def play(self, _: float) -> None:
            noted.append("tone")
            signal.raise_signal(end)

        def stop(self) -> None:
            pass

        def close(self) -> None:
            noted.append("silence")

    panel = Panel(Pins(), SystemClock(), MockFactory(pin_class=MockPWMPin), open_buzzer=Noted)
    monkeypatch.setattr(panel_tour, "open_panel", lambda *_: panel)
    before = signal.signal(end, signal.SIG_IGN)
    try:
        with pytest.raises(KeyboardInterrupt):
            tour("gpio", tmp_path)
        assert signal.getsignal(end) is signal.SIG_IGN, "as it was"
    finally:
        signal.signal(end, before)
    assert noted == ["tone", "silence"]


def test_it_leaves_a_running_device_alone(tmp_path: Path) -> None:
    with (
        Journal(tmp_path / "journal.db", HandClock()),
        pytest.raises(PanelInUseError, match="systemctl stop"),
    ):
        tour("gpio", tmp_path)
