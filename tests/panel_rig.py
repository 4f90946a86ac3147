"""A panel on mock pins in virtual time, and a record of what each pin did when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from gpiozero.pins.mock import MockFactory, MockPWMPin

from device.coach import cues
from device.panel import Panel, Pins
from tests.virtual import VirtualClock

LIGHTS = ("hold_1", "hold_2", "hold_3", "hold_4", "hold_5", "ready", "rest")


class Rig:
    """Drives a Panel as the loop does: it wakes when asked to, `late` seconds late at most."""

    def __init__(
        self, late: Callable[[], float] = lambda: 0.0, fitted: Pins | None = None, **options: Any
    ) -> None:
        self.clock = clock = VirtualClock()
        self.record: dict[str, list[tuple[float, float]]] = {}
        record = self.record
        self.switched: list[str] = []
        switched = self.switched
        self._broken: set[str] = set()
        broken = self._broken

        class RecordedPin(MockPWMPin):  # type: ignore[misc]
            def _change_state(self, value: float) -> bool:
                if self.info.name in broken:
                    raise OSError("Input/output error")
                changed = super()._change_state(value)
                if changed:
                    record.setdefault(self.info.name, []).append((clock.now, float(value)))
                    switched.append(f"{self.info.name} {value:g}")
                return bool(changed)

            def _set_frequency(self, value: float | None) -> None:
                # A tone that changes pitch without a gap is one sound of two pitches.
                super()._set_frequency(value)
                if self.info.name == f"GPIO{pins.buzzer}":
                    tones.append((clock.now, value or 0.0))

        self.tones: list[tuple[float, float]] = []
        tones = self.tones
        self.pins = pins = fitted or Pins()
        self.factory = MockFactory(pin_class=RecordedPin)
        self.panel = Panel(self.pins, clock, self.factory, **options)
        self.tones.clear()
        self._wires = {
            name: self.factory.pin(number) for name, number in self.pins.fitted().items()
        }
        self._late = late
        self.wakes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._broken.clear()
        self.panel.close()

    def run(self, seconds: float) -> None:
        """Let time pass, waking the panel whenever it asked for it."""
        until = self.clock.now + seconds
        while (due := self.panel.next_deadline()) is not None and due <= until:
            assert due >= self.clock.now or self._late() > 0, "asked to be woken in the past"
            self.clock.advance_to(due + self._late())
            self.panel.tick()
            self.wakes += 1
        self.clock.advance_to(until)
        self.panel.tick()

    def show(self, kind: cues.CueKind, **details: Any) -> None:
        self.panel.show(cues.Cue(kind, self.clock.now, **details))

    def aim(self, aim: cues.Aim) -> None:
        self.show(cues.CueKind.FIND_FACE, aim=aim)

    def down(self) -> None:
        self._wires["button"].drive_low()

    def up(self) -> None:
        self._wires["button"].drive_high()

    def unplug(self, name: str) -> None:
        """Let the pin of `name` fail from now on, until the rig is closed."""
        self._broken.add(self._wires[name].info.name)

    def wire(self, name: str) -> float:
        """What the pin of `name` puts out now, 0 to 1."""
        return float(self._wires[name].state)

    def lit(self) -> str:
        """The lights as a picture."""
        bar = "".join(".#"[self.wire(name) > 0] for name in LIGHTS[:5])
        return f"{bar} {'.g'[self.wire('ready') > 0]}{'.a'[self.wire('rest') > 0]}"

    def tone(self) -> float:
        """Hertz that the buzzer's pin makes now; 0 is silence."""
        return float(self._wires["buzzer"].frequency or 0.0)

    def sounds(self) -> list[tuple[float, float]]:
        """Every unbroken sound so far: when it began and how long it was."""
        heard: list[tuple[float, float]] = []
        began: float | None = None
        buzzer = self._wires["buzzer"].info.name
        for when, level in self.record.get(buzzer, []):
            if level and began is None:
                began = when
            elif not level and began is not None:
                heard.append((began, when - began))
                began = None
        return heard
