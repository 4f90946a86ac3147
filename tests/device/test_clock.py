"""Stories of the machine's clock, on machines made of a few files."""

from __future__ import annotations

import array
import fcntl
import math
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from device.clock import ClockSource, SystemClock
from device.journal import JOURNAL_NAME, Journal, last_time_set
from device.system import Battery, find_rtc

NOON = 1_800_000_000.0
BOOT = "c0ffee00-0000-4000-8000-000000000001"


class Machine:
    """A root folder, a processor that counts seconds, and a system clock."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.seconds = 50.0
        self.system = 1_700_000_000.0
        self.boot(BOOT)

    def boot(self, name: str) -> None:
        file = self.root / "proc/sys/kernel/random/boot_id"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name + "\n")

    def fit_rtc(self, reads: float, number: int = 0, chip: str = "rtc-ds1307 1-0068") -> Path:
        folder = self.root / f"sys/class/rtc/rtc{number}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "name").write_text(chip + "\n")
        (folder / "hctosys").write_text("0\n")
        (folder / "since_epoch").write_text(f"{reads:.0f}\n")
        device = self.root / f"dev/rtc{number}"
        device.parent.mkdir(exist_ok=True)
        device.touch()
        return folder

    def clock(self, setting: object = None) -> SystemClock:
        return SystemClock(
            setting,  # type: ignore[arg-type]
            root=self.root,
            monotonic=lambda: self.seconds,
            system=lambda: self.system,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Live in Berlin: one hour from UTC in winter, two in summer."""
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def flag(monkeypatch: pytest.MonkeyPatch, bits: int) -> None:
    """Let the chip's driver answer RTC_VL_READ with these bits."""

    def ioctl(file: int, request: int, answer: array.array[int]) -> int:
        assert request == 0x80047013
        answer[0] = bits
        return 0

    monkeypatch.setattr(fcntl, "ioctl", ioctl)


def test_without_a_real_time_clock_nothing_is_believed(machine: Machine) -> None:
    reading = machine.clock().reading()
    assert reading.source is ClockSource.UNTRUSTED
    assert (reading.boot, reading.monotonic, reading.wall) == (BOOT, 50.0, 1_700_000_000.0)


def test_a_real_time_clock_is_believed_whatever_the_system_clock_does(machine: Machine) -> None:
    machine.fit_rtc(NOON)
    clock = machine.clock()
    assert (clock.reading().wall, clock.reading().source) == (NOON, ClockSource.RTC)
    machine.seconds += 10.25
    machine.system += 1e6
    assert (clock.reading().wall, clock.reading().source) == (NOON + 10.25, ClockSource.RTC)


def test_the_clock_that_the_kernel_used_is_the_one(machine: Machine) -> None:
    machine.fit_rtc(NOON - 500, 0, "rpi-rtc")
    (machine.fit_rtc(NOON, 1) / "hctosys").write_text("1\n")
    assert machine.clock().reading().wall == NOON


def test_a_chip_that_starts_again_at_its_own_year_has_lost_its_time(machine: Machine) -> None:
    for reads in (0, 946_684_800, 1_767_000_000):
        machine.fit_rtc(reads)
        assert machine.clock().reading().source is ClockSource.UNTRUSTED


@pytest.mark.parametrize("year", [2100, 2126, 2165, 11590, 300_000_000_000])
def test_a_chip_in_a_year_in_which_there_is_no_liftlight_is_not_believed(
    machine: Machine, year: int
) -> None:
    """Any number that a chip may count is a reading, and none of it raises."""
    machine.fit_rtc(4_102_444_800 + (year - 2100) * 31_557_600)
    reading = machine.clock().reading()
    assert (reading.source, reading.wall) == (ClockSource.UNTRUSTED, machine.system)


@pytest.mark.parametrize(
    "number", [-math.inf, math.inf, math.nan, -1e300, 1e300, -3e11, -5e9, 1e17]
)
def test_a_setting_that_is_nonsense_makes_the_clock_untrusted_and_never_raises(
    machine: Machine, number: float
) -> None:
    machine.fit_rtc(NOON)
    setting = machine.clock().set_time(NOON)
    for nonsense in (
        replace(setting, rtc=number),
        replace(setting, counted=number, rtc=number),
        replace(setting, rtc=None, after=replace(setting.after, wall=number)),
        replace(setting, rtc=None, rtc_name="", after=replace(setting.after, monotonic=number)),
    ):
        reading = machine.clock(nonsense).reading()
        assert math.isfinite(reading.wall)
        assert reading.wall < 4_102_444_800
    clock = machine.clock()
    assert clock.set_time(number).after.source is ClockSource.UNTRUSTED


def test_of_two_chips_the_one_that_kept_its_time_is_believed(machine: Machine) -> None:
    """A Pi 5 without its own battery, which the kernel asked all the same, and a DS3231."""
    own = machine.fit_rtc(37, 0, "rpi-rtc soc:rpi_rtc")
    (own / "hctosys").write_text("1\n")
    (own / "battery_voltage").write_text("0\n")
    machine.fit_rtc(NOON, 1)
    clock = machine.clock()
    assert (clock.reading().wall, clock.reading().source) == (NOON, ClockSource.RTC)
    for reads in (4_956_500_000, 946_684_900):
        machine.fit_rtc(reads, 0, "rpi-rtc soc:rpi_rtc")
        assert machine.clock().reading().wall == NOON


def test_of_two_chips_that_know_nothing_a_person_sets_the_one_with_a_battery(
    machine: Machine,
) -> None:
    own = machine.fit_rtc(37, 0, "rpi-rtc soc:rpi_rtc")
    (own / "hctosys").write_text("1\n")
    (own / "battery_voltage").write_text("0\n")
    machine.fit_rtc(946_684_900, 1)
    setting = machine.clock().set_time(NOON)
    assert setting.rtc_name == "rtc-ds1307 1-0068"
    machine.boot("another boot")
    machine.fit_rtc(946_684_900 + 3600, 1)
    reading = machine.clock(setting).reading()
    assert (reading.wall, reading.source) == (NOON + 3600, ClockSource.RTC)


def test_two_chips_that_contradict_each_other_are_believed_once_a_person_has_set_one(
    machine: Machine,
) -> None:
    """Else a gap might be reckoned from the one's time to the other's."""
    machine.fit_rtc(NOON, 0, "rpi-rtc soc:rpi_rtc")
    machine.fit_rtc(NOON + 2 * 86_400, 1)
    clock = machine.clock()
    assert clock.reading().source is ClockSource.UNTRUSTED
    setting = clock.set_time(NOON + 60)
    assert (setting.after.source, setting.after.wall) == (ClockSource.RTC, NOON + 60)
    machine.boot("another boot")
    assert machine.clock(setting).reading().source is ClockSource.RTC


def test_a_low_battery_is_believed_and_an_empty_one_is_not(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.fit_rtc(NOON)
    rtc = find_rtc(machine.root)
    assert rtc is not None
    assert rtc.battery() is Battery.NOT_TOLD
    for bits, battery, source in (
        (0, Battery.GOOD, ClockSource.RTC),
        (2, Battery.LOW, ClockSource.RTC),
        (1, Battery.FAILED, ClockSource.UNTRUSTED),
        (4, Battery.FAILED, ClockSource.UNTRUSTED),
    ):
        flag(monkeypatch, bits)
        assert rtc.battery() is battery
        assert machine.clock().reading().source is source


def test_the_chip_is_read_again_and_corrects_the_processor(machine: Machine) -> None:
    machine.fit_rtc(NOON)
    clock = machine.clock()
    clock.reading()
    machine.seconds += 3601
    machine.fit_rtc(NOON + 3590)
    assert clock.reading().wall == NOON + 3590


def test_a_chip_that_falls_off_the_bus_is_not_carried_on_for_ever(machine: Machine) -> None:
    folder = machine.fit_rtc(NOON)
    clock = machine.clock()
    clock.reading()
    (folder / "since_epoch").unlink()
    machine.seconds += 3601
    assert (clock.reading().wall, clock.reading().source) == (NOON + 3601, ClockSource.RTC)
    for _ in range(6):
        machine.seconds += 60
        clock.reading()
    assert clock.reading().source is ClockSource.UNTRUSTED


def test_a_chip_that_was_silent_is_believed_again_only_if_it_counted_on(machine: Machine) -> None:
    for passed, source in ((7200, ClockSource.RTC), (60, ClockSource.UNTRUSTED)):
        folder = machine.fit_rtc(NOON)
        clock = machine.clock()
        clock.reading()
        began = machine.seconds
        machine.seconds += 3700
        (folder / "since_epoch").write_text("")
        clock.reading()
        machine.seconds = began + 7140
        assert clock.reading().source is ClockSource.UNTRUSTED
        machine.fit_rtc(NOON + passed)
        machine.seconds = began + 7200
        assert clock.reading().source is source


def test_one_unanswered_read_does_not_lose_the_time_that_a_person_set(
    machine: Machine, tmp_path: Path
) -> None:
    """GPIO 3 is to ground for a moment, in the first evening and when the machine starts later."""
    file = tmp_path / JOURNAL_NAME
    folder = machine.fit_rtc(946_684_900)
    chip_began = 946_684_900 - machine.seconds
    with Journal(file, clock := machine.clock()) as journal:
        journal.set_time(clock.set_time(NOON)).result(10)
        for minute in range(1, 70):
            machine.seconds += 60
            machine.fit_rtc(chip_began + machine.seconds)
            if minute == 60:
                (folder / "since_epoch").write_text("")
            journal.checkpoint(clock.reading()).result(10)
            assert clock.reading().source is ClockSource.RTC
    for day in (1, 2):
        machine.boot(f"boot of day {day}")
        machine.seconds = 5.0
        (folder / "since_epoch").write_text("")
        clock = machine.clock(last_time_set(file))
        with Journal(file, clock) as journal:
            journal.checkpoint(clock.reading()).result(10)
            machine.seconds += 60
            machine.fit_rtc(946_684_900 + day * 86_400)
            reading = clock.reading()
            journal.checkpoint(reading).result(10)
            assert (reading.source, reading.wall) == (ClockSource.RTC, NOON + day * 86_400)


def test_a_chip_that_loads_late_is_found_in_the_first_minutes_and_not_later(
    machine: Machine,
) -> None:
    began = machine.seconds
    for late, source in ((60, ClockSource.RTC), (3600, ClockSource.UNTRUSTED)):
        machine.seconds = began
        clock = machine.clock()
        assert not clock.has_chip
        for minute in range(late // 60):
            assert clock.reading().source is ClockSource.UNTRUSTED
            machine.seconds = began + 60 * (minute + 1)
        folder = machine.fit_rtc(NOON)
        assert clock.reading().source is source
        assert clock.has_chip is (source is ClockSource.RTC)
        (folder / "since_epoch").unlink()


def test_a_chip_that_loads_late_does_not_override_a_person(machine: Machine) -> None:
    """It may be days ahead, and as many would be taken off a rest."""
    clock = machine.clock()
    clock.set_time(NOON)
    machine.seconds += 90
    machine.fit_rtc(NOON + 5 * 86_400)
    told = clock.reading()
    assert (told.wall, told.source) == (NOON + 90, ClockSource.PERSON)


def test_while_the_chip_that_a_person_set_is_silent_no_other_takes_its_place(
    machine: Machine,
) -> None:
    """The other is two days ahead: as many would be taken off a rest."""
    machine.fit_rtc(NOON)
    setting = machine.clock().set_time(NOON)
    machine.boot("another boot")
    (machine.fit_rtc(NOON) / "since_epoch").write_text("")
    machine.fit_rtc(NOON + 2 * 86_400, 1, "rpi-rtc soc:rpi_rtc")
    clock = machine.clock(setting)
    assert clock.reading().source is ClockSource.UNTRUSTED
    machine.fit_rtc(NOON + 3600)
    machine.seconds += 60
    assert (clock.reading().wall, clock.reading().source) == (NOON + 3600, ClockSource.RTC)


def test_a_person_sets_the_time_and_no_clock_of_the_machine_is_touched(machine: Machine) -> None:
    clock = machine.clock()
    setting = clock.set_time(NOON)
    assert setting.before.source is ClockSource.UNTRUSTED
    assert (setting.after.source, setting.after.wall) == (ClockSource.PERSON, NOON)
    machine.seconds += 60
    machine.system -= 1e6
    reading = clock.reading()
    assert (reading.source, reading.wall) == (ClockSource.PERSON, NOON + 60)


def test_the_time_a_person_set_outlives_the_program_but_not_the_power(machine: Machine) -> None:
    setting = machine.clock().set_time(NOON)
    machine.seconds += 100
    assert machine.clock(setting).reading().wall == NOON + 100
    machine.boot("another boot")
    assert machine.clock(setting).reading().source is ClockSource.UNTRUSTED


def test_with_a_chip_that_runs_it_outlives_the_power_too(machine: Machine) -> None:
    machine.fit_rtc(946_685_000)
    clock = machine.clock()
    assert clock.reading().source is ClockSource.UNTRUSTED
    setting = clock.set_time(NOON)
    assert (setting.after.wall, setting.after.source) == (NOON, ClockSource.RTC)
    machine.boot("another boot")
    machine.seconds = 10.0
    machine.fit_rtc(946_685_000 + 86_400)
    reading = machine.clock(setting).reading()
    assert (reading.wall, reading.source) == (NOON + 86_400, ClockSource.RTC)


def test_a_chip_that_went_back_or_was_swapped_does_not_carry_it(machine: Machine) -> None:
    machine.fit_rtc(946_685_000)
    setting = machine.clock().set_time(NOON)
    machine.boot("another boot")
    machine.fit_rtc(946_684_810)
    assert machine.clock(setting).reading().source is ClockSource.UNTRUSTED
    machine.fit_rtc(946_686_000, chip="rpi-rtc")
    assert machine.clock(setting).reading().source is ClockSource.UNTRUSTED


def test_a_chip_that_lost_its_time_is_not_believed_again_when_it_has_counted_on(
    machine: Machine,
) -> None:
    """Set 2000 s after the chip began; it begins again with the next boot and counts past that."""
    machine.fit_rtc(946_684_800 + 2000)
    setting = machine.clock().set_time(NOON)
    machine.boot("another boot")
    machine.fit_rtc(946_684_800 + 10)
    clock = machine.clock(setting)
    assert clock.reading().source is ClockSource.UNTRUSTED
    machine.seconds += 3601
    machine.fit_rtc(946_684_800 + 3611)
    assert clock.reading().source is ClockSource.UNTRUSTED


def test_a_chip_that_began_again_between_two_looks_is_found_out(machine: Machine) -> None:
    machine.fit_rtc(946_684_800 + 100)
    clock = machine.clock()
    clock.set_time(NOON)
    machine.seconds += 3601
    machine.fit_rtc(946_684_800 + 1800)
    reading = clock.reading()
    assert (reading.source, reading.wall) == (ClockSource.PERSON, NOON + 3601)


def test_a_chip_that_failed_since_the_setting_is_not_believed_whatever_it_counts(
    machine: Machine,
) -> None:
    machine.fit_rtc(NOON)
    setting = machine.clock().set_time(NOON + 86_400)
    failed = replace(setting, counted=math.inf)
    machine.boot("another boot")
    clock = machine.clock(failed)
    assert clock.reading().source is ClockSource.UNTRUSTED
    assert clock.set_time(NOON + 5).after.source is ClockSource.RTC


def test_a_chip_that_started_again_is_found_out_by_how_far_it_had_come(machine: Machine) -> None:
    """Set two minutes after it began, used for a month, its battery changed, on again in a day."""
    machine.fit_rtc(946_684_800 + 120)
    setting = machine.clock().set_time(NOON)
    month = replace(setting, counted=946_684_800.0 + 30 * 86_400)
    machine.boot("another boot")
    machine.fit_rtc(946_684_800 + 86_400)
    assert machine.clock(month).reading().source is ClockSource.UNTRUSTED
    machine.fit_rtc(946_684_800 + 31 * 86_400)
    assert machine.clock(month).reading().source is ClockSource.RTC


def test_a_person_can_set_the_time_of_a_chip_that_lost_it(machine: Machine) -> None:
    machine.fit_rtc(946_684_800 + 2000)
    setting = machine.clock().set_time(NOON)
    machine.fit_rtc(946_684_800 + 10)
    clock = machine.clock(setting)
    clock.reading()
    later = clock.set_time(NOON + 500)
    assert (later.after.source, later.after.wall) == (ClockSource.RTC, NOON + 500)
    machine.seconds += 60
    assert clock.reading().wall == NOON + 560


def test_a_voltage_flag_that_was_up_once_is_remembered_for_this_boot(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.fit_rtc(NOON)
    flag(monkeypatch, 1)
    clock = machine.clock()
    assert clock.reading().source is ClockSource.UNTRUSTED
    flag(monkeypatch, 0)
    machine.seconds += 3601
    assert clock.reading().source is ClockSource.UNTRUSTED


def test_setting_it_twice_leaves_the_second(machine: Machine) -> None:
    machine.fit_rtc(NOON)
    clock = machine.clock()
    clock.set_time(NOON + 86_400)
    setting = clock.set_time(NOON + 3_600)
    assert setting.before.wall == NOON + 86_400
    assert clock.reading().wall == NOON + 3_600


@pytest.mark.usefixtures("zone")
def test_local_time_follows_daylight_saving(machine: Machine) -> None:
    machine.fit_rtc(1_800_000_000)
    assert machine.clock().reading().utc_offset == 3600
    machine.fit_rtc(1_815_000_000)
    assert machine.clock().reading().utc_offset == 7200


def test_the_real_machine_has_one_boot_and_a_clock_that_does_not_go_back() -> None:
    first, second = SystemClock().reading(), SystemClock().reading()
    assert first.boot == second.boot
    assert first.monotonic <= second.monotonic
