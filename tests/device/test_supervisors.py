"""Is each thing getting on? What the supervisors of board and clock say, and leave unsaid."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.clock import ClockReading, ClockSource
from device.coach import events, history
from device.supervisors import (
    BOARD_EVERY_S,
    CALM_S,
    BoardSupervisor,
    ClockSupervisor,
    clock_at_start,
)
from device.system import Board

RTC = ClockSource.RTC
NOON = 1_750_000_000.0 - 3 * 3600


class TestTheBoard:
    def board(self, root: Path, alarm: int, celsius: float) -> BoardSupervisor:
        self.write(root, alarm, celsius)
        return BoardSupervisor(Board(root))

    @staticmethod
    def write(root: Path, alarm: int, celsius: float) -> None:
        volt = root / "sys/class/hwmon/hwmon1"
        heat = root / "sys/class/thermal/thermal_zone0"
        for folder in (volt, heat):
            folder.mkdir(parents=True, exist_ok=True)
        (volt / "name").write_text("rpi_volt\n")
        (volt / "in0_lcrit_alarm").write_text(f"{alarm}\n")
        (heat / "temp").write_text(f"{1000 * celsius:.0f}\n")

    def test_a_healthy_one_says_nothing(self, tmp_path: Path) -> None:
        assert self.board(tmp_path, 0, 55.0).check(100.0) == []

    def test_a_machine_that_cannot_tell_says_nothing(self, tmp_path: Path) -> None:
        assert BoardSupervisor(Board(tmp_path)).check(100.0) == []

    def test_a_weak_supply_and_a_hot_case_are_named_with_their_cures(self, tmp_path: Path) -> None:
        faults = self.board(tmp_path, 1, 83.0).check(100.0)
        assert [fault.kind for fault in faults] == [events.FaultKind.POWER, events.FaultKind.HEAT]
        assert "official supply" in faults[0].detail
        assert "more air" in faults[1].detail

    def test_what_stays_bad_is_told_once(self, tmp_path: Path) -> None:
        board = self.board(tmp_path, 1, 83.0)
        told = [len(board.check(100.0 + n * BOARD_EVERY_S)) for n in range(1000)]
        assert (told[0], sum(told)) == (2, 2)

    def test_what_comes_and_goes_is_told_again_after_an_hour_that_was_well(
        self, tmp_path: Path
    ) -> None:
        board = self.board(tmp_path, 1, 50.0)
        assert len(board.check(100.0)) == 1
        self.write(tmp_path, 0, 50.0)
        assert board.check(200.0) == []
        self.write(tmp_path, 1, 50.0)
        assert board.check(300.0) == []
        self.write(tmp_path, 0, 50.0)
        assert board.check(310.0) == []
        self.write(tmp_path, 1, 50.0)
        assert len(board.check(320.0 + CALM_S)) == 1


class TestTheClock:
    """One reading a minute, by hand."""

    def told(self, *readings: tuple[float, float, ClockSource]) -> list[str]:
        watch = ClockSupervisor()
        taken = (
            watch.reading(ClockReading("boot", monotonic, wall, 0, source))
            for monotonic, wall, source in readings
        )
        return [fault.detail for fault in taken if fault is not None]

    def test_one_that_keeps_pace_is_well(self) -> None:
        assert not self.told((0, NOON, RTC), (60, NOON + 60, RTC), (3660, NOON + 3655, RTC))

    @pytest.mark.parametrize("step", [-3600, 3600])
    def test_one_that_jumps_is_not(self, step: float) -> None:
        (detail,) = self.told((0, NOON, RTC), (60, NOON + 60 + step, RTC))
        assert f"{step:+.0f} s" in detail
        assert "battery" in detail

    def test_a_chip_that_loses_its_time_is_named_once_with_its_cure(self) -> None:
        lost = (60.0, 946_684_800.0, ClockSource.UNTRUSTED)
        (detail,) = self.told((0, NOON, RTC), lost, (120, lost[1] + 60, lost[2]))
        assert "change its battery" in detail
        assert "with a stick" in detail

    def test_a_time_that_becomes_known_is_no_fault(self) -> None:
        assert not self.told((0, 0, ClockSource.UNTRUSTED), (60, NOON, RTC))


class TestTheClockAtTheStart:
    """What the power cut left of the time, by what the journal knows of the boots before it."""

    LOST = 946_684_800.0

    @staticmethod
    def at(boot: str, monotonic: float, wall: float, source: ClockSource = RTC) -> ClockReading:
        return ClockReading(boot, monotonic, wall, 3600, source)

    def boot(self, name: str, first: ClockSource = RTC, last: ClockSource = RTC) -> history.Boot:
        return history.Boot(
            self.at(name, 5.0, NOON, first), self.at(name, 3605.0, NOON + 3600, last)
        )

    def told(self, now: ClockReading, *boots: history.Boot, has_chip: bool = True) -> str:
        fault = clock_at_start(now, (*boots, history.Boot(now, now)), has_chip=has_chip)
        return "" if fault is None else fault.detail

    def test_a_chip_that_ran_on_is_well(self) -> None:
        assert not self.told(self.at("b", 5.0, NOON + 7200), self.boot("a"))

    @pytest.mark.parametrize("has_chip", [True, False])
    def test_one_that_lost_its_time_or_is_gone_is_named_with_its_cure(self, has_chip: bool) -> None:
        now = self.at("b", 5.0, self.LOST, ClockSource.UNTRUSTED)
        detail = self.told(now, self.boot("a"), has_chip=has_chip)
        assert "change its battery, then set the time with a stick" in detail

    def test_a_dead_battery_is_named_at_every_boot_until_it_is_changed(self) -> None:
        dead = self.boot("b", ClockSource.UNTRUSTED, ClockSource.UNTRUSTED)
        now = self.at("c", 5.0, self.LOST, ClockSource.UNTRUSTED)
        assert "change its battery" in self.told(now, self.boot("a"), dead)

    def test_a_chip_that_was_taken_out_is_missed_once(self) -> None:
        without = self.boot("b", ClockSource.UNTRUSTED, ClockSource.UNTRUSTED)
        now = self.at("c", 5.0, self.LOST, ClockSource.UNTRUSTED)
        assert not self.told(now, self.boot("a"), without, has_chip=False)

    @pytest.mark.parametrize("has_chip", [True, False])
    @pytest.mark.parametrize("last", [ClockSource.UNTRUSTED, ClockSource.PERSON])
    def test_a_device_that_never_had_one_with_a_battery_is_as_it_should_be(
        self, has_chip: bool, last: ClockSource
    ) -> None:
        boots = [self.boot(name, ClockSource.UNTRUSTED, last) for name in "abc"]
        now = self.at("d", 5.0, self.LOST, ClockSource.UNTRUSTED)
        assert not self.told(now, *boots, has_chip=has_chip)
        assert not self.told(now, has_chip=has_chip)

    def test_one_that_went_back_is_named_by_how_much(self) -> None:
        before = self.boot("a")
        assert "back by 1800 s" in self.told(self.at("b", 5.0, NOON + 1800), before)
        assert not self.told(self.at("b", 5.0, NOON + 3590), before)
