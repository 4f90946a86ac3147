"""Stories of `liftlight doctor --panel` on mock pins, quickly."""

from __future__ import annotations

from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin

from device.clock import SystemClock
from device.doctor.live import panel_tour, tour
from device.doctor.live.panel_tour import PanelInUseError, walk
from device.journal import Journal
from device.panel import Panel, Pins
from device.settings import Settings
from tests.journal_kit import HandClock


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panel_tour, "LIT_S", 0.03)
    monkeypatch.setattr(panel_tour, "DARK_S", 0.55)  # No light turns on twice within half a second.
    monkeypatch.setattr(panel_tour, "PRESS_WITHIN_S", 2.0)


def test_each_part_is_lit_alone_while_its_line_is_there() -> None:
    clock, factory = SystemClock(), MockFactory(pin_class=MockPWMPin)
    settings = Settings(pins=Pins(illuminator=26))
    wires = {name: factory.pin(pin) for name, pin in settings.pins.fitted().items()}
    lit: list[tuple[str, set[str]]] = []
    with Panel(settings.pins, clock, factory) as panel:
        tick = panel.tick

        def look() -> None:
            tick()
            on = {name for name, wire in wires.items() if wire.state and name != "button"}
            if lit and on and not lit[-1][1]:
                lit[-1] = lit[-1][0], on

        panel.tick = look  # type: ignore[method-assign]

        def say(line: str) -> None:
            lit.append((line, set()))
            if line.startswith("now press"):
                wires["button"].drive_low()

        assert walk(panel, settings, say) == 0
    shown = dict(lit)
    assert shown["camera light and illuminator: lit for 0 s; nothing is being filmed"] == {
        "camera",
        "illuminator",
    }
    for n in range(1, 6):
        assert shown[f"hold bar, light {n} of 5"] == {f"hold_{n}"}
    assert shown["ready (green)"] == {"ready"}
    assert shown["rest (amber)"] == {"rest"}
    everything = {name for name in wires if name not in ("camera", "illuminator", "button")}
    assert shown["all lights, then the buzzer: low, middle, high"] == everything
    assert lit[-1][0] == "the button works; that was all"


def test_a_button_that_does_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panel_tour, "PRESS_WITHIN_S", 0.05)
    said: list[str] = []
    with Panel(Pins(), SystemClock(), MockFactory(pin_class=MockPWMPin)) as panel:
        assert walk(panel, Settings(), said.append) == 1
    assert "two wires" in said[-1]


def test_it_leaves_a_running_device_alone(tmp_path: Path) -> None:
    with (
        Journal(tmp_path / "journal.db", HandClock()),
        pytest.raises(PanelInUseError, match="systemctl stop"),
    ):
        tour("gpio", tmp_path)
