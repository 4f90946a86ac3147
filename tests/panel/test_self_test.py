"""Stories of the panel's test of itself on mock pins, quickly."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin

from device.clock import SystemClock
from device.panel import ButtonHeldError, Panel, Pins, self_test
from device.panel.scheduler import SHORTEST_FLASH_S

PINS = Pins(illuminator=26)
LONG_S = 30.0


class Watcher:
    """Somebody who looks at the lights, listens, and has a finger on the button."""

    def __init__(self) -> None:
        factory = MockFactory(pin_class=MockPWMPin)
        self._wires = {name: factory.pin(pin) for name, pin in PINS.fitted().items()}
        self.seen: list[tuple[str, set[str]]] = []
        self.heard: list[float] = []
        self._tone = 0.0
        self.panel = Panel(PINS, SystemClock(), factory)
        self._tick = self.panel.tick
        self.panel.tick = self._look  # type: ignore[method-assign]

    def _look(self) -> None:
        self._tick()
        buzzer, before = self._wires["buzzer"], self._tone
        self._tone = buzzer.frequency if buzzer.state else 0.0
        if self._tone not in (0.0, before):
            self.heard.append(self._tone)
        if self.seen and self.lit() and not self.seen[-1][1]:
            self.seen[-1] = self.seen[-1][0], self.lit()

    def lit(self) -> set[str]:
        """The names of the lights that are on."""
        dark = ("button", "buzzer")
        return {name for name, wire in self._wires.items() if wire.state and name not in dark}

    def read(self, line: str) -> None:
        """Read a line of text, and look what is lit while it is the last one."""
        self.seen.append((line, set()))

    def down(self) -> None:
        self._wires["button"].drive_low()

    def up(self) -> None:
        self._wires["button"].drive_high()


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    watcher = Watcher()
    with watcher.panel:
        yield watcher


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(self_test, "LIT_S", 0.03)
    monkeypatch.setattr(self_test, "DARK_S", 0.0)
    monkeypatch.setattr(self_test, "LEFT_ALONE_S", 0.3)


def test_no_light_follows_another_faster_than_twice_a_second() -> None:
    assert self_test.LIT_S >= SHORTEST_FLASH_S


@pytest.mark.usefixtures("quick")
def test_each_part_is_lit_alone_while_its_line_is_there(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(self_test, "DARK_S", 0.55)  # The lights may not follow faster.
    assert self_test.walk(watcher.panel, PINS, watcher.read) == 0

    lights = ["hold_1", "hold_2", "hold_3", "hold_4", "hold_5", "ready", "rest"]
    assert [lit for _, lit in watcher.seen] == [
        {"camera", "illuminator"},
        *({light} for light in lights),
        set(lights),
        {"ready"},
    ]
    assert [line.partition(":")[0] for line, _ in watcher.seen] == [
        "camera light and illuminator",
        *(f"hold bar, light {n} of 5" for n in range(1, 6)),
        "ready (green)",
        "rest (amber)",
        "all lights, then the buzzer",
        "green",
    ]
    low, middle, high = watcher.heard
    assert low < middle < high
    assert not watcher.lit()


@pytest.mark.usefixtures("quick")
def test_each_press_lights_one_more_light_of_the_bar(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    bars: list[int] = []

    def press_three_times() -> None:
        for n in range(1, 4):
            watcher.down()
            watcher.up()
            until = time.monotonic() + LONG_S
            while len(bar := watcher.lit() - {"ready"}) != n and time.monotonic() < until:
                time.sleep(0.01)
            bars.append(len(bar))

    def press_when_asked(line: str) -> None:
        if "press the button" in line:
            threading.Timer(0.1, press_three_times).start()

    monkeypatch.setattr(self_test, "LEFT_ALONE_S", 2.0)
    assert self_test.walk(watcher.panel, PINS, press_when_asked) == 3
    assert bars == [1, 2, 3]
    clicks = watcher.heard[3:]
    assert len(clicks) == 3


@pytest.mark.usefixtures("quick")
def test_a_finger_that_plays_on_is_answered_for_a_while_only(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()

    def play_on() -> None:
        while not over.wait(0.05):
            watcher.down()
            watcher.up()

    playing = threading.Thread(target=play_on)
    monkeypatch.setattr(self_test, "LEFT_ALONE_S", LONG_S)
    monkeypatch.setattr(self_test, "PRESSED_FOR_S", 0.5)
    playing.start()
    try:
        assert self_test.walk(watcher.panel, PINS, lambda _: None) > 0
    finally:
        over.set()
        playing.join(LONG_S)
    assert not watcher.lit()


@pytest.mark.usefixtures("quick")
def test_a_button_that_is_down_all_the_time_is_said(watcher: Watcher) -> None:
    watcher.down()
    with pytest.raises(ButtonHeldError, match="two wires touch"):
        self_test.walk(watcher.panel, PINS, watcher.read)
    assert not watcher.lit()
