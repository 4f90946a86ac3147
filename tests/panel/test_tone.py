"""The buzzer: on hardware PWM where it is, on gpiozero's software tone where it is not."""

from __future__ import annotations

import errno
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin

from device.panel.errors import PanelError
from device.panel.tone import HardwareBuzzer, SoftwareBuzzer, find_channel, open_buzzer


class KernelPwm:
    """A PWM channel with the rules of /sys/class/pwm, as `periphery.PWM` shows it."""

    def __init__(self, period_ns: int = 0, duty_cycle_ns: int = 0, enabled: bool = False) -> None:
        self.state = (period_ns, duty_cycle_ns, enabled)
        self.closed = False

    def _apply(self, period: int, duty: int, enabled: bool) -> None:
        if not period or duty > period:
            raise OSError(errno.EINVAL, "Invalid argument")
        self.state = (period, duty, enabled)

    @property
    def period_ns(self) -> int:
        return self.state[0]

    @period_ns.setter
    def period_ns(self, period: int) -> None:
        self._apply(period, self.state[1], self.state[2])

    @property
    def duty_cycle_ns(self) -> int:
        return self.state[1]

    @duty_cycle_ns.setter
    def duty_cycle_ns(self, duty: int) -> None:
        self._apply(self.state[0], duty, self.state[2])

    def enable(self) -> None:
        self._apply(self.state[0], self.state[1], True)

    def disable(self) -> None:
        self._apply(self.state[0], self.state[1], False)

    def close(self) -> None:
        self.closed = True

    @property
    def silent(self) -> bool:
        return not self.state[2] or self.state[1] == 0


def sysfs(folder: Path, chips: dict[str, str]) -> Path:
    """A /sys/class/pwm with these chips and the devices they belong to."""
    for chip, device in chips.items():
        (folder / "devices" / device).mkdir(parents=True)
        (folder / "class" / chip).mkdir(parents=True)
        (folder / "class" / chip / "device").symlink_to(folder / "devices" / device)
    return folder / "class"


def test_a_melody_plays_on_a_channel_fresh_from_the_boot() -> None:
    pwm = KernelPwm()
    voice = HardwareBuzzer(pwm)
    assert pwm.silent
    for frequency in (523.25, 1760.0, 440.0):
        voice.play(frequency)
        assert pwm.state[0] == pytest.approx(1e9 / frequency, abs=1)
        assert not pwm.silent
    voice.stop()
    assert pwm.silent
    voice.close()
    voice.close()
    assert pwm.closed


def test_a_tone_left_by_a_killed_process_ends_when_the_buzzer_is_taken_over() -> None:
    pwm = KernelPwm(period_ns=2_000_000, duty_cycle_ns=1_000_000, enabled=True)
    voice = HardwareBuzzer(pwm)
    assert pwm.silent
    # Its pulse was longer than this tone's whole period.
    voice.play(1760.0)
    assert not pwm.silent


def test_a_closed_buzzer_stays_silent() -> None:
    pwm = KernelPwm()
    voice = HardwareBuzzer(pwm)
    voice.close()
    voice.play(440.0)
    assert pwm.silent


@pytest.mark.parametrize(
    ("board", "chips", "found"),
    [
        ("3B", {"pwmchip0": "3f20c000.pwm"}, (0, 0)),
        ("4B", {"pwmchip0": "fe20c000.pwm", "pwmchip1": "fe20c800.pwm"}, (0, 0)),
        (
            "5, Linux 6.6",
            {
                "pwmchip0": "107d517a80.pwm",
                "pwmchip2": "1f00098000.pwm",
                "pwmchip6": "1f0009c000.pwm",
            },
            (2, 2),
        ),
        ("5, Linux 6.12", {"pwmchip0": "1f00098000.pwm", "pwmchip1": "1f0009c000.pwm"}, (0, 2)),
        ("without the overlay", {}, None),
        ("4B with the audio's PWM alone", {"pwmchip0": "fe20c800.pwm"}, None),
    ],
)
def test_the_channel_is_found_by_the_name_of_its_device(
    board: str, chips: dict[str, str], found: tuple[int, int] | None, tmp_path: Path
) -> None:
    assert find_channel(18, sysfs(tmp_path, chips)) == found


def test_hardware_is_used_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[int, int]] = []

    def pwm(chip: int, channel: int) -> KernelPwm:
        opened.append((chip, channel))
        return KernelPwm()

    monkeypatch.setitem(sys.modules, "periphery", SimpleNamespace(PWM=pwm))
    folder = sysfs(tmp_path, {"pwmchip3": "fe20c000.pwm"})
    voice = open_buzzer(13, MockFactory(pin_class=MockPWMPin), folder)
    assert isinstance(voice, HardwareBuzzer)
    assert opened == [(3, 1)]


def test_software_is_used_where_it_is_not(tmp_path: Path) -> None:
    factory = MockFactory(pin_class=MockPWMPin)
    voice = open_buzzer(18, factory, tmp_path)
    assert isinstance(voice, SoftwareBuzzer)
    voice.play(1760.0)
    assert factory.pin(18).frequency == pytest.approx(1760.0)
    voice.close()
    voice.close()
    assert not factory.pin(18).state


@pytest.mark.parametrize(
    ("library", "cure"),
    [(None, "apt install python3-periphery"), (LookupError("gone"), "/sys/class/pwm")],
)
def test_hardware_that_cannot_be_used_is_no_reason_to_take_its_pin(
    library: Exception | None, cure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pwm(*_: int) -> KernelPwm:
        assert library is not None
        raise library

    module = None if library is None else SimpleNamespace(PWM=pwm)
    monkeypatch.setitem(sys.modules, "periphery", module)
    factory = MockFactory(pin_class=MockPWMPin)
    with pytest.raises(PanelError, match=cure):
        open_buzzer(18, factory, sysfs(tmp_path, {"pwmchip0": "fe20c000.pwm"}))
    assert not factory.pins
